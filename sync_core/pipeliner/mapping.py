"""Between Pipeliner's JSON and our contact, by the field map, and who has it; no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from sync_core.domain import (
    COMPANY,
    EMAILS,
    GIVEN_NAME,
    JOB_TITLE,
    PHONE_FIELDS,
    SURNAME,
    Contact,
    Field,
    FieldMap,
    Kind,
    Ownership,
    PipelinerContact,
    PipelinerId,
    ShareMode,
    UserId,
    Value,
    entry_key,
    field_map,
)
from sync_core.domain.contact import EMAIL_ADDRESS
from sync_core.engine.ports import Changes, PipelinerDraft, Refused
from sync_core.errors import ServiceUnavailable
from sync_core.http import Query, is_id
from sync_core.pipeliner.answers import Record, elements, flag_of, id_of, number_of, relation_id, text_of, time_of

Body = dict[str, Any]

ACCOUNT = "primary_account"
QUICK_NAME = "quick_account_name"
TITLE_AT_ACCOUNT = "account_position"
QUICK_TITLE = "position"

_SHARES = ("sharing_clients", "sharing_units")
_EXPANDED = (ACCOUNT, *_SHARES)
_FLAGS = ("is_deleted", "is_archived", "is_delete_protected")
_STANDING = ("id", "revision", "modified", *_FLAGS, f"{ACCOUNT}.id", f"{ACCOUNT}.name")
_SPECIAL = {COMPANY: (QUICK_NAME,), JOB_TITLE: (TITLE_AT_ACCOUNT, QUICK_TITLE)}
MATCHED_BY = frozenset(
    {
        *(GIVEN_NAME, "middle_name", SURNAME, COMPANY, EMAILS, *PHONE_FIELDS),
        *("street", "city", "state", "postal_code", "country"),
    }
)
"""Fields that identify a contact."""


class Role(IntEnum):
    """Roles of a ContactSharingClientRelation."""

    WATCHER = 1
    EDITOR = 2


SHARE_MODES = {0: ShareMode.STANDARD, 1: ShareMode.PRIVATE, 2: ShareMode.ALL_VIEW, 3: ShareMode.ALL_EDIT}
OWNERSHIP_FIELDS = (
    "owner_id",
    "unit_id",
    "share_mode",
    "contact_type_id",
    *(f"sharing_clients.{name}" for name in ("client_id", "role", "is_deleted")),
    *(f"sharing_units.{name}" for name in ("unit_id", "role", "is_deleted")),
)


@dataclass(frozen=True, slots=True)
class ContactView:
    """Which fields of a contact are asked for, and how its records are read."""

    field_map: FieldMap
    key_field: str = ""

    def maps(self, name: str) -> bool:
        """Whether a field of that name is in the map."""
        return any(field.name == name for field in self.field_map)

    def only(self, names: Iterable[str]) -> ContactView:
        """Return the view of some fields alone."""
        wanted = frozenset(names)
        return replace(self, field_map=FieldMap(tuple(field for field in self.field_map if field.name in wanted)))

    def query(self, prefix: str = "", beside: Sequence[str] = ()) -> Query:
        """Parameters that make Pipeliner show what `contact` reads, and fields of the record `beside` it.

        With a `prefix` the contact is below a relation, which is the record.
        """
        relations = [prefix.rstrip("."), *(prefix + name for name in _EXPANDED)] if prefix else _EXPANDED
        mapped = (name for field in self.field_map for name in _SPECIAL.get(field.name, field.pipeliner))
        key = (self.key_field,) if self.key_field else ()
        fields = (prefix + name for name in (*_STANDING, *OWNERSHIP_FIELDS, *mapped, *key))
        return (("expand", ",".join(relations)), ("load-only", ",".join((*beside, *fields))))

    def contact(self, record: Record, known: Known | None = None) -> PipelinerContact:
        """Read a record; raises ServiceUnavailable when it has no readable id or time.

        `known` fills in what a record without expanded relations cannot tell; see `is_whole`.
        """
        known = known or Known()
        if not is_id(id_of(record)):
            raise ServiceUnavailable("Pipeliner's answer shows a contact without a readable id")
        shown, account_id = record.get(ACCOUNT), relation_id(record, ACCOUNT)
        account = None
        if isinstance(shown, dict):
            account = Account(account_id, text_of(shown, "name"))
        elif account_id:
            account = known.accounts.get(account_id) or Account(account_id, "")
        ownership, before = ownership_of(record), known.ownership
        if before is not None and collapsed_shares(record):
            ownership = replace(
                ownership,
                editor_ids=before.editor_ids,
                watcher_ids=before.watcher_ids,
                editor_unit_ids=before.editor_unit_ids,
                watcher_unit_ids=before.watcher_unit_ids,
                shares_unread=before.shares_unread,
            )
        values = {field.name: self._value(field, record, account) for field in self.field_map}
        return PipelinerContact(
            id=PipelinerId(id_of(record)),
            revision=number_of(record, "revision"),
            modified=time_of(record, "modified"),
            contact=Contact({name: value for name, value in values.items() if value}),
            ownership=ownership,
            account_id=account.id if account else "",
            is_deleted=flag_of(record, "is_deleted"),
            is_archived=flag_of(record, "is_archived"),
            is_protected=flag_of(record, "is_delete_protected") if "is_delete_protected" in record else None,
            occupied=frozenset(
                name
                for field in self.field_map
                if field.kind is Kind.EMAILS
                for name in field.pipeliner
                if (text := " ".join(text_of(record, name).split())) and not EMAIL_ADDRESS.fullmatch(text)
            ),
        )

    def _value(self, field: Field, record: Record, account: Account | None) -> Value:
        if field.name == COMPANY:
            return (account.name if account else "") or text_of(record, QUICK_NAME)
        if field.name == JOB_TITLE:
            at_account = text_of(record, TITLE_AT_ACCOUNT) if account else ""
            return at_account or text_of(record, QUICK_TITLE)
        texts = tuple(text_of(record, name) for name in field.pipeliner)
        return tuple(text for text in texts if text.strip()) if field.kind.is_list else texts[0]


IDENTIFYING = ContactView(field_map({}, {"business_phones": ("phone1", "phone4", "phone5")}, ())).only(MATCHED_BY)
"""What identifies a contact of the space, whatever a connection maps: with the numbers of all slots."""


@dataclass(frozen=True, slots=True)
class Account:
    """A company as Pipeliner has it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Linked:
    """The company is this account."""

    account: Account


