"""Linking and unlinking by hand: a person says that two contacts are one person, or that a pair is wrong.

Neither writes a link itself: both are rulings, and the next run does what they say.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from sync_core.domain import (
    Concerned,
    Link,
    OutlookId,
    PipelinerId,
    PipelinerUser,
    RulingKind,
    in_scope,
)
from sync_core.errors import InvalidRequest, NotFound
from sync_core.operations.answering import look_at, see, store_rulings
from sync_core.operations.auditing import act_on_connection
from sync_core.operations.connection_status import check_runs_on_request
from sync_core.operations.finding import MOST_CHARACTERS, check_typed, find_card, find_contact
from sync_core.operations.parting import offer_values_from_before
from sync_core.operations.ports import Deployment
from sync_core.operations.questions import Seen, user_with_rights
from sync_core.operations.ruling import decided_on_pair
from sync_core.state import Act, ConnectionRecord


class LinkRequest(BaseModel):
    """Which two contacts are one person: each by its id, or by an e-mail address or name that it alone has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outlook: str = Field(min_length=1, max_length=MOST_CHARACTERS)
    pipeliner: str = Field(min_length=1, max_length=MOST_CHARACTERS)


class UnlinkRequest(BaseModel):
    """Which linked pair is wrong: by the id of either contact, or of the link."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contact: str = Field(min_length=1, max_length=MOST_CHARACTERS)


@act_on_connection(Act.LINK)
async def link_contacts(deployment: Deployment, connection_id: str, outlook: str, pipeliner: str, *, by: str) -> str:
    """Say that two contacts are one person, each named by id, e-mail address or name.

    Returns the ruling's id. Raises InvalidRequest where one of them is not there, not covered, or linked already,
    NotFound, Paused, Unreadable, and IndexUnknown.
    """
    record = await deployment.registry.get(connection_id)
    check_runs_on_request(record)
    check_typed(outlook=outlook, pipeliner=pipeliner)
    pair = await find_card(deployment, record, outlook), await find_contact(deployment, record, pipeliner)
    about = Concerned((pair[0],), (pair[1],))
    seen = await see(deployment, record, about)
    reader = deployment.reader(connection_id)
    links = [link for link in (await reader.link_of(pair[0]), await reader.link_of(pair[1])) if link is not None]
    user = await user_with_rights(deployment.run_ports(record, ""), record)
    faults = [*_unfit(record, user, seen, *pair), *_taken(links, *pair)]
    if faults:
        raise InvalidRequest(faults)
    (ruling_id,) = await store_rulings(deployment, record, [[decided_on_pair(RulingKind.SAME, seen, *pair)]], by)
    await look_at(deployment, record, about, seen)
    return ruling_id


@act_on_connection(Act.UNLINK)
async def unlink_contact(deployment: Deployment, connection_id: str, contact_id: str, *, by: str) -> str:
    """Say that a linked pair is wrong: an id of either contact, or of the link. Both contacts stay.

    Where values went from one to the other, an item offers those from before.

    Returns the ruling's id. Raises NotFound where no link has this id, InvalidRequest, Paused and Unreadable.
    """
    record = await deployment.registry.get(connection_id)
    check_runs_on_request(record)
    check_typed(contact=contact_id)
    link = await deployment.reader(connection_id).link_of(contact_id)
    if link is None:
        raise NotFound(f"connection {connection_id} links no contact of this id; its history shows ids")
    pair = Concerned((link.outlook_id,), (link.pipeliner_id,))
    seen = await see(deployment, record, pair)
    decided = decided_on_pair(RulingKind.APART, seen, link.outlook_id, link.pipeliner_id)
    (ruling_id,) = await store_rulings(deployment, record, [[decided]], by)
    await offer_values_from_before(deployment, connection_id, link)
    await look_at(deployment, record, pair, seen)
    return ruling_id


def _unfit(
    record: ConnectionRecord, user: PipelinerUser, seen: Seen, outlook_id: OutlookId, pipeliner_id: PipelinerId
) -> Iterator[str]:
    card, contact = seen.outlook.get(outlook_id), seen.pipeliner.get(pipeliner_id)
    if card is None or card.folder_id != record.folder_id:
        yield "outlook: the connected folder has no contact of this id; attention and history show ids"
    if contact is None or contact.is_deleted or not in_scope(contact.ownership, user, record.settings.scope):
        yield "pipeliner: no contact of this id is among those that the connection covers"


def _taken(links: list[Link], outlook_id: OutlookId, pipeliner_id: PipelinerId) -> Iterator[str]:
    for link in dict.fromkeys(one.id for one in links):
        found = next(one for one in links if one.id == link)
        if (found.outlook_id, found.pipeliner_id) == (outlook_id, pipeliner_id):
            yield f"outlook: these two are linked already (link {link})"
        else:
            side = "outlook" if found.outlook_id == outlook_id else "pipeliner"
            yield f"{side}: this contact is linked with another one (link {link}); unlink it first"
