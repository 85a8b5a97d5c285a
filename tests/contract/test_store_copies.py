"""The store of simulations can be copied: what starts from one world never meets in another."""

from __future__ import annotations

from emulators.memory_store import MemoryStore
from sync_core.storage import Insert, Put, Row, Table


async def test_a_copy_has_the_same_rows_and_shares_no_change() -> None:
    """Neither sees what is stored in the other afterwards, and no etag names two versions of either."""
    first = MemoryStore()
    [etag] = await first.transact(Table.SYNC, "c", [Insert("a", "1")])
    second = first.copy()
    assert await second.get(Table.SYNC, "c", "a") == Row("a", "1", etag)

    [renewed] = await second.transact(Table.SYNC, "c", [Put("a", "2", etag)])
    await first.transact(Table.SYNC, "c", [Insert("b", "3")])

    assert [row.body for row in first.rows(Table.SYNC)] == ["1", "3"]
    assert [row.body for row in await second.read(Table.SYNC, "c", "", "z")] == ["2"]
    assert renewed != etag
    assert list(second.rows(Table.CONNECTIONS)) == []
