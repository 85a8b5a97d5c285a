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


class RightsMode(StrEnum):
    """What a user may do is taken from: their role too, or ownership and sharing alone."""

    ROLES = "roles"
    OWNERSHIP = "ownership"


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
    AND_MANAGED = "and_managed"
    EVERYTHING_SEEN = "everything_seen"


class Reach(StrEnum):
    """What a user's role shows them beside what they own: nothing, what is shared with them, units too, or all."""

    OWNED = "owned"
    SHARED = "shared"
    UNITS = "units"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class UserRole:
    """What a user's role lets them do: how far it goes, and whether it deletes what they own and opens the archive.

    `type_ids` are the contact types that it is limited to, None for all. Of Pipeliner's fields it names those that it
    does not write (`shut_fields`), and among them those that it does not even see.
    """

    level: Level
    may_delete: bool
    opens_archive: bool
    reach: Reach = Reach.UNITS
    type_ids: frozenset[str] | None = None
    shut_fields: frozenset[str] = frozenset()
    hidden_fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PipelinerUser:
    """A Pipeliner user (`Clients`), the sales units that they belong to, and their role; None where nobody asks.

    `further_unit_ids` are units whose contacts they see beside: by their role's direction, or as manager above.
    While `is_recalculating`, Pipeliner is still busy with their rights.
    """

    id: UserId
    email: str
    name: str
    default_unit_id: str = ""
    unit_ids: frozenset[str] = frozenset()
    role: UserRole | None = None
    managed_unit_ids: frozenset[str] = frozenset()
    further_unit_ids: frozenset[str] = frozenset()
    is_recalculating: bool = False


class Scope(StrEnum):
    """Which Pipeliner contacts a connection covers."""

    OWNED = "owned"
    OWNED_OR_EDITABLE = "owned_or_editable"
    VISIBLE = "visible"


def in_scope(ownership: Ownership, user: PipelinerUser, scope: Scope) -> bool:
    """Whether a contact belongs into that user's Outlook folder. Deleted contacts are the caller's matter."""
    role, units, is_owner = user.role, user.unit_ids, ownership.owner_id == user.id
    if role is not None:
        is_shut = role.level in {Level.NONE, Level.UNKNOWN} or (role.reach is Reach.OWNED and not is_owner)
        if is_shut or (role.type_ids is not None and ownership.type_id not in role.type_ids):
            return False
    if is_owner or scope is Scope.OWNED:
        return is_owner
    edits = user.id in ownership.editor_ids or bool(ownership.editor_unit_ids & units)
    if edits or scope is Scope.OWNED_OR_EDITABLE:
        return edits
    if user.id in ownership.watcher_ids or ownership.watcher_unit_ids & units:
        return True
    if ownership.share_mode is not ShareMode.STANDARD:
        return ownership.share_mode is not ShareMode.PRIVATE
    reach = role.reach if role is not None else Reach.UNITS
    seen = user.managed_unit_ids | user.further_unit_ids | (units if reach is Reach.UNITS else frozenset())
    return reach is Reach.EVERYTHING or ownership.unit_id in seen


def has_left(ownership: Ownership, user: PipelinerUser, scope: Scope) -> bool:
    """Whether it is sure that a contact that is not in that scope is none of it: who shares it may be unread.

    A role that shows only what its user owns says nothing of a copy that they have already: it stays.
    """
    role, is_sure = user.role, scope is Scope.OWNED or not ownership.shares_unread
    if role is not None:
        is_beyond = role.reach is Reach.OWNED and scope is not Scope.OWNED and ownership.owner_id != user.id
        is_untold = role.level is Level.UNKNOWN or (role.type_ids is not None and not ownership.type_id)
        is_sure = is_sure and not is_beyond and not is_untold
    return is_sure


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
    kept_when_shared: tuple[str, ...] = ()
    required_defaults: Mapping[str, Default] = field(default_factory=dict)
    deletion_delay_minutes: int = 15
    limits: SafetyLimits = field(default_factory=SafetyLimits)

    @property
    def deletion_delay(self) -> timedelta:
        """How long a missing contact may still come back, or be replaced, before anything follows from it."""
        return timedelta(minutes=self.deletion_delay_minutes)

    def kept_fields(self, owned: Ownership) -> frozenset[str]:
        """Return the fields of which what is typed in Outlook stays there, because others have the contact too.

        Whoever sees it through their unit alone does not count: where a space shares by unit, that is nearly everybody.
        """
        people, units = owned.editor_ids | owned.watcher_ids, owned.editor_unit_ids | owned.watcher_unit_ids
        named = bool(people - {self.user.id} or units)
        is_open = owned.share_mode in {ShareMode.ALL_VIEW, ShareMode.ALL_EDIT} or owned.shares_unread
        is_shared = owned.owner_id != self.user.id or named or is_open
        return frozenset(self.kept_when_shared if is_shared else ())


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
