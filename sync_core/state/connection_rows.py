"""Reading the links of a connection and the work that waits; needs no lease."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sync_core.domain.contact import LinkId, OutlookId, PipelinerId, Side
from sync_core.domain.link import Link
from sync_core.domain.records import outlook_subject
from sync_core.engine.state_port import IndexEntry, OutlookWork, PipelinerWork, RemovalWork
from sync_core.state.keys import prefix_end
from sync_core.state.link_rows import index_entry_of, link_of
from sync_core.state.lookup import find_rows
from sync_core.state.pass_rows import outlook_work_of, pipeliner_work_of, removal_work_of
from sync_core.state.rows import (
    ATTENTION,
    LINK,
    OUTLOOK_WORK,
    PIPELINER_WORK,
    REMOVAL_WORK,
    after_key,
    index_key,
    index_prefix,
    link_key,
)
from sync_core.state.store import Row, Store, Table

_PAGE = 500
_OUTLOOK_ATTENTION = ATTENTION + outlook_subject(OutlookId(""))


class ConnectionRows:
    """What can be read of one connection's partition."""

    def __init__(self, store: Store, connection_id: str) -> None:
        self._store = store
        self._connection_id = connection_id

    async def outlook_index(self, ids: Sequence[OutlookId]) -> Mapping[OutlookId, IndexEntry]:
        """Look up links by Outlook id."""
        rows = await self._find(index_key(Side.OUTLOOK, contact_id) for contact_id in ids)
        prefix = index_prefix(Side.OUTLOOK)
        return {OutlookId(row.key.removeprefix(prefix)): index_entry_of(row) for row in rows}

    async def pipeliner_index(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, IndexEntry]:
        """Look up links by Pipeliner id; ids that stand close together are read as one range."""
        rows = await self._find(index_key(Side.PIPELINER, contact_id) for contact_id in ids)
        prefix = index_prefix(Side.PIPELINER)
        return {PipelinerId(row.key.removeprefix(prefix)): index_entry_of(row) for row in rows}

    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]:
        """Load links; missing ones are left out."""
        links = map(link_of, await self._find(link_key(link_id) for link_id in ids))
        return {link.id: link for link in links}

    async def links_page(self, after: LinkId | None) -> Sequence[Link]:
        """Read a page of all links in order of their ids; empty when there are no more."""
        return [link_of(row) for row in await self._page(LINK, after)]

    async def outlook_work(self, after: OutlookId | None) -> Sequence[OutlookWork]:
        """Read a page of the Outlook contacts that wait; empty when there are no more."""
        return [outlook_work_of(row) for row in await self._page(OUTLOOK_WORK, after)]

    async def pipeliner_work(self, after: PipelinerId | None) -> Sequence[PipelinerWork]:
        """Read a page of the Pipeliner contacts that wait; empty when there are no more."""
        return [pipeliner_work_of(row) for row in await self._page(PIPELINER_WORK, after)]

    async def removal_work(self, after: LinkId | None) -> Sequence[RemovalWork]:
        """Read a page of the removals that wait; empty when there are no more."""
        return [removal_work_of(row) for row in await self._page(REMOVAL_WORK, after)]

    async def waiting_outlook(self) -> Sequence[OutlookId]:
        """Give the Outlook contacts without a link that have an attention item, at most 1,000."""
        rows = await self._store.read(
            Table.SYNC, self._connection_id, _OUTLOOK_ATTENTION, prefix_end(_OUTLOOK_ATTENTION)
        )
        return [OutlookId(row.key.removeprefix(_OUTLOOK_ATTENTION)) for row in rows]

    async def _find(self, keys: Iterable[str]) -> Iterable[Row]:
        return (await find_rows(self._store, Table.SYNC, self._connection_id, keys)).values()

    async def _page(self, prefix: str, after: str | None) -> Sequence[Row]:
        start = prefix if after is None else after_key(prefix + after)
        return await self._store.read(Table.SYNC, self._connection_id, start, prefix_end(prefix), _PAGE)
