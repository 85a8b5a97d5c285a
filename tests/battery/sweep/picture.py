"""What there is in the end, by content: ids, times and versions do not matter, everything else does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from emulators.graph.mailbox import Mailbox
from emulators.memory_store import MemoryStore
from emulators.pipeliner.records import Row
from sync_core.domain import Link, Reason
from sync_core.state.connection_record import RECORD
from sync_core.state.lease import lease_of
from sync_core.state.record_rows import attention_of
from sync_core.state.rows import ATTENTION, INDEX, JOURNAL, LEASE, LINK, OPENING_END, link_of
from sync_core.storage import Row as StoredRow
from sync_core.storage import Table
from tests.battery.sweep.frozen import Services

Content = tuple[str, ...]
_CONTENTS = ("outlook", "customers", "accounts", "links", "attention", "connections", "left_behind")
_IDS = ("outlook_ids", "pipeliner_ids")
_UNSPOKEN = frozenset({"modified_by_user", "cf_link"})
"""Fields of a Pipeliner contact that differ from run to run: a time, and the key field that holds a link's id."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Both services and the state, in a form that two runs share."""

    outlook: Content
    customers: Content
    accounts: Content
    links: Content
    attention: Content
    connections: Content
    left_behind: Content
    outlook_ids: frozenset[str]
    pipeliner_ids: frozenset[str]

    def differences(self, other: Picture, known: Picture) -> list[str]:
        """Return what differs; of ids only those that were `known` before count."""
        found = [
            f"{name}: {_difference(getattr(self, name), getattr(other, name))}"
            for name in _CONTENTS
            if getattr(self, name) != getattr(other, name)
        ]
        for name in _IDS:
            old = getattr(known, name)
            if getattr(self, name) & old != getattr(other, name) & old:
                found.append(f"{name}: other contacts than before are alive")
        return found

    def without(self, surname: str) -> Picture:
        """The same without what concerns one contact: its edits may have become items of what may not be sent, too."""

        def kept(lines: Content) -> Content:
            return tuple(line for line in lines if surname not in line)

        def kept_ids(ids: frozenset[str]) -> frozenset[str]:
            return frozenset(one for one in ids if surname not in one)

        return Picture(
            outlook=kept(self.outlook),
            customers=kept(self.customers),
            accounts=self.accounts,
            links=kept(self.links),
            attention=tuple(line for line in self.attention if not line.startswith(Reason.READ_ONLY)),
            connections=self.connections,
            left_behind=self.left_behind,
            outlook_ids=kept_ids(self.outlook_ids),
            pipeliner_ids=kept_ids(self.pipeliner_ids),
        )

    def named(self, surname: str) -> dict[str, int]:
        """How many living contacts of a last name each service has."""
        return {
            "Outlook": sum(surname in line for line in self.outlook),
            "Pipeliner": sum(surname in line for line in self.customers if line.startswith("{")),
        }

    def is_linked(self, surname: str) -> bool:
        """Whether a contact of that last name is linked, with both sides alive."""
        return any(line.startswith("linked") and line.count(surname) == 2 for line in self.links)


def take_picture(services: Services, store: MemoryStore) -> Picture:
    """Look at everything."""
    crm = services.crm.space
    rows = crm.latest("Contacts").rows
    names = {key: _customer_name(row) for key, row in rows.items()}
    accounts = crm.latest("Accounts").rows
    mailboxes = {user.upn: user.mailbox for user in services.graph.tenant.users}
    stored = stored_rows(store)
    shown = {key: name for mailbox in mailboxes.values() for key, name in _outlook_names(mailbox).items()}
    return Picture(
        outlook=_sorted(line for upn, mailbox in mailboxes.items() for line in _outlook_lines(upn, mailbox, names)),
        customers=_sorted(_customer_line(row) for row in rows.values())
        + _sorted(_relation_line(row, names, accounts) for row in _living(crm.latest("ContactAccountRelations").rows)),
        accounts=_sorted(str(row.values["name"]) for row in _living(accounts)),
        links=_sorted(_link_lines(stored, shown, names)),
        attention=_sorted(_attention_line(row) for row in stored if row.key.startswith(ATTENTION)),
        connections=_connection_lines(store),
        left_behind=_sorted(_left_behind(stored)),
        outlook_ids=frozenset(f"{name} {key}" for key, name in shown.items()),
        pipeliner_ids=frozenset(f"{names[row.id]} {row.id}" for row in _living(rows)),
    )


