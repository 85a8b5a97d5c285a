"""How long Graph asks to wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_core.outlook.retry_after import retry_after_s

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
AT_HALF_PAST = "Mon, 05 Jan 2026 08:30:00 GMT"


@pytest.mark.parametrize(
    ("told", "wait_s"),
    [
        ("0", 0.0),
        ("1", 1.0),
        ("2.128", 2.128),
        (" 30 ", 30.0),
        ("120,120", 120.0),
        ("600", 600.0),
        (AT_HALF_PAST, 1800.0),
        ("Mon, 05 Jan 2026 07:00:00 GMT", 0.0),
        ("Mon, 05 Jan 2026 09:00:05 +0100", 5.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e3", None),
        ("9" * 400, None),
        (f"Mon, 05 Jan {'9' * 20} 07:00:00 GMT", None),
        (f"Mon, 05 Jan 2026 07:00:00 +{'9' * 20}", None),
    ],
)
def test_every_form_is_read(told: str, wait_s: float | None) -> None:
    """Integers, fractions and dates are waits; anything else says nothing."""
    assert retry_after_s({"retry-after": told}, NOW) == wait_s


def test_a_missing_header_says_nothing() -> None:
    """No header is no wait of nought seconds."""
    assert retry_after_s({}, NOW) is None


def test_a_date_counts_from_the_answers_own_date() -> None:
    """A host whose clock is wrong waits right all the same."""
    headers = {"retry-after": AT_HALF_PAST, "date": "Mon, 05 Jan 2026 08:29:50 GMT"}
    assert retry_after_s(headers, datetime(2031, 7, 1, tzinfo=UTC)) == 10.0


@given(st.text(), st.text())
def test_garbage_never_raises_and_never_waits_backwards(told: str, date: str) -> None:
    """Whatever a header holds, the answer is a wait or none."""
    wait_s = retry_after_s({"retry-after": told, "date": date}, NOW)
    assert wait_s is None or wait_s >= 0
