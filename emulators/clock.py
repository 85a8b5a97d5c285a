"""The clock of an emulated service: virtual, moved by the tests, or following real time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

EPOCH = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class ServiceClock:
    """Aware UTC time. Every reading of a virtual clock moves it by `step`, so that no two writes share a time."""

    def __init__(
        self,
        start: datetime = EPOCH,
        step: timedelta = timedelta(milliseconds=1),
        source: Callable[[], datetime] | None = None,
    ) -> None:
        """Start at `start`; with `source` (say, the real time) readings follow that instead."""
        self._now = start
        self._step = step
        self._source = source
        self._advanced = timedelta()

    def now(self) -> datetime:
        """Time of the service's next action."""
        if self._source is not None:
            return self._source() + self._advanced
        self._now += self._step
        return self._now

    def peek(self) -> datetime:
        """Read the time without moving it."""
        return self._source() + self._advanced if self._source is not None else self._now

    def advance(self, seconds: float) -> None:
        """Move the clock; negative seconds are clock skew."""
        self._now += timedelta(seconds=seconds)
        self._advanced += timedelta(seconds=seconds)


def http_date(moment: datetime) -> str:
    """Write a time as the Date header carries it: whole seconds, GMT."""
    return _http_date(moment.replace(microsecond=0))


@lru_cache(maxsize=256)
def _http_date(second: datetime) -> str:
    return format_datetime(second.astimezone(UTC), usegmt=True)
