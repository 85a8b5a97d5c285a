"""Whether the scenarios that are named for a bug find it, and what came of a whole bed of bugs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.battery.figures import record
from tests.battery.planted.planting import Bug, Scenario, problem_in

_BROKEN_PATCHES = ("TypeError", "AttributeError", "NameError", "KeyError", "UnboundLocalError")
_GREEN: set[Scenario] = set()
"""Scenarios that were run on the product as it is, and found nothing wrong."""


@dataclass(slots=True)
class Harvest:
    """The bugs of one bed so far, and how many of them each file of scenarios found."""

    planted: int = 0
    found: int = 0
    by_file: Counter[str] = field(default_factory=Counter)

    def check(self, bug: Bug) -> None:
        """Assert that the named scenarios are green on the product, and that each one notices the bug."""
        assert bug.found_by, f"nobody is named to find {bug.name}"
        self.planted += 1
        for scenario in bug.found_by:
            if scenario not in _GREEN:
                assert problem_in(scenario) == ""
                _GREEN.add(scenario)
        for scenario in bug.found_by:
            with bug.planted():
                problem = problem_in(scenario)
            assert problem, f"{scenario.__name__} does not notice that {bug.sentence}"
            assert not problem.startswith(_BROKEN_PATCHES), f"{bug.name} does not fit the product any more: {problem}"
            self.by_file[scenario.__module__.rpartition(".test_")[2]] += 1
        self.found += 1


@contextmanager
def harvesting(bed: str) -> Iterator[Harvest]:
    """Count what is found in a bed, and record it at the end."""
    harvest = Harvest()
    yield harvest
    record(f"planted bugs ({bed})", planted=harvest.planted, found=harvest.found, **harvest.by_file)
