"""A link: one Outlook contact paired with one Pipeliner contact inside a connection, and what is under way on it.

A run stores what it is about to write before the request goes out. When it dies, or the answer is lost, our own write
would later look like a person's edit, and win over what a person did since. What the sides show then tells what is so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sync_core.domain.connection import ConflictRule, Connection, PhoneFormat, SyncType
from sync_core.domain.contact import (
    Contact,
    Kind,
    LinkId,
    OutlookContact,
    OutlookId,
    PipelinerContact,
    PipelinerId,
    Side,
    Value,
    entry_key,
    normal,
    same,
)
from sync_core.domain.fields import Field, FieldMap
from sync_core.domain.merge import Baselines, Conflict, Merge, MergeRules, changed_fields, merge_contacts
from sync_core.domain.rights import Right, right_on


class AbsentBy(StrEnum):
    """What took one side of a link away, as far as anybody can tell."""

    UNKNOWN = "unknown"
    SCOPE = "scope"
    MOVE = "move"
    SIGHT = "sight"
    US = "us"


@dataclass(frozen=True, slots=True)
class Absent:
    """One side of a link is not there, or goes by our own hand just now.

    With `kept`, the reason why nothing is deleted, the link is dormant. Without it the half is awaited: what follows
    from its absence waits, and a return or a replacement mends the link. `by` us, the sync has begun to delete the
    contact: if it is missing, no person deleted it, and `shown` is what the history tells of it when the run that
    deleted it could not. `since` is blank where 0.1 wrote the mark.
    """

    side: Side
    by: AbsentBy
    since: datetime | None = None
    kept: str = ""
    shown: Contact = dataclasses.field(default_factory=Contact)


@dataclass(frozen=True, slots=True)
class Pending:
    """A write that was announced: until its outcome is known, it may have been done or not.

    `before` and `after` hold, for the fields that are written to either side, what the sides showed then and show once
    it is done; `change_key` and `revision` are those of the state before. `unknown` are the sides whose outcome nobody
    has told yet.
    """

    before: Baselines
    after: Baselines
    to_outlook: frozenset[str]
    to_pipeliner: frozenset[str]
    change_key: str = ""
    revision: int = -1
    unknown: frozenset[Side] = frozenset(Side)

    def written(self, side: Side) -> frozenset[str]:
        """Fields that are written on one side."""
        return self.to_outlook if side is Side.OUTLOOK else self.to_pipeliner


@dataclass(frozen=True, slots=True)
class Link:
    """The pair, what each side had when both agreed, and the tokens by which our own echo is known.

    `change_key` (Graph) and `revision` (Pipeliner) are of the state that was merged last; an observation with
    the same token needs no second look. `created_on` names the side where the sync made the copy.
    `is_untouched`, no person has edited that copy since, in any field that its token tells of; where it is not sure, it
    is not so.
    """

    id: LinkId
    outlook_id: OutlookId
    pipeliner_id: PipelinerId
    baselines: Baselines
    change_key: str = ""
    revision: int = -1
    created_on: Side | None = None
    written: tuple[datetime, ...] = ()
    """When the sync wrote one of its contacts lately: a circle shows here."""
    pending: Pending | None = None
    absent: Absent | None = None
    is_untouched: bool = False

    def is_copy_touched(self, outlook: OutlookContact, pipeliner: PipelinerContact) -> bool:
        """Whether the copy that the sync made is not as the sync left it, or there is none."""
        if self.created_on is Side.OUTLOOK:
            return not self.is_untouched or outlook.change_key != self.change_key
        return not self.is_untouched or self.created_on is None or pipeliner.revision != self.revision

    @property
    def is_dormant(self) -> bool:
        """Whether nothing travels over the link until both its contacts are back."""
        return self.absent is not None and bool(self.absent.kept)

    @property
    def being_removed(self) -> Absent | None:
        """The mark that the sync has begun to delete one side."""
        is_ours = self.absent is not None and self.absent.by is AbsentBy.US and not self.absent.kept
        return self.absent if is_ours else None


def new_baseline(
    field_map: FieldMap,
    old: Contact,
    read: Contact,
    shown: Contact,
    written: frozenset[str],
    not_agreed: frozenset[str],
) -> Contact:
    """Baseline of one side after a merge: per field the old value, what was read, or what the write left.

    Only written fields are taken from the answer (`shown`): another field that moved between our read and our
    write is a person's edit, which must still be noticed.
    """
    for parts in field_map.wholes:  # their baselines move together, or what is decided together would be mixed
        names = frozenset(part.name for part in parts)
        not_agreed |= names if names & not_agreed else frozenset()
    values: dict[str, Value] = {}
    for field in field_map:
        source = old if field.name in not_agreed else shown if field.name in written else read
        values[field.name] = source[field.name]
    return Contact().with_values(values)


def baselines_with_newcomer(field_map: FieldMap, link: Link, newcomer: Contact) -> Baselines:
    """Return the baselines of a link one half of which another contact replaces: its blanks are none that it cleared.

    A card that was typed anew has less than the one it replaces. What it lacks is filled from the other half; what it
    has, and the baseline had otherwise, was edited.
    """
    values: dict[Side, dict[str, Value]] = {one: {} for one in Side}
    for field in field_map:
        had = normal(field.kind, newcomer[field.name])
        if not had:
            continue
        here = {entry_key(field.kind, entry) for entry in had} if isinstance(had, tuple) else None
        for one in Side:
            base = normal(field.kind, link.baselines.of(one)[field.name])
            if here is not None:
                base = tuple(entry for entry in base if entry_key(field.kind, entry) in here)
            values[one][field.name] = base
    return Baselines(*(Contact().with_values(values[one]) for one in Side))


def pending_of(merge: Merge, outlook: OutlookContact, pipeliner: PipelinerContact) -> Pending:
    """Return what both sides show in the fields of a merge once it is written."""
    names = {*merge.to_outlook, *merge.to_pipeliner}
    read = {Side.OUTLOOK: outlook.contact, Side.PIPELINER: pipeliner.contact}
    before = {side: {name: read[side][name] for name in names} for side in Side}
    return Pending(
        Baselines(*(Contact().with_values(before[side]) for side in Side)),
        Baselines(*(Contact().with_values({**before[side], **merge.to(side)}) for side in Side)),
        frozenset(merge.to_outlook),
        frozenset(merge.to_pipeliner),
        outlook.change_key,
        pipeliner.revision,
    )


def with_pending_resolved(
    field_map: FieldMap, link: Link, outlook: OutlookContact | None, pipeliner: PipelinerContact | None
) -> Link:
    """Return the link as it would be, had the outcome of its pending write been stored; `pending` stays as it is.

    An old value says that it was not written. Any other says that it was, and that a person may have gone on from it.
    """
    if link.pending is None or outlook is None or pipeliner is None:
        return link
    shown = {Side.OUTLOOK: outlook.contact, Side.PIPELINER: pipeliner.contact}
    moved = _moved(link.pending, outlook, pipeliner)
    names = [field.name for field in field_map if _has_arrived(field, link.pending, shown, moved)]
    after = [{name: link.pending.after.of(side)[name] for name in names} for side in Side]
    baselines = [link.baselines.of(side).with_values(values) for side, values in zip(Side, after, strict=True)]
    return replace(link, baselines=Baselines(*baselines))


def possibly_overwritten(
    field_map: FieldMap, link: Link, merge: Merge, outlook: OutlookContact, pipeliner: PipelinerContact
) -> tuple[Conflict, ...]:
    """Name the values that a merge writes over and that may be a person's: `link` has its pending write resolved.

    Either the old value was put back where we had written, or what we meant to write was never seen by whoever typed
    something else there.
    """
    if link.pending is None:
        return ()
    moved = _moved(link.pending, outlook, pipeliner)
    shown = {Side.OUTLOOK: outlook.contact, Side.PIPELINER: pipeliner.contact}
    found = []
    for side in sorted(link.pending.unknown):
        names = [
            field.name for field in field_map if field.name in link.pending.written(side) and not field.kind.is_list
        ]
        for name in names if moved[side] else ():
            over = side if name in merge.to(side) else side.other
            is_ours = same(field_map.field(name).kind, shown[side][name], link.pending.after.of(side)[name])
            if name in merge.to(over) and not is_ours:
                found.append(Conflict(name, over.other, merge.to(over)[name], shown[over][name]))
    return tuple(found)


def _moved(pending: Pending, outlook: OutlookContact, pipeliner: PipelinerContact) -> dict[Side, bool]:
    return {
        Side.OUTLOOK: pending.change_key not in {"", outlook.change_key},
        Side.PIPELINER: pending.revision not in {-1, pipeliner.revision},
    }


def _has_arrived(field: Field, pending: Pending, shown: Mapping[Side, Contact], moved: Mapping[Side, bool]) -> bool:
    """Whether a field was written wherever it was to be; a list that reached one of two sides is merged once more."""
    written = [side for side in Side if field.name in pending.written(side)]
    if pending.unknown.isdisjoint(written):
        return False
    return all(_shows(field, pending, side, shown[side], has_moved=moved[side]) for side in written)


def _shows(field: Field, pending: Pending, side: Side, shown: Contact, *, has_moved: bool) -> bool:
    """Whether a side shows what was written, or what somebody made of it; of a list the entries to come or go count.

    A note that shows anything else is merged once more: no line is lost by that, and both sides may have been written.
    """
    before, after, now = (contact[field.name] for contact in (pending.before.of(side), pending.after.of(side), shown))
    if same(field.kind, now, after):
        return True
    if field.kind is Kind.NOTE:
        return False
    if not field.kind.is_list:
        return has_moved and not same(field.kind, now, before)
    had, wanted, here = (
        {entry_key(field.kind, entry) for entry in normal(field.kind, value)} for value in (before, after, now)
    )
    return had != wanted and wanted - had <= here and not (had - wanted) & here


# Merging


def edits_to_send(connection: Connection, link: Link, outlook: OutlookContact, pipeliner: PipelinerContact) -> Merge:
    """Merge what Outlook has and Pipeliner lacks; Outlook gets nothing more."""
    return merge_link(connection, link, outlook, pipeliner, SyncType.TO_PIPELINER)


def merge_link(
    connection: Connection, link: Link, outlook: OutlookContact, pipeliner: PipelinerContact, sync_type: SyncType
) -> Merge:
    """Merge what both sides show of a link, as a connection of that type would."""
    is_first_sight = link.baselines.outlook.is_empty and link.baselines.pipeliner.is_empty
    rule = ConflictRule(connection.first_sight.value) if is_first_sight else connection.conflict_rule
    kept = connection.kept_fields(pipeliner.ownership) if connection.kept_when_shared else frozenset[str]()
    may_edit = right_on(connection.user, pipeliner) >= Right.EDIT
    international = connection.phone_format is PhoneFormat.INTERNATIONAL
    tie, role = Side(connection.tie_side.value), connection.user.role
    rules = MergeRules(sync_type, rule, tie, may_edit, kept, role, international)
    fields = connection.field_map
    merge = merge_contacts(fields, outlook.contact, pipeliner.contact, link.baselines, rules)
    if not merge.conflicts or rule is not ConflictRule.NEWEST or outlook.modified is None:
        return merge
    # Times are those of whole records: they tell of a value only where nothing else was edited on either side, and
    # where the later one is not that of our own write.
    edited = changed_fields(fields, outlook.contact, link.baselines.outlook)
    edited |= changed_fields(fields, pipeliner.contact, link.baselines.pipeliner)
    value = {fields.field(name).whole or name for name in edited}
    newest = Side.OUTLOOK if outlook.modified > pipeliner.modified else Side.PIPELINER
    latest = max(outlook.modified, pipeliner.modified)
    is_ours = any(at >= latest for at in link.written)
    is_told = len(value) == 1 and outlook.modified != pipeliner.modified and not is_ours
    if link.pending is not None:  # what was decided before a write of unknown outcome stays decided
        names = {one.field for one in merge.conflicts}
        targets = [side for side in Side if names & link.pending.written(side)]
        is_told, newest = len(targets) == 1, targets[0].other if targets else newest
    if not is_told or newest is rules.newest:
        return merge
    return merge_contacts(fields, outlook.contact, pipeliner.contact, link.baselines, replace(rules, newest=newest))
