"""People who edit in the middle of a run: what they do between our look and our write is neither lost nor undone."""

from __future__ import annotations

import pytest

from emulators.graph import GraphSwitches
from sync_core.operations import tick
from tests.scenarios.meddling import meet_meddlers
from tests.scenarios.world import World, new_world

WRITE_IN_OUTLOOK = r'POST .*batch.*"PATCH"'
WRITE_IN_PIPELINER = r"^PATCH .*/entities/Contacts/"


async def _linked(world: World | None = None) -> World:
    world = world or new_world()
    world.write_in_crm("Okafor", "Chidi", city="Berlin", email1="c@example.test", address="Line 1")
    await world.connect()
    await world.sync()
    await world.sync()
    return world


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("enforced", [False, True], ids=["ignored", "enforced"])
async def test_an_edit_in_outlook_around_our_write_there_reaches_pipeliner(after: bool, enforced: bool) -> None:
    """Another field than the written one: neither the write nor its echo hides it."""
    world = await _linked(new_world(graph=GraphSwitches(if_match_enforced=enforced)))
    meddlers = meet_meddlers(world)
    meddlers.at(WRITE_IN_OUTLOOK, lambda: world.edit_in_outlook("Okafor", mobilePhone="555"), after=after)
    world.edit_in_crm("Okafor", first_name="Chidiebere")

    await world.sync()
    await world.sync()

    assert meddlers.met == 1
    assert (world.customer("Okafor")["phone2"], world.customer("Okafor")["first_name"]) == ("555", "Chidiebere")
    assert (world.person("Okafor")["mobilePhone"], world.person("Okafor")["givenName"]) == ("555", "Chidiebere")
    assert (await world.sync()).run.counts.writes == 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_an_edit_in_pipeliner_around_our_write_there_reaches_outlook(after: bool) -> None:
    """The write sends the changed field alone, and the feed's row stays until it was looked at."""
    world = await _linked()
    meddlers = meet_meddlers(world)
    meddlers.at(WRITE_IN_PIPELINER, lambda: world.edit_in_crm("Okafor", city="Oslo", phone2="555"), after=after)
    world.edit_in_outlook("Okafor", givenName="Chidiebere")

    await world.sync()
    await world.sync()

    assert meddlers.met == 1
    address = world.person("Okafor")["businessAddress"]
    assert (address, world.person("Okafor")["mobilePhone"]) == ({"city": "Oslo", "street": "Line 1"}, "555")
    assert (world.customer("Okafor")["city"], world.customer("Okafor")["first_name"]) == ("Oslo", "Chidiebere")
    assert (await world.sync()).run.counts.writes == 0


async def test_a_change_that_is_delivered_while_its_contact_is_carried_is_carried_next() -> None:
    """The feed puts it into the inbox again; the run removes only the row that it has seen."""
    world = await _linked()
    meddlers = meet_meddlers(world)

    async def edit_again() -> None:
        world.edit_in_crm("Okafor", phone2="555")
        await tick(world.deployment)

    meddlers.at(WRITE_IN_OUTLOOK, edit_again)
    world.edit_in_crm("Okafor", city="Oslo")

    await world.sync()
    await world.one_run()

    assert meddlers.met == 1
    assert (world.person("Okafor")["businessAddress"]["city"], world.person("Okafor")["mobilePhone"]) == ("Oslo", "555")


async def test_a_contact_that_is_deleted_right_before_our_write_stays_deleted() -> None:
    """The write finds nothing, and the next look decides: the edit in Pipeliner wins, once."""
    world = await _linked()
    meddlers = meet_meddlers(world)
    meddlers.at(WRITE_IN_OUTLOOK, lambda: world.delete_in_outlook("Okafor"))
    world.edit_in_crm("Okafor", city="Oslo")

    await world.sync()
    await world.sync()

    assert meddlers.met == 1
    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    assert len(world.customers()) == 1


async def test_an_edit_of_a_contact_between_its_listing_and_its_pairing_is_not_overwritten() -> None:
    """First sight: what Pipeliner shows is read once more before it is written."""
    world = new_world()
    meddlers = meet_meddlers(world)
    customer = world.write_in_crm("Okafor", "Chidi", email1="c@example.test", phone2="1")
    await world.connect(first_sight="outlook")
    body = {"emailAddresses": [{"address": "c@example.test"}], "jobTitle": "Buyer"}
    world.write_in_outlook("Okafor", "Chidi", **body)
    meddlers.at(r"filter%5Bowner_id%5D", lambda: world.crm.people.edit_contact(customer, position="Chief"), after=True)

    await world.one_run()
    await world.sync()

    assert meddlers.met == 1
    titles = (world.person("Okafor")["jobTitle"], world.customer("Okafor")["position"])
    assert titles == ("Buyer", "Buyer")
    lost = [change.old for item in await world.history() for change in item.entry.changes if change.old == "Chief"]
    assert lost
