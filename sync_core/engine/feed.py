"""The feed: one poll of a space per tick, whatever the number of connections, into the inboxes of whom it concerns.

A changed contact goes to every connection that has it in scope now **or had it when it was last seen**: only so
is it noticed that a contact left a user's scope. The watermark moves only after the inboxes are stored; the
overlap makes rows safe that become visible late; what was seen already in the same version is passed over. A quiet
space moves its watermark too, well behind Pipeliner's own clock, so that old rows are not read again for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync_core.domain.contact import PipelinerId
from sync_core.domain.sides import Ownership, in_scope
from sync_core.engine.feed_port import FeedState, Seen, Subscriber
from sync_core.engine.ports import FeedRow, PipelinerPort, Stream

OVERLAP = timedelta(minutes=5)
"""How long a row may become visible after its `modified`; undocumented, so generous."""


@dataclass(slots=True)
class Poll:
    """What one poll found: which connections got something, and how many rows were new."""

    dirty: set[str] = field(default_factory=set)
    rows: int = 0


async def poll(pipeliner: PipelinerPort, state: FeedState, subscribers: Sequence[Subscriber]) -> Poll:
    """Read the four streams and deliver; the first poll of a space only remembers where it begins."""
    watermarks = dict(await state.watermarks())
    if not watermarks:
        now = await pipeliner.server_time()
        await state.advance(dict.fromkeys(Stream, now))
        return Poll()
    reader = _Reader(pipeliner, state, subscribers)
    reached: dict[Stream, datetime] = {}
    for stream in Stream:
        newest = await reader.read(stream, watermarks[stream] - OVERLAP)
        quiet_until = await pipeliner.server_time() - OVERLAP
        reached[stream] = max(watermarks[stream], newest or quiet_until, quiet_until)
    if reached != watermarks:
        await state.advance(reached)
    return reader.found


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A row of a version not seen before, with what was remembered of it."""

    row: FeedRow
    before: Seen | None


@dataclass(slots=True)
class _Reader:
    pipeliner: PipelinerPort
    state: FeedState
    subscribers: Sequence[Subscriber]
    found: Poll = field(default_factory=Poll)

    async def read(self, stream: Stream, since: datetime) -> datetime | None:
        """Read a stream to its end; gives the newest time seen."""
        newest: datetime | None = None
        after: str | None = None
        while True:
            page = await self.pipeliner.changes(stream, since, after)
            fresh = await self._fresh(stream, page.rows)
            self.found.rows += len(fresh)
            if fresh:
                await self._deliver(stream, fresh)
                await self.state.remember(stream, {item.row.id: _seen(item.row) for item in fresh})
            newest = max([row.modified for row in page.rows] + ([newest] if newest else []), default=None)
            if page.after is None:
                return newest
            after = page.after

    async def _fresh(self, stream: Stream, rows: Iterable[FeedRow]) -> list[_Fresh]:
        by_id = {row.id: row for row in rows}
        seen = await self.state.seen(stream, list(by_id)) if by_id else {}
        return [
            _Fresh(row, seen.get(key))
            for key, row in by_id.items()
            if key not in seen or seen[key].version != row.version
        ]

    async def _deliver(self, stream: Stream, fresh: Sequence[_Fresh]) -> None:
        if stream is Stream.SHARING:
            await self._deliver_sharing([item.row for item in fresh])
            return
        holders = await self._holders(stream, fresh)
        for subscriber in self.subscribers:
            mine = {key for key, had in holders.items() if any(_covers(subscriber, item) for item in had)}
            unsure = [key for key, had in holders.items() if key not in mine and None in had]
            if unsure:
                mine |= await self.state.linked(subscriber.connection.id, unsure)
            await self._put(subscriber, [key for key in holders if key in mine])

    async def _holders(self, stream: Stream, fresh: Sequence[_Fresh]) -> dict[PipelinerId, Holders]:
        """Who has each concerned contact now and who had it; None where that is not known."""
        if stream is Stream.CONTACTS:
            return {
                PipelinerId(item.row.id): (item.row.ownership, item.before.ownership if item.before else None)
                for item in fresh
            }
        ids = await self._concerned(stream, [item.row for item in fresh])
        seen = await self.state.seen(Stream.CONTACTS, ids) if ids else {}
        return {key: (seen[key].ownership if key in seen else None,) for key in ids}

    async def _concerned(self, stream: Stream, rows: Sequence[FeedRow]) -> list[PipelinerId]:
        found: dict[PipelinerId, None] = {}
        for row in rows:
            found.update(dict.fromkeys(row.contact_ids))
            after: str | None = None
            while stream is Stream.ACCOUNTS:
                ids, after = await self.pipeliner.contacts_of_account(row.id, after)
                found.update(dict.fromkeys(ids))
                if after is None:
                    break
        return list(found)

    async def _deliver_sharing(self, rows: Sequence[FeedRow]) -> None:
        """A sharing concerns its user; who else has the contact is no longer certain and must be looked up."""
        for subscriber in self.subscribers:
            user_id = subscriber.connection.user.id
            await self._put(subscriber, [key for row in rows if row.user_id == user_id for key in row.contact_ids])
        ids = list(dict.fromkeys(key for row in rows for key in row.contact_ids))
        seen = await self.state.seen(Stream.CONTACTS, ids)
        await self.state.remember(Stream.CONTACTS, {key: Seen(item.version) for key, item in seen.items()})

    async def _put(self, subscriber: Subscriber, ids: Sequence[PipelinerId]) -> None:
        if ids:
            await self.state.deliver(subscriber.connection.id, ids)
            self.found.dirty.add(subscriber.connection.id)


Holders = tuple[Ownership | None, ...]


def _seen(row: FeedRow) -> Seen:
    return Seen(row.version, row.ownership)


def _covers(subscriber: Subscriber, ownership: Ownership | None) -> bool:
    connection = subscriber.connection
    return ownership is not None and in_scope(ownership, connection.user, connection.scope)
