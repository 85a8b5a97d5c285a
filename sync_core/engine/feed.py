"""The feed: one poll of a space per tick, whatever the number of connections, into the inboxes of whom it concerns.

A changed contact goes to every connection that has it in scope now **or had it when it was last seen**: only so
is it noticed that a contact left a user's scope. The watermark moves only after the inboxes are stored; the
overlap makes rows safe that become visible late; what was seen already in the same version is passed over. A quiet
space moves its watermark too, well behind Pipeliner's own clock, so that old rows are not read again for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sync_core.domain import (
    Contact,
    Ownership,
    PipelinerId,
    RightsMode,
    Scope,
    Trigger,
    in_scope,
    sees_otherwise,
    with_rights,
)
from sync_core.engine.indexing import note_space, read_space
from sync_core.engine.ports import (
    FeedRow,
    FeedState,
    FeedTurn,
    KnownRights,
    PipelinerPort,
    RightsList,
    RightsPort,
    RunQueue,
    RunRequest,
    Seen,
    Stream,
    Subscriber,
    Walk,
)
from sync_core.engine.rights import RightsPoll
from sync_core.errors import SyncError

OVERLAP = timedelta(minutes=5)
"""How long a row may become visible after its `modified`; undocumented, so generous."""


@dataclass(slots=True)
class Poll:
    """What one poll found: which connections got something, and how many rows were new."""

    dirty: set[str] = field(default_factory=set)
    rows: int = 0
    was_taken: bool = False
    """Whether another reader had its turn, so that this one did nothing."""
    knows_space: bool = False
    """Whether the index knows the whole space, and nobody reads it as a whole."""
    skipped: int = 0
    """Records that could not be read at all."""
    differed: int = 0
    """By how many contacts a reading of the whole space that ended now differed from what was known."""
    see_otherwise: set[str] = field(default_factory=set)
    """Connections whose users may see other contacts or fields than before."""
    stopped: set[str] = field(default_factory=set)
    """Connections whose users were deactivated."""


@dataclass(frozen=True, slots=True)
class RightsSource:
    """Where a poll reads what users may do, and what counts; with `whole` all is read, whatever is new."""

    port: RightsPort
    mode: RightsMode
    now: datetime
    whole: bool = False


async def poll(
    pipeliner: PipelinerPort,
    state: FeedState,
    turn: FeedTurn,
    subscribers: Sequence[Subscriber],
    source: RightsSource,
) -> Poll:
    """Read what users may do, then the streams, and deliver; then a part of a space that its index does not know.

    One reader at a time: another one does nothing. The first poll of a space only remembers where it begins.
    """
    if not await turn.begin():
        return Poll(was_taken=True)
    try:
        before = turn.rights
        of_space = (source.port, before, source.mode, source.now, source.whole)
        rights = RightsPoll(*of_space, with_shares=True, renew_lease=turn.renew_lease)
        turn.keep_rights(await rights.run())
        found = await _read_streams(pipeliner, state, turn, subscribers, rights)
        note_rights(found, before, turn.rights, source.mode, subscribers)
        was_read = turn.index.is_being_read
        await read_space(pipeliner, turn)
        found.knows_space = turn.index.is_known and not turn.index.is_being_read
        found.differed = turn.index.differed if was_read and found.knows_space else 0
    except SyncError:
        await turn.give_up()
        raise
    await turn.end()
    return found


def note_rights(
    found: Poll, before: KnownRights, after: KnownRights, mode: RightsMode, subscribers: Sequence[Subscriber]
) -> None:
    """Say of which connections the users were stopped, or see other contacts than before."""
    for subscriber in subscribers:
        user = subscriber.connection.user
        member = after.space.members.get(user.id)
        if member is not None and member.is_stopped:
            found.stopped.add(subscriber.connection.id)
        had, has = (with_rights(user, known.space, mode) for known in (before, after))
        if had is not None and has is not None and sees_otherwise(had, has):
            found.see_otherwise.add(subscriber.connection.id)


async def _read_streams(
    pipeliner: PipelinerPort, state: FeedState, turn: FeedTurn, subscribers: Sequence[Subscriber], rights: RightsPoll
) -> Poll:
    watermarks = turn.watermarks
    if not watermarks:
        now = await pipeliner.server_time()
        await turn.advance(dict.fromkeys(Stream, now))
        return Poll()
    known = [
        replace(one, connection=replace(one.connection, user=user)) if user is not None else one
        for one in subscribers
        for user in [with_rights(one.connection.user, turn.rights.space, rights.mode)]
    ]
    reader = _Reader(pipeliner, state, turn, known)
    reached: dict[Stream, datetime] = {}
    for stream in Stream:
        since = watermarks.get(stream, watermarks[Stream.SHARING])
        if stream is Stream.UNIT_SHARING and RightsList.UNIT_SHARES not in rights.moved:
            continue
        newest = await reader.read(stream, since - OVERLAP)
        now = await pipeliner.server_time()
        quiet_until = now - OVERLAP
        # A time that is still to come would hide whatever is changed until then.
        reached[stream] = max(since, min(newest or quiet_until, now), quiet_until)
    if rights.lost_shares(reader.unshared):
        wide = [one.connection.id for one in subscribers if one.connection.scope is not Scope.OWNED]
        reader.found.see_otherwise.update(wide)
    await turn.advance(reached, reader.shown)
    return reader.found


class _Fresh(NamedTuple):
    """A row of a version not seen before, with what was remembered of it."""

    row: FeedRow
    before: Seen | None


Holders = tuple[Ownership | None, ...]


@dataclass(slots=True)
class _Reader:
    pipeliner: PipelinerPort
    state: FeedState
    turn: FeedTurn
    subscribers: Sequence[Subscriber]
    found: Poll = field(default_factory=Poll)
    shown: set[str] = field(default_factory=set)
    """Contacts and accounts that stood in a page, new or not."""
    unshared: int = 0
    """Ended shares with units that were not known before."""

    async def read(self, stream: Stream, since: datetime) -> datetime | None:
        """Read a stream to its end; returns the newest time seen."""
        newest: datetime | None = None
        after: str | None = None
        walk = Walk(f"the changes of {stream.value}")
        while True:
            await self.turn.renew_lease()
            page = await self.pipeliner.changes(stream, since, after)
            by_id = {row.id: row for row in page.rows}
            self.shown.update(by_id if stream in {Stream.CONTACTS, Stream.ACCOUNTS} else ())
            seen = await self.state.seen(stream, list(by_id)) if by_id else {}
            fresh = [
                _Fresh(row, seen.get(key))
                for key, row in by_id.items()
                if key not in seen or seen[key].version != row.version
            ]
            self.found.rows += len(fresh)
            if fresh:
                await self._deliver(stream, fresh)
                await self.state.remember(stream, {row.id: Seen(row.version, row.ownership) for row, _ in fresh})
            times = [row.modified for row in page.rows if row.modified is not None]
            newest = max(times + ([newest] if newest else []), default=None)
            self.found.skipped += page.skipped
            if page.after is None:
                return newest
            after = walk.to(page.after)

    async def _deliver(self, stream: Stream, fresh: Sequence[_Fresh]) -> None:
        """Put contacts into the inboxes of those whom the rows concern."""
        if stream in {Stream.SHARING, Stream.UNIT_SHARING}:
            # A sharing concerns its users; who else has the contact is no longer certain and must be looked up.
            self.unshared += sum(row.is_deleted for row, _ in fresh) if stream is Stream.UNIT_SHARING else 0
            for subscriber in self.subscribers:
                user = subscriber.connection.user
                shared = [row for row, _ in fresh if row.user_id == user.id or row.unit_id in user.unit_ids]
                await self._put(subscriber, [key for row in shared for key in row.contact_ids])
            ids = list(dict.fromkeys(key for row, _ in fresh for key in row.contact_ids))
            seen = await self.state.seen(Stream.CONTACTS, ids)
            await self.state.remember(Stream.CONTACTS, {key: Seen(item.version) for key, item in seen.items()})
            return
        concerned = await self._concerned(stream, fresh)
        await note_space(
            self.turn.index,
            {key: contact for key, contact in concerned.items() if contact is not None},
            [row.id for row, _ in fresh if stream is Stream.CONTACTS and row.is_deleted],
        )
        holders = await self._holders(stream, fresh, list(concerned))
        askers = await self.state.askers(list(holders)) if holders else {}
        for subscriber in self.subscribers:
            user, scope = subscriber.connection.user, subscriber.connection.scope
            mine = {
                key
                for key, had in holders.items()
                if any(ownership is not None and in_scope(ownership, user, scope) for ownership in had)
                or subscriber.connection.id in askers.get(key, ())  # a candidate of theirs, whoever has it
            }
            unsure = [key for key, had in holders.items() if key not in mine and None in had]
            if unsure:
                mine |= await self.state.linked(subscriber.connection.id, unsure)
            await self._put(subscriber, [key for key in holders if key in mine])

    async def _concerned(self, stream: Stream, fresh: Sequence[_Fresh]) -> dict[PipelinerId, Contact | None]:
        """Which contacts the rows concern, with what identifies them; None for those that are not shown."""
        concerned: dict[PipelinerId, Contact | None] = {}
        for row, _ in fresh:
            concerned.update(dict.fromkeys(row.contact_ids, row.contact))
            after: str | None = None
            walk = Walk("the contacts of an account")
            while stream is Stream.ACCOUNTS:
                await self.turn.renew_lease()
                related, after = await self.pipeliner.contacts_of_account(row.id, after)
                concerned.update(related)
                if walk.to(after) is None:
                    break
        return concerned

    async def _holders(
        self, stream: Stream, fresh: Sequence[_Fresh], concerned: Sequence[PipelinerId]
    ) -> dict[PipelinerId, Holders]:
        """Who has each concerned contact now and who had it; None where that is not known."""
        if stream is Stream.CONTACTS:
            return {
                PipelinerId(row.id): (row.ownership, before.ownership if before is not None else None)
                for row, before in fresh
            }
        seen = await self.state.seen(Stream.CONTACTS, concerned) if concerned else {}
        return {key: (seen[key].ownership if key in seen else None,) for key in concerned}

    async def _put(self, subscriber: Subscriber, ids: Sequence[PipelinerId]) -> None:
        if ids:
            await self.state.deliver(subscriber.connection.id, ids)
            self.found.dirty.add(subscriber.connection.id)


async def dispatch(queue: RunQueue, subscribers: Sequence[Subscriber], now: datetime, trigger: Trigger) -> list[str]:
    """Enqueue a run for every active connection that is not backing off; returns their ids."""
    due = [item.connection.id for item in subscribers if is_due(item, now)]
    for connection_id in due:
        await queue.put(RunRequest(connection_id, trigger))
    return due


def is_due(subscriber: Subscriber, now: datetime) -> bool:
    """Whether a connection takes part in this tick."""
    return subscriber.is_active and (subscriber.not_before is None or subscriber.not_before <= now)
