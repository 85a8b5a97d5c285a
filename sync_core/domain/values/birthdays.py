"""Birthdays as values: the day that a moment means, whatever zone it was written in."""

from __future__ import annotations

from datetime import datetime, timedelta

HALF_A_DAY = timedelta(hours=12)
_DAY = len("2026-01-31")


def day_of(moment: str) -> str:
    """Return the day that is nearest to a moment of UTC: programs write local midnight, or noon less a minute.

    With another offset it is the day as written.
    """
    try:
        at = datetime.fromisoformat(moment)
        if at.utcoffset():
            return moment[:_DAY]
        return (at.replace(tzinfo=None) + HALF_A_DAY).date().isoformat()
    except (ValueError, OverflowError):
        return moment[:_DAY]
