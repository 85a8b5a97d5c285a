"""Applying decisions: announce, write, and say what to store. Storing what came out is left to the caller.

What is stored before a request goes out, no read can tell later: the loser of a conflict is overwritten, our own write
looks like a person's edit when the run dies or the answer is lost, and a create whose answer is lost must be found, not
repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync_core.domain import (
    Action,
    Baselines,
    Connection,
    Contact,
    Create,
    Decision,
    FieldChange,
    HistoryEntry,
    Link,
    LinkId,
    OutlookContact,
    OutlookId,
    Pair,
    PipelinerContact,
    PipelinerId,
    Recreate,
    Relink,
    Side,
    Update,
    draft_of,
    first_subjects,
    pending_of,
    possibly_overwritten,
)
from sync_core.domain.identity import HANDLED
from sync_core.engine.change_sets import Outcomes, to_change_set
from sync_core.engine.context import RunContext
from sync_core.engine.deciding import Job
from sync_core.engine.indexing import note_written
from sync_core.engine.notices import values_replaced_notice
from sync_core.engine.ports import (
    ChangeSet,
    Intent,
    OutcomeUnknown,
    OutlookDraft,
    OutlookEdit,
    OutlookLook,
    OutlookOutcome,
    PipelinerDraft,
    PipelinerEdit,
    PipelinerOutcome,
    Refused,
    Unfinished,
    Written,
)
from sync_core.engine.refused import send_rest
from sync_core.engine.removed import moved_history
from sync_core.engine.reserving import record_reserved, reserve
from sync_core.engine.setting_aside import retry_s, set_aside
from sync_core.errors import Stopped

WINDOW = timedelta(hours=1)
"""So long a link remembers when it was written."""
IN_DOUBT = "somebody edited it while a write was under way whose outcome is unknown"


@dataclass(frozen=True, slots=True)
class Applied:
    """What to store, and the intents whose outcome is known."""

    change_sets: tuple[ChangeSet, ...]
    finished: tuple[LinkId, ...]


async def apply(context: RunContext, jobs: Sequence[Job]) -> Applied:
    """Write what the decisions say, announced first; at most BATCH jobs. Raises what concerns a whole service."""
    creates = {item.link_id: item.decision for item in jobs if isinstance(item.decision, Create | Recreate)}
    intents: list[Intent] = []
    if creates:  # journalled before their requests go out, dated by the service that creates
        times = {side: context.clock.now() for side in Side}
        if any(create.side is Side.PIPELINER for create in creates.values()):
            times[Side.PIPELINER] = await context.contacts.server_time()
        tries = {item.link_id: max((work.tries for work in item.done), default=0) for item in jobs}
        intents = [intent_of(create, key, times[create.side], tries[key]) for key, create in creates.items()]
        await context.state.journal(intents)
    in_pipeliner = {key: create for key, create in creates.items() if create.side is Side.PIPELINER}
    if in_pipeliner:
        waiting = await reserve(context, in_pipeliner)
        jobs = [item for item in jobs if item.link_id not in waiting]
        for key in waiting:
            del creates[key], in_pipeliner[key]
    announced: list[ChangeSet] = []
    ready: list[Job] = []
    for item in jobs:
        decision, stored = item.decision, announce(context.connection, item.decision, item.link_id)
        if stored is None or stored.after is None or not isinstance(decision, Update | Relink | Pair):
            ready.append(item)
            continue
        announced.append(stored)
        # Its link is stored by then: a pair has become one.
        then_remove = isinstance(decision, Update) and decision.then_remove
        sides = (decision.outlook, decision.pipeliner)
        update = Update(stored.after, *sides, decision.merge, decision.why, then_remove)
        ready.append(replace(item, decision=update))
    if any(isinstance(item.decision, Pair) for item in jobs):
        announced.extend(_replaced(context, jobs))
    if announced:
        await context.commit(announced)
    elif not creates:  # a transaction renews it anyway; stamps alone are not announced
        stamps = any(_outlook_edit(item.decision, None) is not None for item in ready)
        await (context.look_at_stop_switch() if stamps else context.state.renew_lease())
    context.counts.linked += sum(one.before is None and one.after is not None for one in announced)
    outcomes = await _write(context, ready)
    if in_pipeliner:
        await record_reserved(context, in_pipeliner, outcomes)
    unknown = {key for key, create in creates.items() if isinstance(outcomes[key].of(create.side), OutcomeUnknown)}
    renamed = [  # cards in which something was written by which people are told apart
        written.contact
        for item in ready
        if isinstance(written := outcomes[item.link_id].outlook, Written)
        and isinstance(item.decision, Update | Relink | Pair | Create | Recreate)
        and not HANDLED.isdisjoint(item.decision.merge.to_outlook)
    ]
    if renamed:
        await note_written(context, renamed)
    # Whoever they are of is not looked at again in this run.
    context.open_creates += tuple(item for item in intents if item.link_id in unknown)
    change_sets = tuple(_finish(context, item, outcomes[item.link_id]) for item in ready)
    return Applied(change_sets, tuple(key for key in creates if key not in unknown))


def announce(connection: Connection, decision: Decision, link_id: LinkId) -> ChangeSet | None:
    """Return what to store before a decision is applied; None where it overwrites nothing (creates are journalled)."""
    if not isinstance(decision, Update | Relink | Pair) or decision.merge.writes_nothing:
        return None
    outlook, pipeliner, merge = decision.outlook, decision.pipeliner, decision.merge
    lost = conflict_entry(connection, decision, link_id) if merge.conflicts else None
    history = (lost,) if lost is not None else ()
    before: Link | None = None
    if isinstance(decision, Update):
        link = before = decision.link
        if link.pending is not None:
            doubts = possibly_overwritten(connection.field_map, link, merge, outlook, pipeliner)
            changes = tuple(FieldChange(doubt.field, doubt.lost, doubt.won) for doubt in doubts)
            ids = (link.id, link.outlook_id, link.pipeliner_id)
            history = (*history, HistoryEntry(Action.CONFLICT, None, *ids, changes, IN_DOUBT)) if changes else history
    elif isinstance(decision, Relink):
        before, link = decision.link, decision.moved
        history = (*moved_history(decision), *history)
    else:
        link = Link(link_id, outlook.id, pipeliner.id, Baselines(Contact(), Contact()))
        history = (HistoryEntry(Action.LINKED, None, link_id, outlook.id, pipeliner.id, why=decision.why), *history)
    subjects = first_subjects(decision) if isinstance(decision, Pair | Relink) else ()
    after = replace(link, pending=pending_of(merge, outlook, pipeliner))
    return ChangeSet(before=before, after=after, history=history, resolved=subjects)


def conflict_entry(connection: Connection, decision: Update | Relink | Pair, link_id: LinkId) -> HistoryEntry | None:
    """Name the losers of a decision's conflicts."""
    if not decision.merge.conflicts:
        return None
    loser, why = None, f"both sides changed it; rule: {connection.conflict_rule.value}"
    if isinstance(decision, Pair):
        winner = decision.merge.conflicts[0].winner
        loser, why = winner.other, f"first sight: the value of {winner.value} stays"
    return HistoryEntry(
        Action.CONFLICT,
        loser,
        link_id,
        decision.outlook.id,
        decision.pipeliner.id,
        changes=tuple(FieldChange(item.field, item.lost, item.won) for item in decision.merge.conflicts),
        why=why,
    )


