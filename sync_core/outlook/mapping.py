"""From Graph's JSON to our contact, by the rows of the field map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sync_core.domain.contact import Contact, Kind, OutlookId, Value
from sync_core.domain.fields import Field, FieldMap
from sync_core.domain.sides import OutlookContact
from sync_core.outlook.stored_ids import read_id

ALWAYS_SELECTED = ("changeKey", "lastModifiedDateTime", "parentFolderId")
EMAIL_ADDRESSES = "emailAddresses"
_DATE_LENGTH = len("2026-01-31")


def selected_properties(field_map: FieldMap) -> tuple[str, ...]:
    """Properties to ask for in $select, in a stable order; Graph adds the id itself."""
    return tuple(sorted({property_of(row) for row in field_map} | set(ALWAYS_SELECTED)))


def property_of(row: Field) -> str:
    """Top-level Graph property that holds a row's value."""
    return row.outlook.partition(".")[0]


def member_of(row: Field) -> str:
    """Member of the address that holds a row's value; "" for other properties."""
    return row.outlook.partition(".")[2]


def read_contact(item: Mapping[str, Any], field_map: FieldMap, space_id: str) -> OutlookContact:
    """Read a contact; null, "" and a missing property are alike, as Graph sends all three for blank.

    Lists are read as far as the row holds entries; the stored id is known only where EXPAND was asked for.
    """
    values = {row.name: _value(row, item.get(property_of(row))) for row in field_map}
    return OutlookContact(
        id=OutlookId(str(item["id"])),
        change_key=change_key_of(item),
        contact=Contact({name: value for name, value in values.items() if value}),
        folder_id=_text(item.get("parentFolderId")),
        modified=_moment(_text(item.get("lastModifiedDateTime"))),
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
    return [entry for entry in _entries(entries) if isinstance(entry, dict) and _text(entry.get("address"))]


def _value(row: Field, stored: Any) -> Value:
    if row.kind is Kind.EMAILS:
        return tuple(str(entry["address"]) for entry in usable_emails(stored)[: row.outlook_entries])
    if row.kind.is_list:
        return tuple(_text(entry) for entry in _entries(stored)[: row.outlook_entries])
    if member_of(row):
        stored = stored.get(member_of(row)) if isinstance(stored, dict) else None
    text = _text(stored)
    # Graph moves a birthday's time: what is written at midnight is read at 11:59.
    return text[:_DATE_LENGTH] if row.kind is Kind.DATE else text


def _entries(stored: Any) -> Sequence[Any]:
    return [entry for entry in stored if entry] if isinstance(stored, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
