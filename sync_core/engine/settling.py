"""What came of a plan -> the rows to store: the new link with its baselines, history, attention, what to retry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sync_core.domain.connection import Connection
from sync_core.domain.contact import Contact, LinkId, OutlookId, PipelinerId, Side, Value
from sync_core.domain.lifecycle import Fate
from sync_core.domain.link import Link, LinkState, Pending, moved_meanwhile, settled_baseline
from sync_core.domain.merge import Baselines, Merge
from sync_core.domain.planning import LinkPlan
from sync_core.domain.records import AttentionItem, Deed, FieldChange, HistoryEntry, link_subject
from sync_core.domain.sides import OutlookContact, PipelinerContact
from sync_core.engine.announcing import first_subjects
from sync_core.engine.notices import overflow_notice, refusal_notice, subject_of
from sync_core.engine.ports import (
    OutcomeUnknown,
    OutlookOutcome,
    PipelinerOutcome,
    Refused,
    Stale,
    Unfinished,
    Written,
)
from sync_core.engine.state_port import OutlookWork, PipelinerWork, RemovalWork, Unit, Work

Outcome = OutlookOutcome | PipelinerOutcome
REMOVED_BEFORE = "deleted by a pass that was cut off"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of a plan's writes; None where nothing was sent."""

    outlook: OutlookOutcome | None = None
    pipeliner: PipelinerOutcome | None = None

    def of(self, side: Side) -> Outcome | None:
        """Outcome on one side."""
        return self.outlook if side is Side.OUTLOOK else self.pipeliner

    @property
    def must_retry(self) -> bool:
        """Whether a write was not done, or may not have been, for a reason that passes."""
        return any(
            isinstance(outcome, Stale | Unfinished | OutcomeUnknown) for outcome in (self.outlook, self.pipeliner)
        )


@dataclass(frozen=True, slots=True)
class _Shown:
    """Both sides after the writes."""

    outlook: OutlookContact
    pipeliner: PipelinerContact


def settle(connection: Connection, plan: LinkPlan, outcomes: Outcomes, new_id: LinkId, done: tuple[Work, ...]) -> Unit:
    """Build the unit to store for a plan of any fate but the removals' own."""
    if plan.fate in {Fate.REST, Fate.END, Fate.DELETE_IN_OUTLOOK, Fate.DELETE_IN_PIPELINER, Fate.REMOVE_FROM_OUTLOOK}:
        return _settle_without_writes(plan, done)
    shown = _shown(plan, outcomes)
    if shown is None or plan.merge is None:
        return _settle_uncreated(connection, plan, outcomes, done)
    link = _settled_link(connection, plan, plan.merge, outcomes, shown, new_id)
    unsettled = _attention(connection, plan, plan.merge, outcomes, link.id)
    retry: tuple[Work, ...] = (PipelinerWork(link.pipeliner_id, tries=_tries(done) + 1),) if outcomes.must_retry else ()
    refused = isinstance(outcomes.pipeliner, Refused)
    if plan.fate is Fate.SEND_THEN_REMOVE and not retry and not refused:
        retry = (RemovalWork(link.id),)
    return Unit(
        before=plan.link,
        after=link,
        history=tuple(_history(plan, plan.merge, outcomes, shown, link)),
        attention=unsettled,
        settled=() if unsettled else (link_subject(link.id), *first_subjects(plan)),
        put_work=retry,
        done_work=_without(done, retry),
    )


def _shown(plan: LinkPlan, outcomes: Outcomes) -> _Shown | None:
    outlook = outcomes.outlook.contact if isinstance(outcomes.outlook, Written) else plan.outlook
    pipeliner = outcomes.pipeliner.contact if isinstance(outcomes.pipeliner, Written) else plan.pipeliner
    return _Shown(outlook, pipeliner) if outlook is not None and pipeliner is not None else None


