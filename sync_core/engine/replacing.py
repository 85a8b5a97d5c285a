"""A contact that Pipeliner deleted may live on in another one: the survivor of a merge, a restore, a new import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from sync_core.domain import (
    LIVES_ON,
    Absent,
    AbsentBy,
    Action,
    KeepDormant,
    Link,
    OutlookContact,
    PipelinerId,
    Reason,
    Recreate,
    Remove,
    Side,
    in_scope,
    link_subject,
)
from sync_core.engine.context import RunContext
from sync_core.engine.deciding import Job, Pairing, decide_pairs
from sync_core.engine.known import Erased, LeftOut, Match, Newcomer, Question, Successor
from sync_core.engine.matching import find_counterparts, knows_everybody
from sync_core.engine.notices import question_notice
from sync_core.engine.ports import ChangeSet


@dataclass(frozen=True, slots=True)
class _Left:
    """A card whose Pipeliner contact is gone, and what the table says of it."""

    job: Job
    link: Link
    card: OutlookContact


async def replace_missing(context: RunContext, jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs, where a card whose Pipeliner contact is gone gets the contact in which it lives on.

    Where that one is synced with another card, or may be another person, nothing is deleted or created: a person is
    asked. Before anything is created the feed is read up to now; where that cannot be done, such a card waits.
    """
    left = [one for item in jobs if (one := _left(item)) is not None]
    done = [item for item in jobs if _left(item) is None]
    if not left:
        return done
    creates = any(isinstance(item.job.decision, Recreate) for item in left)
    if not await (context.read_feed() if creates else knows_everybody(context)):
        context.waits_for_index = True
        return done
    known = await find_counterparts(context, [item.card for item in left], {})
    merged = [
        item.link.pipeliner_id for item in left if not isinstance(known[item.card.id], Newcomer | LeftOut | Erased)
    ]
    if merged:  # what was said of a contact that was merged into another one says nothing any more
        await context.rulings.void(merged)
    survivors = [PipelinerId(found.id) for found in known.values() if isinstance(found, Match) and found.link is None]
    read = await context.contacts.read(survivors) if survivors else {}
    user, scope = context.connection.user, context.connection.scope
    covered = {key: one for key, one in read.items() if not one.is_deleted and in_scope(one.ownership, user, scope)}
    pairings: list[Pairing] = []
    for item in left:
        found = known[item.card.id]
        match found:
            case Newcomer(unseen=unseen):
                if unseen and isinstance(item.job.decision, Recreate):
                    await context.note_duplicates({item.card.id: unseen})
                done.append(item.job)
            case LeftOut() | Erased():
                done.append(_dormant(item))
                await context.commit((ChangeSet(resolved=(link_subject(item.link.id),)),))
            case Match(id=survivor_id):
                survivor = covered.get(PipelinerId(survivor_id))
                if survivor is None:
                    done.append(await _asked(context, item, (survivor_id,), ()))
                else:
                    absent = item.link.absent or Absent(Side.PIPELINER, AbsentBy.UNKNOWN, context.clock.now())
                    link = replace(item.link, absent=replace(absent, side=Side.PIPELINER))
                    pairings.append(Pairing(item.card, survivor, link, item.job.done))
            case (
                Question(candidates=candidates, evidence=evidence)
                | Successor(question=Question(candidates=candidates, evidence=evidence))
            ):
                done.append(await _asked(context, item, candidates, evidence))
            case _:
                assert_never(found)
    return [*done, *await decide_pairs(context, pairings)]


def _left(job: Job) -> _Left | None:
    match job.decision:
        case Remove(link=link, side=Side.OUTLOOK, action=Action.DELETED, contact=OutlookContact() as card):
            return _Left(job, link, card)
        case Recreate(link=link, side=Side.PIPELINER, source=OutlookContact() as card):
            return _Left(job, link, card)
        case _:
            return None


def _dormant(item: _Left) -> Job:
    decision = KeepDormant(item.link, Side.PIPELINER, AbsentBy.UNKNOWN, LIVES_ON, both_seen=False)
    return replace(item.job, decision=decision)


async def _asked(context: RunContext, item: _Left, candidates: Sequence[str], evidence: Sequence[str]) -> Job:
    """Ask what becomes of the card; until somebody answers it stays as it is."""
    notice = question_notice(
        Reason.MERGED_ELSEWHERE,
        link_subject(item.link.id),
        candidates=candidates,
        evidence=evidence,
        outlook_id=item.link.outlook_id,
        pipeliner_id=item.link.pipeliner_id,
        link_id=item.link.id,
    )
    await context.commit((ChangeSet(attention=(notice,)),))
    return _dormant(item)
