"""The end of a run: what follows from a missing half, after its delay and a last look, counted for the safety limits.

Until then a contact that came back, or another one that took its place, has mended the link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sync_core.domain import (
    AWAITING_REMOVALS_SUBJECT,
    Absent,
    Action,
    KeepDormant,
    Link,
    LinkId,
    OutlookContact,
    PipelinerContact,
    Reason,
    Remove,
    Side,
    link_subject,
)
from sync_core.engine.applying import apply
from sync_core.engine.context import RunContext
from sync_core.engine.deciding import Job, Touch, decide_links
from sync_core.engine.notices import undeleted_notice
from sync_core.engine.ports import (
    Awaited,
    ChangeSet,
    Deleted,
    OutcomeUnknown,
    OutlookOutcome,
    PipelinerOutcome,
    Refused,
    Unfinished,
    Work,
)
from sync_core.engine.reading import ask_anew
from sync_core.engine.removed import marked_for_removal, removal_entry
from sync_core.engine.replacing import replace_missing
from sync_core.engine.safety_limits import holds_removals
from sync_core.engine.setting_aside import apart, note_failing

CHUNK = 100
WAS_TYPED_OVER = "its card had become another person's"


@dataclass(frozen=True, slots=True)
class _Removal:
    """A removal that still stands after the last look, the work row that asked for it, and the mark of what is missing.

    A mark of ours is not kept: the contact is there, so the run that left the mark did not delete it.
    """

    decision: Remove
    done: tuple[Work, ...]
    missing: Absent | None


async def apply_removals(context: RunContext) -> None:
    """Apply what still stands after its delay and a last look, or hold all that waits and say so."""
    waiting: list[Awaited] = []
    after: Awaited | None = None
    while page := await context.state.waiting(Awaited, after):
        waiting.extend(page)
        after = page[-1]
    if not waiting:
        await context.commit((ChangeSet(resolved=(AWAITING_REMOVALS_SUBJECT,)),))
        return
    if await holds_removals(context, waiting):
        return
    read_at = min(context.started, await context.index.polled_at() or context.started)
    due = [item for item in waiting if _is_due(context, item, read_at)]
    context.keeps_approval = context.removals_approved and len(due) < len(waiting)
    for start in range(0, len(due), CHUNK):
        context.checkpoint()
        await apart(context, due[start : start + CHUNK], lambda some: _end_waiting(context, some), lambda one: (one,))
        if context.failing:
            await context.commit(())


async def _end_waiting(context: RunContext, due: Sequence[Awaited]) -> None:
    """Look at links with a missing half for the last time, and do what the table says of them."""
    work = {item.link_id: item for item in due}
    links = await context.state.links(list(work))
    change_sets = [ChangeSet(done_work=(item,)) for key, item in work.items() if key not in links]
    asked = await _asked_about(context, list(links.values()))
    touches = [Touch(link, (work[link.id],)) for link in links.values() if link.id not in asked]
    jobs = await decide_links(context, touches, is_last_look=True)
    if context.connection.user.is_recalculating:  # what Pipeliner is still working out is no loss of scope yet
        jobs = [
            item for item in jobs if not isinstance(item.decision, Remove) or item.decision.action is not Action.REMOVED
        ]
    jobs = await replace_missing(context, jobs)
    for link in links.values():
        if link.absent is not None and asked.get(link.id) is Reason.TYPED_OVER:
            dormant = KeepDormant(link, link.absent.side, link.absent.by, WAS_TYPED_OVER, both_seen=False)
            jobs.append(Job(dormant, link.id, (work[link.id],)))
            change_sets.append(ChangeSet(resolved=(link_subject(link.id),)))  # nobody can say any more who it was
    removals = []
    for item in jobs:
        if isinstance(item.decision, Remove):
            link = item.decision.link
            removals.append(_Removal(item.decision, item.done, None if link.being_removed else link.absent))
    change_sets.extend(await _remove(context, removals))
    applied = await apply(context, [item for item in jobs if not isinstance(item.decision, Remove)])
    await context.commit((*change_sets, *applied.change_sets), None, applied.finished)
    ended = [item.decision.link for item in removals]
    await context.commit(await ask_anew(context, [key for one in ended for key in (one.outlook_id, one.pipeliner_id)]))


async def _asked_about(context: RunContext, links: Sequence[Link]) -> dict[LinkId, Reason]:
    """Return why somebody is asked about links, or about the half that is left: an open question holds what follows.

    Whoever is missing already is not held by a question in which they are a candidate.
    """
    left: dict[str | None, LinkId] = {}
    for link in links:
        halves = ((Side.OUTLOOK, link.outlook_id), (Side.PIPELINER, link.pipeliner_id))
        left |= {key: link.id for side, key in halves if link.absent is None or link.absent.side is not side}
    own = {key: link.id for link in links for key in (link.outlook_id, link.pipeliner_id)}
    found: dict[LinkId, Reason] = {}
    for item in await context.state.questions(list(own)):
        if item.link_id is not None and item.link_id in own.values() and item.reason is not Reason.MERGED_ELSEWHERE:
            found[item.link_id] = item.reason
        for key in {*item.candidates, item.outlook_id, item.pipeliner_id} & left.keys():
            if left[key] != item.link_id:
                found.setdefault(left[key], item.reason)
    return found


def _is_due(context: RunContext, item: Awaited, read_at: datetime) -> bool:
    """Whether the delay was over before both sides began to be read; without a delay the end of the run is enough."""
    delay = context.connection.deletion_delay
    if item.not_before is not None and item.not_before > context.clock.now():
        return False
    return not delay or item.since is None or item.since + delay <= read_at


async def _remove(context: RunContext, removals: Sequence[_Removal]) -> list[ChangeSet]:
    if not removals:
        return []
    await context.state.renew_lease()
    in_outlook = await _marked(context, [item for item in removals if item.decision.side is Side.OUTLOOK])
    in_pipeliner = await _marked(context, [item for item in removals if item.decision.side is Side.PIPELINER])
    contacts = [item.decision.contact for item in in_outlook]
    gone: list[tuple[_Removal, OutlookOutcome | PipelinerOutcome]] = []
    if in_outlook:
        shown = [contact for contact in contacts if isinstance(contact, OutlookContact)]
        gone.extend(zip(in_outlook, await context.folder.delete(shown), strict=True))
    if in_pipeliner:
        others = [item.decision.contact for item in in_pipeliner]
        ids = [contact.id for contact in others if isinstance(contact, PipelinerContact)]
        gone.extend(zip(in_pipeliner, await context.contacts.delete(ids), strict=True))
    change_sets: list[ChangeSet] = []
    for removal, outcome in gone:
        decision, link = removal.decision, removal.decision.link
        staying = ChangeSet(before=link, after=replace(link, absent=removal.missing))
        if isinstance(outcome, Deleted):
            context.counts.deleted_in_outlook += decision.side is Side.OUTLOOK
            context.counts.deleted_in_pipeliner += decision.side is Side.PIPELINER
            entry = removal_entry(context.connection, decision)
            resolved = (link_subject(link.id),)
            change_sets.append(ChangeSet(before=link, history=(entry,), resolved=resolved, done_work=removal.done))
        elif isinstance(outcome, Refused):
            notice = undeleted_notice(decision.side, outcome, link)
            change_sets.append(replace(staying, attention=(notice,), done_work=removal.done))
        else:
            # Of a delete of unknown outcome the mark stays: the next look tells.
            kept = link if isinstance(outcome, OutcomeUnknown) else replace(link, absent=removal.missing)
            change_sets.append(ChangeSet(before=link, after=kept))
            why = outcome.why if isinstance(outcome, Unfinished | OutcomeUnknown) else ""
            told_s = outcome.retry_after_s if isinstance(outcome, Unfinished) else None
            if told_s or (isinstance(outcome, Unfinished) and not why):
                context.pause_s = max(context.pause_s, told_s or 1.0)
            if why or isinstance(outcome, OutcomeUnknown):
                note_failing(context, removal.done, why, kept)
    return change_sets


async def _marked(context: RunContext, removals: Sequence[_Removal]) -> list[_Removal]:
    """Store that contacts are about to be deleted; return the removals with their links as stored."""
    marked: list[_Removal] = []
    change_sets: list[ChangeSet] = []
    for item in removals:
        before, link = item.decision.link, marked_for_removal(item.decision, context.clock.now())
        change_sets.extend([ChangeSet(before=before, after=link)] if link != before else [])
        marked.append(replace(item, decision=replace(item.decision, link=link)))
    if removals and not change_sets:  # an earlier run has announced them
        await context.look_at_stop_switch()
    await context.commit(change_sets)
    return marked
