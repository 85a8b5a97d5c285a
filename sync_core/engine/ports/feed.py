"""What the feed tells; what the engine needs of its memory of a space, and of whoever has a turn at reading it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sync_core.domain import Connection, Contact, Ownership, PipelinerId, UserId
from sync_core.engine.ports.index import SideIndex
from sync_core.engine.ports.rights import KnownRights


class Stream(StrEnum):
    """The entities whose changes the feed follows; shares with units only when their list has become another one."""

    CONTACTS = "contacts"
    ACCOUNT_RELATIONS = "account_relations"
    SHARING = "sharing"
    ACCOUNTS = "accounts"
    UNIT_SHARING = "unit_sharing"


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One changed record: `ownership` only on contact rows, `contact_ids` and whom it is shared with on the others.

    `contact` is what identifies the contact of the row, on rows of contacts and of their relations to accounts; None
    where the contact is deleted, or not shown.
    """

    id: str
    version: str
    """Changes whenever the record does: equality token."""
    modified: datetime | None
    """None where the record cannot be read: who is linked with it is looked at, and told there."""
    contact_ids: tuple[PipelinerId, ...] = ()
    user_id: UserId | None = None
    ownership: Ownership | None = None
    is_deleted: bool = False
    contact: Contact | None = None
    unit_id: str = ""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of a stream's changes, oldest first. `after` continues; None when this was the last page."""

    rows: tuple[FeedRow, ...]
    after: str | None
    skipped: int = 0
    """Records of which not even the id can be read."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the feed remembers of a record: its version, and of a contact who had it."""

    version: str
    ownership: Ownership | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A connection that wants changes; paused ones too, so that nothing is missed meanwhile."""

    connection: Connection
    is_active: bool
    not_before: datetime | None = None


ReadFeed = Callable[[], Awaitable[bool]]
"""Read the feed up to now; False when that could not be done, or the space is not known as a whole."""


async def unread() -> bool:
    """Read no feed: for runs that create nothing."""
    return False


class FeedTurn(Protocol):
    """One reader's turn at the feed of a space: its lease fences the watermarks and the index of the space."""

    @property
    def watermarks(self) -> Mapping[Stream, datetime]:
        """Up to when each stream has been read (Pipeliner's clock); empty before the first turn."""

    @property
    def index(self) -> SideIndex:
        """The index of the space."""

    @property
    def rights(self) -> KnownRights:
        """What is known of what the space's users may do."""

    def keep_rights(self, known: KnownRights) -> None:
        """Note what is known now; it is stored at the end."""

    async def begin(self) -> bool:
        """Take the lease and read what stands in it; False while another has its turn."""

    async def renew_lease(self) -> None:
        """Make the lease last for what follows; costs nothing while it is fresh. Raises LeaseLost."""

    async def advance(self, watermarks: Mapping[Stream, datetime], shown: Collection[str] = ()) -> None:
        """Note that all streams have been read to their ends, up to these times; it is stored at the end.

        Contacts and accounts that were `shown` need no reservation any more: the index knows them.
        """

    async def end(self) -> None:
        """Store what was noted, and give the lease back."""

    async def give_up(self) -> None:
        """Do the same as far as it can be done: the next reader need not wait for the lease's end."""


class FeedState(Protocol):
    """The feed's memory of one space."""

    async def watermarks(self) -> Mapping[Stream, datetime]:
        """Return up to when each stream has been read (Pipeliner's clock); empty before the first tick."""

    async def advance(self, watermarks: Mapping[Stream, datetime]) -> None:
        """Move the watermarks; only after the inbox rows are stored."""

    async def seen(self, stream: Stream, ids: Sequence[str]) -> Mapping[str, Seen]:
        """Return what is remembered of these records."""

    async def remember(self, stream: Stream, rows: Mapping[str, Seen]) -> None:
        """Remember records."""

    async def linked(self, connection_id: str, ids: Sequence[PipelinerId]) -> frozenset[PipelinerId]:
        """Return which of these contacts a connection has a link to."""

    async def askers(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, frozenset[str]]:
        """Return which connections have a question in which any of these contacts is a candidate, in one look-up."""

    async def deliver(self, connection_id: str, ids: Sequence[PipelinerId]) -> None:
        """Put contacts into a connection's inbox; repeats collapse."""
