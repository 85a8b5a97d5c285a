"""Three-way merge of one contact: which fields go to which side, who won, and what does not fit.

A field has changed on a side when it differs from **that side's own baseline**, never because it differs from
the other side: so a service that reformats what it stores does not look like a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync_core.domain.contact import Contact, Side, Value, normal, same
from sync_core.domain.entries import Entries, merge_entries
from sync_core.domain.fields import Field, FieldMap, too_long
from sync_core.domain.rules import ConflictRule, SyncType


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
    """What a connection has chosen; `newest` is the side that was edited last, for the rule of that name."""

    sync_type: SyncType = SyncType.TWO_WAY
    conflict_rule: ConflictRule = ConflictRule.NEWEST
    newest: Side = Side.PIPELINER

    @property
    def preferred(self) -> Side:
        """Side that wins a conflict."""
        if self.conflict_rule is ConflictRule.NEWEST:
            return self.newest
        return Side.OUTLOOK if self.conflict_rule is ConflictRule.OUTLOOK else Side.PIPELINER

    def may_write(self, row: Field, side: Side) -> bool:
        """Whether this field may travel to that side."""
        return self.sync_type.reaches(side) and row.direction.reaches(side)


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
    """What to write to each side. Fields in `unsettled` are not in agreement: their baselines must not move."""

    to_outlook: Mapping[str, Value]
    to_pipeliner: Mapping[str, Value]
    conflicts: tuple[Conflict, ...] = ()
    overflows: tuple[Overflow, ...] = ()
    unsettled: frozenset[str] = frozenset()

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
    unsettled: bool = False


def merge_contacts(
    rows: FieldMap, outlook: Contact, pipeliner: Contact, base: Baselines | None, rules: MergeRules
) -> Merge:
    """Merge what both sides show, field by field; without baselines (first sight) a blank yields to a value."""
    writes: dict[Side, dict[str, Value]] = {Side.OUTLOOK: {}, Side.PIPELINER: {}}
    verdicts = {row.name: _merge_field(row, outlook, pipeliner, base, rules) for row in rows}
    for name, verdict in verdicts.items():
        for side, value in verdict.writes:
            writes[side][name] = value
    return Merge(
        writes[Side.OUTLOOK],
        writes[Side.PIPELINER],
        tuple(verdict.conflict for verdict in verdicts.values() if verdict.conflict),
        tuple(verdict.overflow for verdict in verdicts.values() if verdict.overflow),
        frozenset(name for name, verdict in verdicts.items() if verdict.unsettled),
    )


def changed_fields(rows: FieldMap, now: Contact, baseline: Contact) -> frozenset[str]:
    """Name the fields in which a side differs from its own baseline."""
    return frozenset(row.name for row in rows if not same(row.kind, now[row.name], baseline[row.name]))


def _merge_field(
    row: Field, outlook: Contact, pipeliner: Contact, base: Baselines | None, rules: MergeRules
) -> _Verdict:
    if row.kind.is_list:
        return _merge_list(row, outlook, pipeliner, base, rules)
    now = {side: normal(row.kind, shown[row.name]) for side, shown in zip(Side, (outlook, pipeliner), strict=True)}
    if base is None:
        changed = {side for side in Side if now[side]}
    else:
        changed = {side for side in Side if not same(row.kind, now[side], base.of(side)[row.name])}
    if not changed or same(row.kind, now[Side.OUTLOOK], now[Side.PIPELINER]):
        return _Verdict()
    return _carry(row, now, _source(row, now, changed, rules), changed, rules)


def _source(row: Field, now: Mapping[Side, Value], changed: set[Side], rules: MergeRules) -> Side:
    if len(changed) == 1:
        return next(iter(changed))
    one_way = [side for side in Side if rules.may_write(row, side)]
    if len(one_way) == 1:
        return one_way[0].other
    preferred = rules.preferred
    return preferred if now[preferred] else preferred.other


def _carry(row: Field, now: Mapping[Side, Value], source: Side, changed: set[Side], rules: MergeRules) -> _Verdict:
    target, value = source.other, now[source]
    if not rules.may_write(row, target):
        return _Verdict(unsettled=True)
    if too_long(row, value):
        return _Verdict(overflow=Overflow(row.name, target, Excess.TOO_LONG, row.limit), unsettled=True)
    conflict = Conflict(row.name, source, value, now[target]) if len(changed) == len(Side) else None
    return _Verdict(((target, value),), conflict)


def _merge_list(
    row: Field, outlook: Contact, pipeliner: Contact, base: Baselines | None, rules: MergeRules
) -> _Verdict:
    writable = frozenset(side for side in Side if rules.may_write(row, side))
    now = {Side.OUTLOOK: _entries(row, outlook), Side.PIPELINER: _entries(row, pipeliner)}
    had = {side: _entries(row, base.of(side)) if base else () for side in Side}
    merged = merge_entries(row, now, had, writable, rules.preferred)
    for side, value in merged.writes:
        if too_long(row, tuple(entry for entry in value if entry not in now[side])):
            return _Verdict(overflow=Overflow(row.name, side, Excess.TOO_LONG, row.limit), unsettled=True)
    overflow = None
    if merged.overflowed is not None:
        overflow = Overflow(row.name, merged.overflowed, Excess.TOO_MANY, row.entries(merged.overflowed))
    return _Verdict(merged.writes, overflow=overflow, unsettled=overflow is not None or merged.held_back)


def _entries(row: Field, contact: Contact) -> Entries:
    value = normal(row.kind, contact[row.name])
    return value if isinstance(value, tuple) else ()
