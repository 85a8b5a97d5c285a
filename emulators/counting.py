"""Counting what a store is asked for: operations are what storage costs, in money and in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync_core.storage import MAX_LIMIT, Operation, Row, Store, Table

_LEASE = "1.lease"
"""Key of the row that every transaction of a lease's holder has."""
_INDEX = ("1.index", "9.index.")
"""What the keys of an index begin with."""


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """How often a store was asked, up to one moment; the difference of two tells what lies between."""

    gets: int = 0
    ranges: int = 0
    transactions: int = 0
    rows_read: int = 0
    rows_written: int = 0
    index_operations: int = 0
    """Requests for rows of the index of who is who alone, which are in no other count; their rows are."""

    @property
    def operations(self) -> int:
        """Requests of all kinds but those for the index; failed ones count as well."""
        return self.gets + self.ranges + self.transactions

    def __sub__(self, earlier: StoreCounts) -> StoreCounts:
        return StoreCounts(
            self.gets - earlier.gets,
            self.ranges - earlier.ranges,
            self.transactions - earlier.transactions,
            self.rows_read - earlier.rows_read,
            self.rows_written - earlier.rows_written,
            self.index_operations - earlier.index_operations,
        )


class CountingStore:
    """A `Store` that passes every call on to another and counts it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts = StoreCounts()

    @property
    def counts(self) -> StoreCounts:
        """What was asked so far."""
        return self._counts

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """See `Store.get`."""
        self._asked("gets", [key])
        row = await self._store.get(table, partition, key)
        self._add_read(int(row is not None))
        return row

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """See `Store.get_many`; each different key counts as one get."""
        for key in set(keys):
            self._asked("gets", [key])
        rows = await self._store.get_many(table, partition, keys)
        self._add_read(len(rows))
        return rows

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        """See `Store.read`."""
        self._asked("ranges", [start])
        rows = await self._store.read(table, partition, start, end, limit)
        self._add_read(len(rows))
        return rows

    async def partitions(self, table: Table) -> list[str]:
        """See `Store.partitions`; counts as one range."""
        self._counts = replace(self._counts, ranges=self._counts.ranges + 1)
        return await self._store.partitions(table)

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """See `Store.transact`; rows count as written when the transaction succeeds, removed ones too."""
        self._asked("transactions", [one.key for one in operations if one.key != _LEASE])
        etags = await self._store.transact(table, partition, operations)
        self._counts = replace(self._counts, rows_written=self._counts.rows_written + len(etags))
        return etags

    async def close(self) -> None:
        """See `Store.close`."""
        await self._store.close()

    def _asked(self, kind: str, keys: Sequence[str]) -> None:
        is_index = bool(keys) and all(key.startswith(_INDEX) for key in keys)
        counted = "index_operations" if is_index else kind
        self._counts = replace(self._counts, **{counted: getattr(self._counts, counted) + 1})

    def _add_read(self, rows: int) -> None:
        self._counts = replace(self._counts, rows_read=self._counts.rows_read + rows)
