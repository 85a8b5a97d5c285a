"""Our product as a subject of a workload that was written to measure vdirsyncer: two sides, users, faults at each call.

Side a is an Outlook folder, side b a Pipeliner space. The workload names its people by a key that vdirsyncer matches
them by; here it is only one more custom field, which tells the two copies of a person apart and is never matched by.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from emulators.counting import CountingStore
from emulators.graph import GraphModel
from emulators.in_process import PassingClock
from emulators.pipeliner import PipelinerModel, PipelinerSwitches
from sync_core.app import Parts, build
from sync_core.domain import Action, RunMode, RunState
from sync_core.errors import SyncError
from sync_core.queues import LocalQueue
from sync_core.storage import SqliteStore
from tests.battery.baseline_probe import Probe, ProbedGraph, ProbedPipeliner, ProbedStore
from tests.scenarios.world import OPEN_WORLDS, SETTINGS, new_world

T = TypeVar("T")
KEY_FIELD = "cf_card"
LEASE_S = 301
BETWEEN_SYNCS_S = 60


class Person(Protocol):
    """A person of the workload."""

    key: str
    given: str
    family: str
    company: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    street: str
    city: str
    note: str

    def vcard(self) -> str:
        """Return the text by which the workload compares."""


class Change(Protocol):
    """An edit of the workload; without a contact it is a delete."""

    side: str
    key: str
    contact: Any


class Options(Protocol):
    """How the workload wants the sides to behave."""

    storage: str
    latency_s: float
    conflict: str | None
    normalising_b: bool
    silent_b: bool


@dataclass(frozen=True, slots=True)
class Card:
    """What both sides must agree on: a person without the form of their numbers."""

    key: str
    given: str
    family: str
    company: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    street: str
    city: str
    note: str


def card_of(person: Person) -> Card:
    """Return a person of the workload."""
    phones = tuple(map(_digits, person.phones))
    names = (person.key, person.given, person.family, person.company)
    return Card(*names, tuple(person.emails), phones, person.street, person.city, person.note)


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)


class Subject:
    """One connection between both sides, and the users on them."""

    def __init__(self, workdir: Path, options: Options) -> None:
        self.probe = Probe(latency_s=options.latency_s)
        self._workdir = workdir
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._texts: dict[Card, str] = {}
        self._ids: dict[tuple[str, str], str] = {}
        place = ":memory:" if options.storage == "memory" else str(workdir / "state.sqlite")
        self._store = SqliteStore(place)
        rewrites = options.normalising_b
        switches = PipelinerSwitches(trims_text=rewrites, reformats_phones=rewrites, unifies_line_ends=rewrites)
        self._world = new_world(store=self._store, crm=switches)
        self._world.crm.people.add_field(KEY_FIELD)
        self._wire()
        rule = "newest" if options.conflict is None else "outlook"
        custom = [{"pipeliner": KEY_FIELD, "outlook": "nickName"}]
        self._run(self._world.connect(conflict_rule=rule, delete_protection=False, custom_fields=custom))

    # The users' side

    def populate(self, side: str, contacts: Iterable[Person]) -> None:
        """Let users create people."""
        for person in contacts:
            self._write(side, person)

    def apply(self, change: Change) -> None:
        """Let a user edit, create or delete somebody."""
        if change.contact is not None:
            self._write(change.side, change.contact)
            return
        found = self._find(change.side, change.key)
        if found is not None and change.side == "a":
            self._graph.delete_contact(self._mailbox, found)
        elif found is not None:
            self._crm.people.delete_contact(found)

    def _write(self, side: str, person: Person) -> None:
        self._texts[card_of(person)] = person.vcard()
        found = self._find(side, person.key)
        if side == "a":
            fields = _in_outlook(person)
            if found is None:
                found = self._graph.create_contact(self._mailbox, fields, self._world.folder_id)
            else:
                self._graph.edit_contact(self._mailbox, found, fields)
        elif found is None:
            found = self._crm.people.create_contact(self._world.user_id, **_in_pipeliner(person))
        else:
            self._crm.people.edit_contact(found, **_in_pipeliner(person))
        self._ids[side, person.key] = found

    def _find(self, side: str, key: str) -> str | None:
        """Find a person where the users last saw them, else among all."""
        known = self._ids.get((side, key))
        if known is None or known not in self._living(side):
            self._ids.update({(side, card.key): found for found, card in self._cards(side)})
            known = self._ids.get((side, key))
        return known if known is not None and known in self._living(side) else None

    # The engine

    def sync(self) -> list[str]:
        """Run what one timer tick causes, a full sync when side b lists too little; names what went wrong."""
        short = self.probe.listed_share_b < 1
        self._crm.switches.change(self._cut() if short else {"listing_cut": None})
        return self._run(self._sync(RunMode.FULL if short else RunMode.DELTA))

    async def _sync(self, mode: RunMode) -> list[str]:
        errors: list[str] = []
        await self._world.deployment.clock.sleep(BETWEEN_SYNCS_S)
        before = len(self._world.results)
        try:
            await self._world.sync(mode)
        except SyncError as error:
            errors.append(type(error).__name__)
        new = self._world.results[before:]
        errors += [result.run.state.value for result in new if result.run.state is RunState.FAILED]
        self.probe.counts["conflicts_told"] += sum(result.run.counts.conflicts for result in new)
        return errors + [item.reason.value for item in await self._attention()]

    async def _attention(self) -> Sequence[Any]:
        try:
            return await self._world.attention()
        except SyncError:
            return ()

    def restart(self) -> None:
        """Begin a new process over the same services and the same store, when the old one's lease is over."""
        self.probe.death = None
        records = self._world.records
        self._forget_world()
        self._world = new_world(store=self._store, old=self._world)
        self._world.records.extend(records)
        self._wire()
        self._run(self._world.deployment.clock.sleep(LEASE_S))

    def snapshot(self, side: str) -> dict[str, str]:
        """Return the workload's own text of each person, or what is unlike anything that a user wrote."""
        shown: dict[str, str] = {}
        for _, card in self._cards(side):
            if card.key in shown:
                raise AssertionError(f"duplicate {card.key} on side {side}")
            shown[card.key] = self._texts.get(card, repr(card))
        return shown

    def conflicts(self) -> int:
        """How many conflicts the history tells."""
        return len(self._run(self._world.history(Action.CONFLICT)))

    def close(self) -> None:
        """Close the store and leave nothing behind."""
        self._forget_world()
        self._run(self._store.close())
        self._loop.close()
        shutil.rmtree(self._workdir, ignore_errors=True)

    def _wire(self) -> None:
        """Build the deployment anew behind the probe."""
        world = self._world
        world.store = CountingStore(ProbedStore(self._store, self.probe))
        clock = PassingClock(world.crm.clock)
        transports = (
            ProbedGraph(world.graph, self.probe),
            ProbedPipeliner(world.crm, self.probe, is_silent=self._options.silent_b),
        )
        world.queue = LocalQueue()
        parts = Parts(world.store, *transports, world.queue, clock)
        world.deployment = replace(build(SETTINGS, parts).deployment, mint_id=world.deployment.mint_id)

    def _forget_world(self) -> None:
        if self._world in OPEN_WORLDS:
            OPEN_WORLDS.remove(self._world)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def _cut(self) -> dict[str, Any]:
        rows = round(len(self._living("b")) * self.probe.listed_share_b)
        return {"listing_cut": rows, "listing_cut_entity": "Contacts", "listing_cut_says_more": False}

    @property
    def _graph(self) -> GraphModel:
        return self._world.graph

    @property
    def _crm(self) -> PipelinerModel:
        return self._world.crm

    @property
    def _mailbox(self) -> str:
        return self._world.record.mailbox

    def _living(self, side: str) -> dict[str, dict[str, Any]]:
        items = self._world.outlook() if side == "a" else self._world.customers()
        return {str(item["id"]): item for item in items}

    def _cards(self, side: str) -> list[tuple[str, Card]]:
        read = _from_outlook if side == "a" else _from_pipeliner
        return [(key, read(item)) for key, item in self._living(side).items()]


