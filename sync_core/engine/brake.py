"""The brake on mass changes: when more than half of the links would change the same way, those wait for an approval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from sync_core.domain.contact import LinkId, PipelinerId, Side
from sync_core.domain.planning import LinkPlan
from sync_core.engine.context import BATCH, PassContext
from sync_core.engine.notices import changes_held_notice
from sync_core.engine.observing import Touch, plan_touches
from sync_core.engine.state_port import PipelinerWork, Unit

Way = tuple[Side, str]
"""A field that is written on a side."""


async def hold_mass_changes(context: PassContext) -> None:
    """Survey what waits when it is much, and mark what changes the same way in too many links as held."""
    if context.removals_approved:
        return
    waiting, held = await _waiting(context)
    guard = context.connection.guard
    if guard.allows_changes(len(waiting) + held, context.links) or not waiting:
        context.counts.held += held
        return
    ways = await _survey(context, waiting)
    fields = [way for way, ids in ways.items() if not guard.allows_changes(len(ids), context.links)]
    stopped = {pipeliner_id for way in fields for pipeliner_id in ways[way]}
    context.counts.held += held + len(stopped)
    if not stopped:
        return
    notice = changes_held_notice(context.connection.field_map, fields, len(stopped), context.links)
    work = {item.id: item for item in waiting}
    units = [Unit(put_work=(replace(work[key], held=True, etag=""),)) for key in sorted(stopped)]
    await context.commit((*units, Unit(attention=(notice,))))


async def _waiting(context: PassContext) -> tuple[list[PipelinerWork], int]:
    waiting: list[PipelinerWork] = []
    held = 0
    after: PipelinerId | None = None
    while page := await context.state.pipeliner_work(after):
        waiting.extend(item for item in page if not item.held)
        held += sum(item.held for item in page)
        after = page[-1].id
    return waiting, held


async def _survey(context: PassContext, waiting: Sequence[PipelinerWork]) -> dict[Way, list[PipelinerId]]:
    """Plan without writing: which fields of which links would be written."""
    ways: dict[Way, list[PipelinerId]] = defaultdict(list)
    for start in range(0, len(waiting), BATCH):
        ids = [item.id for item in waiting[start : start + BATCH]]
        index = await context.state.pipeliner_index(ids)
        links = await context.state.links([entry.link_id for entry in index.values()]) if index else {}
        for job in await plan_touches(context, [Touch(link) for link in links.values()]) if links else ():
            for way in _ways(job.plan):
                ways[way].append(links[_link_id(job.plan)].pipeliner_id)
    return ways


def _link_id(plan: LinkPlan) -> LinkId:
    return plan.link.id if plan.link is not None else LinkId("")


def _ways(plan: LinkPlan) -> set[Way]:
    if plan.merge is None or plan.create_on is not None:
        return set()
    return {(side, name) for side in Side for name in plan.merge.to(side)}