@dataclass(frozen=True, slots=True)
class FreeText:
    """The company is a name beside the contact, or with "" none at all."""

    name: str


Place = Linked | FreeText


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a contact beside its record: accounts by id, and whom it was shared with right before."""

    accounts: Mapping[str, Account] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    ownership: Ownership | None = None


def ownership_of(record: Record) -> Ownership:
    """Read a contact's ownership; an unknown share mode counts as private, the narrowest.

    Of relations that are shown as URIs only nobody can tell whom they name.
    """
    found: dict[str, dict[int, set[str]]] = {name: {role: set() for role in Role} for name in _SHARES}
    for name, key in zip(_SHARES, ("client_id", "unit_id"), strict=True):
        for relation in elements(record, name):
            if isinstance(relation, dict) and not flag_of(relation, "is_deleted"):
                found[name].setdefault(number_of(relation, "role"), set()).add(id_of(relation, key))
    clients, units = found.values()
    return Ownership(
        owner_id=UserId(id_of(record, "owner_id")),
        editor_ids=frozenset(map(UserId, clients[Role.EDITOR])),
        watcher_ids=frozenset(map(UserId, clients[Role.WATCHER])),
        unit_id=id_of(record, "unit_id"),
        share_mode=SHARE_MODES.get(number_of(record, "share_mode"), ShareMode.PRIVATE),
        shares_unread=collapsed_shares(record) > 0,
        editor_unit_ids=frozenset(units[Role.EDITOR]),
        watcher_unit_ids=frozenset(units[Role.WATCHER]),
        type_id=id_of(record, "contact_type_id"),
    )


def collapsed_shares(record: Record) -> int:
    """How many sharing relations, with people or units, are shown as URIs only, so that their roles are unknown."""
    return sum(isinstance(relation, str) for name in _SHARES for relation in elements(record, name))


def is_whole(record: Record, known: Known) -> bool:
    """Whether a record without expanded relations tells all, together with what is known beside it."""
    before = known.ownership
    named = (before.editor_ids, before.watcher_ids, before.editor_unit_ids, before.watcher_unit_ids) if before else ()
    shares = sum(map(len, named))
    account_id = "" if isinstance(record.get(ACCOUNT), dict) else relation_id(record, ACCOUNT)
    return collapsed_shares(record) in {0, shares} and (not account_id or account_id in known.accounts)


def new_body(draft: PipelinerDraft, field_map: FieldMap, place: Place, key_field: str = "") -> Body:
    """Return the body that creates a contact with its company; blank fields are left out.

    Defaults fill only what the contact itself leaves unset.
    """
    body: Body = {"owner_id": draft.owner_id}
    for field in field_map:
        if field.name not in {COMPANY, JOB_TITLE}:
            body |= slots(field, draft.contact[field.name])
    title = draft.contact.text(JOB_TITLE)
    if isinstance(place, Linked):
        body |= {"account_relations": [{"account_id": place.account.id, "is_primary": True}], TITLE_AT_ACCOUNT: title}
    else:
        body |= {QUICK_NAME: place.name, QUICK_TITLE: title}
    body = {name: value for name, value in body.items() if value not in ("", None)}
    if key_field:
        body[key_field] = draft.key
    return {name: value for name, value in draft.defaults.items() if value != ""} | body


def changed_body(changes: Changes, field_map: FieldMap, before: PipelinerContact | None = None) -> Body:
    """Return the body that writes changed fields; company and job title depend on the link, see below.

    What stands in a slot of an address and is none stays there; where it takes the room, addresses of Pipeliner's own
    go before those that come.
    """
    body: Body = {}
    for field in field_map:
        if field.name not in changes or field.name in {COMPANY, JOB_TITLE}:
            continue
        value = changes[field.name]
        free = tuple(name for name in field.pipeliner if before is None or name not in before.occupied)
        if free != field.pipeliner and before is not None and not isinstance(value, str):
            here = {entry_key(field.kind, entry) for entry in before.contact.entries(field.name)}
            new = [entry for entry in value if entry_key(field.kind, entry) not in here]
            left_out = new[len(new) - max(0, len(value) - len(free)) :] if len(value) > len(free) else []
            value = tuple(entry for entry in value if entry not in left_out)
        body |= slots(replace(field, pipeliner=free) if free != field.pipeliner else field, value)
    return body


def title_body(title: str, *, is_linked: bool) -> Body:
    """Return the body that writes a job title where it is read: at the primary account, else beside the name.

    A title cleared at the account would fall back to the one beside the name, so both are cleared.
    """
    if not is_linked:
        return {QUICK_TITLE: title}
    return {TITLE_AT_ACCOUNT: title} if title else {TITLE_AT_ACCOUNT: "", QUICK_TITLE: ""}


def moved_company_body(place: Place, title: str | None) -> Body:
    """Return what the contact itself must hold when its company changes; `title` None leaves it alone.

    At an account the title goes onto the relation. A name or title beside an account stays unseen, so it
    can be written before the account is left.
    """
    body: Body = {QUICK_NAME: place.name} if isinstance(place, FreeText) else {}
    if title is not None and (isinstance(place, FreeText) or not title):
        body[QUICK_TITLE] = title
    return body


def slots(field: Field, value: Value) -> Body:
    """Return every slot of a field: a list's entries in order, "" for the rest; a cleared date is null."""
    if field.kind.is_list:
        entries = (value,) if isinstance(value, str) else value
        padded = [*entries, *[""] * len(field.pipeliner)]
        return dict(zip(field.pipeliner, padded, strict=False))
    text = value if isinstance(value, str) else next(iter(value), "")
    return {field.pipeliner[0]: text or (None if field.kind is Kind.DATE else "")}


def does_not_fit(values: Mapping[str, Value], field_map: FieldMap) -> Refused | None:
    """Refuse a list with more entries than Pipeliner has slots, for what is cut off would be lost."""
    for field in field_map:
        value = values.get(field.name, ())
        if field.kind.is_list and not isinstance(value, str) and len(value) > len(field.pipeliner):
            return Refused(
                "too_many_entries", f"{field.name} has more than {len(field.pipeliner)} entries", field.pipeliner
            )
    return None
