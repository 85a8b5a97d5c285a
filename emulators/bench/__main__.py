"""`python -m emulators.bench`: what the product asks of services, state, processor and memory, against its bounds."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emulators.bench.costs import Cost
from emulators.bench.findings import Finding, judge
from emulators.bench.fixed import measure_import, measure_ticks
from emulators.bench.journeys import told, walk_all
from emulators.bench.measuring import ProductEnded
from emulators.bench.opening import bench_in_child
from emulators.bench.population import PEOPLE, POPULATIONS, SEED
from emulators.bench.population import measure as measure_matching
from emulators.bench.population import told as told_matching
from emulators.bench.showing import markdown, show
from emulators.bench.situations import DIRECTIONS, FEWEST_CONTACTS, NotMeasured, measure_first_sync

CANNOT_RUN = 2
INTERRUPTED = 130
SIZES = (200, 500)


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured."""

    found: Sequence[Finding]
    costs: Sequence[Cost]

    @property
    def ok(self) -> bool:
        """Whether every bound is kept."""
        return all(finding.ok for finding in self.found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; returns the exit status: 0 when every bound is kept, else 1, and 2 when it could not be measured."""
    options = _parser().parse_args(arguments)
    try:
        if options.journeys:
            return _walk(is_json=options.json)
        if options.matching:
            return _match(options.people, is_json=options.json)
        measured = measure(options.sizes, options.directions, _progress)
    except (NotMeasured, ProductEnded) as error:
        sys.stderr.write(f"bench: {error}\n")
        return CANNOT_RUN
    except KeyboardInterrupt:
        sys.stderr.write("bench: interrupted\n")
        return INTERRUPTED
    if options.json:
        report = {
            "ok": measured.ok,
            "sizes": options.sizes,
            "findings": [finding.as_json() for finding in measured.found],
            "costs": [cost.as_json() for cost in measured.costs],
        }
        sys.stdout.write(json.dumps(report) + "\n")
    elif options.markdown:
        sys.stdout.write(markdown(measured.found, measured.costs) + "\n")
    else:
        show(measured.found, measured.costs)
    return 0 if measured.ok else 1


def measure(sizes: Sequence[int], directions: Sequence[str], tell: Callable[[str], None]) -> Measured:
    """Measure everything. Raises NotMeasured, ProductEnded."""
    fixed = [*measure_import(tell), *measure_ticks(tell)]
    costs = [
        cost
        for size in sizes
        for direction in directions
        for cost in measure_first_sync(DIRECTIONS[direction], size, bench_in_child, tell)
    ]
    return Measured([*fixed, *judge(costs)], costs)


def _walk(*, is_json: bool) -> int:
    logging.getLogger("sync_core").setLevel(logging.ERROR)
    walked = list(walk_all())
    is_ok = all(item.ok for item in walked)
    report = {"ok": is_ok, "journeys": [item.as_json() for item in walked]}
    sys.stdout.write((json.dumps(report) if is_json else told(walked)) + "\n")
    return 0 if is_ok else 1


def _match(people: int, *, is_json: bool) -> int:
    found = {name: measure_matching(invent(people, SEED)) for name, invent in POPULATIONS.items()}
    is_ok = all(figures.ok for figures in found.values())
    report = {"ok": is_ok, "matching": {name: figures.as_json() for name, figures in found.items()}}
    lines = "\n".join(told_matching(name, figures) for name, figures in found.items())
    sys.stdout.write((json.dumps(report) if is_json else lines) + "\n")
    return 0 if is_ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulators.bench", description="Measurements against bounds.")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    form.add_argument("--markdown", action="store_true", help="print the tables as they stand in the README")
    parser.add_argument(
        "--journeys",
        action="store_true",
        help="print the files of three journeys, and measure nothing else",
    )
    parser.add_argument(
        "--matching",
        action="store_true",
        help="match invented people whose truth is known, and measure nothing else",
    )
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many people are matched")
    parser.add_argument(
        "--sizes", type=_size, nargs="+", default=list(SIZES), help="numbers of contacts to measure with"
    )
    parser.add_argument(
        "--directions",
        choices=list(DIRECTIONS),
        nargs="+",
        default=list(DIRECTIONS),
        help="first syncs to measure; the changes belong to the one from Pipeliner",
    )
    return parser


def _size(text: str) -> int:
    if not text.isdecimal() or int(text) < FEWEST_CONTACTS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of contacts from {FEWEST_CONTACTS} on")
    return int(text)


def _progress(text: str) -> None:
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
