"""Between Graph's JSON and our contact, by the field map, and the Pipeliner id that a contact carries; no I/O.

Graph replaces lists, addresses and e-mails as a whole, and they hold more than the field map knows: further phones,
members that do not travel, display names. So these are written on top of what the contact has just now (`current`).

The id is in a named extended property of ours. Its value names the space as well: a contact that another space's
sync has marked is not ours to recognise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync_core.domain import (
    Contact,
    Field,
    FieldMap,
    Kind,
    OutlookContact,
    OutlookId,
    PipelinerId,
    Value,
    entry_key,
)
from sync_core.domain.contact import EMAIL_ADDRESS
from sync_core.domain.values.birthdays import day_of
from sync_core.domain.values.names import filed_name, following, shown_name
from sync_core.engine.ports import Changes
from sync_core.errors import ServiceUnavailable
from sync_core.http import half_character, is_id
from sync_core.outlook.refusals import Subject

ALWAYS_SELECTED = ("changeKey", "lastModifiedDateTime", "parentFolderId")
EMAIL_ADDRESSES = "emailAddresses"
NAME_PARTS = ("givenName", "middleName", "surname", "title", "generation")
COMPANY_NAME = "companyName"
NAMED = {**dict(zip("GMSTX", NAME_PARTS, strict=True)), "C": COMPANY_NAME}
ADDRESS_MEMBERS = ("street", "city", "state", "postalCode", "countryOrRegion")

LONGEST_SHOWN = 255
"""What Outlook takes of a name for show; the parts themselves are never cut."""
_NAMING = frozenset({*NAME_PARTS, COMPANY_NAME, EMAIL_ADDRESSES})

PROPERTY = "String {8f2d0c5e-6b1a-4f53-9d07-3ac41e7b9f60} Name PipelinerContactId"
"""Fixed for ever: every new name uses up one of the mailbox's named properties."""
COLLECTION = "singleValueExtendedProperties"
EXPAND = f"{COLLECTION}($filter=id eq '{PROPERTY}')"


def selected_properties(field_map: FieldMap) -> tuple[str, ...]:
    """Properties to ask for in $select, in a stable order; Graph adds the id itself."""
    return tuple(sorted({*ALWAYS_SELECTED, *(field.outlook.partition(".")[0] for field in field_map)}))


def property_of(field: Field) -> str:
    """Top-level Graph property that holds a field's value."""
    return field.outlook.partition(".")[0]


def member_of(field: Field) -> str:
    """Member of the address that holds a field's value; "" for other properties."""
    return field.outlook.partition(".")[2]


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """A page of changes as Graph tells it, an id in exactly one of the three.

    Graph allows itself much: an entry may come several times and in any order (delta-query-overview.md), a removal may
    stand next to a change of the same contact, and an entry may be no whole contact. Such ids are `unclear`.
    """

    changed: tuple[Mapping[str, Any], ...]
    removed: tuple[OutlookId, ...]
    unclear: tuple[OutlookId, ...]
    link: str
    is_last: bool


def page_of(body: Mapping[str, Any], subject: Subject) -> ChangesPage:
    """Read a page; raises ServiceUnavailable when it holds no link to go on with."""
    link = body.get("@odata.nextLink") or body.get("@odata.deltaLink")
    if not isinstance(link, str):
        raise ServiceUnavailable(f"Graph's answer to: {subject} holds no link to go on with; it is asked again")
    entries_of: dict[OutlookId, list[Mapping[str, Any]]] = {}
    items = body.get("value") or ()
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and is_id(known := str(item.get("id", ""))):
            entries_of.setdefault(OutlookId(known), []).append(item)
    unclear: list[OutlookId] = []
    for known, entries in entries_of.items():
        versions = {None if "@removed" in entry else change_key_of(entry) for entry in entries}
        is_partial = any("@removed" not in entry and "@odata.etag" not in entry for entry in entries)
        if len(versions) > 1 or is_partial:
            unclear.append(known)
    clear = {known: entries[0] for known, entries in entries_of.items() if known not in unclear}
    return ChangesPage(
        changed=tuple(item for item in clear.values() if "@removed" not in item),
        removed=tuple(known for known, item in clear.items() if "@removed" in item),
        unclear=tuple(unclear),
        link=link,
        is_last=not body.get("@odata.nextLink"),
    )


