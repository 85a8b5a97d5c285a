"""Creating contacts: one by POST, many by batch-modify; nothing of unknown outcome is ever sent again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from sync_core.domain import COMPANY, PipelinerContact, PipelinerId, UserId
from sync_core.engine.ports import OutcomeUnknown, PipelinerDraft, PipelinerOutcome, Refused, Unfinished, Written
from sync_core.errors import AccessDenied, RequestRejected, SpaceGone, SyncError
from sync_core.http import encoded
from sync_core.pipeliner.answers import CONTACTS, Done, Result, Target, number_of, refusal
from sync_core.pipeliner.client import (
    PAGE_SIZE,
    PipelinerClient,
    in_order,
    left_behind,
    own_fault,
    raise_unless_written,
    rejected,
)
from sync_core.pipeliner.companies import Companies
from sync_core.pipeliner.contact_lists import ContactLists
from sync_core.pipeliner.mapping import Body, ContactView, Known, Linked, does_not_fit, is_whole, new_body

CHUNK_ITEMS = 100
CHUNK_BYTES = 1_000_000
"""Batch limits are undocumented; these are trusted."""
KEEP_THE_GOOD_ONES = (("rollback-method", "1"),)
_CLOCK_SPREAD = timedelta(seconds=5)
_BATCH_ITSELF_REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


@dataclass(frozen=True, slots=True)
class Stored:
    """A contact that Pipeliner has stored; not yet read back unless `shown`."""

    id: PipelinerId
    known: Known
    shown: PipelinerContact | None = None


Sent = Stored | PipelinerOutcome


@dataclass(frozen=True, slots=True)
class Parcel:
    """A draft ready to be sent: where its outcome goes, its body, and what is known of its company."""

    position: int
    body: Body
    known: Known


@dataclass(frozen=True, slots=True)
class ContactCreates:
    """Creates contacts of one space through one view; `after_write` reads one by its own address."""

    client: PipelinerClient
    view: ContactView
    companies: Companies
    lists: ContactLists
    after_write: Callable[[PipelinerId, Known], Awaitable[PipelinerContact | None]]

    async def create(self, drafts: Sequence[PipelinerDraft]) -> list[PipelinerOutcome]:
        """Create contacts; outcomes in the order of the drafts.

        A contact that is stored but cannot be shown (the read after it failed) counts as unknown.
        """
        parcels: list[Parcel] = []
        places = await self.companies.places(self._company(draft) for draft in drafts)
        sent: list[Sent] = [Unfinished(self.companies.wait_s)] * len(drafts)
        for position, draft in enumerate(drafts):
            place = places.get(self._company(draft))
            refused = does_not_fit(draft.contact.values, self.view.field_map)
            if refused is not None:
                sent[position] = refused
            elif place is not None:
                body = new_body(draft, self.view.field_map, place, self.view.key_field)
                known = Known({place.account.id: place.account}) if isinstance(place, Linked) else Known()
                parcels.append(Parcel(position, body, known))
        if not parcels:
            return [outcome for outcome in sent if not isinstance(outcome, Stored)]
        since = await self.client.server_time() - _CLOCK_SPREAD
        await self._send_all(parcels, sent)
        return await self._shown(sent, {draft.owner_id for draft in drafts}, since)

    def _company(self, draft: PipelinerDraft) -> str:
        return draft.contact.text(COMPANY) if self.view.maps(COMPANY) else ""

    async def _send_all(self, parcels: Sequence[Parcel], sent: list[Sent]) -> None:
        errors: list[SyncError] = []
        for chunk in chunks(parcels):
            if errors:
                break
            try:
                results = await self._send(chunk)
            except SyncError as error:
                results = [await left_behind(self.client, error, errors)] * len(chunk)
            for parcel, result in zip(chunk, results, strict=True):
                sent[parcel.position] = result
        outcomes = [OutcomeUnknown() if isinstance(one, Stored) else one for one in sent]
        raise_unless_written(errors, outcomes)

    async def _send(self, chunk: Sequence[Parcel]) -> Sequence[Sent]:
        if len(chunk) == 1:
            return [await self._send_one(chunk[0])]
        try:
            result = await self.client.post(
                Target(CONTACTS, action="batch-modify"), [parcel.body for parcel in chunk], KEEP_THE_GOOD_ONES
            )
        except RequestRejected as error:
            if error.status not in _BATCH_ITSELF_REFUSED:
                raise
            return await self._one_by_one(chunk)
        except (AccessDenied, SpaceGone) as error:  # refused before anything was stored, because of one member or all
            await own_fault(self.client, error)
            return await self._one_by_one(chunk)
        if not isinstance(result, Done):
            return await self._one_by_one(chunk)
        data = result.data
        if not isinstance(data, list) or len(data) != len(chunk):
            return [OutcomeUnknown()] * len(chunk)
        return [_batch_result(item, parcel) for item, parcel in zip(data, chunk, strict=True)]

    async def _one_by_one(self, chunk: Sequence[Parcel]) -> list[Sent]:
        """Send each alone: a batch that was refused as a whole has stored nothing."""
        results: list[Sent] = []
        errors: list[SyncError] = []
        for parcel in chunk:
            try:
                results.append(Unfinished() if errors else await self._send_one(parcel))
            except SyncError as error:
                results.append(await left_behind(self.client, error, errors))
        raise_unless_written(errors, [OutcomeUnknown() if isinstance(one, Stored) else one for one in results])
        return results

    async def _send_one(self, parcel: Parcel) -> Sent:
        try:
            result: Result = await self.client.post(Target(CONTACTS), parcel.body)
        except RequestRejected as error:
            return rejected(error)
        if isinstance(result, Refused):
            return result
        if not isinstance(result, Done):
            return OutcomeUnknown()
        record = result.record
        shown = self.view.contact(record, parcel.known)
        return Stored(shown.id, parcel.known, shown if is_whole(record, parcel.known) else None)

    async def _shown(self, sent: Sequence[Sent], owners: set[UserId], since: datetime) -> list[PipelinerOutcome]:
        """Read back what is stored but not yet shown: by pages of new contacts, the rest one by one."""
        missing = [one for one in sent if isinstance(one, Stored) and one.shown is None]
        found: dict[PipelinerId, PipelinerContact] = {}
        with suppress(SyncError):
            if len(missing) > 1:
                found = await self._new_pages(missing, owners, since)
            rest = [one for one in missing if one.id not in found]
            alone = await in_order(rest, lambda one: self.after_write(one.id, one.known))
            found |= {contact.id: contact for contact in alone}
        outcomes: list[PipelinerOutcome] = []
        for one in sent:
            if isinstance(one, Stored):
                contact = one.shown or found.get(one.id)
                outcomes.append(Written(contact) if contact is not None else OutcomeUnknown("it is not shown yet"))
            else:
                outcomes.append(one)
        return outcomes

    async def _new_pages(
        self, missing: Sequence[Stored], owners: set[UserId], since: datetime
    ) -> dict[PipelinerId, PipelinerContact]:
        """List what was created for the owners meanwhile, in two pages more than our own contacts fill."""
        found: dict[PipelinerId, PipelinerContact] = {}
        lists: list[tuple[UserId, str | None]] = [(owner_id, None) for owner_id in sorted(owners)]
        for _ in range(len(missing) // PAGE_SIZE + 2):
            if not lists or all(one.id in found for one in missing):
                break
            owner_id, after = lists.pop(0)
            page = await self.lists.created_since(owner_id, since, after)
            found |= {contact.id: contact for contact in page.contacts}
            if page.after is not None:
                lists.insert(0, (owner_id, page.after))
        return found


def _batch_result(item: object, parcel: Parcel) -> Sent:
    """Read what a batch did with one item: its id, or an error."""
    if isinstance(item, str) and item:
        return Stored(PipelinerId(item.lower()), parcel.known)
    if not isinstance(item, dict):
        return OutcomeUnknown()
    status = number_of(item, "http_status")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unfinished()
    is_failing = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Unfinished(why=f"Pipeliner failed at it: status {status}") if is_failing else refusal(item)


def chunks(parcels: Sequence[Parcel]) -> Iterator[list[Parcel]]:
    """Cut into batches of at most 100 items and 1 MB; a larger item goes alone."""
    chunk: list[Parcel] = []
    used = 0
    for parcel in parcels:
        weight = len(encoded(parcel.body)) + len(", ")
        if chunk and (len(chunk) == CHUNK_ITEMS or used + weight > CHUNK_BYTES):
            yield chunk
            chunk, used = [], 0
        chunk.append(parcel)
        used += weight
    if chunk:
        yield chunk
