"""The nightly sweep of one connection: rows are repaired, the user is looked up, and a full round compares everything.

The full round finds what the feeds have missed: deletes, links to vanished contacts, contacts that never got a
link. What changed since the last pass shows there too: it cannot be told from what was missed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta

from sync_core.domain.records import Deed, Run, RunState
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.passes import PassResult, run_pass
from sync_core.errors import ConnectionBroken, RequestRejected, RetryLater
from sync_core.operations.ports import Operator
from sync_core.state.lease import Tenant
from sync_core.state.registry import ConnectionRecord
from sync_core.state.repair import Repairs, RowRepair
from sync_core.state.retention import trim
from sync_core.state.run_deeds import run_deeds

_log = logging.getLogger(__name__)

SWEEP = "sweep"
"""Mode of the request, and trigger of the run."""
LEASE = timedelta(seconds=300)
MOST_TRIMS = 10
_TRIM_ROWS = 500
_SHORTEST_ROUND_S = 10.0


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep found, as counts; all of it is mended or under way."""

    repairs: Repairs = field(default_factory=Repairs)
    removed_contacts: int = 0
    """Contacts whose twin had been deleted, or had left the scope."""
    vanished_contacts: int = 0
    """Links that ended or rest now, because a contact was not there any more."""
    new_links: int = 0
    """Contacts that had no link and have one now."""
    updated_contacts: int = 0
    """Contacts that got an edit of their twin."""
    held: int = 0
    """Removals and changes that wait for an approval."""
    user_changes: int = 0
    """1 when the Pipeliner user's name, address or units had changed."""
    trimmed_rows: int = 0
    """Rows of history and runs that were older than anybody needs."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was amiss; old rows are not."""
        return self == SweepReport(trimmed_rows=self.trimmed_rows)

    @property
    def message(self) -> str:
        """The counts in words, for the run."""
        found = [f"{name.replace('_', ' ')}: {count}" for name, count in self._counts.items() if count]
        return ", ".join(found) or "nothing was amiss"

    @property
    def found(self) -> Mapping[str, int]:
        """How much of each kind was amiss; rows that were merely old, and what waits for an approval, were not."""
        return {name: count for name, count in self._counts.items() if name not in {"trimmed_rows", "held"}}

    @property
    def _counts(self) -> Mapping[str, int]:
        return asdict(self.repairs) | {name: count for name, count in asdict(self).items() if name != "repairs"}


@dataclass(frozen=True, slots=True)
class Swept:
    """A sweep's report, and how its full round ended; the run's message lists the report."""

    report: SweepReport
    result: PassResult


async def sweep(operator: Operator, record: ConnectionRecord, request: PassRequest, worker: str) -> Swept:
    """Sweep a connection and write down the run, whose id `request` gives.

    Raises LeaseTaken, LeaseLost and StoreUnavailable. When the user is gone, the result says that the
    connection must pause.
    """
    started = operator.clock.now()
    tenant = Tenant(record.id, worker, operator.clock, LEASE)
    repair = RowRepair(operator.store, tenant, request.run_id)
    report = SweepReport(repairs=await repair.run())
    try:
        fresh = await _with_fresh_user(operator, record)
    except ConnectionBroken as broken:
        message = f"{broken}; {report.message}"
        run = Run(request.run_id, record.id, SWEEP, "full", RunState.FAILED, started_at=started, message=message)
        ended = replace(run, ended_at=operator.clock.now())
        await repair.release(ended)
        return Swept(report, PassResult(ended, broken=broken))
    spent_s = (operator.clock.now() - started).total_seconds()
    result = await run_pass(
        operator.pass_ports(fresh, worker),  # the same worker, so that it takes over the repair's lease
        fresh.connection(),
        fresh.folder_id,
        replace(request, trigger=SWEEP, mode="full"),
        max(operator.settings.sync_pass_budget_s - spent_s, _SHORTEST_ROUND_S),
    )
    deeds = await run_deeds(operator.store, record.id, result.run.id, started)
    report = replace(
        report,
        removed_contacts=deeds[Deed.DELETED] + deeds[Deed.REMOVED],
        vanished_contacts=deeds[Deed.ENDED] + deeds[Deed.RESTED],
        new_links=deeds[Deed.CREATED] + deeds[Deed.LINKED],
        updated_contacts=deeds[Deed.UPDATED],
        held=result.run.counts.held,
        user_changes=int(fresh != record),
        trimmed_rows=await _trim(operator, record.id),
    )
    return Swept(report, await _written_down(operator, report, result))


async def _with_fresh_user(operator: Operator, record: ConnectionRecord) -> ConnectionRecord:
    """Look the user up and keep what changed of him. Raises ConnectionBroken; the round meets any other trouble."""
    try:
        user = await operator.pipeliner.user(record.user_id)
    except (RetryLater, RequestRejected) as error:
        _log.warning("connection %s: its user was not looked up (%s)", record.id, type(error).__name__)
        return record
    update = {
        "user_email": user.email,
        "user_name": user.name,
        "default_unit_id": user.default_unit_id,
        "unit_ids": tuple(sorted(user.unit_ids)),
    }
    if record == record.model_copy(update=update):
        return record
    return await operator.registry.change(record.id, lambda stored: stored.model_copy(update=update))


async def _trim(operator: Operator, connection_id: str) -> int:
    trimmed = 0
    for _ in range(MOST_TRIMS):
        settings, now = operator.settings, operator.clock.now()
        rows = await trim(
            operator.store, connection_id, now, settings.sync_history_days, settings.sync_run_days, _TRIM_ROWS
        )
        trimmed += rows
        if rows < _TRIM_ROWS:
            break
    return trimmed


async def _written_down(operator: Operator, report: SweepReport, result: PassResult) -> PassResult:
    message = f"{result.run.message}; {report.message}" if result.run.message else report.message
    run = replace(result.run, message=message)
    await operator.reader(run.connection_id).mark_run(run)
    _log.info("connection %s swept: %s", run.connection_id, report.message)
    return replace(result, run=run)
