from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sync_core.errors import ServiceUnavailable
from sync_core.pipeliner.answers import filter_time, time_of


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05 08:00:00.000000+00:00",
        "2026-01-05 08:00:00+00:00",
        "2026-01-05T08:00:00Z",
        "2026-01-05T08:00:00",
        "2026-01-05 09:00:00+01:00",
        " 2026-01-05T08:00:00.000Z ",
    ],
)
def test_every_written_form_of_a_time_is_the_same_moment(text: str) -> None:
    """Separator, fraction and offset are form only."""
    assert time_of({"modified": text}, "modified") == datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_microseconds_are_kept() -> None:
    """They order what was written within a second."""
    assert time_of({"modified": "2026-01-05 08:00:00.123456+00:00"}, "modified").microsecond == 123456


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-05 08:00:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """Nothing is made up."""
    with pytest.raises(ServiceUnavailable, match=r"no readable modified"):
        time_of({"modified": text}, "modified")


def test_filter_time_is_cut_to_the_second_in_utc() -> None:
    """Cut off, not rounded, so that nothing is skipped."""
    moment = datetime(2026, 1, 5, 9, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert filter_time(moment) == "2026-01-05T08:00:00Z"
