"""The contacts of one space with one connection's field map: the engine's port over the REST API.

Finding is inherited (`contact_lists`), creating is `contact_creates`; reading, changing and deleting stand here.
A change of company takes several requests. Their order makes a crash in between harmless: the fields and the free-text
name go first, which stay unseen while an account is linked; then the account is linked before the former one is
demoted. Whatever was reached, the next run sees a company that is the old one or the new one, and repeats what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from typing_extensions import override

from sync_core.domain import COMPANY, JOB_TITLE, AccountRule, Contact, FieldMap, PipelinerContact, PipelinerId, UserId
from sync_core.domain.values.companies import is_small_change
from sync_core.engine.ports import (
    AnyName,
    Deleted,
    OpenAccountNames,
    OutcomeUnknown,
    PipelinerDraft,
    PipelinerEdit,
    PipelinerOutcome,
    Refused,
    Stale,
    Unfinished,
    Written,
)
from sync_core.errors import AccessDenied, ContactsFailing, SyncError, Throttled
from sync_core.http import Query, is_id
from sync_core.pipeliner.answers import CONTACTS, Done, NotThere, Record, Result, Target, flag_of
from sync_core.pipeliner.client import (
    MOST_FAILING,
    WITH_DELETED,
    PipelinerClient,
    each_outcome,
    in_order,
    own_fault,
    read_page,
    where,
)
from sync_core.pipeliner.companies import Companies, link, unlink
from sync_core.pipeliner.contact_creates import ContactCreates
from sync_core.pipeliner.contact_lists import ContactLists
from sync_core.pipeliner.mapping import (
    Account,
    ContactView,
    Known,
    Linked,
    Place,
    changed_body,
    does_not_fit,
    is_whole,
    moved_company_body,
    title_body,
)


class PipelinerContacts(ContactLists):
    """One instance serves one run of one connection."""

    def __init__(
        self,
        client: PipelinerClient,
        field_map: FieldMap,
        account_rule: AccountRule,
        key_field: str,
        user_id: UserId,
        open_names: OpenAccountNames = AnyName,
    ) -> None:
        """`key_field` is the custom field that creates are found again by, or ""; `user_id` the connection's user.

        `open_names` opens what tells which accounts others are making right now.
        """
        self._client = client
        self._view = ContactView(field_map, key_field)
        self._companies = Companies(client, account_rule, user_id, open_names)

    @override
    async def read(self, ids: Sequence[PipelinerId]) -> Mapping[PipelinerId, PipelinerContact]:
        """Read by the contacts' own addresses, for lists may lag behind edits; a list tells what that leaves out."""
        query = self._view.query()

        wanted = dict.fromkeys(PipelinerId(contact_id.lower()) for contact_id in ids if is_id(contact_id))
        found: dict[PipelinerId, PipelinerContact] = {}
        failed: dict[str, str] = {}
        pause_s = 0.0

        async def one(contact_id: PipelinerId) -> None:
            nonlocal pause_s
            if pause_s or (len(failed) >= MOST_FAILING and not found):
                return
            try:
                result = await self._client.get(Target(CONTACTS, contact_id), query)
                if isinstance(result, Done) and is_whole(result.record, Known()):
                    shown = [self._view.contact(result.record)]
                else:
                    shown = await self._listed_as(contact_id, result, query)
                found.update({contact.id: contact for contact in shown})
            except SyncError as error:
                failed[contact_id] = await own_fault(self._client, error)
                pause_s = error.retry_after_s or 1.0 if isinstance(error, Throttled) else pause_s

        await in_order(wanted, one)
        if failed:
            is_halted = pause_s > 0 or not found
            untried = [key for key in wanted if key not in found and key not in failed] if is_halted else []
            raise ContactsFailing(failed, found, untried, pause_s or float(bool(untried)))
        return found

    async def _listed_as(self, contact_id: PipelinerId, result: Result, query: Query) -> list[PipelinerContact]:
        """Return a contact as a list shows it, with what its own address told beside it."""
        page = await read_page(self._client, CONTACTS, (*where("id", contact_id), *WITH_DELETED, *query))
        listed = [self._view.contact(record) for record in page.records]
        if not isinstance(result, Done) or not listed:
            return listed
        first = listed[0]
        account = Account(first.account_id, first.contact.text(COMPANY))
        known = Known({account.id: account} if account.id else {}, first.ownership)
        return [self._view.contact(result.record, known)] if is_whole(result.record, known) else listed

    async def after_write(self, contact_id: PipelinerId, known: Known) -> PipelinerContact | None:
        """Read a contact that was just written: by its own address, for lists may lag behind writes.

        `known` stands in where that address does not expand relations; None when the contact is not there.
        """
        result = await self._client.get(Target(CONTACTS, contact_id), self._view.query())
        if isinstance(result, Done) and is_whole(result.record, known):
            return self._view.contact(result.record, known)
        found = await self.read([contact_id])
        return found.get(contact_id)

    @override
    async def create(self, drafts: Sequence[PipelinerDraft]) -> Sequence[PipelinerOutcome]:
        creates = ContactCreates(self._client, self._view, self._companies, self, self.after_write)
        return await creates.create(drafts)

    @override
    async def update(self, edits: Sequence[PipelinerEdit]) -> Sequence[PipelinerOutcome]:
        moving = {edit.before.id for edit in edits if COMPANY in edit.changes and self._moves(edit)}
        for edit in [edit for edit in edits if edit.before.id in moving and edit.before.account_id]:
            before, wanted = edit.before, _text(edit, COMPANY)
            is_corrected = is_small_change(before.contact.text(COMPANY), wanted)
            # A correction leaves the account linked, unless it names another one.
            if is_corrected and not await self._companies.is_another(wanted, before.account_id):
                moving.remove(before.id)
        companies = [_text(edit, COMPANY) for edit in edits if edit.before.id in moving]
        places = await self._companies.places(companies) if companies else {}

        async def one(edit: PipelinerEdit) -> PipelinerOutcome:
            if edit.before.id not in moving:
                return await self._update(edit, None)
            place = places.get(_text(edit, COMPANY))
            return await self._update(edit, place) if place is not None else Unfinished(self._companies.wait_s)

        return await each_outcome(self._client, edits, one)

    @override
    async def delete(self, ids: Sequence[PipelinerId]) -> Sequence[PipelinerOutcome]:
        """Delete contacts; one that is gone already counts as deleted.

        A refusal may mean that it is protected, or that this space lets only archived contacts be deleted.
        """

        async def one(contact_id: PipelinerId) -> PipelinerOutcome:
            try:
                result = await self._client.delete(Target(CONTACTS, contact_id))
            except AccessDenied as error:
                return Refused("access_denied", await own_fault(self._client, error))
            return Deleted() if isinstance(result, Done | NotThere) else result

        return await each_outcome(self._client, ids, one)

    def _moves(self, edit: PipelinerEdit) -> bool:
        """Whether the company changes; a linked account whose name differs in case only stays linked."""
        if not self._view.maps(COMPANY):
            return False
        before, wanted = edit.before.contact.text(COMPANY), _text(edit, COMPANY)
        return before != wanted and not (edit.before.account_id and before.casefold() == wanted.casefold())

    async def _update(self, edit: PipelinerEdit, place: Place | None) -> PipelinerOutcome:
        """Write an edit; `place` is where its company goes, None when the company stays.

        When Pipeliner refuses the link of a company after it took the fields, the outcome is Refused
        although the fields are written: they then agree on both sides, and the company is left to a person.
        """
        refused = does_not_fit(edit.changes, self._view.field_map)
        if refused is not None:
            return refused
        before, body = edit.before, changed_body(edit.changes, self._view.field_map, edit.before)
        if place is not None:
            body |= moved_company_body(place, self._title(edit))
        elif JOB_TITLE in edit.changes and self._view.maps(JOB_TITLE):
            body |= title_body(Contact(edit.changes).text(JOB_TITLE), is_linked=bool(before.account_id))
        shown: Record = {}
        if body:
            result = await self._client.patch(Target(CONTACTS, before.id), body)
            if isinstance(result, Refused):
                return result
            if isinstance(result, NotThere) or flag_of(result.record, "is_deleted"):
                return Stale()
            shown = result.record
        linked = place.account if isinstance(place, Linked) else None
        account = linked or Account(before.account_id, before.contact.text(COMPANY))
        known = Known({account.id: account} if account.id else {}, before.ownership)
        if place is None and shown and is_whole(shown, known):
            return Written(self._view.contact(shown, known))
        account_id = linked.id if linked else ""
        if account_id:
            refused = await link(self._client, before.id, account_id, self._title(edit))
        elif place is not None and before.account_id:
            refused = await unlink(self._client, before.id)
        if refused is not None:
            return refused
        contact = await self.after_write(before.id, known)
        # A link made just before may not be listed yet, so that it was not ended.
        has_arrived = contact is not None and (place is None or contact.account_id == account_id)
        return Written(contact) if contact is not None and has_arrived else OutcomeUnknown()

    def _title(self, edit: PipelinerEdit) -> str | None:
        """Job title that moves along with the company; None when titles are none of this map's matter."""
        return _text(edit, JOB_TITLE) if self._view.maps(JOB_TITLE) else None


def _text(edit: PipelinerEdit, name: str) -> str:
    """Text of a field after the edit."""
    return edit.before.contact.with_values(edit.changes).text(name)
