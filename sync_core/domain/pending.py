"""Writes whose outcome nobody was told: what a link may be believed to be, from what its sides show.

A pass stores what it is about to write before the request goes out. When it dies, or the answer is lost, our own
write would later look like a person's edit, and win over what a person did since.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    names = [row.name for row in rows if _has_arrived(row, link.pending, shown, moved)]
    after = [{name: link.pending.after.of(side)[name] for name in names} for side in Side]
    baselines = [link.baselines.of(side).with_values(values) for side, values in zip(Side, after, strict=True)]
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


def _has_arrived(row: Field, pending: Pending, shown: Mapping[Side, Contact], moved: Mapping[Side, bool]) -> bool:
    """Whether a field was written wherever it was to be; a list that reached one of two sides is merged once more."""
    written = [side for side in Side if row.name in pending.written(side)]
    if pending.unknown.isdisjoint(written):
        return False
    return all(_shows(row, pending, side, shown[side], has_moved=moved[side]) for side in written)


def _shows(row: Field, pending: Pending, side: Side, shown: Contact, *, has_moved: bool) -> bool:
    """Whether a side shows what was written, or what somebody made of it; of a list the entries to come or go count."""
    before, after, now = (contact[row.name] for contact in (pending.before.of(side), pending.after.of(side), shown))
    if same(row.kind, now, after):
        return True
    if not row.kind.is_list:
        return has_moved and not same(row.kind, now, before)
    had, wanted, here = (_keys(row, value) for value in (before, after, now))
    return had != wanted and wanted - had <= here and not (had - wanted) & here


def _keys(row: Field, value: Value) -> set[str]:
    entries = normal(row.kind, value)
    return {entry_key(row.kind, entry) for entry in entries} if isinstance(entries, tuple) else set()
