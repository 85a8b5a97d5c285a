"""Invented names and values, each unique in its story, in all the forms that people type."""

from __future__ import annotations

import random

from tests.battery.simulation.story import Json

NAMES = [
    "Okafor",
    "Lindqvist",
    "Nakamura",
    "Ferreira",
    "Haddad",
    "Novak",
    "Moreau",
    "Iversen",
    "Castellan",
    "Dragomir",
    "Eriksen",
    "Farouk",
    "Galanis",
    "Hartono",
    "Ibragim",
    "Jovanov",
    "Kowalczyk",
    "Lombardi",
    "Mbeki",
    "Nyberg",
    "Oyelaran",
    "Petrosyan",
    "Quispe",
    "Rahimi",
    "Sorensen",
    "Tanaka",
    "Ulloa",
    "Vasquez",
    "Wojcik",
    "Xanthos",
    "Yilmaz",
    "Zamora",
]
_STEMS = {
    "given_name": ("Chidi", "Élodie", "Marta", "Søren", "Ivo"),
    "surname": ("Jr", "Sr", "II"),
    "middle_name": ("Anne", "Ray", "Lee"),
    "title": ("Dr", "Prof", "Ms"),
    "job_title": ("Buyer", "Head of Sales", "Clerk"),
    "company": ("Acme", "Northwind", "Globex"),
    "street": ("Elm Road", "High Street\nRear Building", "Quay"),
    "city": ("Oslo", "Lagos", "Zürich"),
    "state": ("Viken", "Bern", "Kano"),
    "postal_code": ("N", "CH", "AB"),
    "country": ("Norway", "Nigeria", "Italy"),
    "notes": ("Met at the fair", "Likes tea\r\nCalls late", "See above"),
}
PHONES = frozenset({"mobile_phone", "business_phones", "home_phones"})
EDITED_TEXTS = (*(name for name in _STEMS if name != "surname"), "mobile_phone")


class Words:
    """Return names and values; no value ever comes twice."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._names = rng.sample(NAMES, len(NAMES))
        self._count = 100

    def name(self) -> str:
        """Return a person's name."""
        return self._names.pop().casefold()

    def value(self, field: str) -> str:
        """Return a value for a field, or one entry of it, now and then in an odd form."""
        self._count += 1
        if field == "emails":
            stem = self._rng.choice(("reach", "Ping", "cell"))
            return f"{stem}{self._count}@{'Example' if self._rng.random() < 0.2 else 'example'}.test"
        if field in PHONES:
            form = self._rng.choice(("+47 555 0{}", "(555) 00{}", "5550-0{}", "55500{}"))
            return form.format(self._count)
        text = f"{self._rng.choice(_STEMS[field])} {self._count}"
        return self._rng.choice((text, text, text, f"  {text}", f"{text} ", text.replace(" ", "  ")))

    def person(self, who: str) -> Json:
        """Return the values of a new person."""
        values: Json = {"surname": who.capitalize(), "given_name": self.value("given_name")}
        values["emails"] = [self.value("emails") for _ in range(self._rng.choice((1, 1, 2)))]
        for field in self._rng.sample(EDITED_TEXTS, 3):
            values[field] = self.value(field)
        if self._rng.random() < 0.4:
            values["business_phones"] = [self.value("business_phones")]
        return values

    def long(self, field: str) -> str:
        """Return a text that Outlook does not hold."""
        return f"{self.value(field)} " + "x" * 300

    def entries(self, field: str, count: int) -> list[str]:
        """Return several entries."""
        return [self.value(field) for _ in range(count)]


def some_text(rng: random.Random) -> str:
    """Choose a text field that people edit."""
    return rng.choice(EDITED_TEXTS)


def some_list(rng: random.Random) -> str:
    """Choose a list field that people edit."""
    return rng.choice(("emails", "emails", "business_phones", "home_phones"))
