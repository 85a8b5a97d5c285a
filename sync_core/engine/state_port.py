"""What the engine needs of a connection's state: cursor, journal, links, work and the lease that fences them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sync_core.domain.contact import Contact, LinkId, OutlookId, PipelinerId, Side
from sync_core.domain.link import Link
from sync_core.domain.matching import Traits
from sync_core.domain.records import AttentionItem, HistoryEntry, Run


class Stage(StrEnum):
    """Where a pass stands; each one ends in a checkpoint from which the next pass can continue."""

    OUTLOOK = "outlook"
    PIPELINER = "pipeliner"
    MISSING = "missing"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a connection has read both sides. A full round reads everything and looks for what is missing.

    While `is_paging`, the delta link leads on within a round, which may show the folder as it was at its start.
    """

    delta_link: str | None = None
    is_full: bool = True
    stage: Stage = Stage.OUTLOOK
    listing_after: str | None = None
    links_after: LinkId | None = None
    look_for_missing: bool = False
    links: int = 0
    is_paging: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """A create written down before its request: `side` is where, the known id is the twin's on the other side.

    `at` is the time of the service that creates (Pipeliner), or of this host (Outlook, found by stored id).
    """

    link_id: LinkId
    side: Side
    draft: Contact
    at: datetime
    outlook_id: OutlookId | None = None
    pipeliner_id: PipelinerId | None = None


@dataclass(frozen=True, slots=True)
class OutlookWork:
    """An Outlook contact to look at: one without a link (with its traits for matching), or a link to look at again."""

    id: OutlookId
    stored_id: PipelinerId | None = None
    traits: Traits | None = None
    tries: int = 0
    etag: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class PipelinerWork:
    """A Pipeliner contact to look at, put here by the feed or by a pass that could not finish it.

    With `not_before` it is set aside until then; `held` waits for an approval.
    """

    id: PipelinerId
    tries: int = 0
    etag: str = ""
    not_before: datetime | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class RemovalWork:
    """A removal that waits for the end of the pass, where the guard counts them all."""

    link_id: LinkId
    etag: str = ""


Work = OutlookWork | PipelinerWork | RemovalWork


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Which link an id belongs to, and the token (changeKey, revision) of the state that was merged last."""

    link_id: LinkId
    token: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Rows that must be true together: stored in one transaction or not at all.

    `before` is the link as it was stored, None for a new one; `after` None ends the link.
    """

    before: Link | None = None
    after: Link | None = None
    history: tuple[HistoryEntry, ...] = ()
    attention: tuple[AttentionItem, ...] = ()
    settled: tuple[str, ...] = ()
    put_work: tuple[Work, ...] = ()
    done_work: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a pass finds: one range read."""

    cursor: Cursor
    intents: tuple[Intent, ...]
    removals_approved: bool
    has_work: bool


class ConnectionState(Protocol):
    """The rows of one connection, written under one lease."""

    async def open(self, run_id: str) -> Opening:
        """Take the lease and read what waits; raises LeaseTaken (and asks the running pass for another one)."""

    async def outlook_index(self, ids: Sequence[OutlookId]) -> Mapping[OutlookId, IndexEntry]:
        """Look up links by Outlook id."""

    async def pipeliner_index(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, IndexEntry]:
        """Look up links by Pipeliner id; ids that stand close together are read as one range."""

    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]:
        """Load links."""

    async def links_page(self, after: LinkId | None) -> Sequence[Link]:
        """Read a page of all links in order of their ids; empty when there are no more."""

    async def outlook_work(self, after: OutlookId | None) -> Sequence[OutlookWork]:
        """Read a page of the Outlook contacts that wait; empty when there are no more."""

    async def pipeliner_work(self, after: PipelinerId | None) -> Sequence[PipelinerWork]:
        """Read a page of the Pipeliner contacts that wait; empty when there are no more."""

    async def removal_work(self, after: LinkId | None) -> Sequence[RemovalWork]:
        """Read a page of the removals that wait; empty when there are no more."""

    async def waiting_outlook(self) -> Sequence[OutlookId]:
        """Give the Outlook contacts without a link that have an attention item, at most 1,000."""

    async def hold(self) -> None:
        """Make the lease last for the writes that follow; costs nothing while it is fresh. Raises LeaseLost."""

    async def journal(self, intents: Sequence[Intent]) -> None:
        """Write down creates before their requests go out. Raises LeaseLost."""

    async def commit(
        self, units: Sequence[Unit], cursor: Cursor | None = None, resolved: Sequence[LinkId] = ()
    ) -> None:
        """Store what came out, the cursor and the end of `resolved` intents last. Raises LeaseLost."""

    async def close(self, cursor: Cursor, run: Run) -> bool:
        """Give the lease back and store the cursor and the run; True when another pass was asked for meanwhile."""
