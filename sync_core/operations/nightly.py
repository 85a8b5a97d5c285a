"""What the night's timer asks for: sweeps of all connections, and the rows that belong to none; retries on demand."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_core.domain.contact import PipelinerId
from sync_core.engine.feed_port import PassRequest
from sync_core.errors import SyncError
from sync_core.operations.asking import Paused
from sync_core.operations.connecting import DISCONNECTING
from sync_core.operations.ports import Operator
from sync_core.operations.sweeping import SWEEP
from sync_core.state.departures import clear_departed
from sync_core.state.feed_memory import forget, next_remembered
from sync_core.state.registry import ConnectionRecord, Standing
from sync_core.state.set_aside import call_back

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Nightly:
    """Which sweeps were asked for, and what was cleared away that belongs to no connection.

    `orphaned_rows` lay with connections that are gone, `forgotten_rows` in the feed's memory.
    """

    requested: tuple[str, ...]
    orphaned_rows: int = 0
    forgotten_rows: int = 0
    problem: str = ""


async def sweep_all(operator: Operator, connection_ids: Sequence[str] = ()) -> Nightly:
    """Queue a sweep of each connection, or of those that are named, and clear away what belongs to none.

    Paused connections are left alone, but one whose disconnecting broke off is brought to its end. Raises NotFound
    for an unknown connection and Paused for one that is named.
    """
    if connection_ids:
        records = [_not_paused(await operator.registry.get(connection_id)) for connection_id in connection_ids]
    else:
        now = operator.clock.now()
        records = [record for record in await operator.registry.all() if _is_due(record, now)]
    for record in records:
        await operator.queue.put(PassRequest(record.id, SWEEP, SWEEP))
    orphaned = forgotten = 0
    problem = ""
    try:
        orphaned = await clear_departed(operator.store, operator.settings.pipeliner_space_id, operator.clock.now())
        forgotten = await _trim_feed(operator)
    except SyncError as error:
        problem = str(error)
        _log.warning("the feed's memory was not trimmed: %s", error)
    return Nightly(tuple(record.id for record in records), orphaned, forgotten, problem)


async def retry_set_aside(operator: Operator, connection_id: str) -> int:
    """Have the contacts that were set aside tried again now; gives how many. Raises NotFound, and Paused."""
    _not_paused(await operator.registry.get(connection_id))
    called = await call_back(operator.store, connection_id)
    await operator.queue.put(PassRequest(connection_id, "retry"))
    return called


def _is_due(record: ConnectionRecord, now: datetime) -> bool:
    is_waiting = record.not_before is not None and record.not_before > now
    return _is_ending(record) or (record.status is Standing.ACTIVE and not is_waiting)


def _is_ending(record: ConnectionRecord) -> bool:
    return record.reason == DISCONNECTING


def _not_paused(record: ConnectionRecord) -> ConnectionRecord:
    if record.status is Standing.PAUSED and not _is_ending(record):
        raise Paused([f"connection {record.id} is paused ({record.reason}): {record.message} Resume it first."])
    return record


async def _trim_feed(operator: Operator) -> int:
    """Let the feed forget some records of minutes' worth, and contacts that are deleted for long or not shown."""
    space_id = operator.settings.pipeliner_space_id
    record = next((item for item in await operator.registry.all() if item.space_id == space_id), None)
    if record is None:
        return 0
    seen = await next_remembered(operator.store, space_id)
    gone: set[PipelinerId] = set()
    if seen.contacts:
        shown = await operator.pass_ports(record, SWEEP).contacts.read(list(seen.contacts))
        remembered = timedelta(days=operator.settings.sync_tombstone_days)
        oldest = await operator.pipeliner.server_time() - remembered
        kept = {key for key, contact in shown.items() if not contact.is_deleted or contact.modified > oldest}
        gone = set(seen.contacts) - kept
    return await forget(operator.store, space_id, seen, gone)
