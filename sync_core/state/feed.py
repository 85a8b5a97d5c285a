"""The feed's memory of one space: watermarks, who had which contact when last seen, and the inboxes that it fills.

What is remembered of records is trimmed a bounded number of rows at a time, night after night in a circle. Each row
may go: the feed asks the links where it remembers nobody (`FeedState.linked`), and a row that it takes for new is
delivered once more. Kept are contacts, because asking the links of all connections costs more than a row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from sync_core.domain import Ownership, PipelinerId, ShareMode, Side, UserId
from sync_core.engine.ports import FeedState, PipelinerLook, Seen, Stream
from sync_core.errors import RowConflict
from sync_core.state.askers import StoredAskers
from sync_core.state.rows import INDEX, Json, body, parsed, without_blanks, work_key
from sync_core.state.run_rows import work_body
from sync_core.storage import BEHIND, Put, Row, Store, Table, batches, find_rows, prefix_end, remove_rows

WATERMARKS = "1.watermarks"
_TRIMMED_UP_TO = "1.trimmed"
_SEEN = "2."
_TRIMMED_AT_ONCE = 500


def watermarks_of(row: Row | None) -> dict[Stream, datetime]:
    """Read up to when each stream has been read."""
    stored = parsed(row.body) if row else {}
    return {Stream(name): datetime.fromisoformat(at) for name, at in stored.items()}


def seen_key(stream: Stream, record: str) -> str:
    """Key of the row that remembers a record."""
    return f"{_SEEN}{stream.value}.{record}"


def seen_body(seen: Seen) -> str:
    """Write what is remembered of a record."""
    stored: Json = {"version": seen.version}
    if seen.ownership is not None:
        had = seen.ownership
        stored |= {"owner": had.owner_id, "share_mode": had.share_mode} | without_blanks(
            editors=sorted(had.editor_ids) or None,
            watchers=sorted(had.watcher_ids) or None,
            unit=had.unit_id,
            editor_units=sorted(had.editor_unit_ids) or None,
            watcher_units=sorted(had.watcher_unit_ids) or None,
            type=had.type_id,
        )
    return body(stored)


def seen_of(row: Row) -> Seen:
    """Read what is remembered of a record."""
    stored = parsed(row.body)
    if "owner" not in stored:
        return Seen(stored["version"])
    ownership = Ownership(
        UserId(stored["owner"]),
        frozenset(map(UserId, stored.get("editors", ()))),
        frozenset(map(UserId, stored.get("watchers", ()))),
        stored.get("unit", ""),
        ShareMode(stored["share_mode"]),
        editor_unit_ids=frozenset(stored.get("editor_units", ())),
        watcher_unit_ids=frozenset(stored.get("watcher_units", ())),
        type_id=stored.get("type", ""),
    )
    return Seen(stored["version"], ownership)


class StoredFeedState(FeedState):
    """`FeedState` over a store. Inbox rows lie with the connection's own rows, and are written without its lease."""

    def __init__(self, store: Store, space_id: str) -> None:
        self._store = store
        self._space_id = space_id
        self._watermarks: dict[Stream, datetime] = {}

    @override
    async def watermarks(self) -> Mapping[Stream, datetime]:
        row = await self._store.get(Table.SPACES, self._space_id, WATERMARKS)
        self._watermarks = watermarks_of(row)
        return dict(self._watermarks)

    @override
    async def advance(self, watermarks: Mapping[Stream, datetime]) -> None:
        moved = self._watermarks | dict(watermarks)
        stored = body(moved)
        await self._store.transact(Table.SPACES, self._space_id, [Put(WATERMARKS, stored)])
        self._watermarks = moved

    @override
    async def seen(self, stream: Stream, ids: Sequence[str]) -> Mapping[str, Seen]:
        prefix = seen_key(stream, "")
        rows = await find_rows(self._store, Table.SPACES, self._space_id, (prefix + record for record in ids))
        return {key.removeprefix(prefix): seen_of(row) for key, row in rows.items()}

    @override
    async def remember(self, stream: Stream, rows: Mapping[str, Seen]) -> None:
        for operations in batches(Put(seen_key(stream, record), seen_body(seen)) for record, seen in rows.items()):
            await self._store.transact(Table.SPACES, self._space_id, operations)

    @override
    async def linked(self, connection_id: str, ids: Sequence[PipelinerId]) -> frozenset[PipelinerId]:
        keys = (INDEX[Side.PIPELINER] + contact_id for contact_id in ids)
        rows = await find_rows(self._store, Table.SYNC, connection_id, keys)
        return frozenset(PipelinerId(key.removeprefix(INDEX[Side.PIPELINER])) for key in rows)

    @override
    async def askers(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, frozenset[str]]:
        return await StoredAskers(self._store, self._space_id).of(ids)

    @override
    async def deliver(self, connection_id: str, ids: Sequence[PipelinerId]) -> None:
        work = map(PipelinerLook, dict.fromkeys(ids))
        for operations in batches(Put(work_key(item), work_body(item)) for item in work):
            await self._store.transact(Table.SYNC, connection_id, operations)


@dataclass(frozen=True, slots=True)
class Remembered:
    """Some of the rows: those of contacts by id, and those of other records, which matter for minutes only."""

    contacts: dict[PipelinerId, Row]
    others: tuple[Row, ...]
    after: str = ""
    """Where the next trim goes on; "" for the beginning."""


async def next_remembered(store: Store, space_id: str) -> Remembered:
    """Read on where the last trim stopped."""
    place = await store.get(Table.SPACES, space_id, _TRIMMED_UP_TO)
    after = parsed(place.body)["after"] if place else ""
    start = after + BEHIND if after else _SEEN
    rows = await store.read(Table.SPACES, space_id, start, prefix_end(_SEEN), _TRIMMED_AT_ONCE)
    prefix = seen_key(Stream.CONTACTS, "")
    contacts = {PipelinerId(row.key.removeprefix(prefix)): row for row in rows if row.key.startswith(prefix)}
    others = tuple(row for row in rows if not row.key.startswith(prefix))
    return Remembered(contacts, others, rows[-1].key if len(rows) == _TRIMMED_AT_ONCE else "")


async def forget(store: Store, space_id: str, seen: Remembered, gone: Collection[PipelinerId]) -> int:
    """Remove the other records and the contacts that are gone, and note the place; returns how many rows went."""
    rows = [*seen.others, *(row for key, row in seen.contacts.items() if key in gone)]
    try:
        await remove_rows(store, Table.SPACES, space_id, rows)
    except RowConflict:  # two trims at once: the second one stops
        return 0
    await store.transact(Table.SPACES, space_id, [Put(_TRIMMED_UP_TO, body({"after": seen.after}))])
    return len(rows)
