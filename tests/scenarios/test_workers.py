"""Several workers on one connection: one writes, one that was overtaken stores nothing, one that died is followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from emulators.faults import Fault
from sync_core.domain import Action, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import StoreUnavailable
from sync_core.operations import tick, work
from sync_core.storage import Operation, SqliteStore, Table
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.meddling import meet_meddlers
from tests.scenarios.world import World, new_world

LEASE_S = 301


class _DeafStore(SqliteStore):
    """Stores the n-th transaction from now but does not answer it."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.deaf_at = 0

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Store, and now and then say nothing."""
        etags = await super().transact(table, partition, operations)
        self.deaf_at -= 1
        if self.deaf_at == 0:
            raise StoreUnavailable("the answer was lost")
        return etags


async def _by(worker: str, world: World) -> bool:
    """Run a run in another worker; returns whether it ran."""
    return await work(world.deployment, RunRequest(world.record.id, Trigger.COMMAND), worker) is not None


async def _overtaken(world: World, meanwhile: Callable[[], None]) -> None:
    """Have a run sleep in the middle of a write for longer than its lease, while people act and another run runs."""
    world.write_in_crm("Okafor", "Chidi", city="Berlin")
    await world.connect()
    await world.sync()
    meddlers = meet_meddlers(world)

    async def overtake() -> None:
        await world.deployment.clock.sleep(LEASE_S)
        meanwhile()
        await tick(world.deployment)
        assert await _by("another", world)

    meddlers.at(r'POST .*batch.*"PATCH"', overtake, after=True)
    world.edit_in_crm("Okafor", city="Oslo")
    runs = len(world.results)
    await tick(world.deployment)
    assert not await _by("worker", world)
    assert (meddlers.met, len(world.results)) == (1, runs)


async def test_a_run_that_was_overtaken_stores_no_old_baseline() -> None:
    """An edit back to the value that it had carried is still a change."""
    world = new_world()
    await _overtaken(world, lambda: world.edit_in_crm("Okafor", city="Rome"))
    await world.sync()
    assert world.person("Okafor")["businessAddress"]["city"] == "Rome"

    world.edit_in_outlook("Okafor", businessAddress={"city": "Oslo"})
    await world.sync()

    assert world.customer("Okafor")["city"] == "Oslo"
    assert (await world.sync()).run.counts.writes == 0


async def test_a_run_that_was_overtaken_brings_no_ended_link_back() -> None:
    """The contact was deleted meanwhile."""
    world = new_world()
    await _overtaken(world, lambda: world.delete_in_crm("Okafor"))
    await world.sync()

    assert (world.outlook(), world.customers()) == ([], [])
    state = world.deployment.run_ports(world.record, "reader").state
    assert await state.links_page(None) == []
    assert (await world.deployment.reader(world.record.id).status()).links == 0


async def test_a_run_that_was_overtaken_writes_nothing_any_more() -> None:
    """It has read a value that is no more when it wakes up; written now, that would look like a person's edit."""
    world = new_world()
    customer = world.write_in_crm("Okafor", "Chidi", phone2="1")
    await world.connect()
    await world.sync()
    meddlers = meet_meddlers(world)

    async def overtake() -> None:
        await world.deployment.clock.sleep(LEASE_S)
        world.edit_in_crm("Okafor", phone2="3")
        await tick(world.deployment)
        assert await _by("another", world)

    meddlers.at(f"^GET .*{customer}", overtake, after=True)
    world.edit_in_crm("Okafor", phone2="2")
    await tick(world.deployment)
    assert not await _by("worker", world)
    await world.sync()
    await world.sync()

    assert meddlers.met == 1
    assert (world.person("Okafor")["mobilePhone"], world.customer("Okafor")["phone2"]) == ("3", "3")


async def test_a_run_that_waited_longer_than_its_lease_for_a_busy_service_does_not_write_any_more() -> None:
    """Another run and a person have gone on meanwhile; the old value would look like an edit in Pipeliner."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi")
    await world.connect()
    await world.sync()
    meddlers = meet_meddlers(world)

    async def overtake() -> None:
        await world.deployment.clock.sleep(LEASE_S)
        world.edit_in_outlook("Okafor", mobilePhone="3")
        await tick(world.deployment)
        assert await _by("another", world)

    meddlers.at("^PATCH .*/Contacts/", overtake, after=True)
    world.crm.faults.plant(Fault("PATCH .*/Contacts/", status=429, headers={"Retry-After": "1"}))
    world.edit_in_outlook("Okafor", mobilePhone="2")
    await tick(world.deployment)
    assert not await _by("worker", world)
    await world.sync()
    await world.sync()

    assert meddlers.met == 1
    assert (world.person("Okafor")["mobilePhone"], world.customer("Okafor")["phone2"]) == ("3", "3")


async def test_a_worker_that_died_is_followed_by_another_one_when_its_lease_ends() -> None:
    """Not before, for it might be alive; and then without anything being doubled."""
    store = CrashingStore(SqliteStore(":memory:"))
    world = new_world(store=store)
    world.write_in_crm("Okafor", "Chidi")
    await world.connect()
    store.crash_at(3)
    with pytest.raises(Crash):
        await world.one_run()

    too_early = await _by("another", world)
    await world.deployment.clock.sleep(LEASE_S)
    in_time = await _by("another", world)

    assert (too_early, in_time) == (False, True)
    await world.sync()
    assert (len(world.outlook()), len(world.customers())) == (1, 1)


@pytest.mark.parametrize("nth", range(2, 10))
async def test_a_round_that_goes_on_knows_who_was_written_meanwhile(nth: int) -> None:
    """The first run dies after it has read the folder; then a person writes the customer there himself."""
    store = CrashingStore(SqliteStore(":memory:"))
    world = new_world(store=store)
    world.write_in_crm("Okafor", "Chidi", email1="c@example.test")
    await world.connect()
    world.write_in_outlook("Novak", "Eva")
    store.crash_at(nth)
    with pytest.raises(Crash):
        await world.one_run()
    if all(item["surname"] != "Okafor" for item in world.outlook()):
        world.write_in_outlook("Okafor", "Chidi", emailAddresses=[{"address": "c@example.test"}])

    for _ in range(3):
        await world.deployment.clock.sleep(LEASE_S)
        await world.sync()

    assert [item["surname"] for item in world.outlook()] == ["Novak", "Okafor"]
    assert [row["last_name"] for row in world.customers()] == ["Novak", "Okafor"]
    assert await world.history(Action.REMOVED) == []  # no copy was made that had to go again


@pytest.mark.parametrize("nth", range(2, 20))
async def test_links_are_counted_once_although_an_answer_of_the_store_was_lost(nth: int) -> None:
    """The guards reckon with the number of links."""
    store = _DeafStore()
    world = new_world(store=store)
    for name in ("Abel", "Baker"):
        world.write_in_crm(name, "Ann")
    await world.connect()
    store.deaf_at = nth

    await world.one_run()
    await world.sync()

    assert (await world.deployment.reader(world.record.id).status()).links == 2
