"""What persons and administrators do to mailboxes, past the API: the other side of every test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emulators.graph.contact import Contact
from emulators.graph.contact_fields import Strictness
from emulators.graph.contact_view import View
from emulators.graph.contact_write import read_write
from emulators.graph.folders import Folder
from emulators.graph.mailbox import Mailbox
from emulators.graph.tenant import Tenant

Json = dict[str, Any]


class People:
    """Actions in mailboxes. Users go by id or name, contacts by either id; contact ids given back are immutable.

    All raise GraphError when what they name does not exist or a value is refused.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def add_user(self, upn: str, display_name: str = "", user_id: str | None = None) -> str:
        """Add a user with an empty mailbox; gives the user's id."""
        return self.tenant.add(upn, display_name or upn.split("@", 1)[0], user_id).id

    def remove_user(self, user: str) -> None:
        """Take a user out of the directory."""
        self.tenant.remove(self.tenant.user(user))

    def drop_access(self, user: str) -> None:
        """Put the mailbox out of the app's reach: 403 from now on."""
        self.tenant.user(user).accessible = False

    def grant_access(self, user: str) -> None:
        """Give the mailbox back into the app's reach."""
        self.tenant.user(user).accessible = True

    def remove_mailbox(self, user: str) -> None:
        """Take the mailbox from its user: 404 from now on."""
        self.tenant.user(user).enabled = False

    def restore_mailbox(self, user: str) -> None:
        """Give a removed mailbox back, with what was in it."""
        self.tenant.user(user).enabled = True

    def default_folder(self, user: str) -> str:
        """Id of the folder "Contacts"."""
        return self._mailbox(user).folders.default.id

    def add_folder(self, user: str, name: str, parent_id: str | None = None, *, hidden: bool = False) -> str:
        """Add a contact folder; gives its id. A hidden one takes its name without being listed."""
        folders = self._mailbox(user).folders
        folder = folders.create(name, parent_id, self.tenant.switches.folder_exists_status)
        folder.hidden = hidden
        return folder.id

    def rename_folder(self, user: str, folder_id: str, name: str) -> None:
        """Give a folder another name."""
        folders = self._mailbox(user).folders
        folders.rename(folders.find(folder_id), name, self.tenant.switches.folder_exists_status)

    def delete_folder(self, user: str, folder_id: str) -> None:
        """Take a folder away with all that is in it."""
        mailbox = self._mailbox(user)
        mailbox.delete_folder(mailbox.folders.find(folder_id))

    def add_contact_list(self, user: str, name: str, folder_id: str | None = None) -> None:
        """Add a contact list (group) to a folder."""
        self._mailbox(user).folders.find(folder_id).contact_lists.append(name)

    def create_contact(
        self, user: str, fields: Mapping[str, Any], folder_id: str | None = None, *, by_hand: bool = True
    ) -> str:
        """Add a contact; `fields` are as in an API body, extended properties included. Gives its id."""
        mailbox = self._mailbox(user)
        write = read_write(dict(fields), Strictness())
        return mailbox.create(mailbox.folders.find(folder_id), write, by_hand=by_hand).ids.immutable

    def edit_contact(self, user: str, contact_id: str, changes: Mapping[str, Any]) -> None:
        """Change a contact."""
        mailbox = self._mailbox(user)
        mailbox.update(mailbox.find(contact_id), read_write(dict(changes), Strictness()))

    def delete_contact(self, user: str, contact_id: str) -> None:
        """Move a contact to Deleted Items."""
        mailbox = self._mailbox(user)
        mailbox.delete(mailbox.find(contact_id))

    def restore_contact(self, user: str, contact_id: str, folder_id: str | None = None) -> None:
        """Bring a deleted contact back by its immutable id."""
        mailbox = self._mailbox(user)
        mailbox.restore(mailbox.find_deleted(contact_id), mailbox.folders.find(folder_id))

    def move_contact(self, user: str, contact_id: str, folder_id: str | None) -> None:
        """Move a contact to another folder; None is the default one."""
        mailbox = self._mailbox(user)
        mailbox.move(mailbox.find(contact_id), mailbox.folders.find(folder_id))

    def copy_contact(self, user: str, contact_id: str, folder_id: str | None = None) -> str:
        """Copy a contact, extended properties too, into its own folder or another; gives the copy's id."""
        mailbox = self._mailbox(user)
        contact = mailbox.find(contact_id)
        return mailbox.copy(contact, mailbox.folders.find(folder_id or contact.folder_id)).ids.immutable

    def contact(self, user: str, contact_id: str) -> Json:
        """All of one contact: its entity, both ids, and `extended` by id."""
        return shown_contact(self._mailbox(user).find(contact_id))

    def contacts(self, user: str, folder_id: str | None = None) -> list[Json]:
        """All contacts of a folder, oldest first."""
        return [shown_contact(contact) for contact in self._mailbox(user).folders.find(folder_id).listing]

    def state(self) -> Json:
        """Everything there is, readable."""
        return {"mailboxes": [self._shown_user(user.id) for user in self.tenant.users]}

    def folder_ids(self, user: str | None = None) -> frozenset[str]:
        """Ids of all folders of one user or of all."""
        users = self.tenant.users if user is None else [self.tenant.user(user)]
        return frozenset(name for owner in users for name in owner.mailbox.folders.by_id)

    def _mailbox(self, user: str) -> Mailbox:
        return self.tenant.user(user).mailbox

    def _shown_user(self, name: str) -> Json:
        user = self.tenant.user(name)
        folders: Sequence[Folder] = list(user.mailbox.folders.by_id.values())
        return {
            "id": user.id,
            "upn": user.upn,
            "display_name": user.display_name,
            "accessible": user.accessible,
            "enabled": user.enabled,
            "folders": [_shown_folder(folder) for folder in folders],
            "deleted": [shown_contact(contact) for contact in user.mailbox.deleted()],
        }


def shown_contact(contact: Contact) -> Json:
    """A contact as the tests read it."""
    ids = {"default_id": contact.ids.default, "immutable_id": contact.ids.immutable}
    return {**View(immutable=True).show(contact), **ids, "extended": dict(contact.extended)}


def _shown_folder(folder: Folder) -> Json:
    return {
        "id": folder.id,
        "name": folder.name,
        "parent_id": folder.parent_id,
        "hidden": folder.hidden,
        "contact_lists": list(folder.contact_lists),
        "contacts": [shown_contact(contact) for contact in folder.listing],
    }
