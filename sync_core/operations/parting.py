"""When a person parts a pair: an item that offers the values which each of the two had before they were linked."""

from __future__ import annotations

from sync_core.domain import Link, crossed_values
from sync_core.engine.notices import values_crossed_notice
from sync_core.operations.ports import Deployment

MOST_CHANGES = 10_000
"""Of a pair, that are looked through for the values from before."""


async def offer_values_from_before(deployment: Deployment, connection_id: str, link: Link) -> None:
    """Put up the item where values went from one to the other, as the history tells."""
    reader = deployment.reader(connection_id)
    told = await reader.history(MOST_CHANGES, contact_id=link.id)
    crossed = crossed_values(recorded.entry for recorded in reversed(told))
    fields = {change.field for changes in crossed.values() for change in changes}
    if fields:
        await reader.report(values_crossed_notice(link, fields))
