"""What the users of a space may do, as lists of users, roles and sales units tell it: from the lists to one user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sync_core.domain.connection import Level, PipelinerUser, Reach, RightsMode, UserRole
from sync_core.domain.contact import UserId


@dataclass(frozen=True, slots=True)
class SpaceRole:
    """A role of a space: what it lets its users do, and whether they see the units above and below their own, too."""

    role: UserRole
    sees_above: bool = False
    sees_below: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A user as listed: their role, and of which units they are member or manager; `is_stopped` may do nothing.

    Users are stopped who were deactivated, and those of the vendor's support.
    """

    role_id: str = ""
    units: Mapping[str, bool] | None = field(default_factory=dict)
    """Unit to whether they manage it; None where that is not told."""
    is_stopped: bool = False
    is_recalculating: bool = False


@dataclass(frozen=True, slots=True)
class SpaceRights:
    """All that was listed. `units` leads from a unit to the one above it, "" at the top."""

    members: Mapping[UserId, Member] = field(default_factory=dict)
    roles: Mapping[str, SpaceRole] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    shut: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Role to the fields that it does not write."""
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Role to those among them that it does not even see."""


def with_rights(user: PipelinerUser, space: SpaceRights, mode: RightsMode) -> PipelinerUser | None:
    """Return a user with what they may do; None where that is not known: nothing lists them, or their role.

    One who is missing from the list may have been hidden from us; it says nothing of what they may do.
    """
    member = space.members.get(user.id)
    found = space.roles.get(member.role_id) if member is not None else None
    if member is None or (mode is RightsMode.ROLES and (found is None or found.role.level is Level.UNKNOWN)):
        return None
    own = frozenset(member.units if member.units is not None else user.unit_ids)
    managed = frozenset(unit for unit, manages in (member.units or {}).items() if manages)
    known = replace(user, unit_ids=own, is_recalculating=member.is_recalculating)
    if found is None or mode is RightsMode.OWNERSHIP:
        return replace(known, role=None)
    shut, hidden = (of.get(member.role_id, frozenset()) for of in (space.shut, space.hidden))
    role = replace(found.role, shut_fields=shut, hidden_fields=hidden)
    further = frozenset(_below(space.units, managed))
    if role.reach is Reach.UNITS:
        further |= frozenset(_above(space.units, own)) if found.sees_above else frozenset()
        further |= frozenset(_below(space.units, own)) if found.sees_below else frozenset()
    return replace(known, role=role, managed_unit_ids=managed, further_unit_ids=further - own)


def sees_otherwise(before: PipelinerUser, after: PipelinerUser) -> bool:
    """Whether a user may see other contacts or fields than before, or create: all has to be looked at anew."""
    return _sight(before) != _sight(after)


def _sight(user: PipelinerUser) -> tuple[object, ...]:
    role = user.role
    of_role = None if role is None else (role.level, role.reach, role.type_ids, role.hidden_fields)
    return user.unit_ids, user.managed_unit_ids, user.further_unit_ids, of_role


def _above(parents: Mapping[str, str], units: frozenset[str]) -> Iterator[str]:
    """Return all units above these; a circle ends where it began."""
    for unit in units:
        seen = {unit}
        while (unit := parents.get(unit, "")) and unit not in seen:
            seen.add(unit)
            yield unit


def _below(parents: Mapping[str, str], units: frozenset[str]) -> Iterator[str]:
    """Return all units below these."""
    for unit in parents if units else ():
        if not units.isdisjoint(_above(parents, frozenset({unit}))):
            yield unit