def intent_of(decision: Create | Recreate, link_id: LinkId, at: datetime, tries: int = 0) -> Intent:
    """Return what the journal must hold of a create, to find it again; `at` is the time of the service that creates."""
    outlook_id, pipeliner_id = source_ids(decision)
    return Intent(link_id, decision.side, draft_of(decision), at, outlook_id, pipeliner_id, tries)


def source_ids(decision: Create | Recreate) -> tuple[OutlookId | None, PipelinerId | None]:
    """Return the id of the contact that is there, in the place of its side."""
    source = decision.source
    return (source.id, None) if isinstance(source, OutlookContact) else (None, source.id)


def _replaced(context: RunContext, jobs: Sequence[Job]) -> list[ChangeSet]:
    """Say whose values lose at first sight, before they are written over: one item a run, which grows."""
    for item in jobs:
        if not isinstance(item.decision, Pair):
            continue
        lost = frozenset(one.field for one in item.decision.merge.conflicts)
        if lost:
            context.replaced[item.decision.pipeliner.id] = lost
    if not any(isinstance(item.decision, Pair) and item.decision.pipeliner.id in context.replaced for item in jobs):
        return []
    every = frozenset[str]().union(*context.replaced.values())
    return [ChangeSet(attention=(values_replaced_notice(context.run_id, list(context.replaced), every),))]


