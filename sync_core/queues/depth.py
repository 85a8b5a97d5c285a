"""How much waits in a queue, for whoever can tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Messages in the queue, delayed ones counted (Azure counts approximately), and the age of the oldest visible one.

    `oldest_s` counts from when the message was put, so a wished-for delay is part of it.
    """

    waiting: int = 0
    oldest_s: float = 0.0


@runtime_checkable
class MeasuredQueue(Protocol):
    """A queue that can tell how much waits in it."""

    async def depth(self) -> QueueDepth:
        """Tell it. Raises StoreUnavailable or AccessDenied."""
