"""What people and programs ask for beside the timer: a run, an approval, a retry; and how everything stands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sync_core.domain import CONNECTION_SUBJECT, AttentionItem, Reason, Run, RunMode, RunState, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import InvalidRequest, NotFound, NothingHeld, SyncError, Unreadable
from sync_core.operations.auditing import act_on_connection
from sync_core.operations.connection_status import check_runs_on_request
from sync_core.operations.governing import check_not_stopped
from sync_core.operations.ports import Deployment
from sync_core.operations.working import asked_runs, new_run_id
from sync_core.state import Act, ConnectionRecord, ConnectionSummary, call_back
from sync_core.storage import Table

MODES = (RunMode.DELTA, RunMode.FULL)
HELD = frozenset({Reason.DELETES_AWAIT_APPROVAL, Reason.CHANGES_AWAIT_APPROVAL, Reason.CREATES_AWAIT_APPROVAL})


# Runs


@act_on_connection(Act.SYNC)
async def request_sync(deployment: Deployment, connection_id: str, mode: str, trigger: Trigger) -> Run:
    """Queue a run on request, or return the one of this mode that is queued already and has not begun.

    Raises NotFound, InvalidRequest (unknown mode), Paused and Unreadable.
    """
    chosen = next((known for known in MODES if known == mode), None)
    if chosen is None:
        raise InvalidRequest([f"mode: must be one of {', '.join(MODES)}"])
    check_runs_on_request(await deployment.registry.get(connection_id))
    await check_not_stopped(deployment)
    return await ask_for_run(deployment, connection_id, chosen, trigger)


async def ask_for_run(deployment: Deployment, connection_id: str, chosen: RunMode, trigger: Trigger) -> Run:
    """Queue a run, or return the one of this mode that is queued already and has not begun."""
    asked = asked_runs(deployment, connection_id)
    waiting = await asked.waiting(chosen)
    if waiting is not None:
        return waiting
    run = Run(
        new_run_id(deployment, connection_id),
        connection_id,
        trigger,
        chosen,
        RunState.QUEUED,
        queued_at=deployment.clock.now(),
    )
    # In this order a lost queue leaves no run behind that never comes; the run's own row of the run stays as it is.
    await deployment.queue.put(RunRequest(connection_id, trigger, chosen, run.id))
    await deployment.reader(connection_id).queue_run(run)
    await asked.lead(run)
    return run


async def find_run(deployment: Deployment, run_id: str) -> Run:
    """Find a run by its id, which begins with its connection's. Raises NotFound."""
    connection_id = run_id.partition("-")[0]
    try:
        await deployment.registry.get(connection_id)
        run = await deployment.reader(connection_id).run(run_id)
    except NotFound:
        raise NotFound(f"there is no run {run_id!r}; runs are kept for a limited time") from None
    if run.state is RunState.QUEUED and (await deployment.reader(connection_id).status()).running == run_id:
        return replace(run, state=RunState.RUNNING)
    return run


@act_on_connection(Act.APPROVE)
async def approve(deployment: Deployment, connection_id: str) -> tuple[str, ...]:
    """Let the next run carry out what is held back; returns what that is, in words.

    Raises NotFound, NothingHeld, Paused and Unreadable.
    """
    record = await deployment.registry.get(connection_id)
    held = tuple(item.message for item in await deployment.reader(connection_id).attention() if item.reason in HELD)
    if not held:
        raise NothingHeld([f"connection {connection_id} holds nothing back; there is nothing to approve"])
    check_runs_on_request(record)
    await check_not_stopped(deployment)
    await approve_removals(deployment, connection_id)
    return held


async def approve_removals(deployment: Deployment, connection_id: str) -> None:
    """Let the next run carry out the removals that are held back, whether there are any or not."""
    await deployment.reader(connection_id).approve_removals()
    await deployment.queue.put(RunRequest(connection_id, Trigger.APPROVE))


@act_on_connection(Act.RETRY)
async def retry_set_aside(deployment: Deployment, connection_id: str) -> int:
    """Have the contacts that were set aside tried again now; returns how many.

    Raises NotFound, Paused and Unreadable.
    """
    check_runs_on_request(await deployment.registry.get(connection_id))
    await check_not_stopped(deployment)
    called = await call_back(deployment.store, connection_id)
    await deployment.queue.put(RunRequest(connection_id, Trigger.RETRY))
    return called


# How a connection stands


@dataclass(frozen=True, slots=True)
class Overview:
    """A connection with how its sync stands; `problem` says what cannot be read where there is no summary."""

    record: ConnectionRecord
    summary: ConnectionSummary | None
    problem: str = ""

    @property
    def removals_due(self) -> datetime | None:
        """When the first removal that waits is due, if its contact does not come back; None when no time is waited."""
        since, delay = self.summary.removals_since if self.summary else None, self.record.connection().deletion_delay
        return since + delay if since is not None and delay else None

    @property
    def attention(self) -> int:
        """How much of it waits for a person; something unreadable does."""
        rows = self.summary.attention if self.summary else 0
        return rows + (not self.record.is_readable) + bool(self.problem)


async def overview(deployment: Deployment, record: ConnectionRecord) -> Overview:
    """Read how a connection stands, as far as its rows can be read."""
    try:
        return Overview(record, await deployment.reader(record.id).status())
    except Unreadable as error:
        return Overview(record, None, str(error))


async def attention_of(deployment: Deployment, record: ConnectionRecord) -> list[AttentionItem]:
    """Read what waits for a person, the longest waiting first; before it, what cannot be read at all."""
    unreadable = [] if record.is_readable else [_unreadable_item(record.message)]
    try:
        return [*unreadable, *await deployment.reader(record.id).attention()]
    except Unreadable as error:
        return [*unreadable, _unreadable_item(str(error))]


def _unreadable_item(problem: str) -> AttentionItem:
    remedy = "Install the version that wrote it, or do as the message says. The contacts on both sides are untouched."
    return AttentionItem(CONNECTION_SUBJECT, Reason.PAUSED, f"The connection is paused: {problem}", remedy)


# Health


@dataclass(frozen=True, slots=True)
class Check:
    """Whether one thing that the sync depends on answers; `problem` says what is wrong."""

    name: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether it answers."""
        return not self.problem


async def check_health(deployment: Deployment) -> tuple[Check, ...]:
    """Ask the state store, Graph and Pipeliner for anything cheap."""
    return (
        await _check("state", lambda: ask_state(deployment)),
        await _check("graph", deployment.outlook.check),
        await _check("pipeliner", deployment.pipeliner.check),
    )


async def ask_state(deployment: Deployment) -> None:
    """Ask the state store for a row that is not there. Raises SyncError when it does not answer."""
    await deployment.store.get(Table.CONNECTIONS, "connections", "health")


async def _check(name: str, ask: Callable[[], Awaitable[None]]) -> Check:
    try:
        await ask()
    except SyncError as error:
        return Check(name, str(error))
    return Check(name)
