"""Rights that are not known are a state of their own: nothing is decided, nothing is lost, and one item says so."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.faults import Fault
from emulators.pipeliner import PipelinerSwitches
from sync_core.domain import AttentionItem, Reason, RightsMode, RunMode, RunState
from sync_core.errors import InvalidRequest
from sync_core.operations import ConnectionChange, change, disconnect, reconcile_all
from sync_core.state import ConnectionStatus
from tests.scenarios.world import COLLEAGUE, World, new_world

MINUTE_S = 60.0


async def _office(**settings: Any) -> World:
    """Three contacts of the salesman, in the folder."""
    world = new_world()
    for surname in ("Edited", "Gone", "Left"):
        world.write_in_crm(surname, "X", phone2="1")
    await world.connect(delete_protection=False, **settings)
    await world.tick()
    return world


async def _told(world: World) -> list[AttentionItem]:
    return [item for item in await world.attention() if item.reason is Reason.RIGHTS_UNKNOWN]


async def _ticks(world: World, count: int, minutes: float = 5) -> None:
    for _ in range(count):
        await world.deployment.clock.sleep(minutes * MINUTE_S)
        await world.tick()


def _shown(world: World) -> tuple[list[str], list[str]]:
    return [item["surname"] for item in world.outlook()], [str(row["last_name"]) for row in world.customers()]


def _meddle(world: World) -> None:
    """Everything at once: an edit, a delete, a contact out of scope, and a newcomer on each side."""
    world.edit_in_outlook("Edited", mobilePhone="typed")
    world.delete_in_outlook("Gone")
    world.crm.people.reassign_contact(world.customer("Left")["id"], world.colleague_id)
    world.write_in_outlook("Hopper", "Grace")
    world.crm.seed({"Contacts": [{"owner_id": world.user_id, "last_name": "Novak"}]})


def _hide(world: World, how: str, *, hidden: bool = True) -> None:
    if how == "role":
        world.crm.switches.roles_readable = not hidden
    elif how == "missing":
        world.crm.people.hide(world.user_id, hidden=hidden, plural="Clients")
    elif how == "number":
        world.crm.people.change_role(access_entity_contact=9 if hidden else 2)
    elif how == "direction":
        world.crm.people.change_role(access_entity_contact_direction=0 if hidden else 4)
    elif hidden:
        world.crm.faults.plant(Fault("GET /api/v100/rest/spaces/em_Emulated/entities/Clients", times=1_000, status=403))
    else:
        world.crm.faults.clear()


@pytest.mark.parametrize("how", ["role", "missing", "number", "direction", "users"])
async def test_nothing_is_decided_and_nothing_is_lost_while_rights_are_not_known(how: str) -> None:
    """No edit, create, pair or removal, no item a contact, no failure counted; then all of it at once."""
    world = await _office()
    _hide(world, how)
    await _ticks(world, 4)
    before = _shown(world)
    _meddle(world)
    meddled = _shown(world)
    await _ticks(world, 30)
    await world.sync(RunMode.FULL)
    await world.one_run(RunMode.RECONCILE)

    assert before != meddled
    assert _shown(world) == meddled
    assert world.customer("Edited")["phone2"] == "1"
    items = await world.attention()
    assert [item.reason for item in items] == [Reason.RIGHTS_UNKNOWN]
    record = await world.deployment.registry.get(world.record.id)
    assert (record.is_active, record.failures) == (True, 0)

    _hide(world, how, hidden=False)
    await _ticks(world, 4)

    assert _shown(world) == (["Edited", "Hopper", "Novak"], ["Edited", "Hopper", "Left", "Novak"])
    assert world.customer("Edited")["phone2"] == "typed"
    assert await world.attention() == []


async def test_rights_that_could_not_be_read_again_count_for_a_quarter_of_an_hour() -> None:
    """Not a minute longer: they were true then, and may be others now."""
    world = await _office()
    world.crm.switches.roles_readable = False
    await world.deployment.clock.sleep(10 * MINUTE_S)
    world.edit_in_outlook("Edited", mobilePhone="typed in time")
    await world.tick()
    assert world.customer("Edited")["phone2"] == "typed in time"

    await world.deployment.clock.sleep(6 * MINUTE_S)
    world.edit_in_outlook("Edited", mobilePhone="typed too late")
    await world.tick()
    assert world.customer("Edited")["phone2"] == "typed in time"
    assert len(await _told(world)) == 1


async def test_rights_that_changed_meanwhile_are_what_counts_when_they_are_known_again() -> None:
    """What was held back is decided by what the user may do now."""
    world = await _office()
    world.crm.switches.roles_readable = False
    await _ticks(world, 4)
    world.edit_in_outlook("Edited", mobilePhone="typed")
    await world.tick()
    world.crm.people.change_role(access_entity_contact=1)
    world.crm.switches.roles_readable = True
    await _ticks(world, 2)

    assert world.customer("Edited")["phone2"] == "1"
    assert [item.reason for item in await world.attention()] == [Reason.READ_ONLY]


async def test_the_item_is_one_and_the_same_in_every_connection_and_names_the_remedy() -> None:
    """Whatever waits, and however often it is tried."""
    world = await _office()
    await world.connect(COLLEAGUE, COLLEAGUE)
    await world.tick()
    world.crm.switches.roles_readable = False
    await _ticks(world, 4)
    for surname in ("Edited", "Left"):
        world.edit_in_outlook(surname, mobilePhone="typed")
    world.graph.create_contact(COLLEAGUE, {"surname": "Hopper", "givenName": "Grace"}, world.records[1].folder_id)
    await _ticks(world, 3)

    items = [
        item
        for record in world.records
        for item in await world.deployment.reader(record.id).attention()
        if item.reason is Reason.RIGHTS_UNKNOWN
    ]
    assert len(items) == 2
    assert len({(item.subject, item.message, item.remedy) for item in items}) == 1
    assert "rights: ownership" in items[0].remedy


async def test_a_user_who_is_missing_from_the_list_is_not_taken_for_deactivated() -> None:
    """The connection stays active, and the other one of the space goes on."""
    world = await _office()
    await world.connect(COLLEAGUE, COLLEAGUE)
    await world.tick()
    world.crm.people.hide(world.user_id, plural="Clients")
    world.edit_in_outlook("Edited", mobilePhone="typed")
    world.graph.create_contact(COLLEAGUE, {"surname": "Hopper", "givenName": "Grace"}, world.records[1].folder_id)
    await world.tick()
    await world.tick()

    assert (await world.deployment.registry.get(world.record.id)).is_active
    assert _shown(world)[1] == ["Edited", "Gone", "Hopper", "Left"]
    assert world.customer("Edited")["phone2"] == "1"
    assert "does not list" in (await _told(world))[0].message


async def test_a_run_that_leaves_all_as_it_is_says_so_and_asks_for_no_other_one() -> None:
    """The timer comes anyway; an approval that was given is not used up."""
    world = await _office()
    world.crm.people.hide(world.user_id, plural="Clients")
    world.edit_in_outlook("Edited", mobilePhone="typed")
    result = await world.sync()

    assert (result.run.state, result.again, result.run.counts.writes) == (RunState.CONTINUES, False, 0)
    assert "does not list" in result.run.message


async def test_while_rights_are_being_recalculated_nothing_leaves_the_folder() -> None:
    """Removals for lost scope wait until Pipeliner is done; edits go on."""
    world = await _office()
    world.crm.people.recalculate_rights(world.user_id)
    world.crm.people.reassign_contact(world.customer("Left")["id"], world.colleague_id)
    world.edit_in_outlook("Edited", mobilePhone="typed")
    await _ticks(world, 3)
    await world.one_run(RunMode.RECONCILE)
    assert (len(world.outlook()), world.customer("Edited")["phone2"]) == (3, "typed")

    world.crm.people.recalculate_rights(world.user_id, "NoRecalculation")
    await _ticks(world, 2)
    assert [item["surname"] for item in world.outlook()] == ["Edited", "Gone"]


async def test_an_outage_of_a_few_minutes_is_no_news() -> None:
    """The next tick that reads them ends it, and the feed's own failure says what there is to say."""
    world = await _office()
    world.crm.faults.plant(Fault("", times=20, status=503))
    await _ticks(world, 1)
    world.crm.faults.clear()
    await _ticks(world, 1)
    assert await world.attention() == []