def _settle_without_writes(plan: LinkPlan, done: tuple[Work, ...]) -> Unit:
    link = plan.link
    if link is None:
        return Unit(done_work=done)
    if plan.fate is Fate.END:
        ended = HistoryEntry(Deed.ENDED, None, link.id, link.outlook_id, link.pipeliner_id, why=plan.why)
        entry = _removed_before(link) or ended
        return Unit(before=link, history=(entry,), settled=(link_subject(link.id),), done_work=done)
    if plan.fate is Fate.REST:
        pending = link.pending if plan.outlook is None or plan.pipeliner is None else None
        rested = replace(link, state=LinkState.RESTING, why_resting=plan.why, pending=pending, leaving=None)
        if link.state is LinkState.RESTING and link.why_resting == plan.why:
            return Unit(done_work=done) if rested == link else Unit(before=link, after=rested, done_work=done)
        entry = HistoryEntry(Deed.RESTED, None, link.id, link.outlook_id, link.pipeliner_id, why=plan.why)
        return Unit(before=link, after=rested, history=(entry,), done_work=done)
    return Unit(put_work=(RemovalWork(link.id),), done_work=_without(done, (RemovalWork(link.id),)))


def _settle_uncreated(connection: Connection, plan: LinkPlan, outcomes: Outcomes, done: tuple[Work, ...]) -> Unit:
    """Nothing came of a create: say why, or keep the work for another try."""
    outcome = outcomes.of(plan.create_on) if plan.create_on else None
    if isinstance(outcome, Refused) and plan.create_on:
        subject = subject_of(plan)
        link_id = plan.link.id if plan.link else None
        notice = refusal_notice(connection.field_map, subject, link_id, plan.create_on, outcome, creating=True)
        return Unit(attention=(_with_ids(notice, plan),), done_work=done)
    again = _work_of(plan, _tries(done) + 1)
    return Unit(put_work=again, done_work=_without(done, again))


def _settled_link(
    connection: Connection, plan: LinkPlan, merge: Merge, outcomes: Outcomes, shown: _Shown, new_id: LinkId
) -> Link:
    rows = connection.field_map
    # A new twin starts blank: what could not travel to it was not cleared there by a person.
    is_anew = plan.link is None or plan.create_on is not None
    old = Baselines(Contact(), Contact()) if plan.link is None or is_anew else plan.link.baselines
    unsettled = merge.unsettled | _undone(merge, outcomes)
    # What a new twin shows and we did not write came from somebody else since, or from the service: it travels back.
    read_o = plan.outlook.contact if plan.outlook is not None else Contact()
    read_p = plan.pipeliner.contact if plan.pipeliner is not None else Contact()
    wrote_o, wrote_p = (_wrote(merge, outcomes, side) for side in Side)
    baselines = Baselines(
        settled_baseline(rows, old.outlook, read_o, shown.outlook.contact, wrote_o, unsettled),
        settled_baseline(rows, old.pipeliner, read_p, shown.pipeliner.contact, wrote_p, unsettled),
    )
    outlook_moved = moved_meanwhile(rows, read_o, shown.outlook.contact, wrote_o)
    pipeliner_moved = moved_meanwhile(rows, read_p, shown.pipeliner.contact, wrote_p)
    created_on = plan.create_on or (plan.link.created_on if plan.link else None)
    return Link(
        id=plan.link.id if plan.link is not None else new_id,
        outlook_id=shown.outlook.id,
        pipeliner_id=shown.pipeliner.id,
        baselines=baselines,
        change_key="" if outlook_moved else shown.outlook.change_key,
        revision=-1 if pipeliner_moved else shown.pipeliner.revision,
        created_on=created_on,
        written=plan.link.written if plan.link else (),
        pending=_still_pending(plan.link, outcomes),
    )


def _still_pending(link: Link | None, outcomes: Outcomes) -> Pending | None:
    """Keep of what was announced the side whose outcome nobody told."""
    if link is None or link.pending is None:
        return None
    unknown = frozenset(side for side in Side if isinstance(outcomes.of(side), OutcomeUnknown))
    return replace(link.pending, unknown=unknown) if unknown else None


