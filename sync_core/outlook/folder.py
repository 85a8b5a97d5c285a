"""One contact folder of one mailbox, with one connection's field map.

Graph allows itself much in a page of changes: an entry may come several times and in any order
(delta-query-overview.md), a removal may stand next to a change of the same contact, and an entry may be no whole
contact. Such ids are unclear and have to be read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, TypeVar

from typing_extensions import override

from sync_core.domain import FieldMap, OutlookContact, OutlookId, PipelinerId
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
from sync_core.errors import ContactsFailing, ServiceUnavailable, SyncError
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
from sync_core.outlook.client import GraphClient, contact_address, contacts_address, delta_address
from sync_core.outlook.mapping import (
    EXPAND,
    change_key_of,
    changed_body,
    current_properties,
    etag_of,
    needs_current,
    new_body,
    read_contact,
    selected_properties,
    with_stored_id,
    written_id,
)
from sync_core.outlook.refusals import RefusalKind, Subject, as_error

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """A page of changes as Graph tells it, an id in exactly one of the three."""

    changed: tuple[Mapping[str, Any], ...]
    removed: tuple[OutlookId, ...]
    unclear: tuple[OutlookId, ...]
    link: str
    is_last: bool


def page_of(body: Mapping[str, Any], subject: Subject) -> ChangesPage:
    """Read a page; raises ServiceUnavailable when it holds no link to go on with."""
    link = body.get("@odata.nextLink") or body.get("@odata.deltaLink")
    if not isinstance(link, str):
        raise ServiceUnavailable(f"Graph's answer to: {subject} holds no link to go on with; it is asked again")
    entries_of: dict[OutlookId, list[Mapping[str, Any]]] = {}
    for item in body.get("value") or ():
        entries_of.setdefault(OutlookId(str(item["id"])), []).append(item)
    unclear: list[OutlookId] = []
    for known, entries in entries_of.items():
        versions = {None if "@removed" in entry else change_key_of(entry) for entry in entries}
        is_partial = any("@removed" not in entry and "@odata.etag" not in entry for entry in entries)
        if len(versions) > 1 or is_partial:
            unclear.append(known)
    clear = {known: entries[0] for known, entries in entries_of.items() if known not in unclear}
    return ChangesPage(
        changed=tuple(item for item in clear.values() if "@removed" not in item),
        removed=tuple(known for known, item in clear.items() if "@removed" in item),
        unclear=tuple(unclear),
        link=link,
        is_last=not body.get("@odata.nextLink"),
    )


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
            body = await self._client.follow(link, subject)
        else:
            address = delta_address(*self._place, self._selected)
            body = await self._client.get(address, subject)
        page = page_of(body, subject)
        self._client.target_of(page.link, subject)
        again = await self.read(page.unclear)
        changed = [read_contact(item, self._map, self._space_id) for item in page.changed] + [
            contact for contact in again.values() if contact.folder_id in {"", self._folder_id}
        ]
        left = [*page.removed, *(known for known in page.unclear if known not in {item.id for item in changed})]
        return DeltaPage(tuple(changed), tuple(left), page.link, page.is_last)

    @override
    async def read(self, ids: Sequence[OutlookId]) -> Mapping[OutlookId, OutlookContact]:
        subject = Subject("read contacts", *self._place)
        found: dict[OutlookId, OutlookContact] = {}
        failed: dict[str, str] = {}
        waits: dict[str, float] = {}
        # Whether the folder's address finds contacts outside the default folder is not documented, hence the mailbox's.
        for place in (self._place, (self._mailbox_id, "")):
            wanted = [known for known in dict.fromkeys(ids) if known not in found and known not in waits]
            parts = [Part("GET", contact_address(*place, known, self._selected, EXPAND)) for known in wanted]
            for known, answer in zip(wanted, await send_all(self._client, parts, subject), strict=True):
                item, refusal = contact_in(answer), refusal_in(answer, self._client)
                if answer.is_success and item is not None:
                    found[known] = read_contact(item, self._map, self._space_id)
                elif refusal.kind is not RefusalKind.GONE:
                    failed[known] = str(as_error(refusal, subject))
                    if refusal.kind in {RefusalKind.THROTTLED, RefusalKind.NOT_TRIED}:
                        waits[known] = refusal.retry_after_s or 1.0
            if failed:  # by themselves, if the folder answers
                await self._client.check(subject)
        failed = {known: why for known, why in failed.items() if known not in found}
        if failed:
            raise ContactsFailing(failed, found, retry_after_s=max(waits.values(), default=None))
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
            contacts = (read_contact(item, self._map, self._space_id) for item in items)
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

    def _written(self, answer: PartAnswer, stored_id: PipelinerId | None) -> PartOutcome | None:
        item = contact_in(answer) if answer.is_success else None
        return (
            None
            if item is None
            else Written(replace(read_contact(item, self._map, self._space_id), stored_id=stored_id))
        )

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
                results += [broken] * (len(items) - len(results))
                break
        return to_outcomes(results)
