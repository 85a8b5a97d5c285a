"""Duplicates that were created knowingly: cards for which a contact was created beside one that the user may not see.

They are for administrators alone, so they lie apart from what waits for a person. A row is written before its create.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sync_core.domain import OutlookId, PipelinerId
from sync_core.errors import RowConflict
from sync_core.state.rows import body, parsed
from sync_core.storage import Put, Store, Table, batches, read_pages, remove_rows

_DUPLICATE = "5.duplicate."
"""Behind it the connection's id, a dot, and the id of the card."""


@dataclass(frozen=True, slots=True)
class NotedDuplicate:
    """A card of a connection, and contacts that its user may not see and that may be the same person."""

    connection_id: str
    outlook_id: OutlookId
    unseen: tuple[PipelinerId, ...]
    at: datetime


class StoredDuplicates:
    """Those of one space."""

    def __init__(self, store: Store, space_id: str) -> None:
        self._store = store
        self._space_id = space_id

    async def note(self, connection_id: str, found: Mapping[OutlookId, Collection[PipelinerId]], now: datetime) -> None:
        """Note for which cards contacts are about to be created, and beside whom."""
        rows = {
            f"{_DUPLICATE}{connection_id}.{key}": body({"unseen": sorted(ids), "at": now}) for key, ids in found.items()
        }
        for operations in batches(Put(key, content) for key, content in rows.items()):
            await self._store.transact(Table.SPACES, self._space_id, operations)

    async def all(self) -> list[NotedDuplicate]:
        """Return them, in the order of their connections."""
        found: list[NotedDuplicate] = []
        async for rows in read_pages(self._store, Table.SPACES, self._space_id, _DUPLICATE):
            for row in rows:
                connection_id, _, card = row.key.removeprefix(_DUPLICATE).partition(".")
                stored = parsed(row.body)
                unseen, at = tuple(map(PipelinerId, stored["unseen"])), datetime.fromisoformat(stored["at"])
                found.append(NotedDuplicate(connection_id, OutlookId(card), unseen, at))
        return found

    async def forget(self, connection_id: str) -> int:
        """Forget those of a connection that ends; returns how many."""
        return await self._remove(lambda one: one.connection_id == connection_id)

    async def erase(self, ids: Collection[str]) -> int:
        """Forget those that name any of these contacts; returns how many."""
        return await self._remove(lambda one: not {one.outlook_id, *one.unseen}.isdisjoint(ids))

    async def end_old(self, connection_ids: Collection[str], oldest: datetime) -> int:
        """Forget those from before a time, and of connections that are gone; returns how many."""
        return await self._remove(lambda one: one.at < oldest or one.connection_id not in connection_ids)

    async def _remove(self, goes: Callable[[NotedDuplicate], bool]) -> int:
        gone = {f"{_DUPLICATE}{one.connection_id}.{one.outlook_id}" for one in await self.all() if goes(one)}
        removed = 0
        with suppress(RowConflict):  # somebody else removes them right now
            async for rows in read_pages(self._store, Table.SPACES, self._space_id, _DUPLICATE, rows=100):
                leaving = [row for row in rows if row.key in gone]
                await remove_rows(self._store, Table.SPACES, self._space_id, leaving)
                removed += len(leaving)
        return removed
