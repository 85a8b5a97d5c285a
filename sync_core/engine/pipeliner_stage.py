"""Second stage of a full round: every Pipeliner contact in scope, page by page, against links and folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync_core.domain.link import Link, LinkState
from sync_core.domain.merge import changed_fields
from sync_core.domain.sides import PipelinerContact
from sync_core.engine.carrying import carry
from sync_core.engine.context import BATCH, PassContext
from sync_core.engine.newcomers import Unlinked, load_unlinked, match_newcomers
from sync_core.engine.outlook_stage import look_at
from sync_core.engine.state_port import Stage


async def list_pipeliner(context: PassContext) -> None:
    """Walk the scope in batches; links that differ become work, contacts without one are matched or created."""
    unlinked = await load_unlinked(context)
    after = context.cursor.listing_after
    done = False
    while not done:
        context.checkpoint()
        batch: list[PipelinerContact] = []
        while not done and len(batch) < BATCH:
            page = await context.contacts.scope_page(context.connection.user, context.connection.scope, after)
            batch.extend(page.contacts)
            after, done = page.after, page.after is None
        await _take_batch(context, unlinked, batch, after)
    stage = Stage.MISSING if context.cursor.look_for_missing else Stage.WORK
    context.cursor = replace(context.cursor, stage=stage, listing_after=None)


async def _take_batch(
    context: PassContext, unlinked: Unlinked, batch: Sequence[PipelinerContact], after: str | None
) -> None:
    contacts = {contact.id: contact for contact in batch}
    context.seen_pipeliner.update(contacts)
    index = await context.state.pipeliner_index(list(contacts))
    links = await context.state.links([entry.link_id for entry in index.values()]) if index else {}
    changed = [
        look_at(link)
        for link in links.values()
        if link.pipeliner_id in contacts and _differs(context, link, contacts[link.pipeliner_id])
    ]
    newcomers = [contact for key, contact in contacts.items() if key not in index]
    matched = await match_newcomers(context, unlinked, newcomers)
    carried = await carry(context, matched.jobs)
    cursor = replace(context.cursor, listing_after=after)
    await context.commit((*changed, *carried.units, *matched.units), cursor, carried.resolved)


def _differs(context: PassContext, link: Link, contact: PipelinerContact) -> bool:
    """Compare by value: a renamed account or a new relation does not move a contact's revision."""
    changed = changed_fields(context.connection.field_map, contact.contact, link.baselines.pipeliner)
    return link.state is LinkState.RESTING or link.pending is not None or bool(changed)