async def test_a_run_reads_the_rights_itself_where_no_tick_has_for_long() -> None:
    """A host that slept, or a command that no timer goes before."""
    world = await _office()
    await world.deployment.clock.sleep(86_400)
    world.edit_in_outlook("Edited", mobilePhone="typed")
    await world.one_run()
    assert (world.customer("Edited")["phone2"], await world.attention()) == ("typed", [])


async def test_what_ends_a_connection_sends_nothing_and_removes_no_unsent_edit_while_rights_are_not_known() -> None:
    """Copies that hold nothing of their own go; the edited one stays."""
    world = await _office()
    world.crm.people.hide(world.user_id, plural="Clients")
    await world.tick()
    world.edit_in_outlook("Edited", mobilePhone="typed")
    await disconnect(world.deployment, world.record.id, remove_contacts=True)

    assert world.customer("Edited")["phone2"] == "1"
    assert [item["surname"] for item in world.outlook()] == ["Edited"]


# Where the key may not read roles


async def _count_by(world: World, mode: RightsMode) -> None:
    """What `set --space rights=…` stores."""
    await world.deployment.registry.change_space(lambda space: space.model_copy(update={"rights": mode}))


async def test_a_space_is_told_what_counts_at_any_time_and_back() -> None:
    """It takes effect with the next tick; the item goes by itself."""
    world = await _office()
    world.crm.switches.roles_readable = False
    await _ticks(world, 4)
    world.edit_in_outlook("Edited", mobilePhone="typed")
    await world.tick()
    assert len(await _told(world)) == 1

    await _count_by(world, RightsMode.OWNERSHIP)
    await _ticks(world, 1)
    assert (world.customer("Edited")["phone2"], await world.attention()) == ("typed", [])

    await _count_by(world, RightsMode.ROLES)
    world.edit_in_outlook("Edited", mobilePhone="typed again")
    await _ticks(world, 4)
    assert world.customer("Edited")["phone2"] == "typed"
    world.crm.switches.roles_readable = True
    await _ticks(world, 2)
    assert (world.customer("Edited")["phone2"], await world.attention()) == ("typed again", [])


