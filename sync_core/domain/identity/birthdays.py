"""Birthdays as they are compared: services without a year write a made-up one, and blank dates have theirs."""

from __future__ import annotations

import re

Birthday = tuple[int, ...]
"""Year, month and day; month and day without a year; nothing when blank."""

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_BLANKS = {(1, 1, 1), (4501, 1, 1), (1899, 12, 30), (1900, 1, 1), (1970, 1, 1), (1999, 11, 30)}
"""What programs write for "no date"."""
_FIRST_YEAR = 1850
"""An earlier year stands for none."""
_MONTH_AND_DAY = 2


def birthday_of(text: str) -> Birthday:
    """Read a date; a time after it does not count."""
    found = _DATE.match(text[:32].strip())
    if found is None:
        return ()
    year, month, day = (int(part) for part in found.groups())
    if (year, month, day) in _BLANKS:
        return ()
    return (year, month, day) if year >= _FIRST_YEAR else (month, day)


def are_equal(one: Birthday, other: Birthday) -> bool | None:
    """Say whether two birthdays are one; None when a blank tells nothing."""
    if not one or not other:
        return None
    both = min(len(one), len(other), 3)
    return one[-both:] == other[-both:] if both == _MONTH_AND_DAY else one == other
