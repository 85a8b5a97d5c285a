"""Many rows in few requests: found by their keys, read page by page, packed into few transactions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sync_core.storage.store import (
    BEHIND,
    MAX_LIMIT,
    MAX_OPERATIONS,
    Operation,
    Remove,
    Row,
    Store,
    Table,
    operation_bytes,
    prefix_end,
)

MAX_BATCH_BYTES = 3 * 1024 * 1024
"""Of a transaction's request; the store takes somewhat more, which is left for the row that every transaction has."""
MAX_ROW_CHARACTERS = 400_000
"""Of a row that gathers many entries."""

_ROOM = MAX_OPERATIONS - 1  # of one row that is part of every transaction, as a lease is
_LEAST_FOR_A_RANGE = 12
_ROWS_FOR_A_KEY = 4
"""A range may bring so many rows for each key that is looked for, before point reads are better."""


async def find_rows(store: Store, table: Table, partition: str, keys: Iterable[str]) -> dict[str, Row]:
    """Find rows by their keys; missing ones are left out.

    Pages of a listing that is sorted by id, and indexes that hold little beside what is looked for, cost a
    request for up to 1000 ids; ids strewn over a large index cost a request each and one in vain.
    """
    found: dict[str, Row] = {}
    wanted = sorted(set(keys))
    while len(wanted) >= _LEAST_FOR_A_RANGE:
        limit = min(_ROWS_FOR_A_KEY * len(wanted), MAX_LIMIT)
        rows = await store.read(table, partition, wanted[0], wanted[-1] + BEHIND, limit)
        reached = wanted[-1] if len(rows) < limit else rows[-1].key
        left = [key for key in wanted if key > reached]
        covered = frozenset(wanted[: len(wanted) - len(left)])
        found |= {row.key: row for row in rows if row.key in covered}
        is_dense = _ROWS_FOR_A_KEY * len(covered) >= len(rows)
        wanted = left
        if not is_dense:
            break
    return found | (await store.get_many(table, partition, wanted) if wanted else {})


async def read_pages(
    store: Store, table: Table, partition: str, prefix: str, *, start: str = "", end: str = "", rows: int = MAX_LIMIT
) -> AsyncIterator[list[Row]]:
    """Read all rows whose keys start with a prefix, in pages of so many rows.

    With `start` they are read from that key on, with `end` up to but without that key. A page that is not full is
    the last one, and costs no further request; rows of earlier pages may be removed meanwhile.
    """
    start, end = max(prefix, start), end or prefix_end(prefix)
    while page := await store.read(table, partition, start, end, rows):
        yield page
        if len(page) < rows:
            return
        start = page[-1].key + BEHIND


@dataclass(slots=True)
class Batch:
    """Operations for one transaction, and entries that share rows; room for one more row is left."""

    operations: list[Operation] = field(default_factory=list)
    entry_rows: list[list[str]] = field(default_factory=list)
    """The entries of each row that they share, as texts."""
    _keys: set[str] = field(default_factory=set)
    _last_row_characters: int = 0
    _bytes: int = 0
    is_empty: bool = True
    """Whether there is nothing to store."""

    def offer(self, operations: Sequence[Operation], entries: Sequence[str] = ()) -> bool:
        """Add these if they fit and name no row that is named already; an empty batch takes anything."""
        entry_rows, characters = [*self.entry_rows], self._last_row_characters
        for entry in entries:
            if entry_rows and characters + len(entry) <= MAX_ROW_CHARACTERS:
                entry_rows[-1] = [*entry_rows[-1], entry]
            else:
                entry_rows.append([entry])
                characters = 0
            characters += len(entry) + 1
        size = self._bytes + sum(map(operation_bytes, operations)) + sum(len(json.dumps(entry)) for entry in entries)
        fits = len(self.operations) + len(operations) + len(entry_rows) <= _ROOM and size <= MAX_BATCH_BYTES
        if not self.is_empty and not (fits and self._keys.isdisjoint(operation.key for operation in operations)):
            return False
        self.operations.extend(operations)
        self._keys.update(operation.key for operation in operations)
        self.entry_rows, self._last_row_characters, self._bytes = entry_rows, characters, size
        self.is_empty = not self.operations and not entry_rows
        return True


def batches(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    """Divide operations on different rows over transactions, in order."""
    batch = Batch()
    for operation in operations:
        if not batch.offer([operation]):
            yield batch.operations
            batch = Batch()
            batch.offer([operation])
    if not batch.is_empty:
        yield batch.operations


async def remove_rows(store: Store, table: Table, partition: str, rows: Sequence[Row]) -> None:
    """Remove rows that were just read, whatever their version now; raises RowConflict when one is gone already."""
    for operations in batches(Remove(row.key) for row in rows):
        await store.transact(table, partition, operations)
