"""The rows of one connection, written under one lease: what the engine's port `ConnectionState` promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sync_core.domain.contact import LinkId
from sync_core.domain.records import Run, RunState
from sync_core.engine.ports import Clock
from sync_core.engine.state_port import Cursor, Intent, Opening, Unit
from sync_core.errors import LeaseLost, LeaseTaken
from sync_core.state.connection_rows import ConnectionRows
from sync_core.state.known_rows import KnownAttention, KnownWork, OpenJournal, journal_operations
from sync_core.state.lease import TRIES, Fence, Tenant, take_lease
from sync_core.state.link_rows import link_operations
from sync_core.state.lookup import Pages
from sync_core.state.packing import Batch, batches, entry_texts
from sync_core.state.pass_rows import cursor_body, cursor_of, journal_body, journal_pages, same_place, work_body
from sync_core.state.record_rows import is_worth_a_row, run_json
from sync_core.state.rows import (
    APPROVAL,
    ATTENTION,
    CURSOR,
    JOURNAL,
    LEASE,
    OPENING_END,
    OPENING_START,
    RUN,
    WORK_START,
    body,
    work_key,
)
from sync_core.state.store import Operation, Put, Remove, Row, Store, Table


class StoredConnectionState(ConnectionRows):
    """`ConnectionState` over a store, for one pass. `holder` names a worker that runs one pass at a time.

    Every transaction renews the lease for `lease_s` seconds. When the store does not answer, calls raise
    StoreUnavailable, and the pass must end there; the next one finds all that was stored.
    """

    def __init__(self, store: Store, connection_id: str, clock: Clock, holder: str, lease_s: float = 300) -> None:
        super().__init__(store, connection_id)
        self._tenant = Tenant(connection_id, holder, clock, timedelta(seconds=lease_s))
        self._run_id = ""
        self._fence: Fence | None = None
        self._cursor = Cursor()
        self._approval: Row | None = None
        self._journal = OpenJournal(())
        self._work = KnownWork()
        self._attention = KnownAttention()
        self._is_attention_read = False

    async def open(self, run_id: str) -> Opening:
        """Take the lease and read what waits, in one range read and one transaction.

        Raises LeaseTaken when another holder has it; that one is asked for another pass.
        """
        for _ in range(TRIES):
            rows = await self._store.read(Table.SYNC, self._connection_id, OPENING_START, OPENING_END)
            first = {row.key: row for row in rows if row.key < JOURNAL}
            self._fence = await take_lease(self._store, self._tenant, first.get(LEASE), run_id)
            if self._fence is not None:
                self._run_id = run_id
                return self._opening(self._fence.links, rows, first)
        raise LeaseTaken(f"the lease of connection {self._connection_id} keeps changing", 1.0)

    def _opening(self, links: int, rows: Sequence[Row], first: Mapping[str, Row]) -> Opening:
        self._cursor = cursor_of(first.get(CURSOR), links)
        self._approval = first.get(APPROVAL)
        self._journal = OpenJournal(row for row in rows if JOURNAL <= row.key < WORK_START)
        has_work = any(row.key >= WORK_START for row in rows)
        return Opening(self._cursor, self._journal.intents, self._approval is not None, has_work)

    def is_held(self) -> bool:
        """Whether the lease is still ours for certain; adapters ask before each request that writes."""
        return self._fence is not None and self._fence.is_held

    async def hold(self) -> None:
        """Make the lease last for the writes that follow. Raises LeaseLost."""
        await self._held.hold()

    async def journal(self, intents: Sequence[Intent]) -> None:
        """Write down creates before their requests go out: one transaction, unless drafts are very long."""
        rows = dict(zip(self._journal.new_keys(), journal_pages(intents), strict=False))
        for operations in batches(Put(key, journal_body(page)) for key, page in rows.items()):
            await self._held.store(operations)
        self._journal.note_stored(rows)

    async def commit(
        self, units: Sequence[Unit], cursor: Cursor | None = None, resolved: Sequence[LinkId] = ()
    ) -> None:
        """Store units, each in one transaction, in as few as possible; cursor and `resolved` with the last.

        `cursor.links` is not looked at: the state counts links itself. Raises LeaseLost.
        """
        await self._read_attention(units)
        batch = Batch()
        for unit in units:
            history = entry_texts(unit.history)
            if not batch.offer(self._unit_operations(unit), history):
                batch = await self._store_batch(batch)
                batch.offer(self._unit_operations(unit), history)
            batch.links_change += (unit.after is not None) - (unit.before is not None)
        journal = self._journal.without(frozenset(resolved))
        for operations in batches([*journal_operations(journal), *self._cursor_operations(cursor)]):
            if not batch.offer(operations):
                batch = await self._store_batch(batch)
                batch.offer(operations)
        await self._store_batch(batch)
        self._journal.note_stored(journal)
        self._cursor = cursor or self._cursor

    async def close(self, cursor: Cursor, run: Run) -> bool:
        """Give the lease back and store the cursor and the run; True when another pass was asked for meanwhile.

        A run of the timer that found nothing to do leaves no row of its own, only the lease's `last`.
        """
        operations = self._cursor_operations(cursor)
        if is_worth_a_row(run):
            operations.append(Put(RUN + run.id, body(run_json(run))))
        if self._approval is not None and run.state is RunState.DONE and not run.counts.held:
            operations.append(Remove(APPROVAL, self._approval.etag))
        is_woken = await self._held.release(operations, run)
        self._fence = None
        return is_woken

    @property
    def _held(self) -> Fence:
        if self._fence is None:
            raise LeaseLost(f"no pass is open on connection {self._connection_id}")
        return self._fence

    async def _page(self, prefix: str, after: str | None) -> Sequence[Row]:
        rows = await super()._page(prefix, after)
        self._work.note_read(rows)
        return rows

    async def _read_attention(self, units: Sequence[Unit]) -> None:
        if self._is_attention_read or not any(unit.attention or unit.settled for unit in units):
            return
        async for rows in Pages(self._store, Table.SYNC, self._connection_id, ATTENTION):
            self._attention.note_read(rows)
        self._is_attention_read = True

    def _unit_operations(self, unit: Unit) -> list[Operation]:
        """Say what stores a unit; of two operations on one row the later one counts."""
        operations: list[Operation] = [
            *link_operations(unit.before, unit.after),
            *self._attention.removals(unit.settled),
            *self._attention.puts(unit.attention, self._tenant.clock.now()),
            *self._work.removals(unit.done_work),
            *(Put(work_key(work), work_body(work)) for work in unit.put_work),
        ]
        return list({operation.key: operation for operation in operations}.values())

    def _cursor_operations(self, cursor: Cursor | None) -> list[Operation]:
        if cursor is None or same_place(cursor, self._cursor):
            return []
        return [Put(CURSOR, cursor_body(cursor))]

    async def _store_batch(self, batch: Batch) -> Batch:
        """Store what was packed, and give an empty batch for what follows."""
        if not batch.is_empty:
            operations = batch.all_operations(self._tenant.clock.now(), self._held.next_serial, self._run_id)
            stored = await self._held.store(operations, batch.links_change)
            etags = {operation.key: etag for operation, etag in stored}
            for operation in operations:
                self._work.note_stored(operation, etags.get(operation.key, ""))
                self._attention.note_stored(operation)
        return Batch()
