"""One run: lease, recover, read both sides, apply, remove, and give the lease back with the new cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from typing_extensions import override

from sync_core.domain import RIGHTS_SUBJECT, Connection, Run, RunMode, RunState, Side, Trigger, create_subject
from sync_core.engine.context import RunContext
from sync_core.engine.looks import do_outlook_work, do_pipeliner_work
from sync_core.engine.notices import rights_unknown_notice
from sync_core.engine.parting import put_back_crossed
from sync_core.engine.ports import (
    NO_RULINGS,
    ChangeSet,
    Clock,
    ConnectionState,
    Cursor,
    IdentityIndex,
    Intent,
    Keyed,
    NoteDuplicates,
    OpenReservations,
    OtherCreate,
    OutlookFolderPort,
    PipelinerContactsPort,
    ReadFeed,
    ReadRights,
    RightsUnknown,
    Rulings,
    RunRequest,
    RunWatch,
    SideIndex,
    Step,
    as_given,
    unnoted,
    unread,
    unreserved,
)
from sync_core.engine.putting_back import put_back_values
from sync_core.engine.reading import list_pipeliner, look_for_missing, read_outlook
from sync_core.engine.recovery import recover
from sync_core.engine.removals import apply_removals
from sync_core.engine.reserving import end_left_over, wait_for_others_s
from sync_core.errors import (
    ConnectionBroken,
    LeaseLost,
    RequestRejected,
    RetryLater,
    RunInterrupted,
    Stopped,
    StoreUnavailable,
)

OUTAGE_WAIT_S = 30.0
"""How long a follow-up run waits after an outage whose end nobody named."""
INDEX_WAIT_S = 15.0
"""How long a follow-up run waits for another part of a large space to be read."""


@dataclass(frozen=True, slots=True)
class RunPorts:
    """Everything that a run talks to."""

    folder: OutlookFolderPort
    contacts: PipelinerContactsPort
    state: ConnectionState
    clock: Clock
    keyed: Keyed
    index: IdentityIndex
    folder_index: SideIndex
    rulings: Rulings = NO_RULINGS
    read_feed: ReadFeed = unread
    reservations: OpenReservations = unreserved
    note_duplicates: NoteDuplicates = unnoted
    read_rights: ReadRights = as_given


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. With `again` another one is due after `wait_s`; `broken` says why the connection must pause.

    With `needs_space` it left contacts waiting until the index knows the whole space.
    """

    run: Run
    again: bool = False
    wait_s: float = 0.0
    broken: ConnectionBroken | None = None
    needs_space: bool = False
    other_creates: tuple[OtherCreate, ...] = ()
    """Creates of other connections for which contacts wait."""
    is_stopped: bool = False
    """Whether an administrator stopped everything."""


class Unwatched(RunWatch):
    """Nobody watches."""

    @override
    def step(self, step: Step | None) -> None: ...

    @override
    def arrived(self, side: Side, since: datetime) -> None: ...


UNWATCHED = Unwatched()


async def run_sync(
    ports: RunPorts,
    connection: Connection,
    folder_id: str,
    request: RunRequest,
    budget_s: float,
    watch: RunWatch = UNWATCHED,
) -> RunResult:
    """Run one run within `budget_s` seconds. Raises LeaseTaken, LeaseLost, Stopped, and errors of the state store."""
    try:
        started = ports.clock.now()
        watch.step(Step.OPEN)
        run = Run(request.run_id, connection.id, request.trigger, request.mode, RunState.RUNNING, started_at=started)
        opening = await ports.state.open(run.id)
        cursor, links = opening.cursor, opening.cursor.links
        is_asked_for = request.mode is RunMode.FULL and not cursor.is_full  # one that is under way goes on
        # A folder of which nothing or not enough is known must be read from the start, unless it just is.
        is_begun = cursor.is_full and cursor.step is Step.READ_OUTLOOK and ports.folder_index.is_being_read
        is_unknown = cursor.delta_link is not None and not is_begun and not ports.folder_index.is_known
        only_recovers = request.mode is RunMode.RECOVER
        if not only_recovers and (is_asked_for or is_unknown):
            cursor = Cursor(is_full=True, look_for_missing=links > 0, links=links)
        context = RunContext(
            run_id=run.id,
            connection=connection,
            folder_id=folder_id,
            folder=ports.folder,
            contacts=ports.contacts,
            state=ports.state,
            clock=ports.clock,
            started=started,
            index=ports.index,
            folder_index=ports.folder_index,
            deadline=started + timedelta(seconds=budget_s),
            cursor=cursor,
            links=links,
            removals_approved=opening.removals_approved,
            creates_today=opening.creates_today,
            has_work=opening.has_work,
            watch=watch,
            read_feed=ports.read_feed,
            rulings=ports.rulings,
            open_reservations=ports.reservations,
            note_duplicates=ports.note_duplicates,
            read_rights=ports.read_rights,
            starts_small=request.trigger is Trigger.CONTINUE,
            is_answering=request.trigger is Trigger.ANSWER or cursor.is_full,
        )
        run = replace(run, counts=context.counts)
        try:
            result = await _steps(context, opening.intents, run)
        except Stopped as stop:  # it goes on from here once somebody resumes
            result = RunResult(replace(run, state=RunState.CONTINUES, message=str(stop)), is_stopped=True)
        watch.step(Step.CLOSE)
        ended = replace(result.run, ended_at=ports.clock.now())
        woken = await ports.state.close(context.cursor, ended, keeps_approval=context.keeps_approval)
        others = tuple(sorted(context.other_creates, key=lambda one: one.link_id))
        return replace(result, run=ended, again=result.again or woken, other_creates=others)
    finally:
        watch.step(None)


