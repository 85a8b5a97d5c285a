"""The nightly repair of one connection's rows: links and their indexes, removals, attention, approval, the count.

All is written under the connection's lease, and a page of rows is in memory at a time. Whether links and
indexes agree is told by two sums over their rows, so that a healthy connection costs three walks and no
look-ups. A repair that was cut off is simply done again: what it stored is whole, row by row.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace

from sync_core.domain import Action, HistoryEntry, Link, LinkId, Run, Side, link_subject
from sync_core.state.lease import Fence, Tenant, Writer, take_lease
from sync_core.state.record_rows import entry_text, run_json
from sync_core.state.rows import (
    APPROVAL,
    ATTENTION,
    AWAITED,
    INDEX,
    LINK,
    OUTLOOK_LOOK,
    PIPELINER_LOOK,
    RUN,
    body,
    index_entry_of,
    link_of,
    link_operations,
)
from sync_core.state.run_rows import outlook_look_of, pipeliner_look_of
from sync_core.storage import Put, Remove, Row, Store, Table, find_rows, read_pages

_PAGE = 500
LOSER = "another link has the same contact"

_LINK_ATTENTION = ATTENTION + link_subject(LinkId(""))
_SUM = 2**128


@dataclass(frozen=True, slots=True)
class Repairs:
    """How many rows of each kind were found damaged, and repaired."""

    stray_index_rows: int = 0
    """Index rows that no link explains."""
    restored_index_rows: int = 0
    """Index rows that a link lacked, or that said something else."""
    double_links: int = 0
    """Links that claimed a contact of another link, and were ended."""
    stray_removals: int = 0
    """Removals that waited for a link that is gone."""
    stray_attention: int = 0
    """Attention items about a link that is gone."""
    void_approvals: int = 0
    """Approvals with nothing held."""
    miscounted_links: int = 0
    """By how many the number of links was wrong."""


@dataclass(slots=True)
class _Tally:
    """Number and sum of index rows in any order: where both are equal, so are the rows."""

    rows: int = 0
    total: int = 0

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            entry = index_entry_of(row)
            text = f"{row.key}\0{entry.link_id}\0{entry.token}"
            self.rows += 1
            self.total = (self.total + int.from_bytes(hashlib.sha256(text.encode()).digest()[:16])) % _SUM


@dataclass(slots=True)
class RowRepair:
    """One repair. The lease stays with the tenant, for the run of the same holder that follows, or `release`."""

    store: Store
    tenant: Tenant
    run_id: str
    repairs: Repairs = field(default_factory=Repairs)
    _fence: Fence = field(init=False)
    _writer: Writer = field(init=False)
    _links: int = 0

    async def run(self) -> Repairs:
        """Take the lease and repair what is damaged. Raises LeaseTaken, LeaseLost and StoreUnavailable."""
        self._fence = await take_lease(self.store, self.tenant, self.run_id)
        self._writer = Writer(self._fence)
        if not await self._links_and_indexes_agree():
            await self._repair_links()
            await self._drop_stray_index_rows()
        removals = await self._drop_without_link(AWAITED)
        attention = await self._drop_without_link(_LINK_ATTENTION)
        self.repairs = replace(self.repairs, stray_removals=removals, stray_attention=attention)
        await self._drop_void_approval()
        difference = self._links - self._fence.lease.links
        if difference:
            self._count(miscounted_links=abs(difference))
            await self._fence.store([], difference)
        return self.repairs

    async def release(self, run: Run) -> None:
        """Return the lease when no run follows, and write down the run."""
        await self._fence.store([Put(RUN + run.id, body(run_json(run)))], last=run)

    # Links and indexes

    async def _links_and_indexes_agree(self) -> bool:
        expected, found = _Tally(), _Tally()
        async for rows in self._pages(LINK):
            self._links += len(rows)
            for row in rows:
                expected.add(index_rows(link_of(row)).values())
        for side in Side:
            async for rows in self._pages(INDEX[side]):
                found.add(rows)
        return expected == found

    async def _repair_links(self) -> None:
        """Return each link its index rows; of two that claim a contact the one stays that its index row names."""
        async for rows in self._pages(LINK):
            links = [link_of(row) for row in rows]
            found = await self._find(key for link in links for key in index_rows(link))
            named = {index_entry_of(row).link_id for row in found.values()}
            owners = {row.key: link_of(row) for row in (await self._find(LINK + link_id for link_id in named)).values()}
            for link in links:
                await self._repair_link(link, found, owners)
            await self._writer.flush()

    async def _repair_link(self, link: Link, found: dict[str, Row], owners: dict[str, Link]) -> None:
        wanted = index_rows(link)
        if any(self._is_rivals(link, found.get(key), owners) for key in wanted):
            await self._end(link, found)
            return
        wrong = [
            row for key, row in wanted.items() if key not in found or index_entry_of(found[key]) != index_entry_of(row)
        ]
        if wrong:
            found.update((row.key, row) for row in wrong)
            self._count(restored_index_rows=len(wrong))
            await self._writer.write([Put(row.key, row.body) for row in wrong])

    @staticmethod
    def _is_rivals(link: Link, row: Row | None, owners: dict[str, Link]) -> bool:
        """Whether an index row names another link that is there and has this contact."""
        owner_id = index_entry_of(row).link_id if row is not None else link.id
        owner = owners.get(LINK + owner_id)
        return row is not None and owner is not None and owner_id != link.id and row.key in index_rows(owner)

    async def _end(self, link: Link, found: dict[str, Row]) -> None:
        own = [key for key in index_rows(link) if key in found and index_entry_of(found[key]).link_id == link.id]
        for key in own:
            del found[key]
        self._links -= 1
        self._count(double_links=1)
        entry = HistoryEntry(Action.ENDED, None, link.id, link.outlook_id, link.pipeliner_id, why=LOSER)
        await self._writer.write([Remove(LINK + link.id), *map(Remove, own)], [entry_text(entry)], links_change=-1)

    async def _drop_stray_index_rows(self) -> None:
        for side in Side:
            async for rows in self._pages(INDEX[side]):
                names = {row.key: LINK + index_entry_of(row).link_id for row in rows}
                links = {key: link_of(row) for key, row in (await self._find(names.values())).items()}
                for row in rows:
                    link = links.get(names[row.key])
                    if link is None or row.key not in index_rows(link):
                        self._count(stray_index_rows=1)
                        await self._writer.write([Remove(row.key)])
                await self._writer.flush()

    # What refers to links

    async def _drop_without_link(self, prefix: str) -> int:
        """Remove rows whose keys name a link that is gone; returns how many."""
        dropped = 0
        async for rows in self._pages(prefix):
            names = {row.key: LINK + row.key.removeprefix(prefix) for row in rows}
            links = await self._find(names.values())
            for row in rows:
                if names[row.key] not in links:
                    dropped += 1
                    await self._writer.write([Remove(row.key, row.etag)])
            await self._writer.flush()
        return dropped

    async def _drop_void_approval(self) -> None:
        row = await self.store.get(Table.SYNC, self.tenant.connection_id, APPROVAL)
        if row is None:
            return
        async for _ in self._pages(AWAITED):
            return
        async for rows in self._pages(PIPELINER_LOOK):
            if any(pipeliner_look_of(look).awaits_approval for look in rows):
                return
        async for rows in self._pages(OUTLOOK_LOOK):
            if any(outlook_look_of(look).awaits_approval for look in rows):
                return
        self._count(void_approvals=1)
        await self._writer.write([Remove(APPROVAL, row.etag)])
        await self._writer.flush()

    # Rows

    async def _pages(self, prefix: str) -> AsyncIterator[Sequence[Row]]:
        async for rows in read_pages(self.store, Table.SYNC, self.tenant.connection_id, prefix, rows=_PAGE):
            await self._fence.renew_lease()
            yield rows

    async def _find(self, keys: Iterable[str]) -> dict[str, Row]:
        return await find_rows(self.store, Table.SYNC, self.tenant.connection_id, keys)

    def _count(self, **more: int) -> None:
        known = {name: getattr(self.repairs, name) + count for name, count in more.items()}
        self.repairs = replace(self.repairs, **known)


def index_rows(link: Link) -> dict[str, Row]:
    """Index rows that a link must have, by their keys."""
    puts = (item for item in link_operations(None, link) if isinstance(item, Put) and item.key != LINK + link.id)
    return {item.key: Row(item.key, item.body, "") for item in puts}
