"""A run that ends anywhere leaves a state from which the next one goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_core.domain import PipelinerId, Side
from sync_core.engine.ports import ChangeSet, Cursor, PipelinerLook
from sync_core.errors import LeaseLost, StoreUnavailable
from sync_core.state import ConnectionReading, StoredConnectionState, StoredFeedState
from sync_core.state.rows import INDEX, link_operations
from sync_core.storage import SqliteStore, Store
from tests.connection_scenario import (
    CONNECTION,
    Crash,
    FaultyStore,
    TestClock,
    all_rows,
    created,
    failing,
    intent,
    link,
    new_change_set,
    opened,
    run,
)

NUMBERS = range(50)
TRANSACTIONS = 6
"""Of the whole run: open, journal, two or three commits, close."""


async def whole_run(store: Store, clock: TestClock) -> StoredConnectionState:
    """Take 50 contacts from the inbox and link them."""
    state = await opened(store, clock)
    work = await state.waiting(PipelinerLook)
    await state.journal([intent(number) for number in NUMBERS])
    change_sets = [
        ChangeSet(after=link(number), history=(created(link(number)),), done_work=(work[number],)) for number in NUMBERS
    ]
    await state.commit(change_sets, Cursor("delta"), [link(number).id for number in NUMBERS])
    await state.close(Cursor("delta"), run(created_in_outlook=50))
    return state


async def inbox(store: Store) -> None:
    """Let the feed deliver 50 contacts."""
    await StoredFeedState(store, "space_1").deliver(CONNECTION, [link(number).pipeliner_id for number in NUMBERS])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, TRANSACTIONS + 1))
async def test_a_crash_at_any_transaction_leaves_a_consistent_state(
    memory: SqliteStore, clock: TestClock, number: int, when: str
) -> None:
    """Links, indexes, history, count and finished work agree; what is open still has its intent."""
    await inbox(memory)
    crashing = failing(memory, when, number, Crash())
    with pytest.raises(Crash):
        await whole_run(crashing, clock)
    clock.at += timedelta(seconds=301)
    state = StoredConnectionState(memory, CONNECTION, clock, "worker-2")
    opening = await state.open("run-2")
    linked = {one.id for one in await state.links_page(None)}
    rows = await all_rows(memory)
    wanted = {operation.key for number in NUMBERS for operation in link_operations(None, link(number))}
    stored = {key for key in rows if key.startswith("5.")}
    assert stored == {key for key in wanted if any(_is_of(key, one) for one in linked)}
    assert opening.cursor.links == len(linked)
    history = await ConnectionReading(memory, CONNECTION, clock).history(1000)
    assert {item.entry.link_id for item in history} == linked
    assert len(history) == len(linked)
    waiting = {item.id for item in await state.waiting(PipelinerLook)}
    assert waiting == {link(number).pipeliner_id for number in NUMBERS if link(number).id not in linked}
    open_intents = {item.link_id for item in opening.intents}
    if opening.cursor.delta_link:
        assert (open_intents, len(linked)) == (set(), 50)
    else:
        assert open_intents in (set(), {link(number).id for number in NUMBERS})
        assert open_intents >= linked


def _is_of(key: str, link_id: str) -> bool:
    number = int(link_id.removeprefix("link-"))
    one = link(number)
    ids = {f"5.link.{one.id}", INDEX[Side.OUTLOOK] + one.outlook_id}
    return key in ids | {INDEX[Side.PIPELINER] + one.pipeliner_id}


async def test_the_run_of_these_tests_has_that_many_transactions(memory: SqliteStore, clock: TestClock) -> None:
    """So that every place of it is tried."""
    await inbox(memory)
    counting = FaultyStore(memory)
    await whole_run(counting, clock)
    assert counting.transactions == TRANSACTIONS


@pytest.mark.parametrize("number", range(2, TRANSACTIONS + 1))
async def test_a_run_that_is_overtaken_anywhere_stores_nothing_more(
    memory: SqliteStore, clock: TestClock, number: int
) -> None:
    """Another run takes over right before one of its transactions."""
    await inbox(memory)
    after_takeover: list[dict[str, str]] = []

    async def take_over(_: object) -> None:
        clock.at += timedelta(seconds=301)
        await opened(memory, clock, "worker-2", "run-2")
        after_takeover.append(await all_rows(memory))

    with pytest.raises(LeaseLost):
        await whole_run(FaultyStore(memory, before={number: take_over}), clock)
    assert after_takeover == [await all_rows(memory)]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(2, TRANSACTIONS + 1))
async def test_one_missing_answer_changes_nothing(
    memory: SqliteStore, clock: TestClock, number: int, when: str
) -> None:
    """Wherever it happens, the run comes to the same end."""
    await inbox(memory)
    await whole_run(failing(memory, when, number, StoreUnavailable("no answer")), clock)
    state = await opened(memory, clock, "worker-2", "run-2")
    assert await state.links_page(None) == [link(number) for number in NUMBERS]
    assert await state.waiting(PipelinerLook) == []
    history = await ConnectionReading(memory, CONNECTION, clock).history(1000)
    assert [item.entry for item in history] == [created(link(number)) for number in reversed(NUMBERS)]


async def test_a_crash_between_two_commits_keeps_the_first(memory: SqliteStore, clock: TestClock) -> None:
    """What was committed stays, what was not is not there."""
    crashing = FaultyStore(memory, before={3: Crash()})
    state = await opened(crashing, clock)
    await state.commit([new_change_set(1), ChangeSet(put_work=(PipelinerLook(PipelinerId("p1")),))])
    with pytest.raises(Crash):
        await state.commit([new_change_set(2)], Cursor("delta"))
    again = await opened(memory, clock)
    assert await again.links_page(None) == [link(1)]
    assert [item.id for item in await again.waiting(PipelinerLook)] == ["p1"]
