"""The cost of a sync stays within its bounds, counted in process."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from emulators.bench import findings
from emulators.graph import GraphSwitches
from emulators.seeds import add_people
from sync_core.operations.working import tick
from sync_core.state.counting import StoreCounts
from tests.scenarios.world import OPEN_WORLDS, World, new_world

LATER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What was asked between two moments."""

    graph: dict[str, int]
    pipeliner: dict[str, int]
    storage: StoreCounts

    @property
    def graph_requests(self) -> int:
        """Requests to Graph, a batch as one."""
        return sum(count for kind, count in self.graph.items() if not kind.startswith("part "))

    @property
    def pipeliner_requests(self) -> int:
        """Requests to Pipeliner."""
        return sum(self.pipeliner.values())


class Meter:
    """Counts what a world asks from now on."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.graph.reset_requests()
        world.crm.requests.clear()
        self._stored = world.store.counts

    def cost(self) -> Cost:
        """What was asked since."""
        world = self._world
        return Cost(dict(world.graph.requests), dict(world.crm.requests), world.store.counts - self._stored)


@pytest.fixture(autouse=True)
async def _close_worlds() -> AsyncIterator[None]:
    """Close the stores of all worlds that a test made."""
    yield
    while OPEN_WORLDS:
        await OPEN_WORLDS.pop().store.close()


async def office(contacts: int) -> World:
    """A connected salesman with so many contacts in Pipeliner, nothing synced yet."""
    world = new_world(graph=GraphSwitches(throttle_limit=1_000_000))
    add_people(world.crm, contacts, [world.user_id], random.Random(1))  # noqa: S311 - seeded, not secret
    world.graph.clock.advance(LATER_S)
    await world.connect()
    return world


async def settled(contacts: int) -> World:
    """The same after the first sync, when every echo has passed by."""
    world = await office(contacts)
    await rest(world)
    return world


async def rest(world: World) -> None:
    """Let all passes run and their echoes come back, and some time after them."""
    for _ in range(3):
        await world.tick()
    world.graph.clock.advance(LATER_S)


@pytest.mark.parametrize("contacts", [0, 1, 250, 1000])
async def test_the_first_sync_reads_by_page_and_writes_by_batch(contacts: int) -> None:
    """Pipeliner by hundreds, Graph by twenties, storage by two dozen."""
    world = await office(contacts)
    meter = Meter(world)
    await world.drain()
    cost = meter.cost()
    assert len(world.outlook()) == contacts
    assert cost.pipeliner_requests <= findings.most_pipeliner_reads(contacts)
    assert cost.graph.get("POST $batch", 0) <= findings.most_batch_posts(contacts)
    assert cost.storage.transactions <= findings.most_transactions(contacts)


async def test_an_idle_pass_costs_the_same_with_a_thousand_contacts() -> None:
    """One question to Graph, none to Pipeliner, four to the storage."""
    world = await settled(1000)
    meter = Meter(world)
    result = await world.one_pass()
    cost = meter.cost()
    assert result.run.counts.writes == 0
    assert cost.graph_requests == findings.IDLE_PASS_GRAPH
    assert cost.pipeliner_requests == findings.IDLE_PASS_PIPELINER
    assert cost.storage.operations <= findings.IDLE_PASS_STORAGE


@pytest.mark.parametrize("connections", [1, 100])
async def test_an_idle_tick_costs_the_same_for_all_connections_together(connections: int) -> None:
    """Pipeliner is asked once for each of the four streams."""
    world = new_world()
    for number in range(connections):
        address = f"colleague{number}@example.test"
        world.graph.add_user(address)
        world.crm.people.add_user(address)
        await world.connect(address, address)
    for _ in range(3):
        await tick(world.operator)
        while world.queue.take() is not None:
            pass
    meter = Meter(world)
    await tick(world.operator)
    cost = meter.cost()
    assert cost.pipeliner_requests == findings.IDLE_TICK_PIPELINER
    assert cost.graph_requests == 0


@pytest.mark.parametrize("changed", [0, 1, 30])
async def test_the_cost_of_changes_in_outlook_does_not_depend_on_the_number_of_contacts(changed: int) -> None:
    """The same requests with 200 and with 1000 contacts."""
    costs = []
    for contacts in (200, 1000):
        world = await settled(contacts)
        for person in world.outlook()[:: contacts // max(changed, 1)][:changed]:
            world.graph.edit_contact(world.record.mailbox, person["id"], {"mobilePhone": "+44 7700 900177"})
        costs.append(await cost_of_a_round(world, changed))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("changed", [0, 1, 30])
async def test_the_cost_of_changes_in_pipeliner_does_not_depend_on_the_number_of_contacts(changed: int) -> None:
    """The same requests with 200 and with 1000 contacts."""
    costs = []
    for contacts in (200, 1000):
        world = await settled(contacts)
        for customer in world.customers()[:: contacts // max(changed, 1)][:changed]:
            world.crm.people.edit_contact(customer["id"], city="Elsewhere")
        costs.append(await cost_of_a_round(world, changed))
    assert costs[0] == costs[1]


async def cost_of_a_round(world: World, changed: int) -> tuple[dict[str, int], dict[str, int]]:
    """Let the timer fire, check that every change travelled, and give the requests by kind."""
    meter, before = Meter(world), len(world.results)
    await world.tick()
    cost = meter.cost()
    assert sum(result.run.counts.writes for result in world.results[before:]) == changed
    assert cost.storage.operations <= findings.most_storage_operations(changed)
    return cost.graph, cost.pipeliner


async def test_a_burst_in_pipeliner_makes_only_the_next_ticks_dearer() -> None:
    """When a bulk edit has passed by, an idle tick asks four times again."""
    world = await settled(350)
    for customer in world.customers()[:150]:
        world.crm.people.edit_contact(customer["id"], city="Elsewhere")
    await rest(world)
    await world.tick()
    meter = Meter(world)
    world.graph.clock.advance(LATER_S)
    await world.tick()
    assert meter.cost().pipeliner_requests == findings.IDLE_TICK_PIPELINER
