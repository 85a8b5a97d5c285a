"""A create whose answer is lost, or whose run dies, makes no second contact."""

from __future__ import annotations

import pytest

from emulators.faults import Fault
from sync_core.storage import SqliteStore
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.world import World, new_world

LEASE_S = 301


async def _rest(world: World) -> None:
    for _ in range(3):
        await world.deployment.clock.sleep(LEASE_S)
        await world.sync()


def _names(world: World) -> tuple[list[str], list[str]]:
    return [item["surname"] for item in world.outlook()], [row["last_name"] for row in world.customers()]


async def test_a_batch_of_creates_in_outlook_without_an_answer_is_not_repeated() -> None:
    """Graph acted and the connection broke: the contacts are found by their stored ids."""
    world = new_world()
    for name in ("Abel", "Baker", "Cole"):
        world.write_in_crm(name)
    await world.connect()
    world.graph.faults.plant(Fault(r"POST /v1.0/\$batch", nth=1, drop=True, after_effect=True))

    await world.sync()
    await _rest(world)

    assert _names(world) == (["Abel", "Baker", "Cole"], ["Abel", "Baker", "Cole"])


async def test_a_batch_of_creates_in_outlook_that_never_arrived_is_done_later() -> None:
    """The request was lost on its way: nothing is there, so it is created once."""
    world = new_world()
    for name in ("Abel", "Baker"):
        world.write_in_crm(name)
    await world.connect()
    world.graph.faults.plant(Fault(r"POST /v1.0/\$batch", nth=1, drop=True))

    await world.sync()
    await _rest(world)

    assert _names(world) == (["Abel", "Baker"], ["Abel", "Baker"])


@pytest.mark.parametrize("how_many", [1, 3])
@pytest.mark.parametrize("after_effect", [True, False])
async def test_a_create_in_pipeliner_without_an_answer_is_not_repeated(how_many: int, after_effect: bool) -> None:
    """One by one or as a batch: what was created is found by its content, what was not is created once."""
    world = new_world()
    await world.connect()
    await world.sync()
    names = ["Abel", "Baker", "Cole"][:how_many]
    for name in names:
        world.write_in_outlook(name, "Ann", emailAddresses=[{"address": f"{name}@example.test"}])
    fault = Fault(r"POST .*/entities/Contacts", nth=1, drop=True, after_effect=after_effect)
    world.crm.faults.plant(fault)

    await world.sync()
    await _rest(world)

    assert _names(world) == (names, names)
    assert world.crm.faults.fired == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 8))
async def test_a_run_killed_at_any_transaction_ends_in_the_same_state(nth: int, after: bool) -> None:
    """First sync with people on both sides: whatever the moment of death, one contact each, and then rest."""
    store = CrashingStore(SqliteStore(":memory:"))
    world = new_world(store=store)
    world.write_in_crm("Abel", "Ann", email1="abel@example.test")
    world.write_in_crm("Baker", "Bob", email1="baker@example.test")
    await world.connect()
    world.write_in_outlook("Cole", "Cid", emailAddresses=[{"address": "cole@example.test"}])
    world.write_in_outlook("Baker", "Bob", emailAddresses=[{"address": "baker@example.test"}])
    store.crash_at(nth, after=after)

    with pytest.raises(Crash):
        await world.one_run()
    await _rest(world)
    result = await world.sync()

    assert _names(world) == (["Abel", "Baker", "Cole"], ["Abel", "Baker", "Cole"])
    assert result.run.counts.writes == 0
    assert await world.attention() == []


async def test_an_edit_between_a_lost_create_and_its_recovery_is_not_lost() -> None:
    """The person edits the new Outlook contact before the sync has found it again."""
    world = new_world()
    world.write_in_crm("Abel", "Ann")
    await world.connect()
    world.graph.faults.plant(Fault(r"POST /v1.0/\$batch", nth=1, drop=True, after_effect=True))
    await world.one_run()
    world.edit_in_outlook("Abel", mobilePhone="555")

    await _rest(world)

    assert world.customer("Abel")["phone2"] == "555"
    assert len(world.outlook()) == 1
