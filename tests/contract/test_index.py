"""The index of one side, over each store: noted, read as a whole, broken off, looked up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pytest

from emulators.counting import CountingStore
from sync_core.domain import Side
from sync_core.engine.ports import Card
from sync_core.errors import IndexUnknown, StoreUnavailable
from sync_core.state import KeyedHash, SideLookup, StoredSideIndex
from sync_core.state.index_rows import MOST_RECENT, Place, folder_place, space_place
from sync_core.storage import AFTER_ALL_KEYS, Operation, Put, Remove, SqliteStore, Store, Table

KEYED = KeyedHash(b"k" * 32, "em_Emulated")
OTHER_KEY = KeyedHash(b"o" * 32, "em_Emulated")
FOLDER = folder_place("connection-1")
SPACE = space_place("space-1")


class BrokenOff(Exception):
    """The process ended here."""


@dataclass
class Keeper:
    """Whoever holds the lease of a side: opens its index, and may end before any transaction."""

    store: Store
    place: Place = FOLDER
    keyed: KeyedHash = KEYED
    ends_before: int = 10**9
    transactions: int = 0
    written: list[str] = field(default_factory=list)

    async def open(self) -> StoredSideIndex:
        """Open the index as a new run or poll does."""
        index = StoredSideIndex(self.store, self.place, Side.OUTLOOK, self.keyed)
        index.opened(await self.store.get(self.place.table, self.place.partition, self.place.state_key), self.write)
        return index

    async def write(self, operations: Sequence[Operation]) -> None:
        """Store rows, and leave out removals of what is gone, as the fence of a lease does."""
        if self.transactions >= self.ends_before:
            raise BrokenOff
        self.transactions += 1
        place = (self.place.table, self.place.partition)
        there = await self.store.get_many(*place, [one.key for one in operations if isinstance(one, Remove)])
        left = [one for one in operations if not isinstance(one, Remove) or one.key in there]
        self.written += [one.key for one in left]
        if left:
            await self.store.transact(*place, left)

    async def rows(self) -> dict[str, str]:
        """Return all that is stored of the partition."""
        rows = await self.store.read(self.place.table, self.place.partition, "", AFTER_ALL_KEYS)
        return {row.key: row.body for row in rows}


def card(number: int, *handles: str, name: str = "") -> Card:
    """Make a card of a person with a name, an address and more handles."""
    return Card(f"id-{number}", name or f"Person {number}", frozenset({f"mail:person{number}@acme.test", *handles}))


async def read_whole(index: StoredSideIndex, cards: Sequence[Card], page: int = 10) -> None:
    """Read a whole side in pages."""
    await index.begin()
    for start in range(0, len(cards), page):
        await index.note_page(cards[start : start + page], after=str(start + page))
        await index.store()
    await index.finish()


async def held(index: SideLookup, handles: Collection[str]) -> dict[str, list[str]]:
    """Return who holds handles: ids by handle."""
    tokens = {KEYED.token(handle): handle for handle in handles}
    found = await index.holders(tokens.keys())
    return {tokens[token]: [holder.id for holder in holders] for token, holders in found.items()}


@pytest.mark.parametrize("place", [FOLDER, SPACE], ids=["folder", "space"])
async def test_whoever_was_read_is_found_by_each_handle(store: Store, place: Place) -> None:
    """By one who opens it later, too; a handle of several tells all of them, one of nobody nobody."""
    keeper = Keeper(store, place)
    await read_whole(await keeper.open(), [card(number, "phone:1", f"phone:{number % 3}") for number in range(25)])

    index = await keeper.open()

    assert index.is_known
    assert not index.is_being_read
    found = await held(index, ["mail:person7@acme.test", "phone:2", "mail:nobody@acme.test"])
    assert found == {
        "mail:person7@acme.test": ["id-7"],
        "phone:2": sorted(f"id-{number}" for number in range(25) if number % 3 == 2),
    }
    (holder,) = (await index.holders([KEYED.token("mail:person7@acme.test")])).popitem()[1]
    assert (holder.side, holder.name) == (Side.OUTLOOK, KEYED.token("Person 7"))


async def test_what_is_not_read_to_its_end_is_unknown_and_not_empty(store: Store) -> None:
    """Neither before the first reading nor during it can anybody be looked up."""
    keeper = Keeper(store)
    index = await keeper.open()
    assert not index.is_known
    with pytest.raises(IndexUnknown):
        await held(index, ["phone:1"])

    await index.begin()
    await index.note_page([card(1)])
    await index.store()

    again = await keeper.open()
    assert (again.is_known, again.is_being_read) == (False, True)
    with pytest.raises(IndexUnknown):
        await held(again, ["mail:person1@acme.test"])


async def test_an_edit_moves_handles_and_a_delete_takes_them_out(store: Store) -> None:
    """At once, and for whoever opens it later."""
    keeper = Keeper(store)
    await read_whole(await keeper.open(), [card(1, "phone:1"), card(2, "phone:1"), card(3)])
    index = await keeper.open()

    await index.note([card(1, "phone:9", name="Another"), card(4, "phone:1")], ["id-2"])
    await index.store()

    for one in (index, await keeper.open()):
        found = await held(one, ["phone:1", "phone:9", "mail:person2@acme.test"])
        assert found == {"phone:1": ["id-4"], "phone:9": ["id-1"]}
        (holder,) = (await one.holders([KEYED.token("phone:9")])).popitem()[1]
        assert holder.name == KEYED.token("Another")


async def test_a_card_that_did_not_change_costs_no_row(store: Store) -> None:
    """Nor a delete of somebody who was not known."""
    keeper = Keeper(store)
    await read_whole(await keeper.open(), [card(1, "phone:1"), card(2)])
    index = await keeper.open()
    before = len(keeper.written)

    await index.note([card(2), card(1, "phone:1")], ["id-9"])

    assert not index.has_unstored
    await index.store()
    assert len(keeper.written) == before


@pytest.mark.parametrize("change", [[], [card(3, "phone:7")]], ids=["quiet", "changed meanwhile"])
async def test_a_reading_that_breaks_off_anywhere_is_gone_on_with(change: list[Card]) -> None:
    """Wherever the process ends, the next one comes to the same end, and nothing is left beside it."""
    cards = [card(number, "phone:1") for number in range(30)]
    ends_before = 0
    while True:
        store = SqliteStore(":memory:")
        keeper = Keeper(store, ends_before=ends_before)
        done = False
        try:
            done = await _go_on(keeper, cards, change)
        except BrokenOff:
            keeper.ends_before = 10**9
            assert await _go_on(keeper, cards, change)
        keeper.ends_before = 10**9
        index = await keeper.open()
        assert index.is_known
        wanted = {one.id: one for one in [*cards, *change]}
        found = await held(index, [handle for one in wanted.values() for handle in one.handles])
        assert found == {
            handle: sorted(one.id for one in wanted.values() if handle in one.handles)
            for handle in {handle for one in wanted.values() for handle in one.handles}
        }
        await index.begin()
        await index.store()
        assert not [key for key in await keeper.rows() if ".part." in key]
        assert len({key.split(".")[2] for key in await keeper.rows() if ".e0" in key}) == 1
        await store.close()
        if done:
            break
        ends_before += 1
    assert ends_before > 5


async def _go_on(keeper: Keeper, cards: Sequence[Card], changed: Sequence[Card]) -> bool:
    """Read on where an earlier reading stopped, as the reader of a feed does."""
    index = await keeper.open()
    if index.is_known:
        await index.note(changed, [])
        await index.store()
        return True
    if not index.is_being_read:
        await index.begin()
    await index.note(changed, [])
    await index.store()
    start = int(index.read_up_to or 0)
    for place in range(start, len(cards), 10):
        await index.note_page(cards[place : place + 10], after=str(place + 10))
        await index.store()
    await index.finish()
    return True


async def test_a_later_reading_keeps_what_is_known_until_its_end(store: Store) -> None:
    """And then only what it showed is known; by how many it differed is told."""
    keeper = Keeper(store)
    await read_whole(await keeper.open(), [card(1), card(2), card(3)])
    index = await keeper.open()

    await index.begin()
    await index.note_page([card(1), card(2, "phone:2")])
    await index.store()
    assert await held(await keeper.open(), ["mail:person3@acme.test"]) == {"mail:person3@acme.test": ["id-3"]}
    await index.note_page([card(4)])
    await index.finish()

    again = await keeper.open()
    assert (again.differed, index.differed) == (3, 3)
    wanted = {"phone:2": ["id-2"], "mail:person4@acme.test": ["id-4"]}
    assert await held(again, ["phone:2", "mail:person4@acme.test", "mail:person3@acme.test"]) == wanted


async def test_what_changes_while_a_side_is_read_counts_before_its_pages(store: Store) -> None:
    """A page may still show the old state, or a contact that is gone."""
    keeper = Keeper(store)
    index = await keeper.open()
    await index.begin()
    await index.note([card(1, "phone:9")], ["id-2"])
    await index.note_page([card(1, "phone:1"), card(2), card(3)])
    await index.finish()

    found = await held(await keeper.open(), ["phone:1", "phone:9", "mail:person2@acme.test"])

    assert found == {"phone:9": ["id-1"]}


async def test_many_changes_become_a_new_edition(store: Store) -> None:
    """Nothing of them is lost, and the row of what is recent begins anew."""
    keeper = Keeper(store)
    cards = [card(number) for number in range(MOST_RECENT + 2)]
    await read_whole(await keeper.open(), cards[:1], page=100)
    index = await keeper.open()

    for start in range(1, len(cards), 200):
        await index.note(cards[start : start + 200], [])
        await index.store()

    rows = await keeper.rows()
    assert rows[FOLDER.recent_key] == "{}"
    assert len({key.split(".")[2] for key in rows if ".e0" in key}) == 1
    found = await held(await keeper.open(), ["mail:person0@acme.test", f"mail:person{MOST_RECENT + 1}@acme.test"])
    assert len(found) == 2


@pytest.fixture
def small_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a row of recent changes be full with ten contacts, three that change at once be many, and sides be large."""
    monkeypatch.setattr("sync_core.state.index.MOST_RECENT", 10)
    monkeypatch.setattr("sync_core.state.index.FEW", 2)
    monkeypatch.setattr("sync_core.state.index_rows._CONTACTS_A_ROW", 30)
    monkeypatch.setattr("sync_core.state.index_rows._HANDLES_A_ROW", 40)
    monkeypatch.setattr("sync_core.state.index_edition.CONTACTS_A_SPAN", 90)
    monkeypatch.setattr("sync_core.state.index_edition.HANDLES_A_PART", 100)


