"""Invented people as both services hold them: what the bench fills its sides with, and what its users do to them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from emulators.graph import GraphModel
from emulators.pipeliner import PipelinerModel
from emulators.seeds import Member, Record, invented_people

PEOPLE_IN_A_COMPANY = 10
SYLLABLES = re.findall("..", "bacedifoguhajekilomunaperisotuvawexiyozu")
"""Of these a part of each last name is made, so that nobody has a namesake: a namesake would be a question."""
SYLLABLES_IN_A_NAME = 4
SEED = 0
_ADDRESS = {
    "address": "street",
    "city": "city",
    "state_province": "state",
    "zip_code": "postalCode",
    "country": "countryOrRegion",
}
_LINES = {
    "first_name": "givenName",
    "last_name": "surname",
    "title": "title",
    "position": "jobTitle",
    "quick_account_name": "companyName",
    "phone2": "mobilePhone",
}
_TYPED = frozenset({*_LINES.values(), "emailAddresses", "businessPhones", "homePhones", "businessAddress"})
"""Properties of a card that somebody has typed."""
_COMPARED = ("first_name", "last_name", "email1", "phone2", "city")


@dataclass(frozen=True, slots=True)
class Sides:
    """Both services as the users of one connection see them."""

    graph: GraphModel
    crm: PipelinerModel
    member: Member
    folder_id: str

    def outlook(self) -> list[Record]:
        """What the connected folder holds, oldest first."""
        return self.graph.contacts(self.member.mailbox_id, self.folder_id)

    def pipeliner(self) -> list[Record]:
        """What the space holds and nobody has deleted."""
        rows: list[Record] = self.crm.state("Contacts")["entities"]["Contacts"]
        return [row for row in rows if not row["is_deleted"]]

    def write_in_outlook(self, people: Sequence[Record]) -> None:
        """Let the user write these people into the connected folder."""
        for person in people:
            self.graph.create_contact(self.member.mailbox_id, in_outlook(person), self.folder_id)

    def write_in_pipeliner(self, people: Sequence[Record]) -> None:
        """Let the user write these people into Pipeliner; each has a time of change of its own."""
        for person in people:
            self.crm.seed({"Contacts": [{**person, "owner_id": self.member.user_id}]})

    def edit_in_outlook(self, contacts: Sequence[Record], note: str) -> None:
        """Let the user add to the mobile number of these contacts."""
        for contact in contacts:
            change = {"mobilePhone": f"{contact['mobilePhone']} {note}"}
            self.graph.edit_contact(self.member.mailbox_id, contact["id"], change)

    def retitle_in_outlook(self, contacts: Sequence[Record], title: str) -> None:
        """Let the user give these contacts another job title, by which nobody is told from anybody."""
        for contact in contacts:
            self.graph.edit_contact(self.member.mailbox_id, contact["id"], {"jobTitle": title})

    def edit_in_pipeliner(self, rows: Sequence[Record], note: str) -> None:
        """Let the user add to the city of these contacts."""
        for row in rows:
            self.crm.people.edit_contact(row["id"], city=f"{row['city']} {note}")

    def delete_in_outlook(self, contacts: Sequence[Record]) -> None:
        """Let the user delete these contacts."""
        for contact in contacts:
            self.graph.delete_contact(self.member.mailbox_id, contact["id"])

    def delete_in_pipeliner(self, rows: Sequence[Record]) -> None:
        """Let the user delete these contacts."""
        for row in rows:
            self.crm.people.delete_contact(row["id"])

    def migrate_outlook(self, *, with_stored_ids: bool) -> None:
        """Let a tool write every card anew, under a new id, and delete the old one; stored ids come along or not."""
        for card in self.outlook():
            if with_stored_ids:
                self.graph.copy_contact(self.member.mailbox_id, card["id"], self.folder_id)
            else:
                body = {name: value for name, value in card.items() if name in _TYPED}
                self.graph.create_contact(self.member.mailbox_id, body, self.folder_id)
            self.graph.delete_contact(self.member.mailbox_id, card["id"])

    def are_equal(self) -> bool:
        """Whether both sides hold the same people, each once, as far as the users here change them."""
        return sorted(map(_seen_in_outlook, self.outlook())) == sorted(map(_seen_in_pipeliner, self.pipeliner()))


def people(count: int) -> list[Record]:
    """Invent so many people in Pipeliner's fields, the same each time; most share a company with a few others."""
    return list(islice(everybody(max(1, count // PEOPLE_IN_A_COMPANY)), count))


def everybody(companies: int) -> Iterator[Record]:
    """Invent people without end, in so many companies; nobody has a namesake, or the mobile of anybody else."""
    for number, person in enumerate(invented_people(random.Random(SEED))):
        company = person.get("quick_account_name")
        places = (number // len(SYLLABLES) ** place % len(SYLLABLES) for place in range(SYLLABLES_IN_A_NAME))
        surname = f"{person['last_name']}-{''.join(SYLLABLES[place] for place in places)}"
        named = {**person, "last_name": surname, "phone2": f"{person['phone2']} {number:05}"}
        yield named if company is None else {**named, "quick_account_name": f"{company} {number % companies}"}


def in_outlook(person: Record) -> Record:
    """Return the same person as a body for Graph, each value in its place of the field map."""
    emails = [person[name] for name in ("email1", "email2") if name in person]
    return {
        **{theirs: person[ours] for ours, theirs in _LINES.items() if ours in person},
        "emailAddresses": [{"address": address, "name": person["first_name"]} for address in emails],
        "businessPhones": [person["phone1"]] if "phone1" in person else [],
        "homePhones": [person["phone3"]] if "phone3" in person else [],
        "businessAddress": {theirs: person[ours] for ours, theirs in _ADDRESS.items() if ours in person},
    }


def spread(items: Sequence[Record], count: int, skip: int = 0) -> list[Record]:
    """Take so many, as far from each other as possible, beginning with the one after `skip`."""
    return list(items[skip :: max(1, len(items) // count)][:count]) if count else []


def _seen_in_pipeliner(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name] or "") for name in _COMPARED)


def _seen_in_outlook(contact: Mapping[str, Any]) -> tuple[str, ...]:
    emails = contact["emailAddresses"]
    return (
        contact["givenName"] or "",
        contact["surname"] or "",
        emails[0]["address"] if emails else "",
        contact["mobilePhone"] or "",
        contact["businessAddress"].get("city") or "",
    )
