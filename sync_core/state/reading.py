"""What people and programs may see and do beside a run: history, attention, runs, status, approval.

Nothing here takes the lease: these rows are not what a run reckons with, or, like the approval, are there for
the next one.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sync_core.domain import Action, AttentionItem, Link, LinkId, Recorded, Run, Side
from sync_core.engine.ports import Clock, Cursor, OutlookLook, PipelinerLook
from sync_core.errors import NotFound, RowConflict
from sync_core.state.history_pages import HistoryPage, history_page, parsed_id
from sync_core.state.lease import last_run_of, lease_of
from sync_core.state.record_rows import (
    attention_body,
    attention_of,
    read_run,
    recorded_of,
    run_json,
)
from sync_core.state.rows import (
    APPROVAL,
    ATTENTION,
    AWAITED,
    CURSOR,
    HISTORY,
    INDEX,
    JOURNAL,
    LEASE,
    LINK,
    OPENING_START,
    OUTLOOK_LOOK,
    PIPELINER_LOOK,
    RUN,
    body,
    history_key,
    index_entry_of,
    link_of,
    work_key,
)
from sync_core.state.run_rows import awaited_of, cursor_of, outlook_look_of, pipeliner_look_of, work_body
from sync_core.storage import (
    MAX_LIMIT,
    Insert,
    Operation,
    Put,
    Remove,
    Row,
    Store,
    Table,
    batches,
    prefix_end,
    read_pages,
)

_HISTORY_PAGE_OF_A_RUN = 100
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a run; each number stops at 1000."""

    outlook: int
    pipeliner: int
    removals: int


@dataclass(frozen=True, slots=True)
class ConnectionSummary:
    """How a connection stands. `running` is the id of the run under way, "" when none is."""

    running: str
    last: Run | None
    cursor: Cursor
    waiting: Waiting
    attention: int
    removals_approved: bool
    removals_since: datetime | None = None
    """When the first of the missing halves was seen to be missing, whose removals wait; None when none waits."""

    @property
    def links(self) -> int:
        """Number of linked contacts, dormant ones included."""
        return self.cursor.links


