"""One contact folder of one mailbox, with one connection's field map."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeVar

from typing_extensions import override

from sync_core.domain import Contact, FieldMap, OutlookContact, OutlookId, PipelinerId
from sync_core.engine.ports import (
    DeltaPage,
    OutcomeUnknown,
    OutlookDraft,
    OutlookEdit,
    OutlookFolderPort,
    OutlookOutcome,
    Stale,
    Unfinished,
    Written,
)
from sync_core.errors import (
    ConnectionBroken,
    ContactsFailing,
    DeltaExpired,
    RequestRejected,
    ServiceUnavailable,
    SyncError,
    Throttled,
)
from sync_core.http import is_id
from sync_core.outlook.batch import (
    MAX_PARTS,
    Part,
    PartAnswer,
    PartOutcome,
    by_itself,
    contact_in,
    create_failed,
    deleted,
    error_in,
    refusal_in,
    send_all,
    send_parts,
    to_outcomes,
    unread,
    update_failed,
)
from sync_core.outlook.client import FOREIGN_LINK, GraphClient, contact_address, contacts_address, delta_address
from sync_core.outlook.mapping import (
    EXPAND,
    change_key_of,
    changed_body,
    current_properties,
    etag_of,
    needs_current,
    new_body,
    page_of,
    read_contact,
    read_id,
    selected_properties,
    with_stored_id,
    written_id,
)
from sync_core.outlook.refusals import RefusalKind, Subject, as_error

T = TypeVar("T")


class OutlookFolder(OutlookFolderPort):
    """Reads and writes the contacts of a folder; one request is in flight at a time."""

    def __init__(
        self, client: GraphClient, mailbox_id: str, folder_id: str, field_map: FieldMap, space_id: str
    ) -> None:
        self._client = client
        self._mailbox_id = mailbox_id
        self._folder_id = folder_id
        self._place = (mailbox_id, folder_id)
        self._map = field_map
        self._space_id = space_id
        self._selected = selected_properties(field_map)

    @override
    async def delta(self, link: str | None) -> DeltaPage:
        subject = Subject("read the changes of a folder", *self._place)
        if link:
            try:
                body = await self._client.follow(link, subject)
            except (RequestRejected, ConnectionBroken) as error:  # the folder itself, or only the link to its changes
                if isinstance(error, RequestRejected) and error.code == FOREIGN_LINK:
                    raise
                await self._client.check(subject)
                raise DeltaExpired(f"{error}; the folder answers, so the link leads nowhere") from None
        else:
            address = delta_address(*self._place, self._selected)
            body = await self._client.get(address, subject)
        page = page_of(body, subject)
        self._client.target_of(page.link, subject)
        unread: list[OutlookId] = []
        try:
            again = await self.read(page.unclear)
        except ContactsFailing as error:
            again, unread = error.found, [OutlookId(known) for known in error.failed]
        changed = [contact for contact in again.values() if contact.folder_id in {"", self._folder_id}]
        for item in page.changed:
            try:
                changed.append(read_contact(item, self._map, self._space_id))
            except ServiceUnavailable:
                unread.append(OutlookId(str(item["id"])))
        shown = {*(contact.id for contact in changed), *unread}
        left = [*page.removed, *(known for known in page.unclear if known not in shown)]
        return DeltaPage(tuple(changed), tuple(left), page.link, page.is_last, tuple(unread))

    @override
    async def read(self, ids: Sequence[OutlookId]) -> Mapping[OutlookId, OutlookContact]:
        subject = Subject("read contacts", *self._place)
        found: dict[OutlookId, OutlookContact] = {}
        failed: dict[str, str] = {}
        waits: dict[str, float] = {}
        # Whether the folder's address finds contacts outside the default folder is not documented, hence the mailbox's.
        for place in (self._place, (self._mailbox_id, "")):
            wanted = [known for known in dict.fromkeys(ids) if is_id(known) and known not in found]
            parts = [Part("GET", contact_address(*place, known, self._selected, EXPAND)) for known in wanted]
            for known, answer in zip(wanted, await send_all(self._client, parts, subject), strict=True):
                item = contact_in(answer)
                if answer.is_success and item is not None:
                    try:
                        found[known] = read_contact(item, self._map, self._space_id)
                    except ServiceUnavailable as error:
                        failed[known] = str(error)
                    continue
                refusal = refusal_in(answer, self._client)
                if refusal.kind is not RefusalKind.GONE:
                    failed[known] = str(as_error(refusal, subject))
                    if refusal.kind in {RefusalKind.THROTTLED, RefusalKind.NOT_TRIED}:
                        waits[known] = refusal.retry_after_s or 1.0
            if failed:  # by themselves, if the folder answers
                try:
                    await self._client.check(subject)
                except Throttled as error:  # what was found is found; the others were as good as not asked for
                    untried = [known for known in dict.fromkeys(ids) if known not in found]
                    raise ContactsFailing({}, found, untried, error.retry_after_s or 1.0) from None
        failed = {known: why for known, why in failed.items() if known not in found}
        if failed:
            raise ContactsFailing(failed, found, wait_s=max(waits.values(), default=0.0))
        return found

    @override
    async def find_stored(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, tuple[OutlookContact, ...]]:
        subject = Subject("look for stored ids in a folder", *self._place)
        conditions = (with_stored_id(self._space_id, known) for known in ids)
        parts = [
            Part("GET", contacts_address(*self._place, self._selected, EXPAND, condition)) for condition in conditions
        ]
        found: dict[PipelinerId, tuple[OutlookContact, ...]] = {}
        for known, answer in zip(ids, await send_all(self._client, parts, subject), strict=True):
            if answer.status != HTTPStatus.OK:
                raise error_in(answer, self._client, subject)
            items = await self._client.items_from(answer.body, subject)
            contacts = (self._marked(item) for item in items if is_id(str(item.get("id", ""))))
            # Graph compares values without case, Pipeliner's ids have it.
            exact = tuple(contact for contact in contacts if contact.stored_id == known)
            found |= {known: exact} if exact else {}
        return found

    @override
    async def create(self, drafts: Sequence[OutlookDraft]) -> Sequence[OutlookOutcome]:
        subject = Subject("create contacts", *self._place)
        address = contacts_address(*self._place)

        async def some(chunk: Sequence[OutlookDraft]) -> list[PartOutcome]:
            parts = [
                Part("POST", address, new_body(draft.contact, self._map) | written_id(self._space_id, draft.stored_id))
                for draft in chunk
            ]
            answers = await send_parts(self._client, parts, subject)
            return [
                self._written(answer, draft.stored_id) or create_failed(part, refusal_in(answer, self._client), subject)
                for draft, part, answer in zip(chunk, parts, answers, strict=True)
            ]

        return await self._in_chunks(drafts, some, subject)

    @override
    async def update(self, edits: Sequence[OutlookEdit]) -> Sequence[OutlookOutcome]:
        subject = Subject("update contacts", *self._place)

        async def some(chunk: Sequence[OutlookEdit]) -> list[PartOutcome]:
            results: list[PartOutcome] = [Stale()] * len(chunk)
            current: dict[int, Mapping[str, Any]] = {}
            for position, shown in (await self._current(chunk, subject)).items():
                if isinstance(shown, Mapping):
                    current[position] = shown
                else:
                    results[position] = shown
            parts = [self._update_part(chunk[position], properties) for position, properties in current.items()]
            answers = await send_parts(self._client, parts, subject) if parts else []
            for position, part, answer in zip(current, parts, answers, strict=True):
                edit = chunk[position]
                written = self._written(answer, edit.stored_id or edit.before.stored_id)
                results[position] = written or update_failed(part, answer, refusal_in(answer, self._client), subject)
            return results

        return await self._in_chunks(edits, some, subject)

    @override
    async def delete(self, contacts: Sequence[OutlookContact]) -> Sequence[OutlookOutcome]:
        subject = Subject("delete contacts", *self._place)

        async def some(chunk: Sequence[OutlookContact]) -> list[PartOutcome]:
            parts = [Part("DELETE", self._address_of(contact), etag=etag_of(contact.change_key)) for contact in chunk]
            answers = await send_parts(self._client, parts, subject)
            return [
                deleted(part, answer, refusal_in(answer, self._client), subject)
                for part, answer in zip(parts, answers, strict=True)
            ]

        return await self._in_chunks(contacts, some, subject)

    async def _current(
        self, edits: Sequence[OutlookEdit], subject: Subject
    ) -> dict[int, Mapping[str, Any] | PartOutcome]:
        """Properties to write each edit on top of, {} where it needs none; else what comes of it without a write."""
        asked = [position for position, edit in enumerate(edits) if needs_current(edit.changes, self._map)]
        select = current_properties(self._map)
        parts = [Part("GET", self._address_of(edits[position].before, select)) for position in asked]
        current: dict[int, Mapping[str, Any] | PartOutcome] = {position: {} for position in range(len(edits))}
        for position, answer in zip(asked, await send_all(self._client, parts, subject), strict=True):
            item = contact_in(answer) if answer.is_success else None
            if item is None:
                current[position] = unread(refusal_in(answer, self._client), subject)
            else:
                is_same = edits[position].before.change_key in {"", change_key_of(item)}
                current[position] = item if is_same else Stale()
        return current

    def _update_part(self, edit: OutlookEdit, current: Mapping[str, Any]) -> Part:
        body = changed_body(edit.changes, self._map, current)
        if edit.stored_id is not None:
            body |= written_id(self._space_id, edit.stored_id)
        return Part("PATCH", self._address_of(edit.before), body, etag_of(edit.before.change_key))

    def _marked(self, item: Mapping[str, Any]) -> OutlookContact:
        """Read a contact for whose mark it is, though what it holds may be no text."""
        try:
            return read_contact(item, self._map, self._space_id)
        except ServiceUnavailable:
            return OutlookContact(OutlookId(str(item["id"])), "", Contact(), stored_id=read_id(item, self._space_id))

    def _written(self, answer: PartAnswer, stored_id: PipelinerId | None) -> PartOutcome | None:
        item = contact_in(answer) if answer.is_success else None
        if item is None:
            return None
        try:
            return Written(replace(read_contact(item, self._map, self._space_id), stored_id=stored_id))
        except ServiceUnavailable as error:
            return OutcomeUnknown(str(error))

    def _address_of(self, contact: OutlookContact, select: Sequence[str] = ()) -> str:
        return contact_address(self._mailbox_id, contact.folder_id or self._folder_id, contact.id, select)

    async def _in_chunks(
        self,
        items: Sequence[T],
        perform: Callable[[Sequence[T]], Awaitable[list[PartOutcome]]],
        subject: Subject,
    ) -> list[OutlookOutcome]:
        """Perform a write in batches until one of them meets an error of the whole; the rest shares it, untried."""
        results: list[PartOutcome] = []
        for start in range(0, len(items), MAX_PARTS):
            chunk = items[start : start + MAX_PARTS]
            try:
                told = await perform(chunk)
            except SyncError as error:
                results += [error] * (len(items) - len(results))
                break
            broken: SyncError | None = None
            if any(isinstance(result, SyncError | OutcomeUnknown | Unfinished) for result in told):
                try:
                    await self._client.check(subject)
                except SyncError as error:
                    broken = next((result for result in told if isinstance(result, SyncError)), error)
                told = [by_itself(one, is_alone=broken is None) for one in told]
            results += told
            if broken is not None:
                rest = Unfinished(broken.retry_after_s) if isinstance(broken, Throttled) else broken
                results += [rest] * (len(items) - len(results))
                break
        return to_outcomes(results)
