"""`python -m tools.house`: how the house stands, each measure with its bound; `--list` names what is counted."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tools.house.arrows import find_cycles, find_uncovered
from tools.house.decisions import find_checks
from tools.house.fragments import find_fragments
from tools.house.source import Module, read_modules

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "sync_core"
IMPORT_TEST = ROOT / "tests" / "unit" / "test_architecture.py"
LONGEST_LISTED = 10


@dataclass(frozen=True, slots=True)
class Measure:
    """One number with its bounds, and what it counts, by name."""

    name: str
    label: str
    value: float
    least: float | None = None
    most: float | None = None
    counted: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it keeps its bounds."""
        return (self.least is None or self.least <= self.value) and (self.most is None or self.value <= self.most)

    @property
    def bounds(self) -> str:
        """Its bounds in words."""
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}"
        return "" if self.most is None else f"at most {self.most:g}"

    def as_json(self) -> dict[str, Any]:
        """The measure as it stands in the JSON report."""
        return {**asdict(self), "ok": self.ok}


def measure(package: Path = PACKAGE, import_test: Path = IMPORT_TEST) -> Iterator[Measure]:
    """Measure a package. Faces of packages (`__init__`) are no modules of their own in the count of lines."""
    modules = read_modules(package)
    yield from _sizes([module for module in modules if not module.is_face])
    fragments = find_fragments(modules)
    share = round(fragments.share, 1)
    yield Measure("used_once", "private functions used once, % of all", share, most=14, counted=fragments.used_once)
    checks = find_checks(modules)
    none, truth = tuple(checks.against_none), tuple(checks.as_truth)
    yield Measure("none_checks", "None checks of a decision's fields", len(none), most=0, counted=none)
    yield Measure("truth_checks", "the same fields asked as booleans", len(truth), most=0, counted=truth)
    cycles = tuple(" <-> ".join(cycle) for cycle in find_cycles(modules))
    yield Measure("cycles", "package cycles", len(cycles), most=0, counted=cycles)
    uncovered = tuple(find_uncovered(modules, import_test))
    yield Measure("uncovered", "packages not under the import test", len(uncovered), most=0, counted=uncovered)


def _sizes(modules: Sequence[Module]) -> Iterator[Measure]:
    by_size = sorted(modules, key=lambda module: -module.lines)
    longest = tuple(f"{module.lines} {module.name}" for module in by_size[:LONGEST_LISTED])
    yield Measure("modules", "modules", len(modules))
    yield Measure("median_lines", "lines of a module, median", median(module.lines for module in modules), 140, 260)
    yield Measure("most_lines", "lines of a module, most", by_size[0].lines, most=320, counted=longest)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the measures; returns 0 when all bounds are kept, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tools.house", description="How the house stands.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--list", action="store_true", help="name all that is counted")
    options = parser.parse_args(arguments)
    measures = list(measure())
    is_ok = all(item.ok for item in measures)
    if options.json:
        report = {"ok": is_ok, "measures": [item.as_json() for item in measures]}
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for item in measures for line in _lines(item, is_listed=options.list)))
    return 0 if is_ok else 1


def _lines(item: Measure, *, is_listed: bool) -> Iterator[str]:
    yield f"{item.label:40} {item.value:>8g}  {item.bounds:14}{'' if item.ok else '  NO'}".rstrip()
    if is_listed:
        yield from (f"    {what}" for what in item.counted)


if __name__ == "__main__":
    sys.exit(main())