def _in_outlook(person: Person) -> dict[str, Any]:
    return {
        "nickName": person.key,
        "givenName": person.given,
        "surname": person.family,
        "companyName": person.company,
        "emailAddresses": [{"address": address} for address in person.emails],
        "businessPhones": list(person.phones[:2]),
        "mobilePhone": next(iter(person.phones[2:]), ""),
        "businessAddress": {"street": person.street, "city": person.city},
        "personalNotes": person.note,
    }


def _from_outlook(item: dict[str, Any]) -> Card:
    phones = (*item["businessPhones"], item["mobilePhone"] or "")
    address = item["businessAddress"]
    return Card(
        item["nickName"] or "",
        item["givenName"] or "",
        item["surname"] or "",
        item["companyName"] or "",
        tuple(entry["address"] for entry in item["emailAddresses"]),
        tuple(_digits(phone) for phone in phones if phone),
        address.get("street") or "",
        address.get("city") or "",
        item["personalNotes"] or "",
    )


def _in_pipeliner(person: Person) -> dict[str, Any]:
    emails = (*person.emails, *[""] * 5)[:5]
    phones = (*person.phones, *[""] * 3)[:3]
    return {
        KEY_FIELD: person.key,
        "first_name": person.given,
        "last_name": person.family,
        "quick_account_name": person.company,
        **{f"email{place}": address for place, address in enumerate(emails, 1)},
        **dict(zip(("phone1", "phone4", "phone2"), phones, strict=True)),
        "address": person.street,
        "city": person.city,
        "comments": person.note,
    }


def _from_pipeliner(item: dict[str, Any]) -> Card:
    return Card(
        item[KEY_FIELD] or "",
        item["first_name"],
        item["last_name"],
        item["quick_account_name"],
        tuple(text for place in range(1, 6) if (text := item[f"email{place}"])),
        tuple(_digits(item[name]) for name in ("phone1", "phone4", "phone2") if item[name]),
        item["address"],
        item["city"],
        item["comments"],
    )


def subject(workdir: Path, options: Options) -> Subject:
    """Make a subject; `workdir` becomes its own."""
    return Subject(workdir, options)