async def _steps(context: RunContext, intents: Sequence[Intent], run: Run) -> RunResult:
    """Go through the steps, as far as time and the services let; what stopped them is told in what comes back."""
    watch = context.watch
    try:
        if intents:
            watch.step(Step.RECOVER)
            await recover(context, intents)
        if run.mode is RunMode.RECOVER:
            return await _recovered(context, run)
        watch.step(Step.READ_OUTLOOK)
        await read_outlook(context)
        if unknown := await take_rights(context):
            return RunResult(replace(run, state=RunState.CONTINUES, message=unknown.why))
        if context.cursor.is_full:
            await compare_all(context)
        if context.is_answering:
            await put_back_values(context)
        if context.has_work:
            watch.step(Step.PIPELINER_WORK)
            await do_pipeliner_work(context)
            watch.step(Step.OUTLOOK_WORK)
            await do_outlook_work(context)
            if context.is_answering:
                await put_back_crossed(context)
            watch.step(Step.REMOVALS)
            await apply_removals(context)
    except RunInterrupted as stop:
        return RunResult(
            replace(run, state=RunState.CONTINUES, message=str(stop)), again=True, wait_s=stop.retry_after_s
        )
    except (LeaseLost, StoreUnavailable):
        raise
    except RetryLater as error:
        failed = replace(run, state=RunState.FAILED, message=str(error))
        return RunResult(failed, again=True, wait_s=error.retry_after_s or OUTAGE_WAIT_S)
    except (ConnectionBroken, RequestRejected) as error:
        broken = error if isinstance(error, ConnectionBroken) else ConnectionBroken(str(error))
        return RunResult(replace(run, state=RunState.FAILED, message=str(error)), broken=broken)
    context.cursor = replace(
        context.cursor, is_full=False, step=Step.READ_OUTLOOK, listing_after=None, look_for_missing=False
    )
    return _ended(context, run)


async def take_rights(context: RunContext) -> RightsUnknown | None:
    """Let a run that decides anything know what its user may do; else say so, and leave all that waits as it is."""
    if not (context.cursor.is_full or context.has_work or context.is_answering):
        return None
    known = await context.read_rights(context.connection.user)
    if isinstance(known, RightsUnknown):
        await context.commit((ChangeSet(attention=(rights_unknown_notice(known),)),))
        return known
    context.connection = replace(context.connection, user=known)
    if context.cursor.is_full:  # a run that has work says so with what else is over
        await context.commit((ChangeSet(resolved=(RIGHTS_SUBJECT,)),))
    return None


async def compare_all(context: RunContext) -> None:
    """Go through what only a full sync reads."""
    if context.cursor.step is Step.LIST_PIPELINER:
        context.watch.step(Step.LIST_PIPELINER)
        await list_pipeliner(context)
    if context.cursor.step is Step.LOOK_FOR_MISSING:
        context.watch.step(Step.LOOK_FOR_MISSING)
        await look_for_missing(context)


async def _recovered(context: RunContext, run: Run) -> RunResult:
    """End a run that only recovers: what it reserved for creates that no journal knows is of nothing."""
    ended = [ChangeSet(resolved=(create_subject(key),)) for key in await end_left_over(context)]
    await context.commit(ended)
    if context.open_creates:
        open_still = replace(run, state=RunState.CONTINUES, message="some writes are still open")
        return RunResult(open_still, again=True, wait_s=context.recovery_wait_s)
    return RunResult(replace(run, state=RunState.DONE))


def _ended(context: RunContext, run: Run) -> RunResult:
    """Return how a run ended that went through all its steps, and whether another one has to follow."""
    if context.open_creates or context.pause_s:
        wait_s = max(context.pause_s, context.recovery_wait_s, 1.0)
        return RunResult(
            replace(run, state=RunState.CONTINUES, message="some writes are still open"), again=True, wait_s=wait_s
        )
    if context.waits_for_index:
        waits = replace(run, state=RunState.CONTINUES, message="who is in Pipeliner is not known as a whole yet")
        return RunResult(waits, again=True, wait_s=INDEX_WAIT_S, needs_space=True)
    others_wait_s = wait_for_others_s(context) if context.other_creates else None
    if context.retry_s:
        tried = replace(run, state=RunState.CONTINUES, message="what failed of single contacts is tried again")
        return RunResult(tried, again=True, wait_s=context.retry_s)
    if others_wait_s is not None:
        waits = replace(run, state=RunState.CONTINUES, message="a colleague's sync is creating the same person")
        return RunResult(waits, again=True, wait_s=others_wait_s)
    return RunResult(replace(run, state=RunState.DONE))
