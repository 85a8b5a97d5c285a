"""Who asks about whom: rows that lead from a Pipeliner contact to the connections that have a question about it.

A candidate need not be in the scope of whoever asks, so the feed would not tell them that it changed. It looks here:
one look-up a page. A row is written before its question is stored, and cut back after the question is resolved. What a
run that died left behind costs one look in vain and goes at night, when rows for questions of earlier versions come in.
A change between the reading of a candidate and the writing of its row is found by the nightly full sync.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from sync_core.domain import PipelinerId
from sync_core.errors import RowConflict, StoreUnavailable, Unreadable
from sync_core.state.record_rows import attention_of
from sync_core.state.rows import ATTENTION, body, parsed
from sync_core.storage import (
    BEHIND,
    MAX_LIMIT,
    Insert,
    Operation,
    Put,
    Remove,
    Row,
    Store,
    Table,
    batches,
    find_rows,
    read_pages,
)

ASKER = "4.asker."
"""Behind it the id of a Pipeliner contact."""
_YOUNG = timedelta(days=1)
"""For so long a row may be there before its question is."""
_TRIES = 10
_LEAST, _ROWS_FOR_AN_ID = 100, 4
"""So many rows a look-up may read in vain before it looks for each id by itself."""
_OLD, _NEW = "old", "new"

Askers = Mapping[str, str]
"""Connections that ask about a contact, and since when."""


class StoredAskers:
    """The rows of one space. Whoever writes them holds no lease: each row is changed in the version that was read."""

    def __init__(self, store: Store, space_id: str) -> None:
        self._store = store
        self._space_id = space_id

    async def of(self, ids: Collection[str]) -> dict[PipelinerId, frozenset[str]]:
        """Return who asks about any of these contacts: one request, unless very many are asked about."""
        wanted = sorted({ASKER + one for one in ids})
        limit = min(_LEAST + _ROWS_FOR_AN_ID * len(wanted), MAX_LIMIT)
        between = await self._store.read(Table.SPACES, self._space_id, wanted[0], wanted[-1] + BEHIND, limit)
        rows = {row.key: row for row in between}
        if len(between) == limit:
            rows = await find_rows(self._store, Table.SPACES, self._space_id, wanted)
        return {PipelinerId(key.removeprefix(ASKER)): frozenset(_askers_of(rows[key])) for key in wanted if key in rows}

    async def note(self, connection_id: str, ids: Collection[str], now: datetime) -> None:
        """Note that a connection asks about these contacts."""
        await self._change(ids, lambda before: {connection_id: now.isoformat(), **before})

    async def drop(self, connection_id: str, ids: Collection[str]) -> None:
        """Note that it asks about them no more."""
        await self._change(ids, lambda before: {key: at for key, at in before.items() if key != connection_id})

    async def mend(self, connection_ids: Collection[str], now: datetime) -> int:
        """Make the rows what the questions of these connections say, which are all there are; returns how many.

        Of a connection whose questions cannot be read the rows stay as they are.
        """
        known: dict[str, dict[str, set[str]]] = {}
        async for rows in read_pages(self._store, Table.SPACES, self._space_id, ASKER):
            for row in rows:
                for connection_id, since in _askers_of(row).items():
                    at = datetime.fromisoformat(since)
                    age = _OLD if at < now - _YOUNG else _NEW
                    known.setdefault(connection_id, {_OLD: set(), _NEW: set()})[age].add(row.key.removeprefix(ASKER))
        mended = 0
        for connection_id in {*connection_ids, *known}:
            asked: set[str] = set()
            try:
                if connection_id in connection_ids:
                    async for rows in read_pages(self._store, Table.SYNC, connection_id, ATTENTION):
                        asked.update(one for row in rows for one in attention_of(row).asks_about)
            except Unreadable:
                continue
            there = known.get(connection_id, {_OLD: set(), _NEW: set()})
            stale = there[_OLD] - asked if connection_id in connection_ids else there[_OLD] | there[_NEW]
            missing = asked - there[_OLD] - there[_NEW]
            await self.note(connection_id, missing, now)
            await self.drop(connection_id, stale)
            mended += len(missing) + len(stale)
        return mended

    async def forget(self, connection_id: str) -> int:
        """Forget a connection that ends; returns from how many rows it went."""
        found: list[str] = []
        async for rows in read_pages(self._store, Table.SPACES, self._space_id, ASKER):
            found += [row.key.removeprefix(ASKER) for row in rows if connection_id in _askers_of(row)]
        await self.drop(connection_id, found)
        return len(found)

    async def _change(self, ids: Collection[str], changed: Callable[[Askers], Askers]) -> None:
        """Change rows; those that others change at the same time are read again. Raises StoreUnavailable."""
        for _ in range(_TRIES if ids else 0):
            rows = await find_rows(self._store, Table.SPACES, self._space_id, (ASKER + one for one in ids))
            operations: list[Operation] = []
            for key in sorted(ASKER + one for one in ids):
                row = rows.get(key)
                before = _askers_of(row) if row is not None else {}
                after = changed(before)
                if row is None and after:
                    operations.append(Insert(key, body(after)))
                elif row is not None and after != before:
                    operations.append(Put(key, body(after), row.etag) if after else Remove(key, row.etag))
            try:
                for some in batches(operations):
                    await self._store.transact(Table.SPACES, self._space_id, some)
            except RowConflict:
                continue
            return
        if ids:
            raise StoreUnavailable("who asks about whom keeps changing", 1.0)


def _askers_of(row: Row) -> Askers:
    stored: dict[str, str] = parsed(row.body)
    return stored
