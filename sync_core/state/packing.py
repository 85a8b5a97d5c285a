"""Packing of rows into as few transactions as their limits allow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sync_core.domain.records import HistoryEntry
from sync_core.state.record_rows import entry_text, history_body
from sync_core.state.rows import MAX_ROW_CHARACTERS, history_key
from sync_core.state.store import MAX_OPERATIONS, Operation, Put, Remove, Row, Store, Table, operation_bytes

MAX_BATCH_BYTES = 3 * 1024 * 1024
"""Of a transaction's request; the store takes somewhat more, which is left for the lease row and the cursor."""

_ROOM = MAX_OPERATIONS - 1  # the lease row is part of every transaction


@dataclass(slots=True)
class Batch:
    """Operations and history entries for one transaction beside the lease row; entries share rows."""

    operations: list[Operation] = field(default_factory=list)
    links_change: int = 0
    _keys: set[str] = field(default_factory=set)
    _pages: list[list[str]] = field(default_factory=list)
    _page_characters: int = 0
    _bytes: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not self.operations and not self._pages

    def offer(self, operations: Sequence[Operation], history: Sequence[str] = ()) -> bool:
        """Add these if they fit and name no row that is named already; an empty batch takes anything."""
        size = self._bytes + sum(map(operation_bytes, operations)) + sum(map(_sent_characters, history))
        pages, characters = self._paged(history)
        fits = len(self.operations) + len(operations) + len(pages) <= _ROOM and size <= MAX_BATCH_BYTES
        if not self.is_empty and not (fits and self._keys.isdisjoint(operation.key for operation in operations)):
            return False
        self.operations.extend(operations)
        self._keys.update(operation.key for operation in operations)
        self._pages, self._page_characters, self._bytes = pages, characters, size
        return True

    def all_operations(self, at: datetime, serial: int, run_id: str) -> list[Operation]:
        """Give what is to be stored, history rows included; `serial` is that of the transaction."""
        history = [
            Put(history_key(at, serial, part), history_body(at, run_id, page)) for part, page in enumerate(self._pages)
        ]
        return [*self.operations, *history]

    def _paged(self, history: Sequence[str]) -> tuple[list[list[str]], int]:
        """Divide the entries, these included, over rows; gives also the characters of the last row."""
        pages, characters = [*self._pages], self._page_characters
        for entry in history:
            if pages and characters + len(entry) <= MAX_ROW_CHARACTERS:
                pages[-1] = [*pages[-1], entry]
            else:
                pages.append([entry])
                characters = 0
            characters += len(entry) + 1
        return pages, characters


def entry_texts(history: Iterable[HistoryEntry]) -> list[str]:
    """Write history entries."""
    return [entry_text(entry) for entry in history]


def _sent_characters(text: str) -> int:
    return len(json.dumps(text))


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