@pytest.mark.usefixtures("small_rows")
async def test_where_much_changes_at_once_a_new_edition_waits_and_nobody_is_missed(store: Store) -> None:
    """Full rows lie over the edition, the newest change counts, and the next small change makes one edition of all."""
    keeper = Keeper(store, SPACE)
    await read_whole(await keeper.open(), [card(number) for number in range(400)], page=100)
    reader = SideLookup(store, SPACE, Side.OUTLOOK, KEYED)
    index = await keeper.open()
    handles = [f"mail:person{number}@acme.test" for number in range(445)] + ["phone:1", "phone:2", "phone:3"]
    seen: list[dict[str, list[str]]] = []
    for start in range(400, 440, 5):
        cards = [card(number) for number in range(start, start + 5)]
        await index.note([*cards, card(7, f"phone:{1 + (start >= 420)}")], [f"id-{start - 390}"])
        await index.store()
        await reader.refresh()
        seen.append(await held(reader, handles))

    rows = await keeper.rows()
    assert sum(key.startswith(f"{SPACE.recent_key}.") for key in rows) == 4
    assert len({key.split(".")[2] for key in rows if ".e0" in key}) == 1
    assert await held(await keeper.open(), handles) == await held(index, handles) == seen[-1]
    gone = {f"mail:person{start - 390}@acme.test" for start in range(400, 440, 5)}
    here = {f"mail:person{number}@acme.test" for number in range(440)} - gone
    assert seen[-1].keys() == here | {"phone:2"}
    assert seen[0].keys() == (here | gone | {"phone:1"}) - {"mail:person10@acme.test"} - {
        f"mail:person{number}@acme.test" for number in range(405, 440)
    }

    await index.note([card(7, "phone:3")], [])
    await index.store()

    assert (await keeper.rows())[SPACE.recent_key] == "{}"
    assert not [key for key in await keeper.rows() if key.startswith(f"{SPACE.recent_key}.")]
    await reader.refresh()
    assert (await held(reader, handles)).keys() == here | {"phone:3"}


