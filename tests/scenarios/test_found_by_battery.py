"""Stories that the battery found: each one went wrong once."""

from __future__ import annotations

import pytest

from emulators.faults import Fault
from sync_core.domain.records import Deed
from sync_core.state.embedded import EmbeddedStore
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.world import World, new_world

LEASE_S = 301


async def _a_conflict(world: World) -> None:
    world.write_in_crm("Okafor", "Chidi")
    await world.connect(conflict_rule="outlook")
    await world.sync()
    world.edit_in_outlook("Okafor", givenName="Chidiebere")
    world.edit_in_crm("Okafor", first_name="Chidi B.")


async def _losers(world: World) -> list[object]:
    return [change.old for item in await world.history(Deed.CONFLICT) for change in item.entry.changes]


async def test_loser_of_a_conflict_is_told_when_the_answer_to_the_write_is_lost() -> None:
    """Pipeliner took the write and nobody was told: what it overwrote must still be in the history."""
    world = new_world()
    await _a_conflict(world)
    world.crm.faults.plant(Fault(r"PATCH .*/Contacts", drop=True, after_effect=True))

    await world.sync()

    assert world.customer("Okafor")["first_name"] == "Chidiebere"
    assert "Chidi B." in await _losers(world)


@pytest.mark.parametrize("nth", range(1, 6))
async def test_loser_of_a_conflict_is_told_wherever_the_process_dies(nth: int) -> None:
    """One of the crashes comes after the write and before the pass could store what it had done."""
    store = CrashingStore(EmbeddedStore(":memory:"))
    world = new_world(store=store)
    await _a_conflict(world)
    store.crash_at(nth)

    with pytest.raises(Crash):
        await world.sync()
    await world.operator.clock.sleep(LEASE_S)
    await world.sync()

    assert (world.customer("Okafor")["first_name"], world.person("Okafor")["givenName"]) == ("Chidiebere",) * 2
    assert "Chidi B." in await _losers(world)
