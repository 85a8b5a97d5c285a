"""Each kind of damage among a connection's rows is found, mended and counted; a healthy connection costs little."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from emulators.counting import CountingStore
from sync_core.domain import Absent, AbsentBy, Action, Link, LinkId, OutlookId, PipelinerId, Side, Trigger, link_subject
from sync_core.engine.ports import Awaited, ChangeSet, Cursor, PipelinerLook
from sync_core.errors import LeaseLost, LeaseTaken
from sync_core.state import ConnectionReading, Repairs, RowRepair, Tenant
from sync_core.state.lease import lease_body, lease_of
from sync_core.state.record_rows import attention_body
from sync_core.state.repair import LOSER, index_rows
from sync_core.state.rows import APPROVAL, ATTENTION, INDEX, LEASE, LINK, body, link_body, work_key
from sync_core.state.run_rows import work_body
from sync_core.storage import Operation, Put, Remove, SqliteStore, Store, Table
from tests.connection_scenario import (
    CONNECTION,
    START,
    Crash,
    FaultyStore,
    TestClock,
    all_rows,
    attention,
    failing,
    link,
    new_change_set,
    opened,
    run,
)

GHOST = LinkId("ghost")
FIRST_O, FIRST_P = (INDEX[Side.OUTLOOK] + link(0).outlook_id, INDEX[Side.PIPELINER] + link(0).pipeliner_id)


@pytest.fixture
async def second_memory() -> AsyncIterator[SqliteStore]:
    """Yield another empty store."""
    store = SqliteStore(":memory:")
    yield store
    await store.close()


def repair_of(store: Store, clock: TestClock, holder: str = "sweeper") -> RowRepair:
    """Make a repair."""
    return RowRepair(store, Tenant(CONNECTION, holder, clock, timedelta(seconds=300)), "sweep-run")


async def linked(store: Store, clock: TestClock, count: int = 6) -> None:
    """Link some contacts, in a run that ended."""
    state = await opened(store, clock)
    await state.commit([new_change_set(number) for number in range(count)], Cursor("delta"))
    await state.close(Cursor("delta"), run(created_in_outlook=count))


async def damage(store: Store, *operations: Operation) -> None:
    """Write rows as no run would."""
    await store.transact(Table.SYNC, CONNECTION, operations)


async def counted_rows(store: Store) -> dict[str, str]:
    """Rows without the lease's own marks and without history."""
    return {key: text for key, text in (await all_rows(store)).items() if key != LEASE and not key.startswith("7.")}


async def links_counted(store: Store) -> int:
    """Number of links as the lease row says."""
    return lease_of(await store.get(Table.SYNC, CONNECTION, LEASE)).links


def rival(link_id: str, outlook_id: OutlookId | None = None, pipeliner_id: PipelinerId | None = None) -> Link:
    """Make a link that claims what the first one has, unless told otherwise."""
    one = link(0)
    return replace(
        one,
        id=LinkId(link_id),
        outlook_id=outlook_id or one.outlook_id,
        pipeliner_id=pipeliner_id or one.pipeliner_id,
    )


def stored(one: Link) -> Put:
    """Store a link without its index rows."""
    return Put(LINK + one.id, link_body(one))


async def test_a_healthy_connection_is_left_alone(memory: SqliteStore, clock: TestClock) -> None:
    """Dormant links, work, approvals of something held: all of it is in order."""
    await linked(memory, clock)
    state = await opened(memory, clock)
    dormant = replace(link(0), absent=Absent(Side.OUTLOOK, AbsentBy.MOVE, START, "moved"))
    held = ChangeSet(put_work=(Awaited(link(1).id), PipelinerLook(PipelinerId("p9"))))
    item = ChangeSet(attention=(attention(link_subject(link(2).id)), attention("outlook:o9")))
    await state.commit([ChangeSet(before=link(0), after=dormant), held, item])
    await state.close(Cursor("delta"), run("run-2", awaiting_approval=1))
    await ConnectionReading(memory, CONNECTION, clock).approve_removals()
    before = await counted_rows(memory)

    assert await repair_of(memory, clock).run() == Repairs()

    assert await counted_rows(memory) == before


async def test_a_healthy_connection_costs_no_look_up(counting: CountingStore, clock: TestClock) -> None:
    """Three walks in pages, whatever the number of links; one transaction takes the lease."""
    await linked(counting, clock, 1200)
    before = counting.counts

    await repair_of(counting, clock).run()

    spent = counting.counts - before
    assert (spent.gets, spent.transactions) == (2, 1)
    assert spent.ranges < 20


