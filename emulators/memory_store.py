"""The state store in plain memory: what simulations run on, by the thousand, and copy as a whole."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence

from typing_extensions import override

from sync_core.errors import RowConflict
from sync_core.storage import MAX_LIMIT, Insert, Operation, Put, Remove, Row, Store, Table, encode_key
from sync_core.storage.store import check_limit, check_operations

_Place = tuple[Table, str]


class MemoryStore(Store):
    """A `Store` that keeps its promises without a database; it is never "not there"."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: dict[_Place, dict[str, Row]] = {}
        self._keys: dict[_Place, list[str]] = {}
        self._version = 0

    def copy(self) -> MemoryStore:
        """Return another store with the same rows; rows never change, so both hold the same ones."""
        copied = MemoryStore()
        copied._rows = {place: dict(rows) for place, rows in self._rows.items()}
        copied._keys = {place: list(keys) for place, keys in self._keys.items()}
        copied._version = self._version
        return copied

    def rows(self, table: Table) -> Iterator[Row]:
        """Return all rows of a table, whatever their partition."""
        return (row for place, rows in self._rows.items() if place[0] is table for row in rows.values())

    def clear(self) -> None:
        """Lose everything but the count of versions."""
        self._rows.clear()
        self._keys.clear()

    @override
    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        return (await self.get_many(table, partition, [key])).get(key)

    @override
    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        for text in (partition, *keys):
            encode_key(text)
        rows = self._rows.get((table, partition), {})
        return {key: rows[key] for key in keys if key in rows}

    @override
    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        check_limit(limit)
        encode_key(partition)
        encode_key(start + end, is_bound=True)
        keys = self._keys.get((table, partition), [])
        first = bisect_left(keys, start)
        rows = self._rows.get((table, partition), {})
        return [rows[key] for key in keys[first : min(bisect_left(keys, end), first + limit)]]

    @override
    async def partitions(self, table: Table) -> list[str]:
        return sorted(partition for (place, partition), rows in self._rows.items() if place is table and rows)

    @override
    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        check_operations(operations)
        encode_key(partition)
        rows = self._rows.setdefault((table, partition), {})
        for index, operation in enumerate(operations):
            if fault := _fault(operation, rows.get(operation.key)):
                raise RowConflict(f"row {operation.key!r} of {table} {fault}", index, operation.key)
        return [self._do(operation, rows, self._keys.setdefault((table, partition), [])) for operation in operations]

    @override
    async def close(self) -> None:
        """Nothing is open."""

    def _do(self, operation: Operation, rows: dict[str, Row], keys: list[str]) -> str:
        self._version += 1
        if isinstance(operation, Remove):
            del rows[operation.key]
            del keys[bisect_left(keys, operation.key)]
            return ""
        if operation.key not in rows:
            insort(keys, operation.key)
        rows[operation.key] = Row(operation.key, operation.body, str(self._version))
        return rows[operation.key].etag


def _fault(operation: Operation, found: Row | None) -> str:
    """Return what is wrong with the row that an operation concerns, if anything."""
    match operation:
        case Insert():
            return "is there already" if found is not None else ""
        case Put(etag=None):
            return ""
        case Remove(etag=None):
            return "" if found is not None else "is not there"
        case Put() | Remove():
            return "" if found is not None and found.etag == operation.etag else "is not the version named"
