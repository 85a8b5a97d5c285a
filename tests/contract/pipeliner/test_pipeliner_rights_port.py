"""Users with roles and memberships, units and field rights, as the adapter reads them of a space."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.pipeliner.administration import MANAGER
from sync_core.domain import Level, Reach, UserId
from sync_core.engine.ports import RightsList, UsersPage
from sync_core.errors import AccessDenied, SyncError
from sync_core.pipeliner import PipelinerRights
from tests.contract.pipeliner.pipeliner_scenarios import World

ROLE = {
    "id": "R-1",
    "access_contacts": True,
    "access_archive": True,
    "access_entity_contact": 2,
    "access_entity_contact_delete": True,
    "access_entity_contact_direction": 4,
    "access_entity_contact_types": 1,
    "allowed_contact_types": [],
}


async def _users(world: World) -> UsersPage:
    return await PipelinerRights(world.client).users_page(None, with_roles=True)


async def test_a_user_comes_with_their_role_and_their_units(world: World) -> None:
    """In one request, whoever is a manager as such."""
    unit = world.people.add_unit("North")
    role = world.people.add_role("Boss", access_entity_contact=3, access_entity_contact_direction=5)
    world.people.give_role(world.paul, role)
    world.people.join_unit(world.paul, unit, MANAGER)
    page = await _users(world)

    assert (page.is_whole, page.after) == (True, None)
    paul = page.members[UserId(world.paul)]
    assert (paul.role_id, paul.is_stopped, paul.is_recalculating) == (role, False, False)
    assert paul.units == {unit: True, world.model.space.default_unit_id: False}
    given = page.roles[role]
    assert (given.role.level, given.role.reach) == (Level.AND_MANAGED, Reach.UNITS)
    assert (given.sees_above, given.sees_below, given.role.may_delete, given.role.type_ids) == (True, True, True, None)


async def test_who_was_deactivated_is_told_from_who_is_not_listed(world: World) -> None:
    """One is stopped, of the other nothing is known."""
    world.people.deactivate_user(world.paul)
    world.people.hide(world.olga, plural="Clients")
    page = await _users(world)
    assert page.members[UserId(world.paul)].is_stopped
    assert UserId(world.olga) not in page.members


async def test_a_membership_that_ends_makes_another_head_and_another_user(world: World) -> None:
    """Though nothing else tells of it."""
    rights = PipelinerRights(world.client)
    unit = world.people.add_unit("North")
    world.people.join_unit(world.paul, unit)
    world.model.switches.delete_bumps_modified = False
    before = await rights.head(RightsList.MEMBERSHIPS)
    world.people.leave_unit(world.paul, unit)
    assert await rights.head(RightsList.MEMBERSHIPS) != before
    assert unit not in ((await _users(world)).members[UserId(world.paul)].units or {})


@pytest.mark.parametrize("of", list(RightsList))
async def test_every_head_is_another_one_whenever_its_list_is(near: World, of: RightsList) -> None:
    """And the same one as long as it is not."""
    rights, people = PipelinerRights(near.client), near.people
    contact = people.create_contact(near.olga, last_name="A")
    people.share_with_unit(contact, people.add_unit("South"))
    before = await rights.head(of)
    assert await rights.head(of) == before
    match of:
        case RightsList.USERS:
            people.recalculate_rights(near.paul)
        case RightsList.ROLES:
            people.change_role(access_archive=False)
        case RightsList.MEMBERSHIPS:
            people.join_unit(near.paul, people.add_unit("East"))
        case RightsList.UNITS:
            people.add_unit("West")
        case RightsList.FIELDS:
            people.restrict_field("phone1", 2)
        case RightsList.UNIT_SHARES:
            people.share_with_unit(contact, people.add_unit("North"))
    assert await rights.head(of) != before


async def test_the_tree_of_units_leads_upwards(world: World) -> None:
    """Units that are gone are no part of it."""
    top = world.model.space.default_unit_id or ""
    north = world.people.add_unit("North", top)
    assert await PipelinerRights(world.client).units() == {top: "", north: top}


async def test_fields_are_shut_by_role_and_named_as_contacts_have_them(world: World) -> None:
    """What is open is not named; what is hidden is shut as well."""
    role = world.model.space.default_role_id or ""
    for name, level in (("phone1", 1), ("phone2", 2), ("phone3", 3)):
        world.people.restrict_field(name, level)
    shut, hidden = await PipelinerRights(world.client).shut_fields()
    assert dict(shut) == {role: frozenset({"phone2", "phone3"})}
    assert dict(hidden) == {role: frozenset({"phone3"})}


async def test_types_that_a_role_is_limited_to_come_with_it(world: World) -> None:
    """None where it is not; that none is allowed is not that all are."""
    role = world.model.space.default_role_id or ""
    kind = world.people.add_contact_type("Partner")
    world.people.allow_types(role, kind)
    assert (await _users(world)).roles[role].role.type_ids == frozenset({kind})


async def test_roles_that_the_key_may_not_read_are_not_whole(world: World) -> None:
    """Of the lists beside it is said that they are denied."""
    world.model.switches.roles_readable = False
    assert not (await _users(world)).is_whole
    with pytest.raises(AccessDenied):
        await PipelinerRights(world.client).head(RightsList.ROLES)


def _answer(near: World, **changed: Any) -> None:
    user = {"id": "U-1", "master_right_id": "R-1", "type": 0, "unit_membership": [], "is_deleted": False}
    record = {**user, **{name: value for name, value in changed.items() if name in user}}
    role = {**ROLE, **{name: value for name, value in changed.items() if name in ROLE}}
    body = {"success": True, "data": [{**record, "master_right": role}], "page_info": {"has_next_page": False}}
    near.fault("Clients", status=200, body=json.dumps(body))


@pytest.mark.parametrize(
    "strange",
    [
        {"access_entity_contact": 5},
        {"access_entity_contact": None},
        {"access_entity_contact": True},
        {"access_entity_contact_direction": 0},
        {"access_entity_contact_direction": 7},
        {"access_entity_contact_types": 3},
        {"access_contacts": None},
    ],
)
async def test_a_number_that_nobody_knows_opens_nothing(near: World, strange: dict[str, Any]) -> None:
    """Whatever else the role says."""
    _answer(near, **strange)
    assert (await _users(near)).roles["r-1"].role.level is Level.UNKNOWN


@pytest.mark.parametrize(("field", "told"), [("access_entity_contact_delete", None), ("access_archive", None)])
async def test_what_a_role_does_not_tell_it_does_not_allow(near: World, field: str, told: Any) -> None:
    """Deleting, and the archive."""
    _answer(near, **{field: told})
    role = (await _users(near)).roles["r-1"].role
    assert [role.may_delete, role.opens_archive] == [field == "access_archive", field != "access_archive"]


async def test_a_menu_that_is_off_shows_no_contacts(near: World) -> None:
    """However far the role would go."""
    _answer(near, access_contacts=False, access_entity_contact=4)
    assert (await _users(near)).roles["r-1"].role.level is Level.NONE


@pytest.mark.parametrize(
    ("told", "is_stopped", "is_recalculating"),
    [({"type": 1}, True, False), ({"type": 7}, True, False), ({"is_deleted": True}, True, False), ({}, False, False)],
)
async def test_support_and_kinds_of_users_that_nobody_knows_are_stopped(
    near: World, told: dict[str, Any], *, is_stopped: bool, is_recalculating: bool
) -> None:
    """A customer's own users are of kind 0."""
    _answer(near, **told)
    member = (await _users(near)).members[UserId("u-1")]
    assert (member.is_stopped, member.is_recalculating) == (is_stopped, is_recalculating)


async def test_memberships_that_are_not_shown_are_not_known_to_be_none(near: World) -> None:
    """Addresses alone say of no unit which it is."""
    _answer(near, unit_membership=["https://x.example/entities/SalesUnitClientRelations/1"])
    page = await _users(near)
    assert (page.is_whole, page.members[UserId("u-1")].units) == (False, None)


async def test_a_page_that_is_none_is_no_list(near: World) -> None:
    """It is an outage of that list."""
    near.fault("SalesUnits", status=200, body='{"success": true}')
    with pytest.raises(SyncError):
        await PipelinerRights(near.client).head(RightsList.UNITS)
