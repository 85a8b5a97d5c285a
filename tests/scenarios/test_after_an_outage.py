"""After an outage everybody goes on at once, but whom a person must mend; and a small allowance is enough."""

from __future__ import annotations

import pytest

from emulators.faults import Fault
from sync_core.domain import RunMode
from sync_core.state import ConnectionRecord, ConnectionStatus
from tests.scenarios.world import COLLEAGUE, World, new_world

TICK_S = 300


async def two() -> World:
    """Two connections that are in sync, of one space."""
    world = new_world()
    world.write_in_crm("Okafor", "Ann")
    world.write_in_crm("Novak", "Eva", owner=world.colleague_id)
    await world.connect()
    await world.connect(COLLEAGUE, COLLEAGUE)
    await world.drain()
    return world


async def stored(world: World) -> list[ConnectionRecord]:
    """Both connections, as they stand."""
    return [await world.deployment.registry.get(record.id) for record in world.records]


async def ticks(world: World, hours: float) -> None:
    """Let the timer fire for so long."""
    begun = world.deployment.clock.now()
    while (world.deployment.clock.now() - begun).total_seconds() < hours * 3600:
        await world.tick()
        await world.deployment.clock.sleep(TICK_S)


@pytest.mark.parametrize("hours", [2, 9, 40])
async def test_the_first_success_after_an_outage_wakes_everybody_within_one_tick(hours: float) -> None:
    """The colleague's next try would have come hours later."""
    world = await two()
    world.graph.faults.plant(Fault("", times=None, status=503))
    await ticks(world, hours)
    world.graph.faults.clear()
    first, second = await stored(world)
    assert second.not_before is not None
    late = second.not_before.replace(year=second.not_before.year + 1)
    await world.deployment.registry.change(second.id, lambda record: record.model_copy(update={"not_before": late}))
    assert first.not_before is not None
    wait_s = (first.not_before - world.deployment.clock.now()).total_seconds()
    await world.deployment.clock.sleep(max(wait_s, 0))

    await world.tick()
    await world.deployment.clock.sleep(TICK_S)
    await world.tick()

    assert [(record.status, record.failures) for record in await stored(world)] == [(ConnectionStatus.ACTIVE, 0)] * 2


async def test_a_connection_that_waits_for_no_outage_is_woken_by_nobody() -> None:
    """Its mailbox refuses, and its own next try is hours away."""
    world = await two()
    world.graph.drop_access(COLLEAGUE)
    await ticks(world, 3)
    before = (await stored(world))[1]
    assert (before.status, before.reason) == (ConnectionStatus.PAUSED, "access_denied")
    world.graph.faults.plant(Fault("/delta", times=1, status=503))
    await world.tick()
    await world.deployment.clock.sleep(60)
    await world.tick()
    after = (await stored(world))[1]
    assert (after.not_before, after.failures) == (before.not_before, before.failures)


async def test_a_tick_never_wakes_a_connection_whose_user_is_gone() -> None:
    """No run can tell that they are back: it looks the same with and without them."""
    world = await two()
    world.crm.people.deactivate_user(world.colleague_id)
    await world.one_run(RunMode.RECONCILE, world.records[1])
    assert (await stored(world))[1].reason == "user_deactivated"
    await ticks(world, 20)
    stopped = (await stored(world))[1]
    assert (stopped.status, stopped.reason) == (ConnectionStatus.PAUSED, "user_deactivated")


@pytest.mark.parametrize(("edits", "allowance"), [(600, 500), (100, 60)])
@pytest.mark.parametrize("side", ["outlook", "pipeliner"])
async def test_more_edits_than_graph_allows_are_written_slowly(edits: int, allowance: int, side: str) -> None:
    """Nobody is blamed for the pauses, and the connection does not pause."""
    world = new_world()
    for number in range(edits):
        world.write_in_crm(f"P{number:04}", "Ann")
    await world.connect(max_change_count=1_000)
    await world.sync()
    world.graph.switches.throttle_limit = allowance
    for number in range(edits):
        if side == "outlook":
            world.edit_in_crm(f"P{number:04}", city="Oslo")
        else:
            world.edit_in_outlook(f"P{number:04}", jobTitle="CEO")

    def done() -> int:
        if side == "outlook":
            return sum(card["businessAddress"].get("city") == "Oslo" for card in world.outlook())
        return sum(row["position"] == "CEO" for row in world.customers())

    for _ in range(60):
        if done() == edits:
            break
        await world.tick()
        await world.deployment.clock.sleep(TICK_S)

    assert (done(), await world.attention()) == (edits, [])
    assert (await stored(world))[0].status is ConnectionStatus.ACTIVE


async def test_a_survey_that_the_allowance_interrupts_goes_on_with_the_next_run() -> None:
    """So many edits are held in the end, although nobody could look at all of them at once."""
    world = new_world()
    for number in range(150):
        world.write_in_crm(f"P{number:04}", "Ann")
    await world.connect()
    await world.sync()
    world.graph.switches.throttle_limit = 60
    for number in range(150):
        world.edit_in_crm(f"P{number:04}", city="Oslo")
    for _ in range(30):
        await world.tick()
        await world.deployment.clock.sleep(TICK_S)
    [item] = await world.attention()
    assert item.reason == "changes_held"
