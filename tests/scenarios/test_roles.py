"""Roles, units and field rights of a space: what they let a user do counts, and what they show is in the folder."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.pipeliner.administration import MANAGER
from emulators.pipeliner.people import EDITOR, WATCHER
from sync_core.domain import Action, Reason, RunMode
from tests.scenarios.world import World, new_world

READS, OWN, MANAGED, ALL_SEEN = 1, 2, 3, 4
PROMPT = {"delete_protection": False}


async def _synced(world: World, **settings: Any) -> World:
    await world.connect(**PROMPT | settings)
    await world.tick()
    await world.tick()
    return world


async def _own_contact(**settings: Any) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", phone2="1", city="Lagos")
    return await _synced(world, **settings)


async def _told(world: World, reason: Reason) -> list[tuple[str, ...]]:
    return [item.fields for item in await world.attention() if item.reason is reason]


async def _edited(world: World) -> str:
    """What Pipeliner has once the salesman has edited the one contact in Outlook."""
    world.edit_in_outlook("Okafor", mobilePhone="typed")
    await world.tick()
    return str(world.customer("Okafor")["phone2"])


def _names(world: World) -> list[str]:
    return [item["surname"] for item in world.outlook()]


# What a role lets its user write


async def test_a_role_that_only_reads_writes_not_even_what_its_user_owns() -> None:
    """From the tick that sees it; what was typed stays and is told."""
    world = await _own_contact()
    world.crm.people.change_role(access_entity_contact=READS)

    assert await _edited(world) == "1"
    assert await _told(world, Reason.READ_ONLY) == [("mobile_phone",)]
    assert world.person("Okafor")["mobilePhone"] == "typed"


async def test_a_role_that_deletes_nothing_leaves_pipeliner_what_its_user_owns() -> None:
    """The card leaves the folder only; edits are sent as ever."""
    world = await _own_contact()
    world.crm.people.change_role(access_entity_contact_delete=False)
    assert await _edited(world) == "typed"

    world.delete_in_outlook("Okafor")
    await world.tick()

    assert (world.outlook(), len(world.customers())) == ([], 1)


async def test_what_lies_in_the_archive_is_not_written_by_a_role_that_does_not_open_it() -> None:
    """It stays in the folder, and is read."""
    world = await _own_contact()
    world.crm.people.change_role(access_archive=False)
    world.crm.people.archive_contact(world.customer("Okafor")["id"])

    assert await _edited(world) == "1"
    assert _names(world) == ["Okafor"]


@pytest.mark.parametrize("level", [READS, 0])
async def test_a_role_that_only_reads_creates_nothing(level: int) -> None:
    """The card waits in Outlook, and is told; with a role that writes it is created."""
    world = await _own_contact()
    world.crm.people.change_role(access_entity_contact=level)
    await world.tick()
    world.write_in_outlook("Novak", "Eva")
    await world.tick()
    assert [row["last_name"] for row in world.customers()] == ["Okafor"]
    assert len(await _told(world, Reason.MAY_NOT_CREATE)) == 1

    world.crm.people.change_role(access_entity_contact=OWN)
    await world.tick()

    assert [row["last_name"] for row in world.customers()] == ["Novak", "Okafor"]
    assert await _told(world, Reason.MAY_NOT_CREATE) == []


async def test_contacts_of_a_type_that_the_role_does_not_show_leave_the_folder() -> None:
    """Nothing new is created either: of which type it would be, nobody can tell."""
    world = await _own_contact()
    people = world.crm.people
    other = people.add_contact_type("Partner")
    people.allow_types(world.crm.space.default_role_id or "", other)
    people.create_contact(world.user_id, last_name="Shown", contact_type_id=other)
    world.write_in_outlook("Novak", "Eva")
    await world.tick()
    await world.tick()

    assert _names(world) == ["Novak", "Shown"]
    assert [row["last_name"] for row in world.customers()] == ["Okafor", "Shown"]
    assert len(await _told(world, Reason.MAY_NOT_CREATE)) == 1


# Units


async def _units(level: int = OWN, **role: Any) -> tuple[World, str, str]:
    """A salesman in North, below which lies Harbour, whose contact belongs to Carla there."""
    world = new_world()
    people = world.crm.people
    north = people.add_unit("North", world.crm.space.default_unit_id)
    harbour = people.add_unit("Harbour", north)
    people.join_unit(world.user_id, north)
    people.leave_unit(world.user_id, world.crm.space.default_unit_id or "")
    people.change_role(access_entity_contact=level, **role)
    carla = people.add_user("carla@example.test", unit_id=harbour)
    people.leave_unit(carla, harbour)
    people.create_contact(carla, last_name="Okafor", first_name="Chidi", phone2="1", unit_id=harbour)
    return world, north, harbour


@pytest.mark.parametrize(
    ("direction", "is_there"), [(1, False), (2, False), (3, False), (4, True), (5, True), (6, True)]
)
async def test_the_roles_direction_says_which_units_are_seen(direction: int, *, is_there: bool) -> None:
    """A unit below one's own: with all directions that look down."""
    world, _, _ = await _units(access_entity_contact_direction=direction)
    await _synced(world, scope="visible")
    assert _names(world) == (["Okafor"] if is_there else [])


