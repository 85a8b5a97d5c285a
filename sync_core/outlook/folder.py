"""One contact folder of one mailbox, with one connection's field map."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeVar

from sync_core.domain.contact import OutlookId, PipelinerId
from sync_core.domain.fields import FieldMap
from sync_core.domain.sides import OutlookContact
from sync_core.engine.ports import DeltaPage, OutlookDraft, OutlookEdit, OutlookOutcome, Stale, Written
from sync_core.errors import SyncError
from sync_core.outlook import addresses
from sync_core.outlook.batch import MAX_PARTS, Part, PartAnswer, error_in, refusal_in, send_parts
from sync_core.outlook.bodies import changed_body, current_properties, needs_current, new_body
from sync_core.outlook.client import GraphClient
from sync_core.outlook.delta import page_of
from sync_core.outlook.mapping import change_key_of, etag_of, read_contact, selected_properties
from sync_core.outlook.outcomes import Verdict, contact_in, create_failed, deleted, settled, update_failed
from sync_core.outlook.refusals import Subject
from sync_core.outlook.stored_ids import EXPAND, carrying, written_id

T = TypeVar("T")


class OutlookFolder:
    """Reads and writes the contacts of a folder (`OutlookFolderPort`); one request is in flight at a time."""

    def __init__(
        self, client: GraphClient, mailbox_id: str, folder_id: str, field_map: FieldMap, space_id: str
    ) -> None:
        self._client = client
        self._mailbox_id = mailbox_id
        self._folder_id = folder_id
        self._map = field_map
        self._space_id = space_id
        self._selected = selected_properties(field_map)

    async def delta(self, link: str | None) -> DeltaPage:
        """Read one page of changes; without a link the first page of the whole folder."""
        subject = self._subject("read the changes of a folder")
        if link:
            body = await self._client.follow(link, subject)
        else:
            address = addresses.delta(self._mailbox_id, self._folder_id, self._selected)
            body = await self._client.get(address, subject)
        page = page_of(body, subject)
        self._client.pinned(page.link, subject)
        again = await self.read(page.unclear)
        changed = [self._contact(item) for item in page.changed] + [
            contact for contact in again.values() if contact.folder_id in {"", self._folder_id}
        ]
        left = [*page.removed, *(known for known in page.unclear if known not in {item.id for item in changed})]
        return DeltaPage(tuple(changed), tuple(left), page.link, page.is_last)

    async def read(self, ids: Sequence[OutlookId]) -> Mapping[OutlookId, OutlookContact]:
        """Read contacts with their stored ids, wherever in the mailbox they are; ids not found are left out."""
        wanted = list(dict.fromkeys(ids))
        found = await self._read_at(wanted, lambda known: self._address(known, self._folder_id))
        # Whether this address finds contacts outside the default folder is not documented, hence it comes second.
        rest = [known for known in wanted if known not in found]
        return found | await self._read_at(rest, self._address)

    async def find_stored(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, tuple[OutlookContact, ...]]:
        """Find the folder's contacts that carry these stored ids; ids without a contact are left out."""
        subject = self._subject("look for stored ids in a folder")
        parts = [Part("GET", self._finding(known)) for known in ids]
        found: dict[PipelinerId, tuple[OutlookContact, ...]] = {}
        for known, answer in zip(ids, await self._exchanged(parts, subject), strict=True):
            if answer.status != HTTPStatus.OK:
                raise error_in(answer, self._client, subject)
            items = await self._all_items(answer.body, subject)
            contacts = (self._contact(item) for item in items)
            # Graph compares values without case, Pipeliner's ids have it.
            exact = tuple(contact for contact in contacts if contact.stored_id == known)
            found |= {known: exact} if exact else {}
        return found

    async def create(self, drafts: Sequence[OutlookDraft]) -> Sequence[OutlookOutcome]:
        """Create contacts with their stored ids; never repeats a create whose outcome is unknown."""
        return settled(await self._in_chunks(drafts, self._create_some))

    async def update(self, edits: Sequence[OutlookEdit]) -> Sequence[OutlookOutcome]:
        """Write changed fields only; sends If-Match, which Graph may ignore."""
        return settled(await self._in_chunks(edits, self._update_some))

    async def delete(self, contacts: Sequence[OutlookContact]) -> Sequence[OutlookOutcome]:
        """Delete contacts (they go to Deleted Items); one that is gone already counts as Deleted."""
        return settled(await self._in_chunks(contacts, self._delete_some))

    async def _create_some(self, drafts: Sequence[OutlookDraft]) -> list[Verdict]:
        subject = self._subject("create contacts")
        address = addresses.contacts(self._mailbox_id, self._folder_id)
        parts = [
            Part("POST", address, new_body(draft.contact, self._map) | written_id(self._space_id, draft.stored_id))
            for draft in drafts
        ]
        answers = await send_parts(self._client, parts, subject)
        return [
            self._written(answer, draft.stored_id)
            or create_failed(part, answer, refusal_in(answer, self._client), subject)
            for draft, part, answer in zip(drafts, parts, answers, strict=True)
        ]

    async def _update_some(self, edits: Sequence[OutlookEdit]) -> list[Verdict]:
        subject = self._subject("update contacts")
        current = await self._current(edits, subject)
        verdicts: list[Verdict | None] = [Stale() if properties is None else None for properties in current]
        going = [position for position, verdict in enumerate(verdicts) if verdict is None]
        parts = [self._update_part(edits[position], current[position] or {}) for position in going]
        answers = await send_parts(self._client, parts, subject) if parts else []
        for position, part, answer in zip(going, parts, answers, strict=True):
            edit = edits[position]
            written = self._written(answer, edit.stored_id or edit.before.stored_id)
            verdicts[position] = written or update_failed(part, answer, refusal_in(answer, self._client), subject)
        return [verdict or Stale() for verdict in verdicts]

    async def _delete_some(self, contacts: Sequence[OutlookContact]) -> list[Verdict]:
        subject = self._subject("delete contacts")
        parts = [Part("DELETE", self._address_of(contact), etag=etag_of(contact.change_key)) for contact in contacts]
        answers = await send_parts(self._client, parts, subject)
        return [
            deleted(part, answer, refusal_in(answer, self._client), subject)
            for part, answer in zip(parts, answers, strict=True)
        ]

    async def _current(self, edits: Sequence[OutlookEdit], subject: Subject) -> list[Mapping[str, Any] | None]:
        """Properties to write each edit on top of, {} where it needs none; None when the contact moved on."""
        asked = [position for position, edit in enumerate(edits) if needs_current(edit.changes, self._map)]
        select = current_properties(self._map)
        parts = [
            Part("GET", addresses.contact(self._mailbox_id, self._place_of(before), before.id, select))
            for before in (edits[position].before for position in asked)
        ]
        current: list[Mapping[str, Any] | None] = [{} for _ in edits]
        for position, answer in zip(asked, await self._exchanged(parts, subject), strict=True):
            current[position] = self._unmoved(edits[position].before, answer, subject)
        return current

    def _unmoved(self, before: OutlookContact, answer: PartAnswer, subject: Subject) -> Mapping[str, Any] | None:
        if answer.status == HTTPStatus.NOT_FOUND and not refusal_in(answer, self._client).is_mailbox_gone:
            return None
        item = contact_in(answer)
        if item is None or not answer.is_success:
            raise error_in(answer, self._client, subject)
        return item if before.change_key in {"", change_key_of(item)} else None

    def _update_part(self, edit: OutlookEdit, current: Mapping[str, Any]) -> Part:
        body = changed_body(edit.changes, self._map, current)
        if edit.stored_id is not None:
            body |= written_id(self._space_id, edit.stored_id)
        return Part("PATCH", self._address_of(edit.before), body, etag_of(edit.before.change_key))

    def _written(self, answer: PartAnswer, stored_id: PipelinerId | None) -> Verdict | None:
        item = contact_in(answer) if answer.is_success else None
        return None if item is None else Written(replace(self._contact(item), stored_id=stored_id))

    async def _read_at(
        self, ids: Sequence[OutlookId], address: Callable[[OutlookId], str]
    ) -> dict[OutlookId, OutlookContact]:
        subject = self._subject("read contacts")
        found: dict[OutlookId, OutlookContact] = {}
        answers = await self._exchanged([Part("GET", address(known)) for known in ids], subject)
        for known, answer in zip(ids, answers, strict=True):
            item = contact_in(answer)
            if answer.is_success and item is not None:
                found[known] = self._contact(item)
            elif answer.status != HTTPStatus.NOT_FOUND or refusal_in(answer, self._client).is_mailbox_gone:
                raise error_in(answer, self._client, subject)
        return found

    async def _exchanged(self, parts: Sequence[Part], subject: Subject) -> list[PartAnswer]:
        answers: list[PartAnswer] = []
        for chunk in _chunks(parts):
            answers += await send_parts(self._client, chunk, subject)
        return answers

    async def _in_chunks(
        self, items: Sequence[T], perform: Callable[[Sequence[T]], Awaitable[list[Verdict]]]
    ) -> list[Verdict]:
        """Perform a write in batches until one of them meets an error; the rest shares it, untried."""
        verdicts: list[Verdict] = []
        for chunk in _chunks(items):
            try:
                verdicts += await perform(chunk)
            except SyncError as error:
                verdicts += [error] * len(chunk)
            broken = next((verdict for verdict in verdicts if isinstance(verdict, SyncError)), None)
            if broken is not None:
                return verdicts + [broken] * (len(items) - len(verdicts))
        return verdicts

    async def _all_items(self, body: Any, subject: Subject) -> list[Mapping[str, Any]]:
        page: Mapping[str, Any] = body if isinstance(body, dict) else {}
        items = list(page.get("value") or ())
        while link := page.get("@odata.nextLink"):
            page = await self._client.follow(str(link), subject)
            items += page.get("value") or ()
        return items

    def _contact(self, item: Mapping[str, Any]) -> OutlookContact:
        return read_contact(item, self._map, self._space_id)

    def _subject(self, operation: str) -> Subject:
        return Subject(operation, self._mailbox_id, self._folder_id)

    def _place_of(self, contact: OutlookContact) -> str:
        return contact.folder_id or self._folder_id

    def _address_of(self, contact: OutlookContact) -> str:
        return addresses.contact(self._mailbox_id, self._place_of(contact), contact.id)

    def _address(self, known: OutlookId, folder_id: str = "") -> str:
        if folder_id:
            return addresses.contact(self._mailbox_id, folder_id, known, self._selected, EXPAND)
        return addresses.contact_anywhere(self._mailbox_id, known, self._selected, EXPAND)

    def _finding(self, known: PipelinerId) -> str:
        condition = carrying(self._space_id, known)
        return addresses.contacts(self._mailbox_id, self._folder_id, self._selected, EXPAND, condition)


def _chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + MAX_PARTS] for start in range(0, len(items), MAX_PARTS))