DAMAGES: dict[str, tuple[Sequence[Operation], Repairs]] = {
    "index row without link": (
        [Put(INDEX[Side.OUTLOOK] + OutlookId("o-ghost"), body({"link": GHOST}))],
        Repairs(stray_index_rows=1),
    ),
    "index row of a contact that the link has not": (
        [Put(INDEX[Side.PIPELINER] + PipelinerId("p-other"), body({"link": link(3).id, "token": "3"}))],
        Repairs(stray_index_rows=1),
    ),
    "link without index rows": ([Remove(FIRST_O), Remove(FIRST_P)], Repairs(restored_index_rows=2)),
    "index row names a link that is gone": ([Put(FIRST_O, body({"link": GHOST}))], Repairs(restored_index_rows=1)),
    "index row names a link of another contact": (
        [Put(FIRST_O, body({"link": link(3).id}))],
        Repairs(restored_index_rows=1),
    ),
    "index row with a wrong token": (
        [Put(FIRST_P, body({"link": link(0).id, "token": "77"}))],
        Repairs(restored_index_rows=1),
    ),
    "removal without link": ([Put(work_key(Awaited(GHOST)), body({}))], Repairs(stray_removals=1)),
    "attention without link": (
        [Put(ATTENTION + link_subject(GHOST), attention_body(attention("")))],
        Repairs(stray_attention=1),
    ),
    "approval of nothing": ([Put(APPROVAL, body({"at": ""}))], Repairs(void_approvals=1)),
}


@pytest.mark.parametrize("kind", DAMAGES)
async def test_damage_is_mended_and_counted(memory: SqliteStore, clock: TestClock, kind: str) -> None:
    """All rows are as they were before, and a second repair finds nothing."""
    await linked(memory, clock)
    before = await counted_rows(memory)
    operations, found = DAMAGES[kind]
    await damage(memory, *operations)
    assert await counted_rows(memory) != before

    assert await repair_of(memory, clock).run() == found

    assert await counted_rows(memory) == before
    assert await repair_of(memory, clock).run() == Repairs()


@pytest.mark.parametrize("wrong", [0, 4, 9])
async def test_the_number_of_links_is_put_right(memory: SqliteStore, clock: TestClock, wrong: int) -> None:
    """By that number the guard judges what is a surprise."""
    await linked(memory, clock)
    row = await memory.get(Table.SYNC, CONNECTION, LEASE)
    await damage(memory, Put(LEASE, lease_body(replace(lease_of(row), links=wrong))))

    assert await repair_of(memory, clock).run() == Repairs(miscounted_links=abs(6 - wrong))
    assert await links_counted(memory) == 6


@pytest.mark.parametrize("link_id", ["a-comes-first", "z-comes-last"])
@pytest.mark.parametrize(
    ("outlook_id", "pipeliner_id"),
    [(None, None), (None, PipelinerId("PY-new")), (OutlookId("AAMkAD-new"), None)],
    ids=["both contacts", "the Outlook contact", "the Pipeliner contact"],
)
async def test_of_two_links_that_claim_a_contact_the_one_stays_that_its_index_row_names(
    memory: SqliteStore,
    clock: TestClock,
    link_id: str,
    outlook_id: OutlookId | None,
    pipeliner_id: PipelinerId | None,
) -> None:
    """The other one ends with history, wherever it stands; what only it had is free again."""
    await linked(memory, clock)
    before = await counted_rows(memory)
    other = rival(link_id, outlook_id, pipeliner_id)
    await damage(memory, stored(other))
    row = await memory.get(Table.SYNC, CONNECTION, LEASE)
    await damage(memory, Put(LEASE, lease_body(replace(lease_of(row), links=7))))
    for key in index_rows(other).keys() - before.keys():
        await damage(memory, Put(key, index_rows(other)[key].body))

    found = await repair_of(memory, clock).run()

    assert found.double_links == 1
    assert await counted_rows(memory) == before
    assert await links_counted(memory) == 6
    entry = (await ConnectionReading(memory, CONNECTION, clock).history(limit=1))[0].entry
    assert (entry.action, entry.link_id, entry.why) == (Action.ENDED, LinkId(link_id), LOSER)


async def test_two_links_that_each_have_one_index_row_become_one(memory: SqliteStore, clock: TestClock) -> None:
    """Neither is better; one of them has both contacts afterwards."""
    await linked(memory, clock, 1)
    await damage(memory, stored(rival("other")), Put(FIRST_P, body({"link": "other", "token": "0"})))

    found = await repair_of(memory, clock).run()

    rows = await counted_rows(memory)
    links = [key for key in rows if key.startswith("5.link.")]
    assert (found.double_links, len(links)) == (1, 1)
    survivor = links[0].removeprefix("5.link.")
    assert {survivor in rows[FIRST_O], survivor in rows[FIRST_P]} == {True}
    assert await repair_of(memory, clock).run() == Repairs()


