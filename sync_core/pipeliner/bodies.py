"""From our values to the JSON that Pipeliner takes; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_core.domain.connection import Default
from sync_core.domain.contact import Contact, Kind, Value
from sync_core.domain.fields import COMPANY, JOB_TITLE, Field, FieldMap
from sync_core.engine.ports import Changes, PipelinerDraft, Refused
from sync_core.pipeliner.companies import FreeText, Linked, Place
from sync_core.pipeliner.mapping import QUICK_NAME, QUICK_TITLE, TITLE_AT_ACCOUNT

Body = dict[str, Any]


def new_body(draft: PipelinerDraft, field_map: FieldMap, place: Place, key_field: str = "") -> Body:
    """Give the body that creates a contact with its company; blank fields are left out.

    Defaults fill only what the contact itself leaves unset.
    """
    body: Body = {"owner_id": draft.owner_id}
    for row in field_map:
        if row.name not in {COMPANY, JOB_TITLE}:
            body |= slots(row, draft.contact[row.name])
    body |= _company(draft.contact, place)
    body = {name: value for name, value in body.items() if value not in ("", None)}
    if key_field:
        body[key_field] = draft.key
    return {**_given(draft.defaults), **body}


def _company(contact: Contact, place: Place) -> Body:
    title = contact.text(JOB_TITLE)
    if isinstance(place, Linked):
        relation = {"account_id": place.account.id, "is_primary": True}
        return {"account_relations": [relation], TITLE_AT_ACCOUNT: title}
    return {QUICK_NAME: place.name, QUICK_TITLE: title}


def _given(defaults: Mapping[str, Default]) -> Body:
    return {name: value for name, value in defaults.items() if value != ""}


def changed_body(changes: Changes, field_map: FieldMap) -> Body:
    """Give the body that writes changed fields; company and job title depend on the link, see below."""
    body: Body = {}
    for row in field_map:
        if row.name in changes and row.name not in {COMPANY, JOB_TITLE}:
            body |= slots(row, changes[row.name])
    return body


def title_body(title: str, *, is_linked: bool) -> Body:
    """Give the body that writes a job title where it is read: at the primary account, else beside the name.

    A title cleared at the account would fall back to the one beside the name, so both are cleared.
    """
    if not is_linked:
        return {QUICK_TITLE: title}
    return {TITLE_AT_ACCOUNT: title} if title else {TITLE_AT_ACCOUNT: "", QUICK_TITLE: ""}


def moved_company_body(place: Place, title: str | None) -> Body:
    """Give what the contact itself must hold when its company changes; `title` None leaves it alone.

    At an account the title goes onto the relation. A name or title beside an account stays unseen, so it
    can be written before the account is left.
    """
    body: Body = {QUICK_NAME: place.name} if isinstance(place, FreeText) else {}
    if title is not None and (isinstance(place, FreeText) or not title):
        body[QUICK_TITLE] = title
    return body


def slots(row: Field, value: Value) -> Body:
    """Give every slot of a field: a list's entries in order, "" for the rest; a cleared date is null."""
    if row.kind.is_list:
        entries = (value,) if isinstance(value, str) else value
        padded = [*entries, *[""] * len(row.pipeliner)]
        return dict(zip(row.pipeliner, padded, strict=False))
    text = value if isinstance(value, str) else next(iter(value), "")
    return {row.pipeliner[0]: text or (None if row.kind is Kind.DATE else "")}


def does_not_fit(values: Mapping[str, Value], field_map: FieldMap) -> Refused | None:
    """Refuse a list with more entries than Pipeliner has slots, for what is cut off would be lost."""
    for row in field_map:
        value = values.get(row.name, ())
        if row.kind.is_list and not isinstance(value, str) and len(value) > len(row.pipeliner):
            return Refused("too_many_entries", f"{row.name} has more than {len(row.pipeliner)} entries", row.pipeliner)
    return None
