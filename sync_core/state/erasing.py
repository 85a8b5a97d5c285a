"""Erasing one contact from the rows of one connection, under its lease."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from sync_core.domain.contact import Side
from sync_core.domain.records import Run
from sync_core.engine.ports import Stream
from sync_core.errors import LeaseTaken
from sync_core.state.lease import TRIES, Fence, Tenant, take_lease
from sync_core.state.link_rows import index_entry_of
from sync_core.state.lookup import Pages
from sync_core.state.packing import Batch, remove_rows
from sync_core.state.pass_rows import journal_of
from sync_core.state.record_rows import run_json
from sync_core.state.rows import (
    ATTENTION,
    HISTORY,
    JOURNAL,
    LEASE,
    LINK,
    OPENING_END,
    RUN,
    WORK_START,
    body,
    compact,
    fitting,
    index_prefix,
    parsed,
)
from sync_core.state.store import Operation, Put, Remove, Row, Store, Table
from sync_core.state.traces import PAGE, Subject, mentions, mentions_in

_REMEMBERED = f"2.{Stream.CONTACTS.value}."
_INDEXES = tuple(map(index_prefix, Side))


@dataclass(slots=True)
class Erasure:
    """The erasing of one contact from one connection; all leases are taken before the first row goes."""

    store: Store
    tenant: Tenant
    run_id: str
    rows: int = 0
    _fence: Fence | None = field(default=None)

    async def begin(self) -> None:
        """Take the lease. Raises LeaseTaken while a pass runs."""
        for _ in range(TRIES):
            row = await self.store.get(Table.SYNC, self.tenant.connection_id, LEASE)
            self._fence = await take_lease(self.store, self.tenant, row, self.run_id)
            if self._fence is not None:
                return
        raise LeaseTaken(f"the lease of connection {self.tenant.connection_id} keeps changing", 1.0)

    async def erase(self, subject: Subject) -> int:
        """Remove or rewrite every row that holds something of the subject; gives how many rows were touched."""
        pattern, batch, fence = subject.pattern(), Batch(), self._held
        async for rows in Pages(self.store, Table.SYNC, self.tenant.connection_id, "", rows=PAGE):
            await fence.hold()
            for row in rows:
                operation = erasing(row, subject, pattern)
                if operation is None:
                    continue
                if not batch.offer([operation]):
                    batch = await self._stored(batch)
                    batch.offer([operation])
                batch.links_change -= int(row.key.startswith(LINK))
        await self._stored(batch)
        return self.rows

    async def end(self, run: Run) -> None:
        """Give the lease back, and write down that something was erased, not what."""
        await self._held.release([Put(RUN + run.id, body(run_json(run)))], run)

    @property
    def _held(self) -> Fence:
        if self._fence is None:
            raise LeaseTaken(f"no erasing is open on connection {self.tenant.connection_id}")
        return self._fence

    async def _stored(self, batch: Batch) -> Batch:
        if not batch.is_empty:
            await self._held.store(batch.operations, batch.links_change)
            self.rows += len(batch.operations)
        return Batch()


def erasing(row: Row, subject: Subject, pattern: re.Pattern[str]) -> Operation | None:
    """Say what erases the subject from a row; None where there is nothing of it, or the row is another contact's."""
    key = row.key
    if key.startswith(LINK):
        return Remove(key) if key.removeprefix(LINK) in subject.ids else None
    if key.startswith(_INDEXES):
        ids = {index_entry_of(row).link_id, *(key.removeprefix(one) for one in _INDEXES)}
        return None if ids.isdisjoint(subject.ids) else Remove(key)
    return _without_mention(row, pattern) if mentions(row, pattern) else None


def _without_mention(row: Row, pattern: re.Pattern[str]) -> Operation | None:
    """Say what is left of a row that is no link's; None where the row holds no more than a place, which moves on."""
    key = row.key
    if key.startswith(ATTENTION) or WORK_START <= key < OPENING_END:
        return Remove(key, row.etag)
    if key.startswith(JOURNAL):
        left = [intent for intent in parsed(row.body) if not mentions_in(intent, pattern)]
        return Put(key, body(left), row.etag) if left else Remove(key, row.etag)
    if key.startswith(HISTORY):
        return _without_entries(row, pattern)
    return Put(key, body(parsed(row.body) | {"message": ""}), row.etag) if key.startswith(RUN) else None


def _without_entries(row: Row, pattern: re.Pattern[str]) -> Operation:
    """Blank out entries; those that stay keep their places, of which their ids are made."""
    stored = parsed(row.body)
    entries: list[Any] = [None if mentions_in(entry, pattern) else entry for entry in stored["entries"]]
    if not any(entries):
        return Remove(row.key, row.etag)
    return Put(row.key, fitting(compact(stored | {"entries": entries})), row.etag)


async def living_links(store: Store, connection_id: str, subject: Subject) -> list[str]:
    """Give the ids of the subject's links in a connection, and of its creates that are under way."""
    keys = [LINK + one for one in sorted(subject.ids)]
    found = [key.removeprefix(LINK) for key in await store.get_many(Table.SYNC, connection_id, keys)]
    async for rows in Pages(store, Table.SYNC, connection_id, JOURNAL):
        found += [intent.link_id for row in rows for intent in journal_of(row) if intent.link_id in subject.ids]
    return found


async def forget_in_feed(store: Store, subject: Subject) -> int:
    """Let the feed forget who had the contact; gives how many rows went. RowConflict when the feed is at it."""
    removed = 0
    keys = [_REMEMBERED + one for one in sorted(subject.ids)]
    for space_id in await store.partitions(Table.SPACES):
        rows = await store.get_many(Table.SPACES, space_id, keys)
        await remove_rows(store, Table.SPACES, space_id, list(rows.values()))
        removed += len(rows)
    return removed
