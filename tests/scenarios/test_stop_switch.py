"""The stop switch of a whole space: from then on nothing is written on either side, also by who is writing just now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from sync_core.connection_settings import SpaceSettings
from sync_core.domain import RunMode, RunState, Trigger
from sync_core.errors import Paused, StoreUnavailable
from sync_core.operations import change_space, connect, disconnect, request_sync, resume_all, stop_all, tick
from sync_core.operations.connecting import ConnectRequest
from sync_core.operations.governing import SpaceChange
from sync_core.state import AUDIT, Act, ConnectionStatus
from sync_core.state.registry import PARTITION, SPACE
from sync_core.storage import Operation, Put, Row, SqliteStore, Table
from tests.scenarios.world import COLLEAGUE, World, new_world

MANY = 400
"""Contacts of three batches."""


class StoppingStore(SqliteStore):
    """Has something done right before the n-th transaction on a connection from now, or before the n-th call at all."""

    def __init__(self, *, counts_reads: bool = False) -> None:
        super().__init__(":memory:")
        self.left = 0
        self.act: Callable[[], Awaitable[object]] | None = None
        self.counts_reads = counts_reads

    def before(self, nth: int, act: Callable[[], Awaitable[object]]) -> None:
        """Plan it; counting starts now."""
        self.left, self.act = nth, act

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Do it when it is due, then store."""
        await self._count(table is Table.SYNC)
        return await super().transact(table, partition, operations)

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = 1000) -> list[Row]:
        """Do it when it is due, then read."""
        await self._count(self.counts_reads)
        return await super().read(table, partition, start, end, limit)

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """Do it when it is due, then read."""
        await self._count(self.counts_reads)
        return await super().get(table, partition, key)

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """Do it when it is due, then read."""
        await self._count(self.counts_reads)
        return await super().get_many(table, partition, keys)

    async def _count(self, is_counted: bool) -> None:
        self.left -= is_counted
        if is_counted and self.left <= 0 and self.act is not None:
            act, self.act = self.act, None
            await act()


async def _stopped_world(nth: int) -> tuple[World, StoppingStore]:
    """A world whose administrator stops everything right before the n-th transaction of the first sync."""
    store = StoppingStore()
    world = new_world(store=store)
    await world.connect()
    for number in range(MANY):
        world.write_in_crm(f"Okafor{number:03d}", "Chidi")
    await tick(world.deployment)
    while world.queue.take() is not None:
        pass
    store.before(nth, lambda: stop_all(world.deployment))
    return world, store


@pytest.mark.parametrize("nth", [1, 2, 3, 5, 8, 9, 13, 18, 23])
async def test_a_run_that_is_under_way_writes_no_further_batch(nth: int) -> None:
    """Wherever the stop comes: at most the batch whose requests are out is finished, and nothing is lost by it."""
    world, store = await _stopped_world(nth)
    written: list[int] = []
    stop = store.act

    async def counted() -> None:
        assert stop is not None
        await stop()
        written.append(len(world.outlook()))

    store.act = counted
    await world.one_run()
    assert written, "the run was over before"
    assert len(world.outlook()) == written[0]  # every batch is stored between its requests, so none was out

    await world.drain()
    await world.tick()
    assert len(world.outlook()) == written[0]

    await resume_all(world.deployment)
    await world.deployment.clock.sleep(180)
    await world.drain()
    await world.tick()
    assert [item["surname"] for item in world.outlook()] == [f"Okafor{number:03d}" for number in range(MANY)]
    assert len(world.customers()) == MANY


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, 6, 7, 9])
async def test_creates_and_edits_in_pipeliner_stop_too(nth: int) -> None:
    """What is journalled and not sent is taken up once everything goes on, once, and no edit is lost."""
    store = StoppingStore()
    world = new_world(store=store)
    world.write_in_crm("Okafor", "Chidi")
    await world.connect()
    await world.sync()
    world.edit_in_outlook("Okafor", mobilePhone="+1 555 0100")
    for number in range(5):
        world.write_in_outlook(f"Novak{number}", "Eva")
    await tick(world.deployment)
    while world.queue.take() is not None:
        pass
    seen: list[object] = []

    async def stopped() -> None:
        await stop_all(world.deployment)
        seen.append([(row["last_name"], row["phone2"]) for row in world.customers()])

    store.before(nth, stopped)
    await world.one_run()
    if seen:
        assert [(row["last_name"], row["phone2"]) for row in world.customers()] == seen[0]
    await resume_all(world.deployment)
    for _ in range(3):
        await world.drain()
        await world.deployment.clock.sleep(180)
        await world.tick()
    assert [row["last_name"] for row in world.customers()] == [*(f"Novak{number}" for number in range(5)), "Okafor"]
    assert world.customer("Okafor")["phone2"] == "+1 555 0100"
    assert len(world.outlook()) == 6


