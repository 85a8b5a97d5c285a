"""What the parts of one run share."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sync_core.domain import Connection, Link, LinkId, OutlookId, PipelinerId, RunCounts, Side
from sync_core.engine.ports import (
    NO_RULINGS,
    ChangeSet,
    Clock,
    ConnectionState,
    Cursor,
    IdentityIndex,
    Intent,
    NoteDuplicates,
    OpenReservations,
    OtherCreate,
    OutlookFolderPort,
    PipelinerContactsPort,
    ReadFeed,
    ReadRights,
    Reservations,
    Rulings,
    RunWatch,
    SideIndex,
    as_given,
    unnoted,
    unread,
    unreserved,
)
from sync_core.errors import RunInterrupted, Stopped

BATCH = 192
"""Contacts applied together: a journal transaction and six commits of 32 new links."""
_MOST_UNSORTED = 10_000


@dataclass(slots=True)
class SeenIds:
    """Ids that a full sync has seen, in a dozen bytes each instead of some 300: there are as many as contacts.

    It knows them by this process's hashes. Two ids of one hash would leave a missing contact unnoticed, until the next
    full sync: once in a billion syncs of 100,000 contacts.
    """

    _sorted: array[int] = field(default_factory=lambda: array("q"))
    _latest: set[int] = field(default_factory=set)

    def update(self, ids: Iterable[str]) -> None:
        """Add ids."""
        self._latest.update(map(hash, ids))
        if len(self._latest) > _MOST_UNSORTED:
            self._sorted = array("q", sorted((*self._sorted, *self._latest)))
            self._latest = set()

    def clear(self) -> None:
        """Forget all."""
        self._sorted, self._latest = array("q"), set()

    def __contains__(self, one: str) -> bool:
        wanted = hash(one)
        place = bisect_left(self._sorted, wanted)
        return wanted in self._latest or (place < len(self._sorted) and self._sorted[place] == wanted)


@dataclass(slots=True)
class RunContext:
    """One run: its connection, its ports, and what it has found so far."""

    run_id: str
    connection: Connection
    folder_id: str
    folder: OutlookFolderPort
    contacts: PipelinerContactsPort
    state: ConnectionState
    clock: Clock
    index: IdentityIndex
    started: datetime
    folder_index: SideIndex
    deadline: datetime
    watch: RunWatch
    cursor: Cursor = field(default_factory=Cursor)
    counts: RunCounts = field(default_factory=RunCounts)
    links: int = 0
    removals_approved: bool = False
    keeps_approval: bool = False
    """Whether something approved is not due yet."""
    replaced: dict[PipelinerId, frozenset[str]] = field(default_factory=dict)
    """Pairs of this run of which one side's values lost, and in which fields."""
    creates_today: int = 0
    creates_held: int = 0
    has_work: bool = False
    open_creates: tuple[Intent, ...] = ()
    seen_outlook: SeenIds = field(default_factory=SeenIds)
    seen_pipeliner: SeenIds = field(default_factory=SeenIds)
    recovery_wait_s: float = 0.0
    waits_for_index: bool = False
    """Whether contacts wait because it is not known as a whole who is on both sides."""
    other_creates: set[OtherCreate] = field(default_factory=set)
    """Creates of other connections for which contacts of this one wait."""
    pause_s: float = 0.0
    starts_small: bool = False
    has_started_over: bool = False
    retry_s: float = 0.0
    """After which a contact that failed by itself is tried again."""
    failing: list[ChangeSet] = field(default_factory=list)
    """What is stored next of contacts that could not be looked at."""
    read_feed: ReadFeed = unread
    rulings: Rulings = NO_RULINGS
    open_reservations: OpenReservations = unreserved
    note_duplicates: NoteDuplicates = unnoted
    read_rights: ReadRights = as_given
    is_answering: bool = False
    """Whether somebody's answer, or a full sync, has rulings on linked pairs looked up."""
    _reservations: Reservations | None = None
    _minted: int = 0
    _checkpoints: int = 0

    @property
    def reservations(self) -> Reservations:
        """What is reserved in the space: opened by the first create, and the same for the whole run."""
        if self._reservations is None:
            self._reservations = self.open_reservations()
        return self._reservations

    def mint_link_id(self) -> LinkId:
        """Return a new link id; unique because run ids are."""
        self._minted += 1
        return LinkId(hashlib.sha256(f"{self.run_id}/{self._minted}".encode()).hexdigest()[:20])

    async def commit(
        self, change_sets: Sequence[ChangeSet], cursor: Cursor | None = None, finished: Sequence[LinkId] = ()
    ) -> None:
        """Store change sets (those that hold anything) and remember the cursor. Raises Stopped where all is."""
        if self.failing:
            change_sets, self.failing = (*change_sets, *self.failing), []
        await self.state.commit(
            [change_set for change_set in change_sets if change_set != ChangeSet()], cursor, finished
        )
        if cursor is not None:
            self.cursor = cursor
        for change_set in change_sets:
            self.counts.attention += len(change_set.attention)
            self.has_work = self.has_work or bool(change_set.put_work)
            self.links += (change_set.before is None and change_set.after is not None) - (
                change_set.before is not None and change_set.after is None
            )
            if change_set.after is not None and self.cursor.is_full:
                self.seen_outlook.update([change_set.after.outlook_id])
                self.seen_pipeliner.update([change_set.after.pipeliner_id])
        if self.state.is_stopped:
            raise Stopped

    async def look_at_stop_switch(self) -> None:
        """Before writes that no transaction announces: raises Stopped where an administrator has stopped everything."""
        await self.state.renew_lease(at_once=True)
        if self.state.is_stopped:
            raise Stopped

    async def links_of(self, side: Side, ids: Sequence[str]) -> dict[str, Link]:
        """Return the links of contacts of one side, by their ids."""
        if side is Side.OUTLOOK:
            cards = (await self.state.outlook_index(list(map(OutlookId, ids)))).items()
            entries = {str(key): entry for key, entry in cards}
        else:
            contacts = (await self.state.pipeliner_index(list(map(PipelinerId, ids)))).items()
            entries = {str(key): entry for key, entry in contacts}
        links = await self.state.links([entry.link_id for entry in entries.values()]) if entries else {}
        return {key: links[entry.link_id] for key, entry in entries.items() if entry.link_id in links}

    def checkpoint(self) -> None:
        """Stop here when time is up or a service asked for a pause; everything so far is stored.

        The first checkpoint lets time pass, so that even the shortest budget brings every run one step on.
        """
        self._checkpoints += 1
        if self.pause_s:
            raise RunInterrupted("a service asked for a pause", self.pause_s)
        if self._checkpoints > 1 and self.clock.now() >= self.deadline:
            raise RunInterrupted("the time budget is used up")
