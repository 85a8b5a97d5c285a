"""The cost of a sync stays within its bounds, counted in process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from emulators.bench import findings
from emulators.bench.people import people, spread
from emulators.counting import StoreCounts
from emulators.graph import GraphSwitches
from sync_core.operations import tick
from tests.scenarios.world import OPEN_WORLDS, World, new_world

LATER_S = 3600.0
FEW, MANY = 120, 480
"""Two pages of Pipeliner, and five."""
pytestmark = pytest.mark.asyncio(loop_scope="module")


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


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _close_worlds() -> AsyncIterator[None]:
    """Close the stores of all worlds that a test made; those of the module were there before."""
    before = len(OPEN_WORLDS)
    yield
    while len(OPEN_WORLDS) > before:
        await OPEN_WORLDS.pop().store.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened() -> AsyncIterator[tuple[World, World]]:
    """Open a small and a large office, which the tests of this module share."""
    yield (await settled(FEW), await settled(MANY))
    while OPEN_WORLDS:
        await OPEN_WORLDS.pop().store.close()


@pytest_asyncio.fixture(loop_scope="module")
async def offices(opened: tuple[World, World]) -> tuple[World, World]:
    """Return both when all is quiet in them, whatever another test changed."""
    for world in opened:
        await rest(world)
    return opened


async def office(contacts: int) -> World:
    """A connected salesperson with so many contacts in Pipeliner, nothing synced yet."""
    world = new_world(graph=GraphSwitches(throttle_limit=1_000_000))
    for person in people(contacts):
        world.crm.seed({"Contacts": [{**person, "owner_id": world.user_id}]})
    world.graph.clock.advance(LATER_S)
    await world.connect()
    return world


async def settled(contacts: int) -> World:
    """The same after the first sync, when every echo has passed by."""
    world = await office(contacts)
    await rest(world)
    return world


async def rest(world: World) -> None:
    """Let all runs go by and their echoes come back, and some time after them."""
    for _ in range(3):
        await world.tick()
    world.graph.clock.advance(LATER_S)


@pytest.mark.parametrize("contacts", [0, 1, FEW, MANY])
async def test_the_first_sync_reads_by_page_and_writes_by_batch(contacts: int) -> None:
    """Pipeliner by hundreds, Graph by twenties, the state by two dozen."""
    world = await office(contacts)
    meter = Meter(world)
    await world.drain()
    cost = meter.cost()
    assert len(world.outlook()) == contacts
    assert cost.pipeliner_requests <= findings.most_pipeliner_reads(contacts)
    assert cost.graph.get("POST $batch", 0) <= findings.most_batch_posts(contacts)
    assert cost.storage.transactions <= findings.most_transactions(contacts)


async def test_an_idle_run_costs_the_same_however_many_contacts_there_are(offices: tuple[World, World]) -> None:
    """One question to Graph, none to Pipeliner, four to the state."""
    for world in offices:
        meter = Meter(world)
        result = await world.one_run()
        cost = meter.cost()
        assert result.run.counts.writes == 0
        assert cost.graph_requests == findings.IDLE_RUN_GRAPH
        assert cost.pipeliner_requests == findings.IDLE_RUN_PIPELINER
        assert cost.storage.operations <= findings.IDLE_RUN_STATE


@pytest.mark.parametrize("connections", [1, 100])
async def test_an_idle_tick_costs_the_same_for_all_connections_together(connections: int) -> None:
    """Pipeliner is asked once for each of the four streams, and for three lists of who may do what."""
    world = new_world()
    for number in range(connections):
        address = f"colleague{number}@example.test"
        world.graph.add_user(address)
        world.crm.people.add_user(address)
        await world.connect(address, address)
    for _ in range(3):
        await tick(world.deployment)
        while world.queue.take() is not None:
            pass
    meter = Meter(world)
    await tick(world.deployment)
    cost = meter.cost()
    assert cost.pipeliner_requests == findings.IDLE_TICK_PIPELINER
    assert cost.graph_requests == 0


@pytest.mark.parametrize("changed", [0, 1, 30])
async def test_the_cost_of_changes_in_outlook_does_not_depend_on_the_number_of_contacts(
    changed: int, offices: tuple[World, World]
) -> None:
    """The same requests with few and with many contacts."""
    costs = []
    for world in offices:
        for person in spread(world.outlook(), changed):
            number = f"+44 7700 9001{changed:02}"
            world.graph.edit_contact(world.record.mailbox, person["id"], {"mobilePhone": number})
        costs.append(await cost_of_a_tick(world, changed))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("changed", [0, 1, 30])
async def test_the_cost_of_changes_in_pipeliner_does_not_depend_on_the_number_of_contacts(
    changed: int, offices: tuple[World, World]
) -> None:
    """The same requests with few and with many contacts."""
    costs = []
    for world in offices:
        for customer in spread(world.customers(), changed):
            world.crm.people.edit_contact(customer["id"], city=f"Elsewhere {changed}")
        costs.append(await cost_of_a_tick(world, changed))
    assert costs[0] == costs[1]


async def cost_of_a_tick(world: World, changed: int) -> tuple[dict[str, int], dict[str, int]]:
    """Let the timer fire, check that every change travelled, and return the requests by kind."""
    meter, before = Meter(world), len(world.results)
    await world.tick()
    cost = meter.cost()
    assert sum(result.run.counts.writes for result in world.results[before:]) == changed
    assert cost.storage.operations <= findings.most_state_operations(changed)
    return cost.graph, cost.pipeliner


async def test_a_burst_in_pipeliner_makes_only_the_next_ticks_dearer(offices: tuple[World, World]) -> None:
    """When a bulk edit has passed by, an idle tick asks seven times again."""
    _, world = offices
    for customer in world.customers()[:150]:
        world.crm.people.edit_contact(customer["id"], city="Elsewhere")
    await rest(world)
    await world.tick()
    meter = Meter(world)
    world.graph.clock.advance(LATER_S)
    await world.tick()
    assert meter.cost().pipeliner_requests == findings.IDLE_TICK_PIPELINER
