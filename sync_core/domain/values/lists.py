"""Lists as values (e-mail addresses, phones): merged as ordered sets, so that two people adding one each lose nothing.

The sides may hold different numbers of entries. What a side shows and nobody removed stays there; what it has no room
for stays on the other side.
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


_UNCHANGED = _Change(frozenset(), frozenset(), reordered=False)


def merge_entries(
    field: Field,
    now: Mapping[Side, Entries],
    base: Mapping[Side, Entries],
    writable: frozenset[Side],
    preferred: Side,
) -> MergedEntries:
    """Merge both lists (in normal form); only `writable` sides get a write, and only what may travel counts."""
    changes: dict[Side, _Change] = {}
    for side in Side:
        here, before = entry_keys(field.kind, now[side]), entry_keys(field.kind, base[side])
        kept = [key for key in here if key in before]
        reordered = field.kind is not Kind.TAGS and kept != [key for key in before if key in here]
        changes[side] = _Change(frozenset(here) - frozenset(before), frozenset(before) - frozenset(here), reordered)
    travelling = {side for side in Side if changes[side] != _UNCHANGED and side.other in writable}
    if not travelling:
        return MergedEntries((), held_back=any(change != _UNCHANGED for change in changes.values()))
    gone = frozenset[str]().union(*(changes[side].removed - changes[side.other].added for side in travelling))
    first = preferred if preferred in travelling else next(iter(travelling))
    merged: dict[str, str] = {}
    for side in (first, first.other):
        for key, entry in zip(entry_keys(field.kind, now[side]), now[side], strict=True):
            if key not in gone:
                merged.setdefault(key, entry)
    views = {side: _view(field, side, merged, now, changes, travelling) for side in Side if side in writable}
    planned = {**now, **views}
    writes = tuple((side, views[side]) for side in views if _needs_write(field.kind, now[side], planned, side))
    return MergedEntries(writes, _overflowed(field, views, changes, travelling))


def entry_keys(kind: Kind, entries: Entries) -> list[str]:
    """Return what makes each entry the same as another."""
    return [entry_key(kind, entry) for entry in entries]


def _needs_write(kind: Kind, now: Entries, planned: Mapping[Side, Entries], side: Side) -> bool:
    """Order counts among the entries that both sides will show: elsewhere it would follow who wrote last, even us."""
    shown, view, theirs = entry_keys(kind, now), entry_keys(kind, planned[side]), entry_keys(kind, planned[side.other])
    if kind is Kind.TAGS or set(view) != set(shown):
        return set(view) != set(shown)
    return [key for key in view if key in theirs] != [key for key in shown if key in theirs]


def _view(
    field: Field,
    side: Side,
    merged: Mapping[str, str],
    now: Mapping[Side, Entries],
    changes: Mapping[Side, _Change],
    travelling: set[Side],
) -> Entries:
    own = {entry_key(field.kind, entry): entry for entry in now[side]}
    shown = {key for key in merged if key in own}
    room = field.entries(side) - len(shown)
    for key in merged:
        travels = key not in own and (side.other in travelling or key not in changes[side.other].added)
        if travels and room > 0:
            shown.add(key)
            room -= 1
    return tuple(own.get(key, entry) for key, entry in merged.items() if key in shown)


def _overflowed(
    field: Field, views: Mapping[Side, Entries], changes: Mapping[Side, _Change], travelling: set[Side]
) -> Side | None:
    for side in views:
        source = side.other
        roomier = field.entries(side) >= field.entries(source)
        missing = changes[source].added - frozenset(entry_keys(field.kind, views[side]))
        if source in travelling and roomier and missing:
            return side
    return None
