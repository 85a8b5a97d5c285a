"""What the state holds of somebody: the ids under which a contact is kept, and the rows that mention him.

A person is sought by a contact's id or by an e-mail address. Ids lead to further ids (a link names both contacts, a
history entry too, and one Pipeliner contact may lie in several connections), so they are followed until none is new.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

from sync_core.domain.contact import Contact, Side
from sync_core.state.link_rows import index_entry_of, link_of
from sync_core.state.lookup import Pages
from sync_core.state.pass_rows import journal_of, outlook_work_of
from sync_core.state.record_rows import attention_of, recorded_of
from sync_core.state.rows import ATTENTION, HISTORY, JOURNAL, LINK, OUTLOOK_WORK, index_prefix, parsed
from sync_core.state.store import Row, Store, Table

PAGE = 200

_EMAILS = "emails"
_NEVER = re.compile(r"(?!)")


@dataclass(slots=True)
class Subject:
    """Whom the state is searched for: ids of contacts and links, and an e-mail address in lower case."""

    ids: set[str] = field(default_factory=set)
    email: str = ""
    connection_id: str = ""

    def pattern(self) -> re.Pattern[str]:
        """Give what finds any of it in a text, as a whole word."""
        words = [rf"(?<![\w+/=-]){re.escape(one)}(?![\w+/=-])" for one in sorted(self.ids)]
        if self.email:
            words.append(rf"(?i:(?<![\w.+%-]){re.escape(self.email)}(?!-|\.?\w))")
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
    """Read the whole state, partitions that nothing leads to included, and give every row that mentions the subject."""
    pattern = subject.pattern()
    async for table, partition, rows in _everything(store):
        for row in rows:
            if mentions(row, pattern):
                yield Mention(table, partition, row.key)


def mentions(row: Row, pattern: re.Pattern[str]) -> bool:
    """Whether a row's key, or any text in its body, holds what is sought."""
    return any(pattern.search(text) for text in (row.key, *_texts(_content(row))))


def mentions_in(content: Any, pattern: re.Pattern[str]) -> bool:
    """Whether any text of a part of a row's body holds what is sought."""
    return any(pattern.search(text) for text in _texts(content))


async def follow(store: Store, subject: Subject) -> None:
    """Add to a subject all ids under which the state knows the same contact."""
    known = -1
    while known != len(subject.ids):
        known = len(subject.ids)
        for partition in await store.partitions(Table.SYNC):
            await _follow_in(store, partition, subject)


async def _follow_in(store: Store, partition: str, subject: Subject) -> None:
    others: set[str] = set()
    async for rows in Pages(store, Table.SYNC, partition, "", rows=PAGE):
        for row in rows:
            for known in _known_in(row):
                is_his = not subject.ids.isdisjoint(known.ids)
                # A living contact that has another address now is not the person who has the sought one.
                if is_his or (subject.email in known.emails and known.link_id not in others):
                    subject.ids |= known.ids
                elif row.key.startswith(LINK):
                    others.add(known.link_id)


def _known_in(row: Row) -> Iterator[_Known]:
    if row.key.startswith(LINK):
        link = link_of(row)
        both = _emails(link.baselines.outlook) | _emails(link.baselines.pipeliner)
        yield _known(link.id, link.outlook_id, link.pipeliner_id, emails=both, link_id=link.id)
    elif row.key.startswith(JOURNAL):
        for intent in journal_of(row):
            ids = (intent.link_id, intent.outlook_id, intent.pipeliner_id)
            yield _known(*ids, emails=_emails(intent.draft), link_id=intent.link_id)
    elif row.key.startswith(OUTLOOK_WORK):
        work = outlook_work_of(row)
        yield _known(work.id, work.stored_id, emails=work.traits.emails if work.traits else frozenset())
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
    else:
        yield from _known_in_index(row)


def _known_in_index(row: Row) -> Iterator[_Known]:
    for prefix in map(index_prefix, Side):
        if row.key.startswith(prefix):
            link_id = index_entry_of(row).link_id
            yield _known(row.key.removeprefix(prefix), link_id, link_id=link_id)


def _known(*ids: str | None, emails: frozenset[str] = frozenset(), link_id: str = "") -> _Known:
    return _Known(frozenset(one for one in ids if one), frozenset(map(str.casefold, emails)), link_id)


def _emails(contact: Contact) -> frozenset[str]:
    return frozenset(contact.entries(_EMAILS))


async def _everything(store: Store) -> AsyncIterator[tuple[Table, str, list[Row]]]:
    for table in Table:
        for partition in await store.partitions(table):
            async for rows in Pages(store, table, partition, "", rows=PAGE):
                yield table, partition, rows


def _content(row: Row) -> Any:
    try:
        return parsed(row.body)
    except ValueError:  # the row that reserves a folder holds a bare id
        return row.body


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
