"""The last steps of a run: looks at links first, then at Pipeliner contacts and at Outlook contacts without a link.

Links come first, so that a half that is missing is known to be before anybody is taken for a newcomer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync_core.domain import (
    AWAITING_CHANGES_SUBJECT,
    AWAITING_CREATES_SUBJECT,
    RIGHTS_SUBJECT,
    End,
    OutlookId,
    PipelinerId,
    Side,
    in_scope,
)
from sync_core.engine.applying import apply
from sync_core.engine.context import BATCH, RunContext
from sync_core.engine.deciding import Touch, decide_links
from sync_core.engine.matching import knows_everybody
from sync_core.engine.pairing import Paired, pair_with_folder, pair_with_space, stored_ids
from sync_core.engine.ports import ChangeSet, OutlookLook, PipelinerLook
from sync_core.engine.reading import ask_anew
from sync_core.engine.safety_limits import circling_change_set, hold_mass_changes, is_circling, tell_held_creates
from sync_core.engine.setting_aside import apart, readable_looks
from sync_core.errors import ContactsFailing

FIRST_BATCH = 24
"""So many links a run looks at first that follows one which had to stop, and then twice as many each time: a service
that allows little at a time lets at least these be written before its allowance is used up by looks."""


async def do_pipeliner_work(context: RunContext) -> None:
    """Look at the contacts of the inbox: links are decided, other contacts paired or created in the folder."""
    await hold_mass_changes(context)
    if not context.counts.awaiting_approval:  # before the work is done: without work no run would come back for it
        await context.commit((ChangeSet(resolved=(AWAITING_CHANGES_SUBJECT, RIGHTS_SUBJECT)),))
    open_creates = {intent.pipeliner_id for intent in context.open_creates}
    new: dict[PipelinerId, PipelinerLook] = {}
    after: PipelinerLook | None = None
    while page := await context.state.waiting(PipelinerLook, after):
        after, now = page[-1], context.clock.now()
        approved = [item for item in page if context.removals_approved or not item.awaits_approval]
        due = [item for item in approved if item.not_before is None or item.not_before <= now]
        looks = {item.id: item for item in due if item.id not in open_creates}
        linked = await _look_at_links(context, looks)
        new |= {key: item for key, item in looks.items() if key not in linked}
        await context.commit(
            await ask_anew(context, [*looks, *(card for card in linked.values() if card is not None)], looks)
        )
    if new and not await knows_everybody(context):
        context.waits_for_index = True
    elif new:
        stored = await stored_ids(context)
        ids = list(new)
        for start in range(0, len(ids), BATCH):
            context.checkpoint()
            chunk = [new[key] for key in ids[start : start + BATCH]]
            for paired in await apart(context, chunk, lambda some: _pair(context, stored, some), lambda one: (one,)):
                applied = await apply(context, paired.jobs)
                await context.commit((*applied.change_sets, *paired.change_sets), None, applied.finished)


async def _look_at_links(
    context: RunContext, looks: Mapping[PipelinerId, PipelinerLook]
) -> dict[PipelinerId, OutlookId | None]:
    """Decide about the links of these contacts; returns which contacts have one still, with their cards."""
    index = await context.state.pipeliner_index(list(looks)) if looks else {}
    found: dict[PipelinerId, OutlookId | None] = dict.fromkeys(index)
    left, size = list(index), FIRST_BATCH if context.starts_small else BATCH
    while left:
        context.checkpoint()
        chunk = {key: looks[key] for key in left[:size]}
        left, size = left[size:], min(2 * size, BATCH)
        links = await context.state.links([index[key].link_id for key in chunk])
        found |= {link.pipeliner_id: link.outlook_id for link in links.values()}
        now = context.clock.now()
        known = [link for link in links.values() if link.pipeliner_id in chunk]
        circling = [link for link in known if is_circling(link, now)]
        touches = [Touch(link, (chunk[link.pipeliner_id],)) for link in known if link not in circling]
        jobs = await decide_links(context, touches)
        for item in jobs:
            if isinstance(item.decision, End) and item.decision.both_stay:
                del found[item.decision.link.pipeliner_id]
        change_sets = [circling_change_set(link, (chunk[link.pipeliner_id],), now) for link in circling]
        applied = await apply(context, jobs)
        await context.commit((*applied.change_sets, *change_sets), None, applied.finished)
    return found


async def _pair(context: RunContext, stored: Mapping[OutlookId, PipelinerId], chunk: Sequence[PipelinerLook]) -> Paired:
    """Pair Pipeliner contacts without a link; what is not in scope, or got a link meanwhile, is done with."""
    looks: Mapping[PipelinerId, PipelinerLook] = {look.id: look for look in chunk}
    linked = await context.state.pipeliner_index(list(looks))
    try:
        contacts = await context.contacts.read([key for key in looks if key not in linked])
    except ContactsFailing as error:
        contacts, looks = error.found, readable_looks(context, error, looks)
    connection = context.connection
    wanted = {
        contact.id: contact
        for contact in contacts.values()
        if not contact.is_deleted and in_scope(contact.ownership, connection.user, connection.scope)
    }
    done = [ChangeSet(done_work=(look,), resolved=(look.subject,)) for key, look in looks.items() if key not in wanted]
    paired = await pair_with_folder(context, list(wanted.values()), stored, looks)
    return Paired(paired.jobs, (*done, *paired.change_sets))


async def do_outlook_work(context: RunContext) -> None:
    """Look at the Outlook contacts without a link: find the counterpart in the space, else create it there."""
    open_creates = {intent.outlook_id for intent in context.open_creates}
    after: OutlookLook | None = None
    while page := await context.state.waiting(OutlookLook, after):
        context.checkpoint()
        after = page[-1]
        now = context.clock.now()
        due = [item for item in page if item.not_before is None or item.not_before <= now]
        looks = {item.id: item for item in due if item.id not in open_creates}
        index = await context.state.outlook_index(list(looks))
        held = [key for key, item in looks.items() if item.awaits_approval and key not in index]
        if not context.removals_approved:
            context.creates_held += len(held)
            looks = {key: item for key, item in looks.items() if key not in held}
        change_sets = [ChangeSet(done_work=(looks[key],)) for key in index if looks[key].is_new]
        again = [entry.link_id for key, entry in index.items() if not looks[key].is_new]
        links = await context.state.links(again) if again else {}
        touches = [Touch(link, (looks[link.outlook_id],)) for link in links.values() if link.outlook_id in looks]
        jobs = await decide_links(context, touches)
        unlinked = [item for key, item in looks.items() if key not in index]
        if not context.connection.sync_type.reaches(Side.PIPELINER):
            change_sets.extend(ChangeSet(done_work=(item,)) for item in unlinked)
        elif unlinked and not await knows_everybody(context):
            context.waits_for_index = True
        else:
            pair = (lambda some: pair_with_space(context, some), lambda one: (one,))
            for paired in await apart(context, unlinked, *pair):
                jobs.extend(paired.jobs)
                change_sets.extend(paired.change_sets)
        applied = await apply(context, jobs)
        await context.commit((*applied.change_sets, *change_sets), None, applied.finished)
    if context.creates_held:
        await tell_held_creates(context)
    else:
        await context.commit((ChangeSet(resolved=(AWAITING_CREATES_SUBJECT,)),))
