"""Plays histories from the command line: `--seed N`, `--story FILE`, or `--histories N --seed S`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

from tests.battery.simulation.driver import play
from tests.battery.simulation.running_many import explain, play_many
from tests.battery.simulation.situations import CATALOGUE, missing
from tests.battery.simulation.story import Story, load
from tests.battery.simulation.telling import tell


async def _one(story: Story, *, is_cut: bool) -> int:
    outcome = await play(story)
    sys.stdout.write("\n".join([*story.lines(), *outcome.violations, f"trace {outcome.trace}"]) + "\n")
    if outcome.violations and is_cut:
        sys.stdout.write(await explain(outcome) + "\n")
    return 1 if outcome.violations else 0


async def _many(first: int, count: int) -> int:
    began = time.perf_counter()
    summary = await play_many(range(first, first + count))
    seconds = time.perf_counter() - began
    for failure in summary.failures:
        sys.stdout.write(await explain(failure) + "\n\n")
    for name in CATALOGUE:
        sys.stdout.write(f"{summary.situations[name]:8}  {name}\n")
    figures = ", ".join(f"{count} {name}" for name, count in sorted(summary.figures.items()))
    sys.stdout.write(f"{summary.histories} histories in {seconds:.0f} s: {figures}\n")
    rare = missing(summary.situations, summary.histories)
    sys.stdout.write(f"too rare: {rare}\n" if rare else "every situation came often enough\n")
    return 1 if summary.failures or summary.unlike_themselves else 0


def main() -> int:
    """Read the command line and play; 1 when something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.battery.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the history, or the first of many")
    parser.add_argument("--histories", type=int, default=0, help="how many histories, from the seed on")
    parser.add_argument("--story", type=Path, help="a kept story, instead of a seed")
    parser.add_argument("--cut", action="store_true", help="cut a failing history down and keep it")
    given = parser.parse_args()
    if given.histories:
        return asyncio.run(_many(given.seed, given.histories))
    story = load(given.story) if given.story else tell(given.seed)
    return asyncio.run(_one(story, is_cut=given.cut))


if __name__ == "__main__":
    raise SystemExit(main())