@pytest.mark.parametrize(("direction", "is_there"), [(2, False), (3, True), (4, False), (5, True)])
async def test_a_unit_above_is_seen_where_the_direction_looks_up(direction: int, *, is_there: bool) -> None:
    """The contact lies in the unit to which North belongs."""
    world, _, _ = await _units(access_entity_contact_direction=direction)
    world.crm.people.edit_contact(world.customer("Okafor")["id"], unit_id=world.crm.space.default_unit_id)
    await _synced(world, scope="visible")
    assert _names(world) == (["Okafor"] if is_there else [])


@pytest.mark.parametrize(("level", "sent"), [(OWN, "1"), (MANAGED, "typed"), (ALL_SEEN, "typed")])
async def test_the_manager_of_its_unit_edits_with_a_role_that_says_so(level: int, sent: str) -> None:
    """Seeing it takes no direction; deleting it is its owner's."""
    world, _, harbour = await _units(level, access_entity_contact_direction=2)
    world.crm.people.join_unit(world.user_id, harbour, MANAGER)
    await _synced(world, scope="visible")
    assert await _edited(world) == sent

    world.delete_in_outlook("Okafor")
    await world.tick()
    assert len(world.customers()) == 1


@pytest.mark.parametrize(("level", "sent"), [(MANAGED, "1"), (ALL_SEEN, "typed")])
async def test_the_manager_of_a_unit_above_sees_and_edits_only_at_the_highest_level(level: int, sent: str) -> None:
    """What the vendor says of managers is that they see what lies below."""
    world, north, _ = await _units(level, access_entity_contact_direction=2)
    world.crm.people.join_unit(world.user_id, north, MANAGER)
    await _synced(world, scope="visible")
    assert await _edited(world) == sent


async def test_a_manager_who_is_one_no_more_edits_no_more() -> None:
    """The membership ended in Pipeliner without a trace but a shorter list."""
    world, _, harbour = await _units(MANAGED)
    world.crm.people.join_unit(world.user_id, harbour, MANAGER)
    await _synced(world, scope="visible")
    world.crm.switches.delete_bumps_modified = False
    world.crm.people.leave_unit(world.user_id, harbour)

    assert await _edited(world) == "1"


async def test_a_unit_that_moves_takes_its_contacts_out_of_sight_and_back() -> None:
    """Harbour goes elsewhere: its contact leaves the folder, and comes when it is back."""
    world, north, harbour = await _units()
    await _synced(world, scope="visible")
    assert _names(world) == ["Okafor"]

    world.crm.people.move_unit(harbour, None)
    for _ in range(3):
        await world.tick()
    assert (_names(world), len(world.customers())) == ([], 1)

    world.crm.people.move_unit(harbour, north)
    for _ in range(3):
        await world.tick()
    assert _names(world) == ["Okafor"]


