"""What a tick finds for the gauges: how the connections stand, what waits for people, how much the queue holds."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from sync_core.domain.records import Reason
from sync_core.errors import SyncError
from sync_core.operations.ports import Operator
from sync_core.queues.depth import MeasuredQueue, QueueDepth
from sync_core.state.registry import ConnectionRecord, Standing
from sync_core.telemetry.port import Stock, Waiting

_log = logging.getLogger(__name__)

AT_ONCE = 8
"""Connections whose rows are read at the same time."""
STANDINGS = ("active", "failing", "paused")
"""`failing` is an active connection whose last pass failed."""


async def take_stock(operator: Operator, records: Sequence[ConnectionRecord]) -> Stock | None:
    """Read the stock: one range per connection, two more where something is held. None when the state is silent."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(record: ConnectionRecord) -> Waiting:
        async with turns:
            return await _waiting(operator, record.id)

    try:
        found = await asyncio.gather(*(one(record) for record in records))
        queue = await _queue_depth(operator)
    except SyncError as error:
        _log.warning("the stock was not taken: %s", error)
        return None
    standings = dict.fromkeys(STANDINGS, 0) | Counter(standing_of(record) for record in records)
    return Stock(standings, {record.id: item for record, item in zip(records, found, strict=True)}, queue)


def standing_of(record: ConnectionRecord) -> str:
    """Name how a connection stands."""
    if record.status is Standing.PAUSED:
        return "paused"
    return "failing" if record.failures else "active"


async def _waiting(operator: Operator, connection_id: str) -> Waiting:
    reader = operator.reader(connection_id)
    reasons = Counter(item.reason for item in await reader.attention())
    is_holding = bool(reasons[Reason.DELETES_HELD] or reasons[Reason.CHANGES_HELD])
    held = await reader.held(removals=bool(reasons[Reason.DELETES_HELD])) if is_holding else 0
    return Waiting({reason: count for reason, count in reasons.items() if count}, held)


async def _queue_depth(operator: Operator) -> QueueDepth | None:
    return await operator.queue.depth() if isinstance(operator.queue, MeasuredQueue) else None
