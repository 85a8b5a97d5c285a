"""From our contact and its changes to the JSON that Graph is sent.

Lists, addresses and e-mails are replaced as a whole by Graph, and hold more than the field map knows: further phones,
members that do not travel, display names. So these are written on top of what the contact has just now (`current`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_core.domain.contact import Contact, Kind, Value, entry_key
from sync_core.domain.fields import Field, FieldMap
from sync_core.engine.ports import Changes
from sync_core.outlook.mapping import EMAIL_ADDRESSES, member_of, property_of, usable_emails

NAME_PARTS = ("givenName", "middleName", "surname")
COMPANY_NAME = "companyName"
ADDRESS_MEMBERS = ("street", "city", "state", "postalCode", "countryOrRegion")

_NAMING = frozenset({*NAME_PARTS, COMPANY_NAME, EMAIL_ADDRESSES})


def needs_current(changes: Changes, field_map: FieldMap) -> bool:
    """Whether these changes can only be written on top of what the contact has just now."""
    rows = [field_map.row(name) for name in changes]
    return any(row.kind.is_list or member_of(row) or property_of(row) in _NAMING for row in rows)


def current_properties(field_map: FieldMap) -> tuple[str, ...]:
    """Properties to read for `current`."""
    mapped = {property_of(row) for row in field_map.rows}
    return tuple(sorted(mapped | _NAMING | {"displayName", "fileAs", "changeKey"}))


def new_body(contact: Contact, field_map: FieldMap) -> dict[str, Any]:
    """Body of a create, without the stored id."""
    values = {row.name: contact[row.name] for row in field_map if contact[row.name]}
    return changed_body(values, field_map, {})


def changed_body(changes: Changes, field_map: FieldMap, current: Mapping[str, Any]) -> dict[str, Any]:
    """Body of an update: null clears a text, [] a list. Names for show go along whenever the name changes."""
    body: dict[str, Any] = {}
    for name, value in changes.items():
        row = field_map.row(name)
        place = property_of(row)
        body[place] = _written(row, value, body.get(place, current.get(place)))
    return body | _shown_names(body, current)


def display_name(item: Mapping[str, Any]) -> str:
    """Compose the name for show: the person's, else the company's, else the first e-mail address."""
    person = " ".join(part for part in (_text(item, name) for name in NAME_PARTS) if part)
    return person or _text(item, COMPANY_NAME) or _first_address(item)


def file_as(item: Mapping[str, Any]) -> str:
    """Compose the name to file under, "Surname, Given Middle"; Graph composes none itself."""
    surname = _text(item, "surname")
    given = " ".join(part for part in (_text(item, "givenName"), _text(item, "middleName")) if part)
    return f"{surname}, {given}" if surname and given else display_name(item)


def _shown_names(body: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """Names for show that the change calls for; those a person chose himself stay, unless the name changes.

    Without displayName in the same update, Graph may compose its own when a part of the name changes
    (contact-update.md).
    """
    after = {**current, **body}
    shown: dict[str, Any] = {}
    renamed = any(part in body for part in NAME_PARTS)
    composed = display_name(current) != display_name(after) and _text(current, "displayName") in {
        "",
        display_name(current),
    }
    if renamed or composed:
        shown["displayName"] = display_name(after) or None
    if file_as(current) != file_as(after) and _text(current, "fileAs") in {"", file_as(current)}:
        shown["fileAs"] = file_as(after)
    return shown


def _written(row: Field, value: Value, stored: Any) -> Any:
    contact = Contact({row.name: value})
    if row.kind is Kind.EMAILS:
        return _emails(row, contact.entries(row.name), stored)
    if row.kind.is_list:
        further = stored[row.outlook_entries :] if isinstance(stored, list) else []
        return [*contact.entries(row.name), *further]
    text = contact.text(row.name)
    if member_of(row):
        return _address(row, text, stored)
    if row.kind is Kind.DATE and text:
        return f"{text}T00:00:00Z"
    return text or None


def _address(row: Field, text: str, stored: Any) -> dict[str, str | None]:
    members = stored if isinstance(stored, dict) else {}
    # Blank members are named, so that the outcome is the same whether Graph replaces or merges.
    return {name: members.get(name) or None for name in ADDRESS_MEMBERS} | {member_of(row): text or None}


def _emails(row: Field, addresses: tuple[str, ...], stored: Any) -> list[dict[str, Any]]:
    usable = usable_emails(stored)
    names: dict[str, list[Any]] = {}
    for entry in usable:
        names.setdefault(entry_key(Kind.EMAILS, str(entry["address"])), []).append(entry.get("name"))
    written: list[dict[str, Any]] = []
    for address in addresses:
        known = names.get(entry_key(Kind.EMAILS, address))
        name = known.pop(0) if known else None
        written.append({"address": address, **({"name": name} if name else {})})
    unreadable = [entry for entry in stored or () if entry not in usable]
    kept = [*usable[row.outlook_entries :], *unreadable]
    return [*written, *kept[: max(0, row.outlook_entries - len(written))]]


def _first_address(item: Mapping[str, Any]) -> str:
    usable = usable_emails(item.get(EMAIL_ADDRESSES))
    return str(usable[0]["address"]) if usable else ""


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value.strip() if isinstance(value, str) else ""
