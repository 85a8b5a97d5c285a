"""Worked examples of who is who, as data: drawn into docs/matching.md, and each a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from sync_core.domain import Contact, Value
from sync_core.domain.identity import Traits, Verdict, traits


@dataclass(frozen=True)
class Card:
    """A card as a person sees it."""

    given: str = ""
    surname: str = ""
    company: str = ""
    mail: str = ""
    mobile: str = ""
    phone: str = ""
    city: str = ""
    street: str = ""
    postal_code: str = ""
    title: str = ""
    suffix: str = ""
    born: str = ""

    @property
    def contact(self) -> Contact:
        """The card in our own fields."""
        values: dict[str, Value] = {
            "given_name": self.given,
            "surname": self.surname,
            "company": self.company,
            "emails": (self.mail,) if self.mail else (),
            "mobile_phone": self.mobile,
            "business_phones": (self.phone,) if self.phone else (),
            "city": self.city,
            "street": self.street,
            "postal_code": self.postal_code,
            "title": self.title,
        }
        return Contact({name: value for name, value in values.items() if value})

    @property
    def traits(self) -> Traits:
        """What of the card identifies its person."""
        return _traits(self)

    @property
    def words(self) -> str:
        """The card in one line."""
        name = " ".join(part for part in (self.title, self.given, self.surname, self.suffix) if part)
        born = f"born {self.born}" if self.born else ""
        place = (self.street, self.postal_code, self.city)
        parts = (name or "(no name)", self.company, self.mail, self.mobile, self.phone, *place, born)
        return ", ".join(part for part in parts if part)


@cache
def _traits(card: Card) -> Traits:
    return traits(card.contact, birthday=card.born, suffix=card.suffix)


@dataclass(frozen=True)
class Example:
    """Two cards, what else each side holds, and what is said of the two."""

    number: str
    outlook: Card
    pipeliner: Card
    verdict: Verdict
    rule: str
    harm: str
    more_in_outlook: Sequence[Card] = ()
    more_in_pipeliner: Sequence[Card] = ()
    has_stored_id: bool = False
    engine: str = field(default="", kw_only=True)
    """What the engine makes of it where more than two cards count."""


MOBILE_1, MOBILE_2, LINE = "+43 664 1234567", "+43 664 7654321", "+43 316 123456"
SAME, DIFFERENT, ASK = Verdict.SAME, Verdict.DIFFERENT, Verdict.ASK
ANNA = Card("Anna", "Maier", mail="anna.maier@nord.example")
EVA, PAUL = Card("Eva", "Lang", mail="sonne77@post.example"), Card("Paul", "Lang", mail="sonne77@post.example")

EXAMPLES: tuple[Example, ...] = (
    Example("1", ANNA, Card("ANNA", "MAIER", mail="ANNA.MAIER@NORD.EXAMPLE"), SAME, "11", "duplicate"),
    Example(
        "2",
        Card("Eva", "Lang", mail="sonne77@post.example", mobile=MOBILE_1),
        Card("Paul", "Lang", mail="sonne77@post.example", mobile=MOBILE_2),
        DIFFERENT,
        "17a",
        "couple merged",
    ),
    Example("3", EVA, PAUL, ASK, "17b", "couple merged"),
    Example(
        "4",
        Card("Eva", "Lang", mail="lang@lang.example"),
        Card("Paul", "Lang", mail="lang@lang.example"),
        DIFFERENT,
        "26",
        "couple merged, needless question",
    ),
    Example(
        "5",
        Card("Karl", "Weiss Sr", mail="weiss@weiss.example"),
        Card("Karl", "Weiss Jr", mail="weiss@weiss.example"),
        DIFFERENT,
        "9",
        "father overwritten by son",
    ),
    Example(
        "6",
        Card("Karl", "Weiss", mail="karl@hof.example"),
        Card("Karl", "Weiss Jr", mail="karl@hof.example"),
        SAME,
        "11",
        "duplicate",
    ),
    Example(
        "7",
        Card("Lea", "Roth", mail="roth@gmx.at", born="2001-05-05"),
        Card("Mia", "Roth", mail="roth@gmx.at", born="2001-05-05"),
        DIFFERENT,
        "26",
        "sisters of one day merged",
    ),
    Example(
        "8",
        Card("Jan", "Novák", mail="jan@n.example"),
        Card("Jana", "Nováková", mail="jan@n.example"),
        DIFFERENT,
        "26",
        "a score would merge: the address is Jan's",
    ),
    Example(
        "9",
        Card("Thomas", "Huber", "Bau GmbH", "info@bau.example"),
        Card("Thomas", "Egger", "Bau GmbH", "info@bau.example"),
        DIFFERENT,
        "26",
        "colleagues merged",
    ),
    Example(
        "10",
        Card("Thomas", "Huber", "Bau GmbH", "info@bau.example"),
        Card("Thomas", "Huber", "Bau", "info@bau.example"),
        SAME,
        "19",
        "duplicate",
    ),
    Example(
        "11",
        Card(company="Bau GmbH", mail="info@bau.example"),
        Card("Thomas", "Huber", mail="info@bau.example"),
        DIFFERENT,
        "9",
        "company's card becomes a person",
    ),
    Example(
        "12",
        Card("Rolf", "Kern", title="Dr.", mail="sabine.vogt@kern.example"),
        Card("Sabine", "Vogt", mail="sabine.vogt@kern.example"),
        DIFFERENT,
        "26",
        "boss overwritten by assistant",
    ),
    Example(
        "13",
        Card("Anna", "Klein", "Nord AG", "anna.b@post.example"),
        Card("Anna", "Berg", "Nord AG", "anna.b@post.example"),
        SAME,
        "14a",
        "duplicate after marriage",
    ),
    Example(
        "14",
        Card("Anna", "Klein", mail="anna.b@post.example"),
        Card("Anna", "Berg", mail="anna.b@post.example"),
        ASK,
        "14b",
        "sister-in-law overwritten",
    ),
    Example(
        "15",
        Card("Bob", "Stone", mail="r.stone@sun.example"),
        Card("Robert", "Stone", mail="r.stone@sun.example"),
        SAME,
        "12",
        "duplicate",
    ),
    Example(
        "16",
        Card("Bob", "Stone", "Sun Ltd"),
        Card("Robert", "Stone", "Sun Ltd"),
        DIFFERENT,
        "26",
        "guess on a nickname",
    ),
    Example(
        "16, one landline",
        Card("Bob", "Stone", "Sun Ltd", phone=LINE),
        Card("Robert", "Stone", "Sun Ltd", phone=LINE),
        ASK,
        "24",
        "guess on a nickname",
    ),
    Example(
        "17",
        Card("Sasha", "Petrov", mail="a.petrov@don.example"),
        Card("Aleksandr", "Petrov", mail="a.petrov@don.example"),
        SAME,
        "12",
        "duplicate",
    ),
    Example(
        "17, unknown nickname",
        Card("Zuzu", "Petrov", mail="a.petrov@don.example"),
        Card("Aleksandr", "Petrov", mail="a.petrov@don.example"),
        ASK,
        "17b",
        "duplicate",
    ),
    Example(
        "18",
        Card("J.", "Moser", mail="jm@alp.example"),
        Card("Julia", "Moser", mail="jm@alp.example"),
        SAME,
        "12",
        "duplicate",
    ),
    Example(
        "19",
        Card("J.", "Moser", "Alp AG"),
        Card("Julia", "Moser", "Alp AG"),
        DIFFERENT,
        "26",
        "wrong J. filled",
        more_in_pipeliner=[Card("Jan", "Moser", "Alp AG")],
    ),
    Example(
        "20",
        Card("Maier", "Anna", mail="anna@nord.example"),
        Card("Anna", "Maier", mail="anna@nord.example"),
        SAME,
        "12",
        "duplicate",
    ),
    Example(
        "21",
        Card("Jürgen", "Müller", "Stahl AG"),
        Card("Juergen", "Mueller", "Stahl"),
        SAME,
        "20",
        "duplicate",
    ),
    Example(
        "22",
        Card("太郎", "田中", mail="tanaka@hana.example"),
        Card("Taro", "Tanaka", mail="tanaka@hana.example"),
        ASK,
        "16b",
        "-",
    ),
    Example(
        "23",
        Card("Юлия", "Цветкова", mobile="+7 912 345-67-89"),
        Card("Yulia", "Tsvetkova", mobile="+7 912 3456789"),
        ASK,
        "16b",
        "stranger with a recycled number",
    ),
    Example(
        "24",
        Card("Katharina", "Hofr", mail="k.hofer@x.example"),
        Card("Katharina", "Hofer", mail="k.hofer@x.example"),
        ASK,
        "15b",
        "Christian and Christina",
    ),
    Example(
        "25",
        Card("Christian", "Hofer", mail="hofer@hofer.example", mobile=MOBILE_1),
        Card("Christina", "Hofer", mail="hofer@hofer.example", mobile=MOBILE_2),
        DIFFERENT,
        "26",
        "siblings merged",
    ),
    Example(
        "26",
        Card("Anna", "Maier", city="Graz", mail="a@one.example"),
        Card("Anna", "Maier", city="Linz", mail="b@two.example"),
        DIFFERENT,
        "22a",
        "namesakes merged",
    ),
    Example(
        "27",
        Card("Anna", "Maier", "Bank", "anna.m@bank.example"),
        Card("Anna", "Maier", "Bank", "a.maier2@bank.example"),
        ASK,
        "21b",
        "namesakes at one firm",
    ),
    Example(
        "28",
        Card("Anna", "Maier"),
        Card("Anna", "Maier", "Nord AG", "anna@nord.example"),
        ASK,
        "22b",
        "wrong card filled",
    ),
    Example(
        "29",
        Card("Anna", "Maier", "Nord AG"),
        Card("Anna", "Maier", "Süd KG", "anna@sued.example"),
        ASK,
        "23a",
        "job change guessed",
    ),
    Example("30", Card("Cher", mobile=MOBILE_1), Card("Cher", mobile=MOBILE_1), SAME, "13", "duplicate"),
    Example("31", Card("Cher"), Card("Cher"), DIFFERENT, "26", "stage name guessed"),
    Example(
        "32",
        Card(mail="anna@nord.example"),
        Card("Anna", "Maier", mail="anna@nord.example"),
        SAME,
        "13",
        "duplicate from a card that was saved by itself",
    ),
    Example(
        "33",
        Card("Otto", "Fink", "Nord AG", "otto@nord.example"),
        Card("Anna", "Maier", "Nord AG", "anna@nord.example"),
        DIFFERENT,
        "26",
        "Anna overwritten",
        engine="a copied card whose stored id belongs to a living link: the id is not believed",
    ),
    Example(
        "34",
        Card("Otto", "Fink", mail="otto@nord.example"),
        Card("Anna", "Maier", mail="anna@nord.example"),
        ASK,
        "6",
        "Anna renamed to Otto",
        has_stored_id=True,
        engine="the card that was linked is gone",
    ),
    Example(
        "35",
        ANNA,
        ANNA,
        SAME,
        "11",
        "a second contact",
        engine="a copy of a card with a living link: nothing is created",
    ),
    Example(
        "36",
        Card("Otto", "Fink", "Nord AG", "info@nord.example", street="Hauptstr. 1", postal_code="8010"),
        Card("Anna", "Maier", "Nord AG", "info@nord.example", street="Hauptstr. 1", postal_code="8010"),
        DIFFERENT,
        "26",
        "whole team merged",
    ),
    Example(
        "37",
        ANNA,
        ANNA,
        SAME,
        "11",
        "duplicate after typing it again",
        engine="the half on this side is gone: the link moves",
    ),
    Example(
        "38",
        Card("Anna", "Maier"),
        ANNA,
        ASK,
        "22b",
        "delete undone by chance",
        engine="the half on this side is gone",
    ),
    Example("39", ANNA, ANNA, SAME, "4", "duplicate", has_stored_id=True, engine="restored, with its stored id"),
    Example(
        "40",
        ANNA,
        ANNA,
        SAME,
        "4",
        "a delete and a duplicate each",
        has_stored_id=True,
        engine="a whole mailbox with new ids and the old stored ids",
    ),
    Example(
        "41",
        ANNA,
        Card("Anna", "Maier", "Nord AG", "anna.maier@nord.example"),
        SAME,
        "11",
        "duplicate comes back",
        engine="the other of two was merged into this one in Pipeliner",
    ),
    Example(
        "42",
        ANNA,
        ANNA,
        SAME,
        "11",
        "delete reaches Pipeliner",
        engine="two cards were merged in Outlook: the left-over contact is asked about",
    ),
    Example(
        "43",
        ANNA,
        ANNA,
        ASK,
        "27",
        "colleague's record changed",
        more_in_pipeliner=[ANNA],
        engine="twice in Pipeliner, one of them a colleague's: if only one is in scope, it is that one",
    ),
    Example(
        "44",
        ANNA,
        ANNA,
        SAME,
        "11",
        "linked already, it says",
        engine="two mailboxes, each with a connection of its own",
    ),
    Example("45", ANNA, ANNA, SAME, "27", "endless asking", more_in_pipeliner=[Card("Anna", "Maier")]),
    Example(
        "46",
        Card("Eva", "Kurz", mail="n/a"),
        Card("Eva", "Lang", mail="n/a"),
        DIFFERENT,
        "26",
        "placeholder as identity",
    ),
    Example(
        "47",
        Card("Anna", "Maier", mail="anna@nord.example", born="1980-03-04"),
        Card("Anna", "Maier", mail="anna@nord.example", born="1980-04-03"),
        ASK,
        "10",
        "swapped day and month",
    ),
    Example(
        "48",
        Card("Anna & Peter", "Berg", mail="berg@gmx.at"),
        Card("Anna", "Berg", mail="berg@gmx.at"),
        DIFFERENT,
        "9",
        "couple's card becomes one person",
    ),
    Example("49, Eva", EVA, EVA, SAME, "19", "question that answers itself", [PAUL], [PAUL]),
    Example("49, Paul", PAUL, PAUL, SAME, "19", "question that answers itself", [EVA], [EVA]),
    Example("49, crosswise", EVA, PAUL, DIFFERENT, "26", "question that answers itself", [PAUL], [EVA]),
    Example(
        "50",
        Card("Karl", "Weiss", mail="weiss@weiss.example", mobile=MOBILE_1),
        Card("Karl", "Weiss", mail="weiss@weiss.example", mobile=MOBILE_2),
        DIFFERENT,
        "22a",
        "father and son merged",
    ),
    Example(
        "51",
        Card("Anna", "Maier", "Bank", born="1980-01-02"),
        Card("Anna", "Maier", "Bank", born="1975-01-02"),
        DIFFERENT,
        "9",
        "namesakes at one firm merged",
    ),
    Example(
        "52",
        Card("Anna", "Klein", "Nord AG"),
        Card("Anna", "Berg", "Nord AG"),
        SAME,
        "5",
        "duplicate after marriage",
        has_stored_id=True,
    ),
    Example(
        "53",
        Card("J.", "Moser", mail="moser77@alp.example", city="Graz"),
        Card("Julia", "Moser", mail="moser77@alp.example", city="Linz"),
        ASK,
        "12a",
        "wrong J. filled",
    ),
    Example(
        "54",
        Card(mail="paul@nord.example"),
        Card(company="Nord AG", mail="paul@nord.example"),
        ASK,
        "13a",
        "company's card becomes a person",
    ),
    Example(
        "55",
        Card("", "Lang", mail="sonne77@post.example", mobile=MOBILE_1),
        Card("Eva", "Lang", mail="sonne77@post.example", mobile=MOBILE_2),
        ASK,
        "13b",
        "couple merged",
    ),
    Example(
        "56",
        Card("Katharina", "Hofr", mail="k.hofer@x.example", mobile=MOBILE_1),
        Card("Katharina", "Hofer", mail="k.hofer@x.example", mobile=MOBILE_1),
        SAME,
        "15a",
        "duplicate after a slip",
    ),
    Example(
        "57",
        Card("太郎", "田中", mail="tanaka@hana.example", mobile="+81 90 1234 5678"),
        Card("Taro", "Tanaka", mail="tanaka@hana.example", mobile="+81 90 1234 5678"),
        SAME,
        "16a",
        "duplicate in another script",
    ),
    Example(
        "58",
        Card("Eva", "Lang", mail="sonne77@post.example", mobile=MOBILE_1),
        Card("Paul", "Berg", mail="sonne77@post.example", mobile=MOBILE_1),
        ASK,
        "17",
        "couple merged, or a card that was typed over",
    ),
    Example(
        "59",
        Card("Eva", "Lang", mobile=MOBILE_1),
        Card("Otto", "Fink", mobile=MOBILE_1),
        DIFFERENT,
        "18",
        "stranger with a recycled number",
    ),
    Example(
        "60",
        Card("", "Müller", "Acme GmbH", phone=LINE),
        Card("", "Müller", "Acme", phone=LINE),
        SAME,
        "20a",
        "duplicate without a first name",
    ),
    Example(
        "61",
        Card("Anna", "Maier", "Bank", "anna.m@bank.example", MOBILE_1),
        Card("Anna", "Maier", "Bank", "a.maier2@bank.example", MOBILE_2),
        DIFFERENT,
        "21a",
        "namesakes at one firm, needless question",
    ),
    Example(
        "62",
        Card("Anna", "Maier", "Nord AG", "anna@nord.example"),
        Card("Anna", "Maier", "Süd KG", "anna@sued.example"),
        DIFFERENT,
        "23b",
        "namesakes merged",
    ),
    Example(
        "63",
        Card("", "Maier", "Bank", "a.maier@bank.example"),
        Card("", "Maier", "Bank"),
        ASK,
        "25",
        "namesakes at one firm merged",
    ),
    Example(
        "64",
        Card("A.", "", "", "anna@nord.example", MOBILE_1),
        Card("A.", "", "", "anna@nord.example", MOBILE_1),
        SAME,
        "16c",
        "duplicate of a card with no more than an initial, and a question of what is equal throughout",
    ),
)
