"""What the feed could miss: rows that become visible late, long outages, and a tick that dies half-way."""

from __future__ import annotations

import pytest

from emulators.faults import Fault
from sync_core.storage import SqliteStore
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.world import World, new_world

TIMER_S = 300


async def _linked(world: World) -> World:
    world.write_in_crm("Okafor", "Chidi", city="Berlin")
    world.write_in_crm("Novak", "Eva", city="Prague")
    await world.connect()
    await world.sync()
    await world.deployment.clock.sleep(TIMER_S)
    await world.tick()
    return world


async def test_an_edit_that_becomes_visible_after_a_later_one_still_arrives() -> None:
    """The feed has been past its time already when Pipeliner lists it."""
    world = await _linked(new_world())
    world.crm.switches.visible_after_s = 90
    world.edit_in_crm("Okafor", city="Oslo")
    await world.deployment.clock.sleep(60)
    await world.tick()
    assert world.person("Okafor")["businessAddress"]["city"] == "Berlin"

    for _ in range(3):
        await world.deployment.clock.sleep(TIMER_S)
        await world.tick()

    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"


@pytest.mark.parametrize("line", [r"GET .*Contacts\?.*modified", r"GET .*Accounts\?.*modified", "modified"])
async def test_an_edit_arrives_after_an_outage_of_an_hour(line: str) -> None:
    """Whichever of the streams could not be read meanwhile."""
    world = await _linked(new_world())
    world.crm.faults.plant(Fault(line, times=None, status=503))
    world.edit_in_crm("Okafor", city="Oslo")
    for _ in range(12):
        await world.deployment.clock.sleep(TIMER_S)
        await world.tick()
    world.crm.faults.clear()

    await world.tick()

    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 9))
async def test_a_tick_killed_at_any_transaction_loses_no_change(nth: int, after: bool) -> None:
    """An edit, a new contact and a delete: the next tick delivers what this one did not."""
    store = CrashingStore(SqliteStore(":memory:"))
    world = await _linked(new_world(store=store))
    world.edit_in_crm("Okafor", city="Oslo")
    world.delete_in_crm("Novak")
    world.write_in_crm("Haddad", "Lina")
    store.crash_at(nth, after=after)
    try:
        await world.tick()
    except Crash:
        await world.deployment.clock.sleep(TIMER_S)

    await world.tick()
    await world.tick()

    assert [item["surname"] for item in world.outlook()] == ["Haddad", "Okafor"]
    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    assert (await world.sync()).run.counts.writes == 0
