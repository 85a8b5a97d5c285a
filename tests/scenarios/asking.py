"""Builders of stories in which a person is asked who is who: two contacts of one address, questions, answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync_core.domain import (
    AttentionItem,
    OutlookId,
    PairKey,
    PipelinerId,
    Reason,
    outlook_subject,
    pair_key,
)
from sync_core.domain.identity import traits
from sync_core.engine.notices import question_notice
from sync_core.engine.ports import OutlookLook, PipelinerLook
from sync_core.operations import (
    Answered,
    AnswerRequest,
    answer,
)
from sync_core.operations.questions import item_id
from sync_core.state import StoredRulings
from tests.scenarios.world import World, new_world

ADDRESS = "doe@family.test"


async def never_run() -> World:
    """Make a story of one connection that has never run."""
    made = new_world()
    await made.connect()
    made.queue.take()
    return made


def write_does(world: World) -> tuple[OutlookId, PipelinerId]:
    """Write Jane into Outlook and John into Pipeliner, with one address."""
    jane = world.write_in_outlook("Doe", "Jane", emailAddresses=[{"address": ADDRESS}])
    john = world.write_in_crm("Doe", "John", email1=ADDRESS)
    return OutlookId(jane), PipelinerId(john)


def unclear(subject: str, candidates: Sequence[str], **whom: Any) -> AttentionItem:
    """Make the question whether one of the candidates is the same person."""
    return question_notice(Reason.COUNTERPART_UNCLEAR, subject, candidates=candidates, **whom)


async def ask_about(world: World, outlook_id: OutlookId, *candidates: PipelinerId) -> AttentionItem:
    """Put up the question whether an Outlook contact is one of Pipeliner's."""
    return await put_up(world, unclear(outlook_subject(outlook_id), candidates, outlook_id=outlook_id))


async def put_up(world: World, item: AttentionItem) -> AttentionItem:
    """Put up an item, as a run does."""
    await world.deployment.reader(world.record.id).report(item)
    return item


async def give(world: World, item: AttentionItem | str, choice: str, by: str = "somebody", **more: Any) -> Answered:
    """Answer an item."""
    typed = item if isinstance(item, str) else item_id(item)
    return await answer(world.deployment, world.record.id, AnswerRequest(item=typed, choice=choice, **more), by=by)


def rulings(world: World) -> StoredRulings:
    """Return what binds the mailbox of the story's connection."""
    return world.deployment.rulings(world.record)


async def pair_of(world: World, outlook_id: OutlookId, pipeliner_id: PipelinerId) -> PairKey:
    """Return the key by which the engine asks about two contacts."""
    ports = world.deployment.run_ports(world.record, "")
    card = (await ports.folder.read([outlook_id]))[outlook_id]
    contact = (await ports.contacts.read([pipeliner_id]))[pipeliner_id]
    return pair_key(outlook_id, traits(card.contact), pipeliner_id, traits(contact.contact))


async def looks_of(world: World) -> set[str]:
    """Who waits in the inbox."""
    state = world.deployment.run_ports(world.record, "looker").state
    await state.open("looker")
    cards, contacts = await state.waiting(OutlookLook), await state.waiting(PipelinerLook)
    return {one.subject for one in cards} | {one.subject for one in contacts}
