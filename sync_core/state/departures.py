"""Connections that end: whether their contacts are to be removed, and rows that came too late for one that is gone.

The feed fills inboxes without a lease. What it delivers to a connection that has ended meanwhile would lie there for
ever; so each departure is noted for a while, and rows that no connection owns are looked for as well.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sync_core.errors import NotFound, RowConflict
from sync_core.state.lookup import Pages
from sync_core.state.packing import remove_rows
from sync_core.state.registry import Registry
from sync_core.state.rows import body, parsed, time_of, time_text
from sync_core.state.store import Put, Remove, Store, Table

WATCHED = timedelta(days=2)
"""How long after a departure rows may still come."""
CLEARING = "1.clearing"
"""Key of the row that says that the connection's contacts are to be removed from Outlook before it ends."""

_GONE = "3.gone."
_PAGE = 100


async def ask_for_clearing(store: Store, connection_id: str) -> None:
    """Write down, before anything is removed, that a connection shall end with its contacts."""
    await store.transact(Table.SYNC, connection_id, [Put(CLEARING, body({}))])


async def take_back_clearing(store: Store, connection_id: str) -> None:
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
    await store.transact(Table.SPACES, space_id, [Put(_GONE + connection_id, body({"at": time_text(now)}))])


async def clear_departed(store: Store, space_id: str, now: datetime) -> int:
    """Remove all rows of connections that no longer exist; gives how many. Notes of long ago go as well."""
    removed = await _clear_strays(store)
    async for notes in Pages(store, Table.SPACES, space_id, _GONE, rows=_PAGE):
        for note in notes:
            connection_id = note.key.removeprefix(_GONE)
            if await _is_registered(store, connection_id):
                continue
            removed += await remove_all(store, connection_id)
            at = time_of(parsed(note.body)["at"])
            if at is not None and at < now - WATCHED:
                await _forget(store, space_id, note.key)
    return removed


async def _clear_strays(store: Store) -> int:
    """Remove rows of connections that left no note, a purged one for instance.

    Partitions are listed before connections: one that is made meanwhile has its record before its first row.
    """
    partitions = await store.partitions(Table.SYNC)
    registered = {record.id for record in await Registry(store).all()}
    return sum([await remove_all(store, partition) for partition in partitions if partition not in registered])


async def _is_registered(store: Store, connection_id: str) -> bool:
    try:
        await Registry(store).get(connection_id)
    except NotFound:
        return False
    return True


async def remove_all(store: Store, connection_id: str) -> int:
    """Remove all rows of a connection that is not registered; gives how many."""
    return await _clear(store, Table.SYNC, connection_id)


async def _clear(store: Store, table: Table, partition: str) -> int:
    removed = 0
    with suppress(RowConflict):  # somebody else clears it right now, or the next sweep does
        async for rows in Pages(store, table, partition, "", rows=_PAGE):
            await remove_rows(store, table, partition, rows)
            removed += len(rows)
    return removed


async def _forget(store: Store, space_id: str, key: str) -> None:
    try:
        await store.transact(Table.SPACES, space_id, [Remove(key)])
    except RowConflict:
        return


async def erase_departure(store: Store, connection_id: str) -> int:
    """Remove the notes of a departure; rows that come too late are then found as strays. Gives how many notes."""
    removed = 0
    for space_id in await store.partitions(Table.SPACES):
        if await store.get(Table.SPACES, space_id, _GONE + connection_id) is not None:
            await _forget(store, space_id, _GONE + connection_id)
            removed += 1
    return removed


async def erase_space(store: Store, space_id: str) -> int:
    """Remove all that the feed remembers of a space that no connection uses any more; gives how many rows."""
    return await _clear(store, Table.SPACES, space_id)
