"""Looking at both sides of links right before anything is decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync_core.domain.contact import OutlookId, PipelinerId
from sync_core.domain.link import Link
from sync_core.domain.planning import LinkPlan, plan_link, plan_pair
from sync_core.domain.sides import OutlookContact, PipelinerContact
from sync_core.engine.carrying import Job, job
from sync_core.engine.context import PassContext
from sync_core.engine.state_port import Work


@dataclass(frozen=True, slots=True)
class Touch:
    """A link that something points at. `seen` is the Pipeliner contact when a listing just showed it."""

    link: Link
    seen: PipelinerContact | None = None
    done: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts without a link that are the same person."""

    outlook_id: OutlookId
    pipeliner: PipelinerContact
    done: tuple[Work, ...] = ()


async def plan_touches(context: PassContext, touches: Sequence[Touch]) -> list[Job]:
    """Read both sides of the links and plan them; what would be written is read right before."""
    outlook = await context.folder.read([touch.link.outlook_id for touch in touches])
    unseen = [touch.link.pipeliner_id for touch in touches if touch.seen is None]
    pipeliner = dict(await context.contacts.read(unseen)) if unseen else {}
    pipeliner.update({touch.link.pipeliner_id: touch.seen for touch in touches if touch.seen is not None})

    def plan(touch: Touch) -> LinkPlan:
        seen = (outlook.get(touch.link.outlook_id), pipeliner.get(touch.link.pipeliner_id))
        return plan_link(context.connection, context.folder_id, touch.link, *seen)

    plans = [plan(touch) for touch in touches]
    stale = {
        touch.link.pipeliner_id
        for touch, item in zip(touches, plans, strict=True)
        if item.writes_pipeliner and touch.seen is not None
    }
    if stale:
        for identifier in stale:
            del pipeliner[identifier]
        pipeliner.update(await context.contacts.read(sorted(stale)))
        plans = [plan(touch) for touch in touches]
    return [job(context, item, touch.done) for touch, item in zip(touches, plans, strict=True)]


async def plan_pairs(context: PassContext, pairs: Sequence[Pair]) -> list[Job]:
    """Read the Outlook contacts of first-sight pairs and plan them; a contact that is gone meanwhile drops out."""
    outlook = await context.folder.read([pair.outlook_id for pair in pairs])
    jobs: list[Job] = []
    for pair in pairs:
        contact = outlook.get(pair.outlook_id)
        if contact is None or contact.folder_id != context.folder_id:
            continue
        plan = plan_pair(context.connection, contact, pair.pipeliner)
        if plan.writes_pipeliner:
            plan = await _verified(context, contact, pair.pipeliner.id) or plan
        jobs.append(job(context, plan, pair.done))
    return jobs


async def _verified(context: PassContext, outlook: OutlookContact, pipeliner_id: PipelinerId) -> LinkPlan | None:
    fresh = (await context.contacts.read([pipeliner_id])).get(pipeliner_id)
    if fresh is None or fresh.is_deleted:
        return None
    return plan_pair(context.connection, outlook, fresh)


def with_done(touch: Touch, work: Work) -> Touch:
    """Add a work row that the touch answers."""
    return replace(touch, done=(*touch.done, work))
