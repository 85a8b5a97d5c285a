"""Where in the API a request goes, in words that may stand in an error message."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Target:
    """A collection, one record of it, or an action on it (`batch-modify`)."""

    entity: str
    record_id: str = ""
    action: str = ""

    @property
    def path(self) -> str:
        """Path below the space."""
        last = self.record_id or self.action
        return f"/entities/{self.entity}" + (f"/{quote(last, safe='')}" if last else "")

    def __str__(self) -> str:
        return self.path.removeprefix("/entities/")


CONTACTS = "Contacts"
ACCOUNTS = "Accounts"
ACCOUNT_RELATIONS = "ContactAccountRelations"
SHARING = "ContactSharingClientRelations"
CLIENTS = "Clients"
FIELDS = "Fields"
