"""A salesman who works on both sides at once, and the book in which it stands what both sides must show in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from emulators.graph import GraphModel
from emulators.pipeliner import PipelinerModel

MOST_EDITS = 8
"""Of one contact; a dozen within an hour would look like a circle."""
MOST_DELETES = 2
"""In one round; many at once would be held back."""

Shown = tuple[str, str]
"""Phone and city."""


@dataclass(slots=True)
class Entry:
    """One contact as it must be; `is_edited` contacts are never deleted, for an edit may win over a delete."""

    phone: str = ""
    city: str = ""
    edits: int = 0
    is_doomed: bool = False


@dataclass(slots=True)
class Salesman:
    """One mailbox, one Pipeliner user, one connection between them."""

    graph: GraphModel
    crm: PipelinerModel
    mailbox: str
    user_id: str
    connection_id: str
    folder_id: str
    random: Random
    book: dict[str, Entry] = field(default_factory=dict)
    _written: int = 0

    def act(self) -> None:
        """Do a few things on both sides, in any order."""
        acts: list[Callable[[], None]] = [
            self._hire_in_outlook,
            self._hire_in_crm,
            self._call_from_outlook,
            self._call_from_outlook,
            self._move_in_crm,
            self._move_in_crm,
            self._dismiss,
        ]
        for act in self.random.sample(acts, k=self.random.randint(2, len(acts))):
            act()

    def differences(self) -> list[str]:
        """Return what either side shows that does not stand in the book, and the other way round."""
        wanted = sorted((name, (entry.phone, entry.city)) for name, entry in self.book.items())
        sides = {"Outlook": self._in_outlook(), "Pipeliner": self._in_crm()}
        return [
            f"{self.mailbox} in {side}: {len(shown)} contacts for {len(wanted)}, "
            f"shown {sorted(set(shown) - set(wanted))}, wanted {sorted(set(wanted) - set(shown))}"
            for side, shown in sides.items()
            if shown != wanted
        ]

    def _in_outlook(self) -> list[tuple[str, Shown]]:
        return sorted(
            (item["surname"], (item["mobilePhone"] or "", (item["businessAddress"] or {}).get("city") or ""))
            for item in self._outlook_items()
        )

    def _in_crm(self) -> list[tuple[str, Shown]]:
        return sorted((row["last_name"], (row["phone2"] or "", row["city"] or "")) for row in self._crm_rows())

    def _outlook_items(self) -> list[dict[str, Any]]:
        return list(self.graph.contacts(self.mailbox, self.folder_id))

    def _crm_rows(self) -> list[dict[str, Any]]:
        rows = self.crm.state("Contacts")["entities"]["Contacts"]
        return [row for row in rows if row["owner_id"] == self.user_id and not row["is_deleted"]]

    def _ids(self) -> dict[str, tuple[str | None, str | None]]:
        """Outlook and Pipeliner id of each living contact in the book."""
        outlook = {str(item["surname"]): str(item["id"]) for item in self._outlook_items()}
        crm = {str(row["last_name"]): str(row["id"]) for row in self._crm_rows()}
        return {name: (outlook.get(name), crm.get(name)) for name in self.book}

    def _mint(self, letter: str) -> str:
        """Return a text of nobody else's: two salesmen with a customer of one name would be a matter for a person."""
        self._written += 1
        return f"{letter}{self._written:04} of {self.mailbox.removesuffix('@example.test')}"

    def _hire_in_outlook(self) -> None:
        name, phone = self._mint("O"), self._mint("+")
        body = {"surname": name, "mobilePhone": phone}
        # A bare last name cannot be matched: only the journal knows such a contact again.
        body |= {"givenName": "Ann"} if self.random.random() < 0.5 else {}
        self.graph.create_contact(self.mailbox, body, self.folder_id)
        self.book[name] = Entry(phone=phone, is_doomed=self.random.random() < 0.4)

    def _hire_in_crm(self) -> None:
        name, city = self._mint("P"), self._mint("City ")
        self.crm.people.create_contact(self.user_id, last_name=name, city=city)
        self.book[name] = Entry(city=city, is_doomed=self.random.random() < 0.4)

    def _call_from_outlook(self) -> None:
        for name, (outlook_id, _) in self._chosen(lambda entry: not entry.is_doomed and entry.edits < MOST_EDITS):
            if outlook_id is not None:
                entry = self.book[name]
                entry.phone, entry.edits = self._mint("+"), entry.edits + 1
                self.graph.edit_contact(self.mailbox, outlook_id, {"mobilePhone": entry.phone})
                return

    def _move_in_crm(self) -> None:
        for name, (_, crm_id) in self._chosen(lambda entry: not entry.is_doomed and entry.edits < MOST_EDITS):
            if crm_id is not None:
                entry = self.book[name]
                entry.city, entry.edits = self._mint("City "), entry.edits + 1
                self.crm.people.edit_contact(crm_id, city=entry.city)
                return

    def _dismiss(self) -> None:
        """Delete contacts that both sides show and nobody ever edits, on either side."""
        both = [(name, ids) for name, ids in self._chosen(lambda entry: entry.is_doomed) if None not in ids]
        for name, (outlook_id, crm_id) in both[:MOST_DELETES]:
            del self.book[name]
            if self.random.random() < 0.5:
                self.graph.delete_contact(self.mailbox, str(outlook_id))
            else:
                self.crm.people.delete_contact(str(crm_id))

    def _chosen(self, fits: Callable[[Entry], bool]) -> list[tuple[str, tuple[str | None, str | None]]]:
        found = [(name, ids) for name, ids in self._ids().items() if fits(self.book[name])]
        self.random.shuffle(found)
        return found