async def test_damage_in_a_large_connection_is_mended_page_by_page(memory: SqliteStore, clock: TestClock) -> None:
    """Strewn over more links than a page holds."""
    await linked(memory, clock, 1300)
    before = await counted_rows(memory)
    for number in range(0, 1300, 13):
        await damage(memory, Remove(INDEX[Side.PIPELINER] + link(number).pipeliner_id))
        await damage(memory, Put(INDEX[Side.OUTLOOK] + OutlookId(f"ghost{number}"), body({"link": GHOST})))

    assert await repair_of(memory, clock).run() == Repairs(stray_index_rows=100, restored_index_rows=100)

    assert await counted_rows(memory) == before


async def everything_wrong(store: Store, clock: TestClock) -> None:
    """Plant damage of all kinds."""
    await linked(store, clock, 40)
    for operations, _ in DAMAGES.values():
        if not any(isinstance(item, Remove) for item in operations):
            await damage(store, *operations)
    await damage(store, Remove(INDEX[Side.OUTLOOK] + link(7).outlook_id), stored(rival("second")))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 9))
async def test_a_repair_that_was_cut_off_is_done_again(
    memory: SqliteStore, second_memory: SqliteStore, clock: TestClock, when: str, number: int
) -> None:
    """Wherever it was killed, the next one ends in the same rows as one that was not."""
    whole, cut = memory, second_memory
    for store in (whole, cut):
        await everything_wrong(store, clock)
    await repair_of(whole, clock).run()

    try:
        await repair_of(failing(cut, when, number, Crash()), clock).run()
    except Crash:
        await repair_of(cut, clock).run()

    assert await counted_rows(cut) == await counted_rows(whole)
    assert await links_counted(cut) == 40


async def test_a_repair_whose_lease_was_taken_over_stores_nothing_more(
    memory: SqliteStore, faulty: FaultyStore, clock: TestClock
) -> None:
    """The worker woke up too late: the other one's run is fenced off from it."""
    await everything_wrong(memory, clock)
    before = await counted_rows(memory)

    async def take_over(_: object) -> None:
        clock.at = START + timedelta(hours=1)
        await opened(memory, clock, holder="another", run_id="run-9")

    faulty.before[2] = take_over
    with pytest.raises(LeaseLost):
        await repair_of(faulty, clock).run()

    assert await counted_rows(memory) == before


async def test_a_repair_waits_for_a_run_that_runs(memory: SqliteStore, clock: TestClock) -> None:
    """It asks for nothing but the lease."""
    await linked(memory, clock)
    await opened(memory, clock, holder="a run")

    with pytest.raises(LeaseTaken):
        await repair_of(memory, clock).run()


async def test_the_run_of_the_same_worker_takes_the_lease_over(memory: SqliteStore, clock: TestClock) -> None:
    """Nobody comes in between; when none follows, the lease is given back with the run."""
    await linked(memory, clock)
    await repair_of(memory, clock, "worker-1").run()
    with pytest.raises(LeaseTaken):
        await opened(memory, clock, holder="another")
    state = await opened(memory, clock, holder="worker-1")
    await state.close(Cursor("delta"), run("run-2"))

    repair = repair_of(memory, clock)
    await repair.run()
    await repair.release(run("sweep-run", trigger=Trigger.RECONCILE))

    await opened(memory, clock, holder="another")
    assert (await ConnectionReading(memory, CONNECTION, clock).run("sweep-run")).trigger is Trigger.RECONCILE


def test_every_kind_of_damage_is_planted_here() -> None:
    """A count without a test would be a promise without one."""
    planted = {name for _, found in DAMAGES.values() for name in Repairs.__slots__ if getattr(found, name)}
    assert planted | {"double_links", "miscounted_links"} == set(Repairs.__slots__)


def test_index_rows_of_a_dormant_link_have_no_token() -> None:
    """Else a contact that comes back would be taken for our own echo."""
    dormant = replace(link(1), absent=Absent(Side.OUTLOOK, AbsentBy.MOVE, START, "moved"))
    assert all("token" in row.body for row in index_rows(link(1)).values())
    assert not any("token" in row.body for row in index_rows(dormant).values())


def test_work_of_a_removal_is_written_as_the_run_writes_it() -> None:
    """The planted row is a real one."""
    assert work_body(Awaited(GHOST)) == body({})
