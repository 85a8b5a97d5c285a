"""Counting of store operations."""

from __future__ import annotations

import pytest

from emulators.counting import CountingStore, StoreCounts
from sync_core.errors import RowConflict
from sync_core.storage import Insert, Remove, SqliteStore, Store, Table


async def test_every_call_is_counted_by_its_kind() -> None:
    """Each key of get_many is a get, missing rows are not rows read, removed rows are rows written."""
    store = CountingStore(SqliteStore(":memory:"))
    await store.transact(Table.SYNC, "p", [Insert("a", "1"), Insert("b", "2"), Insert("c", "3")])
    await store.transact(Table.SYNC, "p", [Remove("c")])
    await store.get(Table.SYNC, "p", "a")
    await store.get(Table.SYNC, "p", "missing")
    await store.get_many(Table.SYNC, "p", ["a", "b", "missing", "a"])
    await store.read(Table.SYNC, "p", "a", "z")
    assert store.counts == StoreCounts(gets=5, ranges=1, transactions=2, rows_read=5, rows_written=4)
    assert store.counts.operations == 8
    await store.close()


async def test_what_is_asked_of_the_index_is_counted_by_itself() -> None:
    """Also where the row of a lease goes with it; a transaction that stores other rows too counts as any other."""
    store = CountingStore(SqliteStore(":memory:"))
    await store.transact(Table.SYNC, "p", [Insert("1.lease", "1"), Insert("9.index.recent", "2")])
    await store.transact(Table.SYNC, "p", [Insert("1.cursor", "1"), Insert("1.index", "2")])
    await store.get_many(Table.SYNC, "p", ["1.index", "9.index.recent", "1.cursor"])
    await store.read(Table.SYNC, "p", "9.index.", "9.j")
    counts = StoreCounts(gets=1, transactions=1, rows_read=4, rows_written=4, index_operations=4)
    assert store.counts == counts
    assert store.counts.operations == 2
    await store.close()


async def test_a_difference_tells_what_lies_between() -> None:
    """A snapshot does not change, and two of them can be subtracted."""
    store: CountingStore = CountingStore(SqliteStore(":memory:"))
    await store.transact(Table.SYNC, "p", [Insert("a", "1")])
    before = store.counts
    await store.get(Table.SYNC, "p", "a")
    assert store.counts - before == StoreCounts(gets=1, rows_read=1)
    assert before == StoreCounts(transactions=1, rows_written=1)
    await store.close()


async def test_a_refused_transaction_counts_but_writes_no_rows() -> None:
    """A conflict costs a request; nothing was written."""
    store: Store = (counting := CountingStore(SqliteStore(":memory:")))
    with pytest.raises(RowConflict):
        await store.transact(Table.SYNC, "p", [Remove("missing")])
    assert counting.counts == StoreCounts(transactions=1)
    await store.close()
