"""The lease: one writer, heard wishes, and certainty after a missing answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from sync_core.domain import PipelinerId
from sync_core.engine.ports import ChangeSet, Cursor, PipelinerLook
from sync_core.errors import LeaseLost, LeaseTaken, StoreUnavailable
from sync_core.state import StoredFeedState
from sync_core.storage import Operation, Table
from tests.connection_scenario import (
    CONNECTION,
    FaultyStore,
    Hook,
    TestClock,
    all_rows,
    link,
    new_change_set,
    opened,
    run,
    state_of,
)

SILENCE = StoreUnavailable("no answer")


def knock(faulty: FaultyStore, clock: TestClock) -> Hook:
    """Try to open another run."""

    async def attempt(_: Sequence[Operation]) -> None:
        with pytest.raises(LeaseTaken):
            await state_of(faulty.store, clock, "worker-2").open("run-2")

    return attempt


async def test_a_wish_that_comes_during_a_commit_is_heard(faulty: FaultyStore, clock: TestClock) -> None:
    """The commit goes through on the changed lease row, and close tells of the wish."""
    state = await opened(faulty, clock)
    faulty.before[2] = knock(faulty, clock)
    await state.commit([new_change_set(1)])
    assert await state.links([link(1).id])
    assert await state.close(Cursor(), run()) is True


async def test_a_wish_at_the_moment_of_closing_is_heard(faulty: FaultyStore, clock: TestClock) -> None:
    """Whoever came before the lease was free is served."""
    state = await opened(faulty, clock)
    faulty.before[2] = knock(faulty, clock)
    assert await state.close(Cursor(), run()) is True


async def test_who_finds_the_lease_free_on_a_second_look_takes_it(faulty: FaultyStore, clock: TestClock) -> None:
    """The running run ended between the look and the wish."""
    first = await opened(faulty.store, clock)

    async def end(_: Sequence[Operation]) -> None:
        await first.close(Cursor(), run())

    faulty.before[1] = end
    second = await opened(faulty, clock, "worker-2", "run-2")
    await second.commit([new_change_set(1)])
    assert await second.close(Cursor(), run("run-2")) is False


async def test_of_two_that_see_a_free_lease_one_gets_it(faulty: FaultyStore, clock: TestClock) -> None:
    """The slower one looks again and stays out."""

    async def be_quicker(_: Sequence[Operation]) -> None:
        await state_of(faulty.store, clock, "worker-2").open("run-2")

    faulty.before[1] = be_quicker
    with pytest.raises(LeaseTaken):
        await state_of(faulty, clock).open("run-1")


async def test_the_same_worker_takes_its_own_lease_again(faulty: FaultyStore, clock: TestClock) -> None:
    """After a run broke off, its worker need not wait; the broken run is fenced out."""
    broken = await opened(faulty, clock)
    again = await opened(faulty, clock, run_id="run-2")
    await again.commit([new_change_set(1)])
    with pytest.raises(LeaseLost):
        await broken.commit([new_change_set(2)])


async def test_each_transaction_renews_the_lease(faulty: FaultyStore, clock: TestClock) -> None:
    """A long run keeps its lease as long as it stores something."""
    state = await opened(faulty, clock)
    for number in range(3):
        clock.at += timedelta(seconds=299)
        await state.commit([new_change_set(number)])
    with pytest.raises(LeaseTaken):
        await state_of(faulty, clock, "worker-2").open("run-2")


@pytest.mark.parametrize("silent", ["before", "after"])
async def test_a_missing_answer_is_made_up_for(faulty: FaultyStore, clock: TestClock, silent: str) -> None:
    """Whether stored or not, everything is there exactly once, and the run goes on."""
    for number in (1, 2, 3):
        getattr(faulty, silent)[2 * number] = SILENCE
    state = await opened(faulty, clock)
    await state.commit([new_change_set(1)])
    await state.commit([new_change_set(2)], Cursor("delta-2"))
    await state.close(Cursor("delta-3"), run(created_in_outlook=2))
    opening = await state_of(faulty.store, clock).open("run-2")
    assert opening.cursor == Cursor("delta-3", links=2)
    assert sum(key.startswith("7.history.") for key in await all_rows(faulty)) == 2


@pytest.mark.parametrize("silent", ["before", "after"])
async def test_opening_survives_a_missing_answer_or_says_so(faulty: FaultyStore, clock: TestClock, silent: str) -> None:
    """The lease that was taken is used; one that was not is an unavailable store."""
    getattr(faulty, silent)[1] = SILENCE
    state = state_of(faulty, clock)
    if silent == "before":
        with pytest.raises(StoreUnavailable):
            await state.open("run-1")
    else:
        await state.open("run-1")
        await state.commit([new_change_set(1)])


async def test_a_store_that_stays_silent_ends_the_run(faulty: FaultyStore, clock: TestClock) -> None:
    """After the second try in vain the run is told, and may still close when the store is back."""
    state = await opened(faulty, clock)
    faulty.before |= {2: SILENCE, 3: SILENCE}
    with pytest.raises(StoreUnavailable):
        await state.commit([new_change_set(1)])
    await state.close(Cursor(), run())
    assert await state.links([link(1).id]) == {}


async def test_a_commit_that_was_stored_late_is_no_close(faulty: FaultyStore, clock: TestClock) -> None:
    """A transaction given up as unknown arrives before the close, which is still done."""
    state = await opened(faulty, clock)
    late: list[Sequence[Operation]] = []

    async def lose(operations: Sequence[Operation]) -> None:
        late.append(operations)
        raise SILENCE

    async def arrive(_: Sequence[Operation]) -> None:
        await faulty.store.transact(Table.SYNC, CONNECTION, late[0])

    faulty.before |= {2: lose, 3: SILENCE, 4: arrive}
    with pytest.raises(StoreUnavailable):
        await state.commit([new_change_set(1)])
    await state.close(Cursor("delta-1"), run())
    opening = await state_of(faulty, clock, "worker-2").open("run-2")
    assert opening.cursor == Cursor("delta-1", links=1)


async def test_work_rewritten_between_two_tries_survives(faulty: FaultyStore, clock: TestClock) -> None:
    """The removal alone is dropped; the rest of the transaction is stored."""
    feed = StoredFeedState(faulty.store, "space_1")
    ids = [PipelinerId(f"p{number:02d}") for number in range(40)]
    await feed.deliver(CONNECTION, ids)
    state = await opened(faulty, clock)
    work = await state.waiting(PipelinerLook)

    async def deliver_again(_: Sequence[Operation]) -> None:
        await feed.deliver(CONNECTION, ids[::2])

    faulty.before[2] = deliver_again
    await state.commit([ChangeSet(after=link(1), done_work=tuple(work))])
    assert [item.id for item in await state.waiting(PipelinerLook)] == ids[::2]
    assert await state.links([link(1).id])
    assert faulty.transactions == 3


async def test_after_a_missing_answer_finished_work_is_at_worst_seen_again(
    faulty: FaultyStore, clock: TestClock
) -> None:
    """The version of what was put is not known then, so it stays for the next run."""
    state = await opened(faulty, clock)
    faulty.after[2] = SILENCE
    work = PipelinerLook(PipelinerId("p1"))
    await state.commit([ChangeSet(put_work=(work,))])
    await state.commit([ChangeSet(done_work=(work,), after=link(1))])
    assert [item.id for item in await state.waiting(PipelinerLook)] == ["p1"]
