"""How a connection stands: failing passes, the pause with its reason, the probes, and the way back."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from sync_core.domain.records import CONNECTION_SUBJECT, AttentionItem, Reason
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.passes import PassResult
from sync_core.errors import ConnectionBroken, KeepsFailing, SpaceChanged
from sync_core.operations.ports import Operator
from sync_core.state.registry import ConnectionRecord, Standing

_log = logging.getLogger(__name__)

QUICK_TRIES = 3
"""Failed passes in a row after which only the timer tries again."""
FAILURES_TO_PAUSE = 10
FIRST_WAIT = timedelta(seconds=30)
FIRST_PROBE = timedelta(minutes=5)
LAST_PROBE = timedelta(hours=6)
"""A paused connection is probed with doubling waits between these."""


async def pause(operator: Operator, record: ConnectionRecord, broken: ConnectionBroken) -> None:
    """Pause a connection that cannot go on, say why, and have it probed."""
    now = operator.clock.now()

    def paused(stored: ConnectionRecord) -> ConnectionRecord:
        if is_paused_by_person(stored):
            return stored
        failures = stored.failures + 1
        update = {
            "status": Standing.PAUSED,
            "reason": broken.reason,
            "message": str(broken),
            "failures": failures,
            "not_before": next_probe(now, failures),
        }
        return stored.model_copy(update=update)

    await operator.registry.change(record.id, paused)
    await operator.reader(record.id).report(
        AttentionItem(
            CONNECTION_SUBJECT,
            Reason.PAUSED,
            f"The connection is paused: {broken}",
            "Mend it and resume the connection; it is also tried again by itself. Nothing was deleted.",
        )
    )
    _log.warning("connection %s paused: %s", record.id, broken.reason)


def is_paused_by_person(record: ConnectionRecord) -> bool:
    """Whether a person paused it: then it is not probed, and no fault changes how it stands."""
    return record.status is Standing.PAUSED and record.not_before is None


def next_probe(now: datetime, failures: int) -> datetime:
    """When a paused connection is tried again."""
    wait: timedelta = min(FIRST_PROBE * 2 ** min(failures - 1, 10), LAST_PROBE)
    return now + wait


async def count_failure(operator: Operator, record: ConnectionRecord, result: PassResult) -> None:
    """Try again soon at first, then with growing waits; after many failures in a row pause and say so."""
    failures = record.failures + 1
    if failures >= FAILURES_TO_PAUSE:
        text = f"{failures} passes in a row failed; the last one: {result.run.message}"
        await pause(operator, record, KeepsFailing(text))
        return
    wait: timedelta = max(FIRST_WAIT * 2 ** (failures - 1), timedelta(seconds=result.wait_s))
    update = {"failures": failures, "message": result.run.message, "not_before": operator.clock.now() + wait}

    def failed(stored: ConnectionRecord) -> ConnectionRecord:
        return stored if is_paused_by_person(stored) else stored.model_copy(update=update)

    await operator.registry.change(record.id, failed)
    if failures <= QUICK_TRIES:
        await operator.queue.put(PassRequest(record.id, "continue"), delay_s=wait.total_seconds())


async def recover(operator: Operator, record: ConnectionRecord) -> None:
    """Take the fault back, unless somebody has paused the connection meanwhile."""
    update: dict[str, Any] = {"status": Standing.ACTIVE, "reason": "", "message": "", "failures": 0, "not_before": None}

    def recovered(stored: ConnectionRecord) -> ConnectionRecord:
        return stored if is_paused_by_person(stored) else stored.model_copy(update=update)

    await operator.registry.change(record.id, recovered)
    await operator.reader(record.id).settle(CONNECTION_SUBJECT)


def space_changed(operator: Operator, record: ConnectionRecord) -> SpaceChanged:
    """Say that the app was pointed at another space than the connection was made with."""
    return SpaceChanged(
        f"connection {record.id} was made with the Pipeliner space {record.space_id}, but the app now uses "
        f"{operator.settings.pipeliner_space_id}: set PIPELINER_SPACE_ID back, or disconnect and connect again"
    )
