"""Rows and their indexes: what makes ids, changed-since listings and look-ups cost a page, not a table."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

IdKey = tuple[str]
TimeKey = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One version of a record; `values` holds what differs from the defaults and is never changed in place."""

    id: str
    created: datetime
    modified: datetime
    revision: int
    values: Mapping[str, Any]
    is_deleted: bool = False
    is_delete_protected: bool = False


STANDING_NAMES = frozenset({"id", "created", "modified", "revision", "is_deleted", "is_delete_protected"})


def folded(value: Any) -> Any:
    """Fold a value as the hash indexes hold it: text without case."""
    return value.casefold() if isinstance(value, str) else value


class SortedKeys:
    """The ids of one table in two orders: by id, and by time of change."""

    def __init__(self) -> None:
        """Start empty."""
        self.by_id: list[IdKey] = []
        self.by_modified: list[TimeKey] = []

    def add(self, row: Row) -> None:
        """Put a row in its places."""
        insort(self.by_id, (row.id,))
        insort(self.by_modified, (row.modified, row.id))

    def discard(self, row: Row) -> None:
        """Take out a row that was added before."""
        del self.by_id[bisect_left(self.by_id, (row.id,))]
        del self.by_modified[bisect_left(self.by_modified, (row.modified, row.id))]


class RowIndex:
    """One state of a table: rows by id, hash indexes, and (with `is_ordered`) the sorted keys."""

    def __init__(self, hashed: Iterable[str], *, is_ordered: bool) -> None:
        """Start empty; `hashed` are the fields to look rows up by."""
        self.rows: dict[str, Row] = {}
        self._hashes: dict[str, dict[Any, dict[str, None]]] = {name: {} for name in hashed}
        self._is_ordered = is_ordered
        self.all = SortedKeys()
        self.deleted = SortedKeys()

    def put(self, row: Row) -> None:
        """Add a row or replace its earlier version."""
        self.drop(row.id)
        self.rows[row.id] = row
        for name, index in self._hashes.items():
            index.setdefault(folded(row.values.get(name)), {})[row.id] = None
        if self._is_ordered:
            self.all.add(row)
            if row.is_deleted:
                self.deleted.add(row)

    def drop(self, row_id: str) -> None:
        """Forget a row, if it is there."""
        row = self.rows.pop(row_id, None)
        if row is None:
            return
        for name, index in self._hashes.items():
            index[folded(row.values.get(name))].pop(row_id)
        if self._is_ordered:
            self.all.discard(row)
            if row.is_deleted:
                self.deleted.discard(row)

    def is_hashed(self, name: str) -> bool:
        """Whether `find` answers for this field."""
        return name in self._hashes

    def hash_by(self, name: str) -> None:
        """Look rows up by one more field from now on."""
        if name in self._hashes:
            return
        index: dict[Any, dict[str, None]] = {}
        for row in self.rows.values():
            index.setdefault(folded(row.values.get(name)), {})[row.id] = None
        self._hashes[name] = index

    def find(self, name: str, value: Any) -> Iterator[Row]:
        """Yield rows whose field equals the value, case aside, deleted ones too, oldest entry first."""
        for row_id in tuple(self._hashes[name].get(folded(value), ())):
            yield self.rows[row_id]

    def live(self, name: str, value: Any) -> list[Row]:
        """Rows found that are not deleted."""
        return [row for row in self.find(name, value) if not row.is_deleted]


class Table:
    """A table as writers see it (`latest`) and as lists see it (`listed`, maybe some seconds behind)."""

    def __init__(self, hashed: Iterable[str]) -> None:
        """Start empty."""
        names = tuple(hashed)
        self.latest = RowIndex(names, is_ordered=False)
        self.listed = RowIndex(names, is_ordered=True)
        self.hidden: set[str] = set()
        self._pending: list[tuple[datetime, Row]] = []

    def publish(self, row: Row, visible_at: datetime | None) -> None:
        """Show a committed row to lists, at once or when the service's clock reaches `visible_at`."""
        if visible_at is None:
            self._show(row)
        else:
            self._pending.append((visible_at, row))

    def settle(self, now: datetime) -> bool:
        """Show what has become due; tells whether anything was."""
        due = [row for moment, row in self._pending if moment <= now]
        if due:
            self._pending = [entry for entry in self._pending if entry[0] > now]
            for row in due:
                self._show(row)
        return bool(due)

    def _show(self, row: Row) -> None:
        shown = self.listed.rows.get(row.id)
        if shown is None or row.revision >= shown.revision:
            self.listed.put(row)

    def hash_by(self, name: str) -> None:
        """Look rows up by one more field in both states."""
        self.latest.hash_by(name)
        self.listed.hash_by(name)
