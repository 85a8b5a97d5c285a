"""A queue in the memory of one process, for the command line and the demo."""

from __future__ import annotations

from collections import deque

from sync_core.engine.feed_port import PassRequest
from sync_core.queues.depth import QueueDepth

MOST_WAITING = 10_000


class LocalQueue:
    """First in, first out; delays are left to whoever takes. A full queue drops its oldest: the timer asks again."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[PassRequest, float]] = deque(maxlen=MOST_WAITING)

    async def put(self, request: PassRequest, delay_s: float = 0) -> None:
        """Enqueue a request."""
        self._waiting.append((request, delay_s))

    async def depth(self) -> QueueDepth:
        """Tell how much waits; ages are not kept."""
        return QueueDepth(len(self._waiting))

    def take(self) -> tuple[PassRequest, float] | None:
        """Take the oldest request with its delay in seconds, None when nothing waits."""
        return self._waiting.popleft() if self._waiting else None
