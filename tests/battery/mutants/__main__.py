"""Mutants of the pure core against the unit tests.

    python -m tests.battery.mutants [--module merge] [--sample 100] [--processes 2] [--json]

Ends with 1 when more than 5 in 100 survive without a reason (in a sample more than chance explains), or a reason is out
of date.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from tests.battery.mutants.covering import tests_of
from tests.battery.mutants.explained import explained, stale
from tests.battery.mutants.making import Mutant, core_modules, mutants_of, unchanged
from tests.battery.mutants.trial import Outcome, try_all
from tests.battery.mutants.verdict import Tally

_ORDER_OF_SETS = "PYTHONHASHSEED"
"""Fixed, so that a mutant that depends on the order of a set has the same end in every run."""


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.battery.mutants", description=__doc__)
    parser.add_argument("--module", action="append", choices=core_modules(), help="only this module of the core")
    parser.add_argument("--sample", type=int, default=0, help="so many, spread evenly; without it all")
    parser.add_argument("--processes", type=int, default=1, help="how many run at once")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


def _spread(mutants: list[Mutant], wanted: int) -> list[Mutant]:
    if not 0 < wanted < len(mutants):
        return mutants
    return [mutants[number * len(mutants) // wanted] for number in range(wanted)]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - a command tells the person


def _try(mutants: Sequence[Mutant], processes: int, tally: Tally) -> None:
    for trial in try_all(mutants, processes):
        tally.add(trial)
        if trial.outcome is Outcome.SURVIVED and str(trial.mutant.name) not in tally.reasons:
            _say(f"survived: {trial.mutant.name}")


def main(arguments: Sequence[str]) -> int:
    """Try what the command line asks for; answers the exit status."""
    asked = _asked(arguments)
    modules = asked.module or core_modules()
    made = [mutant for module in modules for mutant in mutants_of(module)]
    chosen = _spread(made, asked.sample)
    of_tests = {tests_of(mutant.name.module): mutant.name.module for mutant in chosen}
    for trial in try_all([unchanged(module) for module in of_tests.values()], asked.processes):
        if trial.outcome is not Outcome.SURVIVED:
            _say(f"the unit tests fail on {trial.mutant.name.module} as it is: nothing can be said of mutants")
            return 1
    tally = Tally(explained(), is_sample=len(chosen) < len(made))
    _try(chosen, asked.processes, tally)
    outdated = stale(tally.reasons, made, modules)
    faults = [*tally.faults(), *(f"explained, but no longer made: {name}" for name in outdated)]
    for fault in faults:
        _say(fault)
    counts = {"made": len(made), **tally.counts()}
    told = json.dumps(counts) if asked.json else ", ".join(f"{name} {count:,}" for name, count in counts.items())
    print(told)  # noqa: T201 - the command's answer
    return 1 if faults else 0


if __name__ == "__main__":
    if os.environ.get(_ORDER_OF_SETS) != "0":
        os.environ[_ORDER_OF_SETS] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.battery.mutants", *sys.argv[1:]])  # noqa: S606 - itself
    sys.exit(main(sys.argv[1:]))
