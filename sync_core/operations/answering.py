"""Answers to the questions who is who: what a person decides is stored as a ruling, then the contacts are looked at.

A ruling is stored before it has any effect; the run that follows asks for it and decides anew. So an answer that breaks
off half-way is only given again. The item stays until that run resolves it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from sync_core.domain import AttentionItem, Choice, Concerned, OutlookId, PipelinerId, Reason, Ruling, Trigger
from sync_core.engine.ports import OutlookLook, PipelinerLook, RunRequest
from sync_core.engine.reading import work_of
from sync_core.errors import InvalidRequest, NotAllowed, NotFound
from sync_core.operations.auditing import act_on_connection
from sync_core.operations.connection_status import check_runs_on_request
from sync_core.operations.parting import offer_values_from_before
from sync_core.operations.ports import Deployment
from sync_core.operations.questions import Seen, find_item, item_id, pairs_of, see_contacts
from sync_core.operations.ruling import Decided, concerned_by, decided_by
from sync_core.operations.seeing import items_shown
from sync_core.state import Act, ConnectionRecord, put_looks

COMMAND_LINE = "command line"
"""Who rules where nobody is signed in."""
_MARKS = frozenset(
    {
        *(Choice.PUT_BACK, Choice.KEEP, Choice.ACCEPT, Choice.KEEP_MINE, Choice.TAKE_THEIRS, Choice.SEND),
        Choice.LATER,
    }
)
"""Choices that decide nothing for good: they stand on the item until it goes."""


class AnswerRequest(BaseModel):
    """What a person answers: to which item, what, and where needed which candidate is meant.

    With `all` every item of the connection that asks for the same reason is answered alike, with `space` the answer
    binds every mailbox of the space.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: str = Field(min_length=1, max_length=600)
    choice: str = Field(min_length=1, max_length=40)
    candidate: str = Field(default="", max_length=600)
    all: bool = False
    space: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered: ids of items, of those that need an answer of their own, and of the rulings."""

    connection_id: str
    choice: Choice
    items: tuple[str, ...]
    left: tuple[str, ...] = ()
    rulings: tuple[str, ...] = ()


@act_on_connection(Act.ANSWER)
async def answer(
    deployment: Deployment, connection_id: str, request: AnswerRequest, *, by: str, for_user: bool = False
) -> Answered:
    """Answer an item, or with `all` every one that is like it; `for_user` only what the user is shown of them.

    Raises NotFound (connection, item), InvalidRequest (a choice that is not offered, a candidate that is missing or
    none of the item's), NotAllowed (for the space, by a user), Paused and Unreadable.
    """
    if request.space and not deployment.actor.is_administrator:
        raise NotAllowed("a user's answer binds the own mailbox; only an administrator's may bind the whole space")
    record = await deployment.registry.get(connection_id)
    check_runs_on_request(record)
    items = await deployment.reader(connection_id).attention()
    item = find_item(items, request.item)
    if for_user:
        alike = [one for one in items if one is item or (request.all and one.reason is item.reason)]
        items = await items_shown(deployment, record, alike)
        item = find_item(items, item.subject)
    choice = _chosen(item, request.choice)
    if not request.all:
        one = _with_candidate(item, choice, request.candidate)
        answered = await _answer(deployment, record, [one], choice, by, for_space=request.space)
        if not answered.items:
            raise InvalidRequest([f"choice: {item_id(item)} leaves nothing to decide now; sync, and list the items"])
        return answered
    if request.candidate:
        raise InvalidRequest(["candidate: it belongs to one item alone; leave it out, or answer without all"])
    equal = [one for one in items if one.reason is item.reason and choice in one.choices]
    clear = _one_to_one(equal) if choice is Choice.SAME else equal
    answered = await _answer(deployment, record, clear, choice, by, for_space=request.space)
    return replace(answered, left=tuple(item_id(one) for one in equal if item_id(one) not in answered.items))


def _chosen(item: AttentionItem, typed: str) -> Choice:
    if not item.choices:
        raise InvalidRequest([f"item: {item_id(item)} takes no answer; do what its remedy says: {item.remedy}"])
    choice = next((choice for choice in item.choices if choice == typed), None)
    if choice is None and typed == Choice.SEND and item.reason is Reason.READ_ONLY:
        told = "takes send once the user may edit the contact in Pipeliner again; have it assigned or shared, and sync"
        raise InvalidRequest([f"choice: {item_id(item)} {told}"])
    if choice is None:
        raise InvalidRequest([f"choice: {item_id(item)} takes one of {', '.join(item.choices)}"])
    return choice


def _one_to_one(items: Sequence[AttentionItem]) -> list[AttentionItem]:
    """Return the items that ask about one pair, of which no other item asks about either contact."""
    asked = Counter(one for item in items for pair in pairs_of(item) for one in set(pair))
    return [item for item in items if len(pairs_of(item)) == 1 and all(asked[one] == 1 for one in pairs_of(item)[0])]


def _with_candidate(item: AttentionItem, choice: Choice, typed: str) -> AttentionItem:
    """Return the item as it is answered: about the candidate that was named, who must be named for *same*."""
    begun = [one for one in item.candidates if typed and one.startswith(typed)]
    found = [typed] if typed in begun else begun
    listed = ", ".join(item.candidates) or "none"
    if typed and choice in _MARKS and choice is not Choice.PUT_BACK:
        raise InvalidRequest([f"candidate: {choice} is about the whole item; leave the candidate out"])
    if typed and len(found) != 1:
        raise InvalidRequest([f"candidate: must be one of the item's candidates, or the beginning of one: {listed}"])
    if choice is Choice.SAME and not typed and len(item.candidates) > 1:
        raise InvalidRequest([f"candidate: name the one that is the same, for only one can be: {listed}"])
    if choice is Choice.PUT_BACK:
        return replace(item, named=tuple(found))
    return replace(item, candidates=tuple(found)) if found else item


async def _mark(
    deployment: Deployment, record: ConnectionRecord, items: Sequence[AttentionItem], choice: Choice
) -> None:
    """Write an answer on the items themselves; all but *later* is for the next run to carry out."""
    reader, now = deployment.reader(record.id), deployment.clock.now()
    is_later = choice is Choice.LATER
    for item in items:
        await reader.mark(replace(item, later=now) if is_later else replace(item, chosen=choice, later=None))
    if not is_later:
        await look_at(deployment, record, _everybody(items))


async def _answer(
    deployment: Deployment,
    record: ConnectionRecord,
    items: Sequence[AttentionItem],
    choice: Choice,
    by: str,
    *,
    for_space: bool,
) -> Answered:
    """Store a ruling for each item that still leaves something to decide, then look at the contacts."""
    if choice in _MARKS:
        await _mark(deployment, record, items, choice)
        return Answered(record.id, choice, tuple(map(item_id, items)))
    everybody = _everybody(items)
    seen = await see(deployment, record, everybody)
    decisions = {item_id(item): decided for item in items if (decided := tuple(decided_by(item, choice, seen)))}
    rulings = await store_rulings(deployment, record, list(decisions.values()), by, for_space=for_space)
    for item in items if choice is Choice.DIFFERENT else ():
        if item.reason is Reason.LINK_CONTRADICTS and item.link_id is not None:
            link = await deployment.reader(record.id).link_of(item.link_id)
            if link is not None:
                await offer_values_from_before(deployment, record.id, link)
    if everybody.ids:
        await look_at(deployment, record, everybody, seen)
    return Answered(record.id, choice, tuple(decisions), rulings=rulings)


def _everybody(items: Sequence[AttentionItem]) -> Concerned:
    return sum(map(concerned_by, items), Concerned())


async def store_rulings(
    deployment: Deployment,
    record: ConnectionRecord,
    decisions: Sequence[Sequence[Decided]],
    by: str,
    *,
    for_space: bool = False,
) -> tuple[str, ...]:
    """Store decisions, each of which becomes one ruling; returns the rulings' ids."""
    now = deployment.clock.now()
    ids = tuple(deployment.mint_id() for _ in decisions)
    await deployment.rulings(record).rule(
        [
            (part.key, Ruling(ruling_id, part.kind, by, now, for_space, part.about))
            for ruling_id, parts in zip(ids, decisions, strict=True)
            for part in parts
        ]
    )
    return ids


async def see(deployment: Deployment, record: ConnectionRecord, about: Concerned) -> Seen:
    """Read contacts as the services show them now. Raises SyncError."""
    return await see_contacts(
        deployment.run_ports(record, ""), map(OutlookId, about.outlook_ids), map(PipelinerId, about.pipeliner_ids)
    )


async def look_at(deployment: Deployment, record: ConnectionRecord, about: Concerned, seen: Seen | None = None) -> None:
    """Have the next run look at contacts, and ask for it."""
    shown = await see(deployment, record, about) if seen is None else seen
    cards = [
        work_of(shown.outlook[key]) if key in shown.outlook else OutlookLook(key)
        for key in map(OutlookId, about.outlook_ids)
    ]
    contacts = [PipelinerLook(PipelinerId(key), is_ruled=True) for key in about.pipeliner_ids]
    await put_looks(deployment.store, record.id, [*cards, *contacts])
    await deployment.queue.put(RunRequest(record.id, Trigger.ANSWER))


# Rulings


async def rulings_of(deployment: Deployment, connection_id: str) -> list[Ruling]:
    """List what was decided in a connection's mailbox, the newest first. Raises NotFound and Unreadable."""
    record = await deployment.registry.get(connection_id)
    return await deployment.rulings(record).rulings()


@act_on_connection(Act.FORGET_ANSWER)
async def forget_ruling(
    deployment: Deployment, connection_id: str, ruling_id: str, *, may_bind_space: bool = True
) -> Ruling:
    """Take a decision back, so that its question is open again, and look at its contacts.

    Raises NotFound, NotAllowed (a ruling for the space, by one who may not make such), Paused and Unreadable.
    """
    record = await deployment.registry.get(connection_id)
    check_runs_on_request(record)
    rulings = deployment.rulings(record)
    found = [ruling for ruling in await rulings.rulings() if ruling_id and ruling.id.startswith(ruling_id)]
    if not found:
        raise NotFound(f"connection {connection_id} has no ruling {ruling_id!r}; list its rulings")
    if len(found) > 1:
        raise InvalidRequest([f"ruling: {len(found)} rulings begin like this; give more of the id"])
    if found[0].for_space and not may_bind_space:
        raise NotAllowed("this ruling binds the whole space: only an administrator may take it back")
    forgotten = await rulings.forget(found[0].id)
    await look_at(deployment, record, forgotten.about)
    return forgotten
