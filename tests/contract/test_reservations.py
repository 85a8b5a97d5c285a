"""Reservations over each store: of those who enter one person at once one gets in, whole, and the others see who."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from typing_extensions import override

from emulators.counting import CountingStore
from sync_core.domain import LinkId, PipelinerId
from sync_core.domain.identity import Holder
from sync_core.engine.ports import Claim, Stream
from sync_core.errors import StoreUnavailable
from sync_core.state import (
    KeyedHash,
    StoredAccountNames,
    StoredFeedTurn,
    StoredReservations,
    end_old_reservations,
    end_reservations,
    reservations_of,
)
from sync_core.state.reservation_rows import RESERVED, ReservedRows
from sync_core.storage import Operation, Put, SqliteStore, Store, Table, prefix_end
from tests.connection_scenario import START, TestClock

SPACE = "space-1"
KEYED = KeyedHash(b"k" * 32, SPACE)
MADE = PipelinerId("11111111-2222-3333-4444-555555555555")


class _DeafStore(SqliteStore):
    """Stores a transaction, and does not answer it once."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.is_deaf = False

    @override
    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Store, and say nothing the first time."""
        etags = await super().transact(table, partition, operations)
        if self.is_deaf:
            self.is_deaf = False
            raise StoreUnavailable("the answer was lost")
        return etags


@pytest.fixture
def clock() -> TestClock:
    """A clock that stands still."""
    return TestClock()


def of(store: Store, clock: TestClock, owner: str) -> StoredReservations:
    """Return the reservations as one connection's run sees them."""
    return StoredReservations(store, SPACE, owner, KEYED, clock)


def names_of(store: Store, clock: TestClock, owner: str) -> StoredAccountNames:
    """Return the names of accounts as one connection's run sees them."""
    return StoredAccountNames(store, SPACE, owner, KEYED, clock)


def eva(key: str, *strong: str) -> Claim:
    """Return what a create of Eva claims."""
    return Claim(key, "name:eva novak", frozenset(strong or {"mail:eva@acme.test"}), frozenset({"at:acme\0eva"}))


def person(number: int) -> Claim:
    """Return what a create of somebody else claims."""
    return Claim(f"link-{number}", f"name:{number}", frozenset({f"mail:{number}"}), frozenset({f"at:{number}"}))


async def rows(store: Store) -> list[str]:
    """Return the bodies of the rows."""
    return [row.body for row in await store.read(Table.SPACES, SPACE, RESERVED, prefix_end(RESERVED))]


async def test_of_many_who_enter_one_person_at_once_one_gets_in(
    two_stores: tuple[Store, Store], clock: TestClock
) -> None:
    """Ten connections in two processes."""
    each = [of(two_stores[number % 2], clock, f"connection-{number}") for number in range(10)]
    found = await asyncio.gather(*(one.reserve([eva(f"link-{number}")]) for number, one in enumerate(each)))

    (winner,) = [number for number, kept_out in enumerate(found) if not kept_out]
    others = [one[f"link-{number}"] for number, one in enumerate(found) if number != winner]
    assert {(one.connection_id, one.link_id, one.is_known) for one in others} == {
        (f"connection-{winner}", f"link-{winner}", False)
    }
    assert len(await reservations_of(two_stores[0], SPACE, f"connection-{winner}")) == 1


async def test_whoever_is_kept_out_by_one_identifier_holds_none(store: Store, clock: TestClock) -> None:
    """The second one's own mobile number stays free for a third."""
    await of(store, clock, "one").reserve([eva("link-1")])
    kept_out = await of(store, clock, "two").reserve([eva("link-2", "mail:eva@acme.test", "tel:+43664")])
    third = Claim("link-3", "name:karl", frozenset({"tel:+43664"}), frozenset())

    assert set(kept_out) == {"link-2"}
    assert await of(store, clock, "three").reserve([third]) == {}


async def test_the_others_of_a_batch_get_in(store: Store, clock: TestClock) -> None:
    """One of three hundred is another connection's."""
    await of(store, clock, "one").reserve([person(7)])
    kept_out = await of(store, clock, "two").reserve([person(number) for number in range(300)])

    assert {one.connection_id for one in kept_out.values()} == {"one"}
    assert list(kept_out) == ["link-7"]
    assert len(await reservations_of(store, SPACE, "two")) == 299


async def test_three_hundred_creates_cost_one_read_and_two_transactions(store: Store, clock: TestClock) -> None:
    """Looked at, reserved, recorded; and rows are few whatever is reserved."""
    counting = CountingStore(store)
    claims = [person(number) for number in range(300)]
    reserved = of(counting, clock, "one")
    await reserved.look(claims)
    await reserved.reserve(claims)
    await reserved.record([(claim, MADE) for claim in claims], [])

    counts = counting.counts
    assert (counts.gets, counts.ranges, counts.transactions) == (0, 1, 2)
    assert len(await rows(store)) <= 64


