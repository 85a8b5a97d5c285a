"""What the state holds of one person: the rows that mention them, found, followed from id to id, and erased.

A person is sought by a contact's id or by an e-mail address. Ids lead to further ids (a link names both contacts, a
history entry too, and one Pipeliner contact may lie in several connections), so they are followed until none is new.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sync_core.domain import Contact, Run, Side, address_key
from sync_core.engine.ports import Stream
from sync_core.state.askers import ASKER
from sync_core.state.audit import AUDIT
from sync_core.state.creates import journal_of
from sync_core.state.feed import seen_key
from sync_core.state.feed_turn import StoredFeedTurn
from sync_core.state.index_lookup import SideLookup
from sync_core.state.index_rows import INDEX_ROWS, folder_place, reference, space_place, without_contacts
from sync_core.state.keyed import KeyedHash
from sync_core.state.lease import Fence, Tenant, Writer, take_lease
from sync_core.state.record_rows import attention_of, recorded_of, run_json
from sync_core.state.rows import (
    ATTENTION,
    HISTORY,
    INDEX,
    JOURNAL,
    LINK,
    OPENING_END,
    OUTLOOK_LOOK,
    RUN,
    WORK_START,
    body,
    compact,
    fitting,
    index_entry_of,
    link_of,
    parsed,
)
from sync_core.state.run_rows import outlook_look_of
from sync_core.storage import Operation, Put, Remove, Row, Store, Table, batches, find_rows, read_pages, remove_rows

_PAGE = 200
_EMAILS = "emails"
_NEVER = re.compile(r"(?!)")
_INDEXES = tuple(INDEX.values())


@dataclass(slots=True)
class Subject:
    """Whom the state is searched for: ids of contacts and links, and an e-mail address as `address_key` writes it."""

    ids: set[str] = field(default_factory=set)
    email: str = ""
    connection_id: str = ""
    hashes: frozenset[str] = frozenset()
    """By which the indexes name the contacts of these ids."""

    def pattern(self) -> re.Pattern[str]:
        """Return what finds any of it in a text, as a whole word."""
        words = [rf"(?<![\w+/=-]){re.escape(one)}(?![\w+/=-])" for one in sorted(self.ids | self.hashes)]
        if self.email:
            words.append(rf"(?<![\w.+%-])(?ai:{re.escape(self.email)})(?!-|\.?\w)")
        if self.connection_id:  # the ids of its runs begin with it
            words.append(rf"(?<![0-9A-Za-z]){re.escape(self.connection_id)}(?![0-9A-Za-z])")
        return re.compile("|".join(words)) if words else _NEVER


@dataclass(frozen=True, slots=True)
class Mention:
    """A row that mentions what was sought."""

    table: Table
    partition: str
    key: str


@dataclass(frozen=True, slots=True)
class _Known:
    """One contact as one row knows it; `link_id` is "" where the row names none."""

    ids: frozenset[str]
    emails: frozenset[str] = frozenset()
    link_id: str = ""


async def survey(store: Store, subject: Subject) -> AsyncIterator[Mention]:
    """Read the whole state, also partitions that nothing leads to, and yield every row that mentions the subject."""
    pattern = subject.pattern()
    for table in Table:
        for partition in await store.partitions(table):
            if partition.startswith(AUDIT):  # it outlasts what was done, and names no contact
                continue
            async for rows in read_pages(store, table, partition, "", rows=_PAGE):
                for row in rows:
                    if mentions(row, pattern):
                        yield Mention(table, partition, row.key)


def mentions(row: Row, pattern: re.Pattern[str]) -> bool:
    """Whether a row's key, or any text in its body, holds what is sought."""
    try:
        content = parsed(row.body)
    except ValueError:  # the row that reserves a folder holds a bare id
        content = row.body
    return mentions_in([row.key, content], pattern)


def mentions_in(content: Any, pattern: re.Pattern[str]) -> bool:
    """Whether any text of a part of a row's body holds what is sought."""
    return any(pattern.search(text) for text in _texts(content))


