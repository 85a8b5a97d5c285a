"""One reader's turn at the feed of a space: the lease row in the space's partition, the watermarks and the index.

The lease is the same as a connection's: its row is part of every transaction, so that a reader whose lease was taken
over can move no watermark and write no row of the index. What such a reader still delivers are looks, which do no harm.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from typing_extensions import override

from sync_core.domain import Side
from sync_core.engine.ports import Clock, FeedTurn, KnownRights, SideIndex, Stream
from sync_core.errors import LeaseLost, LeaseTaken, SyncError
from sync_core.state.feed import WATERMARKS, watermarks_of
from sync_core.state.index import StoredSideIndex
from sync_core.state.index_lookup import ROWS_AT_ONCE
from sync_core.state.index_rows import INDEX_ROWS, INDEX_STATE, space_place
from sync_core.state.keyed import KeyedHash
from sync_core.state.lease import Fence, Tenant, lease_of, take_lease
from sync_core.state.reservation_rows import RESERVED, ReservedRows
from sync_core.state.reservations import is_shown
from sync_core.state.rights_rows import rights_of, rights_operations
from sync_core.state.rows import LEASE, RIGHTS, body
from sync_core.storage import Operation, Put, Row, Store, Table, batches, read_pages

LEASE_S = 30.0
"""How long a reader that died holds up the others. A living one renews it before each request."""
_OPENING_END = "2."


class StoredFeedTurn(FeedTurn):
    """`FeedTurn` over a store; one instance serves one poll."""

    def __init__(self, store: Store, space_id: str, clock: Clock, keyed: KeyedHash) -> None:
        self._store = store
        self._space_id = space_id
        self._tenant = Tenant(space_id, uuid.uuid4().hex, clock, timedelta(seconds=LEASE_S), Table.SPACES, _OPENING_END)
        self._index = StoredSideIndex(store, space_place(space_id), Side.PIPELINER, keyed)
        self._fence: Fence | None = None
        self._watermarks: Mapping[Stream, datetime] = {}
        self._began_at: datetime | None = None
        self._unstored: list[Operation] = []
        self._polled_at: datetime | None = None
        self._reserved: Sequence[Row] = ()
        self._rights_rows: Sequence[Row] = ()
        self._rights = KnownRights()
        self._key_id = keyed.id

    @property
    @override
    def watermarks(self) -> Mapping[Stream, datetime]:
        return self._watermarks

    @property
    @override
    def index(self) -> SideIndex:
        return self._index

    @property
    @override
    def rights(self) -> KnownRights:
        return self._rights

    @override
    def keep_rights(self, known: KnownRights) -> None:
        self._unstored.extend(rights_operations(self._rights_rows, self._rights, known))
        self._rights = known

    @override
    async def begin(self) -> bool:
        """Take the lease, and read watermarks, rights and index state in the same request."""
        self._began_at = self._tenant.clock.now()
        try:
            self._fence = await take_lease(self._store, self._tenant, "", with_opening=True)
        except LeaseTaken:
            return False
        rows = {row.key: row for row in self._fence.opening}
        self._watermarks = watermarks_of(rows.get(WATERMARKS))
        self._index.opened(rows.get(INDEX_STATE), self._fence.store)
        self._rights_rows = [row for row in self._fence.opening if row.key.startswith(RIGHTS)]
        self._rights = rights_of(self._rights_rows) if self._rights_rows else KnownRights()
        self._reserved = [row for row in self._fence.opening if row.key.startswith(RESERVED)]
        return True

    @override
    async def renew_lease(self) -> None:
        await self._held.renew_lease()

    @override
    async def advance(self, watermarks: Mapping[Stream, datetime], shown: Collection[str] = ()) -> None:
        """Note it; it is stored when the lease is given back, also where the turn is given up.

        Reservations end in the rows that were read with the lease, so that nothing is asked where nothing is reserved.
        """
        if self._reserved and self._index.is_known:
            reserved, now = ReservedRows(self._store, self._space_id, self._key_id), self._tenant.clock.now()
            await reserved.drop(reserved.take(self._reserved), lambda _, one: is_shown(one, shown, now))
        moved = {**self._watermarks, **watermarks}
        if moved != self._watermarks:
            self._unstored.append(Put(WATERMARKS, body(moved)))
        self._watermarks, self._polled_at = moved, self._began_at

    @override
    async def end(self) -> None:
        await self._index.store()
        fence, self._fence = self._held, None
        *first, last = [*batches(self._unstored)] or [[]]
        for some in first:
            await fence.store(some)
        await fence.store(last, gives_back=True, polled_at=self._polled_at)

    @override
    async def give_up(self) -> None:
        with suppress(SyncError):
            await self.end()

    async def index_rows(self) -> AsyncIterator[Row]:
        """Read all rows of the index."""
        async for rows in read_pages(self._store, Table.SPACES, self._space_id, INDEX_ROWS, rows=ROWS_AT_ONCE):
            await self.renew_lease()
            for row in rows:
                yield row

    async def store(self, operations: Sequence[Operation]) -> None:
        """Store rows under the lease."""
        await self._held.store(operations)

    @property
    def _held(self) -> Fence:
        if self._fence is None:
            raise LeaseLost("no turn at the feed of the space has begun")
        return self._fence


async def polled_at(store: Store, space_id: str) -> datetime | None:
    """Return when the last whole reading of a space's feed began, by the clock of its host; None before any."""
    return lease_of(await store.get(Table.SPACES, space_id, LEASE)).polled_at
