"""Times as Pipeliner writes and reads them: always UTC (developers.pipelinersales.com, "Dates")."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_time(text: str) -> datetime:
    """Read `2026-01-05 08:00:00.123456+00:00`, with `T` or a space, a fraction or none, an offset, `Z` or none.

    Raises ValueError for anything else.
    """
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def filter_time(moment: datetime) -> str:
    """Write a time for a filter: whole seconds, cut off (so `gte` never skips), RFC 3339 with `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_http_date(text: str) -> datetime | None:
    """Read the `Date` header's form; None when it is not one."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
