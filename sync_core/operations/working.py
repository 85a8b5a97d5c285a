"""What runs by itself: the tick, the passes from the queue, and what becomes of a poisoned message."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync_core.domain.records import CONNECTION_SUBJECT, AttentionItem, Reason, Run, RunState
from sync_core.engine.dispatch import dispatch
from sync_core.engine.feed import poll
from sync_core.engine.feed_port import PassRequest, Subscriber
from sync_core.engine.passes import PassResult, run_pass
from sync_core.errors import LeaseLost, LeaseTaken, NotFound, SyncError
from sync_core.operations.connecting import DISCONNECTING, finish_disconnecting
from sync_core.operations.ports import Operator
from sync_core.operations.standing import count_failure, is_paused_by_person, pause, recover, space_changed
from sync_core.operations.sweeping import SWEEP, sweep
from sync_core.state.registry import ConnectionRecord, Standing
from sync_core.telemetry.logs import identified
from sync_core.telemetry.stock import take_stock

_log = logging.getLogger(__name__)

LONGEST_WAIT_FOR_LEASE_S = 30.0
_SUCCESSES = frozenset({RunState.DONE, RunState.CONTINUES})


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did."""

    rows: int
    requested: tuple[str, ...]
    problem: str = ""


async def tick(operator: Operator) -> Tick:
    """Poll the feed into the inboxes and enqueue the passes that are due; Pipeliner's outage stops no pass."""
    now = operator.clock.now()
    records = await operator.registry.all()
    rows, problem = 0, ""
    try:
        rows = await read_feed(operator, records)
    except SyncError as error:
        problem = str(error)
        _log.warning("the feed was not read: %s", error)
    requested = await dispatch(operator.queue, [_subscriber(record) for record in records], now, "timer")
    operator.telemetry.ticked(await take_stock(operator, records) if operator.telemetry.is_on else None)
    return Tick(rows, tuple(requested), problem)


async def read_feed(operator: Operator, records: Sequence[ConnectionRecord]) -> int:
    """Poll the feed into the inboxes of all connections; gives the number of new rows. Raises SyncError."""
    subscribers = [_subscriber(record) for record in records]
    return (await poll(operator.pipeliner, operator.feed_state, subscribers)).rows if subscribers else 0


def _subscriber(record: ConnectionRecord) -> Subscriber:
    """A connection that a fault paused takes part again when its probe is due."""
    is_probed = record.status is Standing.PAUSED and record.not_before is not None
    return Subscriber(record.connection(), record.status is Standing.ACTIVE or is_probed, record.not_before)


async def work(operator: Operator, request: PassRequest, worker: str) -> PassResult | None:
    """Run one pass; None when there was nothing to run. Raises StoreUnavailable for the queue to try again."""
    try:
        record = await operator.registry.get(request.connection_id)
    except NotFound:
        _log.info("connection %s is gone; its pass is dropped", request.connection_id)
        return None
    if record.reason == DISCONNECTING and request.mode == SWEEP:
        return await _finish_ending(operator, request, worker)
    if not await _may_run(operator, record, request):
        return None
    named = request if request.run_id else _with_run_id(operator, request)
    with identified(record.id, named.run_id):
        try:
            result = await _measured(operator, record, named, worker)
        except LeaseTaken as taken:
            _log.info("connection %s: a pass is running and will be followed by another", record.id)
            await _wait_for_lease(operator, request, taken.retry_after_s)
            return None
        except LeaseLost:
            _log.warning("connection %s: another pass took over", record.id)
            await _wait_for_lease(operator, request, None)
            return None
        await _follow_up(operator, record, result)
        return result


async def _measured(operator: Operator, record: ConnectionRecord, request: PassRequest, worker: str) -> PassResult:
    with operator.telemetry.running(request) as running:
        result = await _pass_or_sweep(operator, record, request, worker)
        running.finished(result)
    return result


async def _may_run(operator: Operator, record: ConnectionRecord, request: PassRequest) -> bool:
    if is_paused_by_person(record):
        _log.info("connection %s is paused; its pass is dropped", record.id)
        await _fail_run(operator, request, "The connection was paused before the pass began.")
        return False
    if record.space_id != operator.settings.pipeliner_space_id:
        await pause(operator, record, space_changed(operator, record))
        await _fail_run(operator, request, "The app uses another Pipeliner space than the connection.")
        return False
    return True


