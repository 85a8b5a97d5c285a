"""The contacts of one space with one connection's field map: the engine's port over the REST API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sync_core.domain.contact import LinkId, PipelinerId, UserId
from sync_core.domain.fields import COMPANY, FieldMap
from sync_core.domain.rules import AccountRule
from sync_core.domain.sides import PipelinerContact, PipelinerUser, Scope
from sync_core.engine.ports import (
    MatchPage,
    PipelinerDraft,
    PipelinerEdit,
    PipelinerOutcome,
    ScopePage,
    Unfinished,
)
from sync_core.pipeliner.client import PipelinerClient
from sync_core.pipeliner.companies import Companies
from sync_core.pipeliner.contact_creates import ContactCreates
from sync_core.pipeliner.contact_reads import ContactReads
from sync_core.pipeliner.contact_updates import ContactUpdates, company_of, moves_company
from sync_core.pipeliner.mapping import ContactView
from sync_core.pipeliner.outcomes import each_outcome
from sync_core.pipeliner.scope_walk import scope_page


class PipelinerContacts:
    """Implements `PipelinerContactsPort`; one instance serves one pass of one connection."""

    def __init__(
        self,
        client: PipelinerClient,
        field_map: FieldMap,
        account_rule: AccountRule,
        key_field: str,
        user_id: UserId,
    ) -> None:
        """`key_field` is the custom field that creates are found again by, or ""; `user_id` the connection's user."""
        self._client = client
        self._view = ContactView(field_map, key_field)
        self._companies = Companies(client, account_rule, user_id)
        self._reads = ContactReads(client, self._view)
        self._creates = ContactCreates(client, self._view, self._reads, self._companies)
        self._updates = ContactUpdates(client, self._view, self._reads)

    async def read(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, PipelinerContact]:
        """Read contacts, deleted ones included (`is_deleted`); ids not found are left out."""
        return await self._reads.by_id(ids)

    async def scope_page(self, user: PipelinerUser, scope: Scope, after: str | None) -> ScopePage:
        """Read a page of the user's contacts in that scope; it may be empty although `after` continues."""
        return await scope_page(self._client, self._view, user, scope, after)

    async def by_email(self, address: str) -> Sequence[PipelinerContact]:
        """Find contacts of the whole space that have the address in any slot, ignoring case."""
        return await self._reads.with_address(address)

    async def by_name(self, given_name: str, surname: str) -> Sequence[PipelinerContact]:
        """Find contacts of the whole space by first and last name, ignoring case; at most 100."""
        return await self._reads.named(given_name, surname)

    async def match_page(self, after: str | None) -> MatchPage:
        """Read a page of the whole space, deleted ones never."""
        return await self._reads.match_page(after)

    async def count(self) -> int:
        """Count the contacts of the whole space."""
        return await self._reads.count()

    async def server_time(self) -> datetime:
        """Give Pipeliner's own time, as of its last answer."""
        return await self._client.server_time()

    async def created_since(self, owner_id: UserId, since: datetime, after: str | None) -> ScopePage:
        """Read a page of what was created for that owner since a time of Pipeliner's own clock."""
        return await self._reads.created_since(owner_id, since, after)

    async def by_key(self, keys: Sequence[LinkId]) -> Mapping[LinkId, PipelinerContact] | None:
        """Find creates by the key field; None when the space has none for it."""
        return await self._reads.with_keys(keys) if self._view.key_field else None

    async def create(self, drafts: Sequence[PipelinerDraft]) -> Sequence[PipelinerOutcome]:
        """Create contacts with their company by the account rule; never repeats a create of unknown outcome."""
        return await self._creates.create(drafts)

    async def update(self, edits: Sequence[PipelinerEdit]) -> Sequence[PipelinerOutcome]:
        """Write changed fields only."""
        moving = [edit for edit in edits if self._moves(edit)]
        places = await self._companies.places(company_of(edit) for edit in moving)

        async def one(edit: PipelinerEdit) -> PipelinerOutcome:
            if not self._moves(edit):
                return await self._updates.update(edit, None)
            place = places.get(company_of(edit))
            return await self._updates.update(edit, place) if place is not None else Unfinished()

        return await each_outcome(edits, one)

    def _moves(self, edit: PipelinerEdit) -> bool:
        return self._view.maps(COMPANY) and moves_company(edit)

    async def delete(self, ids: Sequence[PipelinerId]) -> Sequence[PipelinerOutcome]:
        """Delete contacts (soft); one that is gone already counts as Deleted."""
        return await each_outcome(ids, self._updates.delete)
