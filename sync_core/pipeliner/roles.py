"""What a space's users may do, as Pipeliner's lists tell it: users with roles and memberships, units, field rights.

Numbers that nobody knows give a role whose level is not known: they never open anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from typing_extensions import override

from sync_core.domain import Level, Member, Reach, SpaceRole, UserId, UserRole
from sync_core.engine.ports import RightsList, RightsPort, UsersPage
from sync_core.http import Query
from sync_core.pipeliner.answers import (
    CLIENTS,
    FIELD_PERMISSIONS,
    FIELDS,
    MEMBERSHIPS,
    ROLES,
    SHARING_UNITS,
    UNITS,
    Record,
    elements,
    expanded,
    flag_of,
    id_of,
    number_of,
    relation_id,
    text_of,
)
from sync_core.pipeliner.client import WITH_DELETED, Page, PipelinerClient, every_record, ordered, read_page, where

_ENTITIES: Mapping[RightsList, str] = {
    RightsList.USERS: CLIENTS,
    RightsList.ROLES: ROLES,
    RightsList.MEMBERSHIPS: MEMBERSHIPS,
    RightsList.UNITS: UNITS,
    RightsList.FIELDS: FIELD_PERMISSIONS,
    RightsList.UNIT_SHARES: SHARING_UNITS,
}
_NEWEST_FIRST: Query = (("order-by", "-modified"),)
_HEAD: Query = (*_NEWEST_FIRST, ("load-only", "id,modified"))

_USER = ("id", "modified", "is_deleted", "type", "user_recalculation_state", "master_right_id")
_MEMBERSHIP = tuple(f"unit_membership.{name}" for name in ("unit_id", "unit_role", "is_deleted"))
_LEVEL, _DIRECTION, _TYPES = (f"access_entity_contact{part}" for part in ("", "_direction", "_types"))
_DELETES = "access_entity_contact_delete"
_ROLE = (
    *("id", "access_contacts", "access_archive", _LEVEL, _DIRECTION, _TYPES, _DELETES),
    *("allowed_contact_types.contact_type_id", "allowed_contact_types.is_deleted"),
)

_LEVELS = {
    0: Level.NONE,
    1: Level.READ,
    2: Level.OWN_AND_SHARED,
    3: Level.AND_MANAGED,
    4: Level.EVERYTHING_SEEN,
}


class _Direction(NamedTuple):
    reach: Reach
    above: bool = False
    below: bool = False


_DIRECTIONS = {
    1: _Direction(Reach.OWNED),
    2: _Direction(Reach.SHARED),  # the vendor says both that it is their units' and that it is only what is shared
    3: _Direction(Reach.UNITS, above=True),
    4: _Direction(Reach.UNITS, below=True),
    5: _Direction(Reach.UNITS, above=True, below=True),
    6: _Direction(Reach.EVERYTHING),
}
_ALL_TYPES, _SOME_TYPES = 1, 2
_MANAGER = 2
_CUSTOMER = 0
_AT_REST = "NoRecalculation"
_FULL_ACCESS, _READ_ONLY = 1, 2
_UNKNOWN = SpaceRole(UserRole(Level.UNKNOWN, may_delete=False, opens_archive=False, reach=Reach.OWNED))


class PipelinerRights(RightsPort):
    """`RightsPort` over the REST API of one space."""

    def __init__(self, client: PipelinerClient) -> None:
        self._client = client

    @override
    async def head(self, of: RightsList) -> str:
        result = await read_page(self._client, _ENTITIES[of], _HEAD, size=1)
        return _head_of(result)

    @override
    async def users_page(self, after: str | None, *, with_roles: bool) -> UsersPage:
        relations, fields = ["unit_membership"], [*_USER, *_MEMBERSHIP]
        if with_roles:
            relations += ["master_right", "master_right.allowed_contact_types"]
            fields += [f"master_right.{name}" for name in _ROLE]
        shown: Query = (("expand", ",".join(relations)), ("load-only", ",".join(fields)))
        page = await read_page(self._client, CLIENTS, (*_NEWEST_FIRST, *WITH_DELETED, *shown), after)
        members = {UserId(id_of(record)): member_of(record) for record in page.records if id_of(record)}
        given = [role for record in page.records if (role := expanded(record, "master_right")) is not None]
        roles = {id_of(role): role_of(role) for role in given if id_of(role)}
        living = [one for one in members.values() if not one.is_stopped]
        is_whole = all(one.units is not None and (not one.role_id or one.role_id in roles) for one in living)
        return UsersPage(members, roles, _head_of(page), is_whole, page.after)

    @override
    async def units(self) -> Mapping[str, str]:
        query = (*ordered("id"), ("load-only", "id,parent_id,is_deleted"))
        units = every_record(self._client, UNITS, query)
        return {id_of(unit): id_of(unit, "parent_id") async for unit in units if not flag_of(unit, "is_deleted")}

    @override
    async def shut_fields(self) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
        """A level that nobody knows hides the field."""
        shown: Query = (*ordered("id"), ("load-only", "id,master_right_id,field_id,permission_level,is_deleted"))
        found = [
            (id_of(one, "master_right_id"), id_of(one, "field_id"), number_of(one, "permission_level"))
            async for one in every_record(self._client, FIELD_PERMISSIONS, shown)
            if not flag_of(one, "is_deleted") and number_of(one, "permission_level") != _FULL_ACCESS
        ]
        query = (*where("entity_name", "Contact"), *ordered("id"), ("load-only", "id,api_name"))
        fields = every_record(self._client, FIELDS, query) if found else None
        names = {id_of(one): text_of(one, "api_name") async for one in fields} if fields is not None else {}
        shut: dict[str, frozenset[str]] = {}
        hidden: dict[str, frozenset[str]] = {}
        for role_id, field_id, level in found:
            if field_id not in names:  # of another entity
                continue
            for by_role in (shut,) if level == _READ_ONLY else (shut, hidden):
                by_role[role_id] = by_role.get(role_id, frozenset()) | {names[field_id]}
        return shut, hidden


def _head_of(page: Page) -> str:
    newest = page.records[0] if page.records else {}
    return f"{page.total} {id_of(newest)} {text_of(newest, 'modified')}"


def member_of(record: Record) -> Member:
    """Read a user; of memberships that are shown as addresses alone nobody can tell what they are of."""
    shown = list(elements(record, "unit_membership"))
    living = [one for one in shown if isinstance(one, dict) and not flag_of(one, "is_deleted")]
    units = {
        unit: number_of(one, "unit_role") == _MANAGER
        for one in living
        if (unit := id_of(one, "unit_id") or relation_id(one, "unit"))
    }
    state = text_of(record, "user_recalculation_state")
    return Member(
        role_id=id_of(record, "master_right_id") or relation_id(record, "master_right"),
        units=None if any(isinstance(one, str) for one in shown) else units,
        is_stopped=flag_of(record, "is_deleted") or number_of(record, "type") not in {_CUSTOMER, -1},
        is_recalculating=state not in {"", _AT_REST},
    )


def role_of(record: Record) -> SpaceRole:
    """Read a role; one of which anything is told in a way that nobody knows opens nothing."""
    level, direction = _LEVELS.get(number_of(record, _LEVEL)), _DIRECTIONS.get(number_of(record, _DIRECTION))
    kind = number_of(record, _TYPES)
    has_menu = record.get("access_contacts")
    if level is None or direction is None or kind not in {_ALL_TYPES, _SOME_TYPES} or not isinstance(has_menu, bool):
        return _UNKNOWN
    allowed = [one for one in elements(record, "allowed_contact_types") if isinstance(one, dict)]
    types = frozenset(id_of(one, "contact_type_id") for one in allowed if not flag_of(one, "is_deleted"))
    role = UserRole(
        level if has_menu else Level.NONE,
        may_delete=flag_of(record, _DELETES),
        opens_archive=flag_of(record, "access_archive"),
        reach=direction.reach,
        type_ids=types if kind == _SOME_TYPES else None,
    )
    return SpaceRole(role, direction.above, direction.below)
