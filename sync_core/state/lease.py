"""The lease of a connection: who may write, and the fence by which nobody else can.

The lease row is part of every transaction of a pass, over exactly the version that the pass wrote last. So a
pass whose lease was taken over cannot store anything: its transaction fails. The time in the row only
says when others may take it over; no promise rests on two hosts' clocks.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sync_core.domain.records import Run
from sync_core.engine.ports import Clock
from sync_core.errors import LeaseLost, LeaseTaken, RowConflict, StoreUnavailable
from sync_core.state.record_rows import run_json, run_of
from sync_core.state.rows import LEASE, body, parsed, time_of, time_text, without_blanks
from sync_core.state.store import Insert, Operation, Put, Remove, Row, Store, Table

TRIES = 8
_FREE_SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease row.

    `tenure` is different each time the lease is taken and `serial` in each transaction of it, so that a pass
    without an answer can tell whether its transaction was stored. `wake` asks for another pass after this one.
    """

    holder: str = ""
    run_id: str = ""
    tenure: str = ""
    serial: int = 0
    expires_at: datetime = _FREE_SINCE_EVER
    wake: bool = False
    links: int = 0
    last: Run | None = None

    def is_free(self, now: datetime) -> bool:
        """Whether anybody may take it."""
        return not self.holder or self.expires_at <= now


def lease_body(lease: Lease) -> str:
    """Write the lease row."""
    return body(
        {"serial": lease.serial, "expires_at": time_text(lease.expires_at)}
        | without_blanks(
            holder=lease.holder,
            run=lease.run_id,
            tenure=lease.tenure,
            wake=int(lease.wake),
            links=lease.links,
            last=run_json(lease.last) if lease.last else None,
        )
    )


def lease_of(connection_id: str, row: Row | None) -> Lease:
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
        run_of(connection_id, stored["last"]) if "last" in stored else None,
    )


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who wants the lease of which connection, and for how long at a time."""

    connection_id: str
    holder: str
    clock: Clock
    duration: timedelta

    def expiry(self) -> datetime:
        """When a lease written now ends."""
        return self.clock.now() + self.duration


async def take_lease(store: Store, tenant: Tenant, row: Row | None, run_id: str) -> Fence | None:
    """Take the lease as it was read in `row`; None when it moved on meanwhile and must be read again.

    Raises LeaseTaken when another holder has it, after asking that holder for another pass.
    """
    found = lease_of(tenant.connection_id, row)
    if row is not None and found.holder != tenant.holder and not found.is_free(tenant.clock.now()):
        if not found.wake and not await _stored(store, tenant, Put(LEASE, lease_body(_woken(found)), row.etag)):
            return None
        seconds = (found.expires_at - tenant.clock.now()).total_seconds()
        raise LeaseTaken(f"another pass runs on connection {tenant.connection_id}", max(seconds, 1.0))
    taken = replace(
        found,
        holder=tenant.holder,
        run_id=run_id,
        tenure=uuid.uuid4().hex,
        serial=found.serial + 1,
        expires_at=tenant.expiry(),
        wake=False,
    )
    written = lease_body(taken)
    etag = await _stored(store, tenant, Insert(LEASE, written) if row is None else Put(LEASE, written, row.etag))
    return Fence(store, tenant, taken, etag) if etag else None


def _woken(lease: Lease) -> Lease:
    return replace(lease, wake=True)


async def _stored(store: Store, tenant: Tenant, operation: Insert | Put) -> str | None:
    """Store the lease row and give its etag; None when it was not as demanded."""
    try:
        return (await store.transact(Table.SYNC, tenant.connection_id, [operation]))[0]
    except RowConflict:
        return None
    except StoreUnavailable:
        row = await store.get(Table.SYNC, tenant.connection_id, LEASE)
        if row is None or row.body != operation.body:
            raise
        return row.etag


Stored = list[tuple[Operation, str]]
"""Operations that were stored, with the new etags; "" where the etag is not known."""


class Fence:
    """One tenure of a lease: transactions that fail once somebody else has taken it."""

    def __init__(self, store: Store, tenant: Tenant, lease: Lease, etag: str) -> None:
        self._store = store
        self._tenant = tenant
        self._lease = lease
        self._etag = etag
        self._serial = lease.serial
        self._is_woken = False

    @property
    def links(self) -> int:
        """Number of links of the connection."""
        return self._lease.links

    @property
    def next_serial(self) -> int:
        """Serial of the next transaction; no other transaction of this connection ever has it."""
        return self._serial + 1

    async def store(self, operations: Sequence[Operation], links_change: int = 0) -> Stored:
        """Store rows and renew the lease, all or nothing.

        A removal of a row that is gone, or is not the version named, is left out. Raises LeaseLost when another
        pass has taken over, StoreUnavailable when the outcome stays unknown.
        """
        return await self._submit(operations, lambda lease: replace(lease, links=lease.links + links_change))

    @property
    def is_held(self) -> bool:
        """Whether nobody else can have taken over: by our own clock, the time that we wrote last is not over."""
        return self._tenant.clock.now() < self._lease.expires_at

    async def hold(self) -> None:
        """Renew the lease when more than half of its time is over. Raises as `store` does."""
        if self._lease.expires_at - self._tenant.clock.now() < self._tenant.duration / 2:
            await self.store(())

    async def release(self, operations: Sequence[Operation], last: Run) -> bool:
        """Store rows and give the lease back; True when somebody asked for another pass meanwhile."""
        await self._submit(operations, lambda lease: replace(lease, holder="", wake=False, last=last))
        return self._is_woken

    async def _submit(self, operations: Sequence[Operation], changed: Callable[[Lease], Lease]) -> Stored:
        self._serial += 1
        unanswered = 0
        for _ in range(TRIES):
            wanted = replace(changed(self._lease), serial=self._serial, expires_at=self._tenant.expiry())
            lease_row = Put(LEASE, lease_body(wanted), self._etag)
            try:
                etags = await self._store.transact(Table.SYNC, self._tenant.connection_id, [lease_row, *operations])
            except RowConflict as conflict:
                if conflict.key != LEASE:
                    operations = await self._without_vain_removals(operations)
                elif await self._was_stored():
                    return [(operation, "") for operation in operations]
            except StoreUnavailable:
                if await self._was_stored():
                    return [(operation, "") for operation in operations]
                unanswered += 1
                if unanswered > 1:
                    raise
            else:
                self._lease, self._etag = wanted, etags[0]
                return list(zip(operations, etags[1:], strict=True))
        raise StoreUnavailable(f"rows of connection {self._tenant.connection_id} keep changing")

    async def _was_stored(self) -> bool:
        """Read the lease row again: is it of the transaction under way, of an earlier one, or another's (LeaseLost)?"""
        row = await self._store.get(Table.SYNC, self._tenant.connection_id, LEASE)
        found = lease_of(self._tenant.connection_id, row)
        if row is None or found.tenure != self._lease.tenure:
            raise LeaseLost(f"another pass took over connection {self._tenant.connection_id}")
        self._lease, self._etag = found, row.etag
        self._is_woken |= found.wake
        return found.serial == self._serial

    async def _without_vain_removals(self, operations: Sequence[Operation]) -> list[Operation]:
        removed = [operation.key for operation in operations if isinstance(operation, Remove)]
        rows = await self._store.get_many(Table.SYNC, self._tenant.connection_id, removed)
        return [operation for operation in operations if not isinstance(operation, Remove) or _can(operation, rows)]


def _can(removal: Remove, rows: dict[str, Row]) -> bool:
    found = rows.get(removal.key)
    return found is not None and removal.etag in {None, found.etag}
