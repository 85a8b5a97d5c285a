"""One pass: lease, recover, read both sides, carry, remove, and give the lease back with the new cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sync_core.domain.connection import Connection
from sync_core.domain.records import Run, RunState
from sync_core.engine.context import PassContext, PassInterrupted
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.missing_stage import look_for_missing
from sync_core.engine.outlook_stage import read_outlook
from sync_core.engine.pipeliner_stage import list_pipeliner
from sync_core.engine.ports import Clock, OutlookFolderPort, PipelinerContactsPort
from sync_core.engine.recovery import recover
from sync_core.engine.removals import carry_removals
from sync_core.engine.state_port import ConnectionState, Cursor, Intent, Stage
from sync_core.engine.watching import UNWATCHED, PassWatch, Phase
from sync_core.engine.work_stage import do_outlook_work, do_pipeliner_work
from sync_core.errors import ConnectionBroken, LeaseLost, RequestRejected, RetryLater, StoreUnavailable

OUTAGE_WAIT_S = 30.0
"""How long a follow-up pass waits after an outage whose end nobody named."""


@dataclass(frozen=True, slots=True)
class PassPorts:
    """Everything that a pass talks to."""

    folder: OutlookFolderPort
    contacts: PipelinerContactsPort
    state: ConnectionState
    clock: Clock
    watch: PassWatch = UNWATCHED


@dataclass(frozen=True, slots=True)
class PassResult:
    """How a pass ended. With `again` another one is due after `wait_s`; `broken` says why the connection must pause."""

    run: Run
    again: bool = False
    wait_s: float = 0.0
    broken: ConnectionBroken | None = None


async def run_pass(
    ports: PassPorts, connection: Connection, folder_id: str, request: PassRequest, budget_s: float
) -> PassResult:
    """Run one pass within `budget_s` seconds. Raises LeaseTaken, LeaseLost, and errors of the state store."""
    try:
        return await _run(ports, connection, folder_id, request, budget_s)
    finally:
        ports.watch.ended()


async def _run(
    ports: PassPorts, connection: Connection, folder_id: str, request: PassRequest, budget_s: float
) -> PassResult:
    started = ports.clock.now()
    ports.watch.phase(Phase.OPEN)
    run = Run(request.run_id, connection.id, request.trigger, request.mode, RunState.RUNNING, started_at=started)
    opening = await ports.state.open(run.id)
    context = PassContext(
        run_id=run.id,
        connection=connection,
        folder_id=folder_id,
        folder=ports.folder,
        contacts=ports.contacts,
        state=ports.state,
        clock=ports.clock,
        deadline=started + timedelta(seconds=budget_s),
        cursor=_first_cursor(opening.cursor, request),
        links=opening.cursor.links,
        removals_approved=opening.removals_approved,
        has_work=opening.has_work,
        watch=ports.watch,
    )
    run = replace(run, counts=context.counts)
    result = await _guarded(context, opening_intents=opening.intents, run=run)
    ports.watch.phase(Phase.CLOSE)
    ended = replace(result.run, ended_at=ports.clock.now())
    woken = await ports.state.close(context.cursor, ended)
    return replace(result, run=ended, again=result.again or woken)


def _first_cursor(cursor: Cursor, request: PassRequest) -> Cursor:
    """Start a full round when one is asked for; a full round that is under way goes on."""
    if request.mode != "full" or cursor.is_full:
        return cursor
    return Cursor(is_full=True, look_for_missing=cursor.links > 0, links=cursor.links)


async def _guarded(context: PassContext, opening_intents: Sequence[Intent], run: Run) -> PassResult:
    try:
        if opening_intents:
            context.watch.phase(Phase.RECOVER)
            await recover(context, opening_intents)
        await _stages(context)
    except PassInterrupted as stop:
        return PassResult(
            replace(run, state=RunState.CONTINUES, message=str(stop)), again=True, wait_s=stop.retry_after_s
        )
    except (LeaseLost, StoreUnavailable):
        raise
    except RetryLater as error:
        failed = replace(run, state=RunState.FAILED, message=str(error))
        return PassResult(failed, again=True, wait_s=error.retry_after_s or OUTAGE_WAIT_S)
    except ConnectionBroken as error:
        return PassResult(replace(run, state=RunState.FAILED, message=str(error)), broken=error)
    except RequestRejected as error:
        failed = replace(run, state=RunState.FAILED, message=str(error))
        return PassResult(failed, broken=ConnectionBroken(str(error)))
    if context.unresolved or context.pause_s:
        wait_s = max(context.pause_s, context.recovery_wait_s)
        return PassResult(
            replace(run, state=RunState.CONTINUES, message="some writes are still open"), again=True, wait_s=wait_s
        )
    return PassResult(replace(run, state=RunState.DONE))


async def _stages(context: PassContext) -> None:
    watch = context.watch
    watch.phase(Phase.READ_OUTLOOK)
    await read_outlook(context)
    if context.cursor.stage is Stage.PIPELINER and context.cursor.is_full:
        watch.phase(Phase.LIST_PIPELINER)
        await list_pipeliner(context)
    if context.cursor.stage is Stage.MISSING:
        watch.phase(Phase.LOOK_FOR_MISSING)
        await look_for_missing(context)
    if context.has_work:
        watch.phase(Phase.PIPELINER_WORK)
        await do_pipeliner_work(context)
        watch.phase(Phase.OUTLOOK_WORK)
        await do_outlook_work(context)
        watch.phase(Phase.REMOVALS)
        await carry_removals(context)
    context.cursor = replace(
        context.cursor, is_full=False, stage=Stage.OUTLOOK, listing_after=None, look_for_missing=False
    )
