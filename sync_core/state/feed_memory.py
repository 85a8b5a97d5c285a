"""Trimming what the feed remembers of a space, a bounded number of rows at a time, night after night in a circle.

Each row may go: the feed asks the links where it remembers nobody (`FeedState.linked`), and a row that it takes for
new is delivered once more. Kept are contacts, because asking the links of all connections costs more than a row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sync_core.domain.contact import PipelinerId
from sync_core.engine.ports import Stream
from sync_core.errors import RowConflict
from sync_core.state.keys import prefix_end
from sync_core.state.packing import remove_rows
from sync_core.state.rows import after_key, body, parsed
from sync_core.state.store import Put, Row, Store, Table

PAGE = 500

_PLACE = "1.trimmed"
_SEEN = "2."
_CONTACTS = f"{_SEEN}{Stream.CONTACTS.value}."


@dataclass(frozen=True, slots=True)
class Remembered:
    """Some of the rows: those of contacts by id, and those of other records, which matter for minutes only."""

    contacts: dict[PipelinerId, Row]
    others: tuple[Row, ...]
    after: str = ""
    """Where the next trim goes on; "" for the beginning."""


async def next_remembered(store: Store, space_id: str) -> Remembered:
    """Read on where the last trim stopped."""
    place = await store.get(Table.SPACES, space_id, _PLACE)
    after = parsed(place.body)["after"] if place else ""
    start = after_key(after) if after else _SEEN
    rows = await store.read(Table.SPACES, space_id, start, prefix_end(_SEEN), PAGE)
    contacts = {PipelinerId(row.key.removeprefix(_CONTACTS)): row for row in rows if row.key.startswith(_CONTACTS)}
    others = tuple(row for row in rows if not row.key.startswith(_CONTACTS))
    return Remembered(contacts, others, rows[-1].key if len(rows) == PAGE else "")


async def forget(store: Store, space_id: str, seen: Remembered, gone: Collection[PipelinerId]) -> int:
    """Remove the other records and the contacts that are gone, and note the place; gives how many rows went."""
    rows = [*seen.others, *(row for key, row in seen.contacts.items() if key in gone)]
    try:
        await remove_rows(store, Table.SPACES, space_id, rows)
    except RowConflict:  # two trims at once: the second one stops
        return 0
    await store.transact(Table.SPACES, space_id, [Put(_PLACE, body({"after": seen.after}))])
    return len(rows)
