"""A contact as an answer shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from emulators.graph.contact import Contact
from emulators.graph.contact_fields import EMAIL_SLOTS, READ_ONLY, blank_fields
from emulators.graph.errors import bad_request

_ALL_NAMES = frozenset({*READ_ONLY, *EMAIL_SLOTS, *blank_fields(by_hand=False)})


@dataclass(frozen=True, slots=True)
class View:
    """What of a contact is shown: the id format, the selected properties (None = all), extended properties."""

    immutable: bool = False
    selected: tuple[str, ...] | None = None
    expanded: tuple[str, ...] = ()

    def show(self, contact: Contact) -> dict[str, Any]:
        """Entity as JSON, `id` and `@odata.etag` always with it."""
        shown: dict[str, Any] = {"@odata.etag": contact.etag, "id": contact.id_as(immutable=self.immutable)}
        entity = _entity(contact)
        names: Iterable[str] = entity if self.selected is None else self.selected
        shown |= {name: entity[name] for name in names if name in entity}
        values = [{"id": name, "value": contact.extended[name]} for name in self.expanded if name in contact.extended]
        return shown | ({"singleValueExtendedProperties": values} if values else {})


def read_select(text: str | None) -> tuple[str, ...] | None:
    """Property names of a `$select`; raises GraphError 400 on a name no contact has."""
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in _ALL_NAMES:
            raise bad_request(f"Could not find a property named '{name}' on type 'microsoft.graph.contact'.")
    return names


def _entity(contact: Contact) -> dict[str, Any]:
    slots = dict(zip(EMAIL_SLOTS, contact.fields["emailAddresses"], strict=False))
    return {
        "createdDateTime": contact.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastModifiedDateTime": contact.modified_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "changeKey": contact.change_key,
        "parentFolderId": contact.folder_id,
        **contact.fields,
        **slots,
    }
