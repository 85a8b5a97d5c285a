"""Two services that store what they are sent in their own way, with the baselines that a sync keeps of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sync_core.domain import Baselines, Contact, FieldMap, Merge, MergeRules, Side, Value, merge_contacts, new_baseline

Store = Callable[[Value], Value]


def as_is(value: Value) -> Value:
    """Store what was sent."""
    return value


def per_text(change: Callable[[str], str]) -> Store:
    """Store every text changed in the same way."""

    def store(value: Value) -> Value:
        return change(value) if isinstance(value, str) else tuple(change(text) for text in value)

    return store


@dataclass
class TwoServices:
    """One person on both sides. `edit` is a person's hand, `sync` does what a run does: merge, write, new baselines."""

    rows: FieldMap
    shown: dict[Side, Contact] = field(default_factory=lambda: {side: Contact() for side in Side})
    baselines: Baselines | None = None
    stores: Mapping[Side, Store] = field(default_factory=lambda: dict.fromkeys(Side, as_is))

    def edit(self, side: Side, name: str, value: Value) -> None:
        """Let a person set a field."""
        self.shown[side] = self.shown[side].with_values({name: value})

    def sync(self, rules: MergeRules) -> Merge:
        """Merge once and apply the writes."""
        outlook, pipeliner = self.shown[Side.OUTLOOK], self.shown[Side.PIPELINER]
        merge = merge_contacts(self.rows, outlook, pipeliner, self.baselines, rules)
        read = dict(self.shown)
        for side in Side:
            stored = {name: self.stores[side](value) for name, value in merge.to(side).items()}
            self.shown[side] = read[side].with_values(stored)
        old = self.baselines or Baselines(Contact(), Contact())
        self.baselines = Baselines(*(self._baseline(merge, side, old.of(side), read[side]) for side in Side))
        return merge

    def _baseline(self, merge: Merge, side: Side, old: Contact, read: Contact) -> Contact:
        written = frozenset(merge.to(side))
        return new_baseline(self.rows, old, read, self.shown[side], written, merge.not_agreed)
