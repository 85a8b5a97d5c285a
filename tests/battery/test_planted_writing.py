"""Design bugs in what is written and what is decided, planted one at a time: the scenarios find each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.battery.planted.announcing_bugs import ANNOUNCING_BUGS
from tests.battery.planted.brake_bugs import BRAKE_BUGS
from tests.battery.planted.deciding_bugs import DECIDING_BUGS
from tests.battery.planted.harvest import Harvest, harvesting
from tests.battery.planted.merging_bugs import MERGING_BUGS
from tests.battery.planted.planting import Bug
from tests.battery.planted.writing_bugs import WRITING_BUGS

BUGS = [*WRITING_BUGS.bugs, *BRAKE_BUGS.bugs, *MERGING_BUGS.bugs, *DECIDING_BUGS.bugs, *ANNOUNCING_BUGS.bugs]


@pytest.fixture(scope="module")
def harvest() -> Iterator[Harvest]:
    """Count what is found."""
    with harvesting("what is written and what is decided") as counted:
        yield counted


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_planted_bug_is_found(bug: Bug, harvest: Harvest) -> None:
    """Green without it, red with it."""
    harvest.check(bug)
