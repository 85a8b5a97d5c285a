"""What runs by itself: the tick, the runs that messages of the queue ask for, and messages that are given up."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace

from sync_core.domain import PipelinerUser, Reason, Run, RunMode, RunState, Trigger
from sync_core.engine.feed import dispatch
from sync_core.engine.ports import RightsUnknown, RunRequest
from sync_core.engine.rights import FRESH, why_unknown
from sync_core.engine.run import RunResult, run_sync
from sync_core.errors import InvalidRequest, LeaseLost, LeaseTaken, NotFound, Stopped, SyncError, Unreadable
from sync_core.operations.connection_status import (
    count_failure,
    pause,
    recover,
    space_changed,
    take_stock,
    tell,
    wake_waiting,
)
from sync_core.operations.ending import copies_are_due, finish_disconnecting, take_copies_back
from sync_core.operations.feeding import knows_space, read_feed, read_rights, subscribers_of
from sync_core.operations.governing import under_the_space
from sync_core.operations.ports import Deployment
from sync_core.operations.reconciling import reconcile
from sync_core.operations.reserving import ask_owners
from sync_core.queues import read_message
from sync_core.redaction import without_values
from sync_core.state import RIGHTS, AskedRuns, ConnectionRecord, rights_of, space_of, user_as_read
from sync_core.storage import Table, prefix_end
from sync_core.telemetry import identified

_log = logging.getLogger(__name__)

LONGEST_WAIT_FOR_LEASE_S = 30.0
_SUCCESSES = frozenset({RunState.DONE, RunState.CONTINUES})


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did."""

    rows: int
    requested: tuple[str, ...]
    problem: str = ""


async def tick(deployment: Deployment) -> Tick:
    """Poll the feed into the inboxes and enqueue the runs that are due.

    Pipeliner's outage stops no run, and a connection whose row cannot be read stops no other one. While an
    administrator has stopped everything the feed is read, and no run asked for.
    """
    now = deployment.clock.now()
    row, records = await deployment.registry.everything()
    is_stopped, records = await under_the_space(deployment, row, records)
    for record in records:
        if not record.is_readable:
            _log.warning("connection %s is passed over: its row cannot be read", record.id)
    rows, problem, stopped = 0, "", frozenset[str]()
    try:
        found = await read_feed(deployment, records, mode=space_of(row).rights)
        rows, stopped = found.rows, frozenset(found.stopped)
    except SyncError as error:
        problem = str(error)
        _log.warning("the feed was not read: %s", error)
    running = await deployment.registry.all() if stopped else records  # whoever was stopped gets no run any more
    due = [] if is_stopped else subscribers_of(running)
    requested = await dispatch(deployment.queue, due, now, Trigger.TIMER)
    deployment.telemetry.ticked(await take_stock(deployment, records) if deployment.telemetry.is_on else None)
    return Tick(rows, tuple(requested), problem)


async def work(deployment: Deployment, request: RunRequest, worker: str) -> RunResult | None:
    """Run one run; None when there was nothing to run. Raises StoreUnavailable for the queue to try again."""
    try:
        record = await deployment.registry.get(request.connection_id)
    except NotFound:
        _log.info("connection %s is gone; its run is dropped", request.connection_id)
        return None
    if request.mode is RunMode.RECONCILE and (record.is_ending or copies_are_due(record, deployment.clock.now())):
        return await _finish_ending(deployment, record, request, worker)
    if not await _may_run(deployment, record, request):
        return None
    named = request if request.run_id else replace(request, run_id=new_run_id(deployment, request.connection_id))
    with identified(record.id, named.run_id):
        try:
            result = await _measured(deployment, record, named, worker)
        except LeaseTaken as taken:
            _log.info("connection %s: a run is running and will be followed by another", record.id)
            await _wait_for_lease(deployment, request, taken.retry_after_s)
            return None
        except LeaseLost:
            _log.warning("connection %s: another run took over", record.id)
            await _wait_for_lease(deployment, request, None)
            return None
        except Stopped as stop:
            _log.info("connection %s: everything is stopped; its run is dropped", record.id)
            await _fail_run(deployment, request, str(stop))
            run = Run(named.run_id, record.id, named.trigger, named.mode, RunState.FAILED, message=str(stop))
            result = RunResult(run, is_stopped=True)
        except Unreadable as broken:  # what a run needs to begin or to end; anything else is told by the run itself
            await _fail_run(deployment, request, str(broken))
            run = Run(named.run_id, record.id, named.trigger, named.mode, RunState.FAILED, message=str(broken))
            result = RunResult(run, broken=broken)
        if request.run_id:  # a run that nobody could ask for by its id answers nobody else
            await asked_runs(deployment, record.id).answer(result.run)
        await _follow_up(deployment, record, result)
        return result


