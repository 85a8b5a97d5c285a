"""What is stored of a half that is missing or goes: marks, the work that waits, and what the history tells of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sync_core.domain import (
    Absent,
    AbsentBy,
    Action,
    Connection,
    Contact,
    FieldChange,
    HistoryEntry,
    Link,
    Relink,
    Remove,
    Side,
)
from sync_core.engine.ports import Awaited, ChangeSet, Work

REMOVED_BEFORE = "deleted by a run that was cut off"


def marked_for_removal(decision: Remove, now: datetime) -> Link:
    """Return the link as it is stored before a contact is deleted: one found missing later was not so by a person.

    A mark that an earlier try left stays as it is while it says the same.
    """
    link = decision.link
    absent = Absent(decision.side, AbsentBy.US, now, shown=decision.contact.contact)
    if link.absent is not None and link.absent == replace(absent, since=link.absent.since):
        absent = link.absent
    return replace(link, absent=absent)


def removal_entry(connection: Connection, decision: Remove) -> HistoryEntry:
    """Return what the history tells of a removal: every value that the contact had, for undo works from it."""
    link, contact = decision.link, decision.contact.contact
    values = tuple(FieldChange(one.name, contact[one.name], "") for one in connection.field_map if contact[one.name])
    ids = (link.id, link.outlook_id, link.pipeliner_id)
    return HistoryEntry(decision.action, decision.side, *ids, values, decision.why)


def removed_before(link: Link) -> HistoryEntry | None:
    """Tell the removal that a run could not tell any more."""
    if link.being_removed is None:
        return None
    shown = link.being_removed.shown
    changes = tuple(FieldChange(name, shown[name], "") for name in shown)
    ids = (link.id, link.outlook_id, link.pipeliner_id)
    return HistoryEntry(Action.DELETED, link.being_removed.side, *ids, changes, REMOVED_BEFORE)


def moved_history(decision: Relink) -> tuple[HistoryEntry, ...]:
    """Tell that another contact took the place of the missing half, and that half's removal where no run has."""
    link, ids = decision.link, (decision.link.id, decision.outlook.id, decision.pipeliner.id)
    moved = HistoryEntry(Action.LINKED, None, *ids, why=decision.why)
    is_told = link.being_removed is None or link.being_removed.shown == Contact()
    before = None if is_told else removed_before(link)
    return (moved,) if before is None else (before, moved)


def await_half(link: Link, side: Side, by: AbsentBy, now: datetime, done: tuple[Work, ...] = ()) -> ChangeSet:
    """Build the change set for a half that is missing: its link says so, since it was first seen so.

    That the sync has begun to delete it itself stays said: its delete may still arrive.
    """
    absent = link.absent
    if absent is None or absent.kept or not (absent.by is AbsentBy.US or absent.side is side):
        absent = Absent(side, by, now)
    waits = (Awaited(link.id, absent.since, side),)
    return ChangeSet(before=link, after=replace(link, absent=absent), put_work=waits, done_work=still_done(done, waits))


def still_done(done: tuple[Work, ...], again: tuple[Work, ...]) -> tuple[Work, ...]:
    """Return the work that is done: what is put again is not."""
    kept = {work.subject for work in again}
    return tuple(work for work in done if work.subject not in kept)
