"""The lease of a connection: who may write, and the fence by which nobody else can.

The lease row is part of every transaction of a run, over exactly the version that the run wrote last. So a
run whose lease was taken over cannot store anything: its transaction fails. The time in the row only
says when others may take it over; no promise rests on two hosts' clocks.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync_core.domain import Run
from sync_core.engine.ports import Clock
from sync_core.errors import LeaseLost, LeaseTaken, RowConflict, StoreUnavailable
from sync_core.state.record_rows import history_body, run_json, run_of
from sync_core.state.rows import (
    LEASE,
    OPENING_END,
    OPENING_START,
    Json,
    body,
    history_key,
    parsed,
    reads_row,
    time_of,
    without_blanks,
)
from sync_core.storage import Batch, Insert, Operation, Put, Remove, Row, Store, Table

_TRIES = 8
_FREE_SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease row.

    `tenure` is different each time the lease is taken and `serial` in each transaction of it, so that a run
    without an answer can tell whether its transaction was stored. `wake` asks for another run after this one, and
    `stop` to look at the space's stop switch before anything else is written.
    """

    holder: str = ""
    run_id: str = ""
    tenure: str = ""
    serial: int = 0
    expires_at: datetime = _FREE_SINCE_EVER
    wake: bool = False
    links: int = 0
    last: Json | None = None
    """The run that ended last, as it is stored; `last_run_of` reads it."""
    polled_at: datetime | None = None
    stop: bool = False

    def is_free(self, now: datetime) -> bool:
        """Whether anybody may take it."""
        return not self.holder or self.expires_at <= now

    def woken(self) -> Lease:
        """Return it with the mark that another run is wanted."""
        return replace(self, wake=True)


def lease_body(lease: Lease) -> str:
    """Write the lease row."""
    return body(
        {"serial": lease.serial, "expires_at": lease.expires_at}
        | without_blanks(
            holder=lease.holder,
            run=lease.run_id,
            tenure=lease.tenure,
            wake=int(lease.wake),
            stop=int(lease.stop),
            links=lease.links,
            last=lease.last,
            polled_at=lease.polled_at,
        )
    )


@reads_row
def lease_of(row: Row | None) -> Lease:
    """Read the lease row; without one the lease is free."""
    if row is None:
        return Lease()
    stored = parsed(row.body)
    return Lease(
        stored.get("holder", ""),
        stored.get("run", ""),
        stored.get("tenure", ""),
        stored["serial"],
        time_of(stored["expires_at"]) or _FREE_SINCE_EVER,
        bool(stored.get("wake")),
        stored.get("links", 0),
        stored.get("last"),
        time_of(stored.get("polled_at")),
        bool(stored.get("stop")),
    )


@reads_row
def last_run_of(connection_id: str, row: Row | None) -> Run | None:
    """Read of the lease row which run ended last; None before any."""
    last = lease_of(row).last
    return run_of(connection_id, last) if last is not None else None


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who wants the lease of which connection, or of which space's feed, and for how long at a time."""

    connection_id: str
    holder: str
    clock: Clock
    duration: timedelta
    table: Table = Table.SYNC
    opening_end: str = OPENING_END
    """Up to which key the rows are read that whoever takes the lease must know."""

    @property
    def what(self) -> str:
        """What the lease is of, in words."""
        return f"connection {self.connection_id}" if self.table is Table.SYNC else "the feed of the space"


NoteStored = Callable[[Operation, str], None]
"""Is told what was stored, with the new etag; "" where the etag is not known."""


async def take_lease(
    store: Store,
    tenant: Tenant,
    run_id: str,
    noted_by: Sequence[NoteStored] = (),
    *,
    with_opening: bool = False,
) -> Fence:
    """Take the lease; `with_opening` reads all that a run must know at its start in the same request.

    Raises LeaseTaken when another holder has it, after asking that holder for another run.
    """
    for _ in range(_TRIES):
        opening: Sequence[Row] = ()
        if with_opening:
            opening = await store.read(tenant.table, tenant.connection_id, OPENING_START, tenant.opening_end)
            row = next((row for row in opening if row.key == LEASE), None)
        else:
            row = await store.get(tenant.table, tenant.connection_id, LEASE)
        found, now = lease_of(row), tenant.clock.now()
        if row is not None and found.holder != tenant.holder and not found.is_free(now):
            if found.wake or await _stored(store, tenant, Put(LEASE, lease_body(found.woken()), row.etag)):
                seconds = (found.expires_at - tenant.clock.now()).total_seconds()
                raise LeaseTaken(f"another run runs on {tenant.what}", max(seconds, 1.0))
            continue
        taken = replace(
            found,
            holder=tenant.holder,
            run_id=run_id,
            tenure=uuid.uuid4().hex,
            serial=found.serial + 1,
            expires_at=now + tenant.duration,
            wake=False,
        )
        written = lease_body(taken)
        etag = await _stored(store, tenant, Insert(LEASE, written) if row is None else Put(LEASE, written, row.etag))
        if etag:
            return Fence(store, tenant, taken, etag, noted_by, opening)
    raise LeaseTaken(f"the lease of {tenant.what} keeps changing", 1.0)


async def mark_stop(store: Store, connection_id: str) -> None:
    """Have whoever runs on a connection, now or next, look at the stop switch: their next transaction fails once.

    A mark that is there is written anew: a run that has seen it may have looked before the switch was set.
    """
    for _ in range(_TRIES):
        row = await store.get(Table.SYNC, connection_id, LEASE)
        marked = lease_body(replace(lease_of(row), stop=True))
        operation = Insert(LEASE, marked) if row is None else Put(LEASE, marked, row.etag)
        with suppress(RowConflict):
            await store.transact(Table.SYNC, connection_id, [operation])
            return
    raise StoreUnavailable(f"the lease of connection {connection_id} keeps changing", 1.0)