async def test_a_role_that_shows_only_what_its_user_owns_lets_a_copy_rest() -> None:
    """It stays as it is, is not written, and no new one comes."""
    world, _, _ = await _units(access_entity_contact_direction=4)
    await _synced(world, scope="visible")
    world.crm.people.change_role(access_entity_contact_direction=1)
    await world.tick()

    assert await _edited(world) == "1"
    assert _names(world) == ["Okafor"]
    assert len(world.customers()) == 1


# Shares with units, and with everybody (B6)


async def _foreign(**values: Any) -> tuple[World, str, str]:
    """A contact in Paris, where the salesman is not; and the unit where they are."""
    world = new_world()
    people = world.crm.people
    paris = people.add_unit("Paris")
    carl = people.add_user("carl@example.test", unit_id=paris)
    contact_id = people.create_contact(carl, last_name="Okafor", first_name="Chidi", phone2="1", **values)
    return world, contact_id, world.crm.space.default_unit_id or ""


@pytest.mark.parametrize(("mode", "sent"), [(2, "1"), (3, "typed")])
async def test_what_everybody_sees_is_in_the_folder_and_written_only_where_everybody_may(mode: int, sent: str) -> None:
    """B6: with scope visible, when it is listed."""
    world, _, _ = await _foreign(share_mode=mode)
    await _synced(world, scope="visible")
    assert _names(world) == ["Okafor"]
    assert await _edited(world) == sent


@pytest.mark.parametrize(("role", "sent"), [(WATCHER, "1"), (EDITOR, "typed")])
async def test_a_share_with_a_unit_counts_as_one_by_name(role: int, sent: str) -> None:
    """B6: listed from the start."""
    world, contact_id, unit = await _foreign()
    world.crm.people.share_with_unit(contact_id, unit, role)
    await _synced(world, scope="visible")
    assert _names(world) == ["Okafor"]
    assert await _edited(world) == sent


@pytest.mark.parametrize("scope", ["owned", "owned_or_editable", "visible"])
@pytest.mark.parametrize("how", ["unit editor", "unit watcher", "all view"])
async def test_what_comes_into_sight_comes_into_the_folder_and_goes_with_it(how: str, scope: str) -> None:
    """B6: by the feed, in the scopes that cover it."""
    world, contact_id, unit = await _foreign()
    await _synced(world, scope=scope)
    people = world.crm.people
    assert world.outlook() == []

    if how == "all view":
        people.edit_contact(contact_id, share_mode=2)
    else:
        people.share_with_unit(contact_id, unit, EDITOR if how == "unit editor" else WATCHER)
    for _ in range(2):
        await world.tick()
    is_covered = scope == "visible" or (scope == "owned_or_editable" and how == "unit editor")
    assert _names(world) == (["Okafor"] if is_covered else [])

    if how == "all view":
        people.edit_contact(contact_id, share_mode=0)
    else:
        people.unshare_with_unit(contact_id, unit)
    for _ in range(2):
        await world.tick()
    assert (_names(world), len(world.customers())) == ([], 1)


async def test_a_share_with_a_unit_that_ends_without_a_trace_is_noticed_by_the_shorter_list() -> None:
    """The record that was deleted does not show up among what has changed, nor was it the newest one."""
    world, contact_id, unit = await _foreign()
    world.crm.people.share_with_unit(contact_id, unit, WATCHER)
    later = world.crm.people.create_contact(
        world.colleague_id, last_name="Later", unit_id=world.crm.people.add_unit("X")
    )
    world.crm.people.share_with_unit(later, unit, WATCHER)
    await _synced(world, scope="visible")
    world.crm.switches.delete_bumps_modified = False
    await world.deployment.clock.sleep(3600)
    await world.tick()
    world.crm.people.unshare_with_unit(contact_id, unit)
    for _ in range(3):
        await world.tick()

    assert _names(world) == ["Later"]