async def test_the_run_says_that_it_was_stopped_and_nothing_is_paused_by_it() -> None:
    """It goes on where it stopped; no failure is counted."""
    world, _ = await _stopped_world(6)
    result = await world.one_run()
    assert (result.is_stopped, result.run.state) == (True, RunState.CONTINUES)
    assert "stopped all connections" in result.run.message
    (record,) = await world.deployment.registry.all()
    assert (record.is_active, record.failures) == (True, 0)


async def test_no_run_begins_and_what_changes_is_kept_for_later() -> None:
    """Ticks read on; edits of the time between travel once everything goes on."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi")
    await world.connect()
    await world.sync()
    await stop_all(world.deployment)

    world.edit_in_outlook("Okafor", mobilePhone="+1 555 0100")
    world.write_in_crm("Novak", "Eva")
    await world.tick()
    dropped = await world.one_run()
    assert (dropped.is_stopped, world.customer("Okafor")["phone2"]) == (True, "")
    assert [item["surname"] for item in world.outlook()] == ["Okafor"]
    with pytest.raises(Paused, match="all connections are stopped"):
        await request_sync(world.deployment, world.record.id, "delta", Trigger.HTTP)

    await resume_all(world.deployment)
    await world.drain()
    await world.tick()
    assert world.customer("Okafor")["phone2"] == "+1 555 0100"
    assert [item["surname"] for item in world.outlook()] == ["Novak", "Okafor"]


async def test_a_run_that_has_looked_before_the_stop_meets_its_mark() -> None:
    """The switch comes first and the mark second: whoever takes the lease in between has a transaction that fails."""
    store = StoppingStore()
    world = new_world(store=store)
    await world.connect()
    await world.sync()
    await stop_all(world.deployment)
    await resume_all(world.deployment)
    world.queue.take()
    world.write_in_crm("Okafor", "Chidi")
    await tick(world.deployment)
    store.before(
        2, lambda: stop_all(world.deployment)
    )  # the first one takes the lease, and takes the old mark for over

    assert (await world.one_run()).is_stopped
    assert world.outlook() == []


async def test_a_stop_that_was_taken_back_at_once_loses_no_run() -> None:
    """The run that met it ends, and another one goes on by itself."""
    store = StoppingStore()
    world = new_world(store=store)
    await world.connect()
    world.write_in_crm("Okafor", "Chidi")

    async def short_stop() -> None:
        await stop_all(world.deployment)
        await change_space(world.deployment, SpaceChange(status=ConnectionStatus.ACTIVE))
        while world.queue.take() is not None:  # the messages of the resume are lost
            pass

    await tick(world.deployment)
    while world.queue.take() is not None:
        pass
    store.before(3, short_stop)
    await world.one_run()
    await world.drain()
    assert [item["surname"] for item in world.outlook()] == ["Okafor"]


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_removals_stop_too(nth: int) -> None:
    """What is announced and not yet deleted stays, and goes once everything goes on."""
    store = StoppingStore()
    world = new_world(store=store)
    await world.connect(delete_protection=False)
    for name in ("Okafor", "Novak"):
        world.write_in_crm(name, "Kim")
    await world.sync()
    world.delete_in_crm("Novak")
    await tick(world.deployment)
    while world.queue.take() is not None:
        pass

    store.before(nth, lambda: stop_all(world.deployment))
    assert (await world.one_run()).is_stopped
    assert len(world.outlook()) == 2

    await resume_all(world.deployment)
    await world.drain()
    assert [item["surname"] for item in world.outlook()] == ["Okafor"]


async def test_what_no_transaction_announces_stops_too() -> None:
    """A pair that is equal on both sides only gets its stored id; the switch is looked at for its own sake then."""
    stops = 0
    for nth in range(1, 60):
        store = StoppingStore(counts_reads=True)
        world = new_world(store=store)
        world.write_in_crm("Okafor", "Chidi", email1="chidi@okafor.example")
        await world.connect()
        world.write_in_outlook("Okafor", "Chidi", emailAddresses=[{"address": "chidi@okafor.example"}])
        await tick(world.deployment)
        while world.queue.take() is not None:
            pass
        seen: list[object] = []

        async def stopped(world: World = world, seen: list[object] = seen) -> None:
            await stop_all(world.deployment)
            seen.append(world.outlook()[0]["changeKey"])

        store.before(nth, stopped)
        await world.one_run()
        if seen:
            stops += 1
            assert world.outlook()[0]["changeKey"] == seen[0]
    assert stops > 15


async def test_taking_contacts_back_stops_too() -> None:
    """Disconnecting with removal goes on in the night after everything goes on."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi")
    await world.connect()
    await world.sync()
    await stop_all(world.deployment)
    ended = await disconnect(world.deployment, world.record.id, remove_contacts=True)
    assert not ended.is_finished
    assert "stopped" in ended.cleared.problem
    assert len(world.outlook()) == 1


