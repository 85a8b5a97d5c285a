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

from sync_core.domain import (
    LinkId,
    PipelinerContact,
    PipelinerId,
    PipelinerUser,
    Reach,
    Scope,
    ShareMode,
    UserId,
    in_scope,
)
from sync_core.engine.ports import PipelinerContactsPort, ScopePage
from sync_core.http import Query
from sync_core.pipeliner.answers import (
    CONTACTS,
    SHARING,
    SHARING_UNITS,
    expanded,
    filter_time,
    flag_of,
    readable,
    text_of,
)
from sync_core.pipeliner.client import Page, PipelinerClient, in_order, ordered, read_page, where
from sync_core.pipeliner.mapping import SHARE_MODES, ContactView, Role

_FOR_ALL = frozenset({ShareMode.ALL_VIEW, ShareMode.ALL_EDIT})
Listed = tuple[list[PipelinerContact], list[str], str | None]
"""Contacts of a page, the ids of those that cannot be read, and where it goes on."""
EMAIL_SLOTS = ("email1", "email2", "email3", "email4", "email5")


class SliceKind(IntEnum):
    """What the contacts of a slice have in common; the numbers stand in stored cursors."""

    OWNED = 0
    SHARED = 1
    UNIT = 2
    UNIT_SHARED = 3
    MODE = 4
    EVERYTHING = 5


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """One list of the walk: its kind, and the role, unit or share mode that it is about; slices go in this order.

    With a unit `UNIT_SHARED` names the role before it.
    """

    kind: SliceKind
    what: str = ""


def slices(user: PipelinerUser, scope: Scope) -> list[Slice]:
    """Lists that together hold the whole scope."""
    found = [Slice(SliceKind.OWNED)]
    roles = {Scope.OWNED: (), Scope.OWNED_OR_EDITABLE: (Role.EDITOR,), Scope.VISIBLE: (Role.EDITOR, Role.WATCHER)}
    reach = user.role.reach if user.role is not None else Reach.UNITS
    if reach is Reach.OWNED:
        return found
    found += [Slice(SliceKind.SHARED, str(role)) for role in roles[scope]]
    found += [Slice(SliceKind.UNIT_SHARED, f"{role}.{unit}") for role in roles[scope] for unit in user.unit_ids]
    if scope is Scope.VISIBLE and reach is Reach.EVERYTHING:
        found.append(Slice(SliceKind.EVERYTHING))
    elif scope is Scope.VISIBLE:
        seen = user.managed_unit_ids | user.further_unit_ids | (user.unit_ids if reach is Reach.UNITS else frozenset())
        found += [Slice(SliceKind.UNIT, unit_id) for unit_id in seen]
        found += [Slice(SliceKind.MODE, str(number)) for number, mode in SHARE_MODES.items() if mode in _FOR_ALL]
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
                contacts, unread, cursor = await self._listed(where("owner_id", user.id), here.cursor)
            case SliceKind.UNIT:
                contacts, unread, cursor = await self._listed(where("unit_id", here.slice.what), here.cursor)
            case SliceKind.MODE:
                contacts, unread, cursor = await self._listed(where("share_mode", here.slice.what), here.cursor)
            case SliceKind.EVERYTHING:
                contacts, unread, cursor = await self._listed((), here.cursor)
            case SliceKind.SHARED | SliceKind.UNIT_SHARED:
                contacts, unread, cursor = await self._shared(user, here)
            case _ as never:
                assert_never(never)
        kept = tuple(
            contact for contact in contacts if not contact.is_deleted and in_scope(contact.ownership, user, scope)
        )
        unread = [contact_id for contact_id in unread if contact_id]
        if cursor is not None:
            return ScopePage(kept, Position(here.slice, cursor).text(), tuple(map(PipelinerId, unread)))
        following = next((later for later in walk if later > here.slice), None)
        after = Position(following).text() if following else None
        return ScopePage(kept, after, tuple(map(PipelinerId, unread)))

    async def _listed(self, condition: Query, cursor: str | None) -> Listed:
        page = await read_page(self._client, CONTACTS, (*condition, *ordered("id"), *self._view.query()), cursor)
        return (*readable(page.records, self._view.contact), page.after)

    async def _shared(self, user: PipelinerUser, here: Position) -> Listed:
        """Read contacts through their sharing relations, leaving out the user's own, which come first anyway.

        The relation that led to a contact is trusted over what the contact itself shows of it.
        """
        role, _, unit_id = here.slice.what.partition(".")
        whose = where("unit_id", unit_id) if unit_id else where("client_id", user.id)
        query = (*whose, *where("role", role), *ordered("id"), *self._view.query("contact."))
        page = await read_page(self._client, SHARING_UNITS if unit_id else SHARING, query, here.cursor)
        shown = [expanded(relation, "contact") for relation in page.records if not flag_of(relation, "is_deleted")]
        contacts: list[PipelinerContact] = []
        name = ("editor" if role == str(Role.EDITOR) else "watcher") + ("_unit_ids" if unit_id else "_ids")
        read, unread = readable([record for record in shown if record is not None], self._view.contact)
        for contact in read:
            ownership = contact.ownership
            led = replace(ownership, **{name: getattr(ownership, name) | {unit_id or user.id}})
            if ownership.owner_id != user.id:
                contacts.append(replace(contact, ownership=led))
        return contacts, unread, page.after

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
        shown = [one for page in pages for one in page.records if not flag_of(one, "is_deleted")]
        for key, contact in readable(shown, lambda one: (LinkId(text_of(one, name)), self._view.contact(one)))[0]:
            found.setdefault(key, contact)
        return found

    async def _list(self, query: Query) -> Page:
        return await read_page(self._client, CONTACTS, (*query, *self._view.query()))

    def _contacts(self, *pages: Page) -> dict[PipelinerId, PipelinerContact]:
        contacts, _ = readable([record for page in pages for record in page.records], self._view.contact)
        return {contact.id: contact for contact in contacts if not contact.is_deleted}


def _named(name: str, value: str) -> Query:
    return where(name, value, "ieq") if value else where(name, "", "empty")