def read_contact(item: Mapping[str, Any], field_map: FieldMap, space_id: str) -> OutlookContact:
    """Read a contact; null, "" and a missing property are alike, as Graph sends all three for blank.

    Raises ServiceUnavailable where it holds what is no text, or has no id.

    Lists are read as far as the field holds entries; the stored id is known only where EXPAND was asked for.
    """
    values: dict[str, Value] = {}
    if not is_id(str(item.get("id", ""))):
        raise ServiceUnavailable("Graph's answer shows a contact without a readable id")
    for field in field_map:
        place, _, member = field.outlook.partition(".")
        stored = item.get(place)
        if field.kind is Kind.EMAILS:
            usable = usable_emails(stored)[: field.outlook_entries]
            values[field.name] = tuple(_text(entry["address"]) for entry in usable)
        elif field.kind.is_list:
            entries = [entry for entry in stored if entry] if isinstance(stored, list) else []
            values[field.name] = tuple(_text(entry) for entry in entries[: field.outlook_entries])
        else:
            if member:
                stored = stored.get(member) if isinstance(stored, dict) else None
            text = _text(stored)
            values[field.name] = day_of(text) if field.kind is Kind.DATE else text
    try:
        modified: datetime | None = datetime.fromisoformat(_text(item.get("lastModifiedDateTime")))
    except ValueError:
        modified = None
    return OutlookContact(
        id=OutlookId(str(item["id"])),
        change_key=change_key_of(item),
        contact=Contact({name: value for name, value in values.items() if value}),
        folder_id=_text(item.get("parentFolderId")),
        modified=modified if modified is not None and modified.tzinfo is not None else None,
        stored_id=read_id(item, space_id),
    )


def change_key_of(item: Mapping[str, Any]) -> str:
    """Change key of a contact, which its ETag holds verbatim."""
    return _text(item.get("changeKey")) or _text(item.get("@odata.etag")).removeprefix('W/"').removesuffix('"')


def etag_of(change_key: str) -> str:
    """Value of If-Match; "" when the change key is not known."""
    return f'W/"{change_key}"' if change_key else ""


def usable_emails(entries: Any) -> list[Mapping[str, Any]]:
    """E-mail entries that have an address; Graph keeps what it cannot parse as a name only."""
    known = entries if isinstance(entries, list) else []
    return [entry for entry in known if isinstance(entry, dict) and _text(entry.get("address"))]


def written_id(space_id: str, contact_id: PipelinerId) -> dict[str, Any]:
    """Properties to send so that a contact carries the id."""
    return {COLLECTION: [{"id": PROPERTY, "value": f"{space_id}/{contact_id}"}]}


def read_id(item: Mapping[str, Any], space_id: str) -> PipelinerId | None:
    """Id that a contact read with EXPAND carries for this space."""
    entries = item.get(COLLECTION) or ()
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        space, slash, contact_id = str(entry.get("value", "")).partition("/")
        is_ours = str(entry.get("id", "")).casefold() == PROPERTY.casefold() and slash and space == space_id
        if is_ours and is_id(contact_id):  # whoever may edit the mailbox may have written it
            return PipelinerId(contact_id)
    return None


def with_stored_id(space_id: str, contact_id: PipelinerId) -> str:
    """$filter for the contacts that carry the id; Graph compares the value without case."""
    value = f"{space_id}/{contact_id}".replace("'", "''")
    return f"{COLLECTION}/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq '{value}')"


def needs_current(changes: Changes, field_map: FieldMap) -> bool:
    """Whether these changes can only be written on top of what the contact has just now."""
    fields = [field_map.field(name) for name in changes]
    return any(field.kind.is_list or member_of(field) or property_of(field) in _NAMING for field in fields)


def current_properties(field_map: FieldMap) -> tuple[str, ...]:
    """Properties to read for `current`."""
    mapped = {property_of(field) for field in field_map.fields}
    return tuple(sorted(mapped | _NAMING | {"displayName", "fileAs", "changeKey"}))


def new_body(contact: Contact, field_map: FieldMap) -> dict[str, Any]:
    """Body of a create, without the stored id."""
    values = {field.name: contact[field.name] for field in field_map if contact[field.name]}
    return changed_body(values, field_map, {})


