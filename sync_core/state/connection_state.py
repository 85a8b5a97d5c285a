"""The rows of one connection, written under one lease: what the engine's port `ConnectionState` promises."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from typing_extensions import override

from sync_core.domain import (
    Action,
    AttentionItem,
    HistoryEntry,
    Link,
    LinkId,
    OutlookId,
    PipelinerId,
    Run,
    RunState,
    Side,
    outlook_subject,
)
from sync_core.engine.ports import (
    Awaited,
    ChangeSet,
    Clock,
    ConnectionState,
    Cursor,
    IndexEntry,
    Intent,
    Opening,
    Waits,
)
from sync_core.errors import LeaseLost
from sync_core.state.askers import StoredAskers
from sync_core.state.creates import CreatesOfADay, OpenJournal, creates_of, journal_body, journal_of, journal_pages
from sync_core.state.index import StoredSideIndex
from sync_core.state.index_rows import INDEX_STATE
from sync_core.state.lease import Fence, Tenant, take_lease
from sync_core.state.record_rows import entry_text, is_worth_a_row, read_history, run_json
from sync_core.state.registry import look_at_stop_switch
from sync_core.state.rows import (
    APPROVAL,
    ATTENTION,
    AWAITED,
    CREATES,
    CURSOR,
    INDEX,
    JOURNAL,
    LINK,
    RUN,
    WORK_START,
    body,
    index_entry_of,
    link_of,
    work_key,
)
from sync_core.state.run_rows import (
    WORK,
    KnownAttention,
    KnownWork,
    awaited_of,
    change_set_operations,
    cursor_body,
    cursor_of,
)
from sync_core.storage import (
    BEHIND,
    Batch,
    Operation,
    Put,
    Remove,
    Row,
    Store,
    Table,
    batches,
    find_rows,
    prefix_end,
    read_pages,
)

_PAGE = 500
_OUTLOOK, _PIPELINER = INDEX[Side.OUTLOOK], INDEX[Side.PIPELINER]
_OUTLOOK_ATTENTION = ATTENTION + outlook_subject(OutlookId(""))


class StoredConnectionState(ConnectionState):
    """`ConnectionState` over a store, for one run. `holder` names a worker that runs one run at a time.

    Every transaction renews the lease for `lease_s` seconds. When the store does not answer, calls raise
    StoreUnavailable, and the run must end there; the next one finds all that was stored.
    """

    def __init__(
        self,
        store: Store,
        connection_id: str,
        clock: Clock,
        holder: str,
        lease_s: float = 300,
        indexes: Sequence[StoredSideIndex] = (),
        open_askers: Callable[[], StoredAskers] | None = None,
    ) -> None:
        """Make the state of one run; `indexes` are of the connection's folder, and are stored with each commit.

        `open_askers` opens what tells the feed of the space whom the connection's questions are about.
        """
        self._store = store
        self._connection_id = connection_id
        self._place = (store, Table.SYNC, connection_id)
        self._tenant = Tenant(connection_id, holder, clock, timedelta(seconds=lease_s))
        self._fence: Fence | None = None
        self._cursor = Cursor()
        self._approval: Row | None = None
        self._journal = OpenJournal()
        self._creates = CreatesOfADay()
        self._work = KnownWork()
        self._attention = KnownAttention()
        self._is_attention_read = False
        self._indexes = indexes
        self._open_askers = open_askers

    # The lease

    @override
    async def open(self, run_id: str) -> Opening:
        """Read what waits in one range read, and take the lease in one transaction."""
        noted_by = (self._work.note_stored, self._attention.note_stored)
        fence = await take_lease(self._store, self._tenant, run_id, noted_by, with_opening=True)
        if fence.lease.stop:  # marked since it was made: whether all is stopped stands in the space's row
            await look_at_stop_switch(self._store, fence)
        self._fence, rows = fence, fence.opening
        first = {row.key: row for row in rows if row.key < JOURNAL}
        self._cursor = cursor_of(first.get(CURSOR), fence.lease.links)
        self._approval = first.get(APPROVAL)
        if CREATES in first:
            self._creates = creates_of(first[CREATES])
        journal = {row.key: journal_of(row) for row in rows if JOURNAL <= row.key < WORK_START}
        self._journal = OpenJournal(journal)
        for index in self._indexes:
            index.opened(first.get(INDEX_STATE), fence.store)
        has_work = any(row.key >= WORK_START for row in rows)
        today = self._creates.count(self._tenant.clock.now()) if CREATES in first else 0
        intents = tuple(intent for page in journal.values() for intent in page)
        return Opening(self._cursor, intents, self._approval is not None, has_work, today)

    def owns_lease(self) -> bool:
        """Whether the lease is still ours for certain, by our own clock; adapters ask before each write.

        Nor may anything be written once a transaction has met the stop switch.
        """
        held = self._fence
        return held is not None and not held.lease.stop and self._tenant.clock.now() < held.lease.expires_at

    @override
    async def renew_lease(self, *, at_once: bool = False) -> None:
        await self._held.renew_lease(at_once=at_once)
        self.is_stopped = self._held.lease.stop

    @override
    async def close(self, cursor: Cursor, run: Run, *, keeps_approval: bool = False) -> bool:
        """Leave no row of a run of the timer that found nothing to do, only the lease's `last`."""
        operations = [one for index in self._indexes for one in index.take_unstored()]
        operations += self._cursor_operations(cursor)
        if is_worth_a_row(run):
            operations.append(Put(RUN + run.id, body(run_json(run))))
        is_used = run.state is RunState.DONE and not run.counts.awaiting_approval and not keeps_approval
        if self._approval is not None and is_used:
            operations.append(Remove(APPROVAL, self._approval.etag))
        fence, (*first, rest) = self._held, [*batches(operations)] or [[]]
        for some in first:
            await fence.store(some)
        await fence.store(rest, last=run)
        self._fence = None
        return fence.is_woken

    @property
    def _held(self) -> Fence:
        if self._fence is None:
            raise LeaseLost(f"no run is open on connection {self._connection_id}")
        return self._fence

    # Reading, which needs no lease

    @override
    async def outlook_index(self, ids: Sequence[OutlookId]) -> Mapping[OutlookId, IndexEntry]:
        rows = await find_rows(*self._place, (_OUTLOOK + contact_id for contact_id in ids))
        return {OutlookId(key.removeprefix(_OUTLOOK)): index_entry_of(row) for key, row in rows.items()}

    @override
    async def pipeliner_index(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, IndexEntry]:
        rows = await find_rows(*self._place, (_PIPELINER + contact_id for contact_id in ids))
        return {PipelinerId(key.removeprefix(_PIPELINER)): index_entry_of(row) for key, row in rows.items()}

    @override
    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]:
        rows = await find_rows(*self._place, (LINK + link_id for link_id in ids))
        return {LinkId(key.removeprefix(LINK)): link_of(row) for key, row in rows.items()}

    @override
    async def links_page(self, after: LinkId | None) -> Sequence[Link]:
        start = LINK if after is None else LINK + after + BEHIND
        rows = await self._store.read(Table.SYNC, self._connection_id, start, prefix_end(LINK), _PAGE)
        return [link_of(row) for row in rows]

    @override
    async def waiting(self, kind: type[Waits], after: Waits | None = None) -> Sequence[Waits]:
        prefix, read = WORK[kind]
        start = prefix if after is None else work_key(after) + BEHIND
        rows = await self._store.read(Table.SYNC, self._connection_id, start, prefix_end(prefix), _PAGE)
        self._work.note_read(rows)
        return [work for work in map(read, rows) if isinstance(work, kind)]

    @override
    async def awaited_of(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Awaited]:
        rows = await find_rows(*self._place, (AWAITED + link_id for link_id in ids))
        self._work.note_read(rows.values())
        return {LinkId(key.removeprefix(AWAITED)): awaited_of(row) for key, row in rows.items()}

    @override
    async def questions(self, ids: Collection[str]) -> Sequence[AttentionItem]:
        await self._read_attention()
        return self._attention.asking_about(ids)

    @override
    async def answered(self) -> Sequence[AttentionItem]:
        await self._read_attention()
        return self._attention.answered()

    @override
    async def conflicts(self, run_id: str) -> Sequence[HistoryEntry]:
        told = read_history(*self._place)
        return [item.entry async for item in told if (item.run_id, item.entry.action) == (run_id, Action.CONFLICT)]

    @override
    async def history_of(self, link_id: LinkId) -> Sequence[HistoryEntry]:
        return [item.entry async for item in read_history(*self._place) if item.entry.link_id == link_id][::-1]

    @override
    async def waiting_outlook(self) -> Sequence[OutlookId]:
        rows = await self._store.read(*self._place[1:], _OUTLOOK_ATTENTION, prefix_end(_OUTLOOK_ATTENTION))
        return [OutlookId(row.key.removeprefix(_OUTLOOK_ATTENTION)) for row in rows]

    # Writing

    @override
    async def journal(self, intents: Sequence[Intent]) -> None:
        """Write in one transaction, unless drafts are very long."""
        rows = dict(zip(self._journal.new_keys(), journal_pages(intents), strict=False))
        puts: list[Operation] = [Put(key, journal_body(page)) for key, page in rows.items()]
        creates = sum(intent.side is Side.PIPELINER for intent in intents)
        if creates:
            puts.append(self._creates.add(creates, self._tenant.clock.now()))
        for operations in batches(puts):
            await self._held.store(operations)
        self._journal.note_stored(rows)
        self.is_stopped = self._held.lease.stop

    @override
    async def commit(
        self,
        change_sets: Sequence[ChangeSet],
        cursor: Cursor | None = None,
        resolved: Sequence[LinkId] = (),
        unsent: int = 0,
    ) -> None:
        """Store change sets, each in one transaction, in as few as possible; cursor and `resolved` with the last.

        `cursor.links` is not looked at: the state counts links itself.
        """
        asked_no_more, now = frozenset[PipelinerId](), self._tenant.clock.now()
        if any(item.attention or item.resolved or item.amended for item in change_sets):
            await self._read_attention()
            if self._attention.items or any(item.attention for item in change_sets):
                more, asked_no_more = self._attention.asked(change_sets)
                if more and self._open_askers is not None:
                    await self._open_askers().note(self._connection_id, more, now)
        fence, batch, more_links = self._held, Batch(), 0
        *full, rest = [*batches(one for index in self._indexes for one in index.take_unstored())] or [[]]
        for operations in full:
            await fence.store(operations)
        batch.offer(rest)
        for change_set in change_sets:
            history = [entry_text(entry) for entry in change_set.history]
            operations = change_set_operations(change_set, self._attention, self._work, now)
            if not batch.offer(operations, history):
                await fence.store(batch.operations, more_links, batch.entry_rows)
                batch, more_links = Batch(), 0
                # Written anew: now the versions of what was stored are known.
                batch.offer(change_set_operations(change_set, self._attention, self._work, now), history)
            more_links += (change_set.after is not None) - (change_set.before is not None)
        journal = self._journal.without(frozenset(resolved)) if resolved else {}
        last = [Put(key, journal_body(left)) if left else Remove(key) for key, left in journal.items()]
        last += [self._creates.add(-unsent, now)] if unsent else []
        for operations in batches([*last, *self._cursor_operations(cursor)]):
            if not batch.offer(operations):
                await fence.store(batch.operations, more_links, batch.entry_rows)
                batch, more_links = Batch(), 0
                batch.offer(operations)
        if not batch.is_empty:
            await fence.store(batch.operations, more_links, batch.entry_rows)
        if journal:
            self._journal.note_stored(journal)
        self._cursor = cursor or self._cursor
        if asked_no_more and self._open_askers is not None:
            await self._open_askers().drop(self._connection_id, asked_no_more)
        self.is_stopped = fence.lease.stop

    async def _read_attention(self) -> None:
        if not self._is_attention_read:
            async for rows in read_pages(*self._place, ATTENTION):
                self._attention.note_read(rows)
            self._is_attention_read = True

    def _cursor_operations(self, cursor: Cursor | None) -> list[Operation]:
        """Return what stores a cursor that has moved, whatever the number of links."""
        if cursor is None or replace(cursor, links=self._cursor.links) == self._cursor:
            return []
        return [Put(CURSOR, cursor_body(cursor))]
