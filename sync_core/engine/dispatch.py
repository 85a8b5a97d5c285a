"""Which connections are due for a pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sync_core.engine.feed_port import PassQueue, PassRequest, Subscriber


async def dispatch(queue: PassQueue, subscribers: Sequence[Subscriber], now: datetime, trigger: str) -> list[str]:
    """Enqueue a pass for every active connection that is not backing off; gives their ids."""
    due = [item.connection.id for item in subscribers if is_due(item, now)]
    for connection_id in due:
        await queue.put(PassRequest(connection_id, trigger))
    return due


def is_due(subscriber: Subscriber, now: datetime) -> bool:
    """Whether a connection takes part in this tick."""
    return subscriber.is_active and (subscriber.not_before is None or subscriber.not_before <= now)
