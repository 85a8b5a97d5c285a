"""Finding contacts of a space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sync_core.domain.contact import LinkId, PipelinerId, UserId
from sync_core.domain.fields import COMPANY
from sync_core.domain.sides import PipelinerContact
from sync_core.engine.ports import MatchPage, ScopePage
from sync_core.pipeliner.answers import Done
from sync_core.pipeliner.client import PipelinerClient, Query
from sync_core.pipeliner.dates import filter_time
from sync_core.pipeliner.mapping import MATCHED_BY, Account, ContactView, Known, is_whole
from sync_core.pipeliner.outcomes import in_order
from sync_core.pipeliner.paging import WITH_DELETED, Page, ordered, read_page, where
from sync_core.pipeliner.records import flag_of, text_of
from sync_core.pipeliner.targets import CONTACTS, Target

EMAIL_SLOTS = ("email1", "email2", "email3", "email4", "email5")


class ContactReads:
    """Reads contacts of one space through one view."""

    def __init__(self, client: PipelinerClient, view: ContactView) -> None:
        self._client = client
        self._view = view

    async def by_id(self, ids: Sequence[PipelinerId]) -> dict[PipelinerId, PipelinerContact]:
        """Read contacts, deleted ones included; ids that Pipeliner does not know are left out."""
        wanted = list(dict.fromkeys(PipelinerId(contact_id.lower()) for contact_id in ids))
        found = await in_order(wanted, self._fresh)
        return {contact.id: contact for contacts in found for contact in contacts}

    async def _fresh(self, contact_id: PipelinerId) -> list[PipelinerContact]:
        """Read by the contact's own address, for lists may lag behind edits; a list tells what that leaves out."""
        result = await self._client.get(Target(CONTACTS, contact_id), self._view.query())
        if isinstance(result, Done) and is_whole(result.record, Known()):
            return [self._view.contact(result.record)]
        listed = await self._listed(contact_id)
        if not isinstance(result, Done) or not listed:
            return listed
        known = _told_by(listed[0])
        return [self._view.contact(result.record, known)] if is_whole(result.record, known) else listed

    async def _listed(self, contact_id: PipelinerId) -> list[PipelinerContact]:
        page = await self._list((*where("id", contact_id), *WITH_DELETED))
        return [self._view.contact(record) for record in page]

    async def after_write(self, contact_id: PipelinerId, known: Known) -> PipelinerContact | None:
        """Read a contact that was just written: by its own address, for lists may lag behind writes.

        `known` stands in where that address does not expand relations; None when the contact is not there.
        """
        result = await self._client.get(Target(CONTACTS, contact_id), self._view.query())
        if isinstance(result, Done) and is_whole(result.record, known):
            return self._view.contact(result.record, known)
        found = await self.by_id([contact_id])
        return found.get(contact_id)

    async def with_address(self, address: str) -> list[PipelinerContact]:
        """Find contacts that have an e-mail address in any slot, ignoring case."""
        pages = await in_order(EMAIL_SLOTS, lambda slot: self._list(where(slot, address, "ieq")))
        return list(self._contacts(*pages).values()) if address else []

    async def named(self, given_name: str, surname: str) -> list[PipelinerContact]:
        """Find contacts by first and last name, ignoring case; at most 100."""
        page = await self._list((*_named("first_name", given_name), *_named("last_name", surname)))
        return list(self._contacts(page).values())

    async def match_page(self, after: str | None) -> MatchPage:
        """Read a page of the whole space with what matching needs, and no more."""
        view = self._view.only(MATCHED_BY)
        page = await read_page(self._client, CONTACTS, (*ordered("id"), *view.query()), after)
        contacts = (view.contact(record) for record in page)
        return MatchPage(tuple(contact for contact in contacts if not contact.is_deleted), page.after)

    async def count(self) -> int:
        """Count the contacts of the space: by `total`, which is undocumented, or else page by page."""
        query: Query = (*ordered("id"), ("load-only", "id"))
        page = await read_page(self._client, CONTACTS, query, size=1)
        if page.total >= 0:
            return page.total
        counted, after = len(page.records), page.after
        while after is not None:
            page = await read_page(self._client, CONTACTS, query, after)
            counted, after = counted + len(page.records), page.after
        return counted

    async def created_since(self, owner_id: UserId, since: datetime, after: str | None) -> ScopePage:
        """Read a page of what was created for an owner, oldest first."""
        created = (*where("created", filter_time(since), "gte"), *ordered("created"))
        query = (*where("owner_id", owner_id), *created, *self._view.query())
        page = await read_page(self._client, CONTACTS, query, after)
        return ScopePage(tuple(self._contacts(page).values()), page.after)

    async def with_keys(self, keys: Sequence[LinkId]) -> Mapping[LinkId, PipelinerContact]:
        """Find contacts by the view's key field."""
        name = self._view.key_field
        pages = await in_order(keys, lambda key: self._list(where(name, key)))
        found: dict[LinkId, PipelinerContact] = {}
        for record in (record for page in pages for record in page):
            if not flag_of(record, "is_deleted"):
                found.setdefault(LinkId(text_of(record, name)), self._view.contact(record))
        return found

    async def _list(self, query: Query) -> Page:
        return await read_page(self._client, CONTACTS, (*query, *self._view.query()))

    def _contacts(self, *pages: Page) -> dict[PipelinerId, PipelinerContact]:
        contacts = (self._view.contact(record) for page in pages for record in page)
        return {contact.id: contact for contact in contacts if not contact.is_deleted}


def _told_by(contact: PipelinerContact) -> Known:
    account = Account(contact.account_id, contact.contact.text(COMPANY))
    return Known({account.id: account} if account.id else {}, contact.ownership)


def _named(name: str, value: str) -> Query:
    return where(name, value, "ieq") if value else where(name, "", "empty")