async def follow(store: Store, subject: Subject, keyed: KeyedHash, handles: Collection[str] = ()) -> None:
    """Add to a subject all ids under which the state knows the same contact, and the hashes of all ids.

    `handles` are those that the address makes: whoever holds one by an index is the same contact.
    """
    subject.ids |= await _unlinked_holders(store, keyed, handles)
    count = -1
    while count != len(subject.ids):
        count = len(subject.ids)
        for partition in await store.partitions(Table.SYNC):
            others: set[str] = set()
            async for rows in read_pages(store, Table.SYNC, partition, "", rows=_PAGE):
                for row, known in ((one, known) for one in rows for known in _known_in(one)):
                    is_theirs = not subject.ids.isdisjoint(known.ids)
                    # A living contact that has another address now is not the person who has the sought one.
                    if is_theirs or (subject.email in known.emails and known.link_id not in others):
                        subject.ids |= known.ids
                    elif row.key.startswith(LINK):
                        others.add(known.link_id)

    subject.hashes = frozenset(reference(keyed, one) for one in subject.ids)


async def _unlinked_holders(store: Store, keyed: KeyedHash, handles: Collection[str]) -> set[str]:
    """Return who holds any of these handles and has no link; a link itself tells which addresses its contacts have."""
    tokens = frozenset(map(keyed.token, handles))
    connections = await store.partitions(Table.SYNC) if tokens else []
    places = [folder_place(one) for one in connections]
    places += [space_place(one) for one in await store.partitions(Table.SPACES)] if tokens else []
    held: set[str] = set()
    for place in places:
        held |= await SideLookup(store, place, Side.PIPELINER, keyed).ids_of(tokens)
    for connection_id in connections if held else ():
        keys = {prefix + one: one for prefix in _INDEXES for one in held}
        held -= {keys[key] for key in await find_rows(store, Table.SYNC, connection_id, keys)}
    return held


def _known_in(row: Row) -> Iterator[_Known]:
    if row.key.startswith(LINK):
        link = link_of(row)
        both = _emails(link.baselines.outlook) | _emails(link.baselines.pipeliner)
        yield _known(link.id, link.outlook_id, link.pipeliner_id, emails=both, link_id=link.id)
    elif row.key.startswith(JOURNAL):
        for intent in journal_of(row):
            ids = (intent.link_id, intent.outlook_id, intent.pipeliner_id)
            yield _known(*ids, emails=_emails(intent.draft), link_id=intent.link_id)
    elif row.key.startswith(OUTLOOK_LOOK):
        work = outlook_look_of(row)
        traits_of_0_1 = parsed(row.body).get("traits", {})
        yield _known(work.id, work.stored_id, emails=frozenset(traits_of_0_1.get("emails", ())))
    elif row.key.startswith(ATTENTION):
        item = attention_of(row)
        yield _known(item.outlook_id, item.pipeliner_id, item.link_id)
    elif row.key.startswith(HISTORY):
        for recorded in recorded_of(row):
            entry = recorded.entry
            values = [
                value for change in entry.changes if change.field == _EMAILS for value in (change.old, change.new)
            ]
            emails = frozenset(email for value in values for email in Contact({_EMAILS: value}).entries(_EMAILS))
            yield _known(entry.link_id, entry.outlook_id, entry.pipeliner_id, emails=emails, link_id=entry.link_id)
    elif row.key.startswith(_INDEXES):
        link_id = index_entry_of(row).link_id
        yield _known(
            *(row.key.removeprefix(one) for one in _INDEXES if row.key.startswith(one)), link_id, link_id=link_id
        )


def _known(*ids: str | None, emails: frozenset[str] = frozenset(), link_id: str = "") -> _Known:
    return _Known(frozenset(one for one in ids if one), frozenset(map(address_key, emails)), link_id)


def _emails(contact: Contact) -> frozenset[str]:
    return frozenset(contact.entries(_EMAILS))


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for name, value in content.items():
            yield name
            yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)


@dataclass(slots=True)
class Erasure:
    """The erasing of one contact from one connection; all leases are taken before the first row goes."""

    store: Store
    tenant: Tenant
    run_id: str
    _fence: Fence = field(init=False)
    _writer: Writer = field(init=False)

    @property
    def rows(self) -> int:
        """How many rows were erased so far."""
        return self._writer.stored

    async def begin(self) -> None:
        """Take the lease. Raises LeaseTaken while a run runs."""
        self._fence = await take_lease(self.store, self.tenant, self.run_id)
        self._writer = Writer(self._fence)

    async def erase(self, subject: Subject) -> int:
        """Remove or rewrite every row that holds something of the subject; returns how many rows were touched."""
        pattern = subject.pattern()
        async for rows in read_pages(self.store, Table.SYNC, self.tenant.connection_id, "", rows=_PAGE):
            await self._fence.renew_lease()
            for row in rows:
                operation = erasing(row, subject, pattern)
                if operation is not None:
                    await self._writer.write([operation], links_change=-int(row.key.startswith(LINK)))
        await self._writer.flush()
        return self.rows

    async def end(self, run: Run) -> None:
        """Return the lease, and write down that something was erased, not what."""
        await self._fence.store([Put(RUN + run.id, body(run_json(run)))], last=run)


