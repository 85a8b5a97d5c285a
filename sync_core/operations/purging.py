"""Erasing what the state holds of one connection, or of one person, and proving it by reading everything again.

Nothing is erased in Outlook or in Pipeliner. As long as a contact is there and in scope, the sync has to know it; so a
person is erased after the contact was deleted on both sides, or, on express wish, before: then the next full sync
links the contact anew and what it reads is stored again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from sync_core.domain import EMAILS, Concerned, Contact, Reason, Run, RunMode, RunState, Trigger, address_key
from sync_core.domain.identity import Traits, traits
from sync_core.engine.indexing import card_of
from sync_core.errors import InvalidRequest, LeaseTaken, NotFound
from sync_core.operations.answering import COMMAND_LINE, look_at
from sync_core.operations.auditing import audited
from sync_core.operations.ending import disconnect
from sync_core.operations.finding import MOST_CHARACTERS, check_typed
from sync_core.operations.ports import Deployment
from sync_core.operations.ruling import concerned_by
from sync_core.operations.working import new_run_id
from sync_core.state import (
    Act,
    ConnectionRecord,
    Erased,
    ErasedPeople,
    Erasure,
    Mention,
    StoredAskers,
    StoredDuplicates,
    Subject,
    Tenant,
    end_reservations,
    erase_departure,
    erase_in_index,
    erase_rulings,
    erase_space,
    follow,
    forget_in_feed,
    living_links,
    remove_all,
    survey,
    values_of,
)
from sync_core.storage import Table, read_pages

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=300)


class PurgeRequest(BaseModel):
    """What shall be erased: one connection by its id, or one person by e-mail address or a contact's id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection: str = Field(default="", pattern=r"^([A-Za-z0-9_-]{1,64})?$")
    person: str = Field(default="", max_length=MOST_CHARACTERS)
    even_if_linked: bool = False


@dataclass(frozen=True, slots=True)
class Purged:
    """What went, and every row that still mentions what was to go.

    `rows` were removed or rewritten; `ids` are those under which a person was known; an owner's connections have
    to be purged by themselves. `erased` is the row that has nothing created for the person any more.
    """

    rows: int
    ids: tuple[str, ...]
    remaining: tuple[Mention, ...]
    erased: Erased | None = None

    @property
    def is_proved(self) -> bool:
        """Whether nothing is left."""
        return not self.remaining


async def purge(deployment: Deployment, request: PurgeRequest, *, by: str = COMMAND_LINE) -> Purged:
    """Erase a connection or a person. Raises InvalidRequest unless exactly one of them is named."""
    if bool(request.connection) == bool(request.person.strip()):
        raise InvalidRequest(["body: name either a connection or a person"])
    async with audited(deployment, Act.PURGE, request.connection):  # whom, if a person, stands nowhere
        if request.connection:
            return await purge_connection(deployment, request.connection)
        return await purge_person(deployment, request.person, by=by, even_if_linked=request.even_if_linked)


async def purge_connection(deployment: Deployment, connection_id: str) -> Purged:
    """Erase all of a connection, which ends by that; the contacts stay on both sides.

    One that has ended before is looked for as well. Raises NotFound when nothing at all was there.
    """
    subject = Subject(connection_id=connection_id)
    before = {mention async for mention in survey(deployment.store, subject)}
    rows = sum([len(page) async for page in read_pages(deployment.store, Table.SYNC, connection_id, "")])
    try:
        space_id = (await deployment.registry.get(connection_id)).space_id
        await disconnect(deployment, connection_id)
    except NotFound:
        if not rows and not before:
            raise NotFound(f"nothing is stored of a connection {connection_id!r}; list the connections") from None
        space_id = ""
    await remove_all(deployment.store, connection_id)
    await erase_departure(deployment.store, connection_id)
    for known_space in await deployment.store.partitions(Table.SPACES):
        await end_reservations(deployment.store, known_space, owner=connection_id)
        await StoredAskers(deployment.store, known_space).forget(connection_id)
        await StoredDuplicates(deployment.store, known_space).forget(connection_id)
    rows += len([mention for mention in before if mention.partition != connection_id])
    rows += await _erase_unused_space(deployment, space_id or deployment.settings.pipeliner_space_id)
    remaining = tuple([mention async for mention in survey(deployment.store, subject)])
    _log.info("connection %s was purged: %s rows erased, %s remain", connection_id, rows, len(remaining))
    return Purged(rows, (connection_id,), remaining)


