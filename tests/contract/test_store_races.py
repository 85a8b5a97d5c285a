"""Two stores over the same rows, as two processes have them."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sync_core.errors import RowConflict, StoreUnavailable
from sync_core.storage import AFTER_ALL_KEYS, Insert, Put, SqliteStore, Store, Table

RACERS = 8


async def test_one_store_reads_what_the_other_wrote(two_stores: tuple[Store, Store]) -> None:
    """A committed row is there for everybody at once, with the same etag."""
    first, second = two_stores
    (etag,) = await first.transact(Table.SYNC, "p", [Insert("a", "1")])
    row = await second.get(Table.SYNC, "p", "a")
    assert row is not None
    assert (row.body, row.etag) == ("1", etag)


async def test_of_several_writers_with_one_etag_exactly_one_wins(two_stores: tuple[Store, Store]) -> None:
    """The rest get RowConflict, and the row holds the winner's body and etag."""
    (etag,) = await two_stores[0].transact(Table.SYNC, "p", [Insert("lease", "free")])
    results = await asyncio.gather(
        *(two_stores[n % 2].transact(Table.SYNC, "p", [Put("lease", str(n), etag)]) for n in range(RACERS)),
        return_exceptions=True,
    )
    winners = [n for n, result in enumerate(results) if isinstance(result, list)]
    row = await two_stores[0].get(Table.SYNC, "p", "lease")
    assert row is not None
    assert [row.body] == [str(n) for n in winners]
    assert [row.etag] == results[winners[0]]
    assert sum(isinstance(result, RowConflict) for result in results) == RACERS - 1


async def test_a_lease_in_the_transaction_fences_the_loser_out(two_stores: tuple[Store, Store]) -> None:
    """Who lost the lease row stores nothing of what it wanted to store with it."""
    first, second = two_stores
    (etag,) = await first.transact(Table.SYNC, "p", [Insert("lease", "first")])
    await second.transact(Table.SYNC, "p", [Put("lease", "second", etag)])
    with pytest.raises(RowConflict):
        await first.transact(Table.SYNC, "p", [Insert("link", "x"), Put("lease", "first", etag)])
    assert await first.get(Table.SYNC, "p", "link") is None


async def test_the_first_transactions_of_two_stores_may_coincide(two_stores: tuple[Store, Store]) -> None:
    """Both may find that the table is not there yet; both are stored."""
    await asyncio.gather(
        *(store.transact(Table.SPACES, "p", [Insert(key, "x")]) for store, key in zip(two_stores, "ab", strict=True))
    )
    assert set(await two_stores[0].get_many(Table.SPACES, "p", ["a", "b"])) == {"a", "b"}


@pytest.mark.parametrize("two_stores", ["file"], indirect=True)
async def test_a_locked_file_is_an_unavailable_store(two_stores: tuple[Store, Store]) -> None:
    """While another process writes, a transaction is refused after the busy timeout, and reads go on."""
    first, second = two_stores
    await first.transact(Table.SYNC, "p", [Insert("a", "1")])
    assert isinstance(first, SqliteStore)
    database = first._database
    database.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
        await second.transact(Table.SYNC, "p", [Put("a", "2")])
    assert await second.get(Table.SYNC, "p", "a") is not None
    database.execute("ROLLBACK")
    await second.transact(Table.SYNC, "p", [Put("a", "2")])


async def test_writers_at_the_same_time_wait_for_each_other(tmp_path: Path) -> None:
    """Two that write to one new file all the while, side by side, both store everything, under different etags."""

    async def write(name: str) -> None:
        store = SqliteStore(tmp_path / "state.sqlite")
        for number in range(20):
            await store.transact(Table.SYNC, "p", [Insert(f"{name}-{number}-{part}", "x" * 5000) for part in range(20)])
        await store.close()

    await asyncio.gather(*(asyncio.to_thread(asyncio.run, write(name)) for name in "ab"))
    store = SqliteStore(tmp_path / "state.sqlite")
    assert len({row.etag for row in await store.read(Table.SYNC, "p", "", AFTER_ALL_KEYS)}) == 800
    await store.close()


async def test_all_who_open_one_new_file_at_once_get_a_store(tmp_path: Path) -> None:
    """Two functions of one app start side by side over a file that is not there yet."""

    def open_all(path: Path) -> int:
        start = threading.Barrier(4)

        def opened() -> SqliteStore:
            start.wait()
            return SqliteStore(path)

        with ThreadPoolExecutor(4) as pool:
            stores = [future.result() for future in [pool.submit(opened) for _ in range(4)]]
        for store in stores:
            asyncio.run(store.close())
        return len(stores)

    for number in range(20):
        assert await asyncio.to_thread(open_all, tmp_path / f"{number}.sqlite") == 4


async def test_a_full_disk_leaves_nothing_of_a_transaction(tmp_path: Path) -> None:
    """What went in before the disk was full is rolled back, and the store goes on."""
    store = SqliteStore(tmp_path / "state.sqlite")
    await store.transact(Table.SYNC, "p", [Insert("before", "x")])
    pages = store._database.execute("PRAGMA page_count").fetchone()[0]
    store._database.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(StoreUnavailable, match="SQLITE_FULL"):
        await store.transact(Table.SYNC, "p", [Insert("small", "x"), Insert("large", "x" * 100_000)])
    assert [row.key for row in await store.read(Table.SYNC, "p", "", AFTER_ALL_KEYS)] == ["before"]
    await store.transact(Table.SYNC, "p", [Insert("after", "x")])
    await store.close()