async def test_an_edit_by_who_was_an_editor_through_a_unit_is_not_sent_once_the_share_has_ended() -> None:
    """It is read right before the write: no tick has to notice first."""
    world, contact_id, unit = await _foreign()
    world.crm.people.share_with_unit(contact_id, unit, EDITOR)
    await _synced(world, scope="visible")
    world.crm.people.edit_contact(contact_id, share_mode=2)
    await world.tick()
    world.edit_in_outlook("Okafor", mobilePhone="typed")
    world.crm.people.unshare_with_unit(contact_id, unit)

    await world.one_run()

    assert world.customer("Okafor")["phone2"] == "1"
    assert await _told(world, Reason.READ_ONLY) == [("mobile_phone",)]


# Fields


async def test_a_field_that_the_role_only_reads_goes_to_outlook_and_not_back() -> None:
    """The rest of the same edit travels; the field is told, and what Pipeliner changes in it still comes."""
    world = await _own_contact()
    world.crm.people.restrict_field("phone2", 2)
    for _ in range(2):
        await world.tick()
    world.edit_in_outlook("Okafor", mobilePhone="typed", jobTitle="Buyer")
    await world.tick()

    assert (world.customer("Okafor")["phone2"], world.customer("Okafor")["position"]) == ("1", "Buyer")
    assert await _told(world, Reason.READ_ONLY) == [("mobile_phone",)]

    world.edit_in_crm("Okafor", phone2="2")
    await world.tick()
    assert world.person("Okafor")["mobilePhone"] == "2"


async def test_a_field_that_the_role_does_not_show_goes_neither_way() -> None:
    """Nor into a new card, nor out of one."""
    world = await _own_contact()
    world.crm.people.restrict_field("phone2", 3)
    for _ in range(2):
        await world.tick()
    world.edit_in_crm("Okafor", phone2="2", city="Abuja")
    world.write_in_crm("Novak", "Eva", phone2="3")
    world.write_in_outlook("Hopper", "Grace", mobilePhone="4")
    await world.tick()
    await world.tick()

    assert (world.person("Okafor")["mobilePhone"], world.person("Okafor")["businessAddress"]["city"]) == ("1", "Abuja")
    assert not world.person("Novak")["mobilePhone"]
    assert (world.customer("Hopper")["phone2"], await _told(world, Reason.READ_ONLY)) == ("", [("mobile_phone",)])


async def test_a_field_that_is_open_again_flushes_nothing() -> None:
    """What was typed while it was shut is not sent later unasked."""
    world = await _own_contact()
    world.crm.people.restrict_field("phone2", 2)
    for _ in range(2):
        await world.tick()
    assert await _edited(world) == "1"
    world.crm.people.restrict_field("phone2", 1)
    for _ in range(2):
        await world.tick()
    await world.sync(RunMode.FULL)

    assert world.customer("Okafor")["phone2"] == "1"
    assert [one.entry.action for one in await world.history(Action.CONFLICT)] == [Action.CONFLICT]


# The cost


@pytest.mark.parametrize("owner", ["own", "shared"])
async def test_a_hundred_edits_of_an_editor_cost_what_an_owners_do(owner: str) -> None:
    """One look with its shares and one write each: the look that every edit has tells whose it is."""
    world = new_world()
    people = world.crm.people
    for number in range(100):
        contact_id = world.write_in_crm(f"C{number:03d}", owner=world.user_id if owner == "own" else world.colleague_id)
        if owner == "shared":
            people.share(contact_id, world.user_id, EDITOR)
    await _synced(world, scope="owned_or_editable", max_change_count=1_000)
    for item in world.outlook():
        world.graph.edit_contact(world.record.mailbox, item["id"], {"mobilePhone": item["surname"]})
    before = world.crm.total_requests
    await world.one_run()

    assert {row["phone2"] for row in world.customers()} == {row["last_name"] for row in world.customers()}
    assert world.crm.total_requests - before == 200


async def test_an_edit_reads_the_rights_once_a_run_from_the_state() -> None:
    """Nobody asks Pipeliner for roles because of an edit."""
    world = await _own_contact()
    world.edit_in_outlook("Okafor", mobilePhone="typed")
    world.crm.requests.clear()
    await world.one_run()
    assert {kind.split(" ")[1] for kind in world.crm.requests} == {"Contacts"}