@pytest.mark.usefixtures("small_rows")
async def test_many_changes_that_break_off_anywhere_are_noted_again() -> None:
    """Before any transaction: what the next one knows is right, or nothing at all; and a reading clears up."""
    cards = [card(number) for number in range(200)]
    handles = [handle for one in cards for handle in one.handles]
    for ends_before in range(200):
        store = SqliteStore(":memory:")
        keeper = Keeper(store)
        await read_whole(await keeper.open(), cards[:160], page=40)
        dying = Keeper(store, ends_before=ends_before)
        try:
            await change_much(await dying.open(), cards[160:])
            is_whole = True
        except BrokenOff:
            is_whole = False
        again = await keeper.open()
        if again.is_known:
            await change_much(again, cards[160:])
        else:
            await read_whole(again, cards, page=40)
        found = await held(await keeper.open(), handles)
        await read_whole(await keeper.open(), cards, page=40)
        left = [key for key in await keeper.rows() if key.startswith(f"{FOLDER.recent_key}.")]
        await store.close()
        assert len(found) == len(cards), ends_before
        assert left == [], ends_before
        if is_whole:
            return
    pytest.fail("it never came to its end")


async def change_much(index: StoredSideIndex, cards: Sequence[Card]) -> None:
    """Note cards by eight, then one by itself."""
    for start in range(0, len(cards), 8):
        await index.note(cards[start : start + 8], [])
        await index.store()
    await index.note([card(0, "phone:9")], [])
    await index.store()


