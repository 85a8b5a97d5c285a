"""Third stage of a full round over known links: whatever neither listing showed is looked up, never assumed gone."""

from __future__ import annotations

from dataclasses import replace

from sync_core.engine.carrying import carry
from sync_core.engine.context import PassContext
from sync_core.engine.observing import Touch, plan_touches
from sync_core.engine.state_port import Stage


async def look_for_missing(context: PassContext) -> None:
    """Walk all links; touch those that were not seen on either side in this round."""
    while page := await context.state.links_page(context.cursor.links_after):
        context.checkpoint()
        touches = [
            Touch(link)
            for link in page
            if link.outlook_id not in context.seen_outlook or link.pipeliner_id not in context.seen_pipeliner
        ]
        jobs = await plan_touches(context, touches) if touches else []
        carried = await carry(context, jobs)
        cursor = replace(context.cursor, links_after=page[-1].id)
        await context.commit(carried.units, cursor if carried.units else None, carried.resolved)
        context.cursor = cursor
    context.cursor = replace(context.cursor, stage=Stage.WORK, links_after=None)
