"""Reading many rows in few requests: by their ids, and page by page."""

from __future__ import annotations

from collections.abc import Iterable

from sync_core.state.keys import prefix_end
from sync_core.state.rows import after_key
from sync_core.state.store import MAX_LIMIT, Row, Store, Table

_LEAST_FOR_A_RANGE = 12
_ROWS_FOR_AN_ID = 4
"""A range may bring so many rows for each id that is looked for, before point reads are better."""


async def find_rows(store: Store, table: Table, partition: str, keys: Iterable[str]) -> dict[str, Row]:
    """Find rows by their keys; missing ones are left out.

    Pages of a listing that is sorted by id, and indexes that hold little beside what is looked for, cost a
    request for up to 1000 ids; ids strewn over a large index cost a request each and one in vain.
    """
    found: dict[str, Row] = {}
    wanted = sorted(set(keys))
    while len(wanted) >= _LEAST_FOR_A_RANGE:
        limit = min(_ROWS_FOR_AN_ID * len(wanted), MAX_LIMIT)
        rows = await store.read(table, partition, wanted[0], after_key(wanted[-1]), limit)
        reached = wanted[-1] if len(rows) < limit else rows[-1].key
        left = [key for key in wanted if key > reached]
        covered = frozenset(wanted[: len(wanted) - len(left)])
        found |= {row.key: row for row in rows if row.key in covered}
        is_dense = _ROWS_FOR_AN_ID * len(covered) >= len(rows)
        wanted = left
        if not is_dense:
            break
    return found | (await store.get_many(table, partition, wanted) if wanted else {})


class Pages:
    """All rows whose keys start with a prefix, from a later `start` on if one is given, in pages of so many rows."""

    def __init__(
        self, store: Store, table: Table, partition: str, prefix: str, start: str = "", rows: int = MAX_LIMIT
    ) -> None:
        self._store = store
        self._place = (table, partition)
        self._start: str | None = max(prefix, start)
        self._end = prefix_end(prefix)
        self._rows = rows

    def __aiter__(self) -> Pages:
        return self

    async def __anext__(self) -> list[Row]:
        if self._start is None:
            raise StopAsyncIteration
        page = await self._store.read(*self._place, self._start, self._end, self._rows)
        self._start = after_key(page[-1].key) if len(page) == self._rows else None
        if not page:
            raise StopAsyncIteration
        return page
