"""The end of a pass: removals, counted together so that the guard can hold a surprise back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync_core.domain.contact import Contact, LinkId, Side
from sync_core.domain.fields import FieldMap
from sync_core.domain.lifecycle import Fate
from sync_core.domain.link import Leaving, Link
from sync_core.domain.planning import LinkPlan
from sync_core.domain.records import HELD_REMOVALS_SUBJECT, Deed, FieldChange, HistoryEntry, link_subject
from sync_core.engine.carrying import Job, carry
from sync_core.engine.context import PassContext
from sync_core.engine.notices import held_notice, undeleted_notice
from sync_core.engine.observing import Touch, plan_touches
from sync_core.engine.ports import Deleted, OutcomeUnknown, OutlookOutcome, PipelinerOutcome, Refused, Unfinished
from sync_core.engine.state_port import RemovalWork, Unit

CHUNK = 100
_FROM_OUTLOOK = frozenset({Fate.DELETE_IN_OUTLOOK, Fate.REMOVE_FROM_OUTLOOK})
_REMOVALS = _FROM_OUTLOOK | {Fate.DELETE_IN_PIPELINER}


async def carry_removals(context: PassContext) -> None:
    """Carry out the removals that still stand after a last look, or hold all of them and say so."""
    waiting = await _waiting(context)
    if not waiting:
        return
    links = context.links
    if not context.removals_approved and not context.connection.guard.allows(len(waiting), links):
        context.counts.held += len(waiting)
        await context.commit((Unit(attention=(held_notice(len(waiting), links),)),))
        return
    # Settled first: a pass that dies after the last removal leaves no work behind, and none would come back for it.
    await context.commit((Unit(settled=(HELD_REMOVALS_SUBJECT,)),))
    for start in range(0, len(waiting), CHUNK):
        context.checkpoint()
        await _carry_chunk(context, waiting[start : start + CHUNK])


async def _waiting(context: PassContext) -> list[RemovalWork]:
    waiting: list[RemovalWork] = []
    after: LinkId | None = None
    while page := await context.state.removal_work(after):
        waiting.extend(page)
        after = page[-1].link_id
    return waiting


async def _carry_chunk(context: PassContext, chunk: Sequence[RemovalWork]) -> None:
    work = {item.link_id: item for item in chunk}
    links = await context.state.links(list(work))
    units = [Unit(done_work=(item,)) for key, item in work.items() if key not in links]
    jobs = await plan_touches(context, [Touch(link, done=(work[link.id],)) for link in links.values()])
    removals = [item for item in jobs if _removal(item.plan) is not None]
    others = [item for item in jobs if _removal(item.plan) is None]
    units.extend(await _remove(context, removals))
    carried = await carry(context, others)
    await context.commit((*units, *carried.units), None, carried.resolved)


def _removal(plan: LinkPlan) -> Fate | None:
    """Give the removal that a plan still means; an edit that cannot be sent does not keep a contact for ever."""
    if plan.fate in _REMOVALS:
        return plan.fate
    if plan.fate is Fate.SEND_THEN_REMOVE and plan.merge is not None and not plan.merge.to_pipeliner:
        return Fate.REMOVE_FROM_OUTLOOK
    return None


async def _remove(context: PassContext, jobs: Sequence[Job]) -> list[Unit]:
    in_outlook = [item for item in jobs if _removal(item.plan) in _FROM_OUTLOOK and item.plan.outlook is not None]
    in_pipeliner = [item for item in jobs if _removal(item.plan) is Fate.DELETE_IN_PIPELINER]
    units: list[Unit] = []
    if jobs:
        await context.state.hold()
    in_outlook = await _leaving(context, in_outlook, Side.OUTLOOK)
    in_pipeliner = await _leaving(context, in_pipeliner, Side.PIPELINER)
    if in_outlook:
        contacts = [item.plan.outlook for item in in_outlook if item.plan.outlook is not None]
        outcomes = await context.folder.delete(contacts)
        units.extend(_settle(context, *pair, Side.OUTLOOK) for pair in zip(in_outlook, outcomes, strict=True))
    if in_pipeliner:
        ids = [item.plan.pipeliner.id for item in in_pipeliner if item.plan.pipeliner is not None]
        gone = await context.contacts.delete(ids)
        units.extend(_settle(context, *pair, Side.PIPELINER) for pair in zip(in_pipeliner, gone, strict=True))
    return units


async def _leaving(context: PassContext, jobs: Sequence[Job], side: Side) -> list[Job]:
    """Store that contacts are about to be deleted: one found missing after a crash was not deleted by a person."""
    pairs = [
        (item, replace(item.plan.link, leaving=Leaving(side, _shown(item.plan, side))))
        for item in jobs
        if item.plan.link is not None
    ]
    await context.commit([Unit(before=item.plan.link, after=link) for item, link in pairs if item.plan.link != link])
    return [replace(item, plan=replace(item.plan, link=link)) for item, link in pairs]


def _shown(plan: LinkPlan, side: Side) -> Contact:
    removed = plan.outlook if side is Side.OUTLOOK else plan.pipeliner
    return removed.contact if removed is not None else Contact()


def _settle(context: PassContext, item: Job, outcome: OutlookOutcome | PipelinerOutcome, side: Side) -> Unit:
    link = item.plan.link
    if link is None:
        return Unit(done_work=item.done)
    if isinstance(outcome, Deleted):
        context.counts.deleted_in_outlook += side is Side.OUTLOOK
        context.counts.deleted_in_pipeliner += side is Side.PIPELINER
        entry = _entry(context.connection.field_map, item.plan, link, side)
        return Unit(before=link, history=(entry,), settled=(link_subject(link.id),), done_work=item.done)
    staying = replace(link, leaving=None)
    if isinstance(outcome, Refused):
        notice = undeleted_notice(side, outcome, link)
        return Unit(before=link, after=staying, attention=(notice,), done_work=item.done)
    if isinstance(outcome, Unfinished):
        context.pause_s = max(context.pause_s, outcome.retry_after_s or 1.0)
    return Unit() if isinstance(outcome, OutcomeUnknown) else Unit(before=link, after=staying)


def _entry(rows: FieldMap, plan: LinkPlan, link: Link, side: Side) -> HistoryEntry:
    """Keep every value that the contact had: undo works from it."""
    deed = Deed.REMOVED if _removal(plan) is Fate.REMOVE_FROM_OUTLOOK else Deed.DELETED
    contact = _shown(plan, side)
    changes = tuple(FieldChange(row.name, contact[row.name], "") for row in rows if contact[row.name])
    return HistoryEntry(deed, side, link.id, link.outlook_id, link.pipeliner_id, changes, plan.why)