async def test_more_than_a_transaction_holds_is_divided_by_persons(clock: TestClock) -> None:
    """Each is entered whole; over SQLite alone, which has the same bounds."""
    store, long_id = CountingStore(SqliteStore(":memory:")), "one" * 1000
    assert await of(store, clock, long_id).reserve([person(number) for number in range(900)]) == {}

    assert store.counts.transactions > 1
    assert len(await reservations_of(store, SPACE, long_id)) == 900
    await store.close()


async def test_an_answer_that_is_lost_leaves_no_doubt(clock: TestClock) -> None:
    """What was stored without an answer is read again, and is the own entry."""
    store = _DeafStore()
    store.is_deaf = True
    assert await of(store, clock, "one").reserve([eva("link-1")]) == {}
    await of(store, clock, "one").record([(eva("link-1"), MADE)], [])

    held = await ReservedRows(store, SPACE).read_all()
    assert {entries for entries in held.values() if len(entries) > 1} == set()
    assert {one.id for entries in held.values() for one in entries} == {MADE}
    await store.close()


async def test_what_was_made_is_told_as_a_candidate_and_keeps_nobody_out(store: Store, clock: TestClock) -> None:
    """Under the address that is the same, and under the name where name and company are."""
    mine, other = of(store, clock, "one"), of(store, clock, "two")
    await mine.reserve([eva("link-1")])
    await mine.record([(eva("link-1"), MADE)], [])
    found = await other.look([eva("card-2", "mail:eva@acme.test", "tel:+43664")])

    holders = {token: {(one.id, one.name) for one in held} for token, held in found.holders.items()}
    name = KEYED.token("name:eva novak")
    assert holders == {KEYED.token("mail:eva@acme.test"): {(MADE, name)}, name: {(MADE, name)}}
    assert isinstance(next(iter(found.holders.values()))[0], Holder)
    assert found.waits == {}
    assert await other.reserve([eva("link-2")]) == {}


async def test_what_was_made_since_the_look_keeps_out(store: Store, clock: TestClock) -> None:
    """It was no candidate yet."""
    mine, other = of(store, clock, "one"), of(store, clock, "two")
    await other.look([eva("card-2")])
    await mine.reserve([eva("link-1")])
    await mine.record([(eva("link-1"), MADE)], [])

    assert [one.is_known for one in (await other.reserve([eva("link-2")])).values()] == [True]


async def test_what_was_not_made_is_free_at_once(store: Store, clock: TestClock) -> None:
    """And a row in which nothing is left goes."""
    await of(store, clock, "one").reserve([eva("link-1")])
    await of(store, clock, "one").record([], [eva("link-1")])

    assert await rows(store) == []
    assert await of(store, clock, "two").reserve([eva("link-2")]) == {}


async def test_a_connections_own_entries_never_stand_in_its_way(store: Store, clock: TestClock) -> None:
    """Two cards of one person in one run."""
    mine = of(store, clock, "one")
    assert await mine.reserve([eva("link-1"), eva("link-2")]) == {}
    assert (await mine.look([eva("card-3")])).waits == {}


async def test_entries_of_creates_that_no_journal_knows_end(store: Store, clock: TestClock) -> None:
    """Neither those under way, nor others' entries, nor what was made."""
    mine = of(store, clock, "one")
    await mine.reserve([person(1), person(2), person(3)])
    await mine.record([(person(3), MADE)], [])
    await of(store, clock, "two").reserve([person(4)])

    assert await of(store, clock, "one").end_others([LinkId("link-1")]) == ["link-2"]
    held = await ReservedRows(store, SPACE).read_all()
    assert {one.link for entries in held.values() for one in entries} == {"link-1", "link-3", "link-4"}


async def test_rows_hold_nothing_but_hashes_and_ids(store: Store, clock: TestClock) -> None:
    """Neither name nor address nor company."""
    await of(store, clock, "one").reserve([eva("link-1")])
    await names_of(store, clock, "one").reserve(["Acme GmbH"])

    text = "".join(await rows(store)).lower()
    assert "link-1" in text
    assert not [word for word in ("eva", "novak", "acme") if word in text]


async def test_a_purge_ends_what_a_connection_or_a_person_holds(store: Store, clock: TestClock) -> None:
    """By owner, by id, by link, and by hash."""
    mine = of(store, clock, "one")
    await mine.reserve([person(1), person(2), person(3)])
    await mine.record([(person(1), MADE)], [])
    await of(store, clock, "two").reserve([person(4)])

    assert await end_reservations(store, SPACE, ids={MADE, "link-2"}) == 4
    assert await end_reservations(store, SPACE, tokens={KEYED.token("mail:3")}) == 1
    assert await end_reservations(store, SPACE, owner="one") == 1
    assert await end_reservations(store, SPACE, owner="one") == 0
    assert len(await reservations_of(store, SPACE, "two")) == 1


