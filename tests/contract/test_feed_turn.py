"""One reader of a space's feed at a time, over each store: what it stores is fenced by the lease."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_core.engine.ports import Card, Stream
from sync_core.errors import IndexUnknown, LeaseLost
from sync_core.state import KeyedHash, StoredFeedState, StoredFeedTurn, polled_at
from sync_core.storage import Insert, Put, Store, Table
from tests.connection_scenario import START, TestClock

SPACE = "space-1"
KEYED = KeyedHash(b"k" * 32, SPACE)
CARD = Card("contact-1", "ada lovelace", frozenset({"mail:ada@acme.test"}))


@pytest.fixture
def clock() -> TestClock:
    """A clock that stands still."""
    return TestClock()


def turn_of(store: Store, clock: TestClock) -> StoredFeedTurn:
    """Make a turn of a new reader."""
    return StoredFeedTurn(store, SPACE, clock, KEYED)


async def test_a_whole_turn_leaves_watermarks_index_and_when_it_began(store: Store, clock: TestClock) -> None:
    """For the next one, and for the runs that ask."""
    first = turn_of(store, clock)
    assert await first.begin()
    assert first.watermarks == {}
    clock.at += timedelta(seconds=30)
    await first.advance(dict.fromkeys(Stream, START))
    await first.index.begin()
    await first.index.note_page([CARD])
    await first.index.finish()
    await first.end()

    second = turn_of(store, clock)
    assert await second.begin()
    assert second.watermarks == dict.fromkeys(Stream, START)
    assert second.index.is_known
    assert await polled_at(store, SPACE) == clock.at - timedelta(seconds=30)
    await second.end()
    assert await polled_at(store, SPACE) == clock.at - timedelta(seconds=30)


async def test_another_reader_waits_for_its_turn(store: Store, clock: TestClock) -> None:
    """Until the first one gives the lease back, or lets it run out."""
    first, second = turn_of(store, clock), turn_of(store, clock)
    assert await first.begin()
    assert not await second.begin()
    await first.end()
    assert await second.begin()
    clock.at += timedelta(minutes=5)
    assert await turn_of(store, clock).begin()


async def test_who_lost_the_lease_stores_nothing(store: Store, clock: TestClock) -> None:
    """Neither watermarks nor the index, nor that it has polled; giving up is no error."""
    slow = turn_of(store, clock)
    assert await slow.begin()
    clock.at += timedelta(minutes=5)
    fast = turn_of(store, clock)
    assert await fast.begin()
    await slow.advance(dict.fromkeys(Stream, START))
    with pytest.raises(LeaseLost):
        await slow.renew_lease()
    await slow.index.begin()
    await slow.index.note_page([CARD])
    with pytest.raises(LeaseLost):
        await slow.index.finish()
    await slow.give_up()
    await fast.end()

    third = turn_of(store, clock)
    assert await third.begin()
    assert third.watermarks == {}
    assert not third.index.is_known
    assert await polled_at(store, SPACE) is None


async def test_a_turn_that_is_given_up_counts_only_when_all_was_read(store: Store, clock: TestClock) -> None:
    """What was read to its end stays read, also where something else failed afterwards."""
    early, late = turn_of(store, clock), turn_of(store, clock)
    assert await early.begin()
    await early.give_up()
    assert await polled_at(store, SPACE) is None
    assert await late.begin()
    await late.advance(dict.fromkeys(Stream, START))
    await late.give_up()
    assert await polled_at(store, SPACE) == clock.at


async def test_a_feed_of_the_version_before_goes_on(store: Store, clock: TestClock) -> None:
    """Its watermarks are read, it has no lease and no index, and what it remembers is not in the way."""
    feed = StoredFeedState(store, SPACE)
    await feed.advance(dict.fromkeys(Stream, START))
    await store.transact(
        Table.SPACES, SPACE, [Insert(f"2.contacts.{number}", '{"version":"1"}') for number in range(90)]
    )

    turn = turn_of(store, clock)

    assert await turn.begin()
    assert turn.watermarks == dict.fromkeys(Stream, START)
    assert not turn.index.is_known
    await turn.end()


async def test_an_index_of_another_version_is_unknown(store: Store, clock: TestClock) -> None:
    """It can be built anew at any time, so nobody guesses what another version means."""
    await store.transact(Table.SPACES, SPACE, [Put("1.index", '{"v":2,"key":"x","edition":7}')])
    turn = turn_of(store, clock)
    assert await turn.begin()
    assert not turn.index.is_known
    with pytest.raises(IndexUnknown):
        await turn._index.holders([KEYED.token("mail:ada@acme.test")])
    await turn.end()
