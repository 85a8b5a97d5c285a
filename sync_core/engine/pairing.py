"""Contacts without a link: paired, put into the place of a missing half, created, or asked about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from sync_core.domain import (
    AttentionItem,
    Link,
    LinkId,
    OutlookContact,
    OutlookId,
    Ownership,
    PipelinerContact,
    PipelinerId,
    Reason,
    Side,
    decide_create,
    in_scope,
    outlook_subject,
    pipeliner_subject,
    reason_against_create,
)
from sync_core.engine.candidates import may_see
from sync_core.engine.context import RunContext
from sync_core.engine.deciding import Job, Pairing, decide_pairs, job
from sync_core.engine.known import Erased, Known, LeftOut, Match, Newcomer, Question, Successor
from sync_core.engine.matching import find_counterparts
from sync_core.engine.notices import erased_notice, question_notice, uncreated_notice
from sync_core.engine.ports import ChangeSet, OutlookLook, PipelinerLook, Work
from sync_core.engine.reserving import look_for_others
from sync_core.engine.safety_limits import hold_creates
from sync_core.engine.setting_aside import readable_looks
from sync_core.engine.succeeding import take_places
from sync_core.errors import ContactsFailing

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Paired:
    """What became of contacts without a link: jobs to apply, and what to store for the others."""

    jobs: tuple[Job, ...]
    change_sets: tuple[ChangeSet, ...]


async def stored_ids(context: RunContext) -> dict[OutlookId, PipelinerId]:
    """Return the stored ids of the folder's contacts that wait for a counterpart, or for a person."""
    found: dict[OutlookId, PipelinerId] = {}
    after: OutlookLook | None = None
    while page := await context.state.waiting(OutlookLook, after):
        found |= {look.id: look.stored_id for look in page if look.stored_id is not None}
        after = page[-1]
    waiting = await context.state.waiting_outlook()
    try:
        read = await context.folder.read(waiting) if waiting else {}
    except ContactsFailing as error:  # what the others carry is known all the same
        read = error.found
    return found | {key: one.stored_id for key, one in read.items() if one.stored_id is not None}


async def pair_with_folder(
    context: RunContext,
    contacts: Sequence[PipelinerContact],
    stored: Mapping[OutlookId, PipelinerId],
    looks: Mapping[PipelinerId, PipelinerLook] | None = None,
) -> Paired:
    """Pair Pipeliner contacts, else plan new Outlook contacts; `looks` are the rows that this answers."""
    known = await find_counterparts(context, contacts, {str(key): str(one) for key, one in stored.items()})
    ids = [OutlookId(found.id) for found in known.values() if isinstance(found, Match)]
    outlook = await context.folder.read(ids) if ids else {}
    awaited = await _awaited(context, known.values())
    jobs: list[Job] = []
    change_sets: list[ChangeSet] = []
    pairings: list[Pairing] = []
    for contact in contacts:
        done: tuple[Work, ...] = (looks[contact.id],) if looks and contact.id in looks else ()
        match known[contact.id]:
            case Match(id=found, link=link):
                counterpart = outlook.get(OutlookId(found))
                if counterpart is not None and counterpart.folder_id == context.folder_id:
                    pairings.append(Pairing(counterpart, contact, link, (*done, *awaited.get(_id_of(link), ()))))
            case (Question() as question) | Successor(question=question):
                change_sets.append(ChangeSet(attention=(_asked(contact, question),), done_work=done))
            case Erased():
                change_sets.append(ChangeSet(attention=(erased_notice(Side.PIPELINER, contact.id),), done_work=done))
            case Newcomer() if context.connection.sync_type.reaches(Side.OUTLOOK):
                jobs.append(job(context, decide_create(context.connection, contact), done))
            case Newcomer() | LeftOut():
                change_sets.append(ChangeSet(done_work=done, resolved=(pipeliner_subject(contact.id),)))
            case _:
                assert_never(known[contact.id])
    jobs.extend(await decide_pairs(context, pairings))
    return Paired(tuple(jobs), tuple(change_sets))