async def _pass_or_sweep(operator: Operator, record: ConnectionRecord, request: PassRequest, worker: str) -> PassResult:
    if request.mode == SWEEP:
        swept = await sweep(operator, record, request, worker)
        operator.telemetry.swept(record.id, swept.report.found)
        return swept.result
    ports, budget_s = operator.pass_ports(record, worker), operator.settings.sync_pass_budget_s
    return await run_pass(ports, record.connection(), record.folder_id, request, budget_s)


async def _finish_ending(operator: Operator, request: PassRequest, worker: str) -> PassResult | None:
    """Bring a disconnecting that broke off to its end; the run is of nothing that is kept."""
    run_id = request.run_id or new_run_id(operator, request.connection_id)
    try:
        ended = await finish_disconnecting(operator, request.connection_id, worker)
    except NotFound:
        return None
    state = RunState.DONE if ended.is_finished else RunState.FAILED
    message = ended.cleared.problem or "the connection has ended"
    return PassResult(Run(run_id, request.connection_id, request.trigger, request.mode, state, message=message))


async def _wait_for_lease(operator: Operator, request: PassRequest, told_wait_s: float | None) -> None:
    """Put back what the pass after the running one would not answer: a full round, a sweep, a run asked for by id.

    Any other request is answered by that pass, which the lease's holder asks for.
    """
    if request.mode != "delta" or request.run_id:
        wait_s = told_wait_s or LONGEST_WAIT_FOR_LEASE_S
        await operator.queue.put(request, delay_s=min(wait_s, LONGEST_WAIT_FOR_LEASE_S))


async def _fail_run(operator: Operator, request: PassRequest, message: str) -> None:
    """Write down that a run which somebody may be waiting for will not come."""
    if not request.run_id:
        return
    run = Run(request.run_id, request.connection_id, request.trigger, request.mode, RunState.FAILED, message=message)
    await operator.reader(request.connection_id).mark_run(replace(run, ended_at=operator.clock.now()))


def _with_run_id(operator: Operator, request: PassRequest) -> PassRequest:
    run_id = new_run_id(operator, request.connection_id)
    return PassRequest(request.connection_id, request.trigger, request.mode, run_id)


def new_run_id(operator: Operator, connection_id: str) -> str:
    """Mint the id of a run; it begins with its connection's id, so that a run is found by its id alone."""
    return f"{connection_id}-{operator.mint_id()}"


async def give_back(operator: Operator, connection_id: str, worker: str) -> None:
    """Give back the lease of a pass that this worker broke off, so that the next one need not wait for its end."""
    record = await operator.registry.get(connection_id)
    run_id = (await operator.reader(connection_id).status()).running
    if not run_id:
        return
    state = operator.pass_ports(record, worker).state
    opening = await state.open(run_id)
    ended = Run(
        run_id,
        connection_id,
        "broken_off",
        "delta",
        RunState.CONTINUES,
        ended_at=operator.clock.now(),
        message="it was broken off; the next pass goes on where it stopped",
    )
    await state.close(opening.cursor, ended)


async def _follow_up(operator: Operator, record: ConnectionRecord, result: PassResult) -> None:
    run = result.run
    _log.info("connection %s run %s %s: %s writes", record.id, run.id, run.state.value, run.counts.writes)
    if result.broken is not None:
        await pause(operator, record, result.broken)
        return
    if run.state not in _SUCCESSES:
        await count_failure(operator, record, result)
        return
    if record.status is Standing.PAUSED or record.failures:
        await recover(operator, record)
    if result.again:
        again = PassRequest(record.id, "continue", "delta")
        await operator.queue.put(again, delay_s=result.wait_s)


async def poisoned(operator: Operator, request: PassRequest) -> None:
    """Turn a message that failed too often into an attention item on its connection. Raises NotFound.

    The item goes with the next pass that succeeds: until then the connection counts as failing.
    """
    await operator.registry.change(
        request.connection_id, lambda stored: stored.model_copy(update={"failures": max(stored.failures, 1)})
    )
    reader = operator.reader(request.connection_id)
    await reader.report(
        AttentionItem(
            CONNECTION_SUBJECT,
            Reason.POISON,
            "A pass of this connection failed several times and was given up.",
            "Look at the log for the run's error, then start a sync by hand; the timer goes on trying too.",
        )
    )
    await _fail_run(operator, request, "The pass failed several times and was given up; the log names the error.")
