"""Carrying plans out: announce, write, settle. Storing what came out is left to the caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync_core.domain.contact import Contact, LinkId, Side, Value
from sync_core.domain.lifecycle import Fate
from sync_core.domain.planning import LinkPlan
from sync_core.engine.announcing import announce
from sync_core.engine.context import PassContext
from sync_core.engine.ports import (
    OutcomeUnknown,
    OutlookDraft,
    OutlookEdit,
    OutlookOutcome,
    PipelinerDraft,
    PipelinerEdit,
    PipelinerOutcome,
    Unfinished,
    Written,
)
from sync_core.engine.quarantine import note_write, set_aside
from sync_core.engine.settling import Outcomes, settle
from sync_core.engine.state_port import Intent, OutlookWork, Unit, Work


@dataclass(frozen=True, slots=True)
class Job:
    """A plan, the work rows that it answers, and the id that its link gets or has."""

    plan: LinkPlan
    link_id: LinkId
    done: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Carried:
    """What to store, and the intents whose outcome is known."""

    units: tuple[Unit, ...]
    resolved: tuple[LinkId, ...]


def job(context: PassContext, plan: LinkPlan, done: tuple[Work, ...] = ()) -> Job:
    """Give a plan its link id."""
    return Job(plan, plan.link.id if plan.link is not None else context.mint_link_id(), done)


async def carry(context: PassContext, jobs: Sequence[Job]) -> Carried:
    """Write what the plans say, announced first; at most BATCH jobs. Raises what concerns a whole service."""
    creates = [item for item in jobs if item.plan.create_on is not None]
    await context.state.hold()
    if creates:
        await context.state.journal(await _intents(context, creates))
    jobs = await _announced(context, jobs)
    pipeliner = await _write_pipeliner(context, jobs)
    outlook = await _write_outlook(context, jobs, pipeliner)
    units = []
    for item in jobs:
        outcomes = Outcomes(outlook.get(item.link_id), pipeliner.get(item.link_id))
        _count(context, item.plan, outcomes)
        unit = settle(context.connection, item.plan, outcomes, item.link_id, item.done)
        units.append(_finished(context, item, unit, outcomes))
    unknown = {
        item.link_id
        for item in creates
        if isinstance(
            (pipeliner if item.plan.create_on is Side.PIPELINER else outlook).get(item.link_id), OutcomeUnknown
        )
    }
    return Carried(tuple(units), tuple(item.link_id for item in creates if item.link_id not in unknown))


async def _announced(context: PassContext, jobs: Sequence[Job]) -> list[Job]:
    """Store what is about to be written, and what it overwrites; gives the jobs with their links as they are stored."""
    announcements = {item.link_id: announce(context.connection, item.plan, item.link_id) for item in jobs}
    units = [unit for unit in announcements.values() if unit is not None]
    if units:
        await context.commit(units)
    context.counts.linked += sum(unit.before is None and unit.after is not None for unit in units)
    return [_with_link(item, announcements[item.link_id]) for item in jobs]


def _with_link(item: Job, announcement: Unit | None) -> Job:
    if announcement is None or announcement.after is None:
        return item
    return replace(item, plan=replace(item.plan, link=announcement.after))


async def _intents(context: PassContext, creates: Sequence[Job]) -> list[Intent]:
    in_pipeliner = any(item.plan.create_on is Side.PIPELINER for item in creates)
    times = {
        Side.OUTLOOK: context.clock.now(),
        Side.PIPELINER: await context.contacts.server_time() if in_pipeliner else context.clock.now(),
    }
    return [
        Intent(
            item.link_id,
            item.plan.create_on,
            _draft(item.plan),
            times[item.plan.create_on],
            item.plan.outlook.id if item.plan.outlook else None,
            item.plan.pipeliner.id if item.plan.pipeliner else None,
        )
        for item in creates
        if item.plan.create_on is not None
    ]


def _draft(plan: LinkPlan) -> Contact:
    changes = plan.merge.to(plan.create_on) if plan.merge is not None and plan.create_on is not None else {}
    return Contact().with_values(changes)


async def _write_pipeliner(context: PassContext, jobs: Sequence[Job]) -> dict[LinkId, PipelinerOutcome]:
    edits = {item.link_id: edit for item in jobs if (edit := _pipeliner_edit(item.plan)) is not None}
    drafts = {
        item.link_id: PipelinerDraft(
            item.link_id, _draft(item.plan), context.connection.user.id, context.connection.required_defaults
        )
        for item in jobs
        if item.plan.create_on is Side.PIPELINER
    }
    outcomes: dict[LinkId, PipelinerOutcome] = {}
    if edits:
        outcomes.update(zip(edits, await context.contacts.update(list(edits.values())), strict=True))
    if drafts:
        outcomes.update(zip(drafts, await context.contacts.create(list(drafts.values())), strict=True))
    return outcomes


def _pipeliner_edit(plan: LinkPlan) -> PipelinerEdit | None:
    if not plan.writes_pipeliner or plan.pipeliner is None or plan.merge is None:
        return None
    return PipelinerEdit(plan.pipeliner, plan.merge.to_pipeliner)


async def _write_outlook(
    context: PassContext, jobs: Sequence[Job], pipeliner: dict[LinkId, PipelinerOutcome]
) -> dict[LinkId, OutlookOutcome]:
    edits = {item.link_id: edit for item in jobs if (edit := _outlook_edit(item, pipeliner)) is not None}
    drafts = {
        item.link_id: OutlookDraft(_draft(item.plan), item.plan.pipeliner.id)
        for item in jobs
        if item.plan.create_on is Side.OUTLOOK and item.plan.pipeliner is not None
    }
    outcomes: dict[LinkId, OutlookOutcome] = {}
    if edits:
        outcomes.update(zip(edits, await context.folder.update(list(edits.values())), strict=True))
    if drafts:
        outcomes.update(zip(drafts, await context.folder.create(list(drafts.values())), strict=True))
    return outcomes


def _outlook_edit(item: Job, pipeliner: dict[LinkId, PipelinerOutcome]) -> OutlookEdit | None:
    """Edit of an existing Outlook contact: its changes, and the stored id where it is not there yet."""
    plan = item.plan
    if plan.outlook is None or plan.create_on is Side.OUTLOOK or plan.merge is None:
        return None
    twin = pipeliner.get(item.link_id)
    if plan.create_on is Side.PIPELINER:
        stored = twin.contact.id if isinstance(twin, Written) else None
    else:
        stored = plan.pipeliner.id if plan.pipeliner is not None else None
    changes: dict[str, Value] = dict(plan.merge.to_outlook)
    stamp = stored if stored is not None and plan.outlook.stored_id != stored else None
    return OutlookEdit(plan.outlook, changes, stamp) if changes or stamp else None


def _finished(context: PassContext, item: Job, unit: Unit, outcomes: Outcomes) -> Unit:
    now = context.clock.now()
    unit = _with_stamp(item, unit, outcomes)
    if any(isinstance(outcome, Written) for outcome in (outcomes.outlook, outcomes.pipeliner)):
        unit = note_write(unit, now)
    return set_aside(unit, now)


def _with_stamp(item: Job, unit: Unit, outcomes: Outcomes) -> Unit:
    """A contact whose stored id could not be written is looked at again."""
    created = item.plan.create_on is Side.PIPELINER and isinstance(outcomes.pipeliner, Written)
    if not created or isinstance(outcomes.outlook, Written) or unit.after is None:
        return unit
    return replace(unit, put_work=(*unit.put_work, OutlookWork(unit.after.outlook_id)), done_work=())


def _count(context: PassContext, plan: LinkPlan, outcomes: Outcomes) -> None:
    counts = context.counts
    for outcome in (outcomes.outlook, outcomes.pipeliner):
        if isinstance(outcome, Unfinished):
            context.pause_s = max(context.pause_s, outcome.retry_after_s or 1.0)
        if isinstance(outcome, OutcomeUnknown):
            context.pause_s = max(context.pause_s, 1.0)
    if plan.merge is None:
        return
    wrote = {side for side in Side if isinstance(outcomes.of(side), Written)}
    _tell_arrivals(context, plan, wrote)
    if plan.create_on in wrote:
        counts.created_in_outlook += plan.create_on is Side.OUTLOOK
        counts.created_in_pipeliner += plan.create_on is Side.PIPELINER
        return
    counts.updated_in_outlook += Side.OUTLOOK in wrote and bool(plan.merge.to_outlook)
    counts.updated_in_pipeliner += Side.PIPELINER in wrote and bool(plan.merge.to_pipeliner)
    counts.linked += plan.link is None and plan.fate is Fate.MERGE
    counts.conflicts += sum(item.winner.other in wrote for item in plan.merge.conflicts)


def _tell_arrivals(context: PassContext, plan: LinkPlan, wrote: set[Side]) -> None:
    """Tell which edits arrive now; not in a full round nor at the first sight of a pair, which carry what is old."""
    if context.cursor.is_full or plan.merge is None or (plan.link is None and plan.create_on is None):
        return
    sources = {Side.OUTLOOK: plan.pipeliner, Side.PIPELINER: plan.outlook}
    for side in wrote:
        source = sources[side]
        if source is not None and source.modified is not None and plan.merge.to(side):
            context.watch.arrived(side, source.modified)
