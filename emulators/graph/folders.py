"""A mailbox's contact folders, each with its contacts and the log of what happened in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from emulators.graph.contact import Contact
from emulators.graph.errors import GraphError, bad_request, folder_exists, item_not_found
from emulators.graph.identifiers import MailboxIds

DEFAULT_FOLDER = "Contacts"
# Exchange keeps these below the mailbox's root; v1.0 does not list them but their names are taken.
HIDDEN_FOLDERS = ("Recipient Cache", "GAL Contacts", "Companies", "PeopleCentricConversation Buddies")


@dataclass(frozen=True, slots=True)
class FolderChange:
    """A contact as it was after a change in a folder, or before it left (`gone`).

    `born` says that it is new, `moved_in` that a move brought it.
    """

    contact: Contact
    at: datetime
    gone: bool = False
    born: bool = False
    moved_in: bool = False


@dataclass(slots=True)
class Folder:
    """One folder. `contact_lists` are counted by the service but never listed (microsoft-graph-docs#11201)."""

    id: str
    name: str
    parent_id: str
    hidden: bool = False
    contact_lists: list[str] = field(default_factory=list)
    log: list[FolderChange] = field(default_factory=list)
    _contacts: dict[int, Contact] = field(default_factory=dict)
    _listing: tuple[Contact, ...] | None = None

    @property
    def contacts(self) -> Mapping[int, Contact]:
        """Contacts by key, oldest first."""
        return MappingProxyType(self._contacts)

    @property
    def listing(self) -> tuple[Contact, ...]:
        """All contacts, oldest first; kept until the next change."""
        if self._listing is None:
            self._listing = tuple(self._contacts.values())
        return self._listing

    def put(self, change: FolderChange, *, told: bool = True) -> None:
        """Hold the contact as changed; `told` writes it into the log that delta reads."""
        self._contacts[change.contact.key] = change.contact
        self._note(change, told=told)

    def drop(self, change: FolderChange) -> None:
        """Let the contact go."""
        del self._contacts[change.contact.key]
        self._note(change, told=True)

    def _note(self, change: FolderChange, *, told: bool) -> None:
        self._listing = None
        if told:
            self.log.append(change)


class FolderTree:
    """The folders of one mailbox by id."""

    def __init__(self, ids: MailboxIds) -> None:
        """Start with the default folder and the hidden ones."""
        self._ids = ids
        self.root_id = ids.default()
        self.deleted_items_id = ids.default()
        self.default = Folder(ids.default(), DEFAULT_FOLDER, self.root_id, hidden=True)
        self.by_id: dict[str, Folder] = {self.default.id: self.default}
        for name in HIDDEN_FOLDERS:
            self._add(name, self.default.id, hidden=True)

    def find(self, folder_id: str | None) -> Folder:
        """Folder of an id, the default one for None; raises GraphError 404."""
        if folder_id is None:
            return self.default
        try:
            return self.by_id[folder_id]
        except KeyError:
            raise item_not_found() from None

    def listed(self, parent_id: str | None = None) -> list[Folder]:
        """Visible children of a folder; those of the default one are what `/contactFolders` lists."""
        parent = self.find(parent_id).id
        return [folder for folder in self.by_id.values() if folder.parent_id == parent and not folder.hidden]

    def create(self, name: str, parent_id: str | None, clash_status: int) -> Folder:
        """Add a folder; raises GraphError ErrorFolderExists, also when the namesake is hidden."""
        parent = self.find(parent_id)
        self._check_name(name, parent.id, clash_status)
        return self._add(name, parent.id)

    def rename(self, folder: Folder, name: str, clash_status: int) -> None:
        """Give a folder another name; raises GraphError ErrorFolderExists."""
        if name.casefold() != folder.name.casefold():
            self._check_name(name, folder.parent_id, clash_status)
        folder.name = name

    def hide(self, folder: Folder) -> None:
        """Leave the folder out of listings; its name stays taken."""
        folder.hidden = True

    def branch(self, folder: Folder) -> list[Folder]:
        """Folder and all below it; raises GraphError 400 for the default folder."""
        if folder is self.default:
            raise GraphError(400, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
        branch = [folder]
        for member in branch:
            branch += [child for child in self.by_id.values() if child.parent_id == member.id]
        return branch

    def _add(self, name: str, parent_id: str, *, hidden: bool = False) -> Folder:
        folder = Folder(self._ids.default(), name, parent_id, hidden)
        self.by_id[folder.id] = folder
        return folder

    def _check_name(self, name: str, parent_id: str, clash_status: int) -> None:
        if not name.strip():
            raise bad_request("The folder name must not be empty.", "ErrorInvalidRequest")
        taken = {folder.name.casefold() for folder in self.by_id.values() if folder.parent_id == parent_id}
        if parent_id == self.default.id:
            taken.add(DEFAULT_FOLDER.casefold())
        if name.casefold() in taken:
            raise folder_exists(clash_status, name)
