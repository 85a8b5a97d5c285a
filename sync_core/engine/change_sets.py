"""What came of a decision -> the rows to store: the link with its new baselines, history, attention, what to retry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from sync_core.domain import (
    LIVES_ON,
    Absent,
    AbsentBy,
    Action,
    Ask,
    AttentionItem,
    Baselines,
    Connection,
    Contact,
    Create,
    Decision,
    End,
    FieldChange,
    HistoryEntry,
    KeepDormant,
    Link,
    LinkId,
    OutlookContact,
    OutlookId,
    Pair,
    PipelinerContact,
    PipelinerId,
    Reason,
    Recreate,
    Relink,
    Remove,
    Side,
    Update,
    Wait,
    changed_fields,
    first_subjects,
    link_subject,
    new_baseline,
    read_only_subject,
)
from sync_core.engine.notices import overflow_notice, question_notice, refusal_notice
from sync_core.engine.ports import (
    Awaited,
    ChangeSet,
    OutcomeUnknown,
    OutlookLook,
    OutlookOutcome,
    PipelinerLook,
    PipelinerOutcome,
    Refused,
    Stale,
    Unfinished,
    Work,
    Written,
)
from sync_core.engine.removed import await_half, moved_history, removed_before, still_done
from sync_core.engine.setting_aside import tries_of
from sync_core.engine.withheld import amended_notice, withheld_entries, withheld_notice

Outcome = OutlookOutcome | PipelinerOutcome


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of a decision's writes; None where nothing was sent."""

    outlook: OutlookOutcome | None = None
    pipeliner: PipelinerOutcome | None = None

    def of(self, side: Side) -> Outcome | None:
        """Outcome on one side."""
        return self.outlook if side is Side.OUTLOOK else self.pipeliner


@dataclass(frozen=True, slots=True)
class _Sight:
    """Both contacts after the writes, and what was read of each side before; a new contact was not read."""

    outlook: OutlookContact
    pipeliner: PipelinerContact
    read: Mapping[Side, Contact]


def to_change_set(  # noqa: PLR0911 - one return for each kind of decision
    connection: Connection,
    decision: Decision,
    outcomes: Outcomes,
    link_id: LinkId,
    done: tuple[Work, ...],
    now: datetime,
) -> ChangeSet:
    """Build the change set to store for a decision; what came of a removal is `removals`' to say.

    `link_id` is the id of a link to come, `done` the work rows that the decision answers; `now` dates what is missing.
    """
    match decision:
        case KeepDormant():
            link = decision.link
            was_dormant = link.absent is not None and link.absent.kept == decision.why
            since = link.absent.since if link.absent is not None and was_dormant else now
            absent = Absent(decision.side, decision.by, since, decision.why)
            kept = replace(link, absent=absent, pending=None if decision.both_seen else link.pending)
            entry = HistoryEntry(Action.DORMANT, None, link.id, link.outlook_id, link.pipeliner_id, why=decision.why)
            history = () if was_dormant else (entry,)
            # Who a card has become nobody can say any more once it is gone; who lives on elsewhere, they still can.
            resolved = () if decision.why == LIVES_ON else (link_subject(link.id),)
            changed = ChangeSet(link, kept, history, (), resolved, (), done)
            return ChangeSet(done_work=done) if kept == link else changed
        case End(link=link):
            ended = HistoryEntry(Action.ENDED, None, link.id, link.outlook_id, link.pipeliner_id, why=decision.why)
            history = (removed_before(link) or ended,)
            anew: tuple[Work, ...] = ()
            if decision.both_stay:  # each of them is a contact without a link from now on
                anew = (OutlookLook(link.outlook_id, is_new=True), PipelinerLook(link.pipeliner_id))
            resolved = (link_subject(link.id),)
            return ChangeSet(link, None, history, (), resolved, anew, still_done(done, anew))
        case Wait(link=link):
            return await_half(link, decision.side, decision.by, now, done)
        case Remove():
            raise ValueError("a contact is removed at the end of a run, after its last look")
        case Ask(link=link):
            return _asked(link, done)
        case Update() | Relink() | Pair():
            read = {Side.OUTLOOK: decision.outlook.contact, Side.PIPELINER: decision.pipeliner.contact}
            outlook = outcomes.outlook.contact if isinstance(outcomes.outlook, Written) else decision.outlook
            pipeliner = outcomes.pipeliner.contact if isinstance(outcomes.pipeliner, Written) else decision.pipeliner
            return _written(connection, decision, outcomes, _Sight(outlook, pipeliner, read), link_id, done, now)
        case Create() | Recreate():
            source = decision.source
            read = {decision.side.other: source.contact, decision.side: Contact()}
            if isinstance(source, OutlookContact) and isinstance(outcomes.pipeliner, Written):
                stamped = outcomes.outlook.contact if isinstance(outcomes.outlook, Written) else source
                sight = _Sight(stamped, outcomes.pipeliner.contact, read)
            elif isinstance(source, PipelinerContact) and isinstance(outcomes.outlook, Written):
                sight = _Sight(outcomes.outlook.contact, source, read)
            else:
                return _uncreated(connection, decision, outcomes, done)
            return _written(connection, decision, outcomes, sight, link_id, done, now)
        case _:
            assert_never(decision)


