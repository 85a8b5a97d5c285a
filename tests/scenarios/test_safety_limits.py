"""Mass changes wait for an approval; contacts that fail or circle are set aside and come back."""

from __future__ import annotations

from emulators.faults import Fault
from sync_core.domain import Reason
from sync_core.operations.asking import approve_removals
from tests.scenarios.world import World, new_world


async def _crowd(count: int) -> World:
    world = new_world()
    for number in range(count):
        world.write_in_crm(f"Person{number:03}", "Ann", city="Oslo")
    await world.connect()
    await world.sync()
    return world


async def test_a_bad_import_is_held_while_other_changes_go_on() -> None:
    """Thirty of forty lose their city: those wait; a phone and a new contact still travel."""
    world = await _crowd(40)
    for number in range(30):
        world.edit_in_crm(f"Person{number:03}", city="")
    world.edit_in_crm("Person035", phone2="555")
    world.write_in_crm("Newcomer", "Eva")

    result = await world.sync()

    cities = [item["businessAddress"].get("city") for item in world.outlook()]
    assert (cities.count("Oslo"), result.run.counts.awaiting_approval) == (40, 30)
    assert (world.person("Person035")["mobilePhone"], world.person("Newcomer")["givenName"]) == ("555", "Eva")
    (item,) = await world.attention()
    assert (item.reason, item.fields) == (Reason.CHANGES_AWAIT_APPROVAL, ("city",))
    assert "30 of 40 contacts" in item.message
    assert "approve" in item.remedy


async def test_approved_changes_are_made_and_the_item_goes() -> None:
    """One approval, one run."""
    world = await _crowd(40)
    for number in range(30):
        world.edit_in_crm(f"Person{number:03}", city="Rome")
    await world.sync()

    await approve_removals(world.deployment, world.record.id)
    await world.drain()

    cities = [item["businessAddress"].get("city") for item in world.outlook()]
    assert (cities.count("Rome"), await world.attention()) == (30, [])
    assert (await world.sync()).run.counts.writes == 0


async def test_held_changes_that_are_taken_back_need_no_approval() -> None:
    """The import is undone in Pipeliner: nothing is left to change."""
    world = await _crowd(40)
    for number in range(30):
        world.edit_in_crm(f"Person{number:03}", city="Rome")
    await world.sync()
    for number in range(30):
        world.edit_in_crm(f"Person{number:03}", city="Oslo")

    await world.sync()
    result = await world.sync()

    assert (result.run.counts.writes, result.run.counts.awaiting_approval, await world.attention()) == (0, 0, [])


async def test_many_different_changes_are_no_surprise() -> None:
    """Each of forty contacts changed, but not the same way."""
    world = await _crowd(40)
    fields = ("city", "country", "phone1", "phone2")
    for number in range(40):
        world.edit_in_crm(f"Person{number:03}", **{fields[number % 4]: "9"})

    result = await world.sync()

    assert (result.run.counts.updated_in_outlook, result.run.counts.awaiting_approval) == (40, 0)


async def test_a_contact_that_keeps_failing_is_set_aside_and_retried_when_it_changes() -> None:
    """The others go on; after some tries the contact costs nothing until its time, or until somebody edits it."""
    world = await _crowd(3)
    failing = Fault(r"PATCH .*/contacts/", times=None, status=503)
    world.graph.faults.plant(failing)
    world.edit_in_crm("Person001", city="Rome")
    for _ in range(6):
        await world.one_run()
        await world.deployment.clock.sleep(1)
        await world.tick()
    (item,) = await world.attention()
    assert item.reason is Reason.KEEPS_FAILING
    world.graph.faults.clear()
    await world.one_run()
    assert world.person("Person001")["businessAddress"]["city"] == "Oslo"

    world.edit_in_crm("Person001", country="Italy")
    await world.sync()

    assert world.person("Person001")["businessAddress"] == {"city": "Rome", "countryOrRegion": "Italy"}
    assert await world.attention() == []


async def test_a_circle_closed_by_a_third_tool_is_broken() -> None:
    """Something sets the phone back after every run: the sync stops writing and says so, and later goes on."""
    world = await _crowd(1)
    writes = 0
    for round_number in range(30):
        world.edit_in_crm("Person000", phone2=f"{round_number}")
        writes += (await world.sync()).run.counts.writes
        if any(item.reason is Reason.KEEPS_CHANGING for item in await world.attention()):
            break
    assert writes == 12 - 1

    await world.deployment.clock.sleep(4000)
    await world.sync()

    assert world.person("Person000")["mobilePhone"] == world.customer("Person000")["phone2"]
    assert await world.attention() == []
