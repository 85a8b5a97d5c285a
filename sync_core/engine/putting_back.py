"""What a person answers about values: those that lost when contacts were paired, and edits that may not be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync_core.domain import (
    AttentionItem,
    Baselines,
    Choice,
    ConflictRule,
    Contact,
    FieldChange,
    FieldMap,
    HistoryEntry,
    Merge,
    MergeRules,
    PipelinerContact,
    PipelinerId,
    Reason,
    Right,
    Side,
    Update,
    Value,
    chosen_values,
    merge_contacts,
    normal,
    right_on,
    run_of_replaced,
    same,
)
from sync_core.engine.applying import apply
from sync_core.engine.context import BATCH, RunContext
from sync_core.engine.deciding import Job, Seen, Touch, see
from sync_core.engine.notices import values_replaced_notice
from sync_core.engine.ports import Changes, ChangeSet
from sync_core.engine.withheld import amended_notice

PUT_BACK = "put back by a person, as it was before the pairing"
TAKEN = "a person took Pipeliner's values again"
ACCEPTED = "a person accepted the note as it is in Outlook"
SENT = "a person had it sent, once the user might edit the contact again"


async def put_back_values(context: RunContext) -> None:
    """Carry out what was answered to items of replaced values; a value that was edited since stays as it is.

    Edits that were not sent stay where they are, give way to Pipeliner's values, or are sent now. So does a note that
    was cut: the whole one comes back, or the short one is sent.
    """
    for item in await context.state.answered():
        if item.reason in {Reason.READ_ONLY, Reason.NOTE_CUT}:
            if item.chosen is Choice.KEEP_MINE or await _write_one_side(context, item):
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
    may_edit = right_on(connection.user, seen.pipeliner) >= Right.EDIT
    rules = MergeRules(connection.sync_type, may_edit=may_edit, role=connection.user.role)
    writes = {side: writable(rules, connection.field_map, changes, side) for side in Side}
    if not writes[entry.side]:
        return None
    kept = connection.kept_fields(seen.pipeliner.ownership)
    writes[Side.PIPELINER] = {name: value for name, value in writes[Side.PIPELINER].items() if name not in kept}
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


def writable(rules: MergeRules, field_map: FieldMap, values: Changes, side: Side) -> dict[str, Value]:
    """Return those of the values that may travel to that side."""
    return {name: value for name, value in values.items() if rules.may_write(field_map.field(name), side)}


async def _write_one_side(context: RunContext, item: AttentionItem) -> bool:
    """Write the values of one side of fields that were not sent into the other; returns whether nothing is left to do.

    They are sent by what both sides show and the user may do now: where the right is gone again nothing is.
    """
    links = await context.state.links([item.link_id] if item.link_id is not None else [])
    if not links:
        return True
    jobs: list[Job] = []
    free = [Touch(link) for link in links.values() if link.pending is None and link.absent is None]
    for seen in await see(context, free):
        link = seen.touch.link
        if seen.outlook is None or seen.pipeliner is None or seen.pipeliner.is_deleted:
            return False
        if item.chosen in {Choice.TAKE_THEIRS, Choice.KEEP}:
            merge, why = _theirs(context, item, seen.outlook.contact, seen.pipeliner.contact), TAKEN
        elif item.reason is Reason.NOTE_CUT:
            may_edit = right_on(context.connection.user, seen.pipeliner) >= Right.EDIT
            rules = MergeRules(context.connection.sync_type, may_edit=may_edit, role=context.connection.user.role)
            short = {name: seen.outlook.contact[name] for name in item.fields}
            sent = writable(rules, context.connection.field_map, short, Side.PIPELINER)
            merge, why = chosen_values(context.connection.field_map, {}, sent), ACCEPTED
        elif right_on(context.connection.user, seen.pipeliner) >= Right.EDIT:
            merge, why = _sent(context, item, seen.outlook.contact, seen.pipeliner), SENT
        else:
            notice = amended_notice(context.connection, link, seen.pipeliner)
            await context.commit((ChangeSet(amended=(notice,)),))
            return False
        jobs.append(Job(Update(link, seen.outlook, seen.pipeliner, merge, why), link.id))
    applied = await apply(context, jobs)
    await context.commit(applied.change_sets, None, applied.finished)
    return bool(jobs) and not any(one.put_work for one in applied.change_sets)


def _theirs(context: RunContext, item: AttentionItem, mine: Contact, theirs: Contact) -> Merge:
    connection, values = context.connection, dict[str, Value]()
    rules = MergeRules(connection.sync_type, role=connection.user.role)
    for field in context.connection.field_map:
        value = normal(field.kind, theirs[field.name])
        is_meant = field.name in item.fields and rules.may_write(field, Side.OUTLOOK)
        if is_meant and not same(field.kind, value, mine[field.name]):
            values[field.name] = value if isinstance(value, str) else value[: field.entries(Side.OUTLOOK)]
    return chosen_values(context.connection.field_map, values, {})


def _sent(context: RunContext, item: AttentionItem, mine: Contact, pipeliner: PipelinerContact) -> Merge:
    """Merge as if the fields had been edited just now, in Outlook alone: what Pipeliner cannot hold stays."""
    fields, theirs = context.connection.field_map, pipeliner.contact
    kept, role = context.connection.kept_fields(pipeliner.ownership), context.connection.user.role
    base = mine.with_values({name: theirs[name] for name in item.fields})
    rules = MergeRules(context.connection.sync_type, ConflictRule.OUTLOOK, Side.OUTLOOK, kept=kept, role=role)
    merge = merge_contacts(fields, mine, theirs, Baselines(base, theirs), rules)
    others = frozenset(field.name for field in fields) - frozenset(item.fields)
    return replace(merge, to_outlook={}, not_agreed=merge.not_agreed | others)