async def known_user(deployment: Deployment, user: PipelinerUser) -> PipelinerUser | RightsUnknown:
    """Return a run's user with what they may do, as it was read last; where nobody read it lately, it is read now."""
    space_id, now = deployment.settings.pipeliner_space_id, deployment.clock.now()
    for is_last in (False, True):
        rows = await deployment.store.read(Table.SPACES, space_id, RIGHTS, prefix_end(RIGHTS))
        found = user_as_read(rows, user, now - FRESH)
        if found is not None:
            return found
        known = rights_of(rows)
        if is_last or (known.tried_at is not None and known.tried_at > now - FRESH):
            break
        await read_rights(deployment)
    return why_unknown(known)


async def _measured(deployment: Deployment, record: ConnectionRecord, request: RunRequest, worker: str) -> RunResult:
    """Sync or reconcile, and count what came of it."""
    with deployment.telemetry.running(request) as running:
        if request.mode is RunMode.RECONCILE:
            reconciled = await reconcile(deployment, record, request, worker, running)
            deployment.telemetry.reconciled(record.id, reconciled.report.found)
            result = reconciled.result
        else:
            ports, budget_s = deployment.run_ports(record, worker), deployment.settings.sync_pass_budget_s
            result = await run_sync(ports, record.connection(), record.folder_id, request, budget_s, running)
        running.finished(result)
    return result


async def _may_run(deployment: Deployment, record: ConnectionRecord, request: RunRequest) -> bool:
    if not record.is_readable:
        _log.warning("connection %s cannot be read; its run is dropped", record.id)
        await _fail_run(deployment, request, record.message)
        return False
    if request.mode is RunMode.RECONCILE and (await deployment.registry.space()).is_stopped:
        await _fail_run(deployment, request, str(Stopped()))  # it would repair rows before it meets the switch
        return False
    if record.is_paused_by_person and request.mode is not RunMode.RECOVER:
        _log.info("connection %s is paused; its run is dropped", record.id)
        await _fail_run(deployment, request, "The connection was paused before the run began.")
        return False
    if record.space_id != deployment.settings.pipeliner_space_id:
        if request.mode is RunMode.RECOVER:
            return False
        await pause(deployment, record, space_changed(deployment, record))
        await _fail_run(deployment, request, "The app uses another Pipeliner space than the connection.")
        return False
    return True


async def _finish_ending(
    deployment: Deployment, record: ConnectionRecord, request: RunRequest, worker: str
) -> RunResult | None:
    """Bring a disconnecting that broke off to its end, or take back copies; the run is of nothing that is kept."""
    run_id = request.run_id or new_run_id(deployment, request.connection_id)
    if not record.is_ending:
        return RunResult(await take_copies_back(deployment, record, run_id, worker))
    try:
        ended = await finish_disconnecting(deployment, request.connection_id, worker)
    except NotFound:
        return None
    state = RunState.DONE if ended.is_finished else RunState.FAILED
    message = ended.cleared.problem or "the connection has ended"
    return RunResult(Run(run_id, request.connection_id, request.trigger, request.mode, state, message=message))


async def _wait_for_lease(deployment: Deployment, request: RunRequest, told_wait_s: float | None) -> None:
    """Put back what the run after the running one would not answer: a full sync, a reconciliation, a run asked by id.

    Any other request is answered by that run, which the lease's holder asks for.
    """
    if request.mode not in {RunMode.DELTA, RunMode.RECOVER} or request.run_id:
        if await _is_answered_by_another(deployment, request):
            return
        wait_s = told_wait_s or LONGEST_WAIT_FOR_LEASE_S
        await deployment.queue.put(request, delay_s=min(wait_s, LONGEST_WAIT_FOR_LEASE_S))


async def _is_answered_by_another(deployment: Deployment, request: RunRequest) -> bool:
    """Whether a run of the same mode that waits as well will answer this request; if none does, this one will."""
    asked, now = asked_runs(deployment, request.connection_id), deployment.clock.now()
    run = Run(request.run_id, request.connection_id, request.trigger, request.mode, RunState.QUEUED, queued_at=now)
    if request.run_id:
        await deployment.reader(request.connection_id).queue_run(run)
    if await asked.join(run):
        _log.info("connection %s: a request is answered by the run that waits", request.connection_id)
        return True
    if request.run_id:
        await asked.lead(run)
    return False


def asked_runs(deployment: Deployment, connection_id: str) -> AskedRuns:
    """Return the runs of a connection that were asked for and have not begun."""
    return AskedRuns(deployment.store, connection_id, deployment.clock)