async def test_nothing_is_connected_while_everything_is_stopped() -> None:
    """Not even a folder is made."""
    world = new_world()
    await stop_all(world.deployment)
    before = len(world.graph.folder_ids(COLLEAGUE))
    with pytest.raises(Paused):
        await connect(world.deployment, ConnectRequest(mailbox=COLLEAGUE, user=COLLEAGUE))
    assert len(world.graph.folder_ids(COLLEAGUE)) == before
    assert await world.deployment.registry.all() == []


async def test_an_idle_run_pays_nothing_for_the_switch() -> None:
    """Four operations on the state, and one more, once, after a stop was taken back."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi")
    await world.connect()
    await world.sync()
    await world.sync()

    async def operations() -> int:
        before = world.store.counts
        await world.one_run()
        after = world.store.counts
        return (after - before).operations

    assert await operations() == 4
    await stop_all(world.deployment)
    await resume_all(world.deployment)
    assert [await operations(), await operations()] == [5, 4]


async def test_everything_stops_even_if_the_audit_cannot_be_written() -> None:
    """And only this: to go on is an act like any other."""

    class AuditlessStore(SqliteStore):
        async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
            if partition.startswith(AUDIT) and is_broken:
                raise StoreUnavailable("the table did not answer")
            return await super().transact(table, partition, operations)

    is_broken = False
    world = new_world(store=AuditlessStore(":memory:"))
    await world.connect()
    is_broken = True
    assert (await stop_all(world.deployment)).is_stopped
    with pytest.raises(StoreUnavailable):
        await resume_all(world.deployment)
    assert (await world.deployment.registry.space()).is_stopped
    is_broken = False
    await resume_all(world.deployment)
    assert Act.RESUME_ALL in [entry.act for entry in await world.deployment.audit.page(9)]
    assert Act.PAUSE_ALL not in [entry.act for entry in await world.deployment.audit.page(9)]


async def test_a_row_of_a_newer_version_stops_everything() -> None:
    """Nobody knows what it says; it is never taken for *nothing was decided*."""
    world = new_world()
    await world.connect()
    await world.sync()
    newer = '{"version": 2, "settings": {}, "halted": true}'
    await world.store.transact(Table.CONNECTIONS, PARTITION, [Put(SPACE, newer)])
    assert (await tick(world.deployment)).requested == ()
    await world.store.transact(Table.CONNECTIONS, PARTITION, [Put(SPACE, SpaceSettings().model_dump_json())])
    assert (await tick(world.deployment)).requested == (world.record.id,)


async def test_reconciliations_wait_as_well() -> None:
    """They repair rows before they come to the switch, so they ask it first."""
    world = new_world()
    await world.connect()
    await world.sync()
    await stop_all(world.deployment)
    world.results.clear()
    with pytest.raises(AssertionError, match="did not run"):
        await world.one_run(RunMode.RECONCILE)


async def test_who_stopped_stands_in_the_row_and_a_second_stop_changes_nothing_of_it() -> None:
    """But marks every lease anew."""
    world = new_world()
    await world.connect()
    first = await stop_all(world.deployment)
    other = replace(world.deployment, actor=replace(world.deployment.actor, who="somebody else"))
    assert await stop_all(other) == first
    assert first.stopped_by == "program"