async def _stored(store: Store, tenant: Tenant, operation: Insert | Put) -> str | None:
    """Store the lease row and return its etag; None when it was not as demanded."""
    try:
        return (await store.transact(tenant.table, tenant.connection_id, [operation]))[0]
    except RowConflict:
        return None
    except StoreUnavailable:
        row = await store.get(tenant.table, tenant.connection_id, LEASE)
        if row is None or row.body != operation.body:
            raise
        return row.etag


@dataclass(slots=True, eq=False, repr=False)
class Fence:
    """One tenure of a lease: transactions that fail once somebody else has taken it.

    `lease` is the lease as this tenure wrote it last, `is_woken` says whether another run was asked for meanwhile.
    `opening` are the rows that were read with the lease.
    """

    _store: Store
    _tenant: Tenant
    lease: Lease
    _etag: str
    _noted_by: Sequence[NoteStored] = ()
    opening: Sequence[Row] = ()
    _serial: int = 0
    is_woken: bool = False

    async def renew_lease(self, *, at_once: bool = False) -> None:
        """Renew the lease when more than half of its time is over, or at once. Raises as `store` does."""
        if at_once or self.lease.expires_at - self._tenant.clock.now() < self._tenant.duration / 2:
            await self.store(())

    async def store(
        self,
        operations: Sequence[Operation],
        links_change: int = 0,
        history: Sequence[Sequence[str]] = (),
        last: Run | None = None,
        *,
        gives_back: bool = False,
        polled_at: datetime | None = None,
    ) -> None:
        """Store rows and renew the lease, all or nothing; with `last`, the run that ends, give the lease back.

        A reader of the feed `gives_back` without a run; `polled_at` is when it began what it has ended now.

        `history` are the entries of each history row. A removal of a row that is gone, or is not the version named, is
        left out. Raises LeaseLost when another run has taken over, StoreUnavailable when the outcome stays unknown.
        """
        self._serial = max(self._serial, self.lease.serial) + 1  # no other transaction ever has it
        now, run_id = self._tenant.clock.now(), self.lease.run_id
        pages = [history_body(now, run_id, entries) for entries in history]
        wanted = [*operations, *(Put(history_key(now, self._serial, part), page) for part, page in enumerate(pages))]
        ending: dict[str, Any] = {"holder": "", "wake": False} if gives_back or last is not None else {}
        ending |= {"last": run_json(last)} if last is not None else {}
        ending |= {"polled_at": polled_at} if polled_at is not None else {}
        left, etags, unanswered = wanted, list[str](), 0
        for _ in range(_TRIES):
            expires_at = self._tenant.clock.now() + self._tenant.duration
            links = self.lease.links + links_change
            lease = replace(self.lease, links=links, serial=self._serial, expires_at=expires_at, **ending)
            lease_row = Put(LEASE, lease_body(lease), self._etag)
            try:
                etags = await self._store.transact(self._tenant.table, self._tenant.connection_id, [lease_row, *left])
                self.lease, self._etag = lease, etags[0]
                break
            except RowConflict as conflict:
                if conflict.key != LEASE:
                    left = await self._without_vain_removals(left)
                elif await self._was_stored():
                    break
            except StoreUnavailable:
                if await self._was_stored():
                    break
                unanswered += 1
                if unanswered > 1:
                    raise
        else:
            raise StoreUnavailable(f"rows of {self._tenant.what} keep changing")
        known = dict(zip((operation.key for operation in left), etags[1:], strict=False))
        for note_stored in self._noted_by:
            for operation in wanted:
                note_stored(operation, known.get(operation.key, ""))

    async def _was_stored(self) -> bool:
        """Read the lease row again: is it of the transaction under way, of an earlier one, or another's (LeaseLost)?"""
        row = await self._store.get(self._tenant.table, self._tenant.connection_id, LEASE)
        found = lease_of(row)
        if row is None or found.tenure != self.lease.tenure:
            raise LeaseLost(f"another run took over {self._tenant.what}")
        self.lease, self._etag = found, row.etag
        self.is_woken |= found.wake
        return found.serial == self._serial

    async def _without_vain_removals(self, operations: Sequence[Operation]) -> list[Operation]:
        removals = [operation for operation in operations if isinstance(operation, Remove)]
        rows = await self._store.get_many(
            self._tenant.table, self._tenant.connection_id, [item.key for item in removals]
        )
        vain = [item for item in removals if item.key not in rows or item.etag not in {None, rows[item.key].etag}]
        return [operation for operation in operations if operation not in vain]


class Writer:
    """Packs what is written under one tenure into few transactions; what is written at once is stored at once."""

    def __init__(self, fence: Fence) -> None:
        self.stored = 0
        self._fence = fence
        self._batch = Batch()
        self._links_change = 0

    async def write(self, operations: Sequence[Operation], history: Sequence[str] = (), links_change: int = 0) -> None:
        """Take these, after storing what was taken before if they do not fit beside it. Raises as `Fence.store`."""
        if not self._batch.offer(operations, history):
            await self.flush()
            self._batch.offer(operations, history)
        self._links_change += links_change

    async def flush(self) -> None:
        """Store all that was taken, and count it in `stored`. Raises as `Fence.store`."""
        batch, links_change = self._batch, self._links_change
        self._batch, self._links_change = Batch(), 0
        if not batch.is_empty:
            await self._fence.store(batch.operations, links_change, batch.entry_rows)
            self.stored += len(batch.operations)
