"""What a scenario of the fault sweep is, and the things that people do in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from sync_core.domain import SyncType
from tests.scenarios.world import MAILBOX, World

Act = Callable[[World], Awaitable[None] | None]


@dataclass(frozen=True, slots=True)
class Said:
    """What both services must say of a contact in the end, by hand: its mobile phone and its city on each side."""

    surname: str
    outlook: tuple[str, str] | None = None
    pipeliner: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A set-up that comes to rest, what people do then, and who must be where in the end.

    `before` happens ahead of the connection, `between` after the first sync; the faults begin after `acts`. With
    `starts_synced` False the first sync is itself swept. `outlook` and `customers` are the last names expected in
    the connected folder and alive in Pipeliner, `subject` is whom a person edits as one more fault. Of that name
    there may be `most_subjects` then: an edit can bring a deleted contact back next to a new one of the same name.
    """

    name: str
    acts: tuple[Act, ...] = ()
    before: tuple[Act, ...] = ()
    between: tuple[Act, ...] = ()
    outlook: str = "Abel Baker"
    customers: str = "Abel Baker"
    said: tuple[Said, ...] = ()
    subject: str = "Abel"
    most_subjects: int = 1
    starts_synced: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sync_type(self) -> SyncType:
        """The connection's direction."""
        return SyncType(self.settings.get("sync_type", SyncType.TWO_WAY))


async def perform(acts: tuple[Act, ...], world: World) -> None:
    """Let people do these things, one after the other."""
    for act in acts:
        done = act(world)
        if isawaitable(done):
            await done


def check_by_hand(scenario: Scenario, world: World) -> None:
    """Compare an undisturbed end with what the scenario states."""
    folder = " ".join(sorted(str(item["surname"] or "-") for item in world.outlook()))
    customers = " ".join(sorted(str(row["last_name"]) for row in world.customers()))
    assert (folder, customers) == (scenario.outlook, scenario.customers), scenario.name
    for said in scenario.said:
        if said.outlook is not None:
            person = world.person(said.surname)
            shown = (person["mobilePhone"] or "", person["businessAddress"].get("city", ""))
            assert shown == said.outlook, (scenario.name, "Outlook")
        if said.pipeliner is not None:
            customer = world.customer(said.surname)
            assert (customer["phone2"], customer["city"]) == said.pipeliner, (scenario.name, "Pipeliner")


def in_outlook(surname: str, **changes: Any) -> Act:
    """Edit a contact of the connected folder."""
    return lambda world: world.edit_in_outlook(surname, **changes)


def in_crm(surname: str, **values: Any) -> Act:
    """Edit a contact in Pipeliner."""
    return lambda world: world.edit_in_crm(surname, **values)


def new_in_outlook(surname: str, given: str = "Ann", **properties: Any) -> Act:
    """Create a contact in the connected folder."""

    def act(world: World) -> None:
        world.write_in_outlook(surname, given, **properties)

    return act


def new_in_crm(surname: str, given: str = "Ann", **values: Any) -> Act:
    """Create a contact in Pipeliner, owned by the connection's user."""

    def act(world: World) -> None:
        world.write_in_crm(surname, given, **values)

    return act


def colleagues_in_crm(surname: str, given: str = "Ann", **values: Any) -> Act:
    """Create a contact in Pipeliner that the colleague owns."""

    def act(world: World) -> None:
        world.write_in_crm(surname, given, owner=world.colleague_id, **values)

    return act


def gone_from_outlook(surname: str) -> Act:
    """Delete a contact of the connected folder."""
    return lambda world: world.delete_in_outlook(surname)


def gone_from_crm(surname: str) -> Act:
    """Delete a contact in Pipeliner."""
    return lambda world: world.delete_in_crm(surname)


def hidden_in_crm(surname: str) -> Act:
    """Take the right to see a contact in Pipeliner away from the sync."""
    return lambda world: world.crm.people.hide(world.customer(surname)["id"])


def handed_over(surname: str) -> Act:
    """Return a contact to the colleague in Pipeliner."""
    return lambda world: world.crm.people.reassign_contact(world.customer(surname)["id"], world.colleague_id)


def taken_over(surname: str) -> Act:
    """Return a contact of the colleague to the connection's user."""
    return lambda world: world.crm.people.reassign_contact(world.customer(surname)["id"], world.user_id)


def moved_away(surname: str) -> Act:
    """Move a contact from the connected folder to the mailbox's own one."""
    return lambda world: world.graph.move_contact(MAILBOX, world.person(surname)["id"], None)


def moved_back(surname: str) -> Act:
    """Move a contact from the mailbox's own folder to the connected one."""

    def act(world: World) -> None:
        (found,) = [item for item in world.graph.contacts(MAILBOX) if item["surname"] == surname]
        world.graph.move_contact(MAILBOX, found["id"], world.folder_id)

    return act


async def synced(world: World) -> None:
    """Let the sync come to rest in between."""
    await world.deployment.clock.sleep(1000)
    await world.tick()
    await world.tick()


def mail(*addresses: str) -> list[dict[str, str]]:
    """E-mail addresses as Outlook has them."""
    return [{"address": address} for address in addresses]
