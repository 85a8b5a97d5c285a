"""Finding the contacts of a space through lists, which may lag behind writes.

The scope of a user is walked slice after slice, each by its own cursor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import assert_never

from typing_extensions import override

from sync_core.domain import LinkId, PipelinerContact, PipelinerId, PipelinerUser, Scope, UserId, in_scope
from sync_core.engine.ports import PipelinerContactsPort, ScopePage
from sync_core.http import Query
from sync_core.pipeliner.answers import CONTACTS, SHARING, expanded, filter_time, flag_of, text_of
from sync_core.pipeliner.client import Page, PipelinerClient, in_order, ordered, read_page, where
from sync_core.pipeliner.mapping import ContactView, Role

EMAIL_SLOTS = ("email1", "email2", "email3", "email4", "email5")


class SliceKind(IntEnum):
    """What the contacts of a slice have in common; the numbers stand in stored cursors."""

    OWNED = 0
    SHARED = 1
    UNIT = 2


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """One list of the walk: its kind, and the role or unit that it is about; slices go in this order."""

    kind: SliceKind
    what: str = ""


def slices(user: PipelinerUser, scope: Scope) -> list[Slice]:
    """Lists that together hold the whole scope."""
    found = [Slice(SliceKind.OWNED)]
    if scope is not Scope.OWNED:
        found.append(Slice(SliceKind.SHARED, str(Role.EDITOR)))
    if scope is Scope.VISIBLE:
        found.append(Slice(SliceKind.SHARED, str(Role.WATCHER)))
        found += [Slice(SliceKind.UNIT, unit_id) for unit_id in user.unit_ids]
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Position:
    """Where the walk stands; travels as an opaque string."""

    slice: Slice
    cursor: str | None = None

    def text(self) -> str:
        """Write it down."""
        return json.dumps([self.slice.kind, self.slice.what, self.cursor])

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read what `text` wrote; raises ValueError for anything else."""
        kind, what, cursor = json.loads(text)
        return cls(Slice(SliceKind(int(kind)), str(what)), cursor)


class ContactLists(PipelinerContactsPort):
    """The finding half of the port: contacts of one space through one view."""

    _client: PipelinerClient
    _view: ContactView

    @override
    async def scope_page(self, user: PipelinerUser, scope: Scope, after: str | None) -> ScopePage:
        """Read a page of the user's contacts in that scope; it may be empty although `after` continues."""
        walk = slices(user, scope)
        here = Position.parse(after) if after else Position(walk[0])
        match here.slice.kind:
            case SliceKind.OWNED:
                contacts, cursor = await self._listed(where("owner_id", user.id), here.cursor)
            case SliceKind.UNIT:
                contacts, cursor = await self._listed(where("unit_id", here.slice.what), here.cursor)
            case SliceKind.SHARED:
                contacts, cursor = await self._shared(user, here)
            case _ as never:
                assert_never(never)
        kept = tuple(
            contact for contact in contacts if not contact.is_deleted and in_scope(contact.ownership, user, scope)
        )
        if cursor is not None:
            return ScopePage(kept, Position(here.slice, cursor).text())
        following = next((later for later in walk if later > here.slice), None)
        return ScopePage(kept, Position(following).text() if following else None)

    async def _listed(self, condition: Query, cursor: str | None) -> tuple[list[PipelinerContact], str | None]:
        page = await read_page(self._client, CONTACTS, (*condition, *ordered("id"), *self._view.query()), cursor)
        return [self._view.contact(record) for record in page.records], page.after

    async def _shared(self, user: PipelinerUser, here: Position) -> tuple[list[PipelinerContact], str | None]:
        """Read contacts through their sharing relations, leaving out the user's own, which come first anyway.

        The relation that led to a contact is trusted over what the contact itself shows of it.
        """
        role = here.slice.what
        conditions = (*where("client_id", user.id), *where("role", role), *ordered("id"))
        page = await read_page(self._client, SHARING, (*conditions, *self._view.query("contact.")), here.cursor)
        shown = [expanded(relation, "contact") for relation in page.records if not flag_of(relation, "is_deleted")]
        contacts: list[PipelinerContact] = []
        for contact in (self._view.contact(record) for record in shown if record is not None):
            ownership = contact.ownership
            if role == str(Role.EDITOR):
                ownership = replace(ownership, editor_ids=ownership.editor_ids | {user.id})
            else:
                ownership = replace(ownership, watcher_ids=ownership.watcher_ids | {user.id})
            if ownership.owner_id != user.id:
                contacts.append(replace(contact, ownership=ownership))
        return contacts, page.after

    @override
    async def by_email(self, address: str) -> Sequence[PipelinerContact]:
        pages = await in_order(EMAIL_SLOTS, lambda slot: self._list(where(slot, address, "ieq")))
        return list(self._contacts(*pages).values()) if address else []

    @override
    async def by_name(self, given_name: str, surname: str) -> Sequence[PipelinerContact]:
        page = await self._list((*_named("first_name", given_name), *_named("last_name", surname)))
        return list(self._contacts(page).values())

    @override
    async def server_time(self) -> datetime:
        return await self._client.server_time()

    @override
    async def created_since(self, owner_id: UserId, since: datetime, after: str | None) -> ScopePage:
        created = (*where("created", filter_time(since), "gte"), *ordered("created"))
        query = (*where("owner_id", owner_id), *created, *self._view.query())
        page = await read_page(self._client, CONTACTS, query, after)
        return ScopePage(tuple(self._contacts(page).values()), page.after)

    @override
    async def by_key(self, keys: Sequence[LinkId]) -> Mapping[LinkId, PipelinerContact] | None:
        name = self._view.key_field
        if not name:
            return None
        pages = await in_order(keys, lambda key: self._list(where(name, key)))
        found: dict[LinkId, PipelinerContact] = {}
        for record in (record for page in pages for record in page.records):
            if not flag_of(record, "is_deleted"):
                found.setdefault(LinkId(text_of(record, name)), self._view.contact(record))
        return found

    async def _list(self, query: Query) -> Page:
        return await read_page(self._client, CONTACTS, (*query, *self._view.query()))

    def _contacts(self, *pages: Page) -> dict[PipelinerId, PipelinerContact]:
        contacts = (self._view.contact(record) for page in pages for record in page.records)
        return {contact.id: contact for contact in contacts if not contact.is_deleted}


def _named(name: str, value: str) -> Query:
    return where(name, value, "ieq") if value else where(name, "", "empty")
