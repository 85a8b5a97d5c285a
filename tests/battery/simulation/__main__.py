"""Plays histories from the command line: `--seed N`, `--story FILE`, or `--histories N --seed S`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.battery.simulation.driver import play
from tests.battery.simulation.running_many import Summary, explain, play_many
from tests.battery.simulation.situations import CATALOGUE, missing
from tests.battery.simulation.story import Story, load
from tests.battery.simulation.telling import tell
from tests.battery.totals import ENOUGH_HISTORIES

SHARE = 50
"""Histories that a process takes at a time."""


async def _one(story: Story, *, is_cut: bool) -> int:
    outcome = await play(story)
    _write("\n".join([*story.lines(), *outcome.violations, f"trace {outcome.trace}"]))
    if outcome.violations and is_cut:
        _write(await explain(outcome))
    return 1 if outcome.violations else 0


def _many(first: int, count: int) -> int:
    """Play histories on all cores; what failed is cut down, kept and told."""
    began = time.perf_counter()
    _write(f"{count:,} histories from seed {first} on")
    summary = _summed(range(first, first + count))
    seconds = time.perf_counter() - began
    for failure in summary.failures:
        _write(asyncio.run(explain(failure)) + "\n")
    for seed in summary.unlike_themselves:
        _write(f"seed {seed} was another history the second time")
    for name in CATALOGUE:
        _write(f"{summary.situations[name]:8,}  {name}")
    figures = ", ".join(f"{count:,} {name}" for name, count in sorted(summary.figures.items()))
    _write(f"{summary.histories:,} histories from seed {first} on in {seconds:.0f} s: {figures}")
    rare = missing(summary.situations, summary.histories) if summary.histories >= ENOUGH_HISTORIES else {}
    _write(f"too rare: {rare}" if rare else f"{len(+summary.situations)} situations of {len(CATALOGUE)}")
    return 1 if summary.failures or summary.unlike_themselves else 0


def _summed(seeds: Sequence[int]) -> Summary:
    shares = [seeds[start : start + SHARE] for start in range(0, len(seeds), SHARE)]
    summary = Summary()
    with ProcessPoolExecutor() as pool:
        for part in pool.map(_share, shares):
            summary.join(part)
            if summary.is_enough:
                pool.shutdown(cancel_futures=True)
                break
    return summary


def _share(seeds: Iterable[int]) -> Summary:
    return asyncio.run(play_many(seeds))


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Read the command line and play; 1 when something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.battery.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the history, or the first of many")
    parser.add_argument("--histories", type=int, default=0, help="how many histories, from the seed on")
    parser.add_argument("--story", type=Path, help="a kept story, instead of a seed")
    parser.add_argument("--cut", action="store_true", help="cut a failing history down and keep it")
    given = parser.parse_args()
    if given.histories:
        return _many(given.seed, given.histories)
    story = load(given.story) if given.story else tell(given.seed)
    return asyncio.run(_one(story, is_cut=given.cut))


if __name__ == "__main__":
    raise SystemExit(main())