async def _write(context: RunContext, jobs: Sequence[Job]) -> dict[LinkId, Outcomes]:
    """Write to Pipeliner, then to Outlook, which gets the ids of what was created; edits go before creates."""
    if context.state.is_stopped:
        raise Stopped
    edits: dict[LinkId, PipelinerEdit] = {}
    drafts: dict[LinkId, PipelinerDraft] = {}
    outlook_drafts: dict[LinkId, OutlookDraft] = {}
    user_id, defaults = context.connection.user.id, context.connection.required_defaults
    for item in jobs:
        decision = item.decision
        if isinstance(decision, Update | Relink | Pair) and decision.merge.to_pipeliner:
            edits[item.link_id] = PipelinerEdit(decision.pipeliner, decision.merge.to_pipeliner)
        elif isinstance(decision, Create | Recreate) and isinstance(decision.source, OutlookContact):
            drafts[item.link_id] = PipelinerDraft(item.link_id, draft_of(decision), user_id, defaults)
        elif isinstance(decision, Create | Recreate) and isinstance(decision.source, PipelinerContact):
            outlook_drafts[item.link_id] = OutlookDraft(draft_of(decision), decision.source.id)
    pipeliner: dict[LinkId, PipelinerOutcome] = {}
    if edits:
        pipeliner.update(zip(edits, await context.contacts.update(list(edits.values())), strict=True))
        if Refused in map(type, pipeliner.values()):
            await send_rest(context.connection.field_map, Side.PIPELINER, edits, pipeliner, context.contacts.update)
    for keys in _batches(drafts, jobs) if drafts else ():
        made = await context.contacts.create([drafts[key] for key in keys])
        pipeliner.update(zip(keys, made, strict=True))
    outlook: dict[LinkId, OutlookOutcome] = {}
    sent = {item.link_id: _outlook_edit(item.decision, pipeliner.get(item.link_id)) for item in jobs}
    outlook_edits = {key: edit for key, edit in sent.items() if edit is not None}
    if outlook_edits:
        outlook.update(zip(outlook_edits, await context.folder.update(list(outlook_edits.values())), strict=True))
        if Refused in map(type, outlook.values()):
            await send_rest(context.connection.field_map, Side.OUTLOOK, outlook_edits, outlook, context.folder.update)
    for keys in _batches(outlook_drafts, jobs) if outlook_drafts else ():
        cards = await context.folder.create([outlook_drafts[key] for key in keys])
        outlook.update(zip(keys, cards, strict=True))
    return {item.link_id: Outcomes(outlook.get(item.link_id), pipeliner.get(item.link_id)) for item in jobs}