def changed_body(changes: Changes, field_map: FieldMap, current: Mapping[str, Any]) -> dict[str, Any]:
    """Body of an update: null clears a text, [] a list. Names for show go along whenever the name changes."""
    body: dict[str, Any] = {}
    for name, value in changes.items():
        field = field_map.field(name)
        place = property_of(field)
        body[place] = _written(field, value, body.get(place, current.get(place)))
    return body | _shown_names(body, current)


def display_name(item: Mapping[str, Any]) -> str:
    """Compose the name for show: the person's, else the company's, else the first e-mail address."""
    return shown_name(_parts(item))


def file_as(item: Mapping[str, Any]) -> str:
    """Compose the name to file under, "Surname, Given Middle"; Graph composes none itself."""
    return filed_name(_parts(item))


def _parts(item: Mapping[str, Any]) -> dict[str, str]:
    first = next((str(entry["address"]) for entry in usable_emails(item.get(EMAIL_ADDRESSES))), "")
    return {part: _stripped(item, name) for part, name in NAMED.items()} | {"E": first}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    if not value.isascii() and half_character(value):
        raise ServiceUnavailable("the contact in Outlook holds half a character (a lone surrogate), which is no text")
    return value


def _shown_names(body: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """Names for show that the change calls for: they follow their pattern, and those that a person typed stay.

    Without displayName in the same update, Graph may compose its own when a part of the name changes
    (contact-update.md).
    """
    after = {**current, **body}
    renamed = any(name in body for name in NAME_PARTS)
    before, now = _parts(current), _parts(after)
    shown: dict[str, Any] = {}
    for name, compose in (("displayName", shown_name), ("fileAs", filed_name)):
        text, default = _stripped(current, name), compose(now)
        is_left_blank = not text and compose(before) == default
        follows = "" if is_left_blank else following(text, before, now, default)
        if follows != text:
            shown[name] = follows[:LONGEST_SHOWN] or None
        elif renamed and text:
            shown[name] = current[name]
    return shown


def _written(field: Field, value: Value, stored: Any) -> Any:
    contact = Contact({field.name: value})
    if field.kind is Kind.EMAILS:
        return _emails(field, contact.entries(field.name), stored)
    if field.kind.is_list:
        further = stored[field.outlook_entries :] if isinstance(stored, list) else []
        return [*contact.entries(field.name), *further]
    text = contact.text(field.name)
    if member_of(field):
        members = stored if isinstance(stored, dict) else {}
        # Blank members are named, so that the outcome is the same whether Graph replaces or merges.
        return {name: members.get(name) or None for name in ADDRESS_MEMBERS} | {member_of(field): text or None}
    if field.kind is Kind.DATE and text:
        return f"{text}T00:00:00Z"
    return text or None


def _emails(field: Field, addresses: tuple[str, ...], stored: Any) -> list[dict[str, Any]]:
    """Return the entries to write: what is no address keeps its place, and an address the name that it has."""
    entries = stored if isinstance(stored, list) else []
    sent = [entry for entry in usable_emails(entries) if EMAIL_ADDRESS.fullmatch(" ".join(entry["address"].split()))]
    others = [entry for entry in entries if entry not in sent]
    names: dict[str, list[Any]] = {}
    for entry in sent:
        names.setdefault(entry_key(Kind.EMAILS, str(entry["address"])), []).append(entry.get("name"))
    room = max(0, field.outlook_entries - len(others))
    new = [address for address in addresses if entry_key(Kind.EMAILS, address) not in names]
    left_out = new[len(new) - max(0, len(addresses) - room) :] if len(addresses) > room else []
    written: list[dict[str, Any]] = []
    for address in addresses:
        if address not in left_out:
            known = names.get(entry_key(Kind.EMAILS, address))
            name = known.pop(0) if known else None
            written.append({"address": address, **({"name": name} if name else {})})
    further = sent[field.outlook_entries :]
    after: list[Any] = [*written, *further[: max(0, room - len(written))]]
    for place, entry in enumerate(entries):
        if entry not in sent:
            after.insert(place, entry)
    return after


def _stripped(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value.strip() if isinstance(value, str) else ""
