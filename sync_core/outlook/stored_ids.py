"""The Pipeliner id that an Outlook contact carries in a named extended property of ours.

Its value names the space as well: a contact that another space's sync has marked is not ours to recognise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_core.domain.contact import PipelinerId

PROPERTY = "String {8f2d0c5e-6b1a-4f53-9d07-3ac41e7b9f60} Name PipelinerContactId"
"""Fixed for ever: every new name uses up one of the mailbox's named properties."""
COLLECTION = "singleValueExtendedProperties"
EXPAND = f"{COLLECTION}($filter=id eq '{PROPERTY}')"


def written_id(space_id: str, contact_id: PipelinerId) -> dict[str, Any]:
    """Properties to send so that a contact carries the id."""
    return {COLLECTION: [{"id": PROPERTY, "value": f"{space_id}/{contact_id}"}]}


def read_id(item: Mapping[str, Any], space_id: str) -> PipelinerId | None:
    """Id that a contact read with EXPAND carries for this space."""
    for entry in item.get(COLLECTION) or ():
        space, slash, contact_id = str(entry.get("value", "")).partition("/")
        if str(entry.get("id", "")).casefold() == PROPERTY.casefold() and slash and space == space_id and contact_id:
            return PipelinerId(contact_id)
    return None


def carrying(space_id: str, contact_id: PipelinerId) -> str:
    """$filter for the contacts that carry the id; Graph compares the value without case."""
    value = f"{space_id}/{contact_id}".replace("'", "''")
    return f"{COLLECTION}/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq '{value}')"
