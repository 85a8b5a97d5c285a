"""A connection: one Outlook contact folder paired with one Pipeliner user, with its rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync_core.domain.fields import FieldMap
from sync_core.domain.rules import ConflictRule, SyncType
from sync_core.domain.sides import PipelinerUser, Scope

Default = str | bool | int | float
"""What a required field outside the map gets on create, of the field's own JSON type."""


@dataclass(frozen=True, slots=True)
class Guard:
    """How much one pass may do unasked: removals, and equal changes, each up to a count or a share of the links."""

    count: int = 10
    percent: int = 10
    change_count: int = 20
    change_percent: int = 50

    def allows(self, removals: int, links: int) -> bool:
        """Whether so many removals among so many links are no surprise."""
        return removals <= max(self.count, links * self.percent // 100)

    def allows_changes(self, changes: int, links: int) -> bool:
        """Whether so many links that change the same way are no surprise."""
        return changes <= max(self.change_count, links * self.change_percent // 100)


@dataclass(frozen=True, slots=True)
class Connection:
    """What a pass must know of its connection."""

    id: str
    user: PipelinerUser
    sync_type: SyncType = SyncType.TWO_WAY
    scope: Scope = Scope.OWNED
    delete_protection: bool = True
    conflict_rule: ConflictRule = ConflictRule.NEWEST
    field_map: FieldMap = field(default_factory=FieldMap)
    required_defaults: Mapping[str, Default] = field(default_factory=dict)
    guard: Guard = field(default_factory=Guard)
