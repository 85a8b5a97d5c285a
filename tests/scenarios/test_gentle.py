"""How services are treated that ask for time, refuse, or show what we have just written."""

from __future__ import annotations

import pytest

from emulators.faults import Fault
from emulators.graph import GraphSwitches
from sync_core.domain import Reason
from tests.scenarios.world import World, new_world

ASKED_S = 600.0
PATCH = r"PATCH .*/contacts/"


async def _linked(*, delete_protection: bool = True) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", city="Berlin")
    await world.connect(delete_protection=delete_protection)
    await world.sync()
    await world.sync()
    return world


async def test_an_echo_of_our_own_write_costs_no_look() -> None:
    """Delta tells it, its token is known, and nobody reads the contact again."""
    world = await _linked()
    world.edit_in_crm("Okafor", city="Oslo")
    await world.sync()
    world.graph.reset_requests()
    asked = world.crm.total_requests

    result = await world.one_run()

    assert (result.run.counts.echoes, world.graph.total_requests, world.crm.total_requests) == (1, 1, asked)


@pytest.mark.parametrize("service", ["graph", "crm"])
async def test_a_service_that_asks_for_ten_minutes_gets_them(service: str) -> None:
    """The run that follows comes no sooner; until then nobody asks again and again."""
    world = await _linked()
    faults = world.graph.faults if service == "graph" else world.crm.faults
    faults.plant(Fault(r"PATCH .*contacts/", times=None, status=429, headers={"Retry-After": f"{ASKED_S:.0f}"}))
    if service == "graph":
        world.edit_in_crm("Okafor", city="Oslo")
    else:
        world.edit_in_outlook("Okafor", mobilePhone="555")
    begun = world.deployment.clock.now()

    await world.one_run()
    while faults.fired < 3:
        await world.tick()
    faults.clear()

    assert (world.deployment.clock.now() - begun).total_seconds() >= 2 * ASKED_S


async def test_a_delete_that_graph_puts_off_is_done_later() -> None:
    """Until then the contact keeps its link, and is not taken for a new one."""
    world = await _linked()
    world.graph.faults.plant(Fault(r"DELETE .*/contacts/", times=8, status=429, headers={"Retry-After": "30"}))
    world.delete_in_crm("Okafor")

    await world.sync()
    await world.sync()
    await world.sync()

    assert (world.outlook(), world.customers()) == ([], [])


async def test_a_contact_that_is_refused_is_not_asked_for_again_until_it_changes() -> None:
    """Each run would cost a request, and never get another answer."""
    world = await _linked()
    world.crm.switches.four_byte_text = "reject"
    world.write_in_outlook("Novak", "Eva", personalNotes="smile \N{GRINNING FACE}")
    await world.sync()
    assert [item.reason for item in await world.attention()] == [Reason.REFUSED]
    writes = world.crm.requests["POST Contacts"]

    await world.sync()
    await world.sync()
    assert (world.crm.requests["POST Contacts"], len(world.customers())) == (writes, 1)
    world.edit_in_outlook("Novak", personalNotes="plain")
    await world.sync()

    assert (len(world.customers()), await world.attention()) == (2, [])


async def test_a_contact_that_was_set_aside_is_tried_again_by_itself() -> None:
    """The fault is over after an hour, and nobody edits the contact."""
    world = await _linked()
    world.graph.faults.plant(Fault(PATCH, times=None, status=503))
    world.edit_in_crm("Okafor", city="Oslo")
    await world.sync()
    for _ in range(6):
        await world.one_run()
    assert [item.reason for item in await world.attention()] == [Reason.KEEPS_FAILING]
    world.graph.faults.clear()

    await world.deployment.clock.sleep(3600)
    await world.tick()

    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    assert await world.attention() == []


async def test_contacts_that_graph_cannot_show_just_now_are_not_deleted() -> None:
    """Every read fails for a while, and deletes would travel."""
    world = await _linked(delete_protection=False)
    world.graph.faults.plant(Fault(r"GET .*/contacts/[^d?]", times=None, status=500))
    world.edit_in_outlook("Okafor", mobilePhone="555")
    for _ in range(3):
        await world.sync()
        await world.deployment.clock.sleep(400)
    world.graph.faults.clear()
    await world.deployment.clock.sleep(3_600)

    await world.sync()

    assert [row["phone2"] for row in world.customers()] == ["555"]
    assert len(world.outlook()) == 1


async def test_a_folder_of_several_pages_is_read_to_its_end_before_anything_is_matched() -> None:
    """The counterpart of a customer may stand on the last page."""
    world = new_world(graph=GraphSwitches(delta_page_limit=2))
    names = [f"Person{number}" for number in range(5)]
    for name in names:
        world.write_in_crm(name, "Ann", quick_account_name="Acme")
    await world.connect()
    for name in names:
        world.write_in_outlook(name, "Ann", companyName="Acme")

    result = await world.one_run()

    assert (len(world.outlook()), len(world.customers()), result.run.counts.linked) == (5, 5, 5)
