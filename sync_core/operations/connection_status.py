"""How connections stand: what one may be asked for, failing runs, the pause with its reason, probes, the way back.

A tick takes stock of all of them for the gauges: how they are, what waits for people, how much the queue holds.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sync_core.domain import CONNECTION_SUBJECT, AttentionItem, Reason, Trigger, backoff
from sync_core.engine.ports import RunRequest
from sync_core.engine.run import RunResult
from sync_core.errors import ConnectionBroken, KeepsFailing, Paused, SpaceChanged, SyncError, Unreadable, UserStopped
from sync_core.operations.ports import Deployment
from sync_core.queues import MeasuredQueue
from sync_core.state import ConnectionRecord
from sync_core.telemetry import ConnectionHealth, Stock, Waiting

_log = logging.getLogger(__name__)

QUICK_TRIES = 3
"""Failed runs in a row after which only the timer tries again."""
FAILURES_TO_PAUSE = 10
FIRST_WAIT = timedelta(seconds=30)
FIRST_PROBE = timedelta(minutes=5)
LAST_PROBE = timedelta(hours=6)
"""A paused connection is probed with doubling waits between these."""
AT_ONCE = 8
"""Connections whose rows are read at the same time when stock is taken."""


def check_runs_on_request(record: ConnectionRecord) -> None:
    """Raise Paused where a run on request would do nothing: a person paused or ends the connection.

    One that a fault paused is tried, as the timer tries it. Raises Unreadable for one whose row cannot be read.
    """
    if not record.is_readable:
        raise Unreadable(f"connection {record.id}: {record.message}")
    if record.is_paused_by_person:
        remedy = "" if record.is_ending else " Resume it first."
        raise Paused([f"connection {record.id} is paused ({record.reason}): {record.message}{remedy}"])


async def pause(deployment: Deployment, record: ConnectionRecord, broken: ConnectionBroken) -> None:
    """Pause a connection that cannot go on, say why, and have it probed; one whose user was stopped is left alone."""
    now, is_final = deployment.clock.now(), isinstance(broken, UserStopped)
    remedy = "Fix it and resume the connection; it is also tried again by itself. Nothing was deleted."

    def paused(stored: ConnectionRecord) -> ConnectionRecord:
        if is_final:
            return stored.stopped(broken.reason, str(broken), now)
        return stored.paused(broken.reason, str(broken), next_probe(now, stored.failures + 1))

    await deployment.registry.change(record.id, lambda stored: stored.unless_paused_by_person(paused))
    await tell(
        deployment,
        record.id,
        Reason.PAUSED,
        f"The connection is paused: {broken}",
        f"To go on, {broken.remedy}. Nothing was deleted." if is_final else remedy,
    )
    _log.warning("connection %s paused: %s", record.id, broken.reason)


async def tell(deployment: Deployment, connection_id: str, reason: Reason, message: str, remedy: str) -> None:
    """Put up an attention item about a whole connection, over one that cannot be read too."""
    reader = deployment.reader(connection_id)
    item = AttentionItem(CONNECTION_SUBJECT, reason, message, remedy)
    try:
        await reader.report(item)
    except Unreadable:
        await reader.resolve(CONNECTION_SUBJECT)
        await reader.report(item)


def next_probe(now: datetime, failures: int) -> datetime:
    """When a paused connection is tried again."""
    return now + backoff(FIRST_PROBE, LAST_PROBE, failures)


async def count_failure(deployment: Deployment, record: ConnectionRecord, result: RunResult) -> None:
    """Try again soon at first, then with growing waits; after many failures in a row pause and say so."""
    failures = record.failures + 1
    if failures >= FAILURES_TO_PAUSE:
        text = f"{failures} runs in a row failed; the last one: {result.run.message}"
        await pause(deployment, record, KeepsFailing(text))
        return
    wait = max(backoff(FIRST_WAIT, LAST_PROBE, failures), timedelta(seconds=result.wait_s))
    not_before = deployment.clock.now() + wait

    def failed(stored: ConnectionRecord) -> ConnectionRecord:
        return stored.failed(result.run.message, not_before)

    await deployment.registry.change(record.id, lambda stored: stored.unless_paused_by_person(failed))
    if failures <= QUICK_TRIES:
        await deployment.queue.put(RunRequest(record.id, Trigger.CONTINUE), delay_s=wait.total_seconds())


async def recover(deployment: Deployment, record: ConnectionRecord) -> None:
    """Take the fault back, unless somebody has paused the connection meanwhile."""
    await deployment.registry.change(record.id, lambda stored: stored.unless_paused_by_person(ConnectionRecord.resumed))
    await deployment.reader(record.id).resolve(CONNECTION_SUBJECT)


async def wake_waiting(deployment: Deployment, record: ConnectionRecord) -> None:
    """After an outage have everybody of the space tried with the next tick; whom a person must mend is left alone.

    Whoever was woken so itself wakes nobody: the first success is enough.
    """
    if record.is_woken or not record.waits_out_a_fault:
        return
    for other in await deployment.registry.all():
        waits = other.is_readable and other.waits_out_a_fault and not other.is_woken
        if waits and other.id != record.id and other.space_id == record.space_id:
            await deployment.registry.change(other.id, ConnectionRecord.woken)


def space_changed(deployment: Deployment, record: ConnectionRecord) -> SpaceChanged:
    """Return the error that the app was pointed at another space than the connection was made with."""
    return SpaceChanged(
        f"connection {record.id} was made with the Pipeliner space {record.space_id}, but the app now uses "
        f"{deployment.settings.pipeliner_space_id}: set PIPELINER_SPACE_ID back, or disconnect and connect again"
    )


# Stock


async def take_stock(deployment: Deployment, records: Sequence[ConnectionRecord]) -> Stock | None:
    """Read the stock: a range per connection, two more where an approval is awaited. None when the state is silent."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(record: ConnectionRecord) -> Waiting:
        reader = deployment.reader(record.id)
        async with turns:
            try:
                reasons = Counter(item.reason for item in await reader.attention())
            except Unreadable:  # its next run pauses it and says so; the stock of the others is told
                return Waiting({Reason.PAUSED: 1}, 0)
            has_removals = bool(reasons[Reason.DELETES_AWAIT_APPROVAL])
            is_awaited = has_removals or bool(reasons[Reason.CHANGES_AWAIT_APPROVAL])
            awaiting_approval = await reader.held(removals=has_removals) if is_awaited else 0
        return Waiting({reason: count for reason, count in reasons.items() if count}, awaiting_approval)

    try:
        found = await asyncio.gather(*(one(record) for record in records))
        queue = await deployment.queue.depth() if isinstance(deployment.queue, MeasuredQueue) else None
    except SyncError as error:
        _log.warning("the stock was not taken: %s", error)
        return None
    connections = dict.fromkeys(ConnectionHealth, 0) | Counter(health_of(record) for record in records)
    return Stock(connections, {record.id: item for record, item in zip(records, found, strict=True)}, queue)


def health_of(record: ConnectionRecord) -> ConnectionHealth:
    """Return how a connection is."""
    if not record.is_active:
        return ConnectionHealth.PAUSED
    return ConnectionHealth.FAILING if record.failures else ConnectionHealth.ACTIVE
