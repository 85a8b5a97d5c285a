"""What the engine needs of its own side: requests for runs and who watches them, and the state of runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from sync_core.domain import (
    AttentionItem,
    Contact,
    HistoryEntry,
    Link,
    LinkId,
    OutlookId,
    PipelinerId,
    Run,
    RunMode,
    Side,
    Trigger,
    link_subject,
    outlook_subject,
    pipeliner_subject,
)


class Clock(Protocol):
    """Time, through a port so that a simulation can own it."""

    def now(self) -> datetime:
        """Aware UTC time of this host."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A queue message: run this connection. It holds ids only."""

    connection_id: str
    trigger: Trigger
    mode: RunMode = RunMode.DELTA
    run_id: str = ""


class RunQueue(Protocol):
    """Where requests for runs wait for a worker."""

    async def put(self, request: RunRequest, delay_s: float = 0) -> None:
        """Enqueue a request, visible after a delay."""


class Step(StrEnum):
    """The steps of a run, in their order; a run that finds nothing leaves most of them out.

    Cursors, spans and functions name them alike.
    """

    OPEN = "open"
    RECOVER = "recover"
    READ_OUTLOOK = "read_outlook"
    LIST_PIPELINER = "list_pipeliner"
    LOOK_FOR_MISSING = "look_for_missing"
    PIPELINER_WORK = "pipeliner_work"
    OUTLOOK_WORK = "outlook_work"
    REMOVALS = "removals"
    CLOSE = "close"


class RunWatch(Protocol):
    """Watches one run; nothing that it does may change what the run does."""

    def step(self, step: Step | None) -> None:
        """The run has come to a step, which lasts until the next one; with None it is over, well or not."""

    def arrived(self, side: Side, since: datetime) -> None:
        """An edit that was made on the other side at `since` (that service's clock) is written on this one now."""


# The state of a connection, written by its runs


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a connection has read both sides. A full sync reads everything and looks for what is missing.

    While `is_paging`, the delta link leads on through pages, which may show the folder as it was at their start.
    """

    delta_link: str | None = None
    is_full: bool = True
    step: Step = Step.READ_OUTLOOK
    listing_after: str | None = None
    links_after: LinkId | None = None
    look_for_missing: bool = False
    links: int = 0
    is_paging: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """A create written down before its request: `side` is where, the known id is the counterpart's on the other side.

    `at` is the time of the service that creates (Pipeliner), or of this host (Outlook, found by stored id).
    """

    link_id: LinkId
    side: Side
    draft: Contact
    at: datetime
    outlook_id: OutlookId | None = None
    pipeliner_id: PipelinerId | None = None
    tries: int = 0
    """How often it had failed before."""


@dataclass(frozen=True, slots=True)
class OutlookLook:
    """Look at this Outlook contact: one that has no link, when it `is_new`, or a linked one once more.

    With `not_before` it is set aside until then; with `awaits_approval` a person must allow that it is created.
    """

    id: OutlookId
    stored_id: PipelinerId | None = None
    is_new: bool = False
    tries: int = 0
    etag: str = ""
    not_before: datetime | None = None
    awaits_approval: bool = False

    @property
    def subject(self) -> str:
        """Who is looked at."""
        return outlook_subject(self.id)


@dataclass(frozen=True, slots=True)
class PipelinerLook:
    """Look at this Pipeliner contact, as the feed asked or a run that could not finish it.

    With `not_before` it is set aside until then; with `awaits_approval` it waits for a person. `is_ruled` by a person's
    answer, which is looked up. `writes` says what a survey saw that it would write, while the survey has not ended.
    """

    id: PipelinerId
    tries: int = 0
    etag: str = ""
    not_before: datetime | None = None
    awaits_approval: bool = False
    is_ruled: bool = False
    writes: tuple[str, ...] | None = None

    @property
    def subject(self) -> str:
        """Who is looked at."""
        return pipeliner_subject(self.id)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A link of which one half is missing `since` then: what follows waits for the end of a run, and its delay.

    The safety limits count them all. 0.1, which wrote neither time nor side, waited for the end of the run alone.
    """

    link_id: LinkId
    since: datetime | None = None
    side: Side | None = None
    """The side on which it is missing."""
    etag: str = ""
    tries: int = 0
    not_before: datetime | None = None
    """With it, what follows has failed too often, and is set aside until then."""

    @property
    def subject(self) -> str:
        """Whose half is missing."""
        return link_subject(self.link_id)


