"""Rulings as rows of a space, and how these are changed.

A row lies under the hash of one handle and holds an entry for each ruling that has this handle; names that were ruled
on twice, about different contacts, do so. Entries tell who ruled, when, what, and the ids that it was made of; of names
and identifiers nothing but hashes, by which a purge finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sync_core.domain import Concerned, Ruling, RulingKind
from sync_core.errors import RowConflict, StoreUnavailable
from sync_core.state.rows import body, parsed, reads_row, time_of, without_blanks
from sync_core.storage import (
    Insert,
    Operation,
    Put,
    Remove,
    Row,
    Store,
    Table,
    batches,
    find_rows,
    read_pages,
)

RULING = "ruling."
"""Prefix of the keys in the space's partition; the token of a handle follows."""
_TRIES = 5


@dataclass(frozen=True, slots=True)
class RulingEntry:
    """One ruling under one handle; `mailbox` and `traces` are tokens, `seen` is when its contacts were last seen."""

    ruling: Ruling
    mailbox: str
    traces: frozenset[str] = field(default_factory=frozenset)
    seen: datetime | None = None

    @property
    def last_seen(self) -> datetime:
        """When its contacts were last seen; they were when it was made."""
        return self.seen or self.ruling.at


Change = Callable[[RulingEntry], RulingEntry | None]
"""Returns what becomes of an entry: itself, another one, or None where it goes."""


async def erase_rulings(store: Store, ids: Collection[str], tokens: Collection[str]) -> int:
    """Remove all rulings about a person, in every space, found by ids and by hashes; returns how many rows changed."""
    theirs, traces = frozenset(ids), frozenset(tokens)

    def without(entry: RulingEntry) -> RulingEntry | None:
        is_theirs = not theirs.isdisjoint(entry.ruling.about.ids) or not traces.isdisjoint(entry.traces)
        return None if is_theirs else entry

    return sum([await rewrite_rulings(store, space_id, without) for space_id in await store.partitions(Table.SPACES)])


async def end_rulings(store: Store, space_id: str, oldest: datetime) -> int:
    """Remove the rulings whose contacts nobody has seen since a time; returns how many rows changed."""
    return await rewrite_rulings(store, space_id, lambda entry: entry if entry.last_seen >= oldest else None)


async def rewrite_rulings(
    store: Store,
    space_id: str,
    change: Change,
    added: Mapping[str, Sequence[RulingEntry]] | None = None,
) -> int:
    """Change the entries of all rows, and add others; returns how many rows changed.

    Each row is written over the version that was read; one that changes meanwhile is read again.
    """
    changed = 0
    for _ in range(_TRIES):
        try:
            async for rows in read_pages(store, Table.SPACES, space_id, RULING):
                for operations in batches(_changed(rows, change)):
                    await store.transact(Table.SPACES, space_id, operations)
                    changed += len(operations)
            current = await find_rows(store, Table.SPACES, space_id, added) if added else {}
            for operations in batches(_with(current, added or {})):
                await store.transact(Table.SPACES, space_id, operations)
                changed += len(operations)
        except RowConflict:
            continue
        return changed
    raise StoreUnavailable("rulings change too fast to be written; try again")


def _changed(rows: Iterable[Row], change: Change) -> Iterator[Operation]:
    for row in rows:
        entries = entries_of(row)
        left = tuple(entry for entry in map(change, entries) if entry is not None)
        if not left:
            yield Remove(row.key, row.etag)
        elif left != entries:
            yield Put(row.key, _row_body(left), row.etag)


def _with(current: Mapping[str, Row], added: Mapping[str, Sequence[RulingEntry]]) -> Iterator[Operation]:
    for key, entries in added.items():
        if key not in current:
            yield Insert(key, _row_body(entries))
            continue
        new = {entry.ruling.id for entry in entries}  # an earlier try may have stored them
        before = [entry for entry in entries_of(current[key]) if entry.ruling.id not in new]
        yield Put(key, _row_body((*before, *entries)), current[key].etag)


def _row_body(entries: Iterable[RulingEntry]) -> str:
    return body(
        [
            without_blanks(
                ruling=entry.ruling.id,
                kind=entry.ruling.kind,
                by=entry.ruling.by,
                at=entry.ruling.at,
                mailbox=entry.mailbox,
                space=int(entry.ruling.for_space),
                outlook=entry.ruling.about.outlook_ids,
                pipeliner=entry.ruling.about.pipeliner_ids,
                links=entry.ruling.about.link_ids,
                traces=sorted(entry.traces) or None,
                seen=entry.seen,
            )
            for entry in entries
        ]
    )


@reads_row
def entries_of(row: Row) -> tuple[RulingEntry, ...]:
    """Read the entries of a row."""
    return tuple(
        RulingEntry(
            Ruling(
                stored["ruling"],
                RulingKind(stored["kind"]),
                stored.get("by", ""),
                datetime.fromisoformat(stored["at"]),
                bool(stored.get("space")),
                Concerned(*(tuple(stored.get(name, ())) for name in ("outlook", "pipeliner", "links"))),
            ),
            stored["mailbox"],
            frozenset(stored.get("traces", ())),
            time_of(stored.get("seen")),
        )
        for stored in parsed(row.body)
    )
