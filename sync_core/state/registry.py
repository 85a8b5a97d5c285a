"""Which connections there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sync_core.connection_settings import ConnectionSettings
from sync_core.domain.connection import Connection, Guard
from sync_core.domain.contact import UserId
from sync_core.domain.sides import PipelinerUser
from sync_core.errors import InvalidRequest, NotFound, RowConflict, StoreUnavailable
from sync_core.state.lookup import Pages
from sync_core.state.packing import remove_rows
from sync_core.state.store import Insert, Put, Remove, Row, Store, Table

PARTITION = "connections"
_RECORD = "connection."
_FOLDER = "folder."
_TRIES = 10


class Standing(StrEnum):
    """Whether a connection syncs."""

    ACTIVE = "active"
    PAUSED = "paused"


class ConnectionRecord(BaseModel):
    """A connection as it is registered: who and what it connects, its settings, and how it fares.

    `reason` and `message` say why it is paused or late, `not_before` when it may be tried again, `failures` how
    often in a row it could not be.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    mailbox_id: str
    mailbox: str
    folder_id: str
    folder_name: str
    user_id: str
    user_email: str
    user_name: str
    space_id: str = ""
    default_unit_id: str = ""
    unit_ids: tuple[str, ...] = ()
    settings: ConnectionSettings = Field(default_factory=ConnectionSettings)
    status: Standing = Standing.ACTIVE
    reason: str = ""
    message: str = ""
    not_before: datetime | None = None
    failures: int = 0
    created_at: datetime

    def connection(self) -> Connection:
        """Give what a pass must know of it."""
        settings = self.settings
        user = PipelinerUser(
            UserId(self.user_id), self.user_email, self.user_name, self.default_unit_id, frozenset(self.unit_ids)
        )
        return Connection(
            self.id,
            user,
            settings.sync_type,
            settings.scope,
            settings.delete_protection,
            settings.conflict_rule,
            settings.field_map,
            settings.required_defaults,
            Guard(
                settings.max_delete_count,
                settings.max_delete_percent,
                settings.max_change_count,
                settings.max_change_percent,
            ),
        )

    @property
    def record_key(self) -> str:
        """Key of its row."""
        return _RECORD + self.id

    @property
    def folder_key(self) -> str:
        """Key of the row that keeps its folder from being connected twice."""
        return _FOLDER + self.folder_id


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
        """Read a connection; raises NotFound."""
        return _record_of(await self._row(connection_id))

    async def all(self) -> list[ConnectionRecord]:
        """Read all connections, in order of their ids."""
        pages = Pages(self._store, Table.CONNECTIONS, PARTITION, _RECORD)
        return [_record_of(row) async for rows in pages for row in rows]

    async def change(
        self, connection_id: str, changed: Callable[[ConnectionRecord], ConnectionRecord]
    ) -> ConnectionRecord:
        """Change a connection and give what is stored; `changed` may be called again when others change it too.

        Raises NotFound, and ValueError when the id or the folder would change.
        """
        for _ in range(_TRIES):
            row = await self._row(connection_id)
            before = _record_of(row)
            after = changed(before)
            if (after.record_key, after.folder_key) != (before.record_key, before.folder_key):
                raise ValueError("a connection keeps its id and its folder")
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

        The connection pauses first, and the lease goes with the first rows, so that a pass that still runs can
        store nothing more.
        """
        record = await self.change(connection_id, _disconnecting)
        await self._remove_rows(connection_id)
        try:
            await self._store.transact(
                Table.CONNECTIONS, PARTITION, [Remove(record.record_key), Remove(record.folder_key)]
            )
        except RowConflict:
            await self.get(connection_id)
            raise
        await self._remove_rows(connection_id)

    async def _remove_rows(self, connection_id: str) -> None:
        for _ in range(_TRIES):
            try:
                async for rows in Pages(self._store, Table.SYNC, connection_id, "", rows=100):
                    await remove_rows(self._store, Table.SYNC, connection_id, rows)
            except RowConflict:
                continue
            return
        raise StoreUnavailable(f"rows of connection {connection_id} keep changing", 1.0)

    async def _row(self, connection_id: str) -> Row:
        row = await self._store.get(Table.CONNECTIONS, PARTITION, _RECORD + connection_id)
        if row is None:
            raise NotFound(f"there is no connection {connection_id!r}: list the connections to see their ids")
        return row


def _record_of(row: Row) -> ConnectionRecord:
    return ConnectionRecord.model_validate_json(row.body)


def _disconnecting(record: ConnectionRecord) -> ConnectionRecord:
    return record.model_copy(
        update={
            "status": Standing.PAUSED,
            "reason": "disconnecting",
            "message": "Disconnecting did not come to its end: disconnect again.",
        }
    )
