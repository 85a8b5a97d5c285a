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
from sync_core.domain.contact import Contact, Kind, Side, Value, normal, same
from sync_core.domain.fields import Field, FieldMap, too_long
from sync_core.domain.identity.countries import region_of
from sync_core.domain.values.addresses import contradict
from sync_core.domain.values.lists import Entries, MergedEntries, entry_keys, merge_entries
from sync_core.domain.values.notes import is_cut, merge_notes
from sync_core.domain.values.phones import merge_numbers, with_country


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
    with_country: bool = False
    """Whether telephone numbers are written into Outlook with + and their country."""

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
    CUT = "cut"
    """A note lost its end, as on a phone that holds only its beginning; the other side is not made to lose it."""


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


_NOTHING = _Verdict()
"""There is nothing to do about a field."""


def merge_contacts(
    field_map: FieldMap, outlook: Contact, pipeliner: Contact, base: Baselines | None, rules: MergeRules
) -> Merge:
    """Merge what both sides show, field by field; without baselines (first sight) a blank yields to a value."""
    writes: dict[Side, dict[str, Value]] = {Side.OUTLOOK: {}, Side.PIPELINER: {}}
    verdicts = {field.name: _merge_field(field, outlook, pipeliner, base, rules) for field in field_map}
    for parts in field_map.wholes:
        if any(verdicts[part.name] is not _NOTHING for part in parts):
            verdicts |= _merge_whole(parts, outlook, pipeliner, base, rules)
    for name, verdict in verdicts.items():
        for side, value in verdict.writes:
            writes[side][name] = value
    numbers = writes[Side.OUTLOOK] if rules.with_country else {}
    for name in [name for name in numbers if field_map.field(name).kind in {Kind.PHONE, Kind.PHONES}]:
        region = region_of(pipeliner.text("country") or outlook.text("country"))
        numbers[name] = with_country(numbers[name], region, outlook[name])
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


def _merge_whole(
    parts: tuple[Field, ...], outlook: Contact, pipeliner: Contact, base: Baselines | None, rules: MergeRules
) -> dict[str, _Verdict]:
    """Merge what is one value of several parts: what both sides changed is one side's, as a whole.

    What neither had yet is completed from both, unless they contradict each other. Where one part does not fit, all
    stay.
    """
    now, had = {Side.OUTLOOK: outlook, Side.PIPELINER: pipeliner}, base or Baselines(Contact(), Contact())
    changed = {
        side
        for side in Side
        if any(not same(part.kind, now[side][part.name], had.of(side)[part.name]) for part in parts)
    }
    is_new = not any(had.of(side)[part.name] for side in Side for part in parts)
    source: Side | None = None
    if len(changed) == len(Side):
        filled = {side: tuple(part.name for part in parts if now[side][part.name]) for side in Side}
        source = rules.source(parts[0], filled, changed)
        may_complete = all(rules.may_write(parts[0], side) for side in Side)
        if may_complete and not contradict(parts, outlook, pipeliner):
            fuller = [side for side in Side if set(filled[side]) > set(filled[side.other])]
            source = None if is_new else next(iter(fuller), source)
    found = {part.name: _merge_field(part, outlook, pipeliner, base, rules, source) for part in parts}
    if not any(verdict.overflow for verdict in found.values()):
        return found
    return {name: _Verdict(overflow=verdict.overflow, not_agreed=True) for name, verdict in found.items()}


def _merge_field(
    field: Field,
    outlook: Contact,
    pipeliner: Contact,
    base: Baselines | None,
    rules: MergeRules,
    source: Side | None = None,
) -> _Verdict:
    """Merge one field; `source` is the side whose value travels where that is decided for several together."""
    if field.kind.is_list:
        return _merge_list(field, outlook, pipeliner, base, rules)
    now = {side: normal(field.kind, shown[field.name]) for side, shown in zip(Side, (outlook, pipeliner), strict=True)}
    if source is not None:
        changed = set(Side)
    elif base is None:
        changed = {side for side in Side if now[side]}
    else:
        changed = {side for side in Side if not same(field.kind, now[side], base.of(side)[field.name])}
    if not changed or same(field.kind, now[Side.OUTLOOK], now[Side.PIPELINER]):
        return _NOTHING
    early: _Verdict | None = None
    if field.name in rules.kept and not same(field.kind, now[Side.OUTLOOK], base.pipeliner[field.name] if base else ""):
        early = _Verdict(withheld=True)
    elif field.kind is Kind.NOTE and all(rules.may_write(field, side) for side in Side):
        early = _merge_note(field, base or Baselines(Contact(), Contact()), now, changed)
    if early is not None:
        return early
    source = source or rules.source(field, now, changed)
    target, value = source.other, now[source]
    if not rules.may_write(field, target):
        withheld = Side.OUTLOOK in changed and rules.withholds(field)
        return _Verdict(not_agreed=not withheld, withheld=withheld)
    if too_long(field, value):
        return _Verdict(overflow=Overflow(field.name, target, Excess.TOO_LONG, field.limit), not_agreed=True)
    conflict = Conflict(field.name, source, value, now[target]) if len(changed) == len(Side) else None
    return _Verdict(((target, value),), conflict)