async def _fail_run(deployment: Deployment, request: RunRequest, message: str) -> None:
    """Write down that a run which somebody may be waiting for will not come."""
    if not request.run_id:
        return
    run = Run(request.run_id, request.connection_id, request.trigger, request.mode, RunState.FAILED, message=message)
    ended = replace(run, ended_at=deployment.clock.now())
    await deployment.reader(request.connection_id).mark_run(ended)
    await asked_runs(deployment, request.connection_id).answer(ended)


def new_run_id(deployment: Deployment, connection_id: str) -> str:
    """Mint the id of a run; it begins with its connection's id, so that a run is found by its id alone."""
    return f"{connection_id}-{deployment.mint_id()}"


async def give_back(deployment: Deployment, connection_id: str, worker: str) -> None:
    """Return the lease of a run that this worker broke off, so that the next one need not wait for its end."""
    record = await deployment.registry.get(connection_id)
    run_id = (await deployment.reader(connection_id).status()).running
    if not run_id:
        return
    state = deployment.run_ports(record, worker).state
    opening = await state.open(run_id)
    ended = Run(
        run_id,
        connection_id,
        Trigger.BROKEN_OFF,
        RunMode.DELTA,
        RunState.CONTINUES,
        ended_at=deployment.clock.now(),
        message="it was broken off; the next run goes on where it stopped",
    )
    await state.close(opening.cursor, ended)


async def _follow_up(deployment: Deployment, record: ConnectionRecord, result: RunResult) -> None:
    run = result.run
    _log.info("connection %s run %s %s: %s writes", record.id, run.id, run.state.value, run.counts.writes)
    if run.mode is RunMode.RECOVER:  # it says nothing of how the connection stands, and whoever waits asks again
        if result.again and run.state in _SUCCESSES:
            again = RunRequest(record.id, Trigger.RECOVER, RunMode.RECOVER)
            await deployment.queue.put(again, delay_s=result.wait_s)
        return
    if result.is_stopped:
        if not (await deployment.registry.space()).is_stopped:  # it was a short stop
            await deployment.queue.put(RunRequest(record.id, Trigger.CONTINUE))
        return
    if result.other_creates:
        await ask_owners(deployment, result.other_creates)
    if result.broken is not None:
        await pause(deployment, record, result.broken)
        return
    if run.state not in _SUCCESSES:
        await count_failure(deployment, record, result)
        return
    if not record.is_active or record.failures:
        await recover(deployment, record)
        await wake_waiting(deployment, record)
    if result.again:
        again = RunRequest(record.id, Trigger.CONTINUE)
        is_known = result.needs_space and await knows_space(deployment)
        await deployment.queue.put(again, delay_s=0 if is_known else result.wait_s)


async def poisoned(deployment: Deployment, request: RunRequest) -> None:
    """Turn a message that failed too often into an attention item on its connection. Raises NotFound.

    The item goes with the next run that succeeds: until then the connection counts as failing.
    """
    with suppress(Unreadable):  # it is paused anyway
        await deployment.registry.change(request.connection_id, ConnectionRecord.given_up)
    await tell(
        deployment,
        request.connection_id,
        Reason.POISON,
        "A run of this connection failed several times and was given up.",
        "Look at the log for the run's error, then start a sync by hand; the timer goes on trying too.",
    )
    await _fail_run(deployment, request, "The run failed several times and was given up; the log names the error.")


# Messages of the queue


async def work_message(deployment: Deployment, body: bytes, message_id: str) -> None:
    """Run the run that a message asks for; whatever is raised makes the queue deliver the message again.

    The message's id is the name of the worker. So when a message comes again because its run failed half-way,
    it takes its own lease over at once: it fails as often as it is tried, and ends visibly in the poison queue.
    A malformed message (InvalidRequest) ends there too.
    """
    try:
        request = read_message(body)
    except InvalidRequest:
        _log.warning("queue message %s is malformed and will be given up", message_id)
        raise
    await without_values(work(deployment, request, message_id), f"a run of connection {request.connection_id}")


async def poison_message(deployment: Deployment, body: bytes, message_id: str) -> None:
    """Show people that a message was given up; one that belongs to no connection is only logged."""
    deployment.telemetry.poisoned()
    try:
        request = read_message(body)
        await without_values(poisoned(deployment, request), f"giving up a run of connection {request.connection_id}")
    except (InvalidRequest, NotFound) as error:
        _log.warning("queue message %s was given up and concerns no connection (%s)", message_id, type(error).__name__)
        return
    _log.error("connection %s: a run failed too often and was given up", request.connection_id)
