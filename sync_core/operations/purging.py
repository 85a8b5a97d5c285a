"""Erasing what the state holds of one connection, or of one person, and proving it by reading everything again.

Nothing is erased in Outlook or in Pipeliner. As long as a contact is there and in scope, the sync has to know it; so a
person is erased after the contact was deleted on both sides, or, on express wish, before: then the next full round
links the contact anew and what it reads is stored again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from sync_core.domain.records import Run, RunState
from sync_core.errors import InvalidRequest, NotFound
from sync_core.operations.connecting import disconnect
from sync_core.operations.ports import Operator
from sync_core.operations.working import new_run_id
from sync_core.state.departures import erase_departure, erase_space, remove_all
from sync_core.state.erasing import Erasure, forget_in_feed, living_links
from sync_core.state.lease import Tenant
from sync_core.state.lookup import Pages
from sync_core.state.registry import ConnectionRecord
from sync_core.state.store import Table
from sync_core.state.traces import Mention, Subject, follow, survey

_log = logging.getLogger(__name__)

PURGE = "purge"
"""Trigger and mode of the run that is written down."""
LEASE = timedelta(seconds=300)


class PurgeRequest(BaseModel):
    """What shall be erased: one connection by its id, or one person by e-mail address or a contact's id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection: str = Field(default="", pattern=r"^([A-Za-z0-9_-]{1,64})?$")
    person: str = Field(default="", max_length=500)
    even_if_linked: bool = False


@dataclass(frozen=True, slots=True)
class Purged:
    """What went, and every row that still mentions what was to go.

    `rows` were removed or rewritten; `ids` are those under which a person was known; an owner's connections have
    to be purged by themselves.
    """

    rows: int
    ids: tuple[str, ...]
    remaining: tuple[Mention, ...]

    @property
    def is_proved(self) -> bool:
        """Whether nothing is left."""
        return not self.remaining


async def purge(operator: Operator, request: PurgeRequest) -> Purged:
    """Erase a connection or a person. Raises InvalidRequest unless exactly one of them is named."""
    if bool(request.connection) == bool(request.person.strip()):
        raise InvalidRequest(["body: name either a connection or a person"])
    if request.connection:
        return await purge_connection(operator, request.connection)
    return await purge_person(operator, request.person, even_if_linked=request.even_if_linked)


async def purge_connection(operator: Operator, connection_id: str) -> Purged:
    """Erase all of a connection, which ends by that; the contacts stay on both sides.

    One that has ended before is looked for as well. Raises NotFound when nothing at all was there.
    """
    subject = Subject(connection_id=connection_id)
    before = {mention async for mention in survey(operator.store, subject)}
    rows = await _rows_in(operator, connection_id)
    try:
        space_id = (await operator.registry.get(connection_id)).space_id
        await disconnect(operator, connection_id)
    except NotFound:
        if not rows and not before:
            raise NotFound(f"nothing is stored of a connection {connection_id!r}; list the connections") from None
        space_id = ""
    await remove_all(operator.store, connection_id)
    await erase_departure(operator.store, connection_id)
    rows += len([mention for mention in before if mention.partition != connection_id])
    rows += await _erase_unused_space(operator, space_id or operator.settings.pipeliner_space_id)
    remaining = tuple([mention async for mention in survey(operator.store, subject)])
    _log.info("connection %s was purged: %s rows erased, %s remain", connection_id, rows, len(remaining))
    return Purged(rows, (connection_id,), remaining)


async def purge_person(operator: Operator, person: str, *, even_if_linked: bool = False) -> Purged:
    """Erase all of one person, wherever he is; a purge that broke off can be done again.

    Raises InvalidRequest while a connection still links the contact, unless `even_if_linked`, and LeaseTaken while a
    pass runs on a connection that knows him.
    """
    subject = _subject(person)
    await follow(operator.store, subject)
    records = await operator.registry.all()
    if not even_if_linked:
        await _refuse_linked(operator, records, subject)
    known = {mention.partition async for mention in survey(operator.store, subject) if mention.table is Table.SYNC}
    rows = await _erase_in(operator, [record for record in records if record.id in known], subject)
    for orphan in known - {record.id for record in records}:
        rows += await remove_all(operator.store, orphan)
    rows += await forget_in_feed(operator.store, subject)
    remaining = tuple([mention async for mention in survey(operator.store, subject)])
    _log.info("a person was purged: %s rows erased, %s remain", rows, len(remaining))
    return Purged(rows, tuple(sorted(subject.ids)), remaining)


def _subject(person: str) -> Subject:
    wanted = person.strip()
    if not wanted or not wanted.isprintable():
        raise InvalidRequest(["person: give an e-mail address, or the id of a contact or a link"])
    return Subject(email=wanted.casefold()) if "@" in wanted else Subject(ids={wanted})


async def _refuse_linked(operator: Operator, records: Sequence[ConnectionRecord], subject: Subject) -> None:
    faults = [
        f"person: connection {record.id} still syncs the contact (link {link_id}): delete it in Outlook and in "
        "Pipeliner, let a sync run, then purge the person by the link's id; or purge even if linked"
        for record in records
        for link_id in await living_links(operator.store, record.id, subject)
    ]
    if faults:
        raise InvalidRequest(faults)


async def _erase_in(operator: Operator, records: Sequence[ConnectionRecord], subject: Subject) -> int:
    """Erase in connections; all their leases are held before the first row goes, so that ids still lead to ids."""
    begun: list[tuple[ConnectionRecord, Erasure]] = []
    rows = 0
    try:
        for record in records:
            run_id = new_run_id(operator, record.id)
            tenant = Tenant(record.id, run_id, operator.clock, LEASE)
            erasure = Erasure(operator.store, tenant, run_id)
            await erasure.begin()
            begun.append((record, erasure))
        for _, erasure in begun:
            rows += await erasure.erase(subject)
    finally:
        for record, erasure in begun:
            await erasure.end(_run(operator, record, erasure))
    return rows


def _run(operator: Operator, record: ConnectionRecord, erasure: Erasure) -> Run:
    now = operator.clock.now()
    message = f"{erasure.rows} rows about one person were erased on request"
    return Run(erasure.run_id, record.id, PURGE, PURGE, RunState.DONE, None, now, now, message=message)


async def _rows_in(operator: Operator, connection_id: str) -> int:
    return sum([len(rows) async for rows in Pages(operator.store, Table.SYNC, connection_id, "")])


async def _erase_unused_space(operator: Operator, space_id: str) -> int:
    """Without a connection nobody needs to know who has which contact of a space."""
    own = operator.settings.pipeliner_space_id
    used = {record.space_id or own for record in await operator.registry.all()}
    return 0 if space_id in used else await erase_space(operator.store, space_id)