async def test_nobody_is_connected_unasked_with_a_key_that_reads_no_roles() -> None:
    """The refusal names the choice; nothing is stored, and no folder made."""
    world = new_world(crm=PipelinerSwitches(roles_readable=False))
    with pytest.raises(InvalidRequest, match="rights: ownership"):
        await world.connect()
    assert await world.deployment.registry.all() == []


@pytest.mark.parametrize("level", [1, 2])
async def test_a_space_that_counts_by_ownership_asks_for_no_roles(level: int) -> None:
    """What is theirs is written, whatever the role says; what is only seen is not."""
    world = new_world(crm=PipelinerSwitches(roles_readable=False))
    await _count_by(world, RightsMode.OWNERSHIP)
    world.crm.people.change_role(access_entity_contact=level)
    world.write_in_crm("Own", phone2="1")
    world.write_in_crm("Theirs", owner=world.colleague_id, phone2="1")
    await world.connect(scope="visible")
    await world.tick()
    for surname in ("Own", "Theirs"):
        world.edit_in_outlook(surname, mobilePhone="typed")
    await _ticks(world, 4)

    assert [world.customer(surname)["phone2"] for surname in ("Own", "Theirs")] == ["typed", "1"]
    assert [item.reason for item in await world.attention()] == [Reason.READ_ONLY]


# Deactivated users (B4)


async def test_a_deactivated_user_stops_their_connection_with_the_tick_that_sees_it() -> None:
    """Nothing is written by it, in between or later, whatever ticks and nights do."""
    world = await _office()
    world.crm.people.deactivate_user(world.user_id)
    _meddle(world)
    meddled = _shown(world)
    await world.tick()
    record = await world.deployment.registry.get(world.record.id)
    assert (record.status, record.reason, record.not_before) == (ConnectionStatus.PAUSED, "user_deactivated", None)

    for _ in range(3):
        await _ticks(world, 6, minutes=240)
        await reconcile_all(world.deployment)
        await world.drain()

    assert (await world.deployment.registry.get(world.record.id)) == record
    assert _shown(world) == meddled
    assert world.customer("Edited")["phone2"] == "1"
    assert [item.reason for item in await world.attention()] == [Reason.PAUSED]


async def test_a_run_in_the_queue_writes_nothing_once_the_tick_has_seen_it() -> None:
    """Whoever asked for it."""
    world = await _office()
    world.edit_in_outlook("Edited", mobilePhone="typed")
    world.crm.people.deactivate_user(world.user_id)
    await world.tick()
    await change(world.deployment, world.record.id, ConnectionChange(settings={"max_create_count": 7}))
    await world.drain()
    assert world.customer("Edited")["phone2"] == "1"


