"""Three-way merge of one contact: which fields go to which side, who won, and what does not fit.

A field has changed on a side when it differs from **that side's own baseline**, never because it differs from
the other side: so a service that reformats what it stores does not look like a person.
List fields (e-mail addresses, phones) are merged as ordered sets, so that two people adding one each lose nothing.
What a side shows and nobody removed stays there; what it has no room for stays on the other side (Pipeliner's 4th and
5th address survive Outlook's limit of 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync_core.domain.connection import ConflictRule, SyncType, UserRole
from sync_core.domain.contact import Contact, Kind, Side, Value, entry_key, normal, same
from sync_core.domain.fields import Field, FieldMap, too_long

Entries = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Baselines:
    """What each side had when both were last in agreement."""

    outlook: Contact
    pipeliner: Contact

    def of(self, side: Side) -> Contact:
        """Baseline of one side."""
        return self.outlook if side is Side.OUTLOOK else self.pipeliner


@dataclass(frozen=True, slots=True)
class MergeRules:
    """What a connection has chosen; `newest` is the side that was edited last, for the rule of that name.

    Without `may_edit` nothing is written in Pipeliner; a `role` may shut fields. `kept` ones stay in Outlook alone.
    """

    sync_type: SyncType = SyncType.TWO_WAY
    conflict_rule: ConflictRule = ConflictRule.NEWEST
    newest: Side = Side.PIPELINER
    may_edit: bool = True
    kept: frozenset[str] = frozenset()
    role: UserRole | None = None

    @property
    def preferred(self) -> Side:
        """Side that wins a conflict."""
        of_rule = Side.OUTLOOK if self.conflict_rule is ConflictRule.OUTLOOK else Side.PIPELINER
        return self.newest if self.conflict_rule is ConflictRule.NEWEST else of_rule

    def may_write(self, field: Field, side: Side) -> bool:
        """Whether this field may travel to that side."""
        role, is_allowed = self.role, self.may_edit or side is Side.OUTLOOK
        if role is not None:
            is_allowed &= (role.hidden_fields if side is Side.OUTLOOK else role.shut_fields).isdisjoint(field.pipeliner)
        return is_allowed and self.sync_type.reaches(side) and field.direction.reaches(side)

    def withholds(self, field: Field) -> bool:
        """Whether an edit of this field in Outlook would travel, were it the user's to make in Pipeliner."""
        reaches = self.sync_type.reaches(Side.PIPELINER) and field.direction.reaches(Side.PIPELINER)
        return reaches and not self.may_write(field, Side.PIPELINER)

    def source(self, field: Field, now: Mapping[Side, Value], changed: set[Side]) -> Side:
        """Side whose value travels: the one that changed; of two the one that may travel, else the one preferred."""
        if len(changed) == 1:
            return next(iter(changed))
        one_way = [side for side in Side if self.may_write(field, side)]
        if len(one_way) == 1:
            return one_way[0].other
        return self.preferred if now[self.preferred] else self.preferred.other


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed one field to different values; the loser's value is kept here for the history."""

    field: str
    winner: Side
    won: Value
    lost: Value


class Excess(StrEnum):
    """Why a value does not fit."""

    TOO_LONG = "too_long"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Overflow:
    """A value that `side` cannot hold; it stays where it is, uncut, and waits."""

    field: str
    side: Side
    excess: Excess
    limit: int


@dataclass(frozen=True, slots=True)
class Merge:
    """What to write to each side. Fields in `not_agreed` are not in agreement: their baselines must not move.

    Fields in `withheld` were edited in Outlook and are not sent, by the user's rights or as they wish. Their baselines
    become what each side shows: so the edit is told once, and is not sent behind anybody's back later.
    """

    to_outlook: Mapping[str, Value]
    to_pipeliner: Mapping[str, Value]
    conflicts: tuple[Conflict, ...] = ()
    overflows: tuple[Overflow, ...] = ()
    not_agreed: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()

    def to(self, side: Side) -> Mapping[str, Value]:
        """Changes for one side."""
        return self.to_outlook if side is Side.OUTLOOK else self.to_pipeliner

    @property
    def writes_nothing(self) -> bool:
        """Whether neither side needs a write."""
        return not self.to_outlook and not self.to_pipeliner


@dataclass(frozen=True, slots=True)
class _Verdict:
    writes: tuple[tuple[Side, Value], ...] = ()
    conflict: Conflict | None = None
    overflow: Overflow | None = None
    not_agreed: bool = False
    withheld: bool = False


def merge_contacts(
    field_map: FieldMap, outlook: Contact, pipeliner: Contact, base: Baselines | None, rules: MergeRules
) -> Merge:
    """Merge what both sides show, field by field; without baselines (first sight) a blank yields to a value."""
    writes: dict[Side, dict[str, Value]] = {Side.OUTLOOK: {}, Side.PIPELINER: {}}
    verdicts = {field.name: _merge_field(field, outlook, pipeliner, base, rules) for field in field_map}
    for name, verdict in verdicts.items():
        for side, value in verdict.writes:
            writes[side][name] = value
    return Merge(
        writes[Side.OUTLOOK],
        writes[Side.PIPELINER],
        tuple(verdict.conflict for verdict in verdicts.values() if verdict.conflict),
        tuple(verdict.overflow for verdict in verdicts.values() if verdict.overflow),
        frozenset(name for name, verdict in verdicts.items() if verdict.not_agreed),
        frozenset(name for name, verdict in verdicts.items() if verdict.withheld),
    )


