"""Removing what is older than anybody needs: history and runs, a bounded number of rows at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sync_core.errors import RowConflict
from sync_core.state.keys import prefix_end
from sync_core.state.lookup import Pages
from sync_core.state.packing import remove_rows
from sync_core.state.record_rows import run_of
from sync_core.state.rows import HISTORY, RUN, history_start, parsed
from sync_core.state.store import Row, Store, Table

_PAGE = 100


async def trim(
    store: Store,
    connection_id: str,
    now: datetime,
    history_days: int = 365,
    run_days: int = 90,
    limit: int = 500,
) -> int:
    """Remove history and runs of a connection that are older; gives how many rows went, `limit` when more may be left.

    Two trims at once are harmless: the one that comes second stops.
    """
    removed = 0
    try:
        removed += await _trim_history(store, connection_id, now - timedelta(days=history_days), limit)
        removed += await _trim_runs(store, connection_id, now - timedelta(days=run_days), limit - removed)
    except RowConflict:
        return removed
    return removed


async def _trim_history(store: Store, connection_id: str, oldest: datetime, limit: int) -> int:
    removed = 0
    while removed < limit:
        page = min(_PAGE, limit - removed)
        rows = await store.read(Table.SYNC, connection_id, history_start(oldest), prefix_end(HISTORY), page)
        await remove_rows(store, Table.SYNC, connection_id, rows)
        removed += len(rows)
        if len(rows) < page:
            break
    return removed


async def _trim_runs(store: Store, connection_id: str, oldest: datetime, limit: int) -> int:
    old: list[Row] = []
    async for rows in Pages(store, Table.SYNC, connection_id, RUN):
        old += [row for row in rows if _is_before(row, connection_id, oldest)]
        if len(old) >= limit:
            break
    await remove_rows(store, Table.SYNC, connection_id, old[:limit])
    return len(old[:limit])


def _is_before(row: Row, connection_id: str, oldest: datetime) -> bool:
    run = run_of(connection_id, parsed(row.body))
    at = run.ended_at or run.started_at or run.queued_at
    return at is not None and at < oldest
