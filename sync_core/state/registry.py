"""Which connections there are, and what administrators decided for all of the space: one row beside theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pydantic import ValidationError

from sync_core.connection_settings import SpaceSettings
from sync_core.errors import InvalidRequest, NotFound, RowConflict, Stopped, StoreUnavailable, Unreadable
from sync_core.state.connection_record import FOLDER, RECORD, ConnectionRecord, UnreadableRecord, read_record
from sync_core.state.lease import Fence
from sync_core.storage import Insert, Put, Remove, Row, Store, Table, prefix_end, read_pages, remove_rows

PARTITION = "connections"
SPACE = "connection-space"
"""Key of the space's row: right before the connections, so that one range reads both."""
_TRIES = 10


class Registry:
    """All connections, in one partition."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, record: ConnectionRecord) -> None:
        """Register a connection; InvalidRequest when its folder, or its id, is taken."""
        rows = [Insert(record.folder_key, record.id), Insert(record.record_key, record.model_dump_json())]
        try:
            await self._store.transact(Table.CONNECTIONS, PARTITION, rows)
        except RowConflict:
            holder = await self._store.get(Table.CONNECTIONS, PARTITION, record.folder_key)
            if holder is None:
                raise InvalidRequest([f"id: a connection {record.id} exists already"]) from None
            raise InvalidRequest(
                [f"folder: connection {holder.body} syncs it already; change or disconnect that one"]
            ) from None

    async def get(self, connection_id: str) -> ConnectionRecord:
        """Read a connection, as an UnreadableRecord where its row cannot be read; raises NotFound."""
        row = await self._store.get(Table.CONNECTIONS, PARTITION, RECORD + connection_id)
        if row is None:
            raise _unknown(connection_id)
        return read_record(connection_id, row.body)

    async def all(self) -> list[ConnectionRecord]:
        """Read all connections in order of their ids; one whose row cannot be read is an UnreadableRecord."""
        pages = read_pages(self._store, Table.CONNECTIONS, PARTITION, RECORD)
        return [read_record(row.key.removeprefix(RECORD), row.body) async for rows in pages for row in rows]

    async def everything(self) -> tuple[Row | None, list[ConnectionRecord]]:
        """Read the space's row, for `space_of`, and all connections as `all` does, together."""
        pages = read_pages(self._store, Table.CONNECTIONS, PARTITION, SPACE, end=prefix_end(RECORD))
        found = [row async for rows in pages for row in rows]
        records = [read_record(row.key.removeprefix(RECORD), row.body) for row in found if row.key.startswith(RECORD)]
        return next((row for row in found if row.key == SPACE), None), records

    async def space(self) -> SpaceSettings:
        """Read what was decided for the whole space; raises Unreadable where a newer version wrote it."""
        return space_of(await self._store.get(Table.CONNECTIONS, PARTITION, SPACE))

    async def change_space(self, changed: Callable[[SpaceSettings], SpaceSettings]) -> SpaceSettings:
        """Change the space's row and return what is stored; `changed` may be called again. Raises Unreadable."""
        for _ in range(_TRIES):
            row = await self._store.get(Table.CONNECTIONS, PARTITION, SPACE)
            before = space_of(row)
            after = changed(before)
            if after == before:
                return before
            after = after.model_copy(update={"serial": before.serial + 1})
            body = after.model_dump_json()
            operation = Insert(SPACE, body) if row is None else Put(SPACE, body, row.etag)
            try:
                await self._store.transact(Table.CONNECTIONS, PARTITION, [operation])
            except RowConflict:
                continue
            return after
        raise StoreUnavailable("the settings of the space keep changing", 1.0)

    async def change(
        self, connection_id: str, changed: Callable[[ConnectionRecord], ConnectionRecord]
    ) -> ConnectionRecord:
        """Change a connection and return what is stored; `changed` may be called again when others change it too.

        Raises NotFound, Unreadable when its row cannot be read and `changed` does not repair it, and ValueError when
        the id or the folder would change.
        """
        for _ in range(_TRIES):
            row = await self._store.get(Table.CONNECTIONS, PARTITION, RECORD + connection_id)
            if row is None:
                raise _unknown(connection_id)
            before = read_record(connection_id, row.body)
            after = changed(before)
            if (after.record_key, after.folder_key) != (before.record_key, before.folder_key):
                raise ValueError("a connection keeps its id and its folder")
            if isinstance(after, UnreadableRecord):
                raise Unreadable(after.message)
            if after == before:
                return before
            try:
                await self._store.transact(
                    Table.CONNECTIONS, PARTITION, [Put(row.key, after.model_dump_json(), row.etag)]
                )
            except RowConflict:
                continue
            return after
        raise StoreUnavailable(f"connection {connection_id} keeps changing", 1.0)

    async def remove(self, connection_id: str) -> None:
        """Remove a connection and all its rows; a removal that broke off can be done again. Raises NotFound.

        The connection pauses first, and the lease goes with the first rows, so that a run that still runs can
        store nothing more.
        """
        try:
            record = await self.change(connection_id, ConnectionRecord.disconnecting)
            keys = [record.record_key, record.folder_key]
        except Unreadable:
            # Its own row does not tell the folder; the row that reserves the folder tells the connection.
            pages = read_pages(self._store, Table.CONNECTIONS, PARTITION, FOLDER)
            folders = [row.key async for rows in pages for row in rows if row.body == connection_id]
            keys = [RECORD + connection_id, *folders]
        await self._remove_rows(connection_id)
        try:
            await self._store.transact(Table.CONNECTIONS, PARTITION, [Remove(key) for key in keys])
        except RowConflict:
            await self.get(connection_id)
            raise
        await self._remove_rows(connection_id)

    async def _remove_rows(self, connection_id: str) -> None:
        for _ in range(_TRIES):
            try:
                async for rows in read_pages(self._store, Table.SYNC, connection_id, "", rows=100):
                    await remove_rows(self._store, Table.SYNC, connection_id, rows)
            except RowConflict:
                continue
            return
        raise StoreUnavailable(f"rows of connection {connection_id} keep changing", 1.0)


def _unknown(connection_id: str) -> NotFound:
    return NotFound(f"there is no connection {connection_id!r}: list the connections to see their ids")


def space_of(row: Row | None) -> SpaceSettings:
    """Read the space's row; without one nothing was decided. Raises Unreadable, which names no value."""
    try:
        return SpaceSettings() if row is None else SpaceSettings.model_validate_json(row.body)
    except ValidationError:
        raise Unreadable(
            "what is stored of the space's settings cannot be read: install the version that wrote it; until then "
            "nothing is written for any connection"
        ) from None


async def look_at_stop_switch(store: Store, fence: Fence) -> None:
    """Go on without the lease's mark where nothing is stopped, else give it back. Raises Stopped, Unreadable."""
    if not (await Registry(store).space()).is_stopped:
        fence.lease = replace(fence.lease, stop=False)
        return
    await fence.store((), gives_back=True)
    raise Stopped
