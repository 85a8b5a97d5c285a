"""Reading many rows in few requests: by their ids, and page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

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


async def read_all(
    store: Store, table: Table, partition: str, prefix: str, start: str = "", page: int = MAX_LIMIT
) -> AsyncIterator[list[Row]]:
    """Read all rows whose keys start with a prefix, or from a later `start` on, in pages of so many rows."""
    start, end = max(prefix, start), prefix_end(prefix)
    while True:
        rows = await store.read(table, partition, start, end, page)
        if rows:
            yield rows
        if len(rows) < page:
            return
        start = after_key(rows[-1].key)
