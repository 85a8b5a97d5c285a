"""Changing and deleting contacts.

A change of company takes several requests. Their order makes a crash in between harmless: the fields and the
free-text name go first, which stay unseen while an account is linked; then the account is linked before the
former one is demoted. Whatever was reached, the next plan sees a company that is the old one or the new one,
and repeats what is left.
"""

from __future__ import annotations

from typing import Any

from sync_core.domain.contact import PipelinerId
from sync_core.domain.fields import COMPANY, JOB_TITLE
from sync_core.domain.sides import PipelinerContact
from sync_core.engine.ports import Deleted, OutcomeUnknown, PipelinerEdit, PipelinerOutcome, Refused, Stale, Written
from sync_core.errors import AccessDenied
from sync_core.pipeliner.answers import Done, NotThere
from sync_core.pipeliner.bodies import Body, changed_body, does_not_fit, moved_company_body, title_body
from sync_core.pipeliner.client import PipelinerClient
from sync_core.pipeliner.companies import Linked, Place
from sync_core.pipeliner.contact_reads import ContactReads
from sync_core.pipeliner.mapping import Account, ContactView, Known, is_whole
from sync_core.pipeliner.records import Record, flag_of
from sync_core.pipeliner.relations import link, unlink
from sync_core.pipeliner.targets import CONTACTS, Target


def moves_company(edit: PipelinerEdit) -> bool:
    """Whether the company changes; a linked account whose name differs in case only stays linked."""
    if COMPANY not in edit.changes:
        return False
    before, wanted = edit.before.contact.text(COMPANY), _text(edit, COMPANY)
    return before != wanted and not (edit.before.account_id and before.casefold() == wanted.casefold())


def company_of(edit: PipelinerEdit) -> str:
    """Give the company that the contact has after the edit."""
    return _text(edit, COMPANY)


def _text(edit: PipelinerEdit, name: str) -> str:
    return edit.before.contact.with_values(edit.changes).text(name)


class ContactUpdates:
    """Changes and deletes contacts of one space through one view."""

    def __init__(self, client: PipelinerClient, view: ContactView, reads: ContactReads) -> None:
        self._client = client
        self._view = view
        self._reads = reads

    async def update(self, edit: PipelinerEdit, place: Place | None) -> PipelinerOutcome:
        """Write an edit; `place` is where its company goes, None when the company stays.

        When Pipeliner refuses the link of a company after it took the fields, the outcome is Refused
        although the fields are written: they then agree on both sides, and the company is left to a person.
        """
        refused = does_not_fit(edit.changes, self._view.field_map)
        if refused is not None:
            return refused
        shown = await self._write_fields(edit, place)
        if not isinstance(shown, dict):
            return shown
        if place is None:
            return await self._written(edit, shown, _known(edit, None))
        refused = await self._move(edit, place)
        if refused is not None:
            return refused
        contact = await self._reads.after_write(edit.before.id, _known(edit, place))
        return Written(contact) if contact is not None and _is_at(contact, place) else OutcomeUnknown()

    async def _write_fields(self, edit: PipelinerEdit, place: Place | None) -> dict[str, Any] | Stale | Refused:
        body = self._body(edit, place)
        if not body:
            return {}
        result = await self._client.patch(Target(CONTACTS, edit.before.id), body)
        if isinstance(result, Refused):
            return result
        if isinstance(result, NotThere) or flag_of(result.record, "is_deleted"):
            return Stale()
        return dict(result.record)

    def _body(self, edit: PipelinerEdit, place: Place | None) -> Body:
        body = changed_body(edit.changes, self._view.field_map)
        if place is not None:
            return body | moved_company_body(place, self._title(edit))
        if JOB_TITLE in edit.changes and self._view.maps(JOB_TITLE):
            body |= title_body(_text(edit, JOB_TITLE), is_linked=bool(edit.before.account_id))
        return body

    def _title(self, edit: PipelinerEdit) -> str | None:
        """Job title that moves along with the company; None when titles are none of this map's matter."""
        return _text(edit, JOB_TITLE) if self._view.maps(JOB_TITLE) else None

    async def _move(self, edit: PipelinerEdit, place: Place) -> Refused | None:
        if isinstance(place, Linked):
            return await link(self._client, edit.before.id, place.account.id, self._title(edit))
        return await unlink(self._client, edit.before.id) if edit.before.account_id else None

    async def _written(self, edit: PipelinerEdit, shown: Record, known: Known) -> PipelinerOutcome:
        contact: PipelinerContact | None
        if shown and is_whole(shown, known):
            contact = self._view.contact(shown, known)
        else:
            contact = await self._reads.after_write(edit.before.id, known)
        return Written(contact) if contact is not None else OutcomeUnknown()

    async def delete(self, contact_id: PipelinerId) -> PipelinerOutcome:
        """Delete a contact; one that is gone already counts as deleted.

        A refusal may mean that it is protected, or that this space lets only archived contacts be deleted.
        """
        try:
            result = await self._client.delete(Target(CONTACTS, contact_id))
        except AccessDenied as error:
            return Refused("access_denied", str(error))
        return Deleted() if isinstance(result, Done | NotThere) else result


def _is_at(contact: PipelinerContact, place: Place) -> bool:
    """Whether the contact has arrived: a link made just before may not be listed yet, so that it was not ended."""
    return contact.account_id == (place.account.id if isinstance(place, Linked) else "")


def _known(edit: PipelinerEdit, place: Place | None) -> Known:
    before = edit.before
    account = Account(before.account_id, before.contact.text(COMPANY))
    if isinstance(place, Linked):
        account = place.account
    return Known({account.id: account} if account.id else {}, before.ownership)