def _asked(link: Link, done: tuple[Work, ...]) -> ChangeSet:
    """Build the change set for a card that was typed over; both halves are there, whatever the link said of one."""
    item = question_notice(
        Reason.TYPED_OVER,
        link_subject(link.id),
        candidates=(link.pipeliner_id,),  # of a link they are Pipeliner's, whichever card was typed over
        outlook_id=link.outlook_id,
        pipeliner_id=link.pipeliner_id,
        link_id=link.id,
    )
    if link.absent is None:
        return ChangeSet(attention=(item,), done_work=done)
    return ChangeSet(before=link, after=replace(link, absent=None), attention=(item,), done_work=done)


def _written(
    connection: Connection,
    decision: Update | Relink | Pair | Create | Recreate,
    outcomes: Outcomes,
    sight: _Sight,
    link_id: LinkId,
    done: tuple[Work, ...],
    now: datetime,
) -> ChangeSet:
    link = _new_link(connection, decision, outcomes, sight, link_id)
    field_map, subject = connection.field_map, link_subject(link.id)
    told = [(side, one.left_out if isinstance(one := outcomes.of(side), Written) else one) for side in Side]
    refused = [(side, one) for side, one in told if isinstance(one, Refused) and one.code]
    attention: tuple[AttentionItem, ...] = ()
    if refused:
        notice = refusal_notice(field_map, subject, link.id, *refused[0], creating=False)
        attention = (_with_ids(notice, decision),)
    elif decision.merge.overflows:
        notice = overflow_notice(field_map, subject, link.id, decision.merge.overflows)
        attention = (_with_ids(notice, decision),)
    firsts = first_subjects(decision) if isinstance(decision, Pair | Relink | Create) else ()
    resolved = () if attention else (subject, *firsts)
    amended: tuple[AttentionItem, ...] = ()
    unsent = decision.merge.withheld
    if unsent and (unsent := unsent - connection.kept_fields(sight.pipeliner.ownership)):
        attention = (*attention, withheld_notice(connection, link, unsent))
    elif isinstance(decision, Update) and not changed_fields(field_map, sight.outlook.contact, sight.pipeliner.contact):
        resolved = (*resolved, read_only_subject(link.id))
    elif isinstance(decision, Update):
        amended = (amended_notice(connection, link, sight.pipeliner),)
    again: tuple[Work, ...] = ()
    if any(isinstance(outcomes.of(side), Stale | Unfinished | OutcomeUnknown) for side in Side):
        again = (PipelinerLook(link.pipeliner_id, tries=tries_of(done, outcomes.outlook, outcomes.pipeliner)),)
    leaves = isinstance(decision, Update) and decision.then_remove
    if leaves and not again and not isinstance(outcomes.pipeliner, Refused):
        link = replace(link, absent=Absent(Side.PIPELINER, AbsentBy.SCOPE, now))
        again = (Awaited(link.id, now, Side.PIPELINER),)
    return ChangeSet(
        before=decision.link,
        after=link,
        history=_history(connection, decision, outcomes, sight, link),
        attention=attention,
        resolved=resolved,
        amended=amended,
        put_work=again,
        done_work=still_done(done, again) if again else done,
    )


