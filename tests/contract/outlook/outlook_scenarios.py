"""A mailbox with one folder in the emulated Graph, and the adapter in front of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from emulators.faults import Fault
from emulators.graph import GraphModel
from sync_core.domain import Contact, FieldMap, OutlookContact, OutlookId, PipelinerId, Value
from sync_core.engine.ports import DeltaPage, OutlookDraft, OutlookEdit, OutlookOutcome, Written
from sync_core.http import Transport
from sync_core.outlook import GraphClient, OutlookFolder, OutlookMailboxes

SPACE = "us_Acme"
UPN = "rita.rep@example.test"
ANNA = {"givenName": "Anna", "surname": "Berg", "jobTitle": "Buyer", "mobilePhone": "+43 1 111"}


@dataclass
class ServiceTime:
    """The adapter's clock: the service's own time, which waiting moves. `waits` are the pauses, in seconds."""

    model: GraphModel
    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """Time of the service."""
        return self.model.clock.peek()

    async def sleep(self, seconds: float) -> None:
        """Move the service's clock."""
        self.waits.append(seconds)
        self.model.clock.advance(seconds)


class World:
    """One user with the folder "Pipeliner (Acme)", reached through a transport."""

    def __init__(self, model: GraphModel, transport: Transport, root: str) -> None:
        self.model = model
        self.transport = transport
        self.root = root
        self.time = ServiceTime(model)
        self.user = model.add_user(UPN, "Rita Rep")
        self.folder_id = model.add_folder(self.user, "Pipeliner (Acme)")
        self.client = GraphClient(transport, root, self.time, jitter=lambda: 0.0)
        self.folder = self.opened()
        self.mailboxes = OutlookMailboxes(self.client)

    def opened(self, space_id: str = SPACE, field_map: FieldMap | None = None) -> OutlookFolder:
        """Open the folder for a space, with the standard field map unless told otherwise."""
        return OutlookFolder(self.client, self.user, self.folder_id, field_map or FieldMap(), space_id)

    def person(self, **fields: Any) -> OutlookId:
        """Let a person add a contact to the folder."""
        return OutlookId(self.model.create_contact(self.user, fields or ANNA, self.folder_id))

    def persons(self, count: int) -> list[OutlookId]:
        """Let a person add several contacts."""
        return [self.person(givenName="Anna", surname=f"Berg {number}") for number in range(count)]

    def stored(self, contact_id: str) -> Mapping[str, Any]:
        """All that the service holds of a contact."""
        return self.model.contact(self.user, contact_id)

    def in_folder(self) -> list[dict[str, Any]]:
        """All contacts of the folder as the service holds them."""
        return self.model.contacts(self.user, self.folder_id)

    def place(self, contact_id: str) -> str:
        """Pattern of a contact's address, for faults."""
        return f"contacts/{re.escape(quote(contact_id, safe=''))}"

    def plant(self, pattern: str, **how: Any) -> None:
        """Plant a fault."""
        self.model.faults.plant(Fault(pattern, **how))

    async def round(self, link: str | None = None) -> DeltaPage:
        """Read a whole round of changes as one page."""
        page = await self.folder.delta(link)
        changed, removed = list(page.changed), list(page.removed)
        while not page.is_last:
            page = await self.folder.delta(page.link)
            changed += page.changed
            removed += page.removed
        return DeltaPage(tuple(changed), tuple(removed), page.link, is_last=True)

    async def read(self, contact_id: OutlookId) -> OutlookContact:
        """Read a contact that exists."""
        return (await self.folder.read([contact_id]))[contact_id]

    async def update(self, before: OutlookContact, **changes: Value) -> OutlookOutcome:
        """Write one change."""
        return (await self.folder.update([OutlookEdit(before, changes)]))[0]


def draft(number: int = 1, **values: Value) -> OutlookDraft:
    """Draft of a contact of its own stored id."""
    given: dict[str, Value] = {"given_name": "Berta", "surname": f"Cole {number}"}
    return OutlookDraft(Contact({**given, **values}), PipelinerId(f"PY-{number:04}"))


def written(outcome: OutlookOutcome) -> OutlookContact:
    """Contact of a write that is done."""
    assert isinstance(outcome, Written), outcome
    return outcome.contact
