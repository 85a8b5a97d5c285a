"""The feed's memory of one space: watermarks, who had which contact when last seen, and the inboxes that it fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sync_core.domain.contact import PipelinerId, Side, UserId
from sync_core.domain.sides import Ownership, ShareMode
from sync_core.engine.feed_port import Seen
from sync_core.engine.ports import Stream
from sync_core.engine.state_port import PipelinerWork
from sync_core.state.lookup import find_rows
from sync_core.state.packing import batches
from sync_core.state.pass_rows import work_body
from sync_core.state.rows import Json, body, index_key, index_prefix, parsed, time_text, without_blanks, work_key
from sync_core.state.store import Put, Row, Store, Table

_WATERMARKS = "1.watermarks"


class StoredFeedState:
    """`FeedState` over a store. Inbox rows lie with the connection's own rows, and are written without its lease."""

    def __init__(self, store: Store, space_id: str) -> None:
        self._store = store
        self._space_id = space_id
        self._watermarks: dict[Stream, datetime] = {}

    async def watermarks(self) -> Mapping[Stream, datetime]:
        """Give up to when each stream has been read; empty before the first tick."""
        row = await self._store.get(Table.SPACES, self._space_id, _WATERMARKS)
        stored = parsed(row.body) if row else {}
        self._watermarks = {Stream(name): datetime.fromisoformat(at) for name, at in stored.items()}
        return dict(self._watermarks)

    async def advance(self, watermarks: Mapping[Stream, datetime]) -> None:
        """Move the watermarks of these streams; the others stay where `watermarks` read them."""
        moved = self._watermarks | dict(watermarks)
        stored = body({stream: time_text(at) for stream, at in moved.items()})
        await self._store.transact(Table.SPACES, self._space_id, [Put(_WATERMARKS, stored)])
        self._watermarks = moved

    async def seen(self, stream: Stream, ids: Sequence[str]) -> Mapping[str, Seen]:
        """Give what is remembered of these records."""
        prefix = _seen_prefix(stream)
        rows = await find_rows(self._store, Table.SPACES, self._space_id, (prefix + record for record in ids))
        return {key.removeprefix(prefix): _seen_of(row) for key, row in rows.items()}

    async def remember(self, stream: Stream, rows: Mapping[str, Seen]) -> None:
        """Remember records."""
        prefix = _seen_prefix(stream)
        for operations in batches(Put(prefix + record, _seen_body(seen)) for record, seen in rows.items()):
            await self._store.transact(Table.SPACES, self._space_id, operations)

    async def linked(self, connection_id: str, ids: Sequence[PipelinerId]) -> frozenset[PipelinerId]:
        """Say which of these contacts a connection has a link to."""
        keys = (index_key(Side.PIPELINER, contact_id) for contact_id in ids)
        rows = await find_rows(self._store, Table.SYNC, connection_id, keys)
        return frozenset(PipelinerId(key.removeprefix(index_prefix(Side.PIPELINER))) for key in rows)

    async def deliver(self, connection_id: str, ids: Sequence[PipelinerId]) -> None:
        """Put contacts into a connection's inbox; repeats collapse."""
        work = map(PipelinerWork, dict.fromkeys(ids))
        for operations in batches(Put(work_key(item), work_body(item)) for item in work):
            await self._store.transact(Table.SYNC, connection_id, operations)


def _seen_prefix(stream: Stream) -> str:
    return f"2.{stream.value}."


def _seen_body(seen: Seen) -> str:
    return body({"version": seen.version} | (_ownership_json(seen.ownership) if seen.ownership else {}))


def _ownership_json(ownership: Ownership) -> Json:
    return {"owner": ownership.owner_id, "share_mode": ownership.share_mode} | without_blanks(
        editors=sorted(ownership.editor_ids) or None,
        watchers=sorted(ownership.watcher_ids) or None,
        unit=ownership.unit_id,
    )


def _seen_of(row: Row) -> Seen:
    stored = parsed(row.body)
    return Seen(stored["version"], _ownership_of(stored) if "owner" in stored else None)


def _ownership_of(stored: Json) -> Ownership:
    return Ownership(
        UserId(stored["owner"]),
        frozenset(map(UserId, stored.get("editors", ()))),
        frozenset(map(UserId, stored.get("watchers", ()))),
        stored.get("unit", ""),
        ShareMode(stored["share_mode"]),
    )
