"""Attention items as people name and see them: their short ids, the contacts they are about, and those contacts' names.

Names are read from the two services when they are shown, and stored nowhere.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sync_core.domain import (
    COMPANY,
    GIVEN_NAME,
    SURNAME,
    AttentionItem,
    Contact,
    Level,
    OutlookContact,
    OutlookId,
    PipelinerContact,
    PipelinerId,
    PipelinerUser,
    Reach,
    Right,
    Side,
    UserRole,
    outlook_subject,
    pipeliner_subject,
    right_on,
)
from sync_core.engine.run import RunPorts
from sync_core.errors import InvalidRequest, NotFound, SyncError
from sync_core.operations.ports import Deployment
from sync_core.state import ConnectionRecord

MOST_NAMED = 100
"""Items whose contacts are named at once."""
PATIENCE_S = 20.0
"""How long the names of contacts are waited for."""
_NOTHING = UserRole(Level.UNKNOWN, may_delete=False, opens_archive=False, reach=Reach.OWNED)
_ID_CHARACTERS = 8
_MOST_LISTED = 10

Told = TypeVar("Told")


# Ids


def item_id(item: AttentionItem) -> str:
    """Return the short id of an item: the same as long as it is about the same subject."""
    return hashlib.sha256(item.subject.encode()).hexdigest()[:_ID_CHARACTERS]


def find_item(items: Sequence[AttentionItem], typed: str) -> AttentionItem:
    """Find an item by its id, its subject, or the beginning of either. Raises NotFound, InvalidRequest when unclear."""
    exact = [item for item in items if typed in {item_id(item), item.subject}]
    begun = [item for item in items if typed and (item_id(item).startswith(typed) or item.subject.startswith(typed))]
    found = exact or begun
    if not found:
        raise NotFound("there is no attention item of this id: it may be resolved; list the items to see what waits")
    if len(found) > 1:
        ids = ", ".join(item_id(item) for item in found[:_MOST_LISTED])
        raise InvalidRequest([f"item: {len(found)} items begin like this ({ids}); give more of the id"])
    return found[0]


# The contacts of an item


def own_side(item: AttentionItem) -> Side | None:
    """Return on which side the contact of an item is; None where it is about a link, or about no contact."""
    if item.subject.startswith(outlook_subject(OutlookId(""))):
        return Side.OUTLOOK
    return Side.PIPELINER if item.subject.startswith(pipeliner_subject(PipelinerId(""))) else None


def outlook_ids_of(item: AttentionItem) -> tuple[OutlookId, ...]:
    """Return the Outlook contacts that an item is about."""
    candidates = item.candidates if own_side(item) is Side.PIPELINER else ()
    return _distinct(OutlookId(one) for one in (item.outlook_id, *candidates) if one)


def pipeliner_ids_of(item: AttentionItem) -> tuple[PipelinerId, ...]:
    """Return the Pipeliner contacts that an item is about."""
    candidates = () if own_side(item) is Side.PIPELINER else item.candidates
    return _distinct(PipelinerId(one) for one in (item.pipeliner_id, *candidates) if one)


def pairs_of(item: AttentionItem) -> tuple[tuple[OutlookId, PipelinerId], ...]:
    """Return the pairs that an item asks about: its contact with each candidate, or the linked pair."""
    if own_side(item) is Side.PIPELINER and item.pipeliner_id:
        return tuple((one, item.pipeliner_id) for one in outlook_ids_of(item))
    others = tuple(map(PipelinerId, item.candidates)) or ((item.pipeliner_id,) if item.pipeliner_id else ())
    return tuple((item.outlook_id, one) for one in others) if item.outlook_id else ()


Id = TypeVar("Id", bound=str)


def _distinct(ids: Iterable[Id]) -> tuple[Id, ...]:
    return tuple(dict.fromkeys(ids))


# What the services show of them


@dataclass(frozen=True, slots=True)
class Seen:
    """Contacts as the services show them now; what is gone is left out."""

    outlook: Mapping[OutlookId, OutlookContact] = field(default_factory=dict)
    pipeliner: Mapping[PipelinerId, PipelinerContact] = field(default_factory=dict)


async def see_contacts(ports: RunPorts, outlook_ids: Iterable[OutlookId], pipeliner_ids: Iterable[PipelinerId]) -> Seen:
    """Read contacts from both services. Raises SyncError."""
    outlook, pipeliner = _distinct(outlook_ids), _distinct(pipeliner_ids)
    return Seen(
        await ports.folder.read(outlook) if outlook else {}, await ports.contacts.read(pipeliner) if pipeliner else {}
    )


async def names_of(deployment: Deployment, record: ConnectionRecord, items: Sequence[AttentionItem]) -> Named:
    """Read the names of the contacts of items; of a service that does not answer none."""
    named = [item for item in items if outlook_ids_of(item) or pipeliner_ids_of(item)][:MOST_NAMED]
    if not named or not record.is_readable:
        return Named()
    ports = deployment.run_ports(record, "")
    outlook_ids = _distinct(one for item in named for one in outlook_ids_of(item))
    pipeliner_ids = _distinct(one for item in named for one in pipeliner_ids_of(item))
    outlook = await unless_silent(lambda: ports.folder.read(outlook_ids)) if outlook_ids else {}
    pipeliner = await unless_silent(lambda: ports.contacts.read(pipeliner_ids)) if pipeliner_ids else {}
    if pipeliner:  # what the connection's user may not see is never named to them
        user = await user_with_rights(ports, record)
        pipeliner = {key: one for key, one in pipeliner.items() if right_on(user, one) >= Right.SEE}
    return Named(
        frozenset(item.subject for item in named),
        None if outlook is None else {key: name_of(one.contact) for key, one in outlook.items()},
        None if pipeliner is None else {key: name_of(one.contact) for key, one in pipeliner.items()},
    )


async def user_with_rights(ports: RunPorts, record: ConnectionRecord) -> PipelinerUser:
    """Return the connection's user with what they may do in Pipeliner; where that is not known, it is nothing."""
    user = record.connection().user
    known = await unless_silent(lambda: ports.read_rights(user))
    return known if isinstance(known, PipelinerUser) else replace(user, role=_NOTHING)


async def unless_silent(read: Callable[[], Awaitable[Told]]) -> Told | None:
    """Read from a service; None where it does not answer, or not in time."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await read()
    except (SyncError, TimeoutError):
        return None


def name_of(contact: Contact) -> str:
    """Return what a contact is called: its person, else its company; "" for neither."""
    names = (contact.text(name) for name in (GIVEN_NAME, "middle_name", SURNAME))
    return " ".join(name for name in names if name) or contact.text(COMPANY)


@dataclass(frozen=True, slots=True)
class Named:
    """What contacts are called now, of the items that were asked for; None for a service that did not answer."""

    subjects: frozenset[str] = frozenset()
    outlook: Mapping[OutlookId, str] | None = None
    pipeliner: Mapping[PipelinerId, str] | None = None

    def of_outlook(self, item: AttentionItem) -> Mapping[str, str] | None:
        """Return the names of an item's Outlook contacts; None where they are not known."""
        if item.subject not in self.subjects or self.outlook is None:
            return None
        return {key: self.outlook[key] for key in outlook_ids_of(item) if key in self.outlook}

    def of_pipeliner(self, item: AttentionItem) -> Mapping[str, str] | None:
        """Return the names of an item's Pipeliner contacts; None where they are not known."""
        if item.subject not in self.subjects or self.pipeliner is None:
            return None
        return {key: self.pipeliner[key] for key in pipeliner_ids_of(item) if key in self.pipeliner}
