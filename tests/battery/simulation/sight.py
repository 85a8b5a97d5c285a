"""What both services show of the people of a story, read past the API and past the product's own mapping."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from emulators.graph import GraphModel
from emulators.graph.contact import Contact
from emulators.pipeliner import PipelinerModel
from emulators.pipeliner.reading import primary_relation
from emulators.pipeliner.records import Row

TEXTS: Mapping[str, tuple[str, str]] = {
    "given_name": ("givenName", "first_name"),
    "surname": ("surname", "last_name"),
    "middle_name": ("middleName", "middle_name"),
    "title": ("title", "title"),
    "job_title": ("jobTitle", "position"),
    "company": ("companyName", "quick_account_name"),
    "mobile_phone": ("mobilePhone", "phone2"),
    "street": ("businessAddress.street", "address"),
    "city": ("businessAddress.city", "city"),
    "state": ("businessAddress.state", "state_province"),
    "postal_code": ("businessAddress.postalCode", "zip_code"),
    "country": ("businessAddress.countryOrRegion", "country"),
    "notes": ("personalNotes", "comments"),
}
LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "emails": ("emailAddresses", ("email1", "email2", "email3", "email4", "email5")),
    "business_phones": ("businessPhones", ("phone1", "phone4")),
    "home_phones": ("homePhones", ("phone3",)),
}
ROOM = {"emails": 3, "business_phones": 2, "home_phones": 1}
"""Entries of a list that both sides show."""

Token = tuple[str, str]
"""A field and the essence of a value in it."""


@lru_cache(maxsize=20_000)
def essence(text: str) -> str:
    """Return what no service's habit changes: letters and digits, without case, accents and form."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


@dataclass(frozen=True)
class Sighting:
    """One contact on one side as it is now. `place` is the Outlook folder, or "" in Pipeliner."""

    side: str
    id: str
    place: str
    mailbox: str
    values: Mapping[str, tuple[str, ...]]
    counterpart_id: str = ""
    is_veiled: bool = False
    """Whether the app cannot see it: a lost permission, or a service whose lists leave archived contacts out."""

    @cached_property
    def name(self) -> str:
        """Whose contact it is: the first word of the last name, which nobody ever changes."""
        return next(iter(self.values["surname"]), "").strip().split(" ")[0].casefold()

    @cached_property
    def _tokens(self) -> frozenset[Token]:
        return frozenset((field, essence(text)) for field, texts in self.values.items() for text in texts)

    def tokens(self) -> frozenset[Token]:
        """Every value that it shows."""
        return self._tokens

    def essences(self, field: str) -> tuple[str, ...]:
        """What it shows in one field, in order."""
        return tuple(essence(text) for text in self.values[field])


class Sight:
    """Looks at all contacts of both services.

    Both emulators keep versions that never change, so what was seen of a version is kept, and only what has another
    one since is looked at again.
    """

    def __init__(self, graph: GraphModel, crm: PipelinerModel) -> None:
        self._graph = graph
        self._crm = crm
        self._seen: dict[str, tuple[tuple[object, ...], Sighting]] = {}

    def all(self) -> list[Sighting]:
        """Show every living contact: in all folders of all mailboxes, and in Pipeliner, hidden ones too."""
        return [*self.outlook(), *self.pipeliner()]

    def outlook(self) -> Iterator[Sighting]:
        """Show every contact in any folder; deleted items are gone."""
        for user in self._graph.tenant.users:
            for folder in user.mailbox.folders.by_id.values():
                for contact in folder.listing:
                    yield self._look((contact, folder.id, user.upn), contact.ids.immutable, _outlook_sighting)

    def pipeliner(self, *, deleted: bool = False) -> Iterator[Sighting]:
        """Show every living contact of the space, or every deleted one."""
        view = self._crm.space.latest
        for row in view("Contacts").rows.values():
            if row.is_deleted is deleted:
                relation = primary_relation(view, row.id)
                account = view("Accounts").rows.get(relation.values.get("account_id", "")) if relation else None
                is_left_out = bool(row.values.get("is_archived")) and not self._crm.switches.lists_show_archived
                is_veiled = is_left_out or row.id in self._crm.space.tables["Contacts"].hidden
                yield self._look((row, relation, account, is_veiled), row.id, _pipeliner_sighting)

    def _look(self, versions: tuple[Any, ...], key: str, make: Callable[..., Sighting]) -> Sighting:
        """Return what was seen of these versions, or look."""
        seen = self._seen.get(key)
        if seen is None or any(now is not then for now, then in zip(versions, seen[0], strict=True)):
            seen = self._seen[key] = versions, make(*versions)
        return seen[1]


def _outlook_sighting(contact: Contact, folder_id: str, mailbox: str) -> Sighting:
    counterpart_id = next(iter(contact.extended.values()), "").partition("/")[2]
    shown = _outlook_values(contact.fields)
    return Sighting("outlook", contact.ids.immutable, folder_id, mailbox, shown, counterpart_id)


def _pipeliner_sighting(row: Row, relation: Row | None, account: Row | None, is_veiled: bool) -> Sighting:
    shown = _pipeliner_values(row.values)
    if relation is not None:
        name = account.values.get("name", "") if account is not None else ""
        shown["company"] = _texts(name) or shown["company"]
        shown["job_title"] = _texts(relation.values.get("position")) or shown["job_title"]
    return Sighting("pipeliner", row.id, "", "", shown, is_veiled=is_veiled)


def _outlook_values(fields: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    values = {}
    for name, (path, _) in TEXTS.items():
        top, _, member = path.partition(".")
        held = fields[top]
        values[name] = _texts(held.get(member) if member else held)
    for name, (path, _) in LISTS.items():
        entries = fields[path]
        texts = (entry.get("address", "") if isinstance(entry, dict) else entry for entry in entries)
        values[name] = tuple(text for text in texts if text)
    return values


def _pipeliner_values(held: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    values = {name: _texts(held.get(slot)) for name, (_, slot) in TEXTS.items()}
    for name, (_, slots) in LISTS.items():
        values[name] = tuple(text for slot in slots for text in _texts(held.get(slot)))
    return values


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value.strip() else ()
