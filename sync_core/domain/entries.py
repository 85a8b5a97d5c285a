"""Merge of list fields (e-mail addresses, phones) as ordered sets, so that two people adding one each lose nothing.

The sides may hold different numbers of entries. What a side shows and nobody removed stays there; what it has
no room for stays on the other side (Pipeliner's 4th and 5th address survive Outlook's limit of 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync_core.domain.contact import Kind, Side, Value, entry_key
from sync_core.domain.fields import Field

Entries = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergedEntries:
    """Lists to write; `overflowed` is a side without room for an addition, `held_back` when no change may travel."""

    writes: tuple[tuple[Side, Value], ...]
    overflowed: Side | None = None
    held_back: bool = False


@dataclass(frozen=True, slots=True)
class _Change:
    """What happened to one side's list since its baseline, by entry key."""

    added: frozenset[str]
    removed: frozenset[str]
    reordered: bool

    @property
    def any(self) -> bool:
        return bool(self.added or self.removed or self.reordered)


def merge_entries(
    row: Field,
    now: Mapping[Side, Entries],
    base: Mapping[Side, Entries],
    writable: frozenset[Side],
    preferred: Side,
) -> MergedEntries:
    """Merge both lists (in normal form); only `writable` sides get a write, and only what may travel counts."""
    changes = {side: _change(row.kind, now[side], base[side]) for side in Side}
    travelling = {side for side in Side if changes[side].any and side.other in writable}
    if not travelling:
        return MergedEntries((), held_back=any(change.any for change in changes.values()))
    first = preferred if preferred in travelling else next(iter(travelling))
    merged = _union(row.kind, now, changes, travelling, first)
    views = {side: _view(row, side, merged, now, changes, travelling) for side in Side if side in writable}
    planned = {**now, **views}
    writes = tuple((side, views[side]) for side in views if _needs_write(row.kind, now[side], planned, side))
    return MergedEntries(writes, _overflowed(row, views, changes, travelling))


def _keys(kind: Kind, entries: Entries) -> list[str]:
    return [entry_key(kind, entry) for entry in entries]


def _change(kind: Kind, now: Entries, base: Entries) -> _Change:
    here, before = _keys(kind, now), _keys(kind, base)
    kept = [key for key in here if key in before]
    reordered = kind is not Kind.TAGS and kept != [key for key in before if key in here]
    return _Change(frozenset(here) - frozenset(before), frozenset(before) - frozenset(here), reordered)


def _needs_write(kind: Kind, now: Entries, planned: Mapping[Side, Entries], side: Side) -> bool:
    """Order counts among the entries that both sides will show: elsewhere it would follow who wrote last, even us."""
    shown, view, theirs = _keys(kind, now), _keys(kind, planned[side]), _keys(kind, planned[side.other])
    if kind is Kind.TAGS or set(view) != set(shown):
        return set(view) != set(shown)
    return [key for key in view if key in theirs] != [key for key in shown if key in theirs]


def _union(
    kind: Kind, now: Mapping[Side, Entries], changes: Mapping[Side, _Change], travelling: set[Side], first: Side
) -> Entries:
    gone: set[str] = set()
    for side in travelling:
        gone |= changes[side].removed - changes[side.other].added
    merged: dict[str, str] = {}
    for side in (first, first.other):
        for entry in now[side]:
            if entry_key(kind, entry) not in gone:
                merged.setdefault(entry_key(kind, entry), entry)
    return tuple(merged.values())


def _view(
    row: Field,
    side: Side,
    merged: Entries,
    now: Mapping[Side, Entries],
    changes: Mapping[Side, _Change],
    travelling: set[Side],
) -> Entries:
    own = {entry_key(row.kind, entry): entry for entry in now[side]}
    shown = {key for key in _keys(row.kind, merged) if key in own}
    room = row.entries(side) - len(shown)
    for key in _keys(row.kind, merged):
        travels = key not in own and (side.other in travelling or key not in changes[side.other].added)
        if travels and room > 0:
            shown.add(key)
            room -= 1
    entries = {entry_key(row.kind, entry): entry for entry in merged}
    return tuple(own.get(key, entries[key]) for key in entries if key in shown)


def _overflowed(
    row: Field, views: Mapping[Side, Entries], changes: Mapping[Side, _Change], travelling: set[Side]
) -> Side | None:
    for side in views:
        source = side.other
        roomier = row.entries(side) >= row.entries(source)
        missing = changes[source].added - frozenset(_keys(row.kind, views[side]))
        if source in travelling and roomier and missing:
            return side
    return None
