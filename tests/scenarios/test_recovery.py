"""Lost creates on services that show things late, or show much that looks alike."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.faults import Fault
from sync_core.domain import Action
from tests.scenarios.world import World, new_world

CREATE_IN_PIPELINER = r"POST .*/entities/Contacts"
CREATE_IN_OUTLOOK = r"POST /v1.0/\$batch"
LONGEST_RECOVERY_S = 600


def _lost(pattern: str, *, after_effect: bool) -> Fault:
    return Fault(pattern, nth=1, drop=True, after_effect=after_effect)


async def _in_step(world: World, **settings: Any) -> None:
    await world.connect(**settings)
    await world.sync()


@pytest.mark.parametrize("properties", [{}, {"emailAddresses": [{"address": "s@example.test"}]}], ids=["bare", "mail"])
async def test_a_create_that_pipeliner_shows_late_is_not_repeated(properties: dict[str, Any]) -> None:
    """Its answer was lost, and for a minute no list shows it; a mere last name could not be matched either."""
    world = new_world()
    await _in_step(world)
    world.crm.switches.visible_after_s = 60
    world.write_in_outlook("Solo", **properties)
    world.crm.faults.plant(_lost(CREATE_IN_PIPELINER, after_effect=True))

    await world.sync()
    await world.deployment.clock.sleep(300)
    await world.sync()

    assert [row["last_name"] for row in world.customers()] == ["Solo"]
    assert (len(world.outlook()), await world.attention()) == (1, [])
    assert (await world.deployment.reader(world.record.id).status()).links == 1


@pytest.mark.parametrize("side", ["outlook", "pipeliner"])
async def test_a_create_that_never_arrived_is_done_within_minutes(side: str) -> None:
    """Nobody waits for it longer than a service may show a new record late."""
    world = new_world()
    await _in_step(world)
    if side == "outlook":
        world.write_in_crm("Solo")
        world.graph.faults.plant(_lost(CREATE_IN_OUTLOOK, after_effect=False))
    else:
        world.write_in_outlook("Solo")
        world.crm.faults.plant(_lost(CREATE_IN_PIPELINER, after_effect=False))
    start = world.deployment.clock.now()

    await world.sync()
    await world.sync()

    assert (world.deployment.clock.now() - start).total_seconds() < LONGEST_RECOVERY_S
    assert (len(world.outlook()), len(world.customers())) == (1, 1)


@pytest.mark.parametrize("after_effect", [False, True], ids=["not done", "done"])
async def test_a_lost_create_never_adopts_the_counterpart_of_its_namesake(after_effect: bool) -> None:
    """Two contacts that look the same: the first one's counterpart was created just before and is taken."""
    world = new_world()
    await _in_step(world)
    first = world.write_in_outlook("Solo")
    await world.sync()
    second = world.write_in_outlook("Solo")
    world.crm.faults.plant(_lost(CREATE_IN_PIPELINER, after_effect=after_effect))

    await world.sync()
    await world.deployment.clock.sleep(LONGEST_RECOVERY_S)
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (2, 2)
    made = {item.entry.outlook_id: item.entry.pipeliner_id for item in await world.history(Action.CREATED)}
    assert set(made) == {first, second}
    assert len(set(made.values())) == 2
    assert (await world.deployment.reader(world.record.id).status()).links == 2


async def test_a_recovered_create_costs_later_runs_nothing() -> None:
    """The journal is empty afterwards, and an idle run as cheap as ever."""
    world = new_world()
    await _in_step(world)
    world.write_in_outlook("Solo")
    world.crm.faults.plant(_lost(CREATE_IN_PIPELINER, after_effect=True))
    await world.sync()
    await world.sync()
    await world.sync()
    world.graph.reset_requests()
    asked, operations = world.crm.total_requests, world.store.counts

    await world.one_run()

    assert (world.graph.total_requests, world.crm.total_requests - asked) == (1, 0)
    assert (world.store.counts - operations).operations <= 4
