"""What people and programs may see and do beside a pass: history, attention, runs, status, approval.

Nothing here takes the lease: these rows are not what a pass reckons with, or, like the approval, are there for
the next one.
"""

from __future__ import annotations

import heapq
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sync_core.domain.records import AttentionItem, Recorded, Run
from sync_core.engine.ports import Clock
from sync_core.engine.state_port import Cursor
from sync_core.errors import NotFound, RowConflict
from sync_core.state.keys import prefix_end
from sync_core.state.lease import lease_of
from sync_core.state.lookup import Pages
from sync_core.state.pass_rows import cursor_of, pipeliner_work_of
from sync_core.state.record_rows import (
    attention_body,
    attention_of,
    recorded_of,
    row_of_recorded,
    run_json,
    run_of,
)
from sync_core.state.rows import (
    APPROVAL,
    ATTENTION,
    CURSOR,
    HISTORY,
    JOURNAL,
    LEASE,
    OPENING_START,
    OUTLOOK_WORK,
    PIPELINER_WORK,
    REMOVAL_WORK,
    RUN,
    body,
    parsed,
    time_text,
)
from sync_core.state.store import MAX_LIMIT, Insert, Operation, Put, Remove, Row, Store, Table

_HISTORY_PAGE = 50
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a pass; each number stops at 1000."""

    outlook: int
    pipeliner: int
    removals: int


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """How a connection stands. `running` is the id of the run under way, "" when none is."""

    running: str
    last: Run | None
    cursor: Cursor
    waiting: Waiting
    attention: int
    removals_approved: bool

    @property
    def links(self) -> int:
        """Number of linked contacts, resting ones included."""
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

        NotFound when `before` is no entry's id.
        """
        found: list[Recorded] = []
        async with aclosing(self._recorded(before)) as all_recorded:
            async for recorded in all_recorded:
                if _concerns(recorded, contact_id, run_id):
                    found.append(recorded)
                if len(found) == limit:
                    break
        return found

    async def recorded(self, recorded_id: str) -> Recorded:
        """Read one entry; raises NotFound."""
        key, _ = _parsed_id(recorded_id)
        row = await self._get(key)
        for recorded in recorded_of(row) if row else ():
            if recorded.id == recorded_id:
                return recorded
        raise NotFound(f"connection {self._connection_id} has no history entry {recorded_id}: list its history")

    async def _recorded(self, before: str | None) -> AsyncGenerator[Recorded, None]:
        start, place = _parsed_id(before) if before else (HISTORY, 0)
        async for rows in Pages(self._store, Table.SYNC, self._connection_id, HISTORY, start, _HISTORY_PAGE):
            for row in rows:
                for recorded in recorded_of(row):
                    if row.key != start or _parsed_id(recorded.id)[1] < place:
                        yield recorded

    # Attention

    async def attention(self) -> list[AttentionItem]:
        """Read all that waits for a person, the longest waiting first."""
        items = [attention_of(row) async for row in self._all(ATTENTION)]
        return sorted(items, key=lambda item: item.since or _LONG_AGO)

    async def held(self, *, removals: bool) -> int:
        """Count what waits for an approval, at most 1000 of each: held changes, and with `removals` those too."""
        changes = await self._range(PIPELINER_WORK, prefix_end(PIPELINER_WORK))
        held = sum(pipeliner_work_of(row).held for row in changes)
        return held + (await self._count(REMOVAL_WORK) if removals else 0)

    async def report(self, item: AttentionItem) -> None:
        """Put up an item outside a pass; one that stood for the same reason before keeps its time."""
        key = ATTENTION + item.subject
        row = await self._get(key)
        earlier = attention_of(row) if row else None
        since = earlier.since if earlier and earlier.reason is item.reason else item.since
        await self._transact(Put(key, attention_body(replace(item, since=since or self._clock.now()))))

    async def settle(self, subject: str) -> None:
        """Take an item down outside a pass; none is fine too."""
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
            return self._run_of(row)
        last = lease_of(self._connection_id, await self._get(LEASE)).last
        if last is None or last.id != run_id:
            raise NotFound(f"connection {self._connection_id} has no run {run_id}: list its runs")
        return last

    async def runs(self, limit: int = 20) -> list[Run]:
        """Read the latest runs that did or found something, or were asked for; newest first."""
        newest: list[tuple[datetime, str, Run]] = []
        async for row in self._all(RUN):
            run = self._run_of(row)
            heapq.heappush(newest, (run.queued_at or run.started_at or _LONG_AGO, run.id, run))
            if len(newest) > limit:
                heapq.heappop(newest)
        return [run for _, _, run in sorted(newest, key=lambda item: item[:2], reverse=True)]

    # Status

    async def status(self) -> ConnectionStatus:
        """Read how the connection stands."""
        rows = {row.key: row for row in await self._range(OPENING_START, JOURNAL)}
        lease = lease_of(self._connection_id, rows.get(LEASE))
        return ConnectionStatus(
            "" if lease.is_free(self._clock.now()) else lease.run_id,
            lease.last,
            cursor_of(rows.get(CURSOR), lease.links),
            Waiting(
                await self._count(OUTLOOK_WORK), await self._count(PIPELINER_WORK), await self._count(REMOVAL_WORK)
            ),
            await self._count(ATTENTION),
            APPROVAL in rows,
        )

    async def approve_removals(self) -> None:
        """Let the next pass carry out the removals that are held back; asking twice is fine."""
        try:
            await self._transact(Insert(APPROVAL, body({"at": time_text(self._clock.now())})))
        except RowConflict:
            return

    # Rows

    def _run_of(self, row: Row) -> Run:
        return run_of(self._connection_id, parsed(row.body))

    async def _count(self, prefix: str) -> int:
        return len(await self._range(prefix, prefix_end(prefix)))

    async def _get(self, key: str) -> Row | None:
        return await self._store.get(Table.SYNC, self._connection_id, key)

    async def _range(self, start: str, end: str) -> Sequence[Row]:
        return await self._store.read(Table.SYNC, self._connection_id, start, end, MAX_LIMIT)

    async def _all(self, prefix: str) -> AsyncIterator[Row]:
        async for rows in Pages(self._store, Table.SYNC, self._connection_id, prefix):
            for row in rows:
                yield row

    async def _transact(self, operation: Operation) -> None:
        await self._store.transact(Table.SYNC, self._connection_id, [operation])


def _concerns(recorded: Recorded, contact_id: str, run_id: str) -> bool:
    entry = recorded.entry
    is_of_contact = not contact_id or contact_id in {entry.outlook_id, entry.pipeliner_id, entry.link_id}
    return is_of_contact and run_id in {"", recorded.run_id}


def _parsed_id(recorded_id: str) -> tuple[str, int]:
    try:
        return row_of_recorded(recorded_id)
    except ValueError:
        raise NotFound(f"{recorded_id!r} is no id of a history entry: list the history") from None
