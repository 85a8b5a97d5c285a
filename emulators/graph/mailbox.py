"""One mailbox's store: every write goes through here, whoever makes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from emulators.clock import ServiceClock
from emulators.graph.contact import Contact, ContactWrite
from emulators.graph.contact_fields import blank_fields
from emulators.graph.contact_index import ContactIndex
from emulators.graph.contact_write import extended_after, fields_after
from emulators.graph.errors import item_not_found
from emulators.graph.folders import Folder, FolderChange, FolderTree
from emulators.graph.identifiers import ContactIds, IdSource
from emulators.graph.switches import GraphSwitches


class Mailbox:
    """Folders and contacts of one user."""

    def __init__(self, source: IdSource, clock: ServiceClock, switches: GraphSwitches) -> None:
        """Start with an empty default folder."""
        self._source = source
        self._ids = source.mailbox()
        self._clock = clock
        self.switches = switches
        self.folders = FolderTree(self._ids)
        self.index = ContactIndex()
        self._contacts: dict[int, Contact] = {}
        self._deleted: dict[int, Contact] = {}
        self._keys: dict[str, int] = {}

    def new_ids(self) -> ContactIds:
        """Ids that no contact has."""
        return self._ids.contact()

    def get(self, key: int) -> Contact | None:
        """Present version of a contact, None when it is not there."""
        return self._contacts.get(key)

    def find(self, contact_id: str) -> Contact:
        """Contact by an id of either format; raises GraphError 404 for a stale, deleted or unknown one."""
        contact = self._contacts.get(self._keys.get(contact_id, 0))
        if contact is None:
            raise item_not_found()
        return contact

    def find_deleted(self, contact_id: str) -> Contact:
        """Soft-deleted contact by its immutable id; raises GraphError 404."""
        contact = self._deleted.get(self._keys.get(contact_id, 0))
        if contact is None:
            raise item_not_found()
        return contact

    def select(self, folder: Folder, keys: Iterable[int]) -> list[Contact]:
        """Those of the contacts that lie in the folder."""
        return [folder.contacts[key] for key in keys if key in folder.contacts]

    def create(self, folder: Folder, write: ContactWrite, *, by_hand: bool = False) -> Contact:
        """Add a contact."""
        now = self._clock.now()
        contact = Contact(
            key=self._source.count(),
            ids=self._ids.contact(),
            folder_id=folder.id,
            change_key=self._ids.change_key(),
            created_at=now,
            modified_at=now,
            fields=fields_after(blank_fields(by_hand=by_hand), write.fields),
            extended=extended_after({}, write.extended),
        )
        return self._enter(contact, folder, born=True)

    def update(self, contact: Contact, write: ContactWrite) -> Contact:
        """Change a contact; every write makes a new version, also one without effect."""
        after = replace(
            self._stamped(contact),
            fields=fields_after(contact.fields, write.fields),
            extended=extended_after(contact.extended, write.extended),
        )
        hidden = after.fields == contact.fields and not self.switches.extended_property_in_delta
        self.index.remove(contact)
        self.index.add(after)
        self._contacts[after.key] = after
        folder = self.folders.by_id[after.folder_id]
        folder.put(FolderChange(after, after.modified_at), told=not (hidden and write.extended))
        return after

    def delete(self, contact: Contact, *, for_good: bool = False) -> None:
        """Take a contact away: into Deleted Items, or for good."""
        self._leave(contact)
        if not for_good:
            self._deleted[contact.key] = replace(self._stamped(contact), folder_id=self.folders.deleted_items_id)

    def restore(self, contact: Contact, folder: Folder) -> Contact:
        """Bring a deleted contact back; its immutable id stays."""
        del self._deleted[contact.key]
        return self._enter(self._relocated(contact, folder), folder)

    def move(self, contact: Contact, folder: Folder) -> Contact:
        """Move a contact: a new default id, the same immutable one."""
        self._leave(contact)
        return self._enter(self._relocated(contact, folder), folder, moved_in=True)

    def copy(self, contact: Contact, folder: Folder) -> Contact:
        """Copy a contact with its extended properties; all ids are new."""
        now = self._clock.now()
        copied = replace(
            self._stamped(contact),
            key=self._source.count(),
            ids=self._ids.contact(),
            folder_id=folder.id,
            created_at=now,
        )
        return self._enter(copied, folder, born=True)

    def delete_folder(self, folder: Folder) -> None:
        """Take away a folder with all that is in it and below it."""
        for member in self.folders.branch(folder):
            for contact in member.listing:
                self.delete(contact)
            del self.folders.by_id[member.id]

    def deleted(self) -> list[Contact]:
        """Soft-deleted contacts, oldest deletion first."""
        return list(self._deleted.values())

    def _enter(self, contact: Contact, folder: Folder, *, born: bool = False, moved_in: bool = False) -> Contact:
        self._contacts[contact.key] = contact
        self._keys[contact.ids.default] = self._keys[contact.ids.immutable] = contact.key
        self.index.add(contact)
        folder.put(FolderChange(contact, contact.modified_at, born=born, moved_in=moved_in))
        return contact

    def _leave(self, contact: Contact) -> None:
        del self._contacts[contact.key]
        del self._keys[contact.ids.default]
        self.index.remove(contact)
        self.folders.by_id[contact.folder_id].drop(FolderChange(contact, self._clock.now(), gone=True))

    def _relocated(self, contact: Contact, folder: Folder) -> Contact:
        ids = ContactIds(self._ids.default(), contact.ids.immutable)
        return replace(self._stamped(contact), ids=ids, folder_id=folder.id)

    def _stamped(self, contact: Contact) -> Contact:
        return replace(contact, change_key=self._ids.change_key(), modified_at=self._clock.now())
