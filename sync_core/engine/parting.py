"""Values that went from one to the other of two contacts which a person has parted: put back, or kept as they are.

By then each of the two is linked with a counterpart of its own, or with none. What was edited since stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync_core.domain import (
    Action,
    AttentionItem,
    Choice,
    FieldChange,
    HistoryEntry,
    Link,
    LinkId,
    MergeRules,
    OutlookId,
    PipelinerId,
    Reason,
    Right,
    Side,
    Update,
    chosen_values,
    crossed_values,
    right_on,
)
from sync_core.engine.applying import apply
from sync_core.engine.context import RunContext
from sync_core.engine.deciding import Job, Touch, see
from sync_core.engine.ports import (
    ChangeSet,
    OutlookEdit,
    OutlookOutcome,
    PipelinerEdit,
    PipelinerLook,
    PipelinerOutcome,
    Written,
)
from sync_core.engine.putting_back import still_shown, writable
from sync_core.errors import ContactsFailing

TRIES = 3
PUT_BACK = "put back by a person, as it was before the two were linked"


async def put_back_crossed(context: RunContext) -> None:
    """Carry out what was answered to items of parted contacts; what cannot be written now waits for the next answer."""
    for item in await context.state.answered():
        if item.reason is not Reason.VALUES_CROSSED or item.link_id is None:
            continue
        is_done = item.chosen is Choice.KEEP or await _put_back(context, item, item.link_id)
        if is_done:
            await context.commit((ChangeSet(resolved=(item.subject,)),))


async def _put_back(context: RunContext, item: AttentionItem, parted: LinkId) -> bool:
    """Put back on both sides; returns whether nothing is left to do."""
    if await context.state.links([parted]):  # they are not parted yet
        return False
    crossed = crossed_values(await context.state.history_of(parted))
    done = [
        await _put_back_on(context, side, str(key), crossed[side], parted)
        for side, key in ((Side.OUTLOOK, item.outlook_id), (Side.PIPELINER, item.pipeliner_id))
        if key is not None and crossed[side] and context.connection.sync_type.reaches(side)
    ]
    return all(done)


async def _put_back_on(
    context: RunContext, side: Side, key: str, changes: Sequence[FieldChange], parted: LinkId
) -> bool:
    for _ in range(TRIES):  # a contact that somebody edits in this moment is read again
        link = (await context.links_of(side, [key])).get(key)
        if link is None:
            try:
                return await _edit_alone(context, side, key, changes, parted)
            except ContactsFailing:
                return False
        if await _edit_pair(context, side, link, changes):
            return True
    return False


async def _edit_pair(context: RunContext, side: Side, link: Link, changes: Sequence[FieldChange]) -> bool:
    """Edit both halves of the link that the contact has now, as a person's edit of it would."""
    if link.pending is not None or link.absent is not None:
        return False
    for seen in await see(context, [Touch(link)]):
        if seen.outlook is None or seen.pipeliner is None:
            return False
        shown = seen.outlook.contact if side is Side.OUTLOOK else seen.pipeliner.contact
        may_edit = right_on(context.connection.user, seen.pipeliner) >= Right.EDIT
        rules = MergeRules(context.connection.sync_type, may_edit=may_edit, role=context.connection.user.role)
        field_map = context.connection.field_map
        values = writable(rules, field_map, still_shown(context, shown, changes), side)
        writes = {side: values, side.other: writable(rules, field_map, values, side.other)}
        if values:
            merge = chosen_values(context.connection.field_map, writes[Side.OUTLOOK], writes[Side.PIPELINER])
            applied = await apply(context, [Job(Update(link, seen.outlook, seen.pipeliner, merge, PUT_BACK), link.id)])
            # The looks of this run are over: whatever else was edited since is seen by the next one.
            anew = ChangeSet(put_work=(PipelinerLook(link.pipeliner_id),))
            await context.commit((*applied.change_sets, anew), None, applied.finished)
            if any(one.put_work for one in applied.change_sets):
                return False
    return True


async def _edit_alone(
    context: RunContext, side: Side, key: str, changes: Sequence[FieldChange], parted: LinkId
) -> bool:
    """Edit a contact that has no link; one that is gone has nothing to get back."""
    await context.look_at_stop_switch()
    outcomes: Sequence[OutlookOutcome | PipelinerOutcome]
    if side is Side.OUTLOOK:
        card = (await context.folder.read([OutlookId(key)])).get(OutlookId(key))
        values = still_shown(context, card.contact, changes) if card is not None else {}
        outcomes = await context.folder.update([OutlookEdit(card, values)]) if card is not None and values else ()
    else:
        contact = (await context.contacts.read([PipelinerId(key)])).get(PipelinerId(key))
        is_there = contact is not None and not contact.is_deleted
        is_there = is_there and contact is not None and right_on(context.connection.user, contact) >= Right.EDIT
        shown = still_shown(context, contact.contact, changes) if contact is not None and is_there else {}
        rules = MergeRules(context.connection.sync_type, role=context.connection.user.role)
        values = writable(rules, context.connection.field_map, shown, side)
        outcomes = await context.contacts.update([PipelinerEdit(contact, values)]) if contact and values else ()
    written = tuple(change for change in changes if change.field in values)
    for outcome in outcomes:
        if not isinstance(outcome, Written):
            return False
        told = tuple(FieldChange(change.field, change.new, change.old) for change in written)
        outlook_id = OutlookId(key) if side is Side.OUTLOOK else None
        pipeliner_id = PipelinerId(key) if side is Side.PIPELINER else None
        entry = HistoryEntry(Action.UPDATED, side, parted, outlook_id, pipeliner_id, told, PUT_BACK)
        await context.commit((ChangeSet(history=(entry,)),))
    return True
