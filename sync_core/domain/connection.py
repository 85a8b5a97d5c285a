"""A connection: an Outlook contact folder paired with a Pipeliner user, its rules, scope and waits after failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from sync_core.domain.contact import Ownership, ShareMode, Side, UserId
from sync_core.domain.fields import FieldMap


class SyncType(StrEnum):
    """Which way contacts travel."""

    TWO_WAY = "two_way"
    TO_PIPELINER = "to_pipeliner"
    TO_OUTLOOK = "to_outlook"

    def reaches(self, side: Side) -> bool:
        """Whether this type ever writes to that side."""
        return self is not (SyncType.TO_PIPELINER if side is Side.OUTLOOK else SyncType.TO_OUTLOOK)


class ConflictRule(StrEnum):
    """Who wins when both sides changed a field to different values."""

    NEWEST = "newest"
    PIPELINER = "pipeliner"
    OUTLOOK = "outlook"


class TieSide(StrEnum):
    """Whose value stays of two edits of which nobody can tell the later one: people type by hand in Outlook."""

    OUTLOOK = "outlook"
    PIPELINER = "pipeliner"


class PhoneFormat(StrEnum):
    """How telephone numbers are written into Outlook; Pipeliner has them as they are typed."""

    AS_TYPED = "as_typed"
    INTERNATIONAL = "international"


class FirstSight(StrEnum):
    """Whose value stays where two existing contacts are paired and differ: nobody knows which one is newer."""

    PIPELINER = "pipeliner"
    OUTLOOK = "outlook"


class AccountRule(StrEnum):
    """What to do with a company that no account of the space is named after."""

    FREE_TEXT = "free_text"
    CREATE = "create"


class Level(StrEnum):
    """How far a user's role goes with contacts.

    `NOT_ASKED` is no role at all: who owns a contact and with whom it is shared count alone. `UNKNOWN` is one that
    could not be read, or is of a kind that nobody knows.
    """

    NOT_ASKED = "not_asked"
    UNKNOWN = "unknown"
    NONE = "none"
    READ = "read"
    OWN_AND_SHARED = "own_and_shared"
    EVERYTHING_SEEN = "everything_seen"


@dataclass(frozen=True, slots=True)
class UserRole:
    """What a user's role lets them do: how far it goes, and whether it deletes what they own and opens the archive."""

    level: Level
    may_delete: bool
    opens_archive: bool


@dataclass(frozen=True, slots=True)
class PipelinerUser:
    """A Pipeliner user (`Clients`), the sales units that they belong to, and their role; None where nobody asks."""

    id: UserId
    email: str
    name: str
    default_unit_id: str = ""
    unit_ids: frozenset[str] = frozenset()
    role: UserRole | None = None


class Scope(StrEnum):
    """Which Pipeliner contacts a connection covers."""

    OWNED = "owned"
    OWNED_OR_EDITABLE = "owned_or_editable"
    VISIBLE = "visible"


def in_scope(ownership: Ownership, user: PipelinerUser, scope: Scope) -> bool:
    """Whether a contact belongs into that user's Outlook folder. Deleted contacts are the caller's matter."""
    if ownership.owner_id == user.id:
        return True
    if scope is Scope.OWNED:
        return False
    if user.id in ownership.editor_ids:
        return True
    if scope is Scope.OWNED_OR_EDITABLE:
        return False
    if user.id in ownership.watcher_ids:
        return True
    return ownership.unit_id in user.unit_ids and ownership.share_mode is not ShareMode.PRIVATE


def has_left(ownership: Ownership, scope: Scope) -> bool:
    """Whether it is sure that a contact that is not in that scope is none of it: who shares it may be unread."""
    return scope is Scope.OWNED or not ownership.shares_unread


Default = str | bool | int | float
"""What a required field outside the map gets on create, of the field's own JSON type."""


@dataclass(frozen=True, slots=True)
class SafetyLimits:
    """How much may be done unasked: removals and equal changes of a run, each up to a count or a share of the links.

    Creates in Pipeliner are counted by the day.
    """

    count: int = 10
    percent: int = 10
    change_count: int = 20
    change_percent: int = 50
    create_count: int = 50

    def allows(self, removals: int, links: int) -> bool:
        """Whether so many removals among so many links are no surprise."""
        return removals <= max(self.count, links * self.percent // 100)

    def allows_changes(self, changes: int, links: int) -> bool:
        """Whether so many links that change the same way are no surprise."""
        return changes <= max(self.change_count, links * self.change_percent // 100)


@dataclass(frozen=True, slots=True)
class Connection:
    """What a run must know of its connection."""

    id: str
    user: PipelinerUser
    sync_type: SyncType = SyncType.TWO_WAY
    scope: Scope = Scope.OWNED
    delete_protection: bool = True
    conflict_rule: ConflictRule = ConflictRule.NEWEST
    tie_side: TieSide = TieSide.OUTLOOK
    phone_format: PhoneFormat = PhoneFormat.AS_TYPED
    first_sight: FirstSight = FirstSight.PIPELINER
    field_map: FieldMap = field(default_factory=FieldMap)
    required_defaults: Mapping[str, Default] = field(default_factory=dict)
    deletion_delay_minutes: int = 15
    limits: SafetyLimits = field(default_factory=SafetyLimits)

    @property
    def deletion_delay(self) -> timedelta:
        """How long a missing contact may still come back, or be replaced, before anything follows from it."""
        return timedelta(minutes=self.deletion_delay_minutes)


Wait = TypeVar("Wait", float, timedelta)
"""Seconds, or a span of time."""


def backoff(first: Wait, last: Wait, tries: int) -> Wait:
    """Return the wait after so many tries in vain: `first` after one, then twice as long each time up to `last`."""
    wait = first
    for _ in range(tries - 1):
        if wait >= last:
            break
        wait = wait * 2
    return min(wait, last)
