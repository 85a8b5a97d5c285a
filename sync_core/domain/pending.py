"""Writes whose outcome nobody was told: what a link may be believed to be, from what its sides show.

A pass stores what it is about to write before the request goes out. When it dies, or the answer is lost, our own
write would later look like a person's edit, and win over what a person did since.
"""

from __future__ import annotations

from dataclasses import replace

from sync_core.domain.contact import Contact, Side, Value, entry_key, normal, same
from sync_core.domain.fields import Field, FieldMap
from sync_core.domain.link import Link, Pending
from sync_core.domain.merge import Baselines, Conflict, Merge
from sync_core.domain.sides import OutlookContact, PipelinerContact


def pending_of(merge: Merge, outlook: OutlookContact, pipeliner: PipelinerContact) -> Pending:
    """Say what both sides show in the fields of a merge once it is written."""
    names = {*merge.to_outlook, *merge.to_pipeliner}
    read = {Side.OUTLOOK: outlook.contact, Side.PIPELINER: pipeliner.contact}
    after = [
        Contact().with_values({name: merge.to(side).get(name, read[side][name]) for name in names}) for side in Side
    ]
    return Pending(
        Baselines(*after),
        frozenset(merge.to_outlook),
        frozenset(merge.to_pipeliner),
        outlook.change_key,
        pipeliner.revision,
    )


def believed(rows: FieldMap, link: Link, outlook: OutlookContact | None, pipeliner: PipelinerContact | None) -> Link:
    """Give the link as it would be, had the outcome of its pending write been stored; `pending` stays as it is.

    A value that shows was written, one that does not was not.
    """
    if link.pending is None or outlook is None or pipeliner is None:
        return link
    shown = {Side.OUTLOOK: outlook.contact, Side.PIPELINER: pipeliner.contact}
    values: dict[Side, dict[str, Value]] = {side: {} for side in Side}
    for side in Side:
        after = link.pending.after
        for name in _arrived(rows, link, side, shown[side]):
            values[side][name] = after.of(side)[name]
            if name not in link.pending.written(side.other):
                values[side.other][name] = after.of(side.other)[name]
    baselines = [link.baselines.of(side).with_values(values[side]) for side in Side]
    return replace(link, baselines=Baselines(*baselines))


def _arrived(rows: FieldMap, link: Link, side: Side, shown: Contact) -> list[str]:
    written = link.pending.written(side) if link.pending is not None else frozenset()
    return [row.name for row in rows if row.name in written and _shows(row, link, side, shown)]


def put_back(link: Link, merge: Merge, outlook: OutlookContact, pipeliner: PipelinerContact) -> tuple[Conflict, ...]:
    """Name values that are about to be written over and may have been put back by a person.

    The contact moved since the write was announced and shows the old value: nobody can tell that from a write that was
    never done beside an edit of something else.
    """
    if link.pending is None:
        return ()
    moved = {
        Side.OUTLOOK: link.pending.change_key not in {"", outlook.change_key},
        Side.PIPELINER: link.pending.revision not in {-1, pipeliner.revision},
    }
    shown = {Side.OUTLOOK: outlook.contact, Side.PIPELINER: pipeliner.contact}
    return tuple(
        Conflict(name, side.other, merge.to(side)[name], shown[side][name])
        for side in Side
        if moved[side]
        for name in sorted(link.pending.written(side) & merge.to(side).keys())
    )


def _shows(row: Field, link: Link, side: Side, shown: Contact) -> bool:
    """Whether a side shows what was to be written; of a list the entries that were to come or go count."""
    after = link.pending.after.of(side)[row.name] if link.pending is not None else ""
    if not row.kind.is_list:
        return same(row.kind, shown[row.name], after)
    had, wanted, now = (_keys(row, value) for value in (link.baselines.of(side)[row.name], after, shown[row.name]))
    if had == wanted:
        return same(row.kind, shown[row.name], after)
    return wanted - had <= now and not (had - wanted) & now


def _keys(row: Field, value: Value) -> set[str]:
    entries = normal(row.kind, value)
    return {entry_key(row.kind, entry) for entry in entries} if isinstance(entries, tuple) else set()
