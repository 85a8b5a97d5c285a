"""Rate limit: a token bucket through the clock's port, so that a simulation decides how time passes."""

from __future__ import annotations

from datetime import datetime

from sync_core.engine.ports import Clock

DEFAULT_PER_SECOND = 5.0
"""Pipeliner documents no limit; other integrations live with this one."""


class RateLimit:
    """Lets through `per_second` requests on average; one second's worth may go at once after a rest."""

    def __init__(self, clock: Clock, per_second: float = DEFAULT_PER_SECOND) -> None:
        self._clock = clock
        self._per_second = per_second
        self._capacity = max(per_second, 1.0)
        self._tokens = self._capacity
        self._counted_at: datetime | None = None

    async def turn(self) -> None:
        """Wait for this caller's turn; callers go in the order in which they came."""
        now = self._clock.now()
        if self._counted_at is not None:
            elapsed_s = max((now - self._counted_at).total_seconds(), 0.0)
            self._tokens = min(self._capacity, self._tokens + elapsed_s * self._per_second)
        self._counted_at = now
        self._tokens -= 1.0
        if self._tokens < 0.0:
            await self._clock.sleep(-self._tokens / self._per_second)
