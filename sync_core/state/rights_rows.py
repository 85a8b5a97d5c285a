"""What is known of the rights of a space's users, in rows: a head with times, and pages of users, which seldom change.

Nothing in them but ids: of users, units, roles and contact types, and names of fields. A run reads of it what concerns
its own user (`run_rows.user_as_read`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sync_core.domain import (
    Level,
    Member,
    PipelinerUser,
    Reach,
    RightsMode,
    SpaceRights,
    SpaceRole,
    UserId,
    UserRole,
    with_rights,
)
from sync_core.engine.ports import KnownRights, RightsList
from sync_core.state.rows import RIGHTS, RIGHTS_VERSION, Json, body, parsed, time_of, without_blanks
from sync_core.storage import Operation, Put, Remove, Row

_MEMBERS_A_ROW = 2_000


def rights_of(rows: Sequence[Row]) -> KnownRights:
    """Read all of it, in order of the keys; what is unreadable, or of another version, counts for nothing."""
    try:
        head, *pages = [parsed(row.body) for row in rows]
        if any(one["version"] != RIGHTS_VERSION for one in (head, *pages)):
            return KnownRights()
        return KnownRights(
            listed_of(pages),
            {RightsList(name): at for name, told in head["checked"].items() if (at := time_of(told))},
            {RightsList(name): told for name, told in head["heads"].items()},
            time_of(head.get("as_of")),
            time_of(head.get("tried_at")),
            bool(head.get("denied")),
            RightsMode(head["mode"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return KnownRights()


def rights_operations(rows: Sequence[Row], before: KnownRights, after: KnownRights) -> Iterator[Operation]:
    """Return what stores it; pages that stay as they are cost nothing."""
    head = {"version": RIGHTS_VERSION, "mode": after.mode, "checked": after.checked, "heads": after.heads}
    yield Put(
        RIGHTS,
        body(head | without_blanks(as_of=after.as_of, tried_at=after.tried_at, denied=int(after.was_denied))),
    )
    if after.space == before.space and len(rows) > 1:
        return
    pages = {f"{RIGHTS}.{number:04d}": body(page) for number, page in enumerate(_pages(after.space))}
    yield from (Put(key, page) for key, page in pages.items())
    yield from (Remove(row.key) for row in rows if row.key != RIGHTS and row.key not in pages)


def _pages(space: SpaceRights) -> Iterator[Json]:
    """The first page holds roles and units beside users; each user's further units are worked out here, not by runs."""
    members = sorted(space.members.items())
    for start in range(0, max(len(members), 1), _MEMBERS_A_ROW):
        some = members[start : start + _MEMBERS_A_ROW]
        page: Json = {"version": RIGHTS_VERSION, "members": {key: _member(space, key, one) for key, one in some}}
        if start == 0:
            page |= {"roles": {key: _role(one) for key, one in space.roles.items()}, "units": space.units}
            for name, by_role in (("shut", space.shut), ("hidden", space.hidden)):
                page[name] = {key: sorted(fields) for key, fields in by_role.items()}
        yield page


def _member(space: SpaceRights, key: UserId, member: Member) -> Json:
    known = with_rights(PipelinerUser(key, "", ""), space, RightsMode.ROLES)
    stored = without_blanks(
        role=member.role_id,
        managed=sorted(known.managed_unit_ids) if known is not None else (),
        further=sorted(known.further_unit_ids) if known is not None else (),
        is_stopped=int(member.is_stopped),
        is_recalculating=int(member.is_recalculating),
    )
    return stored if member.units is None else stored | {"units": sorted(member.units)}


def _role(one: SpaceRole) -> Json:
    role = one.role
    stored = {"level": role.level, "reach": role.reach} | without_blanks(
        may_delete=int(role.may_delete),
        opens_archive=int(role.opens_archive),
        above=int(one.sees_above),
        below=int(one.sees_below),
    )
    return stored if role.type_ids is None else stored | {"types": sorted(role.type_ids)}


def listed_of(pages: Sequence[Json]) -> SpaceRights:
    """Read the pages; raises what their readers raise for a body that is none of ours."""
    first: Json = pages[0] if pages else {name: {} for name in ("roles", "units", "shut", "hidden")}
    stored: Mapping[str, Json] = first["roles"]
    roles = {
        key: SpaceRole(
            UserRole(
                Level(one["level"]),
                bool(one.get("may_delete")),
                bool(one.get("opens_archive")),
                Reach(one["reach"]),
                frozenset(one["types"]) if "types" in one else None,
            ),
            bool(one.get("above")),
            bool(one.get("below")),
        )
        for key, one in stored.items()
    }
    return SpaceRights(
        {UserId(key): member_of(one) for page in pages for key, one in page["members"].items()},
        roles,
        first["units"],
        *({key: frozenset(fields) for key, fields in first[name].items()} for name in ("shut", "hidden")),
    )


def member_of(stored: Mapping[str, Any]) -> Member:
    """Read a user."""
    managed = frozenset(stored.get("managed", ()))
    units = {unit: unit in managed for unit in stored["units"]} if "units" in stored else None
    flags = (bool(stored.get("is_stopped")), bool(stored.get("is_recalculating")))
    return Member(stored.get("role", ""), units, *flags)
