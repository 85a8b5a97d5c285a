"""What the engine needs of the two services: folders and mailboxes of Outlook, contacts and feed of a Pipeliner space.

A write returns one outcome per contact, in the order of the contacts. Errors that concern a whole call are raised
(`sync_core.errors`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from sync_core.domain import (
    Contact,
    Default,
    LinkId,
    OutlookContact,
    OutlookId,
    PipelinerContact,
    PipelinerId,
    PipelinerUser,
    Scope,
    UserId,
    Value,
)
from sync_core.engine.ports.feed import FeedPage, Stream
from sync_core.errors import ServiceUnavailable

C_co = TypeVar("C_co", covariant=True)

Changes = Mapping[str, Value]
"""Field name to the new value; blank clears."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """The contact is gone, by us or already before."""


@dataclass(frozen=True, slots=True)
class Stale:
    """The contact moved on under us (409, 412) or is gone (404): look again and plan anew. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The service will not take it, and repeating is pointless until something changes. Nothing was written.

    `message` names fields and limits, never values; `fields` are the service's own field names, `names` those of the
    map that an edit was sent without.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


NOTHING_REFUSED = Refused("", "")


@dataclass(frozen=True, slots=True)
class Written(Generic[C_co]):
    """The write is done; `contact` is what the service shows now. `left_out` was refused, and sent without."""

    contact: C_co
    left_out: Refused = NOTHING_REFUSED


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Nothing was written, because the service asked for a pause (`retry_after_s`) or failed before the effect.

    With `why` the service answers other requests, but not this one: it counts as a try of the contact.
    """

    retry_after_s: float | None = None
    why: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """No answer came: the write may have been done or not. A create must be looked up before another try.

    With `why` the service answers everything else.
    """

    why: str = field(default="", compare=False)


OutlookOutcome = Written[OutlookContact] | Deleted | Stale | Refused | Unfinished | OutcomeUnknown
PipelinerOutcome = Written[PipelinerContact] | Deleted | Stale | Refused | Unfinished | OutcomeUnknown


# Outlook


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox as Graph knows it."""

    id: str
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A personal contact folder."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class DeltaPage:
    """One page of a folder's changes. `link` continues: the next page, or with `is_last` what changes after it.

    Whoever is `unread` changed too, but cannot be read.
    """

    changed: tuple[OutlookContact, ...]
    removed: tuple[OutlookId, ...]
    link: str
    is_last: bool
    unread: tuple[OutlookId, ...] = ()


@dataclass(frozen=True, slots=True)
class OutlookDraft:
    """A contact to create in the folder; the stored id is set in the create itself."""

    contact: Contact
    stored_id: PipelinerId


@dataclass(frozen=True, slots=True)
class OutlookEdit:
    """Changes to an existing contact; `before` is what was read right before (arrays and addresses go whole)."""

    before: OutlookContact
    changes: Changes
    stored_id: PipelinerId | None = None
    """When given, the stored id is written with the same request."""


class OutlookFolderPort(Protocol):
    """One contact folder of one mailbox, with one connection's field map."""

    async def delta(self, link: str | None) -> DeltaPage:
        """Read one page of changes; without a link the first page of the whole folder.

        Raises DeltaExpired when the link is no longer known, FolderGone, MailboxGone, AccessDenied.
        """

    async def read(self, ids: Sequence[OutlookId]) -> Mapping[OutlookId, OutlookContact]:
        """Read contacts with stored ids, wherever they are; ids not found are left out. Raises ContactsFailing."""

    async def find_stored(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, tuple[OutlookContact, ...]]:
        """Find the folder's contacts that carry these stored ids (server-side filter; a few ids only)."""

    async def create(self, drafts: Sequence[OutlookDraft]) -> Sequence[OutlookOutcome]:
        """Create contacts; never repeats a create whose outcome is unknown."""

    async def update(self, edits: Sequence[OutlookEdit]) -> Sequence[OutlookOutcome]:
        """Write changed fields only; sends If-Match, which Graph may ignore."""

    async def delete(self, contacts: Sequence[OutlookContact]) -> Sequence[OutlookOutcome]:
        """Delete contacts (they go to the mailbox's Deleted Items); one that is gone already counts as Deleted."""


class OutlookPort(Protocol):
    """What connecting and health need of Graph."""

    async def mailbox(self, mailbox: str) -> Mailbox:
        """Find a mailbox by address or id; raises MailboxGone, AccessDenied, CredentialsRejected."""

    async def folders(self, mailbox_id: str) -> Sequence[Folder]:
        """List the personal contact folders (Graph never lists the default one)."""

    async def default_folder(self, mailbox_id: str) -> Folder | None:
        """Find the mailbox's own Contacts folder; None while it is empty, for then Graph does not tell its id."""

    async def create_folder(self, mailbox_id: str, name: str) -> Folder:
        """Create a contact folder, or return the one of that name when it exists."""

    async def check(self) -> None:
        """Ask Graph for anything cheap; raises what is wrong."""


