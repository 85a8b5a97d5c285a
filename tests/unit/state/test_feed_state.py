"""The feed's memory of a space."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulators.counting import CountingStore, StoreCounts
from sync_core.domain import Ownership, PipelinerId, ShareMode, UserId
from sync_core.engine.ports import FeedState, PipelinerLook, Seen, Stream
from sync_core.state import StoredFeedState
from sync_core.storage import SqliteStore
from tests.connection_scenario import CONNECTION, START, TestClock, link, new_change_set, opened


@pytest.fixture
def feed(memory: SqliteStore) -> FeedState:
    """The feed's memory, checked by mypy against the engine's port."""
    return StoredFeedState(memory, "space_1")


async def test_watermarks_are_remembered(memory: SqliteStore, feed: FeedState) -> None:
    """Each stream's own, per space; a stream that did not move keeps its place."""
    assert await feed.watermarks() == {}
    await feed.advance({Stream.CONTACTS: START, Stream.ACCOUNTS: START})
    again = StoredFeedState(memory, "space_1")
    assert await again.watermarks() == {Stream.CONTACTS: START, Stream.ACCOUNTS: START}
    later = START + timedelta(minutes=5)
    await again.advance({Stream.CONTACTS: later})
    assert await feed.watermarks() == {Stream.CONTACTS: later, Stream.ACCOUNTS: START}
    assert await StoredFeedState(memory, "space_2").watermarks() == {}


async def test_what_was_seen_is_remembered_by_stream(feed: FeedState) -> None:
    """Versions of any record, and who had a contact."""
    owner, other = UserId("u1"), UserId("u2")
    full = Ownership(owner, frozenset({other}), frozenset({owner, other}), "unit-1", ShareMode.PRIVATE)
    rows = {"p1": Seen("7", full), "p2": Seen("8", Ownership(owner)), "p/3": Seen("9")}
    await feed.remember(Stream.CONTACTS, rows)
    await feed.remember(Stream.SHARING, {"p1": Seen("1")})
    assert await feed.seen(Stream.CONTACTS, ["p1", "p2", "p/3", "unknown"]) == rows
    assert await feed.seen(Stream.SHARING, ["p1", "p2"]) == {"p1": Seen("1")}


async def test_many_records_take_few_transactions(memory: SqliteStore) -> None:
    """About a hundred in one, and nothing at all when there is nothing."""
    store = CountingStore(memory)
    feed = StoredFeedState(store, "space_1")
    await feed.remember(Stream.CONTACTS, {f"p{number:03d}": Seen("1") for number in range(190)})
    await feed.deliver(CONNECTION, [PipelinerId(f"p{number}") for number in range(190)])
    assert store.counts == StoreCounts(transactions=4, rows_written=380)
    await feed.deliver(CONNECTION, [])
    await feed.remember(Stream.CONTACTS, {})
    assert store.counts.transactions == 4


async def test_linked_contacts_are_known(memory: SqliteStore, clock: TestClock, feed: FeedState) -> None:
    """Of this connection only."""
    await (await opened(memory, clock)).commit([new_change_set(1), new_change_set(2)])
    ids = [link(number).pipeliner_id for number in (1, 2, 3)]
    assert await feed.linked(CONNECTION, ids) == {link(1).pipeliner_id, link(2).pipeliner_id}
    assert await feed.linked("other", ids) == frozenset()


async def test_deliveries_collapse(memory: SqliteStore, clock: TestClock, feed: FeedState) -> None:
    """A contact waits once, however often it changed."""
    await feed.deliver(CONNECTION, [PipelinerId("p1"), PipelinerId("p1"), PipelinerId("p2")])
    await feed.deliver(CONNECTION, [PipelinerId("p2")])
    state = await opened(memory, clock)
    assert [item.id for item in await state.waiting(PipelinerLook)] == ["p1", "p2"]