def chosen_values(field_map: FieldMap, to_outlook: Mapping[str, Value], to_pipeliner: Mapping[str, Value]) -> Merge:
    """Return the merge of what a person has chosen; whatever else was edited is left to the next look."""
    others = frozenset(field.name for field in field_map) - to_outlook.keys() - to_pipeliner.keys()
    return Merge(to_outlook, to_pipeliner, not_agreed=others)


def changed_fields(field_map: FieldMap, now: Contact, baseline: Contact) -> frozenset[str]:
    """Name the fields in which a side differs from its own baseline."""
    return frozenset(field.name for field in field_map if not same(field.kind, now[field.name], baseline[field.name]))


def _merge_field(
    field: Field, outlook: Contact, pipeliner: Contact, base: Baselines | None, rules: MergeRules
) -> _Verdict:
    if field.kind.is_list:
        return _merge_list(field, outlook, pipeliner, base, rules)
    now = {side: normal(field.kind, shown[field.name]) for side, shown in zip(Side, (outlook, pipeliner), strict=True)}
    if base is None:
        changed = {side for side in Side if now[side]}
    else:
        changed = {side for side in Side if not same(field.kind, now[side], base.of(side)[field.name])}
    if not changed or same(field.kind, now[Side.OUTLOOK], now[Side.PIPELINER]):
        return _Verdict()
    if field.name in rules.kept and not same(field.kind, now[Side.OUTLOOK], base.pipeliner[field.name] if base else ""):
        return _Verdict(withheld=True)
    source = rules.source(field, now, changed)
    target, value = source.other, now[source]
    if not rules.may_write(field, target):
        withheld = Side.OUTLOOK in changed and rules.withholds(field)
        return _Verdict(not_agreed=not withheld, withheld=withheld)
    if too_long(field, value):
        return _Verdict(overflow=Overflow(field.name, target, Excess.TOO_LONG, field.limit), not_agreed=True)
    conflict = Conflict(field.name, source, value, now[target]) if len(changed) == len(Side) else None
    return _Verdict(((target, value),), conflict)


def _merge_list(
    field: Field, outlook: Contact, pipeliner: Contact, base: Baselines | None, rules: MergeRules
) -> _Verdict:
    now = {Side.OUTLOOK: _entries(field, outlook), Side.PIPELINER: _entries(field, pipeliner)}
    had = {side: _entries(field, base.of(side)) if base else () for side in Side}
    if now == had:
        return _Verdict()
    writable = frozenset(side for side in Side if rules.may_write(field, side))
    merged = merge_entries(field, now, had, writable, rules.preferred)
    for side, value in merged.writes:
        if too_long(field, tuple(entry for entry in value if entry not in now[side])):
            return _Verdict(overflow=Overflow(field.name, side, Excess.TOO_LONG, field.limit), not_agreed=True)
    full = merged.overflowed
    overflow = Overflow(field.name, full, Excess.TOO_MANY, field.entries(full)) if full is not None else None
    withheld = rules.withholds(field) and _is_kept_back(field, now, had[Side.OUTLOOK], merged)
    not_agreed = overflow is not None or (merged.held_back and not withheld)
    return _Verdict(merged.writes, overflow=overflow, not_agreed=not_agreed, withheld=withheld)


def _is_kept_back(field: Field, now: Mapping[Side, Entries], had: Entries, merged: MergedEntries) -> bool:
    """Whether Outlook's list was edited in a way that Pipeliner's does not show, and that stays in Outlook."""
    if now[Side.OUTLOOK] == had:
        return False
    shown = dict(merged.writes).get(Side.OUTLOOK, now[Side.OUTLOOK])
    after = set(_keys(field.kind, shown if isinstance(shown, tuple) else ()))
    ours, theirs, before = (set(_keys(field.kind, one)) for one in (now[Side.OUTLOOK], now[Side.PIPELINER], had))
    return merged.held_back or bool((ours - before) - theirs) or bool((before - ours) & theirs - after)


def _entries(field: Field, contact: Contact) -> Entries:
    value = normal(field.kind, contact[field.name])
    return value if isinstance(value, tuple) else ()


# Lists


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
        here, before = _keys(field.kind, now[side]), _keys(field.kind, base[side])
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
        for key, entry in zip(_keys(field.kind, now[side]), now[side], strict=True):
            if key not in gone:
                merged.setdefault(key, entry)
    views = {side: _view(field, side, merged, now, changes, travelling) for side in Side if side in writable}
    planned = {**now, **views}
    writes = tuple((side, views[side]) for side in views if _needs_write(field.kind, now[side], planned, side))
    return MergedEntries(writes, _overflowed(field, views, changes, travelling))


def _keys(kind: Kind, entries: Entries) -> list[str]:
    return [entry_key(kind, entry) for entry in entries]


def _needs_write(kind: Kind, now: Entries, planned: Mapping[Side, Entries], side: Side) -> bool:
    """Order counts among the entries that both sides will show: elsewhere it would follow who wrote last, even us."""
    shown, view, theirs = _keys(kind, now), _keys(kind, planned[side]), _keys(kind, planned[side.other])
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
        missing = changes[source].added - frozenset(_keys(field.kind, views[side]))
        if source in travelling and field.entries(side) >= field.entries(source) and missing:
            return side
    return None