def erasing(row: Row, subject: Subject, pattern: re.Pattern[str]) -> Operation | None:
    """Return what erases the subject from a row; None where there is nothing of it, or the row is another contact's."""
    key = row.key
    if key.startswith(LINK):
        return Remove(key) if key.removeprefix(LINK) in subject.ids else None
    if key.startswith(_INDEXES):
        ids = {index_entry_of(row).link_id, *(key.removeprefix(one) for one in _INDEXES)}
        return None if ids.isdisjoint(subject.ids) else Remove(key)
    if key.startswith(INDEX_ROWS):
        left = without_contacts(row, subject.ids, subject.hashes)
        return Put(key, left, row.etag) if left is not None else None
    return _without_mention(row, pattern) if mentions(row, pattern) else None


def _without_mention(row: Row, pattern: re.Pattern[str]) -> Operation | None:
    """Return what is left of a row that is no link's; None where the row holds no more than a place, which moves on."""
    key = row.key
    if key.startswith(ATTENTION) or WORK_START <= key < OPENING_END:
        return Remove(key, row.etag)
    if key.startswith(JOURNAL):
        left = [intent for intent in parsed(row.body) if not mentions_in(intent, pattern)]
        return Put(key, body(left), row.etag) if left else Remove(key, row.etag)
    if key.startswith(HISTORY):
        stored = parsed(row.body)
        # Those that stay keep their places, of which their ids are made.
        entries: list[Any] = [None if mentions_in(entry, pattern) else entry for entry in stored["entries"]]
        left_over = fitting(compact(stored | {"entries": entries}))
        return Put(key, left_over, row.etag) if any(entries) else Remove(key, row.etag)
    return Put(key, body(parsed(row.body) | {"message": ""}), row.etag) if key.startswith(RUN) else None


async def values_of(store: Store, subject: Subject) -> list[Contact]:
    """Return what links and history hold of a subject, in parts: who they are stands in several of these at most."""
    keys = [LINK + one for one in sorted(subject.ids)]
    found: list[Contact] = []
    for partition in await store.partitions(Table.SYNC):
        for row in (await store.get_many(Table.SYNC, partition, keys)).values():
            baselines = link_of(row).baselines
            found += (baselines.outlook, baselines.pipeliner)
        async for rows in read_pages(store, Table.SYNC, partition, HISTORY, rows=_PAGE):
            for entry in (recorded.entry for row in rows for recorded in recorded_of(row)):
                if not subject.ids.isdisjoint({entry.link_id, entry.outlook_id or "", entry.pipeliner_id or ""}):
                    found.append(Contact({change.field: change.old for change in entry.changes}))
                    found.append(Contact({change.field: change.new for change in entry.changes}))
    return found


async def living_links(store: Store, connection_id: str, subject: Subject) -> list[str]:
    """Return the ids of the subject's links in a connection, and of its creates that are under way."""
    keys = [LINK + one for one in sorted(subject.ids)]
    found = [key.removeprefix(LINK) for key in await store.get_many(Table.SYNC, connection_id, keys)]
    async for rows in read_pages(store, Table.SYNC, connection_id, JOURNAL):
        found += [intent.link_id for row in rows for intent in journal_of(row) if intent.link_id in subject.ids]
    return found


async def erase_in_index(turn: StoredFeedTurn, subject: Subject) -> int:
    """Take the subject's contacts out of the index of the space, in a turn that has begun; returns how many rows."""
    changed = [
        Put(row.key, left)
        async for row in turn.index_rows()
        if (left := without_contacts(row, subject.ids, subject.hashes)) is not None
    ]
    for operations in batches(changed):
        await turn.store(operations)
    return len(changed)


async def forget_in_feed(store: Store, subject: Subject) -> int:
    """Let the feed forget who had the contact or asked about it; returns how many rows went. Raises RowConflict."""
    removed = 0
    keys = [key for one in sorted(subject.ids) for key in (seen_key(Stream.CONTACTS, one), ASKER + one)]
    for space_id in await store.partitions(Table.SPACES):
        rows = await store.get_many(Table.SPACES, space_id, keys)
        await remove_rows(store, Table.SPACES, space_id, list(rows.values()))
        removed += len(rows)
    return removed
