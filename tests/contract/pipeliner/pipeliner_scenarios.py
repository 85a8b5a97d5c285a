"""A small space with two users, and short ways to fill and ask it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from emulators.faults import Fault
from emulators.in_process import PassingClock
from emulators.pipeliner import PipelinerModel
from sync_core.domain import (
    AccountRule,
    Contact,
    Field,
    LinkId,
    PipelinerContact,
    PipelinerId,
    PipelinerUser,
    Scope,
    UserId,
    Value,
    field_map,
)
from sync_core.engine.ports import PipelinerDraft, PipelinerEdit, PipelinerOutcome, ScopePage, Written
from sync_core.http import Answer, Request, Transport
from sync_core.pipeliner import PipelinerClient, PipelinerContacts, PipelinerSpace

SKIP_KEY = "our-own-writes"
ERROR_BODY = json.dumps({"success": False, "http_status": 403, "code": 1, "name": "ERROR_X", "message": "Nora Secret"})


class Recorder(Transport):
    """Keeps what goes through a transport."""

    def __init__(self, transport: Transport) -> None:
        self.sent: list[Request] = []
        self._transport = transport

    async def send(self, request: Request) -> Answer:
        """Run it on."""
        self.sent.append(request)
        return await self._transport.send(request)

    async def close(self) -> None:
        """Run it on."""
        await self._transport.close()


class World:
    """A space, its people, and our adapter before it."""

    def __init__(self, model: PipelinerModel, transport: Transport) -> None:
        self.model = model
        self.people = model.people
        self.clock = PassingClock(model.clock)
        self.wire = Recorder(transport)
        self.client = self.client_of(model.space_id)
        self.space = PipelinerSpace(self.client)
        self.olga = UserId(self.people.add_user("olga@sales.example", "Olga", "Owner"))
        self.paul = UserId(self.people.add_user("paul@sales.example", "Paul", "Partner"))
        self.contacts = self.port()

    def client_of(self, space_id: str) -> PipelinerClient:
        """Client of any space behind the same transport."""
        jitter = Random(7)  # noqa: S311 - seeded, not secret
        return PipelinerClient(self.wire, space_id, self.clock, 1000, SKIP_KEY, jitter)

    def port(
        self, rule: AccountRule = AccountRule.FREE_TEXT, key_field: str = "", custom: Sequence[Field] = ()
    ) -> PipelinerContacts:
        """Contacts port of Olga's connection."""
        return PipelinerContacts(self.client, field_map({}, {}, custom), rule, key_field, self.olga)

    def user(self, user_id: UserId, *unit_ids: str) -> PipelinerUser:
        """User as the engine knows them."""
        return PipelinerUser(user_id, "", "", unit_ids=frozenset(unit_ids))

    def draft(self, number: int = 0, owner_id: UserId | None = None, **values: Value) -> PipelinerDraft:
        """Contact to create; `number` makes it one of its own."""
        named: dict[str, Value] = {"given_name": "Ada", "surname": f"Ahlers-{number}", **values}
        return PipelinerDraft(LinkId(f"link-{number}"), Contact(named), owner_id or self.olga)

    async def shown(self, contact_id: str) -> PipelinerContact:
        """Contact as the port reads it."""
        return (await self.contacts.read([PipelinerId(contact_id)]))[PipelinerId(contact_id)]

    async def edited(
        self, contact_id: str, port: PipelinerContacts | None = None, **changes: Value
    ) -> PipelinerOutcome:
        """Outcome of one update of what is read right before."""
        edit = PipelinerEdit(await self.shown(contact_id), changes)
        return (await (port or self.contacts).update([edit]))[0]

    async def walked(self, user: PipelinerUser, scope: Scope) -> list[ScopePage]:
        """All pages of a scope."""
        pages = [await self.contacts.scope_page(user, scope, None)]
        while pages[-1].after is not None:
            pages.append(await self.contacts.scope_page(user, scope, pages[-1].after))
        return pages

    def stored(self, plural: str = "Contacts") -> list[dict[str, Any]]:
        """Living records as the service holds them."""
        records: list[dict[str, Any]] = self.model.state(plural)["entities"][plural]
        return [record for record in records if not record["is_deleted"]]

    def record(self, contact_id: str) -> dict[str, Any]:
        """One contact as the service holds it."""
        return next(record for record in self.stored() if record["id"] == contact_id)

    def fault(self, pattern: str, **how: Any) -> None:
        """Plant a fault."""
        self.model.faults.plant(Fault(pattern, **how))

    def count(self, method: str, *parts: str) -> int:
        """How many requests of a method went out whose path or query holds all parts."""
        lines = [request.target for request in self.wire.sent if request.method == method]
        return sum(all(part in line for part in parts) for line in lines)


def written(outcome: PipelinerOutcome) -> PipelinerContact:
    """Contact of an outcome that must be a done write."""
    assert isinstance(outcome, Written)
    return outcome.contact
