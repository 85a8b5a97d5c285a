"""Whoever tries again waits longer each time, and never longer than was said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_core.domain import backoff


@pytest.mark.parametrize(
    ("tries", "seconds"), [(0, 30), (1, 30), (2, 60), (3, 120), (9, 7680), (10, 15360), (11, 21600), (10**9, 21600)]
)
def test_each_wait_is_twice_the_one_before(tries: int, seconds: int) -> None:
    """From the first up to the last, however often it was tried."""
    assert backoff(timedelta(seconds=30), timedelta(hours=6), tries) == timedelta(seconds=seconds)


def test_seconds_will_do_as_well() -> None:
    """The adapters reckon in seconds."""
    assert [backoff(1.0, 5.0, tries) for tries in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, 5.0]


def test_a_last_wait_below_the_first_one_counts() -> None:
    """Nobody waits longer than the longest wait."""
    assert backoff(8.0, 5.0, 1) == 5.0
