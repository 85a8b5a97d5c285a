"""What persons and administrators do in Pipeliner's own application, next to the API."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emulators.pipeliner.administration import Administration
from emulators.pipeliner.batch import BatchWriter
from emulators.pipeliner.reading import primary_relation
from emulators.pipeliner.space import Transaction

WATCHER, EDITOR = 1, 2


class People(Administration):
    """Acts on the space; every method is one transaction and returns an id where one is made.

    Raises KeyError for an unknown id and ApiError for values the service refuses.
    """

    def create_contact(self, owner_id: str, **values: Any) -> str:
        """Add a contact."""
        return self._create("Contacts", {"owner_id": owner_id, **values})

    def edit_contact(self, contact_id: str, **values: Any) -> None:
        """Change fields of a contact; also marks it as modified by a user."""
        self._edit("Contacts", contact_id, values)

    def clear_contact(self, contact_id: str, *names: str) -> None:
        """Empty fields of a contact."""
        specs = [self._space.spec("Contacts", name) for name in names]
        self._edit("Contacts", contact_id, {spec.name: spec.default for spec in specs if spec})

    def delete_contact(self, contact_id: str) -> None:
        """Delete a contact; links to it stay as they are."""
        self._flag("Contacts", contact_id, deleted=True)

    def restore_contact(self, contact_id: str) -> None:
        """Bring a deleted contact back."""
        self._flag("Contacts", contact_id, deleted=False)

    def archive_contact(self, contact_id: str, *, archived: bool = True) -> None:
        """Put a contact into the archive, or take it out."""
        self._edit("Contacts", contact_id, {"is_archived": archived})

    def reassign_contact(self, contact_id: str, owner_id: str) -> None:
        """Give a contact to another owner."""
        self._edit("Contacts", contact_id, {"owner_id": owner_id})

    def merge_contacts(self, master_id: str, *secondary_ids: str) -> None:
        """Merge contacts into the first one; the others are deleted."""
        work = Transaction(self._space, by_user=True)
        batch = BatchWriter(self._space, self._writer)
        body = {"master": {"id": master_id}, "secondary_ids": list(secondary_ids)}
        self._finish(work, lambda: batch.merge(work, "Contacts", body))

    def protect_contact(self, contact_id: str, *, protected: bool = True) -> None:
        """Make a contact refuse deletion."""
        work = Transaction(self._space)
        row = self._row("Contacts", contact_id)
        work.place("Contacts", replace(row, is_delete_protected=protected))
        work.commit()

    def hide(self, record_id: str, *, hidden: bool = True, plural: str = "Contacts") -> None:
        """Take the application's permission to see a record, or give it back."""
        self._space.hide(plural, record_id, hidden=hidden)

    def link_account(self, contact_id: str, account_id: str, *, primary: bool = True, position: str = "") -> str:
        """Link a contact to an account; returns the relation's id."""
        values = {"contact_id": contact_id, "account_id": account_id, "is_primary": primary, "position": position}
        return self._create("ContactAccountRelations", values)

    def unlink_account(self, contact_id: str, account_id: str) -> None:
        """Delete the relation between a contact and an account."""
        self._unlink("ContactAccountRelations", contact_id, "account_id", account_id)

    def change_position(self, contact_id: str, position: str) -> None:
        """Change the job title at the primary account, on the relation alone."""
        primary = primary_relation(self._space.latest, contact_id)
        if primary is None:
            raise KeyError(contact_id)
        self._edit("ContactAccountRelations", primary.id, {"position": position})

    def share(self, contact_id: str, client_id: str, role: int = EDITOR) -> str:
        """Let a user watch (1) or edit (2) a contact; returns the relation's id."""
        for row in self._space.latest("ContactSharingClientRelations").live("contact_id", contact_id):
            if row.values.get("client_id") == client_id:
                self._edit("ContactSharingClientRelations", row.id, {"role": role})
                return row.id
        values = {"contact_id": contact_id, "client_id": client_id, "role": role}
        return self._create("ContactSharingClientRelations", values)

    def unshare(self, contact_id: str, client_id: str) -> None:
        """Stop sharing a contact with a user."""
        self._unlink("ContactSharingClientRelations", contact_id, "client_id", client_id)

    def share_with_unit(self, contact_id: str, unit_id: str, role: int = EDITOR) -> str:
        """Let a sales unit watch (1) or edit (2) a contact; returns the relation's id."""
        values = {"contact_id": contact_id, "unit_id": unit_id, "role": role}
        return self._create("ContactSharingSalesUnitRelations", values)

    def unshare_with_unit(self, contact_id: str, unit_id: str) -> None:
        """Stop sharing a contact with a sales unit."""
        self._unlink("ContactSharingSalesUnitRelations", contact_id, "unit_id", unit_id)

    def add_account(self, owner_id: str, name: str, **values: Any) -> str:
        """Add an account."""
        return self._create("Accounts", {"owner_id": owner_id, "name": name, **values})

    def edit_account(self, account_id: str, **values: Any) -> None:
        """Change fields of an account."""
        self._edit("Accounts", account_id, values)

    def rename_account(self, account_id: str, name: str) -> None:
        """Give an account another name."""
        self._edit("Accounts", account_id, {"name": name})

    def delete_account(self, account_id: str) -> None:
        """Delete an account; links to it stay as they are."""
        self._flag("Accounts", account_id, deleted=True)
