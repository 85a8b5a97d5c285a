"""Design bugs in what is stored and what is read, planted one at a time: the scenarios find each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.battery.planted.feed_bugs import FEED_BUGS
from tests.battery.planted.harvest import Harvest, harvesting
from tests.battery.planted.planting import Bug
from tests.battery.planted.progress_bugs import PROGRESS_BUGS
from tests.battery.planted.reading_bugs import READING_BUGS
from tests.battery.planted.state_bugs import STATE_BUGS

BUGS = [*STATE_BUGS.bugs, *PROGRESS_BUGS.bugs, *READING_BUGS.bugs, *FEED_BUGS.bugs]


@pytest.fixture(scope="module")
def harvest() -> Iterator[Harvest]:
    """Count what is found."""
    with harvesting("what is stored and what is read") as counted:
        yield counted


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_planted_bug_is_found(bug: Bug, harvest: Harvest) -> None:
    """Green without it, red with it."""
    harvest.check(bug)
