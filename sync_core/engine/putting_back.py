"""What a person answers about values: those that lost when contacts were paired, and edits that may not be sent."""

from __future__ import annotations

from collections.abc import Sequence

from sync_core.domain import (
    AttentionItem,
    Choice,
    Contact,
    FieldChange,
    HistoryEntry,
    MergeRules,
    PipelinerId,
    Reason,
    Right,
    Side,
    Update,
    Value,
    chosen_values,
    normal,
    right_on,
    run_of_replaced,
    same,
)
from sync_core.engine.applying import apply
from sync_core.engine.context import BATCH, RunContext
from sync_core.engine.deciding import Job, Seen, Touch, see
from sync_core.engine.notices import values_replaced_notice
from sync_core.engine.ports import ChangeSet

PUT_BACK = "put back by a person, as it was before the pairing"
TAKEN = "a person took Pipeliner's values again"
ACCEPTED = "a person accepted the note as it is in Outlook"


async def put_back_values(context: RunContext) -> None:
    """Carry out what was answered to items of replaced values; a value that was edited since stays as it is.

    Edits that were not sent stay where they are, or give way to Pipeliner's values; so does a note that was cut, unless
    a person accepts it.
    """
    for item in await context.state.answered():
        if item.reason is Reason.READ_ONLY:
            if item.chosen is Choice.KEEP_MINE or await _take_over(context, item, Side.OUTLOOK):
                await context.commit((ChangeSet(resolved=(item.subject,)),))
        elif item.reason is Reason.NOTE_CUT:
            if await _take_over(context, item, Side.PIPELINER if item.chosen is Choice.ACCEPT else Side.OUTLOOK):
                await context.commit((ChangeSet(resolved=(item.subject,)),))
        elif item.reason is not Reason.VALUES_REPLACED:
            continue
        elif item.chosen is Choice.KEEP:
            await context.commit((ChangeSet(resolved=(item.subject,)),))
        elif item.chosen is Choice.PUT_BACK:
            await _put_back(context, item)


async def _put_back(context: RunContext, item: AttentionItem) -> None:
    """Put back all, or those contacts that the answer named; the others go on waiting."""
    run_id = run_of_replaced(item.subject)
    lost = [entry for entry in await context.state.conflicts(run_id) if entry.side is not None]
    named = [entry for entry in lost if not item.named or entry.pipeliner_id in item.named]
    for start in range(0, len(named), BATCH):
        context.checkpoint()
        chunk = {entry.link_id: entry for entry in named[start : start + BATCH]}
        links = await context.state.links(list(chunk))
        free = [Touch(link) for link in links.values() if link.pending is None and link.absent is None]
        jobs = [job for seen in await see(context, free) if (job := _job(context, chunk[seen.touch.link.id], seen))]
        applied = await apply(context, jobs)
        await context.commit(applied.change_sets, None, applied.finished)
    rest = [entry for entry in lost if entry not in named]
    left = [PipelinerId(entry.pipeliner_id or "") for entry in rest]
    notice = values_replaced_notice(run_id, left, {change.field for entry in rest for change in entry.changes})
    await context.commit((ChangeSet(attention=(notice,)) if rest else ChangeSet(resolved=(item.subject,)),))


def _job(context: RunContext, entry: HistoryEntry, seen: Seen) -> Job | None:
    """Return the edit that brings the lost values back: on both sides where both are written, else where they lost."""
    connection, link = context.connection, seen.touch.link
    if seen.outlook is None or seen.pipeliner is None or entry.side is None:
        return None
    shown = {Side.OUTLOOK: seen.outlook.contact, Side.PIPELINER: seen.pipeliner.contact}
    changes = still_shown(context, shown[entry.side], entry.changes)
    sides = {entry.side, entry.side.other} if connection.sync_type.reaches(entry.side.other) else {entry.side}
    may_edit = right_on(connection.user, seen.pipeliner) >= Right.EDIT
    sides -= set() if may_edit else {Side.PIPELINER}
    writes = {side: changes if side in sides else {} for side in Side}
    if not changes or not connection.sync_type.reaches(entry.side) or entry.side not in sides:
        return None
    merge = chosen_values(connection.field_map, writes[Side.OUTLOOK], writes[Side.PIPELINER])
    return Job(Update(link, seen.outlook, seen.pipeliner, merge, PUT_BACK), link.id)


def still_shown(context: RunContext, shown: Contact, changes: Sequence[FieldChange]) -> dict[str, Value]:
    """Return the values from before of the fields that still show what the sync wrote; of an address all or none."""
    fields = context.connection.field_map
    edited = {
        change.field for change in changes if not same(fields.field(change.field).kind, shown[change.field], change.new)
    }
    for parts in fields.wholes:
        names = {part.name for part in parts}
        edited |= names if edited & names else set()
    return {
        change.field: normal(fields.field(change.field).kind, change.old)
        for change in changes
        if change.field not in edited
    }


async def _take_over(context: RunContext, item: AttentionItem, side: Side) -> bool:
    """Write the other side's values onto `side`; returns whether nothing is left to do."""
    links = await context.state.links([item.link_id] if item.link_id is not None else [])
    if not links:
        return True
    field_map, jobs = context.connection.field_map, list[Job]()
    free = [Touch(link) for link in links.values() if link.pending is None and link.absent is None]
    for seen in await see(context, free):
        if seen.outlook is None or seen.pipeliner is None or seen.pipeliner.is_deleted:
            return False
        may_edit = right_on(context.connection.user, seen.pipeliner) >= Right.EDIT
        rules = MergeRules(context.connection.sync_type, may_edit=may_edit)
        shown = {Side.OUTLOOK: seen.outlook.contact, Side.PIPELINER: seen.pipeliner.contact}
        values: dict[str, Value] = {}
        for field in field_map:
            theirs, mine = (normal(field.kind, shown[one][field.name]) for one in (side.other, side))
            is_meant = field.name in item.fields and rules.may_write(field, side)
            if is_meant and not same(field.kind, theirs, mine):
                values[field.name] = theirs if isinstance(theirs, str) else theirs[: field.entries(side)]
        written = {side: values, side.other: {}}
        merge = chosen_values(field_map, written[Side.OUTLOOK], written[Side.PIPELINER])
        why = TAKEN if side is Side.OUTLOOK else ACCEPTED
        jobs.append(Job(Update(seen.touch.link, seen.outlook, seen.pipeliner, merge, why), seen.touch.link.id))
    applied = await apply(context, jobs)
    await context.commit(applied.change_sets, None, applied.finished)
    return bool(jobs) and not any(one.put_work for one in applied.change_sets)
