"""Third stage of a full round over known links: whatever neither listing showed is looked up, never assumed gone."""

from __future__ import annotations

from dataclasses import replace

from sync_core.engine.context import PassContext
from sync_core.engine.outlook_stage import look_at
from sync_core.engine.state_port import Stage


async def look_for_missing(context: PassContext) -> None:
    """Walk all links; those that were not seen on either side in this round become work."""
    while page := await context.state.links_page(context.cursor.links_after):
        context.checkpoint()
        units = [
            look_at(link)
            for link in page
            if link.outlook_id not in context.seen_outlook or link.pipeliner_id not in context.seen_pipeliner
        ]
        cursor = replace(context.cursor, links_after=page[-1].id)
        await context.commit(units, cursor if units else None)
        context.cursor = cursor
    context.cursor = replace(context.cursor, stage=Stage.WORK, links_after=None)