async def purge_person(
    deployment: Deployment, person: str, *, by: str = COMMAND_LINE, even_if_linked: bool = False
) -> Purged:
    """Erase all of one person, wherever they are; a purge that broke off can be done again.

    What is left is one row, written first, by which nothing is created for them on either side until it is lifted.

    Raises InvalidRequest while a connection still links the contact, unless `even_if_linked`, and LeaseTaken while a
    run runs on a connection that knows them.
    """
    wanted = person.strip()
    if not wanted:
        raise InvalidRequest(["person: give an e-mail address, or the id of a contact or a link"])
    check_typed(person=wanted)
    subject = Subject(email=address_key(wanted)) if "@" in wanted else Subject(ids={wanted})
    address = Contact({EMAILS: (wanted,)}) if subject.email else Contact()
    await follow(deployment.store, subject, deployment.keyed, card_of(address, "").handles)
    records = await deployment.registry.all()
    if not even_if_linked:
        await _refuse_linked(deployment, records, subject)
    shown = [traits(contact) for contact in (*await values_of(deployment.store, subject), address)]
    words = {word for each in shown for word in (each.name, *each.handles, *each.named)}
    tokens = frozenset(map(deployment.keyed.token, words - {""}))
    mentions = [mention async for mention in survey(deployment.store, subject)]
    known = {mention.partition for mention in mentions if mention.table is Table.SYNC}
    erased = await _write_down(deployment, by, subject, shown, is_known=bool(mentions))
    rows = await _erase_in(deployment, [record for record in records if record.id in known], subject)
    for orphan in known - {record.id for record in records}:
        rows += await remove_all(deployment.store, orphan)
    rows += await _erase_in_space(deployment, subject)
    rows += await erase_rulings(deployment.store, subject.ids, tokens)
    for space_id in await deployment.store.partitions(Table.SPACES):
        rows += await end_reservations(deployment.store, space_id, ids=subject.ids, tokens=tokens)
        rows += await StoredDuplicates(deployment.store, space_id).erase(subject.ids)
    remaining = tuple([mention async for mention in survey(deployment.store, subject)])
    _log.info("a person was purged: %s rows erased, %s remain", rows, len(remaining))
    return Purged(rows, tuple(sorted(subject.ids)), remaining, erased)


async def _write_down(
    deployment: Deployment, by: str, subject: Subject, shown: Sequence[Traits], *, is_known: bool
) -> Erased | None:
    """Write down that a person is erased, by what identifies them alone; nothing of one who was never known."""
    people, identifying = erased_people(deployment), frozenset[str]().union(*(each.strong for each in shown))
    before = await people.find(subject.ids, identifying)
    if before is not None or not is_known or not (subject.ids or identifying):
        return before
    return await people.add(deployment.mint_id(), by, deployment.clock.now(), subject.ids, identifying)


def erased_people(deployment: Deployment) -> ErasedPeople:
    """Return those who were erased from the space."""
    return ErasedPeople(deployment.store, deployment.settings.pipeliner_space_id, deployment.keyed.token)


async def lift_erased(deployment: Deployment, erased_id: str) -> Erased:
    """Let contacts of a person who was erased be created again, and look at those that wait. Raises NotFound."""
    async with audited(deployment, Act.LIFT_ERASED, detail=erased_id):
        lifted = await erased_people(deployment).lift(erased_id)
    for record in await deployment.registry.all():
        items = await deployment.reader(record.id).attention() if record.is_readable else []
        about = [concerned_by(item) for item in items if item.reason is Reason.ERASED]
        if about and not record.is_paused_by_person:
            await look_at(deployment, record, sum(about, Concerned()))
    return lifted


async def _refuse_linked(deployment: Deployment, records: Sequence[ConnectionRecord], subject: Subject) -> None:
    faults = [
        f"person: connection {record.id} still syncs the contact (link {link_id}): delete it in Outlook and in "
        "Pipeliner, let a sync run, then purge the person by the link's id; or purge even if linked"
        for record in records
        for link_id in await living_links(deployment.store, record.id, subject)
    ]
    if faults:
        raise InvalidRequest(faults)


async def _erase_in(deployment: Deployment, records: Sequence[ConnectionRecord], subject: Subject) -> int:
    """Erase in connections; all their leases are held before the first row goes, so that ids still lead to ids."""
    begun: list[tuple[ConnectionRecord, Erasure]] = []
    rows = 0
    try:
        for record in records:
            run_id = new_run_id(deployment, record.id)
            tenant = Tenant(record.id, run_id, deployment.clock, LEASE)
            erasure = Erasure(deployment.store, tenant, run_id)
            await erasure.begin()
            begun.append((record, erasure))
        for _, erasure in begun:
            rows += await erasure.erase(subject)
    finally:
        for record, erasure in begun:
            now, done = deployment.clock.now(), RunState.DONE
            message = f"{erasure.rows} rows about one person were erased on request"
            run = Run(erasure.run_id, record.id, Trigger.PURGE, RunMode.PURGE, done, None, now, now, message=message)
            await erasure.end(run)
    return rows


async def _erase_in_space(deployment: Deployment, subject: Subject) -> int:
    """Erase what the feed remembers and the index of the space knows, while nobody reads the feed."""
    turn = deployment.feed_turn()
    if not await turn.begin():
        raise LeaseTaken("the feed of the space is being read", 5.0)
    try:
        return await forget_in_feed(deployment.store, subject) + await erase_in_index(turn, subject)
    finally:
        await turn.give_up()


async def _erase_unused_space(deployment: Deployment, space_id: str) -> int:
    """Without a connection nobody needs to know who has which contact of a space."""
    own = deployment.settings.pipeliner_space_id
    records = await deployment.registry.all()
    used = {record.space_id or own for record in records}
    is_unsure = any(not record.is_readable and not record.space_id for record in records)
    return 0 if is_unsure or space_id in used else await erase_space(deployment.store, space_id)