def _new_link(
    connection: Connection,
    decision: Update | Relink | Pair | Create | Recreate,
    outcomes: Outcomes,
    sight: _Sight,
    link_id: LinkId,
) -> Link:
    field_map, merge = connection.field_map, decision.merge
    before = decision.moved if isinstance(decision, Relink) else decision.link
    # A new counterpart starts blank: what could not travel to it was not cleared there by a person. What it shows and
    # we did not write came from somebody else since, or from the service: it travels back.
    is_known = before is not None and isinstance(decision, Update | Relink)
    old = before.baselines if before is not None and is_known else Baselines(Contact(), Contact())
    shown = {Side.OUTLOOK: sight.outlook.contact, Side.PIPELINER: sight.pipeliner.contact}
    left = {side: one.left_out.names for side in Side if isinstance(one := outcomes.of(side), Written)}
    wrote = {side: frozenset(merge.to(side)) - left[side] if side in left else frozenset[str]() for side in Side}
    not_agreed = merge.not_agreed.union(*(merge.to(side).keys() - wrote[side] for side in Side))
    baselines = {
        side: new_baseline(field_map, old.of(side), sight.read[side], shown[side], wrote[side], not_agreed)
        for side in Side
    }
    # What the answer shows changed and we did not write, a person edited meanwhile.
    moved = {side: changed_fields(field_map, shown[side], sight.read[side]) - wrote[side] for side in Side}
    created_on = decision.side if isinstance(decision, Create | Recreate) else before.created_on if before else None
    if before is None or isinstance(decision, Create | Recreate):
        is_untouched = isinstance(decision, Create | Recreate) and not moved[decision.side]
    else:
        is_untouched = not before.is_copy_touched(decision.outlook, decision.pipeliner)
    # Of what was announced, the side stays pending whose outcome nobody told.
    unknown = frozenset(side for side in Side if isinstance(outcomes.of(side), OutcomeUnknown))
    pending = replace(before.pending, unknown=unknown) if before and before.pending and unknown else None
    return Link(
        id=before.id if before is not None else link_id,
        outlook_id=sight.outlook.id,
        pipeliner_id=sight.pipeliner.id,
        baselines=Baselines(baselines[Side.OUTLOOK], baselines[Side.PIPELINER]),
        change_key="" if moved[Side.OUTLOOK] else sight.outlook.change_key,
        revision=-1 if moved[Side.PIPELINER] else sight.pipeliner.revision,
        created_on=created_on,
        is_untouched=is_untouched,
        written=before.written if before else (),
        pending=pending,
    )


def _uncreated(
    connection: Connection, decision: Create | Recreate, outcomes: Outcomes, done: tuple[Work, ...]
) -> ChangeSet:
    """Nothing came of a create: say why, or keep the work for another try."""
    outcome = outcomes.of(decision.side)
    if isinstance(outcome, Refused):
        link_id = None if isinstance(decision, Create) else decision.link.id
        subject = first_subjects(decision)[0] if isinstance(decision, Create) else link_subject(decision.link.id)
        notice = refusal_notice(connection.field_map, subject, link_id, decision.side, outcome, creating=True)
        return ChangeSet(attention=(_with_ids(notice, decision),), done_work=done)
    source, tries = decision.source, tries_of(done, outcomes.outlook, outcomes.pipeliner)
    again: tuple[Work, ...]
    if isinstance(decision, Recreate):
        again = (PipelinerLook(decision.link.pipeliner_id, tries=tries),)
    elif isinstance(source, OutlookContact):
        again = (OutlookLook(source.id, tries=tries),)
    else:
        again = (PipelinerLook(source.id, tries=tries),)
    return ChangeSet(put_work=again, done_work=still_done(done, again))


def _with_ids(notice: AttentionItem, decision: Update | Relink | Pair | Create | Recreate) -> AttentionItem:
    """Name the contacts that were looked at: of a create that failed there is only one."""
    outlook_id: OutlookId | None
    pipeliner_id: PipelinerId | None
    if isinstance(decision, Update | Relink | Pair):
        outlook_id, pipeliner_id = decision.outlook.id, decision.pipeliner.id
    elif isinstance(decision.source, OutlookContact):
        outlook_id, pipeliner_id = decision.source.id, None
    else:
        outlook_id, pipeliner_id = None, decision.source.id
    return replace(notice, outlook_id=outlook_id, pipeliner_id=pipeliner_id)


def _history(
    connection: Connection,
    decision: Update | Relink | Pair | Create | Recreate,
    outcomes: Outcomes,
    sight: _Sight,
    link: Link,
) -> tuple[HistoryEntry, ...]:
    ids = (link.id, link.outlook_id, link.pipeliner_id)
    if isinstance(decision, Create | Recreate):
        before = removed_before(decision.link) if isinstance(decision, Recreate) else None
        created = HistoryEntry(Action.CREATED, decision.side, *ids, why=decision.why)
        return (before, created) if before is not None else (created,)
    entries: list[HistoryEntry] = []
    if isinstance(decision, Relink):
        entries.extend(moved_history(decision))
    elif isinstance(decision, Pair):
        entries.append(HistoryEntry(Action.LINKED, None, *ids, why=decision.why))
    for side, shown in zip(Side, (sight.outlook.contact, sight.pipeliner.contact), strict=True):
        outcome = outcomes.of(side)
        written = (
            sorted(decision.merge.to(side).keys() - outcome.left_out.names) if isinstance(outcome, Written) else ()
        )
        if written:
            changes = tuple(FieldChange(name, sight.read[side][name], shown[name]) for name in written)
            entries.append(HistoryEntry(Action.UPDATED, side, *ids, changes=changes, why=decision.why))
    if withheld := decision.merge.withheld:
        had = decision.link if isinstance(decision, Update) else None
        entries += withheld_entries(connection, link, had, withheld, sight.read[Side.OUTLOOK], sight.pipeliner)
    return tuple(entries)
