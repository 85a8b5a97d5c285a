"""A space beside its contacts: users, the change feed, field types, health."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from typing_extensions import override

from sync_core.domain import Contact, Ownership, PipelinerId, PipelinerUser, UserId, address_key, is_same_address
from sync_core.engine.ports import FeedPage, FeedRow, MatchPage, PipelinerPort, Stream
from sync_core.errors import InvalidRequest, ServiceUnavailable, UserGone, UserStopped
from sync_core.http import Query, is_id
from sync_core.pipeliner.answers import (
    ACCOUNT_RELATIONS,
    ACCOUNTS,
    CLIENTS,
    CONTACTS,
    FIELDS,
    SHARING,
    SHARING_UNITS,
    Record,
    elements,
    expanded,
    filter_time,
    flag_of,
    id_of,
    number_of,
    readable,
    relation_id,
    text_of,
    time_of,
)
from sync_core.pipeliner.client import WITH_DELETED, PipelinerClient, every_record, ordered, read_page, where
from sync_core.pipeliner.mapping import ACCOUNT, IDENTIFYING, ownership_of

_USER_FIELDS = "id,email,name,is_deleted,default_unit_id,unit_membership.unit_id"


@dataclass(frozen=True, slots=True)
class _Feed:
    """Which entity a stream lists, and the parameters that show what is read of it."""

    entity: str
    shown: Query


_ALWAYS = ("id", "modified", "is_deleted")
_FEEDS: Mapping[Stream, _Feed] = {
    Stream.CONTACTS: _Feed(CONTACTS, IDENTIFYING.query(beside=_ALWAYS)),
    Stream.ACCOUNT_RELATIONS: _Feed(ACCOUNT_RELATIONS, IDENTIFYING.query("contact.", (*_ALWAYS, "contact_id"))),
    Stream.SHARING: _Feed(SHARING, (("load-only", ",".join((*_ALWAYS, "contact_id", "client_id"))),)),
    Stream.UNIT_SHARING: _Feed(SHARING_UNITS, (("load-only", ",".join((*_ALWAYS, "contact_id", "unit_id"))),)),
    Stream.ACCOUNTS: _Feed(ACCOUNTS, (("load-only", ",".join((*_ALWAYS, "name"))),)),
}


class PipelinerSpace(PipelinerPort):
    """One space, asked through its client."""

    def __init__(self, client: PipelinerClient) -> None:
        self._client = client

    @override
    async def user(self, user: str) -> PipelinerUser:
        """Find a user by e-mail address or id.

        Raises UserGone when there is none or they were removed, InvalidRequest when an address has several users.
        """
        by_address = "@" in user
        condition = where("email", user, "ieq") if by_address else where("id", address_key(user))
        shown: Query = (("expand", "unit_membership"), ("load-only", _USER_FIELDS))
        page = await read_page(self._client, CLIENTS, (*condition, *WITH_DELETED, *shown))
        # How the service folds letters is its own affair: an address that only looks like another is another.
        named = [one for one in page.records if not by_address or is_same_address(text_of(one, "email"), user)]
        living = [record for record in named if not flag_of(record, "is_deleted")]
        if len(living) > 1:
            ids = ", ".join(id_of(record) for record in living)
            raise InvalidRequest([f"user: several Pipeliner users have this e-mail address ({ids}); give one's id"])
        if named and not living:
            raise UserStopped(f"the Pipeliner user {id_of(named[0])} was deactivated or removed")
        if not living:
            what = "e-mail address" if by_address else "id"
            raise UserGone(f"no Pipeliner user has this {what}")
        found, default = living[0], id_of(living[0], "default_unit_id")
        memberships = [each for each in elements(found, "unit_membership") if isinstance(each, dict)]
        # A membership has its unit's id, or the unit itself expanded; one that shows neither counts for none.
        units = {id_of(membership, "unit_id") or relation_id(membership, "unit") for membership in memberships}
        return PipelinerUser(
            id=UserId(id_of(found)),
            email=text_of(found, "email"),
            name=text_of(found, "name"),
            default_unit_id=default,
            unit_ids=frozenset(unit_id for unit_id in (default, *units) if unit_id),
        )

    @override
    async def changes(self, stream: Stream, since: datetime, after: str | None) -> FeedPage:
        feed = _FEEDS[stream]
        changed = (*where("modified", filter_time(since), "gte"), *ordered("modified"), *WITH_DELETED)
        page = await read_page(self._client, feed.entity, (*changed, *feed.shown), after)
        rows: list[FeedRow] = []
        for record in page.records:
            try:
                rows.append(_row(stream, record))
            except ServiceUnavailable:
                rows.extend(_unreadable_row(stream, record))
        return FeedPage(tuple(rows), page.after, len(page.records) - len(rows))

    @override
    async def contacts_of_account(
        self, account_id: str, after: str | None
    ) -> tuple[Mapping[PipelinerId, Contact | None], str | None]:
        of_account = (*where("account_id", account_id), *ordered("id"))
        query = (*of_account, *IDENTIFYING.query("contact.", ("id", "contact_id")))
        page = await read_page(self._client, ACCOUNT_RELATIONS, query, after)
        read, _ = readable(page.records, lambda one: (PipelinerId(id_of(one, "contact_id")), _contact_of(one)))
        return {contact_id: contact for contact_id, contact in read if is_id(contact_id)}, page.after

    @override
    async def match_page(self, after: str | None) -> MatchPage:
        page = await read_page(self._client, CONTACTS, (*ordered("id"), *IDENTIFYING.query()), after)
        contacts, _ = readable(page.records, IDENTIFYING.contact)
        return MatchPage(tuple(contact for contact in contacts if not contact.is_deleted), page.after)

    @override
    async def server_time(self) -> datetime:
        return await self._client.server_time()

    @override
    async def field_types(self) -> Mapping[str, str]:
        query = (*where("entity_name", "Contact"), *ordered("id"), ("load-only", "id,api_name,type_id,is_deleted"))
        return {
            text_of(record, "api_name"): text_of(record, "type_id")
            async for record in every_record(self._client, FIELDS, query)
            if not flag_of(record, "is_deleted")
        }

    @override
    async def check(self) -> None:
        await read_page(self._client, CLIENTS, (("load-only", "id"),), size=1)


def _row(stream: Stream, record: Record) -> FeedRow:
    """Read a row of the feed; its version tells one state of the record from another.

    Of a contact, sharing, ownership and a delete count beside the revision, which they need not move. Of an account
    only the name and its end concern its contacts.
    """
    is_deleted = flag_of(record, "is_deleted")
    ownership: Ownership | None = None
    contact_id, contact = "", None
    match stream:
        case Stream.CONTACTS:
            contact_id, ownership = id_of(record), ownership_of(record)
            contact = None if is_deleted else IDENTIFYING.contact(record).contact
            digest = _digest(
                *(str(is_deleted), ownership.owner_id, ownership.unit_id, ownership.share_mode),
                *("editors", *sorted(ownership.editor_ids), "watchers", *sorted(ownership.watcher_ids)),
                *("units", *sorted(ownership.editor_unit_ids), "", *sorted(ownership.watcher_unit_ids)),
                ownership.type_id,
            )
            version = f"{number_of(record, 'revision')}-{digest}"
        case Stream.ACCOUNTS:
            version = _digest(text_of(record, "name"), str(is_deleted))
        case Stream.ACCOUNT_RELATIONS | Stream.SHARING | Stream.UNIT_SHARING:
            contact_id = id_of(record, "contact_id")
            contact = _contact_of(record)
            version = f"{text_of(record, 'modified')}-{is_deleted}"
        case _ as never:
            assert_never(never)
    if not is_id(id_of(record)):
        raise ServiceUnavailable("Pipeliner's feed shows a record without a readable id")
    return FeedRow(
        id=id_of(record),
        version=version,
        modified=time_of(record, "modified"),
        contact_ids=(PipelinerId(contact_id),) if contact_id else (),
        user_id=UserId(id_of(record, "client_id")) if stream is Stream.SHARING else None,
        ownership=ownership,
        is_deleted=is_deleted,
        contact=contact,
        unit_id=id_of(record, "unit_id") if stream is Stream.UNIT_SHARING else "",
    )


def _unreadable_row(stream: Stream, record: Record) -> list[FeedRow]:
    """Return what an unreadable record tells: who is to be looked at. One without an id tells nothing at all."""
    ids = {name: str(record.get(name, "")).lower() for name in ("id", "contact_id")}
    if not is_id(ids["id"]):
        return []
    told = record.get("modified")
    version = _digest("unreadable", repr(record.get("revision")), repr(told), str(flag_of(record, "is_deleted")))
    contact_id = ids["id" if stream is Stream.CONTACTS else "contact_id"]
    contacts = (PipelinerId(contact_id),) if stream is not Stream.ACCOUNTS and is_id(contact_id) else ()
    return [FeedRow(ids["id"], version, None, contacts)]


def _contact_of(relation: Record) -> Contact | None:
    """Return what identifies the contact of a relation; None where it is deleted, or not shown as a whole."""
    shown = expanded(relation, "contact")
    if shown is None or not id_of(shown) or flag_of(shown, "is_deleted") or isinstance(shown.get(ACCOUNT), str):
        return None
    return IDENTIFYING.contact(shown).contact


def _digest(*words: str) -> str:
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:16]