class ConnectionReading:
    """The records of one connection."""

    def __init__(self, store: Store, connection_id: str, clock: Clock) -> None:
        self._store = store
        self._connection_id = connection_id
        self._clock = clock

    # History

    async def history(
        self, limit: int = 50, before: str | None = None, contact_id: str = "", run_id: str = ""
    ) -> list[Recorded]:
        """Read history, newest first: from the entry after `before`, of one contact or link, of one run.

        However rare it is: whoever asks for somebody else reads by `history_page`, which is bounded. NotFound when
        `before` is no entry's id.
        """
        found: list[Recorded] = []
        while len(found) < limit:
            page = await self.history_page(limit - len(found), before, contact_id, run_id)
            found += page.entries
            before = page.next
            if before is None:
                break
        return found

    async def history_page(
        self, limit: int = 50, before: str | None = None, contact_id: str = "", run_id: str = ""
    ) -> HistoryPage:
        """Read a bounded page of the same, with where the next one begins. NotFound as above."""
        return await history_page(self._store, self._connection_id, limit, before, contact_id, run_id)

    async def recorded(self, recorded_id: str) -> Recorded:
        """Read one entry; raises NotFound."""
        key, _ = parsed_id(recorded_id)
        row = await self._get(key)
        for recorded in recorded_of(row) if row else ():
            if recorded.id == recorded_id:
                return recorded
        raise NotFound(f"connection {self._connection_id} has no history entry {recorded_id}: list its history")

    # Links

    async def link_of(self, contact_id: str) -> Link | None:
        """Find the link of an Outlook or Pipeliner contact, or the link of this id."""
        for side in Side:
            row = await self._get(INDEX[side] + contact_id)
            if row is not None:
                return await self._link(index_entry_of(row).link_id)
        return await self._link(LinkId(contact_id))

    async def differing_links(self) -> AsyncIterator[list[Link]]:
        """Read the links whose two sides were not alike when they agreed last, by pages."""
        async for rows in read_pages(self._store, Table.SYNC, self._connection_id, LINK):
            yield [link for link in map(link_of, rows) if link.baselines.outlook is not link.baselines.pipeliner]

    async def _link(self, link_id: LinkId) -> Link | None:
        row = await self._get(LINK + link_id)
        return link_of(row) if row else None

    # Attention

    async def attention(self) -> list[AttentionItem]:
        """Read all that waits for a person, the longest waiting first; what they put off comes last."""
        items = [attention_of(row) async for row in self._all(ATTENTION)]
        return sorted(items, key=lambda item: (item.later or _LONG_AGO, item.since or _LONG_AGO))

    async def held(self, *, removals: bool) -> int:
        """Count what waits for an approval, at most 1000 of each: held changes, and with `removals` those too."""
        changes = await self._range(PIPELINER_LOOK, prefix_end(PIPELINER_LOOK))
        creates = await self._range(OUTLOOK_LOOK, prefix_end(OUTLOOK_LOOK))
        held = sum(pipeliner_look_of(row).awaits_approval for row in changes)
        held += sum(outlook_look_of(row).awaits_approval for row in creates)
        return held + (await self._count(AWAITED) if removals else 0)

    async def report(self, item: AttentionItem) -> None:
        """Put up an item outside a run; one that stood for the same reason before keeps its time."""
        key = ATTENTION + item.subject
        row = await self._get(key)
        told = item.after(attention_of(row) if row else None, self._clock.now())
        await self._transact(Put(key, attention_body(told)))

    async def mark(self, item: AttentionItem) -> None:
        """Write down what a person said to an item, over the item as it stands. NotFound when it is gone."""
        key = ATTENTION + item.subject
        row = await self._get(key)
        standing = attention_of(row) if row else None
        if row is None or standing is None or standing.question != item.question:
            raise NotFound(f"connection {self._connection_id}: the item is gone or asks something else; list them anew")
        marked = replace(standing, chosen=item.chosen, named=item.named, later=item.later)
        try:
            await self._transact(Put(key, attention_body(marked), row.etag))
        except RowConflict:
            raise NotFound(f"connection {self._connection_id}: the item changed just now; list them anew") from None

    async def resolve(self, subject: str) -> None:
        """Take an item down outside a run; none is fine too."""
        try:
            await self._transact(Remove(ATTENTION + subject))
        except RowConflict:
            return

    # Runs

    async def queue_run(self, run: Run) -> None:
        """Write down a run that was asked for; one that is written down already stays as it is."""
        try:
            await self._transact(Insert(RUN + run.id, body(run_json(run))))
        except RowConflict:
            return

    async def mark_run(self, run: Run) -> None:
        """Write down how a run stands now."""
        await self._transact(Put(RUN + run.id, body(run_json(run))))

    async def run(self, run_id: str) -> Run:
        """Read a run; raises NotFound, also for an earlier run of the timer that found nothing to do."""
        row = await self._get(RUN + run_id)
        if row is not None:
            return read_run(self._connection_id, row)
        last = last_run_of(self._connection_id, await self._get(LEASE))
        if last is None or last.id != run_id:
            raise NotFound(f"connection {self._connection_id} has no run {run_id}: list its runs")
        return last

    async def runs(self, limit: int = 20) -> list[Run]:
        """Read the latest runs that did or found something, or were asked for; newest first."""
        newest: list[tuple[datetime, str, Run]] = []
        async for row in self._all(RUN):
            run = read_run(self._connection_id, row)
            heapq.heappush(newest, (run.queued_at or run.started_at or _LONG_AGO, run.id, run))
            if len(newest) > limit:
                heapq.heappop(newest)
        return [run for _, _, run in sorted(newest, key=lambda item: item[:2], reverse=True)]

    # Status

    async def status(self) -> ConnectionSummary:
        """Read how the connection stands."""
        rows = {row.key: row for row in await self._range(OPENING_START, JOURNAL)}
        lease = lease_of(rows.get(LEASE))
        awaited = [awaited_of(row) for row in await self._range(AWAITED, prefix_end(AWAITED))]
        return ConnectionSummary(
            "" if lease.is_free(self._clock.now()) else lease.run_id,
            last_run_of(self._connection_id, rows.get(LEASE)),
            cursor_of(rows.get(CURSOR), lease.links),
            Waiting(await self._count(OUTLOOK_LOOK), await self._count(PIPELINER_LOOK), len(awaited)),
            await self._count(ATTENTION),
            APPROVAL in rows,
            min((item.since for item in awaited if item.since is not None), default=None),
        )

    async def approve_removals(self) -> None:
        """Let the next run do the removals that wait for approval; asking twice is fine."""
        try:
            await self._transact(Insert(APPROVAL, body({"at": self._clock.now()})))
        except RowConflict:
            return

    # Rows

    async def _count(self, prefix: str) -> int:
        return len(await self._range(prefix, prefix_end(prefix)))

    async def _get(self, key: str) -> Row | None:
        return await self._store.get(Table.SYNC, self._connection_id, key)

    async def _range(self, start: str, end: str) -> Sequence[Row]:
        return await self._store.read(Table.SYNC, self._connection_id, start, end, MAX_LIMIT)

    async def _all(self, prefix: str) -> AsyncIterator[Row]:
        async for rows in read_pages(self._store, Table.SYNC, self._connection_id, prefix):
            for row in rows:
                yield row

    async def _transact(self, operation: Operation) -> None:
        await self._store.transact(Table.SYNC, self._connection_id, [operation])


async def run_actions(store: Store, connection_id: str, run_id: str, since: datetime) -> Counter[Action]:
    """Count the history entries of a run that began at `since`; reads no older history."""
    actions: Counter[Action] = Counter()
    end = history_key(since - _TICK)
    async for rows in read_pages(store, Table.SYNC, connection_id, HISTORY, end=end, rows=_HISTORY_PAGE_OF_A_RUN):
        for row in rows:
            actions.update(item.entry.action for item in recorded_of(row) if item.run_id == run_id)
    return actions


async def put_looks(store: Store, connection_id: str, looks: Sequence[OutlookLook | PipelinerLook]) -> None:
    """Have the next run look at contacts, whatever they wait for; without a lease, as the feed fills the inbox."""
    for operations in batches(Put(work_key(look), work_body(look)) for look in looks):
        await store.transact(Table.SYNC, connection_id, operations)


async def call_back(store: Store, connection_id: str) -> int:
    """Let the next run try all contacts that were set aside because they kept failing; returns how many.

    Each row is written over the version that was read: one that a run or the feed has changed meanwhile is theirs.
    """
    called = 0
    for prefix in (OUTLOOK_LOOK, PIPELINER_LOOK):
        read = outlook_look_of if prefix == OUTLOOK_LOOK else pipeliner_look_of
        async for rows in read_pages(store, Table.SYNC, connection_id, prefix):
            for row in rows:
                work: OutlookLook | PipelinerLook = read(row)
                if work.not_before is None:
                    continue
                due = Put(row.key, work_body(replace(work, not_before=None)), row.etag)
                with suppress(RowConflict):
                    await store.transact(Table.SYNC, connection_id, [due])
                    called += 1
    return called
