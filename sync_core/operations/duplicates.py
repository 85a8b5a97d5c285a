"""Possible duplicates, for administrators alone: contacts that were created beside one that the user may not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sync_core.domain import OutlookId, PipelinerId
from sync_core.errors import NotFound
from sync_core.operations.ports import Deployment
from sync_core.state import StoredDuplicates


@dataclass(frozen=True, slots=True)
class PossibleDuplicate:
    """A contact that the sync created for a card, and contacts that may be the same person, each by its id."""

    connection_id: str
    outlook_id: OutlookId
    pipeliner_id: PipelinerId
    others: tuple[PipelinerId, ...]
    since: datetime


async def possible_duplicates(deployment: Deployment, limit: int) -> Sequence[PossibleDuplicate]:
    """Return at most so many possible duplicates of the space that are still there on both sides. Raises SyncError.

    One of which either contact was deleted, or merged with the other, is none any more.
    """
    noted = await StoredDuplicates(deployment.store, deployment.settings.pipeliner_space_id).all()
    found: list[PossibleDuplicate] = []
    for one in noted:
        if len(found) == limit:
            break
        try:
            record = await deployment.registry.get(one.connection_id)
        except NotFound:
            continue
        link = await deployment.reader(one.connection_id).link_of(one.outlook_id)
        if link is None or not record.is_readable:
            continue
        contacts = deployment.run_ports(record, "").contacts
        shown = await contacts.read([link.pipeliner_id, *one.unseen])
        there = {key for key, contact in shown.items() if not contact.is_deleted}
        others = tuple(key for key in one.unseen if key in there and key != link.pipeliner_id)
        if others and link.pipeliner_id in there:
            found.append(PossibleDuplicate(one.connection_id, one.outlook_id, link.pipeliner_id, others, one.at))
    return found
