"""Named fillings of both services with invented people, the same each time for the same name."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emulators.graph import GraphModel
from emulators.people_data import DOMAINS, LONG_NOTE, POSITIONS, REGIONS, TITLES, Region, Spelled
from emulators.pipeliner import PipelinerModel
from emulators.pipeliner.people import EDITOR, WATCHER

Record = dict[str, Any]

STAFF: tuple[tuple[str, str], ...] = (("Hanna", "Lindqvist"), ("Mateo", "Rivas"), ("Yuki", "Tanabe"))
STAFF_DOMAIN = "lighthouse.example"
EMPTY, OFFICE = "empty", "office"
PEOPLE_OF_THE_OFFICE = 39
PRIVATE = 1
_COUNTERPARTS_IN_OUTLOOK = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff, with a mailbox on one side and a Pipeliner user on the other."""

    name: str
    address: str
    mailbox_id: str
    user_id: str

    def as_json(self) -> dict[str, str]:
        """All of it, for programs."""
        return {
            "name": self.name,
            "address": self.address,
            "mailbox_id": self.mailbox_id,
            "pipeliner_user_id": self.user_id,
        }


def plant(seed: str, graph: GraphModel, crm: PipelinerModel, contacts: int = 0) -> tuple[Member, ...]:
    """Fill both services; `contacts` more people go to the first of the staff.

    Seeds are `empty` (the staff alone), `office` (some forty people and every oddity) and any number, which
    is the office with the people dealt anew. Raises ValueError for another.
    """
    if seed not in {EMPTY, OFFICE} and not seed.isdecimal():
        raise ValueError(f"there is no seed {seed!r}: take {EMPTY}, {OFFICE} or a number")
    deal = random.Random(int(seed) if seed.isdecimal() else 0)
    staff = tuple(add_member(graph, crm, *name) for name in STAFF)
    if seed != EMPTY:
        _Office(graph, crm, staff, deal).furnish()
    add_people(crm, contacts, [staff[0].user_id], deal)
    return staff


def add_member(graph: GraphModel, crm: PipelinerModel, given: str, surname: str) -> Member:
    """Take someone on: a mailbox and a Pipeliner user of the same address."""
    address = f"{given}.{surname}@{STAFF_DOMAIN}".lower()
    mailbox_id = graph.add_user(address, f"{given} {surname}")
    return Member(f"{given} {surname}", address, mailbox_id, crm.people.add_user(address, given, surname))


def add_people(crm: PipelinerModel, count: int, owner_ids: Sequence[str], deal: random.Random) -> list[str]:
    """Store so many people, dealt out to the owners in turn; each has a time of change and an address of its own."""
    made: list[str] = []
    for number, person in zip(range(count), invented_people(deal), strict=False):
        made += crm.seed({"Contacts": [{**person, "owner_id": owner_ids[number % len(owner_ids)]}]})["Contacts"]
    return made


def invented_people(deal: random.Random) -> Iterator[Record]:
    """Return people without end, in Pipeliner's fields; their first e-mail addresses are all different."""
    number = 0
    while True:
        region = REGIONS[number % len(REGIONS)]
        yield _person(region, number, deal)
        number += 1


def _person(region: Region, number: int, deal: random.Random) -> Record:
    given, surname = deal.choice(region.given_names), deal.choice(region.surnames)
    city, state, postal_code = deal.choice(region.cities)
    person: Record = {
        "first_name": given[0],
        "last_name": surname[0],
        "title": deal.choice(TITLES),
        "position": deal.choice(POSITIONS),
        "quick_account_name": region.company if number % 5 else "",
        "email1": _address(given, surname, number, deal.choice(DOMAINS)),
        "phone1": region.business_phone.format(deal.randrange(100)),
        "phone2": region.mobile_phone.format(deal.randrange(100)),
        "address": deal.choice(region.streets),
        "city": city,
        "state_province": state,
        "zip_code": postal_code,
        "country": region.country,
    }
    if number % 4 == 0:
        person["email2"] = _address(given, surname, number, "home.example")
        person["phone3"] = region.business_phone.format(deal.randrange(100))
    return {name: value for name, value in person.items() if value}


def _address(given: Spelled, surname: Spelled, number: int, domain: str) -> str:
    return f"{given[1]}.{surname[1]}{number}@{domain}"