async def test_a_stopped_connection_is_resumed_only_when_the_user_is_active_again() -> None:
    """By a person; then it goes on where it stood."""
    world = await _office()
    world.edit_in_outlook("Edited", mobilePhone="typed")
    world.crm.people.deactivate_user(world.user_id)
    await world.tick()
    resume = ConnectionChange(status=ConnectionStatus.ACTIVE)
    with pytest.raises(InvalidRequest, match="deactivated"):
        await change(world.deployment, world.record.id, resume)

    world.crm.people.deactivate_user(world.user_id, active=True)
    await _ticks(world, 3)
    assert not (await world.deployment.registry.get(world.record.id)).is_active
    await change(world.deployment, world.record.id, resume)
    await world.drain()

    assert (world.customer("Edited")["phone2"], await world.attention()) == ("typed", [])


async def test_a_support_user_is_stopped_like_a_deactivated_one() -> None:
    """The vendor's own people have no contacts to sync."""
    world = await _office()
    world.crm.people._set("Clients", world.user_id, {"type": 1})
    await world.tick()
    assert (await world.deployment.registry.get(world.record.id)).reason == "user_deactivated"


async def test_what_a_person_paused_stays_paused_by_them_when_the_user_is_deactivated() -> None:
    """It runs nothing either way."""
    world = await _office()
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.PAUSED))
    world.crm.people.deactivate_user(world.user_id)
    await world.tick()
    assert (await world.deployment.registry.get(world.record.id)).reason == "paused_by_person"


async def _left(**settings: Any) -> World:
    """Someone has left the company: one card was edited since, and one was never a copy."""
    world = await _office(**settings)
    for number in range(12):
        world.write_in_crm(f"N{number:02d}")
    world.write_in_outlook("Own", "Ada")
    await world.tick()
    world.crm.people.deactivate_user(world.user_id)
    await world.tick()
    world.edit_in_outlook("Edited", mobilePhone="typed after")
    return world


async def _nights(world: World, count: int) -> list[str]:
    for _ in range(count):
        await world.deployment.clock.sleep(24 * 60 * MINUTE_S)
        await world.tick()
        await reconcile_all(world.deployment)
        await world.drain()
    return [item["surname"] for item in world.outlook()]


async def test_copies_of_a_deactivated_user_stay_unless_a_setting_says_otherwise() -> None:
    """However many nights go by."""
    world = await _left()
    assert len(await _nights(world, 40)) == 16


async def test_copies_go_so_many_days_after_the_user_was_deactivated_and_nothing_else_does() -> None:
    """What the sync created and nobody edited, without a further approval; in Pipeliner nothing changes."""
    world = await _left(copies_when_deactivated="remove_after_days:3")
    assert len(await _nights(world, 2)) == 16
    assert await _nights(world, 1) == ["Edited", "Own"]
    assert len(world.customers()) == 16
    assert world.customer("Edited")["phone2"] == "1"
    record = await world.deployment.registry.get(world.record.id)
    assert (record.is_active, record.reason, record.stopped_at) == (False, "user_deactivated", None)
    runs = len(world.results)
    assert await _nights(world, 3) == ["Edited", "Own"]
    assert len(world.results) == runs


async def test_copies_that_were_taken_back_come_again_with_the_user() -> None:
    """Each person once; the edited card's edit is sent then."""
    world = await _left(copies_when_deactivated="remove_after_days:1")
    await _nights(world, 1)
    world.crm.people.deactivate_user(world.user_id, active=True)
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.ACTIVE))
    await world.drain()
    await world.sync(RunMode.FULL)

    shown, stored = _shown(world)
    assert (len(shown), shown) == (16, stored)
    assert world.customer("Edited")["phone2"] == "typed after"


async def test_copies_of_a_user_who_came_back_in_time_stay() -> None:
    """The time begins anew when they leave again."""
    world = await _left(copies_when_deactivated="remove_after_days:3")
    await _nights(world, 2)
    world.crm.people.deactivate_user(world.user_id, active=True)
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.ACTIVE))
    await world.drain()
    assert len(await _nights(world, 3)) == 16
    world.crm.people.deactivate_user(world.user_id)
    await world.tick()
    assert len(await _nights(world, 2)) == 16
