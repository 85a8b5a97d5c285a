"""A space beside its contacts: users, the change feed, field types, health."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sync_core.domain.contact import PipelinerId, UserId
from sync_core.domain.sides import Ownership, PipelinerUser
from sync_core.engine.ports import FeedPage, FeedRow, Stream
from sync_core.errors import InvalidRequest, UserGone
from sync_core.pipeliner.client import PipelinerClient, Query
from sync_core.pipeliner.dates import filter_time
from sync_core.pipeliner.ownership import OWNERSHIP_FIELDS, ownership_of
from sync_core.pipeliner.paging import WITH_DELETED, ordered, read_page, where
from sync_core.pipeliner.records import Record, elements, flag_of, id_of, number_of, relation_id, text_of, time_of
from sync_core.pipeliner.targets import ACCOUNT_RELATIONS, ACCOUNTS, CLIENTS, CONTACTS, FIELDS, SHARING

_USER_FIELDS = "id,email,name,is_deleted,default_unit_id,unit_membership.unit_id"


@dataclass(frozen=True, slots=True)
class _Feed:
    """How one stream is listed, and what tells one version of its records from another."""

    entity: str
    fields: tuple[str, ...]
    expand: Query
    version: Callable[[Record], str]


def _contact_version(record: Record) -> str:
    """Sharing, ownership and a delete count beside the revision, which they need not move."""
    words = (str(flag_of(record, "is_deleted")), *_ownership_words(ownership_of(record)))
    return f"{number_of(record, 'revision')}-{_digest(*words)}"


def _ownership_words(ownership: Ownership) -> Iterator[str]:
    yield from (ownership.owner_id, ownership.unit_id, ownership.share_mode)
    yield from ("editors", *sorted(ownership.editor_ids), "watchers", *sorted(ownership.watcher_ids))


def _relation_version(record: Record) -> str:
    return f"{text_of(record, 'modified')}-{flag_of(record, 'is_deleted')}"


def _account_version(record: Record) -> str:
    """Change with the name and with the end of the account, for nothing else of it concerns its contacts."""
    return _digest(text_of(record, "name"), str(flag_of(record, "is_deleted")))


def _digest(*words: str) -> str:
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:16]


_RELATED = ("contact_id",)
_SHARED = ("contact_id", "client_id")
_FEEDS: Mapping[Stream, _Feed] = {
    Stream.CONTACTS: _Feed(
        CONTACTS, ("revision", *OWNERSHIP_FIELDS), (("expand", "sharing_clients"),), _contact_version
    ),
    Stream.ACCOUNT_RELATIONS: _Feed(ACCOUNT_RELATIONS, _RELATED, (), _relation_version),
    Stream.SHARING: _Feed(SHARING, _SHARED, (), _relation_version),
    Stream.ACCOUNTS: _Feed(ACCOUNTS, ("name",), (), _account_version),
}


class PipelinerSpace:
    """Implements `PipelinerPort`."""

    def __init__(self, client: PipelinerClient) -> None:
        self._client = client

    async def user(self, user: str) -> PipelinerUser:
        """Find a user by e-mail address or id.

        Raises UserGone when there is none or he is removed, InvalidRequest when an address has several users.
        """
        by_address = "@" in user
        condition = where("email", user, "ieq") if by_address else where("id", user.lower())
        shown: Query = (("expand", "unit_membership"), ("load-only", _USER_FIELDS))
        page = await read_page(self._client, CLIENTS, (*condition, *WITH_DELETED, *shown))
        living = [record for record in page if not flag_of(record, "is_deleted")]
        if len(living) > 1:
            ids = ", ".join(id_of(record) for record in living)
            raise InvalidRequest([f"user: several Pipeliner users have this e-mail address ({ids}); give one's id"])
        if living:
            return _user(living[0])
        if page.records:
            raise UserGone(f"the Pipeliner user {id_of(page.records[0])} was removed from the space")
        raise UserGone("no Pipeliner user has this e-mail address" if by_address else "no Pipeliner user has this id")

    async def changes(self, stream: Stream, since: datetime, after: str | None) -> FeedPage:
        """Read a page of what changed at or after a time of Pipeliner's own clock, deleted records included."""
        feed = _FEEDS[stream]
        changed = (*where("modified", filter_time(since), "gte"), *ordered("modified"), *WITH_DELETED)
        load = ",".join(("id", "modified", "is_deleted", *feed.fields))
        page = await read_page(self._client, feed.entity, (*changed, *feed.expand, ("load-only", load)), after)
        return FeedPage(tuple(_row(stream, feed, record) for record in page), page.after)

    async def contacts_of_account(
        self, account_id: str, after: str | None
    ) -> tuple[tuple[PipelinerId, ...], str | None]:
        """Read a page of the ids of contacts related to an account."""
        query = (*where("account_id", account_id), *ordered("id"), ("load-only", "id,contact_id"))
        page = await read_page(self._client, ACCOUNT_RELATIONS, query, after)
        ids = dict.fromkeys(PipelinerId(id_of(record, "contact_id")) for record in page)
        return tuple(contact_id for contact_id in ids if contact_id), page.after

    async def server_time(self) -> datetime:
        """Give Pipeliner's own time, as of its last answer."""
        return await self._client.server_time()

    async def field_types(self) -> Mapping[str, str]:
        """Give the contact fields of the space: api_name to type_id."""
        query = (*where("entity_name", "Contact"), *ordered("id"), ("load-only", "id,api_name,type_id,is_deleted"))
        types: dict[str, str] = {}
        page = await read_page(self._client, FIELDS, query)
        while True:
            living = (record for record in page if not flag_of(record, "is_deleted"))
            types |= {text_of(record, "api_name"): text_of(record, "type_id") for record in living}
            if page.after is None:
                return types
            page = await read_page(self._client, FIELDS, query, page.after)

    async def check(self) -> None:
        """Ask for one user; raises what is wrong."""
        await read_page(self._client, CLIENTS, (("load-only", "id"),), size=1)


def _row(stream: Stream, feed: _Feed, record: Record) -> FeedRow:
    if stream is Stream.CONTACTS:
        contact_ids: tuple[str, ...] = (id_of(record),)
    else:
        contact_ids = (id_of(record, "contact_id"),) if "contact_id" in feed.fields else ()
    return FeedRow(
        id=id_of(record),
        version=feed.version(record),
        modified=time_of(record, "modified"),
        contact_ids=tuple(PipelinerId(contact_id) for contact_id in contact_ids if contact_id),
        user_id=UserId(id_of(record, "client_id")) if stream is Stream.SHARING else None,
        ownership=ownership_of(record) if stream is Stream.CONTACTS else None,
        is_deleted=flag_of(record, "is_deleted"),
    )


def _user(record: Record) -> PipelinerUser:
    default = id_of(record, "default_unit_id")
    units = {_unit(membership) for membership in elements(record, "unit_membership")}
    return PipelinerUser(
        id=UserId(id_of(record)),
        email=text_of(record, "email"),
        name=text_of(record, "name"),
        default_unit_id=default,
        unit_ids=frozenset(unit_id for unit_id in (default, *units) if unit_id),
    )


def _unit(membership: object) -> str:
    """Unit of a membership: its relation's id, or what the expanded unit is; "" when it is not shown."""
    if not isinstance(membership, dict):
        return ""
    return id_of(membership, "unit_id") or relation_id(membership, "unit")
