"""The nightly reconciliation: of one connection (repair its rows, look its user up, compare everything), and of all.

The full sync finds what the feeds have missed: deletes, links to vanished contacts, contacts that never got a
link. What changed since the last run shows there too: it cannot be told from what was missed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta

from sync_core.domain import Action, PipelinerId, Run, RunMode, RunState, Trigger
from sync_core.engine.ports import RunRequest, RunWatch
from sync_core.engine.run import UNWATCHED, RunResult, run_sync
from sync_core.errors import (
    AccessDenied,
    ConnectionBroken,
    RequestRejected,
    RetryLater,
    SyncError,
    UserGone,
    UserStopped,
)
from sync_core.operations.auditing import audited
from sync_core.operations.connection_status import check_runs_on_request
from sync_core.operations.contradictions import ask_about_contradictions
from sync_core.operations.ending import copies_are_due
from sync_core.operations.feeding import read_feed, read_rights
from sync_core.operations.governing import check_not_stopped
from sync_core.operations.lasting import end_old_rulings, renew_rulings
from sync_core.operations.ports import Deployment
from sync_core.operations.reserving import clear_old_reservations
from sync_core.state import (
    Act,
    ConnectionRecord,
    Repairs,
    RowRepair,
    StoredAskers,
    StoredDuplicates,
    Tenant,
    clear_departed,
    forget,
    next_remembered,
    run_actions,
    trim,
)

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=300)
TRIMMING = timedelta(seconds=120)
"""So long the trimming of a night goes on: a day's rows go in a part of it, and those of worse days by and by."""
_TRIM_ROWS = 5_000
_NOT_AMISS = frozenset({"trimmed_rows", "held", "reindexed_contacts"})
_SHORTEST_FULL_SYNC_S = 10.0
_TRIES_FOR_FEED = 20
_WAIT_FOR_FEED_S = 3.0


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """What one reconciliation found, as counts; all of it is fixed or under way."""

    repairs: Repairs = field(default_factory=Repairs)
    removed_contacts: int = 0
    """Contacts whose counterpart had been deleted, or had left the scope."""
    vanished_contacts: int = 0
    """Links that ended or are dormant now, because a contact was not there any more."""
    new_links: int = 0
    """Contacts that had no link and have one now."""
    updated_contacts: int = 0
    """Contacts that got an edit of their counterpart."""
    held: int = 0
    """Removals and changes that wait for an approval."""
    user_changes: int = 0
    """1 when the Pipeliner user's name, address or units had changed."""
    reindexed_contacts: int = 0
    """Contacts of the folder that the index of who is who had missed or had otherwise, not yet read ones among them."""
    trimmed_rows: int = 0
    """Rows of history and runs that were older than anybody needs."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was amiss; old rows are not, nor is what no run had read yet."""
        return self == ReconcileReport(trimmed_rows=self.trimmed_rows, reindexed_contacts=self.reindexed_contacts)

    @property
    def message(self) -> str:
        """The counts in words, for the run."""
        found = [f"{name.replace('_', ' ')}: {count}" for name, count in self._counts.items() if count]
        return ", ".join(found) or "nothing was amiss"

    @property
    def found(self) -> Mapping[str, int]:
        """How much of each kind was amiss; rows that were merely old, and what waits for an approval, were not."""
        return {name: count for name, count in self._counts.items() if name not in _NOT_AMISS}

    @property
    def _counts(self) -> Mapping[str, int]:
        return asdict(self.repairs) | {name: count for name, count in asdict(self).items() if name != "repairs"}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A reconciliation's report, and how its full sync ended; the run's message lists the report."""

    report: ReconcileReport
    result: RunResult


async def reconcile(
    deployment: Deployment, record: ConnectionRecord, request: RunRequest, worker: str, watch: RunWatch = UNWATCHED
) -> Reconciled:
    """Reconcile a connection and write down the run, whose id `request` gives.

    Raises LeaseTaken, LeaseLost and StoreUnavailable. When the user is gone, the result says that the
    connection must pause.
    """
    started = deployment.clock.now()
    tenant = Tenant(record.id, worker, deployment.clock, LEASE)
    repair = RowRepair(deployment.store, tenant, request.run_id)
    report = ReconcileReport(repairs=await repair.run())
    try:
        fresh = await _with_fresh_user(deployment, record)
    except ConnectionBroken as broken:
        message = f"{broken}; {report.message}"
        run = Run(
            request.run_id,
            record.id,
            Trigger.RECONCILE,
            RunMode.FULL,
            RunState.FAILED,
            started_at=started,
            message=message,
        )
        ended = replace(run, ended_at=deployment.clock.now())
        await repair.release(ended)
        return Reconciled(report, RunResult(ended, broken=broken))
    spent_s = (deployment.clock.now() - started).total_seconds()
    ports = deployment.run_ports(fresh, worker)
    result = await run_sync(
        ports,  # the same worker, so that it takes over the repair's lease
        fresh.connection(),
        fresh.folder_id,
        replace(request, trigger=Trigger.RECONCILE, mode=RunMode.FULL),
        max(deployment.settings.sync_pass_budget_s - spent_s, _SHORTEST_FULL_SYNC_S),
        watch,
    )
    actions = await run_actions(deployment.store, record.id, result.run.id, started)
    report = replace(
        report,
        removed_contacts=actions[Action.DELETED] + actions[Action.REMOVED],
        vanished_contacts=actions[Action.ENDED] + actions[Action.DORMANT],
        new_links=actions[Action.CREATED] + actions[Action.LINKED],
        updated_contacts=actions[Action.UPDATED],
        held=result.run.counts.awaiting_approval,
        user_changes=int(fresh != record),
        reindexed_contacts=0 if ports.folder_index.is_being_read else ports.folder_index.differed,
        trimmed_rows=await _trim(deployment, record.id),
    )
    await ask_about_contradictions(deployment, fresh)
    await renew_rulings(deployment, fresh)
    message = f"{result.run.message}; {report.message}" if result.run.message else report.message
    run = replace(result.run, message=message)
    await deployment.reader(record.id).mark_run(run)
    _log.info("connection %s reconciled: %s", record.id, report.message)
    return Reconciled(report, replace(result, run=run))


async def _with_fresh_user(deployment: Deployment, record: ConnectionRecord) -> ConnectionRecord:
    """Look the user up and keep what changed. Raises ConnectionBroken; the full sync meets any other trouble.

    Of a user who cannot be seen it is not known what they may do, which is no reason to stop: the full sync says so.
    """
    try:
        user = await deployment.pipeliner.user(record.user_id)
    except UserStopped:
        raise
    except (RetryLater, RequestRejected, AccessDenied, UserGone) as error:
        _log.warning("connection %s: its user was not looked up (%s)", record.id, type(error).__name__)
        return record
    if record == record.with_user(user):
        return record
    await read_rights(deployment)  # their units count at once
    return await deployment.registry.change(record.id, lambda stored: stored.with_user(user))


async def _trim(deployment: Deployment, connection_id: str) -> int:
    trimmed, settings, now = 0, deployment.settings, deployment.clock.now()
    until = now + TRIMMING
    while now < until:
        rows = await trim(
            deployment.store, connection_id, now, settings.sync_history_days, settings.sync_run_days, _TRIM_ROWS
        )
        trimmed += rows
        if rows < _TRIM_ROWS:
            break
        now = deployment.clock.now()
    return trimmed


# All connections, and what belongs to none


@dataclass(frozen=True, slots=True)
class Nightly:
    """Which reconciliations were asked for, and what was cleared away that belongs to no connection.

    `orphaned_rows` lay with connections that are gone, `forgotten_rows` in the memory of the space;
    `reindexed_contacts` of the space the index of who is who had missed, or had otherwise.
    """

    requested: tuple[str, ...]
    orphaned_rows: int = 0
    forgotten_rows: int = 0
    reindexed_contacts: int = 0
    problem: str = ""


async def reconcile_all(deployment: Deployment, connection_ids: Sequence[str] = ()) -> Nightly:
    """Queue a reconciliation of each connection, or of those that are named, and clear away what belongs to none.

    Paused connections are left alone, but one whose disconnecting broke off is brought to its end, and the copies of a
    user who was deactivated are taken back when it is their time. Of those that are
    named raises NotFound for an unknown one, Paused for one that a person paused, and Unreadable.
    """
    async with audited(deployment, Act.RECONCILE, connection_ids[0] if len(connection_ids) == 1 else ""):
        return await _reconcile_all(deployment, connection_ids)


async def _reconcile_all(deployment: Deployment, connection_ids: Sequence[str]) -> Nightly:
    if connection_ids:
        await check_not_stopped(deployment)
        records = [await deployment.registry.get(connection_id) for connection_id in connection_ids]
        for record in records:
            if not record.is_ending:
                check_runs_on_request(record)
    else:
        now = deployment.clock.now()
        records = [
            record
            for record in await deployment.registry.all()
            if record.is_ending
            or copies_are_due(record, now)
            or (record.is_active and (record.not_before is None or record.not_before <= now))
        ]
    is_stopped = (await deployment.registry.space()).is_stopped
    for record in records if not is_stopped else ():
        await deployment.queue.put(RunRequest(record.id, Trigger.RECONCILE, RunMode.RECONCILE))
    orphaned = forgotten = reindexed = 0
    problem = ""
    try:
        orphaned = await clear_departed(
            deployment.store, deployment.settings.pipeliner_space_id, deployment.clock.now()
        )
        reindexed = 0 if connection_ids else await _read_space_anew(deployment)
        # after the feed was read, which remembers what it finds
        forgotten = await _trim_feed(deployment) + await end_old_rulings(deployment)
        forgotten += await clear_old_reservations(deployment)
        ids = [one.id for one in await deployment.registry.all()]
        space_id, now = deployment.settings.pipeliner_space_id, deployment.clock.now()
        await StoredAskers(deployment.store, space_id).mend(ids, now)
        kept = timedelta(days=deployment.settings.sync_history_days)
        forgotten += await StoredDuplicates(deployment.store, space_id).end_old(ids, now - kept)
        now, days = deployment.clock.now(), deployment.settings.sync_audit_days
        forgotten += await deployment.audit.trim(now, days, _TRIM_ROWS)
    except SyncError as error:
        problem = str(error)
        _log.warning("what belongs to no connection was not reconciled: %s", error)
    return Nightly(tuple(record.id for record in records), orphaned, forgotten, reindexed, problem)


async def _trim_feed(deployment: Deployment) -> int:
    """Let the feed forget some records of minutes' worth, and contacts that are deleted for long or not shown."""
    space_id = deployment.settings.pipeliner_space_id
    known = [item for item in await deployment.registry.all() if item.is_readable]
    record = next((item for item in known if item.space_id == space_id), None)
    if record is None:
        return 0
    seen = await next_remembered(deployment.store, space_id)
    gone: set[PipelinerId] = set()
    if seen.contacts:
        shown = await deployment.run_ports(record, "reconcile").contacts.read(list(seen.contacts))
        remembered = timedelta(days=deployment.settings.sync_tombstone_days)
        oldest = await deployment.pipeliner.server_time() - remembered
        kept = {key for key, contact in shown.items() if not contact.is_deleted or contact.modified > oldest}
        gone = set(seen.contacts) - kept
    return await forget(deployment.store, space_id, seen, gone)


async def _read_space_anew(deployment: Deployment) -> int:
    """List the whole space against its index; what differs is fixed. Returns by how many contacts it differed.

    What is known stays in force meanwhile. A space that is too large for one night's time is gone on with by the ticks.
    """
    for _ in range(_TRIES_FOR_FEED):
        turn = deployment.feed_turn()
        if await turn.begin():
            break
        await deployment.clock.sleep(_WAIT_FOR_FEED_S)  # the tick comes at the same minute
    else:
        return 0
    try:
        if turn.index.is_known and not turn.index.is_being_read:
            await turn.index.begin()
    finally:
        await turn.give_up()
    found = await read_feed(deployment, await deployment.registry.all(), until_space_is_known=True, whole_rights=True)
    _log.info("the space was listed against its index: %s contacts differed", found.differed)
    return found.differed
