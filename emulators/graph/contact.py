"""One version of a contact, as the store keeps it; every write makes a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulators.graph.identifiers import ContactIds


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact at one moment. `fields` are its writable properties as JSON, `extended` its named values."""

    key: int
    ids: ContactIds
    folder_id: str
    change_key: str
    created_at: datetime
    modified_at: datetime
    fields: Mapping[str, Any]
    extended: Mapping[str, str]

    @property
    def etag(self) -> str:
        """The version as `@odata.etag` and If-Match have it (ECSE capture: the change key verbatim)."""
        return f'W/"{self.change_key}"'

    def id_as(self, *, immutable: bool) -> str:
        """Id in the format the caller prefers."""
        return self.ids.immutable if immutable else self.ids.default


@dataclass(frozen=True, slots=True)
class ContactWrite:
    """What a body asks to change: properties, and extended properties by their normal id (None removes)."""

    fields: Mapping[str, Any]
    extended: Mapping[str, str | None]
