"""Filling a space: what every new one has, records from JSON, and many invented contacts at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulators.pipeliner.administration import FULL_OWN_RIGHTS
from emulators.pipeliner.dates import read_time
from emulators.pipeliner.entities import ENTITIES
from emulators.pipeliner.people import People
from emulators.pipeliner.schema import TEXT_KINDS, Kind
from emulators.pipeliner.space import Space, Transaction

_FIRST_NAMES = ("Ada", "Bela", "Cora", "Dario", "Edda", "Fynn", "Gesa", "Hanno", "Ilka", "Jonte")
_LAST_NAMES = ("Ahlers", "Brandow", "Corvin", "Dahlke", "Eskens", "Fromme", "Gellert", "Hoyer", "Ilves")
_DESCRIBED = TEXT_KINDS | {Kind.BOOLEAN, Kind.DATETIME, Kind.INTEGER}

_SET_AFTERWARDS = ("modified", "is_deleted", "is_delete_protected")


def furnish(space: Space) -> None:
    """Give a new space its sales unit, its contact type, and the Fields records of contacts and accounts."""
    work = Transaction(space)
    space.default_unit_id = work.insert("SalesUnits", {"name": "Company"}).id
    contact_type = {"name": "Standard", "is_readonly": False, "is_published": True}
    space.default_contact_type_id = work.insert("ContactTypes", contact_type).id
    space.default_role_id = work.insert("MasterRights", {"name": "Sales", **FULL_OWN_RIGHTS}).id
    for plural in ("Contacts", "Accounts"):
        for spec in ENTITIES[plural].fields:
            if spec.kind not in _DESCRIBED and not spec.is_required:
                continue
            described = {
                "entity_name": ENTITIES[plural].singular,
                "name": spec.name.replace("_", " ").capitalize(),
                "api_name": spec.name,
                "type_id": spec.kind.value if spec.kind in _DESCRIBED else "lookup",
                "system_required": spec.is_required,
                "system_readonly": not spec.access,
                "is_published": True,
            }
            work.insert("Fields", described)
    work.commit()


def seed(space: Space, records: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[str]]:
    """Store records by plural entity name, unchecked and in order; returns their ids.

    A contact may bring `account_relations` and `sharing_clients`; any record may bring its own `id`, times
    and flags. Raises KeyError for an unknown entity or field.
    """
    work = Transaction(space)
    made = {plural: [_place(space, work, plural, item) for item in items] for plural, items in records.items()}
    work.commit()
    return made


def _place(space: Space, work: Transaction, plural: str, item: Mapping[str, Any]) -> str:
    values = {name: _stored(space, plural, name, value) for name, value in item.items()}
    standing = {name: values.pop(name) for name in _SET_AFTERWARDS if name in values}
    nested = {name: values.pop(name, ()) for name in ("account_relations", "sharing_clients", "sharing_units")}
    if plural in {"Contacts", "Accounts"}:
        values.setdefault("unit_id", space.default_unit_id)
    if plural == "Contacts":
        values.setdefault("contact_type_id", space.default_contact_type_id)
    if plural == "Clients":
        values.setdefault("default_unit_id", space.default_unit_id)
        values.setdefault("master_right_id", space.default_role_id)
    row = work.insert(plural, values, values.pop("id", ""))
    if standing:
        work.place(plural, replace(row, **standing))
    for name, children in nested.items():
        for child in children:
            work.insert(ENTITIES[plural].by_name[name].target, {"contact_id": row.id, **child})
    return row.id


def _stored(space: Space, plural: str, name: str, value: Any) -> Any:
    """Return a seeded value in the emulator's own form; raises KeyError for a field that does not exist."""
    spec = space.spec(plural, name)
    if spec is None:
        raise KeyError(f"{plural}.{name}")
    return read_time(value) if spec.kind is Kind.DATETIME and isinstance(value, str) else value


def generate_contacts(space: Space, people: People, count: int, owner_ids: Sequence[str] = ()) -> list[str]:
    """Store many invented contacts, dealt out to the owners in turn (a new one when none is given).

    Each has a time of change of its own, a little after the one before. Returns their ids.
    """
    owners = owner_ids or [people.add_user("owner@sales.example", "Olga", "Owner")]
    made: list[str] = []
    for number in range(count):
        first = _FIRST_NAMES[number % len(_FIRST_NAMES)]
        last = f"{_LAST_NAMES[number % len(_LAST_NAMES)]}-{number}"
        contact = {
            "first_name": first,
            "last_name": last,
            "email1": f"{first}.{last}@people.example".lower(),
            "phone1": f"+49 30 {1000000 + number}",
            "city": "Musterstadt",
            "quick_account_name": f"Firma {number % 97}",
            "position": "Buyer",
            "owner_id": owners[number % len(owners)],
        }
        made += seed(space, {"Contacts": [contact]})["Contacts"]
    return made