def _batches(drafts: Collection[LinkId], jobs: Sequence[Job]) -> list[list[LinkId]]:
    """Return in which calls creates are sent: those that failed before each by itself, so that no batch falls."""
    suspected = {item.link_id for item in jobs if any(work.tries for work in item.done)}
    free = [key for key in drafts if key not in suspected]
    return [*([free] if free else ()), *([key] for key in drafts if key in suspected)]


def _outlook_edit(decision: Decision, created: PipelinerOutcome | None) -> OutlookEdit | None:
    """Edit of an existing Outlook contact: its changes, and the stored id where it is not there yet."""
    if isinstance(decision, Update | Relink | Pair):
        stamp = decision.pipeliner.id if decision.outlook.stored_id != decision.pipeliner.id else None
        changes = dict(decision.merge.to_outlook)
        return OutlookEdit(decision.outlook, changes, stamp) if changes or stamp else None
    if not isinstance(decision, Create | Recreate) or not isinstance(created, Written):
        return None
    source, stamp = decision.source, created.contact.id
    return OutlookEdit(source, {}, stamp) if isinstance(source, OutlookContact) and source.stored_id != stamp else None


def _finish(context: RunContext, item: Job, outcomes: Outcomes) -> ChangeSet:
    """Count what came of a job, and return what to store of it."""
    decision, counts, now = item.decision, context.counts, context.clock.now()
    wrote = {side for side in Side if isinstance(outcomes.of(side), Written)}
    change_set = to_change_set(context.connection, decision, outcomes, item.link_id, item.done, now)
    edited: dict[Side, datetime | None] = {}
    """When what arrives now was edited; not at the first sight of a pair, which carries what is old."""
    if isinstance(decision, Create | Recreate):
        edited = {side: decision.source.modified for side in wrote if decision.merge.to(side)}
        counts.created_in_outlook += decision.side is Side.OUTLOOK and Side.OUTLOOK in wrote
        counts.created_in_pipeliner += decision.side is Side.PIPELINER and Side.PIPELINER in wrote
        if wrote == {Side.PIPELINER} and change_set.after is not None and decision.side is Side.PIPELINER:
            # Its stored id could not be written: it is looked at again.
            again = (*change_set.put_work, OutlookLook(change_set.after.outlook_id))
            change_set = replace(change_set, put_work=again, done_work=())
    elif isinstance(decision, Update | Relink | Pair):
        counts.updated_in_outlook += Side.OUTLOOK in wrote and bool(decision.merge.to_outlook)
        counts.updated_in_pipeliner += Side.PIPELINER in wrote and bool(decision.merge.to_pipeliner)
        counts.linked += isinstance(decision, Pair | Relink)
        counts.conflicts += sum(one.winner.other in wrote for one in decision.merge.conflicts)
        if isinstance(decision, Update):
            sources = {Side.OUTLOOK: decision.pipeliner.modified, Side.PIPELINER: decision.outlook.modified}
            edited = {side: sources[side] for side in wrote if decision.merge.to(side)}
    passing = [one for one in (outcomes.outlook, outcomes.pipeliner) if isinstance(one, Unfinished | OutcomeUnknown)]
    why = max((one.why for one in passing), default="")
    for one in passing:
        told_s = one.retry_after_s if isinstance(one, Unfinished) else None
        if told_s or not one.why:  # not this contact's own fault, or not for certain
            context.pause_s = max(context.pause_s, told_s or 1.0)
    for side, edited_at in edited.items():
        if edited_at is not None and not context.cursor.is_full:  # a full sync carries what is old
            context.watch.arrived(side, edited_at)
    has_conflict = isinstance(decision, Update) and bool(decision.merge.conflicts)  # older times say no more of it
    if (wrote or has_conflict) and change_set.after is not None:
        written = (*(at for at in change_set.after.written if at > now - WINDOW), now)
        change_set = replace(change_set, after=replace(change_set.after, written=written))
    if not change_set.put_work:
        return change_set
    context.retry_s = max(context.retry_s, retry_s(change_set.put_work, why))
    return set_aside(change_set, now, why)
