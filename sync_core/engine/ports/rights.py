"""What the engine needs to know who may do what: the lists of a space, and how far they are known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sync_core.domain import Member, PipelinerUser, RightsMode, SpaceRights, SpaceRole, UserId


class RightsList(StrEnum):
    """The lists that tell what a space's users may do, and which contacts are shared with units."""

    USERS = "users"
    ROLES = "roles"
    MEMBERSHIPS = "memberships"
    UNITS = "units"
    FIELDS = "fields"
    UNIT_SHARES = "unit_shares"


@dataclass(frozen=True, slots=True)
class UsersPage:
    """One page of the users, those that changed last first, with their roles. `after` continues.

    `head` is another one whenever the list is. `is_whole`, each role was shown that somebody has.
    """

    members: Mapping[UserId, Member]
    roles: Mapping[str, SpaceRole]
    head: str
    is_whole: bool
    after: str | None


class RightsPort(Protocol):
    """The lists of a space."""

    async def head(self, of: RightsList) -> str:
        """Return what is another one whenever the list is: its length and newest change.

        A record that was deleted leaves a shorter list.
        """

    async def users_page(self, after: str | None, *, with_roles: bool) -> UsersPage:
        """Read a page of all users, deactivated ones included."""

    async def units(self) -> Mapping[str, str]:
        """Return the tree of units: each with the one above it."""

    async def shut_fields(self) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
        """Return by role which fields of contacts it does not write, and which of them it does not even see."""


@dataclass(frozen=True, slots=True)
class KnownRights:
    """What is known of a space's rights, since when, and when anybody tried last to read them.

    `was_denied`, the key may not read the roles. `mode` is what counted when it was read.
    """

    space: SpaceRights = field(default_factory=SpaceRights)
    checked: Mapping[RightsList, datetime] = field(default_factory=dict)
    heads: Mapping[RightsList, str] = field(default_factory=dict)
    as_of: datetime | None = None
    tried_at: datetime | None = None
    was_denied: bool = False
    mode: RightsMode = RightsMode.ROLES


@dataclass(frozen=True, slots=True)
class RightsUnknown:
    """What a user may do is not known; `why` in words for people, with `remedy`."""

    why: str
    remedy: str


ReadRights = Callable[[PipelinerUser], Awaitable[PipelinerUser | RightsUnknown]]
"""Return a user with what they may do as last read, or that it is not known."""


async def as_given(user: PipelinerUser) -> PipelinerUser:
    """Ask nobody: for runs whose rights are given."""
    return user