# Pipeliner


@dataclass(frozen=True, slots=True)
class PipelinerDraft:
    """A contact to create with `owner_id`; `key` finds it again (custom key field, where the space has one)."""

    key: LinkId
    contact: Contact
    owner_id: UserId
    defaults: Mapping[str, Default] = field(default_factory=dict)
    """api_name to value, for required fields outside the map."""


@dataclass(frozen=True, slots=True)
class PipelinerEdit:
    """Changes to an existing contact; `before` is what was read right before."""

    before: PipelinerContact
    changes: Changes


@dataclass(frozen=True, slots=True)
class ScopePage:
    """One page of the contacts in a scope. `after` continues; None when this was the last page.

    Whoever is `unread` may be one of them, but cannot be read.
    """

    contacts: tuple[PipelinerContact, ...]
    after: str | None
    unread: tuple[PipelinerId, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchPage:
    """One page of the whole space for matching: what identifies contacts, and who has them."""

    contacts: tuple[PipelinerContact, ...]
    after: str | None


MOST_PAGES = 100_000
"""Pages of one list: ten million contacts."""


class Walk:
    """Follows a service through the pages of one list; raises ServiceUnavailable where it leads round and round."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: set[int] = set()

    def to(self, place: str | None) -> str | None:
        """Go on to the place that a page names; None is the end."""
        if place is not None:
            if hash(place) in self._seen:
                raise ServiceUnavailable(f"the service misbehaves: it leads round and round through {self._what}")
            self._seen.add(hash(place))
            if len(self._seen) > MOST_PAGES:
                raise ServiceUnavailable(f"the service misbehaves: {self._what} have no end")
        return place


class PipelinerContactsPort(Protocol):
    """The contacts of one space, with one connection's field map."""

    async def read(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, PipelinerContact]:
        """Read contacts, deleted ones included (`is_deleted`); ids not found are left out.

        Raises ContactsFailing when some cannot be read.
        """

    async def scope_page(self, user: PipelinerUser, scope: Scope, after: str | None) -> ScopePage:
        """Read a page of the user's contacts in that scope; a contact may come twice, deleted ones never."""

    async def by_email(self, address: str) -> Sequence[PipelinerContact]:
        """Find contacts of the whole space that have the address in any slot, ignoring case."""

    async def by_name(self, given_name: str, surname: str) -> Sequence[PipelinerContact]:
        """Find contacts of the whole space by first and last name, ignoring case; at most 100."""

    async def server_time(self) -> datetime:
        """Return Pipeliner's own time now: that of its last answer and what has passed since."""

    async def created_since(self, owner_id: UserId, since: datetime, after: str | None) -> ScopePage:
        """Read a page of what was created for that owner since a time of Pipeliner's own clock."""

    async def by_key(self, keys: Sequence[LinkId]) -> Mapping[LinkId, PipelinerContact] | None:
        """Find creates by the key field; None when the space has none for it."""

    async def create(self, drafts: Sequence[PipelinerDraft]) -> Sequence[PipelinerOutcome]:
        """Create contacts with their company by the account rule; never repeats a create of unknown outcome."""

    async def update(self, edits: Sequence[PipelinerEdit]) -> Sequence[PipelinerOutcome]:
        """Write changed fields only."""

    async def delete(self, ids: Sequence[PipelinerId]) -> Sequence[PipelinerOutcome]:
        """Delete contacts (soft); one that is gone already counts as Deleted."""


class PipelinerPort(Protocol):
    """What connecting, the feed and health need of a space."""

    async def user(self, user: str) -> PipelinerUser:
        """Find a user by e-mail address or id; raises UserGone when there is none or they were removed."""

    async def changes(self, stream: Stream, since: datetime, after: str | None) -> FeedPage:
        """Read a page of what changed at or after a time of Pipeliner's own clock, deleted records included."""

    async def contacts_of_account(
        self, account_id: str, after: str | None
    ) -> tuple[Mapping[PipelinerId, Contact | None], str | None]:
        """Read a page of the contacts related to an account: what identifies them, None for one that is not shown."""

    async def match_page(self, after: str | None) -> MatchPage:
        """Read a page of the whole space, deleted ones never, whatever a connection maps."""

    async def server_time(self) -> datetime:
        """Return Pipeliner's own time now: that of its last answer and what has passed since."""

    async def field_types(self) -> Mapping[str, str]:
        """Return the contact fields of the space: api_name to type_id."""

    async def check(self) -> None:
        """Ask Pipeliner for anything cheap; raises what is wrong."""
