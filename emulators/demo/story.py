"""One salesperson between Outlook and Pipeliner: what she does, what the product does, what both services show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from emulators.demo.runner import Sides, Usage
from emulators.deployment import LocalDeployment
from emulators.remote import Outside
from emulators.seeds import Member
from sync_core.connection_settings import ConnectionSettings
from sync_core.domain import Action, AttentionItem, Recorded
from sync_core.engine.run import RunResult
from sync_core.operations import ConnectionChange, ConnectRequest, change
from sync_core.state import ConnectionRecord

ABSENT = "(not there)"
T = TypeVar("T")


class NotShown(LookupError):
    """A service does not show a contact that the story goes on with."""


@dataclass(frozen=True, slots=True)
class Card:
    """The part of a contact that the tables show."""

    id: str
    name: str
    company: str
    city: str
    mobile: str

    def __str__(self) -> str:
        return "\n".join(part for part in (self.name, self.company, self.city, self.mobile) if part)


def outlook_card(contact: dict[str, Any]) -> Card:
    """Read a contact of Graph."""
    name = " ".join(contact[part] for part in ("givenName", "surname") if contact[part])
    city = (contact["businessAddress"] or {}).get("city") or ""
    return Card(contact["id"], name, contact["companyName"] or "", city, contact["mobilePhone"] or "")


def pipeliner_card(contact: dict[str, Any]) -> Card:
    """Read a contact of Pipeliner; its company is an account it is linked to, or plain text."""
    name = " ".join(contact[part] for part in ("first_name", "last_name") if contact[part])
    account = contact["primary_account"] or {}
    company = account.get("name") or contact["quick_account_name"] or ""
    return Card(contact["id"], name, company, contact["city"] or "", contact["phone2"] or "")


class Story:
    """The connection of one of the staff, from outside and from within."""

    def __init__(self, outside: Outside, deployment: LocalDeployment, member: Member) -> None:
        self.graph = outside.graph
        self.crm = outside.crm
        self.deployment = deployment
        self.member = member
        self._record: ConnectionRecord | None = None
        self._usage = Usage()

    @property
    def record(self) -> ConnectionRecord:
        """The connection. Raises NotShown before there is one."""
        if self._record is None:
            raise NotShown("the connection was not made")
        return self._record

    @property
    def usage(self) -> Usage:
        """What the product used since the last taking."""
        return self._usage

    def take_usage(self) -> Usage:
        """Return what the product used since the last taking."""
        taken, self._usage = self._usage, Usage()
        return taken

    # What the product does

    async def connect(self, settings: ConnectionSettings) -> None:
        """Connect with a new folder and work off the first run."""
        request = ConnectRequest(mailbox=self.member.address, user=self.member.address, settings=settings)

        async def connect_and_drain() -> None:
            self._record = await self.deployment.connect(request)
            await self.deployment.drain()

        await self._counted(connect_and_drain)

    async def sync(self) -> None:
        """Let the timer fire, and work off what it asks for."""
        await self._counted(self.come_to_rest)

    async def come_to_rest(self) -> None:
        """Do the same without counting it."""
        await self.deployment.tick()
        await self.deployment.drain()

    async def one_run(self) -> list[RunResult]:
        """Run once without the timer."""
        return await self._counted(lambda: self.deployment.one_run(self.record.id))

    async def change_settings(self, **settings: Any) -> None:
        """Change the connection's settings and run what follows from it."""

        async def change_and_drain() -> None:
            await change(self.deployment.deployment, self.record.id, ConnectionChange(settings=settings))
            await self.deployment.drain()

        await self._counted(change_and_drain)

    async def history(self, action: Action, contact_id: str) -> list[Recorded]:
        """Read what was done to a contact, newest first."""
        entries = await self.deployment.deployment.reader(self.record.id).history(200, contact_id=contact_id)
        return [item for item in entries if item.entry.action is action]

    async def attention(self) -> list[AttentionItem]:
        """Read what waits for a person."""
        return await self.deployment.deployment.reader(self.record.id).attention()

    # What both services show

    def outlook(self) -> list[Card]:
        """Read the connected folder."""
        return [outlook_card(item) for item in self.graph.contacts(self.member.mailbox_id, self.record.folder_id)]

    def customers(self) -> list[Card]:
        """Read the salesperson's contacts in Pipeliner."""
        return [pipeliner_card(item) for item in self.crm.contacts(self.member.user_id)]

    def both(self, surname: str) -> tuple[Card | None, Card | None]:
        """Find one contact on both sides."""
        return _named(self.outlook(), surname), _named(self.customers(), surname)

    def sides(self, surname: str) -> Sides:
        """Show one contact on both sides."""
        return Sides(*(str(card) if card else ABSENT for card in self.both(surname)))

    def outlook_id(self, surname: str) -> str:
        """Id of a contact in the folder. Raises NotShown."""
        return _shown(_named(self.outlook(), surname), f"Outlook shows no {surname}").id

    def customer_id(self, surname: str) -> str:
        """Id of a contact in Pipeliner. Raises NotShown."""
        return _shown(_named(self.customers(), surname), f"Pipeliner shows no {surname}").id

    # What she does

    def write_in_outlook(self, **fields: Any) -> None:
        """Create a contact in the folder."""
        user, folder = self.member.mailbox_id, self.record.folder_id
        self.graph.act("create_contact", user=user, fields=fields, folder_id=folder)

    def edit_in_outlook(self, surname: str, **changes: Any) -> None:
        """Edit a contact in the folder."""
        contact_id = self.outlook_id(surname)
        self.graph.act("edit_contact", user=self.member.mailbox_id, contact_id=contact_id, changes=changes)

    def delete_in_outlook(self, surname: str) -> None:
        """Delete a contact in the folder."""
        self.graph.act("delete_contact", user=self.member.mailbox_id, contact_id=self.outlook_id(surname))

    def write_in_pipeliner(self, **fields: Any) -> None:
        """Create a contact of her own in Pipeliner."""
        self.crm.act("create_contact", self.member.user_id, **fields)

    def edit_in_pipeliner(self, surname: str, **fields: Any) -> None:
        """Edit a contact in Pipeliner."""
        self.crm.act("edit_contact", self.customer_id(surname), **fields)

    def delete_in_pipeliner(self, surname: str) -> None:
        """Delete a contact in Pipeliner."""
        self.crm.act("delete_contact", self.customer_id(surname))

    async def _counted(self, work: Callable[[], Awaitable[T]]) -> T:
        before = self._asked()
        result = await work()
        after = self._asked()
        self._usage += Usage(*(now - then for now, then in zip(after, before, strict=True)))
        return result

    def _asked(self) -> tuple[int, int, int]:
        return self.graph.requests_seen(), self.crm.requests_seen(), self.deployment.stored.operations


def _named(cards: list[Card], surname: str) -> Card | None:
    """Find the one contact of that last name; duplicates are a failure of the sync. Raises NotShown for them."""
    found = [card for card in cards if card.name.endswith(surname)]
    if len(found) > 1:
        raise NotShown(f"{surname} is there {len(found)} times")
    return found[0] if found else None


def _shown(card: Card | None, otherwise: str) -> Card:
    if card is None:
        raise NotShown(otherwise)
    return card