def _merge_note(field: Field, base: Baselines, now: Mapping[Side, Value], changed: set[Side]) -> _Verdict | None:
    """Merge what both sides wrote; neither loses, and a note that grows too long stays on both as it is.

    What a phone cut off travels nowhere. None where one side alone was edited.
    """
    ours, theirs = str(now[Side.OUTLOOK]), str(now[Side.PIPELINER])
    had, also_had = base.outlook.text(field.name), base.pipeliner.text(field.name)
    if Side.OUTLOOK in changed and is_cut(had, ours):
        if len(changed) == len(Side):
            return _Verdict(((Side.OUTLOOK, theirs),))
        return _Verdict(overflow=Overflow(field.name, Side.PIPELINER, Excess.CUT, len(ours)), not_agreed=True)
    if len(changed) != len(Side):
        return None
    value = merge_notes(had if had.split() == also_had.split() else "", ours, theirs)
    if too_long(field, value):
        overflow = Overflow(field.name, Side.PIPELINER, Excess.TOO_LONG, field.limit)
        return _Verdict(overflow=overflow, not_agreed=True)
    return _Verdict(tuple((side, value) for side in Side if not same(field.kind, value, now[side])))


def _merge_list(
    field: Field, outlook: Contact, pipeliner: Contact, base: Baselines | None, rules: MergeRules
) -> _Verdict:
    now = {Side.OUTLOOK: _entries(field, outlook), Side.PIPELINER: _entries(field, pipeliner)}
    had = {side: _entries(field, base.of(side)) if base else () for side in Side}
    slots = len(field.pipeliner)
    if now == had and (field.kind is not Kind.PHONES or len(now[Side.OUTLOOK]) <= slots):
        return _NOTHING
    writable = frozenset(side for side in Side if rules.may_write(field, side))
    merging = merge_numbers if field.kind is Kind.PHONES else merge_entries
    merged = merging(field, now, had, writable, rules.preferred)
    for side, value in merged.writes:
        if too_long(field, tuple(entry for entry in value if entry not in now[side])):
            return _Verdict(overflow=Overflow(field.name, side, Excess.TOO_LONG, field.limit), not_agreed=True)
    overflow, not_agreed = None, merged.overflowed is not None
    if merged.overflowed is not None:
        overflow = Overflow(field.name, merged.overflowed, Excess.TOO_MANY, field.entries(merged.overflowed))
    elif field.kind is Kind.PHONES and Side.PIPELINER in writable:
        # It is agreed on all the same: the number stays in Outlook, and moves up when there is room.
        shown = dict(merged.writes).get(Side.OUTLOOK, now[Side.OUTLOOK])
        overflow = Overflow(field.name, Side.PIPELINER, Excess.TOO_MANY, slots) if len(shown) > slots else None
    withheld = rules.withholds(field) and _is_kept_back(field, now, had[Side.OUTLOOK], merged)
    not_agreed |= merged.held_back and not withheld
    return _Verdict(merged.writes, overflow=overflow, not_agreed=not_agreed, withheld=withheld)


def _is_kept_back(field: Field, now: Mapping[Side, Entries], had: Entries, merged: MergedEntries) -> bool:
    """Whether Outlook's list was edited in a way that Pipeliner's does not show, and that stays in Outlook."""
    if now[Side.OUTLOOK] == had:
        return False
    shown = dict(merged.writes).get(Side.OUTLOOK, now[Side.OUTLOOK])
    after = set(entry_keys(field.kind, shown if isinstance(shown, tuple) else ()))
    ours, theirs, before = (set(entry_keys(field.kind, one)) for one in (now[Side.OUTLOOK], now[Side.PIPELINER], had))
    return merged.held_back or bool((ours - before) - theirs) or bool((before - ours) & theirs - after)


def _entries(field: Field, contact: Contact) -> Entries:
    value = normal(field.kind, contact[field.name])
    return value if isinstance(value, tuple) else ()
