"""Looking at both sides of links right before anything is decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync_core.domain.contact import OutlookId, PipelinerId
from sync_core.domain.link import Link
from sync_core.domain.planning import LinkPlan, plan_link, plan_pair
from sync_core.domain.sides import OutlookContact, PipelinerContact
from sync_core.engine.carrying import Job, job
from sync_core.engine.context import PassContext
from sync_core.engine.state_port import Work


@dataclass(frozen=True, slots=True)
class Touch:
    """A link that something points at, with the work rows that this answers."""

    link: Link
    done: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts without a link that are the same person."""

    outlook_id: OutlookId
    pipeliner: PipelinerContact
    done: tuple[Work, ...] = ()


async def plan_touches(context: PassContext, touches: Sequence[Touch]) -> list[Job]:
    """Read both sides of the links, right before they are written, and plan them.

    A link with a create of unknown outcome waits: to plan it would be to create its contact again.
    """
    waiting = {intent.link_id for intent in context.unresolved}
    touches = [touch for touch in touches if touch.link.id not in waiting]
    if not touches:
        return []
    outlook = await context.folder.read([touch.link.outlook_id for touch in touches])
    pipeliner = await context.contacts.read([touch.link.pipeliner_id for touch in touches])
    jobs = []
    for touch in touches:
        seen = (outlook.get(touch.link.outlook_id), pipeliner.get(touch.link.pipeliner_id))
        plan = plan_link(context.connection, context.folder_id, touch.link, *seen)
        jobs.append(job(context, plan, touch.done))
    return jobs


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