async def test_what_nobody_ends_any_more_ends_by_its_age(store: Store, clock: TestClock) -> None:
    """A connection that is gone after minutes, what was made after a day; what its owner may still recover never."""
    gone, there = of(store, clock, "gone"), of(store, clock, "there")
    await gone.reserve([person(1)])
    await there.reserve([person(2), person(3)])
    await there.record([(person(3), MADE)], [])

    async def left() -> set[str]:
        await end_old_reservations(store, SPACE, {"there"}, clock.at)
        held = await ReservedRows(store, SPACE).read_all()
        return {one.link for entries in held.values() for one in entries}

    assert await left() == {"link-1", "link-2", "link-3"}
    clock.at += timedelta(minutes=3)
    assert await left() == {"link-2", "link-3"}
    clock.at += timedelta(days=2)
    assert await left() == {"link-2"}


async def test_a_row_of_another_key_holds_nothing_and_one_that_cannot_be_read_stops_no_feed(
    store: Store, clock: TestClock
) -> None:
    """Hashes of a former key tell nobody anything; a broken row is passed over by the reader of the feed."""
    former = KeyedHash(b"f" * 32, SPACE)
    await StoredReservations(store, SPACE, "one", former, clock).reserve([eva("link-1")])
    assert await of(store, clock, "two").reserve([eva("link-2")]) == {}
    await store.transact(Table.SPACES, SPACE, [Put(RESERVED + "x", "broken")])

    turn = StoredFeedTurn(store, SPACE, clock, KEYED)
    assert await turn.begin()
    await turn.index.begin()
    await turn.index.finish()
    await turn.advance(dict.fromkeys(Stream, START), {MADE})
    await turn.end()


async def test_the_feed_ends_the_entries_of_what_it_has_shown(store: Store, clock: TestClock) -> None:
    """Not before the index is known, and none without an id."""
    mine = of(store, clock, "one")
    await mine.reserve([person(1), person(2), person(3)])
    await mine.record([(person(1), MADE), (person(2), PipelinerId("not shown"))], [])

    for _ in range(2):
        turn = StoredFeedTurn(store, SPACE, clock, KEYED)
        assert await turn.begin()
        await turn.advance(dict.fromkeys(Stream, START), {MADE})
        held = await ReservedRows(store, SPACE).read_all()
        if not turn.index.is_known:
            assert {one.link for entries in held.values() for one in entries} == {"link-1", "link-2", "link-3"}
            await turn.index.begin()
            await turn.index.finish()
        await turn.end()

    assert {one.link for entries in held.values() for one in entries} == {"link-2", "link-3"}


# Accounts


async def test_of_many_who_make_one_account_at_once_one_does(two_stores: tuple[Store, Store], clock: TestClock) -> None:
    """Whatever the case of the name."""
    each = [names_of(two_stores[number % 2], clock, f"connection-{number}") for number in range(6)]
    found = await asyncio.gather(*(one.reserve(["ACME" if number % 2 else "Acme"]) for number, one in enumerate(each)))

    assert sorted(len(taken) for taken in found) == [0, 1, 1, 1, 1, 1]
    assert {one.wait_s for taken in found for one in taken.values()} == {5.0}


async def test_an_account_that_was_made_is_told_by_its_id(store: Store, clock: TestClock) -> None:
    """Unless it is gone: then the name is free."""
    mine, other = names_of(store, clock, "one"), names_of(store, clock, "two")
    await mine.reserve(["Acme", "Bolt"])
    await mine.record({"Acme": "account-1", "Bolt": ""})

    assert {name: one.account_id for name, one in (await other.reserve(["Acme", "Bolt"])).items()} == {
        "Acme": "account-1"
    }
    assert await names_of(store, clock, "three").reserve(["Acme"], {"account-1"}) == {}


async def test_a_name_of_which_nobody_told_anything_is_taken_over_after_two_minutes(
    store: Store, clock: TestClock
) -> None:
    """By then its account would have been found by its name."""
    await names_of(store, clock, "one").reserve(["Acme"])
    clock.at += timedelta(seconds=30)
    waits = await names_of(store, clock, "two").reserve(["Acme"])
    assert [one.wait_s for one in waits.values()] == [91.0]
    clock.at += timedelta(seconds=91)

    assert await names_of(store, clock, "two").reserve(["Acme"]) == {}
    assert len(await names_of(store, clock, "one").reserve(["Acme"])) == 1