async def pair_with_space(context: RunContext, looks: Sequence[OutlookLook]) -> Paired:
    """Pair Outlook contacts, plan new Pipeliner contacts, or say why neither is possible."""
    contacts: Mapping[OutlookId, OutlookContact] = {}
    try:
        contacts = await context.folder.read([look.id for look in looks]) if looks else {}
    except ContactsFailing as error:
        contacts = error.found
        looks = list(readable_looks(context, error, {look.id: look for look in looks}).values())
    here = {key: one for key, one in contacts.items() if one.folder_id == context.folder_id}
    gone = [look for look in looks if look.id not in here]
    change_sets = [ChangeSet(done_work=(look,), resolved=(outlook_subject(look.id),)) for look in gone]
    stored = {str(key): str(one.stored_id) for key, one in here.items() if one.stored_id is not None}
    known = await find_counterparts(context, list(here.values()), stored)
    taken_over = await take_places(context, here, known)
    known |= taken_over.matches
    new = [here[OutlookId(key)] for key, found in known.items() if isinstance(found, Newcomer)]
    if new and not await context.read_feed():  # somebody may have created them in Pipeliner a moment ago
        context.waits_for_index = True
        known = {key: found for key, found in known.items() if not isinstance(found, Newcomer)}
    elif new:
        others = await look_for_others(context, new)
        known |= await find_counterparts(context, new, stored, others.holders)
        waiting = {
            key: one
            for key, one in others.waits.items()
            if isinstance(known[key], Newcomer)
            and reason_against_create(context.connection, here[OutlookId(key)]) is None
        }
        context.other_creates.update(waiting.values())
        known = {key: found for key, found in known.items() if key not in waiting}
    creatable = [
        look
        for look in looks
        if isinstance(known.get(look.id), Newcomer) and reason_against_create(context.connection, here[look.id]) is None
    ]
    allowed, held = await hold_creates(context, creatable)
    change_sets.extend(held)
    may_create = {look.id for look in allowed}
    unseen = {key: one.unseen for key, one in known.items() if isinstance(one, Newcomer) and one.unseen}
    if beside := {key: unseen[key] for key in may_create if key in unseen}:
        await context.note_duplicates(beside)
    read = await _counterparts(context, known)
    user, scope = context.connection.user, context.connection.scope
    counterparts = {
        key: one for key, one in read.items() if not one.is_deleted and in_scope(one.ownership, user, scope)
    }
    uncovered = [
        key for key, one in read.items() if key not in counterparts and not one.is_deleted and may_see(context, one)
    ]
    awaited = await _awaited(context, known.values())
    jobs: list[Job] = []
    pairings: list[Pairing] = []
    for look in looks:
        contact, found = here.get(look.id), known.get(look.id)
        if contact is None or found is None:
            continue
        if isinstance(found, Match) and (counterpart := counterparts.get(PipelinerId(found.id))) is not None:
            pairings.append(Pairing(contact, counterpart, found.link, (look, *awaited.get(_id_of(found.link), ()))))
        elif look.id in may_create:
            jobs.append(job(context, decide_create(context.connection, contact), (look,)))
        elif look not in creatable and (told := _unpaired(context, contact, look, found, uncovered)) is not None:
            waits = replace(look, not_before=taken_over.waiting.get(look.id))
            change_sets.append(replace(told, put_work=(waits,), done_work=()) if waits.not_before else told)
    jobs.extend(await decide_pairs(context, pairings))
    return Paired(tuple(jobs), tuple(change_sets))


def _unpaired(
    context: RunContext, contact: OutlookContact, look: OutlookLook, found: Known, uncovered: Collection[PipelinerId]
) -> ChangeSet | None:
    """Say why an Outlook contact gets no counterpart; None where its counterpart went between two requests."""
    match found:
        case Match(id=pipeliner_id):
            if pipeliner_id not in uncovered:
                return None
            item = uncreated_notice(Reason.COUNTERPART_OUT_OF_SCOPE, contact.id, PipelinerId(pipeliner_id))
        case (Question() as question) | Successor(question=question):
            item = _asked(contact, question)
        case Newcomer():
            against = reason_against_create(context.connection, contact)
            item = uncreated_notice(against or Reason.EMPTY_CONTACT, contact.id)
        case Erased():
            item = erased_notice(Side.OUTLOOK, contact.id)
        case LeftOut():
            return ChangeSet(done_work=(look,), resolved=(outlook_subject(contact.id),))
        case _:
            assert_never(found)
    return ChangeSet(attention=(item,), done_work=(look,))


async def _counterparts(context: RunContext, known: Mapping[str, Known]) -> dict[PipelinerId, PipelinerContact]:
    """Return the counterparts: those without a link are read; what a linked one had tells whether it must be read."""
    user, matches = context.connection.user, [found for found in known.values() if isinstance(found, Match)]
    ids = [PipelinerId(found.id) for found in matches if found.link is None]
    counterparts = dict(await context.contacts.read(ids)) if ids else {}
    types = user.role.type_ids if user.role is not None else None
    for link in (found.link for found in matches):
        if link is not None:
            shown, owner = link.baselines.pipeliner, Ownership(user.id, type_id=min(types or {""}))
            known_last = PipelinerContact(link.pipeliner_id, link.revision, _LONG_AGO, shown, owner)
            counterparts[link.pipeliner_id] = known_last
    return counterparts


async def _awaited(context: RunContext, known: Collection[Known]) -> dict[LinkId, tuple[Work, ...]]:
    """Return the rows that wait on links whose missing half is found: they have nothing to wait for any more."""
    ids = [found.link.id for found in known if isinstance(found, Match) and found.link is not None]
    rows = await context.state.awaited_of(ids) if ids else {}
    return {key: (row,) for key, row in rows.items()}


def _asked(contact: OutlookContact | PipelinerContact, question: Question) -> AttentionItem:
    asks_of_card = isinstance(contact, OutlookContact) is not bool(question.about_other)
    key = question.about_other or contact.id
    return question_notice(
        question.reason,
        outlook_subject(OutlookId(key)) if asks_of_card else pipeliner_subject(PipelinerId(key)),
        candidates=question.candidates,
        evidence=question.evidence,
        outlook_id=OutlookId(key) if asks_of_card else None,
        pipeliner_id=None if asks_of_card else PipelinerId(key),
    )


def _id_of(link: Link | None) -> LinkId:
    return link.id if link is not None else LinkId("")
