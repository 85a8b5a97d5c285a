"""Design bugs in who is who, planted one at a time: the scenarios find each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.battery.planted.harvest import Harvest, harvesting
from tests.battery.planted.identity_bugs import IDENTITY_BUGS
from tests.battery.planted.planting import Bug
from tests.battery.planted.replacing_bugs import REPLACING_BUGS
from tests.battery.planted.reserving_bugs import RESERVING_BUGS
from tests.battery.planted.succeeding_bugs import SUCCEEDING_BUGS

BUGS = [*IDENTITY_BUGS.bugs, *REPLACING_BUGS.bugs, *RESERVING_BUGS.bugs, *SUCCEEDING_BUGS.bugs]


@pytest.fixture(scope="module")
def harvest() -> Iterator[Harvest]:
    """Count what is found."""
    with harvesting("who is who") as counted:
        yield counted


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_planted_bug_is_found(bug: Bug, harvest: Harvest) -> None:
    """Green without it, red with it."""
    harvest.check(bug)
