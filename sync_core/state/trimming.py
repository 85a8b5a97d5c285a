"""Removing what nobody needs any more: history and runs of long ago, and what ended connections leave behind.

The feed fills inboxes without a lease. What it delivers to a connection that has ended meanwhile would lie there for
ever; so each departure is noted for a while, and rows that no connection owns are looked for as well.
"""

from __future__ import annotations

import heapq
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sync_core.errors import NotFound, RowConflict
from sync_core.state.erased import ERASED
from sync_core.state.record_rows import read_run
from sync_core.state.registry import Registry
from sync_core.state.rows import HISTORY, RUN, body, history_key, parsed, time_of
from sync_core.storage import Put, Remove, Row, Store, Table, read_pages, remove_rows

WATCHED = timedelta(days=2)
"""How long after a departure rows may still come."""
CLEARING = "1.clearing"
"""Key of the row that says that the connection's contacts are to be removed from Outlook before it ends."""

MOST_RUNS = 10_000
"""Records of runs that are kept of a connection, however young they are."""

_GONE = "3.gone."
_AT_ONCE = 100
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


async def trim(
    store: Store,
    connection_id: str,
    now: datetime,
    history_days: int = 365,
    run_days: int = 90,
    limit: int = 500,
) -> int:
    """Remove history and runs of a connection that are older, and the oldest runs of more than `MOST_RUNS`.

    Returns how many went, `limit` when more may be left.

    Two trims at once are harmless: the one that comes second stops.
    """
    removed = 0
    old_history = history_key(now - timedelta(days=history_days))
    with suppress(RowConflict):
        async for rows in read_pages(
            store, Table.SYNC, connection_id, HISTORY, start=old_history, rows=min(_AT_ONCE, limit)
        ):
            old = rows[: limit - removed]
            await remove_rows(store, Table.SYNC, connection_id, old)
            removed += len(old)
            if removed >= limit:
                break
        removed += await _trim_runs(store, connection_id, now - timedelta(days=run_days), limit - removed)
    return removed


async def _trim_runs(store: Store, connection_id: str, oldest: datetime, limit: int) -> int:
    old: list[Row] = []
    kept: list[tuple[datetime, str, str]] = []
    async for rows in read_pages(store, Table.SYNC, connection_id, RUN):
        for row in rows:
            run = read_run(connection_id, row)
            at = run.ended_at or run.started_at or run.queued_at
            if at is not None and at < oldest:
                old.append(row)
                continue
            heapq.heappush(kept, (at or _LONG_AGO, row.key, row.etag))
            if len(kept) > MOST_RUNS:
                _, key, etag = heapq.heappop(kept)
                old.append(Row(key, "", etag))
        if len(old) >= limit:
            break
    await remove_rows(store, Table.SYNC, connection_id, old[:limit])
    return len(old[:limit])


async def ask_for_clearing(store: Store, connection_id: str) -> None:
    """Write down, before anything is removed, that a connection shall end with its contacts."""
    await store.transact(Table.SYNC, connection_id, [Put(CLEARING, body({}))])


async def withdraw_clearing(store: Store, connection_id: str) -> None:
    """Forget that wish; none is fine too."""
    try:
        if await is_clearing_wanted(store, connection_id):
            await store.transact(Table.SYNC, connection_id, [Remove(CLEARING)])
    except RowConflict:
        return


async def is_clearing_wanted(store: Store, connection_id: str) -> bool:
    """Whether a connection that is ending takes its contacts along."""
    return await store.get(Table.SYNC, connection_id, CLEARING) is not None


async def note_departure(store: Store, space_id: str, connection_id: str, now: datetime) -> None:
    """Note beside the feed's memory that a connection goes, before it does."""
    await store.transact(Table.SPACES, space_id, [Put(_GONE + connection_id, body({"at": now}))])


async def clear_departed(store: Store, space_id: str, now: datetime) -> int:
    """Remove all rows of connections that no longer exist; returns how many. Notes of long ago go as well."""
    # Partitions are listed before connections: one that is made meanwhile has its record before its first row.
    partitions = await store.partitions(Table.SYNC)
    registered = {record.id for record in await Registry(store).all()}
    # Some left no note, a purged one for instance.
    removed = sum([await remove_all(store, partition) for partition in partitions if partition not in registered])
    async for notes in read_pages(store, Table.SPACES, space_id, _GONE, rows=_AT_ONCE):
        for note in notes:
            connection_id = note.key.removeprefix(_GONE)
            try:
                await Registry(store).get(connection_id)
            except NotFound:
                removed += await remove_all(store, connection_id)
            else:
                continue
            at = time_of(parsed(note.body)["at"])
            if at is not None and at < now - WATCHED:
                await _forget(store, space_id, note.key)
    return removed


async def remove_all(store: Store, connection_id: str) -> int:
    """Remove all rows of a connection that is not registered; returns how many."""
    return await _clear(store, Table.SYNC, connection_id)


async def _clear(store: Store, table: Table, partition: str, *, keeps: str = "") -> int:
    removed = 0
    with suppress(RowConflict):  # somebody else clears it right now, or the next reconciliation does
        async for rows in read_pages(store, table, partition, "", rows=_AT_ONCE):
            gone = [row for row in rows if not keeps or not row.key.startswith(keeps)]
            await remove_rows(store, table, partition, gone)
            removed += len(gone)
    return removed


async def _forget(store: Store, space_id: str, key: str) -> None:
    try:
        await store.transact(Table.SPACES, space_id, [Remove(key)])
    except RowConflict:
        return


async def erase_departure(store: Store, connection_id: str) -> int:
    """Remove the notes of a departure; rows that come too late are then found as strays. Returns how many notes."""
    removed = 0
    for space_id in await store.partitions(Table.SPACES):
        if await store.get(Table.SPACES, space_id, _GONE + connection_id) is not None:
            await _forget(store, space_id, _GONE + connection_id)
            removed += 1
    return removed


async def erase_space(store: Store, space_id: str) -> int:
    """Remove all of a space that no connection uses any more, but for who was erased; returns how many rows."""
    return await _clear(store, Table.SPACES, space_id, keeps=ERASED)
