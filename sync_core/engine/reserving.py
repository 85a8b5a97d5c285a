"""Two colleagues at once: what a create in Pipeliner reserves before it is sent, and what becomes of that.

First the intent is stored, then the reservation, then the create is sent. Whoever finds a person reserved by another
connection takes the intent back, and is looked at again: then they find the contact that was created meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sync_core.domain import Contact, Create, LinkId, OutlookContact, PipelinerId, Recreate, Side, draft_of
from sync_core.domain.identity import traits
from sync_core.engine.change_sets import Outcomes
from sync_core.engine.context import RunContext
from sync_core.engine.ports import Claim, Intent, OutcomeUnknown, Reserved, Written

FIRST_WAIT, LAST_WAIT = timedelta(seconds=5), timedelta(minutes=2)
"""Before whoever waits looks again: as long as the other create has been under way, within these."""
LEFT_TO_THE_TIMER = timedelta(minutes=10)
"""A create that is under way for so long is waited for by no run of its own."""

InPipeliner = Mapping[LinkId, Create | Recreate]
"""Creates in Pipeliner by the links that will come of them."""


def claim_of(key: str, contact: Contact) -> Claim:
    """Return what the create of a contact reserves."""
    shown = traits(contact)
    return Claim(key, shown.name, shown.strong, shown.named)


async def look_for_others(context: RunContext, contacts: Sequence[OutlookContact]) -> Reserved:
    """Return what other connections create, or have just created, of these cards' persons."""
    return await context.reservations.look([claim_of(contact.id, contact.contact) for contact in contacts])


async def reserve(context: RunContext, creates: InPipeliner) -> frozenset[LinkId]:
    """Reserve the persons that are about to be created; returns the creates that have to wait, taken back."""
    claims = [claim_of(key, draft_of(create)) for key, create in creates.items()]
    kept_out = await context.reservations.reserve(claims) if claims else {}
    waiting = frozenset(key for key in creates if key in kept_out)
    if waiting:
        context.other_creates.update(kept_out.values())
        context.creates_today -= len(waiting)
        await context.state.commit((), None, list(waiting), unsent=len(waiting))
    return waiting


async def record_reserved(context: RunContext, creates: InPipeliner, outcomes: Mapping[LinkId, Outcomes]) -> None:
    """Put in what was created; of what was not nothing stays reserved, and what nobody knows stays as it is."""
    made: list[tuple[Claim, PipelinerId]] = []
    freed: list[Claim] = []
    for key, create in creates.items():
        outcome, claim = outcomes[key].pipeliner, claim_of(key, draft_of(create))
        if isinstance(outcome, Written):
            made.append((claim, outcome.contact.id))
        elif not isinstance(outcome, OutcomeUnknown):
            freed.append(claim)
    if made or freed:
        await context.reservations.record(made, freed)


async def record_recovered(
    context: RunContext,
    intents: Sequence[Intent],
    found: Mapping[LinkId, PipelinerId],
    finished: Collection[LinkId],
) -> None:
    """Say of creates of unknown outcome what the recovery knows by now: what was made, or that nothing was."""
    claims = {one.link_id: claim_of(one.link_id, one.draft) for one in intents if one.side is Side.PIPELINER}
    made = [(claim, found[key]) for key, claim in claims.items() if key in found]
    freed = [claim for key, claim in claims.items() if key in finished and key not in found]
    if made or freed:
        await context.reservations.record(made, freed)


async def end_left_over(context: RunContext) -> Sequence[LinkId]:
    """End what this connection reserved for creates that no journal knows; returns the links that never came of them.

    A run that was cut off in between left it. Only whoever holds the lease, and sends nothing, may say so.
    """
    return await context.reservations.end_others([intent.link_id for intent in context.open_creates])


def wait_for_others_s(context: RunContext) -> float | None:
    """How long to wait for the creates of others; None where none is waited for, or so long that the timer will do."""
    ages = [context.clock.now() - one.since for one in context.other_creates]
    if not ages or min(ages) > LEFT_TO_THE_TIMER:
        return None
    return min(max(min(ages), FIRST_WAIT), LAST_WAIT).total_seconds()
