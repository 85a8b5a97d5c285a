"""Contacts as people type them: by id, by an e-mail address, or by a name that only one of them has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sync_core.domain import (
    COMPANY,
    EMAILS,
    GIVEN_NAME,
    SURNAME,
    Contact,
    OutlookId,
    PipelinerId,
    Side,
    in_scope,
    is_same_address,
)
from sync_core.domain.identity import traits
from sync_core.errors import InvalidRequest
from sync_core.operations.ports import Deployment
from sync_core.operations.questions import user_with_rights
from sync_core.state import ConnectionRecord, SideLookup, folder_place
from sync_core.storage import fits_key

MOST_CHARACTERS = 400
"""Of what is typed; Graph's ids, the longest, have some 150."""


def check_typed(**typed: str) -> None:
    """Raise InvalidRequest for what can be no id or name: rows and addresses of requests are made of it."""
    faults = [
        f"{name}: must be 1 to {MOST_CHARACTERS} visible characters"
        for name, text in typed.items()
        if not 0 < len(text) <= MOST_CHARACTERS or not text.isprintable() or not fits_key(text)
    ]
    if faults:
        raise InvalidRequest(faults)


async def find_card(deployment: Deployment, record: ConnectionRecord, typed: str) -> OutlookId:
    """Find a contact of the connected folder. What is neither an address nor several words is taken for an id.

    Raises InvalidRequest unless exactly one is meant, IndexUnknown while the folder is not known as a whole.
    """
    if not _is_name_or_address(typed):
        return OutlookId(typed)
    handles = _handles_of(typed)
    index = SideLookup(deployment.store, folder_place(record.id), Side.OUTLOOK, deployment.keyed)
    await index.refresh()
    held = await index.holders([deployment.keyed.token(handle) for handle in handles])
    ids = sorted({OutlookId(one.id) for holders in held.values() for one in holders})
    shown = await deployment.run_ports(record, "").folder.read(ids) if ids else {}
    cards = [card for card in shown.values() if card.folder_id == record.folder_id]
    return _only("outlook", [card.id for card in cards if not handles.isdisjoint(traits(card.contact).handles)])


async def find_contact(deployment: Deployment, record: ConnectionRecord, typed: str) -> PipelinerId:
    """Find a Pipeliner contact that the connection covers, in the same way. Raises InvalidRequest."""
    if not _is_name_or_address(typed):
        return PipelinerId(typed)
    ports = deployment.run_ports(record, "")
    if "@" in typed:
        listed = await ports.contacts.by_email(typed)
        named = [one for one in listed if any(is_same_address(typed, own) for own in one.contact.entries(EMAILS))]
    else:
        given, _, surname = typed.rpartition(" ")
        named = list(await ports.contacts.by_name(given, surname))
    user, scope = await user_with_rights(ports, record), record.settings.scope
    return _only("pipeliner", [one.id for one in named if in_scope(one.ownership, user, scope)])


def _is_name_or_address(typed: str) -> bool:
    return "@" in typed or " " in typed


def _handles_of(typed: str) -> frozenset[str]:
    if "@" in typed:
        return traits(Contact({EMAILS: (typed,)})).handles
    given, _, surname = typed.rpartition(" ")
    return traits(Contact({GIVEN_NAME: given, SURNAME: surname})).handles | traits(Contact({COMPANY: typed})).handles


Id = TypeVar("Id", bound=str)


def _only(side: str, found: Sequence[Id]) -> Id:
    if len(found) != 1:
        raise InvalidRequest([f"{side}: {len(found) or 'no'} contacts have this name or address; give one's id"])
    return found[0]
