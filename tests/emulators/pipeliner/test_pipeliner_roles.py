"""Roles, memberships and field rights in the emulated space: they are shown, and enforce nothing."""

from __future__ import annotations

from tests.emulators.pipeliner.pipeliner_scenarios import crm

EXPANDED = "master_right.allowed_contact_types,unit_membership.unit"


def test_a_new_user_has_a_role_with_full_own_rights_and_a_unit() -> None:
    """So an ordinary space needs no setting up."""
    space = crm()
    user = space.get(space.owner, "Clients", expand=f"master_right,{EXPANDED}")
    assert user["master_right"]["id"] == space.model.space.default_role_id
    assert [user["master_right"][f"access_entity_contact{part}"] for part in ("", "_direction", "_types")] == [2, 4, 1]
    assert user["master_right"]["access_entity_contact_delete"] is True
    (membership,) = user["unit_membership"]
    assert (membership["unit"]["id"], membership["unit_role"]) == (space.model.space.default_unit_id, 1)


def test_people_change_roles_units_and_memberships() -> None:
    """Each is a record of its own list."""
    space = crm()
    people = space.model.people
    role, unit = people.add_role("Reader", access_entity_contact=1), people.add_unit("North")
    people.give_role(space.owner, role)
    people.join_unit(space.owner, unit, 2)
    people.allow_types(role, people.add_contact_type("Partner"))
    people.restrict_field("phone1", 3, role)
    people.restrict_field("phone1", 2, role)
    people.move_unit(unit, space.model.space.default_unit_id)

    user = space.get(space.owner, "Clients", expand=f"master_right,{EXPANDED}")
    assert (user["master_right"]["name"], len(user["master_right"]["allowed_contact_types"])) == ("Reader", 1)
    assert sorted(one["unit_role"] for one in user["unit_membership"]) == [1, 2]
    assert space.get(unit, "SalesUnits")["parent_id"] == space.model.space.default_unit_id
    assert [one["permission_level"] for one in space.listed("FieldPermissions")["data"]] == [2]

    people.leave_unit(space.owner, unit)
    assert len(space.get(space.owner, "Clients", expand="unit_membership")["unit_membership"]) == 1
    assert space.listed("SalesUnitClientRelations")["total"] == 1


def test_an_application_that_may_not_read_roles_is_refused_them_alone() -> None:
    """Their lists are denied, and where a user leads to one, only the address is shown."""
    space = crm()
    space.model.switches.roles_readable = False
    for plural in ("MasterRights", "AllowedContactTypes", "FieldPermissions"):
        assert space.send("GET", plural).status == 403
    user = space.get(space.owner, "Clients", expand=f"master_right,{EXPANDED}")
    assert isinstance(user["master_right"], str)
    assert isinstance(user["unit_membership"][0], dict)


def test_the_emulator_enforces_nothing() -> None:
    """The key may do all, whatever its users may: that is the point."""
    space = crm()
    space.model.people.change_role(access_entity_contact=0)
    contact = space.create(last_name="Ahlers")["id"]
    assert space.patch(contact, city="Kiel")["city"] == "Kiel"
