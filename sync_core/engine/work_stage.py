"""Last stage of a pass: what waits in the inbox, then the Outlook contacts that have no link yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync_core.domain.contact import OutlookId, PipelinerId, Side
from sync_core.domain.records import HELD_CHANGES_SUBJECT, pipeliner_subject
from sync_core.domain.sides import in_scope
from sync_core.engine.births import match_in_space, open_search
from sync_core.engine.brake import hold_mass_changes
from sync_core.engine.carrying import Job, carry
from sync_core.engine.context import BATCH, PassContext
from sync_core.engine.newcomers import Unlinked, load_unlinked, match_newcomers
from sync_core.engine.observing import Touch, plan_touches
from sync_core.engine.quarantine import circling_unit, is_circling, is_due
from sync_core.engine.state_port import IndexEntry, OutlookWork, PipelinerWork, Unit


async def do_pipeliner_work(context: PassContext) -> None:
    """Carry the contacts of the inbox: linked ones are looked at, others matched or created in the folder."""
    await hold_mass_changes(context)
    if not context.counts.held:  # before the work is done: without work no pass would come back for it
        await context.commit((Unit(settled=(HELD_CHANGES_SUBJECT,)),))
    unlinked = Unlinked()
    loaded = False
    after: PipelinerId | None = None
    while page := await context.state.pipeliner_work(after):
        after = page[-1].id
        work = {item.id: item for item in page if _may_try(context, item)}
        index = await context.state.pipeliner_index(list(work)) if work else {}
        if len(index) < len(work) and not loaded:
            unlinked, loaded = await load_unlinked(context), True
        ids = list(work)
        for start in range(0, len(ids), BATCH):
            context.checkpoint()
            chunk = {key: work[key] for key in ids[start : start + BATCH]}
            await _carry_pipeliner_work(context, unlinked, chunk, index)


def _may_try(context: PassContext, item: PipelinerWork) -> bool:
    """Leave alone what waits for a lost create, for an approval, or for its time."""
    open_creates = {intent.pipeliner_id for intent in context.unresolved}
    is_held = item.held and not context.removals_approved
    return item.id not in open_creates and not is_held and is_due(item, context.clock.now())


async def _carry_pipeliner_work(
    context: PassContext,
    unlinked: Unlinked,
    work: Mapping[PipelinerId, PipelinerWork],
    index: Mapping[PipelinerId, IndexEntry],
) -> None:
    links = await context.state.links([index[key].link_id for key in work if key in index])
    now = context.clock.now()
    circling = [link for link in links.values() if is_circling(link, now)]
    units = [circling_unit(link, (work[link.pipeliner_id],), now) for link in circling]
    touches = [
        Touch(link, (work[link.pipeliner_id],))
        for link in links.values()
        if link.pipeliner_id in work and link not in circling
    ]
    jobs = await plan_touches(context, touches) if touches else []
    strangers = [key for key in work if key not in index]
    if strangers:
        jobs.extend(await _take_strangers(context, unlinked, strangers, work, units))
    carried = await carry(context, jobs)
    await context.commit((*carried.units, *units), None, carried.resolved)


async def _take_strangers(
    context: PassContext,
    unlinked: Unlinked,
    strangers: Sequence[PipelinerId],
    work: Mapping[PipelinerId, PipelinerWork],
    units: list[Unit],
) -> Sequence[Job]:
    contacts = await context.contacts.read(strangers)
    connection = context.connection
    wanted = [
        contact
        for contact in contacts.values()
        if not contact.is_deleted and in_scope(contact.ownership, connection.user, connection.scope)
    ]
    ids = {contact.id for contact in wanted}
    units.extend(
        Unit(done_work=(work[identifier],), settled=(pipeliner_subject(identifier),))
        for identifier in strangers
        if identifier not in ids
    )
    matched = await match_newcomers(context, unlinked, wanted, dict(work))
    units.extend(matched.units)
    return matched.jobs


async def do_outlook_work(context: PassContext) -> None:
    """Carry the Outlook contacts without a link: find the twin in the space, else create it there."""
    after: OutlookId | None = None
    while page := await context.state.outlook_work(after):
        context.checkpoint()
        after = page[-1].id
        held = {intent.outlook_id for intent in context.unresolved}
        now = context.clock.now()
        work = {item.id: item for item in page if item.id not in held and is_due(item, now)}
        index = await context.state.outlook_index(list(work))
        units = [Unit(done_work=(work[key],)) for key in index if work[key].traits is not None]
        links = await _links_to_look_at(context, work, index)
        jobs = await plan_touches(context, links) if links else []
        strangers = [item for key, item in work.items() if key not in index]
        if context.connection.sync_type.reaches(Side.PIPELINER):
            search = await open_search(context, strangers)
            born = await match_in_space(context, search, strangers)
            jobs.extend(born.jobs)
            units.extend(born.units)
        else:
            units.extend(Unit(done_work=(item,)) for item in strangers)
        carried = await carry(context, jobs)
        await context.commit((*carried.units, *units), None, carried.resolved)


async def _links_to_look_at(
    context: PassContext, work: Mapping[OutlookId, OutlookWork], index: Mapping[OutlookId, IndexEntry]
) -> list[Touch]:
    again = [entry.link_id for key, entry in index.items() if work[key].traits is None]
    links = await context.state.links(again) if again else {}
    return [Touch(link, done=(work[link.outlook_id],)) for link in links.values() if link.outlook_id in work]
