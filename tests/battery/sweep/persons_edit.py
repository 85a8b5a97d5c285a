"""A person's edit in the middle of a run: it must be on both sides in the end, or where it can be found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emulators.pipeliner.records import Row
from sync_core.domain import Side, SyncType
from sync_core.state.record_rows import recorded_of
from sync_core.state.rows import HISTORY
from tests.battery.sweep.kinds import Kind
from tests.battery.sweep.picture import Picture, stored_rows
from tests.battery.sweep.workers import Office


@dataclass(frozen=True, slots=True)
class Word:
    """What a person writes, and into which field of either side."""

    text: str
    outlook_field: str
    pipeliner_field: str


WORDS = {Side.OUTLOOK: Word("Lady", "title", "title"), Side.PIPELINER: Word("Dame", "middleName", "middle_name")}
"""Fields that no scenario touches, one for each side: an edit of the same field between a run's last look and its
write is overwritten unseen, for neither service promises conditional writes."""


@dataclass(frozen=True, slots=True)
class PersonsEdit:
    """A word that a person wrote into all contacts of a last name that were there at the time."""

    surname: str
    side: Side
    is_made: bool

    @classmethod
    def made(cls, office: Office, surname: str, kind: Kind) -> PersonsEdit:
        """Make the edit that a kind of fault means."""
        side = Side.OUTLOOK if kind is Kind.OUTLOOK_EDIT else Side.PIPELINER
        edit = _edit_outlook if side is Side.OUTLOOK else _edit_pipeliner
        return cls(surname, side, edit(office, surname, WORDS[side]))

    def problems(self, office: Office, end: Picture, most: Mapping[str, int], sync_type: SyncType) -> list[str]:
        """Return whether the edit was lost, or the contact doubled.

        Between a run's last look at a contact and the delete that follows, an edit cannot be seen, for neither
        service promises to refuse the delete: it then lies in the service's own bin, and counts as found there.
        """
        found = [name for name, count in end.named(self.surname).items() if count > most[name]]
        doubled = [f"{self.surname} is doubled in {name}" for name in found]
        if not sync_type.reaches(self.side.other):
            return doubled
        word, shown = WORDS[self.side], end.is_linked(self.surname)
        places = _places(office, word)
        is_kept = {Side.OUTLOOK, Side.PIPELINER} <= places if shown else self.side in places
        if is_kept or "history" in places or "bin" in places:
            return doubled
        return [*doubled, f"what a person wrote in {self.side} is lost; it is in {sorted(places)}"]


def _edit_outlook(office: Office, surname: str, word: Word) -> bool:
    graph, mailbox = office.services.graph, office.records[0].mailbox
    found = [item for item in graph.contacts(mailbox, office.records[0].folder_id) if item["surname"] == surname]
    for item in found:
        graph.edit_contact(mailbox, item["id"], {word.outlook_field: word.text})
    return bool(found)


def _edit_pipeliner(office: Office, surname: str, word: Word) -> bool:
    found = [row for row in _customers(office) if row.values.get("last_name") == surname and not row.is_deleted]
    for row in found:
        office.services.crm.people.edit_contact(row.id, **{word.pipeliner_field: word.text})
    return bool(found)


def _customers(office: Office) -> list[Row]:
    return list(office.services.crm.space.latest("Contacts").rows.values())


def _places(office: Office, word: Word) -> set[str]:
    """Where a word is to be found: alive on a side, in the history, or in a bin."""
    found: set[str] = set()
    for user in office.services.graph.tenant.users:
        mailbox = user.mailbox
        living = [contact for folder in mailbox.folders.by_id.values() for contact in folder.listing]
        found |= {Side.OUTLOOK for contact in living if contact.fields[word.outlook_field] == word.text}
        found |= {"bin" for contact in mailbox.deleted() if contact.fields[word.outlook_field] == word.text}
    for row in _customers(office):
        if row.values.get(word.pipeliner_field) == word.text:
            found.add("bin" if row.is_deleted else Side.PIPELINER)
    for stored in stored_rows(office.store):
        if stored.key.startswith(HISTORY):
            changes = [change for item in recorded_of(stored) for change in item.entry.changes]
            found |= {"history" for change in changes if word.text in {change.old, change.new}}
    return found
