"""A person writes somebody down in Outlook for whom the sync has made a card there: their own card takes its place.

So nobody is in the folder twice. The card that the sync made goes only while nobody has touched it, and only after the
new one has stood as long as a delete waits: until then it may become another person's. It goes first: a run that dies
in between leaves a link with a missing half, and the person's card is known as that half.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync_core.domain import (
    Absent,
    AbsentBy,
    Action,
    Link,
    OutlookContact,
    OutlookId,
    Remove,
    Side,
)
from sync_core.engine.context import RunContext
from sync_core.engine.known import Known, Match, Successor
from sync_core.engine.ports import ChangeSet, Deleted, OutcomeUnknown
from sync_core.engine.removed import marked_for_removal, removal_entry

SUCCEEDED = "a person's own card of the same contact is in its place"


@dataclass(slots=True)
class TakenOver:
    """Cards that are the missing half of a link now, and until when others are looked at in vain."""

    matches: dict[str, Known] = field(default_factory=dict)
    waiting: dict[OutlookId, datetime] = field(default_factory=dict)


async def take_places(
    context: RunContext, here: Mapping[OutlookId, OutlookContact], known: Mapping[str, Known]
) -> TakenOver:
    """Remove the cards of ours whose place a person's card takes; any other one stays, and is asked about."""
    found = {OutlookId(key): one for key, one in known.items() if isinstance(one, Successor)}
    taken = TakenOver()
    if not context.connection.sync_type.reaches(Side.OUTLOOK):
        return taken
    now, delay = context.clock.now(), context.connection.deletion_delay
    for key in found:
        stands_since = here[key].modified
        if stands_since is not None and stands_since + delay > now:
            taken.waiting[key] = stands_since + delay
    due = {key: one for key, one in found.items() if key not in taken.waiting}
    ours = await context.folder.read([one.link.outlook_id for one in due.values()]) if due else {}
    removals: dict[OutlookId, Remove] = {}
    for key, one in due.items():
        card = ours.get(one.link.outlook_id)
        if card is not None and _is_untouched(context, card, one.link):
            removals[key] = Remove(one.link, Side.OUTLOOK, card, Action.REMOVED, SUCCEEDED)
    for key, link in (await _remove(context, removals)).items():
        taken.matches[key] = Match(found[key].id, link)
    return taken


def _is_untouched(context: RunContext, card: OutlookContact, link: Link) -> bool:
    """Whether a card is as the sync wrote it last: its token tells also of what is not synced."""
    is_in_place = card.folder_id == context.folder_id
    return is_in_place and link.is_untouched and link.pending is None and card.change_key == link.change_key


async def _remove(context: RunContext, removals: Mapping[OutlookId, Remove]) -> dict[OutlookId, Link]:
    """Delete the cards, announced first; returns the links whose half is missing now, by the cards that take over."""
    if not removals:
        return {}
    await context.state.renew_lease()
    now, told = context.clock.now(), list[ChangeSet]()
    marked = {key: marked_for_removal(one, now) for key, one in removals.items()}
    await context.commit([ChangeSet(before=one.link, after=marked[key]) for key, one in removals.items()])
    cards = [one.contact for one in removals.values() if isinstance(one.contact, OutlookContact)]
    gone: dict[OutlookId, Link] = {}
    for (key, decision), outcome in zip(removals.items(), await context.folder.delete(cards), strict=True):
        link = marked[key]
        if isinstance(outcome, Deleted):
            context.counts.deleted_in_outlook += 1
            gone[key] = replace(link, absent=Absent(Side.OUTLOOK, AbsentBy.US, now))
            told.append(ChangeSet(before=link, after=gone[key], history=(removal_entry(context.connection, decision),)))
        elif not isinstance(outcome, OutcomeUnknown):
            told.append(ChangeSet(before=link, after=decision.link))
    await context.commit(told)
    return gone