NoteDuplicates = Callable[[Mapping[OutlookId, Collection[PipelinerId]]], Awaitable[None]]
"""Note cards for which a contact is about to be created beside contacts that the user may not see."""


async def unnoted(_found: Mapping[OutlookId, Collection[PipelinerId]]) -> None:
    """Note nothing: for runs that create nothing."""


Look = OutlookLook | PipelinerLook
"""Every reason to do something about one contact; repeats for one contact collapse into one row."""
Work = Look | Awaited
Waits = TypeVar("Waits", bound=Work)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Which link an id belongs to, and the token (changeKey, revision) of the state that was merged last."""

    link_id: LinkId
    token: str


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Rows that must be true together: stored in one transaction or not at all.

    `before` is the link as it was stored, None for a new one; `after` None ends the link.
    """

    before: Link | None = None
    after: Link | None = None
    history: tuple[HistoryEntry, ...] = ()
    attention: tuple[AttentionItem, ...] = ()
    resolved: tuple[str, ...] = ()
    put_work: tuple[Work, ...] = ()
    done_work: tuple[Work, ...] = ()
    amended: tuple[AttentionItem, ...] = ()
    """Items whose choices and remedy go into the item that stands of their subject, if there is one."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a run finds: one range read."""

    cursor: Cursor
    intents: tuple[Intent, ...]
    removals_approved: bool
    has_work: bool
    creates_today: int = 0
    """Contacts created in Pipeliner within the last 24 hours."""


class ConnectionState(Protocol):
    """The rows of one connection, written under one lease."""

    is_stopped: bool = False
    """Whether a transaction of this run has met the space's stop switch: nothing may be written to the services."""

    async def open(self, run_id: str) -> Opening:
        """Take the lease and read what waits; raises LeaseTaken (and asks the running run for another one), Stopped."""

    async def outlook_index(self, ids: Sequence[OutlookId]) -> Mapping[OutlookId, IndexEntry]:
        """Look up links by Outlook id."""

    async def pipeliner_index(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, IndexEntry]:
        """Look up links by Pipeliner id; ids that stand close together are read as one range."""

    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]:
        """Load links."""

    async def links_page(self, after: LinkId | None) -> Sequence[Link]:
        """Read a page of all links in order of their ids; empty when there are no more."""

    async def waiting(self, kind: type[Waits], after: Waits | None = None) -> Sequence[Waits]:
        """Read a page of the work of a kind that waits, from behind `after` on; empty when there is no more."""

    async def awaited_of(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Awaited]:
        """Look up which of these links wait with a missing half."""

    async def questions(self, ids: Collection[str]) -> Sequence[AttentionItem]:
        """Return the items that ask about any of these contacts; reads the items of a connection once a run."""

    async def answered(self) -> Sequence[AttentionItem]:
        """Return the items to which a person chose what is to be done."""

    async def conflicts(self, run_id: str) -> Sequence[HistoryEntry]:
        """Return the conflicts that a run has told in the history."""

    async def history_of(self, link_id: LinkId) -> Sequence[HistoryEntry]:
        """Return what the history tells of a link, the earliest first; the link may have ended."""

    async def waiting_outlook(self) -> Sequence[OutlookId]:
        """Return the Outlook contacts without a link that have an attention item, at most 1,000."""

    async def renew_lease(self, *, at_once: bool = False) -> None:
        """Make the lease last for the writes that follow; costs nothing while it is fresh. Raises LeaseLost.

        Writes that no transaction announces have it renewed `at_once`, which meets the stop switch.
        """

    async def journal(self, intents: Sequence[Intent]) -> None:
        """Write down creates before their requests go out. Raises LeaseLost."""

    async def commit(
        self,
        change_sets: Sequence[ChangeSet],
        cursor: Cursor | None = None,
        finished: Sequence[LinkId] = (),
        unsent: int = 0,
    ) -> None:
        """Store what came out, the cursor and the end of `finished` intents last. Raises LeaseLost.

        So many of these were of creates in Pipeliner that are `unsent`, and are not counted.
        """

    async def close(self, cursor: Cursor, run: Run, *, keeps_approval: bool = False) -> bool:
        """Return the lease back and store the cursor and the run; True when another run was asked for meanwhile.

        An approval is used up by a run that is done, unless it `keeps_approval` for what is not due yet.
        """
