"""Looking at both sides, and deciding: about links by the truth table, about pairs at first sight.

Both sides are read right before anything is decided about them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sync_core.domain import (
    RULED_APART,
    Ask,
    Create,
    Decision,
    End,
    Link,
    LinkId,
    OutlookContact,
    OutlookId,
    Pair,
    PairKey,
    PairRuling,
    PipelinerContact,
    PipelinerId,
    Recreate,
    Relink,
    Remove,
    Side,
    Wait,
    decide,
    decide_pair,
    decide_relink,
    in_scope,
    wait_first,
)
from sync_core.domain.identity import traits
from sync_core.engine.context import RunContext
from sync_core.engine.ports import PipelinerLook, Work
from sync_core.engine.setting_aside import note_failing, note_pause
from sync_core.errors import ContactsFailing


@dataclass(frozen=True, slots=True)
class Touch:
    """A link that something points at, with the work rows that this answers."""

    link: Link
    done: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two contacts that are the same person, as just read, with the work rows that this answers.

    One of them may have a `link`, of which the other one is the missing half.
    """

    outlook: OutlookContact
    pipeliner: PipelinerContact
    link: Link | None = None
    done: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A decision, the work rows that it answers, and the id that its link has or gets."""

    decision: Decision
    link_id: LinkId
    done: tuple[Work, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What both sides show of a link right now; None is what a side does not show at all."""

    touch: Touch
    outlook: OutlookContact | None
    pipeliner: PipelinerContact | None


def job(context: RunContext, decision: Pair | Create, done: tuple[Work, ...] = ()) -> Job:
    """Return a decision at first sight with the id that its link gets."""
    return Job(decision, context.mint_link_id(), done)


async def see(context: RunContext, touches: Sequence[Touch]) -> list[Seen]:
    """Read both sides of the links.

    A link with a create of unknown outcome waits: to decide about it would be to create its contact again.
    """
    waiting = {intent.link_id for intent in context.open_creates}
    touches = [touch for touch in touches if touch.link.id not in waiting]
    if not touches:
        return []
    outlook: Mapping[OutlookId, OutlookContact] = {}
    pipeliner: Mapping[PipelinerId, PipelinerContact] = {}
    try:
        outlook = await context.folder.read([touch.link.outlook_id for touch in touches])
    except ContactsFailing as error:
        outlook, touches = error.found, _readable(context, error, touches)
    try:
        pipeliner = await context.contacts.read([touch.link.pipeliner_id for touch in touches])
    except ContactsFailing as error:
        pipeliner, touches = error.found, _readable(context, error, touches)
    return [Seen(item, outlook.get(item.link.outlook_id), pipeliner.get(item.link.pipeliner_id)) for item in touches]


def _readable(context: RunContext, error: ContactsFailing, touches: Sequence[Touch]) -> list[Touch]:
    """Return the links of which both sides can be read; of the others a try is counted, unless nothing was tried."""
    note_pause(context, error)
    readable: list[Touch] = []
    for touch in touches:
        link = touch.link
        if error.untried.isdisjoint({link.outlook_id, link.pipeliner_id}):
            why = error.failed.get(link.outlook_id) or error.failed.get(link.pipeliner_id)
            if why is None:
                readable.append(touch)
            elif touch.done:
                note_failing(context, touch.done, why, link)
    return readable


async def decide_links(context: RunContext, touches: Sequence[Touch], *, is_last_look: bool = False) -> list[Job]:
    """Read both sides of the links and decide about each; what a missing half brings about waits for the last look."""
    jobs: list[Job] = []
    mended: list[LinkId] = []
    looked = await see(context, touches)
    asked = [
        seen  # answers and full syncs have it looked up what a person said
        for seen in looked
        if context.is_answering or any(isinstance(one, PipelinerLook) and one.is_ruled for one in seen.touch.done)
    ]
    apart = await _ruled_apart(context, asked) if asked else frozenset[LinkId]()
    for seen in looked:
        link = seen.touch.link
        sides = (context.connection, context.folder_id, link, seen.outlook, seen.pipeliner)
        decision: Decision = End(link, RULED_APART, both_stay=True) if link.id in apart else decide(*sides)
        if isinstance(decision, Ask):
            asked_of = decision.outlook if decision.side is Side.OUTLOOK else decision.pipeliner
            if await context.rulings.renamed(link.id, traits(asked_of.contact).name):
                decision = decide(*sides, is_renamed=True)
        if isinstance(decision, Remove | Recreate) and not is_last_look:
            decision = wait_first(decision)
        if link.absent is not None and not link.absent.kept and not isinstance(decision, Wait):
            mended.append(link.id)
        jobs.append(Job(decision, link.id, seen.touch.done))
    if is_last_look or not mended:
        return jobs
    # Their waiting ends, too: the missing half is back, or the link rests now.
    rows = await context.state.awaited_of(mended)
    return [replace(item, done=(*item.done, rows[item.link_id])) if item.link_id in rows else item for item in jobs]


