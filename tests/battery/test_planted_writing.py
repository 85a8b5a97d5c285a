"""Design bugs in what is written and what is decided, planted one at a time: the scenarios find each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.battery.planted.deciding_bugs import DECIDING_BUGS
from tests.battery.planted.governing_bugs import GOVERNING_BUGS
from tests.battery.planted.harvest import Harvest, harvesting
from tests.battery.planted.limit_bugs import LIMIT_BUGS
from tests.battery.planted.merging_bugs import MERGING_BUGS
from tests.battery.planted.planting import Bug
from tests.battery.planted.rights_bugs import RIGHTS_BUGS
from tests.battery.planted.unseen_bugs import UNSEEN_BUGS
from tests.battery.planted.write_ahead_bugs import WRITE_AHEAD_BUGS
from tests.battery.planted.writing_bugs import WRITING_BUGS

BEDS = (
    WRITING_BUGS,
    LIMIT_BUGS,
    MERGING_BUGS,
    DECIDING_BUGS,
    WRITE_AHEAD_BUGS,
    RIGHTS_BUGS,
    UNSEEN_BUGS,
    GOVERNING_BUGS,
)
BUGS = [bug for bed in BEDS for bug in bed.bugs]


@pytest.fixture(scope="module")
def harvest() -> Iterator[Harvest]:
    """Count what is found."""
    with harvesting("what is written and what is decided") as counted:
        yield counted


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_planted_bug_is_found(bug: Bug, harvest: Harvest) -> None:
    """Green without it, red with it."""
    harvest.check(bug)