def _wrote(merge: Merge, outcomes: Outcomes, side: Side) -> frozenset[str]:
    return frozenset(merge.to(side)) if isinstance(outcomes.of(side), Written) else frozenset()


def _undone(merge: Merge, outcomes: Outcomes) -> frozenset[str]:
    return frozenset(name for side in Side if not isinstance(outcomes.of(side), Written) for name in merge.to(side))


def _attention(
    connection: Connection, plan: LinkPlan, merge: Merge, outcomes: Outcomes, link_id: LinkId
) -> tuple[AttentionItem, ...]:
    rows, subject = connection.field_map, link_subject(link_id)
    for side in Side:
        outcome = outcomes.of(side)
        if isinstance(outcome, Refused):
            return (_with_ids(refusal_notice(rows, subject, link_id, side, outcome, creating=False), plan),)
    if merge.overflows:
        return (_with_ids(overflow_notice(rows, subject, link_id, merge.overflows), plan),)
    return ()


def _with_ids(notice: AttentionItem, plan: LinkPlan) -> AttentionItem:
    return replace(
        notice,
        outlook_id=plan.outlook.id if plan.outlook else None,
        pipeliner_id=plan.pipeliner.id if plan.pipeliner else None,
    )


def _removed_before(link: Link) -> HistoryEntry | None:
    """Tell the removal that a pass could not tell any more."""
    if link.leaving is None:
        return None
    changes = tuple(_change(name, link.leaving.contact[name], "") for name in link.leaving.contact)
    ids = (link.id, link.outlook_id, link.pipeliner_id)
    return HistoryEntry(Deed.DELETED, link.leaving.side, *ids, changes, REMOVED_BEFORE)


def _history(plan: LinkPlan, merge: Merge, outcomes: Outcomes, shown: _Shown, link: Link) -> list[HistoryEntry]:
    ids = (link.id, link.outlook_id, link.pipeliner_id)
    if plan.create_on is not None:
        before = _removed_before(plan.link) if plan.link is not None else None
        created = HistoryEntry(Deed.CREATED, plan.create_on, *ids, why=plan.why)
        return [before, created] if before is not None else [created]
    entries = [] if plan.link is not None else [HistoryEntry(Deed.LINKED, None, *ids, why=plan.why)]
    read: Mapping[Side, Contact] = {
        Side.OUTLOOK: plan.outlook.contact if plan.outlook else Contact(),
        Side.PIPELINER: plan.pipeliner.contact if plan.pipeliner else Contact(),
    }
    after = {Side.OUTLOOK: shown.outlook.contact, Side.PIPELINER: shown.pipeliner.contact}
    for side in Side:
        wrote = _wrote(merge, outcomes, side)
        if wrote:
            changes = tuple(_change(name, read[side][name], after[side][name]) for name in sorted(wrote))
            entries.append(HistoryEntry(Deed.UPDATED, side, *ids, changes=changes, why=plan.why))
    return entries


def _change(name: str, old: Value, new: Value) -> FieldChange:
    return FieldChange(name, old, new)


def _work_of(plan: LinkPlan, tries: int) -> tuple[Work, ...]:
    """Work that has a create tried again."""
    if plan.link is not None:
        return (PipelinerWork(plan.link.pipeliner_id, tries=tries),)
    if plan.create_on is Side.PIPELINER and plan.outlook is not None:
        return (OutlookWork(plan.outlook.id, tries=tries),)
    return (PipelinerWork(plan.pipeliner.id, tries=tries),) if plan.pipeliner is not None else ()


def _tries(done: tuple[Work, ...]) -> int:
    return max((work.tries for work in done if not isinstance(work, RemovalWork)), default=0)


def _without(done: tuple[Work, ...], again: tuple[Work, ...]) -> tuple[Work, ...]:
    """Work that is put again is not done."""
    kept = {_work_key(work) for work in again}
    return tuple(work for work in done if _work_key(work) not in kept)


def _work_key(work: Work) -> tuple[type[Work], OutlookId | PipelinerId | LinkId]:
    return type(work), work.link_id if isinstance(work, RemovalWork) else work.id
