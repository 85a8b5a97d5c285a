"""From Pipeliner's JSON to our contact, by the field map; no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sync_core.domain.contact import Contact, PipelinerId, Value
from sync_core.domain.fields import COMPANY, EMAILS, GIVEN_NAME, JOB_TITLE, SURNAME, Field, FieldMap
from sync_core.domain.sides import Ownership, PipelinerContact
from sync_core.pipeliner.client import Query
from sync_core.pipeliner.ownership import OWNERSHIP_FIELDS, collapsed_shares, ownership_of
from sync_core.pipeliner.records import Record, expanded, flag_of, id_of, number_of, relation_id, text_of, time_of

ACCOUNT = "primary_account"
QUICK_NAME = "quick_account_name"
TITLE_AT_ACCOUNT = "account_position"
QUICK_TITLE = "position"

_EXPANDED = (ACCOUNT, "sharing_clients")
_STANDING = ("id", "revision", "modified", "is_deleted", "is_archived", f"{ACCOUNT}.id", f"{ACCOUNT}.name")
_SPECIAL = {COMPANY: (QUICK_NAME,), JOB_TITLE: (TITLE_AT_ACCOUNT, QUICK_TITLE)}
MATCHED_BY = frozenset({GIVEN_NAME, SURNAME, EMAILS, COMPANY})


@dataclass(frozen=True, slots=True)
class ContactView:
    """Which fields of a contact are asked for, and how its records are read."""

    field_map: FieldMap
    key_field: str = ""

    @property
    def rows(self) -> tuple[Field, ...]:
        """Rows of the map that travel at all."""
        return tuple(self.field_map)

    def maps(self, name: str) -> bool:
        """Whether a field of that name is in the map."""
        return any(row.name == name for row in self.rows)

    def only(self, names: Iterable[str]) -> ContactView:
        """Give the view of some fields alone."""
        wanted = frozenset(names)
        return replace(self, field_map=FieldMap(tuple(row for row in self.rows if row.name in wanted)))

    def query(self, prefix: str = "") -> Query:
        """Parameters that make Pipeliner show what `contact` reads; `prefix` for contacts below a relation."""
        expand = [f"{prefix}{name}" for name in _EXPANDED]
        parent = [prefix.rstrip(".")] if prefix else []
        load = [f"{prefix}{name}" for name in self._api_names()]
        return (("expand", ",".join([*parent, *expand])), ("load-only", ",".join(load)))

    def _api_names(self) -> Iterator[str]:
        yield from _STANDING
        yield from OWNERSHIP_FIELDS
        for row in self.rows:
            yield from _SPECIAL.get(row.name, row.pipeliner)
        if self.key_field:
            yield self.key_field

    def contact(self, record: Record, known: Known | None = None) -> PipelinerContact:
        """Read a record; raises ServiceUnavailable when it has no readable id or time.

        `known` fills in what a record without expanded relations cannot tell; see `is_whole`.
        """
        account = _account(record, known)
        values = {row.name: self._value(row, record, account) for row in self.rows}
        return PipelinerContact(
            id=PipelinerId(id_of(record)),
            revision=number_of(record, "revision"),
            modified=time_of(record, "modified"),
            contact=Contact({name: value for name, value in values.items() if value}),
            ownership=_ownership(record, known),
            account_id=account.id if account else "",
            is_deleted=flag_of(record, "is_deleted"),
            is_archived=flag_of(record, "is_archived"),
        )

    def _value(self, row: Field, record: Record, account: Account | None) -> Value:
        if row.name == COMPANY:
            return (account.name if account else "") or text_of(record, QUICK_NAME)
        if row.name == JOB_TITLE:
            at_account = text_of(record, TITLE_AT_ACCOUNT) if account else ""
            return at_account or text_of(record, QUICK_TITLE)
        texts = tuple(text_of(record, name) for name in row.pipeliner)
        return tuple(text for text in texts if text.strip()) if row.kind.is_list else texts[0]


@dataclass(frozen=True, slots=True)
class Account:
    """A company as Pipeliner has it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a contact beside its record: accounts by id, and whom it was shared with right before."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    ownership: Ownership | None = None


def _account(record: Record, known: Known | None) -> Account | None:
    shown = expanded(record, ACCOUNT)
    if shown is not None:
        return Account(id_of(shown), text_of(shown, "name"))
    account_id = relation_id(record, ACCOUNT)
    if not account_id:
        return None
    found = known.accounts.get(account_id) if known else None
    return found or Account(account_id, "")


def _ownership(record: Record, known: Known | None) -> Ownership:
    shown = ownership_of(record)
    before = known.ownership if known else None
    if not collapsed_shares(record) or before is None:
        return shown
    return replace(shown, editor_ids=before.editor_ids, watcher_ids=before.watcher_ids)


def is_whole(record: Record, known: Known) -> bool:
    """Whether a record without expanded relations tells all, together with what is known beside it."""
    before = known.ownership
    shares = len(before.editor_ids) + len(before.watcher_ids) if before else 0
    account_id = "" if expanded(record, ACCOUNT) is not None else relation_id(record, ACCOUNT)
    return collapsed_shares(record) in {0, shares} and (not account_id or account_id in known.accounts)
