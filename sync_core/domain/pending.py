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
    before = {side: {name: read[side][name] for name in names} for side in Side}
    return Pending(
        Baselines(*(Contact().with_values(before[side]) for side in Side)),
        Baselines(*(Contact().with_values({**before[side], **merge.to(side)}) for side in Side)),
        frozenset(merge.to_outlook),
        frozenset(merge.to_pipeliner),
        outlook.change_key,
        pipeliner.revision,
    )


def believed(rows: FieldMap, link: Link, outlook: OutlookContact | None, pipeliner: PipelinerContact | None) -> Link:
    """Give the link as it would be, had the outcome of its pending write been stored; `pending` stays as it is.

    An old value says that it was not written. Any other says that it was, and that a person may have gone on from it.
    """
    if link.pending is None or outlook is None or pipeliner is None:
        return link
    shown = {Side.OUTLOOK: outlook.contact, Side.PIPELINER: pipeliner.contact}
    moved = _moved(link.pending, outlook, pipeliner)
    values: dict[Side, dict[str, Value]] = {side: {} for side in Side}
    for side in link.pending.unknown:
        after = link.pending.after
        for name in _arrived(rows, link, side, shown[side], has_moved=moved[side]):
            values[side][name] = after.of(side)[name]
            if name not in link.pending.written(side.other):
                values[side.other][name] = after.of(side.other)[name]
    baselines = [link.baselines.of(side).with_values(values[side]) for side in Side]
    return replace(link, baselines=Baselines(*baselines))


def doubtful(
    rows: FieldMap, link: Link, merge: Merge, outlook: OutlookContact, pipeliner: PipelinerContact
) -> tuple[Conflict, ...]:
    """Name the values that a merge writes over and that may be a person's: `link` is as it was believed.

    Either the old value was put back where we had written, or what we meant to write was never seen by him who typed
    something else there.
    """
    if link.pending is None:
        return ()
    moved = _moved(link.pending, outlook, pipeliner)
    shown = {Side.OUTLOOK: outlook.contact, Side.PIPELINER: pipeliner.contact}
    found = []
    for side in sorted(link.pending.unknown):
        names = [row.name for row in rows if row.name in link.pending.written(side) and not row.kind.is_list]
        for name in names if moved[side] else ():
            over = side if name in merge.to(side) else side.other
            is_ours = same(rows.row(name).kind, shown[side][name], link.pending.after.of(side)[name])
            if name in merge.to(over) and not is_ours:
                found.append(Conflict(name, over.other, merge.to(over)[name], shown[over][name]))
    return tuple(found)


def _moved(pending: Pending, outlook: OutlookContact, pipeliner: PipelinerContact) -> dict[Side, bool]:
    return {
        Side.OUTLOOK: pending.change_key not in {"", outlook.change_key},
        Side.PIPELINER: pending.revision not in {-1, pipeliner.revision},
    }


def _arrived(rows: FieldMap, link: Link, side: Side, shown: Contact, *, has_moved: bool) -> list[str]:
    written = link.pending.written(side) if link.pending is not None else frozenset()
    return [
        row.name
        for row in rows
        if row.name in written and (_shows(row, link, side, shown) or (has_moved and _is_new(row, link, side, shown)))
    ]


def _is_new(row: Field, link: Link, side: Side, shown: Contact) -> bool:
    before = link.pending.before.of(side)[row.name] if link.pending is not None else ""
    return not row.kind.is_list and not same(row.kind, shown[row.name], before)


def _shows(row: Field, link: Link, side: Side, shown: Contact) -> bool:
    """Whether a side shows what was to be written; of a list the entries that were to come or go count."""
    after = link.pending.after.of(side)[row.name] if link.pending is not None else ""
    if not row.kind.is_list:
        return same(row.kind, shown[row.name], after)
    before = link.pending.before.of(side)[row.name] if link.pending is not None else ""
    had, wanted, now = (_keys(row, value) for value in (before, after, shown[row.name]))
    if had == wanted:
        return same(row.kind, shown[row.name], after)
    return wanted - had <= now and not (had - wanted) & now


def _keys(row: Field, value: Value) -> set[str]:
    entries = normal(row.kind, value)
    return {entry_key(row.kind, entry) for entry in entries} if isinstance(entries, tuple) else set()