def _outlook_lines(upn: str, mailbox: Mailbox, names: Mapping[str, str]) -> Iterable[str]:
    for folder in mailbox.folders.by_id.values():
        for contact in folder.listing:
            fields = {name: value for name, value in contact.fields.items() if value}
            stored = sorted(names.get(value.rpartition("/")[2], "nobody") for value in contact.extended.values())
            yield f"{upn} {folder.name} {json.dumps(fields, sort_keys=True)} {stored}"


def _outlook_names(mailbox: Mailbox) -> dict[str, str]:
    return {
        contact.ids.immutable: f"{contact.fields['givenName']} {contact.fields['surname']}"
        for folder in mailbox.folders.by_id.values()
        for contact in folder.listing
    }


def _living(rows: Mapping[str, Row]) -> list[Row]:
    return [row for row in rows.values() if not row.is_deleted]


def _customer_name(row: Row) -> str:
    return f"{row.values.get('first_name', '')} {row.values.get('last_name', '')}"


def _customer_line(row: Row) -> str:
    values = {name: str(value) for name, value in row.values.items() if value and name not in _UNSPOKEN}
    return f"{'deleted ' if row.is_deleted else ''}{json.dumps(values, sort_keys=True)}"


def _relation_line(row: Row, names: Mapping[str, str], accounts: Mapping[str, Row]) -> str:
    values = row.values
    account = accounts[values["account_id"]].values["name"]
    return f"at {account}: {names[values['contact_id']]} {values.get('is_primary')} {values.get('position')}"


def stored_rows(store: MemoryStore) -> list[StoredRow]:
    """All rows of all connections."""
    return list(store.rows(Table.SYNC))


def _link_lines(stored: Iterable[StoredRow], outlook: Mapping[str, str], pipeliner: Mapping[str, str]) -> list[str]:
    links = [link_of(row) for row in stored if row.key.startswith(LINK)]
    return [
        f"{_mark(link)}: {outlook.get(link.outlook_id, '-')} / {pipeliner.get(link.pipeliner_id, '-')}"
        for link in links
    ]


def _mark(link: Link) -> str:
    """What a link says of its contacts: that changes travel, that they do not, or that we began to delete one."""
    if link.absent is None:
        return "linked"
    return "dormant" if link.is_dormant else f"deleting in {link.absent.side}"


def _attention_line(row: StoredRow) -> str:
    item = attention_of(row)
    return f"{item.reason} {item.fields}"


def _connection_lines(store: MemoryStore) -> Content:
    records = [json.loads(row.body) for row in store.rows(Table.CONNECTIONS) if row.key.startswith(RECORD)]
    return _sorted(f"{one['mailbox']} {one['status']} {one['reason']} {one['failures']}" for one in records)


def _left_behind(stored: Iterable[StoredRow]) -> Iterable[str]:
    """Journal, work, a lease that is held, and index rows without a link or links without their index rows."""
    counts: Counter[str] = Counter()
    for row in stored:
        if JOURNAL <= row.key < OPENING_END:
            yield row.key[:6]
        if row.key == LEASE and lease_of(row).holder:
            yield "a lease"
        counts.update(prefix for prefix in (LINK, *INDEX.values()) if row.key.startswith(prefix))
    if len({counts[prefix] for prefix in (LINK, *INDEX.values())}) > 1:
        yield f"index rows: {dict(counts)}"


def _sorted(lines: Iterable[str]) -> Content:
    return tuple(sorted(lines))


def _difference(mine: Content, other: Content) -> str:
    more, less = Counter(mine) - Counter(other), Counter(other) - Counter(mine)
    return f"expected {sorted(less.elements())}, found {sorted(more.elements())}"


def writes_of(services: Services) -> int:
    """How many writing requests both services have had."""
    kinds = services.graph.requests + services.crm.requests
    reading = {kind for kind in kinds if kind.removeprefix("part ").startswith("GET") or kind == "POST $batch"}
    return sum(count for kind, count in kinds.items() if kind not in reading)
