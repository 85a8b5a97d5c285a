"""What the sync does not do unasked: removals beyond the limits, equal changes of many, and writing in a circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sync_core.domain import (
    AWAITING_REMOVALS_SUBJECT,
    AttentionItem,
    Connection,
    Decision,
    Link,
    PipelinerId,
    Reason,
    Side,
    Update,
    link_subject,
)
from sync_core.engine.applying import WINDOW
from sync_core.engine.context import BATCH, RunContext
from sync_core.engine.deciding import Touch, decide_links
from sync_core.engine.notices import changes_held_notice, creates_held_notice, held_notice
from sync_core.engine.ports import Awaited, ChangeSet, OutlookLook, PipelinerLook, Work

MOST_WRITES = 12
"""Writes to one link within the window that people may cause; more is a circle, closed by a third tool."""


async def holds_removals(context: RunContext, waiting: Sequence[Awaited]) -> bool:
    """Whether what waits needs an approval, due or not; then people are told, and else the notice goes.

    It goes first: a run that dies after the last removal leaves no work behind, and none would come back for it.
    """
    removals = sum(_may_remove(context.connection, item) for item in waiting)
    if not context.removals_approved and not context.connection.limits.allows(removals, context.links):
        context.counts.awaiting_approval += removals
        await context.commit((ChangeSet(attention=(held_notice(removals, context.links),)),))
        return True
    await context.commit((ChangeSet(resolved=(AWAITING_REMOVALS_SUBJECT,)),))
    return False


async def hold_creates(context: RunContext, looks: Sequence[OutlookLook]) -> tuple[list[OutlookLook], list[ChangeSet]]:
    """Return which contacts may be created in Pipeliner now, and what to store for the others, which wait for a person.

    What was held once, only an approval releases: neither time does, nor that fewer wait.
    """
    room = len(looks) if context.removals_approved else context.connection.limits.create_count - context.creates_today
    allowed = list(looks[: max(room, 0)])
    context.creates_today += len(allowed)
    held = looks[len(allowed) :]
    context.creates_held += len(held)
    return allowed, [ChangeSet(put_work=(replace(look, awaits_approval=True, etag=""),)) for look in held]


async def tell_held_creates(context: RunContext) -> None:
    """Say how many creates wait."""
    context.counts.awaiting_approval += context.creates_held
    notice = creates_held_notice(context.creates_held, context.connection.limits.create_count)
    await context.commit((ChangeSet(attention=(notice,)),))


def _may_remove(connection: Connection, item: Awaited) -> bool:
    """Whether the connection ever deletes on the other side of a missing half."""
    if item.side is Side.OUTLOOK:
        return connection.sync_type.reaches(Side.PIPELINER) and not connection.delete_protection
    return item.side is None or connection.sync_type.reaches(Side.OUTLOOK)


async def hold_mass_changes(context: RunContext) -> None:
    """Survey what waits when it is much; looks that would change too many links the same way wait for an approval."""
    if context.removals_approved:
        return
    waiting: dict[PipelinerId, PipelinerLook] = {}
    already = 0
    after: PipelinerLook | None = None
    while page := await context.state.waiting(PipelinerLook, after):
        waiting |= {look.id: look for look in page if not look.awaits_approval}
        already += sum(look.awaits_approval for look in page)
        after = page[-1]
    limits = context.connection.limits
    if limits.allows_changes(len(waiting) + already, context.links) or not waiting:
        context.counts.awaiting_approval += already
        return
    written = await _survey(context, waiting)
    fields = [way for way, ids in written.items() if not limits.allows_changes(len(ids), context.links)]
    stopped = {pipeliner_id for way in fields for pipeliner_id in written[way]}
    context.counts.awaiting_approval += already + len(stopped)
    if not stopped:
        return
    notice = changes_held_notice(context.connection.field_map, fields, len(stopped), context.links)
    held_looks = [replace(waiting[key], awaits_approval=True, etag="") for key in sorted(stopped)]
    await context.commit((*(ChangeSet(put_work=(look,)) for look in held_looks), ChangeSet(attention=(notice,))))


async def _survey(
    context: RunContext, waiting: Mapping[PipelinerId, PipelinerLook]
) -> dict[tuple[Side, str], list[PipelinerId]]:
    """Decide without writing: which fields would be written, on which side, of which links.

    One that a service interrupts, with a pause, is remembered: the next run surveys the others.
    """
    ids = [key for key, look in waiting.items() if look.writes is None]
    would = {key: look.writes for key, look in waiting.items() if look.writes is not None}
    for start in range(0, len(ids), BATCH):
        chunk = ids[start : start + BATCH]
        index = await context.state.pipeliner_index(chunk)
        links = await context.state.links([entry.link_id for entry in index.values()]) if index else {}
        decided = {
            links[job.link_id].pipeliner_id: job.decision
            for job in await decide_links(context, [Touch(link) for link in links.values()])
        }
        if context.pause_s:
            seen = would | {key: _writes(one) for key, one in decided.items()}
            put = [replace(waiting[key], writes=one, etag="") for key, one in seen.items() if key in waiting]
            await context.commit([ChangeSet(put_work=(look,)) for look in put])
            context.checkpoint()
        would |= {key: _writes(decided[key]) if key in decided else () for key in chunk}
    written: dict[tuple[Side, str], list[PipelinerId]] = defaultdict(list)
    for key, writes in would.items():
        for one in writes:
            side, _, name = one.partition(".")
            written[Side(side), name].append(key)
    return written


def _writes(decision: Decision) -> tuple[str, ...]:
    if not isinstance(decision, Update):
        return ()
    return tuple(f"{side.value}.{name}" for side in Side for name in decision.merge.to(side))


def is_circling(link: Link, now: datetime) -> bool:
    """Whether a link was written so often lately that something else must be undoing it."""
    return sum(at > now - WINDOW for at in link.written) >= MOST_WRITES


def circling_change_set(link: Link, done: Sequence[Work], now: datetime) -> ChangeSet:
    """Set a circling link aside until its window is over."""
    again = PipelinerLook(link.pipeliner_id, not_before=now + WINDOW)
    item = AttentionItem(
        link_subject(link.id),
        Reason.KEEPS_CHANGING,
        f"The contact was written {MOST_WRITES} times within an hour: something else keeps changing it back.",
        "Find the other tool or rule that edits it; the sync looks at the contact again in an hour.",
        outlook_id=link.outlook_id,
        pipeliner_id=link.pipeliner_id,
        link_id=link.id,
    )
    kept = tuple(work for work in done if not isinstance(work, PipelinerLook))
    return ChangeSet(attention=(item,), put_work=(again,), done_work=kept)
