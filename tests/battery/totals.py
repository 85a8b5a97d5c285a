"""What the shards of the battery did together: figures to print, and what only all of them can show."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

HISTORIES = "simulated office"
SITUATIONS = "situations of the simulated office"
ENOUGH_HISTORIES = 1_000
"""Of fewer nobody can expect every situation."""
PER_TEN_THOUSAND = 100
"""How often each situation must come in ten thousand histories, at least."""

Totals = Mapping[str, Counter[str]]


def totals_of(figures: Path) -> Totals:
    """Add up the figures that the layers have recorded in a file, one line a shard; none where there is no file."""
    totals: dict[str, Counter[str]] = {}
    lines = figures.read_text(encoding="utf-8").splitlines() if figures.is_file() else []
    for line in lines:
        counts = json.loads(line)
        totals.setdefault(counts.pop("layer"), Counter()).update(counts)
    return totals


def told(totals: Totals) -> Iterator[str]:
    """Return one line a layer."""
    for layer, counts in sorted(totals.items()):
        if layer == SITUATIONS:
            name, times = counts.most_common()[-1]
            yield f"{layer}: {len(+counts)} of {len(counts)}, the rarest ({name}) in {times:,} histories"
        else:
            shown = (f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
            yield f"{layer}: {', '.join(shown)}"


def faults_of(totals: Totals) -> Iterator[str]:
    """Return what is wrong with all shards together: a layer that runs empty is noticed."""
    histories = totals.get(HISTORIES, Counter())["histories"]
    if histories >= ENOUGH_HISTORIES:
        rare = rare_of(totals.get(SITUATIONS, Counter()), histories)
        if rare:
            yield f"situations that came too rarely in {histories:,} histories: {rare}"


def rare_of(reached: Mapping[str, int], histories: int) -> dict[str, int]:
    """Return the situations that came more rarely than chance explains, with how often they came.

    Two standard deviations below the promised number are still no evidence: in a run of two thousand histories 12 for
    22, in ten thousand 80 for 100.
    """
    expected = PER_TEN_THOUSAND * histories / 10_000
    least = expected - 2 * math.sqrt(expected)
    return {name: times for name, times in reached.items() if times < least}
