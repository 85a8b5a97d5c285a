"""Ending a connection: its state goes; the contacts stay, or those go that the sync created in Outlook.

The copies of a user who was deactivated are taken back in the same way, where a setting says so; the connection stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sync_core.domain import Run, RunMode, RunState, Trigger
from sync_core.engine.clearing import Cleared, clear_outlook
from sync_core.engine.ports import RunRequest
from sync_core.errors import LeaseLost, LeaseTaken, Stopped, Unreadable
from sync_core.operations.auditing import act_on_connection
from sync_core.operations.ports import Deployment
from sync_core.operations.reserving import recover_before_the_end
from sync_core.state import (
    Act,
    ConnectionRecord,
    StoredAskers,
    StoredDuplicates,
    ask_for_clearing,
    is_clearing_wanted,
    note_departure,
    withdraw_clearing,
)


@dataclass(frozen=True, slots=True)
class Disconnected:
    """How ending a connection went; while it `is_finished` not, it stays paused and can be ended again."""

    record: ConnectionRecord
    cleared: Cleared = field(default_factory=Cleared)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left of it."""
        return self.cleared.is_finished


@act_on_connection(Act.DISCONNECT)
async def disconnect(
    deployment: Deployment, connection_id: str, *, remove_contacts: bool = False, worker: str = ""
) -> Disconnected:
    """End a connection: its state goes, and the contacts on both sides stay.

    With `remove_contacts` those that the sync created in Outlook are removed first; never any that was there before,
    nor anything in Pipeliner, nor the folder. What could not be done now is gone on with by a queue message where
    time fixes it, by the next reconciliation in any case. Raises NotFound, and Unreadable where the contacts cannot be
    told because its row cannot be read.
    """
    record = await deployment.registry.get(connection_id)
    if not remove_contacts:
        await withdraw_clearing(deployment.store, connection_id)
        if record.is_readable:
            record = await deployment.registry.change(connection_id, ConnectionRecord.disconnecting)
        await recover_before_the_end(deployment, record, worker or f"disconnect-{deployment.mint_id()}")
        return await _end(deployment, record)
    if not record.is_readable:
        raise Unreadable(f"connection {record.id}: {record.message} It can end only if the contacts stay.")
    await ask_for_clearing(deployment.store, connection_id)
    record = await deployment.registry.change(connection_id, ConnectionRecord.disconnecting)
    cleared = await _clear(deployment, record, worker or f"disconnect-{deployment.mint_id()}")
    if cleared.is_finished:
        return replace(await _end(deployment, record), cleared=cleared)
    if cleared.again_s is not None:
        await deployment.queue.put(
            RunRequest(record.id, Trigger.DISCONNECT, RunMode.RECONCILE), delay_s=cleared.again_s
        )
    return Disconnected(record, cleared)


async def finish_disconnecting(deployment: Deployment, connection_id: str, worker: str) -> Disconnected:
    """Bring a disconnecting that broke off to its end, as it was asked for. Raises NotFound."""
    wanted = await is_clearing_wanted(deployment.store, connection_id)
    return await disconnect(deployment, connection_id, remove_contacts=wanted, worker=worker)


def copies_are_due(record: ConnectionRecord, now: datetime) -> bool:
    """Whether the copies of a user who was stopped are to be taken back by now; the setting is the approval."""
    days, since = record.settings.days_to_keep_copies, record.stopped_at
    return days is not None and since is not None and since + timedelta(days=days) <= now


async def take_copies_back(deployment: Deployment, record: ConnectionRecord, run_id: str, worker: str) -> Run:
    """Remove what the sync created in Outlook and nobody edited; nothing is sent. The rest waits for the next night."""
    cleared = await _clear(deployment, record, worker)
    told = f"{cleared.removed} copies of a deactivated user were removed from Outlook, {cleared.kept} were kept"
    if cleared.is_finished:
        await deployment.registry.change(record.id, lambda stored: stored.model_copy(update={"stopped_at": None}))
    state = RunState.DONE if cleared.is_finished else RunState.FAILED
    return Run(run_id, record.id, Trigger.RECONCILE, RunMode.RECONCILE, state, message=cleared.problem or told)


async def _end(deployment: Deployment, record: ConnectionRecord) -> Disconnected:
    space_id = deployment.settings.pipeliner_space_id
    await StoredAskers(deployment.store, space_id).forget(record.id)
    await StoredDuplicates(deployment.store, space_id).forget(record.id)
    await note_departure(deployment.store, space_id, record.id, deployment.clock.now())
    await deployment.registry.remove(record.id)
    return Disconnected(record)


async def _clear(deployment: Deployment, record: ConnectionRecord, worker: str) -> Cleared:
    now = deployment.clock.now()
    run = Run(
        f"{record.id}-{deployment.mint_id()}",
        record.id,
        Trigger.DISCONNECT,
        RunMode.CLEAR,
        RunState.RUNNING,
        started_at=now,
    )
    ports, budget_s = deployment.run_ports(record, worker), deployment.settings.sync_pass_budget_s
    try:
        return await clear_outlook(ports, record.connection(), record.folder_id, run, budget_s)
    except LeaseTaken as taken:
        return Cleared(is_finished=False, problem=str(taken), again_s=taken.retry_after_s)
    except (LeaseLost, Stopped) as ended:
        return Cleared(is_finished=False, problem=str(ended))