ODDITIES: tuple[Record, ...] = (
    {"first_name": "Nomail", "last_name": "Quince", "phone1": "+44 20 7946 0950", "quick_account_name": "Quince & Co"},
    {"first_name": "Freelance", "last_name": "Bellweather", "email1": "bellweather@mail.example.test"},
    {
        "first_name": "Fivefold",
        "last_name": "Postlethwaite",
        **{f"email{slot}": f"postlethwaite{slot}@post.test" for slot in range(1, 6)},
    },
    {"first_name": "Prolix", "last_name": "Scrivener", "email1": "scrivener@post.test", "comments": LONG_NOTE},
    {
        "first_name": "Linus",
        "last_name": "Breaks",
        "email1": "breaks@post.test",
        "comments": "unix\nwindows\r\nold mac\rend \n\n",
    },
    {"first_name": "  Spacey ", "last_name": "Mc  Gap\t", "email1": "gap@post.test", "city": " Bath  Spa "},
    {
        "first_name": unicodedata.normalize("NFD", "Amélie"),
        "last_name": unicodedata.normalize("NFD", "Žůrková"),
        "email1": "zurkova@post.test",
    },
    {"first_name": "Sinéad", "last_name": "O\u2019Curly-D'Straight", "email1": "ocurly@post.test"},
    {"first_name": "Joy 🎈", "last_name": "Świątek 👩🏽‍🚀", "email1": "joy@post.test", "comments": "likes 🍜 and 🏴󠁧󠁢󠁷󠁬󠁳󠁿"},
    {"last_name": "Mononym", "email1": "mononym@post.test"},
    {"first_name": "No", "last_name": "Company No City", "email1": "UPPER.Case@Post.Test"},
    {"first_name": "Semi;colon", "last_name": 'Comma, "Quoted"', "email1": "comma@post.test", "position": "<b>&amp;"},
)
"""People that a careless program stumbles over; each belongs to the first of the staff."""


class _Office:
    """A sales office in the middle of its work."""

    def __init__(self, graph: GraphModel, crm: PipelinerModel, staff: Sequence[Member], deal: random.Random) -> None:
        self._graph = graph
        self._crm = crm
        self._staff = staff
        self._deal = deal

    def furnish(self) -> None:
        """Put everybody in place."""
        people = add_people(self._crm, PEOPLE_OF_THE_OFFICE, [member.user_id for member in self._staff], self._deal)
        self._link_companies(people)
        self._share(people)
        for oddity in ODDITIES:
            self._crm.people.create_contact(self._staff[0].user_id, **oddity)
        self._fill_outlook(people)

    def _link_companies(self, people: Sequence[str]) -> None:
        """Link every third contact to its company as an account; two accounts share a name."""
        accounts = {
            region.company: self._crm.people.add_account(self._staff[0].user_id, region.company) for region in REGIONS
        }
        self._crm.people.add_account(self._staff[1].user_id, REGIONS[0].company)
        for number in range(0, len(people), 3):
            region = REGIONS[number % len(REGIONS)]
            self._crm.people.link_account(people[number], accounts[region.company], position=POSITIONS[number % 12])

    def _share(self, people: Sequence[str]) -> None:
        """Share some contacts of the second with the first, make some private and some archived."""
        first = self._staff[0].user_id
        for number in (1, 4):
            self._crm.people.share(people[number], first, EDITOR)
        self._crm.people.share(people[7], first, WATCHER)
        for number in (10, 6):
            self._crm.people.edit_contact(people[number], share_mode=PRIVATE)
        for number in (9, 13):
            self._crm.people.archive_contact(people[number])

    def _fill_outlook(self, people: Sequence[str]) -> None:
        """Fill the default Outlook folder of the first with counterparts of Pipeliner contacts and others."""
        mailbox = self._staff[0].mailbox_id
        mine = people[:: len(self._staff)]
        for person in self._records(mine[-_COUNTERPARTS_IN_OUTLOOK:]):
            self._graph.create_contact(mailbox, _outlook_counterpart(person))
        for given, surname, address in (
            ("Aunt", "Petunia", "petunia@family.invalid"),
            ("Doctor", "Wholesome", ""),
            ("Zoë 🌻", "Ólafsdóttir", "zoe@family.invalid"),
        ):
            emails = [{"address": address, "name": given}] if address else []
            self._graph.create_contact(
                mailbox, {"givenName": given, "surname": surname, "emailAddresses": emails, "homePhones": ["1000"]}
            )
        self._graph.add_contact_list(mailbox, "Book club")

    def _records(self, contact_ids: Sequence[str]) -> Iterator[Record]:
        shown = {row["id"]: row for row in self._crm.state("Contacts")["entities"]["Contacts"]}
        return (shown[contact_id] for contact_id in contact_ids)


def _outlook_counterpart(person: Record) -> Record:
    """Return the same person as Outlook has it, with something that Pipeliner does not know."""
    return {
        "givenName": person["first_name"],
        "surname": person["last_name"],
        "emailAddresses": [{"address": person["email1"].upper(), "name": person["first_name"]}],
        "businessHomePage": "https://www.nordwind.example",
    }