async def _ruled_apart(context: RunContext, looked: Sequence[Seen]) -> frozenset[LinkId]:
    """Return the links whose contacts a person said to be two people."""
    pairs = {
        PairKey(seen.outlook.id, seen.pipeliner.id): seen.touch.link.id
        for seen in looked
        if seen.outlook is not None and seen.pipeliner is not None
    }
    said = await context.rulings.on_pairs(list(pairs)) if pairs else {}
    return frozenset(pairs[pair] for pair, ruling in said.items() if ruling is PairRuling.APART)


async def decide_pairs(context: RunContext, pairings: Sequence[Pairing]) -> list[Job]:
    """Decide on pairs, and on contacts that take the place of a missing half which is really gone.

    A half that is back, though nobody had told yet, keeps its link: the newcomer is looked at again. What Pipeliner
    shows was listed some time ago, or is a baseline: what writes is decided once more on what it shows now.
    """
    back = await _returned(context, [pairing.link for pairing in pairings if pairing.link is not None])
    decided = [(item, _decide(context, item)) for item in pairings if item.link is None or item.link.id not in back]
    unsure = [
        item.pipeliner.id
        for item, decision in decided
        if decision.merge.to_pipeliner or (isinstance(decision, Relink) and decision.merge.to_outlook)
    ]
    fresh: Mapping[PipelinerId, PipelinerContact] = {}
    try:
        fresh = await context.contacts.read(unsure) if unsure else {}
    except ContactsFailing as error:
        note_pause(context, error)
        fresh = error.found
        for item in pairings:
            if item.pipeliner.id in error.failed:
                note_failing(context, item.done, error.failed[item.pipeliner.id])
        away = {*error.failed, *error.untried}
        decided = [(item, decision) for item, decision in decided if item.pipeliner.id not in away]
    jobs: list[Job] = []
    for item, decision in decided:
        contact = fresh.get(item.pipeliner.id)
        is_there = contact is not None and not contact.is_deleted
        final = _decide(context, replace(item, pipeliner=contact)) if contact is not None and is_there else decision
        if isinstance(final, Pair):
            jobs.append(job(context, final, item.done))
        elif is_there or final.merge.writes_nothing:
            jobs.append(Job(final, final.link.id, item.done))
    return jobs


def _decide(context: RunContext, item: Pairing) -> Pair | Relink:
    link = item.link
    if link is None or link.absent is None:
        return decide_pair(context.connection, item.outlook, item.pipeliner)
    return decide_relink(context.connection, link, link.absent.side, item.outlook, item.pipeliner)


async def _returned(context: RunContext, links: Sequence[Link]) -> frozenset[LinkId]:
    """Return the links whose missing half is where the connection looks, after all."""
    missing = {side: [link for link in links if link.absent and link.absent.side is side] for side in Side}
    cards = [link.outlook_id for link in missing[Side.OUTLOOK]]
    outlook = await context.folder.read(cards) if cards else {}
    contacts = [link.pipeliner_id for link in missing[Side.PIPELINER]]
    pipeliner = await context.contacts.read(contacts) if contacts else {}
    user, scope = context.connection.user, context.connection.scope
    there: set[str] = {key for key, one in outlook.items() if one.folder_id == context.folder_id}
    there |= {key for key, one in pipeliner.items() if not one.is_deleted and in_scope(one.ownership, user, scope)}
    return frozenset(link.id for link in links if there & {link.outlook_id, link.pipeliner_id})