@pytest.mark.usefixtures("small_rows")
async def test_rows_that_an_earlier_attempt_left_are_no_part_of_an_edition(store: Store) -> None:
    """It broke off when it had written more rows than this one has; what they hold is somebody's who is gone."""
    keeper = Keeper(store)
    await read_whole(await keeper.open(), [card(number) for number in range(160)], page=40)
    rows = await keeper.rows()
    left = Put(FOLDER.contact_key(2, 99), rows[FOLDER.contact_key(1, 0)])
    await store.transact(Table.SYNC, "connection-1", [left])

    await change_much(await keeper.open(), [card(number) for number in range(160, 180)])

    handles = [f"mail:person{number}@acme.test" for number in range(180)]
    assert (await keeper.rows())[FOLDER.recent_key] == "{}"
    assert await held(await keeper.open(), handles) == {f"mail:person{n}@acme.test": [f"id-{n}"] for n in range(180)}


@pytest.mark.usefixtures("small_rows")
async def test_a_full_row_that_is_lost_makes_the_side_unknown(store: Store) -> None:
    """What is missing is never taken for nobody."""
    keeper = Keeper(store)
    await read_whole(await keeper.open(), [card(number) for number in range(160)], page=40)
    index = await keeper.open()
    await index.note([card(number) for number in range(160, 172)], [])
    await index.store()
    await store.transact(Table.SYNC, "connection-1", [Remove(FOLDER.full_key(0))])
    index = await keeper.open()

    with pytest.raises(IndexUnknown):
        await held(index, ["mail:person165@acme.test"])

    assert not index.is_known


async def test_another_key_makes_everything_unknown_until_it_is_read_anew(store: Store) -> None:
    """What the old key hashed is never mixed with the new one's, and goes."""
    await read_whole(await Keeper(store).open(), [card(1), card(2)])
    keeper = Keeper(store, keyed=OTHER_KEY)
    index = await keeper.open()
    assert not index.is_known
    with pytest.raises(IndexUnknown):
        await index.holders([OTHER_KEY.token("mail:person1@acme.test")])

    await read_whole(index, [card(1)])

    again = await keeper.open()
    (holder,) = (await again.holders([OTHER_KEY.token("mail:person1@acme.test")])).popitem()[1]
    assert holder.id == "id-1"
    assert KEYED.token("mail:person1@acme.test") not in str(await keeper.rows())


@pytest.mark.parametrize("lost", ["contacts.0000", "handles.0000"])
async def test_a_row_that_is_lost_makes_the_side_unknown(store: Store, lost: str) -> None:
    """What is missing is never taken for nobody; the next reading fixes that."""
    keeper = Keeper(store)
    await read_whole(await keeper.open(), [card(1), card(2)])
    (key,) = [key for key in await keeper.rows() if key.endswith(lost)]
    await store.transact(Table.SYNC, "connection-1", [Remove(key)])
    index = await keeper.open()

    with pytest.raises(IndexUnknown):
        await held(index, ["mail:person1@acme.test"])

    assert not index.is_known
    await read_whole(index, [card(1)])
    assert await held(await keeper.open(), ["mail:person1@acme.test"]) == {"mail:person1@acme.test": ["id-1"]}


async def test_whoever_reads_while_a_new_edition_is_written_reads_again(store: Store) -> None:
    """A run looks up while the reader of the feed writes: it finds the new edition, and nobody is missing."""
    keeper = Keeper(store, SPACE)
    await read_whole(await keeper.open(), [card(1), card(2)])
    reader = SideLookup(store, SPACE, Side.OUTLOOK, KEYED)
    await reader.refresh()
    await read_whole(await keeper.open(), [card(1), card(3)])

    assert await held(reader, ["mail:person3@acme.test"]) == {"mail:person3@acme.test": ["id-3"]}


