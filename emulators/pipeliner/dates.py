"""Times as the service writes and reads them: UTC, a space, microseconds, a numeric offset."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache


@lru_cache(maxsize=4096)
def wire_time(moment: datetime, zone: tzinfo = UTC) -> str:
    """Write a time as answers carry it; the fraction is left out when it is zero."""
    return moment.astimezone(zone).isoformat(sep=" ")


@lru_cache(maxsize=1024)
def read_time(text: str) -> datetime:
    """Read a time with `T` or space, `Z`, an offset or none (then UTC). Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