async def test_rows_hold_hashes_and_ids_and_no_word(store: Store) -> None:
    """Neither names nor addresses nor numbers stand in any row, at any stage."""
    keeper = Keeper(store)
    index = await keeper.open()
    await index.begin()
    await index.note_page([card(1, "phone:+4912345", name="Zaphod Beeblebrox")])
    await index.store()
    stages = [await keeper.rows()]
    await index.finish()
    await index.note([card(2, "phone:+4912345", name="Zaphod Beeblebrox")], [])
    await index.store()
    stages.append(await keeper.rows())

    for rows in stages:
        told = " ".join([*rows, *rows.values()])
        assert "id-1" in told
        assert not [
            word for word in ("Zaphod", "zaphod", "Beeble", "4912345", "acme", "mail:", "phone:") if word in told
        ]


async def test_many_questions_are_answered_alike_from_memory_and_from_rows() -> None:
    """Also after changes that lie over the edition; in memory a side lies in few and short reads."""
    store = CountingStore(SqliteStore(":memory:"))
    keeper = Keeper(store)
    cards = [card(number, f"phone:{number % 250}") for number in range(12_000)]
    await read_whole(await keeper.open(), cards, page=1000)
    index = await keeper.open()
    await index.note([card(7, "phone:x")], ["id-8"])
    handles = [handle for one in cards[:300] for handle in one.handles]

    before = store.counts
    at_once = await held(index, handles)
    assert (store.counts - before).index_operations == 2
    await held(index, handles)
    assert (store.counts - before).index_operations == 2

    one_by_one: dict[str, list[str]] = {}
    other = await keeper.open()
    await other.note([card(7, "phone:x")], ["id-8"])
    for handle in handles[:60]:
        one_by_one |= await held(other, [handle])
    assert len(one_by_one) > 50
    assert {handle: at_once.get(handle) for handle in one_by_one} == one_by_one
    assert "mail:person8@acme.test" not in at_once
    assert at_once["phone:1"] == sorted(f"id-{number}" for number in range(1, 12_000, 250))
    await store.close()


async def test_a_changed_contact_costs_few_rows_in_a_large_side() -> None:
    """A new card of five handles: its row is written, and looking it up on that side reads one row a handle."""
    store = CountingStore(SqliteStore(":memory:"))
    keeper = Keeper(store)
    cards = [card(number, *(f"h{handle}:{number}" for handle in range(5))) for number in range(8000)]
    await read_whole(await keeper.open(), cards, page=1000)
    before = store.counts

    index = await keeper.open()
    await index.note([card(9000, "h1:1", "h2:9000", "h3:9000", "h4:9000")], [])
    await index.store()
    noted = store.counts - before
    found = await held(index, ["h1:1", "h2:9000", "h3:9000", "h4:9000", "mail:person9000@acme.test"])
    used = store.counts - before - noted

    assert found["h1:1"] == ["id-1", "id-9000"]
    assert (noted.rows_read, noted.rows_written) == (3, 1)
    assert used.rows_read <= 6
    await store.close()


async def test_a_large_side_is_read_in_few_operations() -> None:
    """50,000 contacts in pages of a thousand: at most 200 operations, reckoned from two smaller sides."""
    small, middle, large = 5_000, 10_000, 50_000
    few, more = [await operations_to_read(contacts) for contacts in (small, middle)]
    assert more + (more - few) * (large - middle) / (middle - small) <= 200


async def operations_to_read(contacts: int) -> int:
    """Read a side, see that its last contact is found, and return what was asked of the index."""
    store = CountingStore(SqliteStore(":memory:"))
    keeper = Keeper(store)
    cards = [card(number, *(f"h{handle}:{number}" for handle in range(5))) for number in range(contacts)]
    before = store.counts

    await read_whole(await keeper.open(), cards, page=1000)

    used = store.counts - before
    assert used.operations == 0
    assert await held(await keeper.open(), [f"h1:{contacts - 1}"]) == {f"h1:{contacts - 1}": [f"id-{contacts - 1}"]}
    await store.close()
    return used.index_operations


async def test_nothing_is_written_without_the_lease(store: Store) -> None:
    """An index that is only looked up refuses to store."""
    index = StoredSideIndex(store, FOLDER, Side.OUTLOOK, KEYED)
    await index.refresh()
    await index.begin()
    with pytest.raises(IndexUnknown, match="holds the lease"):
        await index.store()


async def test_a_side_that_cannot_be_stored_is_not_known(store: Store) -> None:
    """The fault of the store reaches whoever notes."""
    keeper = Keeper(store)
    index = await keeper.open()
    await index.begin()

    async def fails(_: Sequence[Operation]) -> None:
        raise StoreUnavailable("no answer")

    index.opened(None, fails)
    await index.begin()
    with pytest.raises(StoreUnavailable):
        await index.finish()
    assert not (await keeper.open()).is_known
