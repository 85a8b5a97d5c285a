"""Lists: choosing rows by index, ordering them, cutting out a page.

Plain walks by id and by `modified` read straight from the table's sorted keys, so a page costs a page.
Any other selection is worked out once and kept until something in the space changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from emulators.pipeliner.cursors import SortKey, read_cursor, sort_key, write_cursor
from emulators.pipeliner.filters import Filter
from emulators.pipeliner.list_query import Selection, Window
from emulators.pipeliner.reading import read
from emulators.pipeliner.records import Row
from emulators.pipeliner.space import Space

KEPT_SELECTIONS = 8
_LAST_ID = "\U0010ffff"
_EQUALITY = frozenset({"eq", "ieq"})


@dataclass(frozen=True, slots=True)
class Selected:
    """Sorted keys of which those from `start` to `end` are asked for; `show` gives the row or refuses it."""

    keys: Sequence[SortKey]
    start: int
    end: int
    total: int
    show: Callable[[str], Row | None]
    key_of: Callable[[Sequence[Any], str], SortKey]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows, and what lies around it."""

    rows: tuple[Row, ...]
    total: int
    start_cursor: str | None = None
    end_cursor: str | None = None
    has_previous: bool = False
    has_next: bool = False


class Lister:
    """Answers list requests from the tables of one space."""

    def __init__(self, space: Space) -> None:
        """Start with nothing remembered."""
        self._space = space
        self._kept: dict[tuple[Selection, int, bool], Selected] = {}

    def page(self, selection: Selection, window: Window) -> Page:
        """Return the rows of one page; raises a 400 for a malformed cursor."""
        self._space.settle()
        selected = self._select(selection)
        if window.is_legacy:
            return self._legacy_page(selected, window)
        low, high = selected.start, selected.end
        if window.after is not None:
            low = max(low, bisect_right(selected.keys, self._position(selection, selected, window.after)))
        if window.before is not None:
            high = min(high, bisect_left(selected.keys, self._position(selection, selected, window.before)))
        spots = _spots(selected, window, low, high)
        return self._cut(selection, self._describe(selection, selected, spots))

    def _position(self, selection: Selection, selected: Selected, cursor: str) -> SortKey:
        return selected.key_of(*read_cursor(selection.order, cursor))

    def _legacy_page(self, selected: Selected, window: Window) -> Page:
        shown = (_row(selected, spot) for spot in range(selected.start, selected.end))
        rows = [row for row in shown if row is not None]
        return Page(tuple(rows[window.offset : window.offset + (window.limit or 0)]), selected.total)

    def _describe(self, selection: Selection, selected: Selected, spots: Sequence[int]) -> Page:
        if not spots:
            return Page((), selected.total)
        rows = tuple(row for spot in spots if (row := _row(selected, spot)) is not None)
        before = range(spots[0] - 1, selected.start - 1, -1)
        after = range(spots[-1] + 1, selected.end)
        return Page(
            rows,
            selected.total,
            self._cursor(selection, rows[0]),
            self._cursor(selection, rows[-1]),
            _any_shown(selected, before),
            _any_shown(selected, after),
        )

    def _cursor(self, selection: Selection, row: Row) -> str:
        values = [self._read(selection.plural, row, key.spec) for key in selection.order]
        return write_cursor(values, row.id)

    def _cut(self, selection: Selection, page: Page) -> Page:
        """Shorten the page where the switch asks for it, saying that more follows or denying it."""
        switches = self._space.switches
        limit = switches.listing_cut
        if limit is None or switches.listing_cut_entity not in {"", selection.plural} or len(page.rows) < limit:
            return page
        rows = page.rows[:limit]
        has_next = switches.listing_cut_says_more and (page.has_next or len(page.rows) > limit)
        if not rows:
            return Page((), page.total, has_next=has_next)
        end_cursor = self._cursor(selection, rows[-1])
        return Page(rows, page.total, page.start_cursor, end_cursor, page.has_previous, has_next)

    def _read(self, plural: str, row: Row, spec: Any) -> Any:
        return read(self._space, self._space.listed, plural, row, spec)

    def _select(self, selection: Selection) -> Selected:
        walk = self._plain_walk(selection)
        if walk is not None:
            return walk
        key = (selection, self._space.version, self._space.switches.lists_show_archived)
        if key not in self._kept:
            if len(self._kept) >= KEPT_SELECTIONS:
                self._kept.clear()
            self._kept[key] = self._worked_out(selection)
        return self._kept[key]

    def _plain_walk(self, selection: Selection) -> Selected | None:
        """Read the table's own order when only `modified` is filtered; None when that does not do."""
        if any(item.spec.name != "modified" or item.operator not in _RANGES for item in selection.filters):
            return None
        if not self._space.switches.lists_show_archived:
            return None
        order = [(key.spec.name, key.is_descending) for key in selection.order]
        index = self._space.listed(selection.plural)
        if order == [("modified", False)]:
            keys: Sequence[SortKey] = index.all.by_modified
            span = _span(keys, selection.filters)
            gone: Sequence[SortKey] = index.deleted.by_modified
            absent = _span(gone, selection.filters)
        elif not order and not selection.filters:
            keys, span = index.all.by_id, (0, len(index.all.by_id))
            absent = (0, len(index.deleted.by_id))
        else:
            return None
        hidden = self._space.tables[selection.plural].hidden

        def show(row_id: str) -> Row | None:
            row = index.rows[row_id]
            return None if row_id in hidden or (row.is_deleted and not selection.with_deleted) else row

        total = span[1] - span[0] - (0 if selection.with_deleted else absent[1] - absent[0])
        total -= sum(1 for row_id in hidden if row_id in index.rows and self._fits(selection, index.rows[row_id]))
        return Selected(keys, *span, total, show, lambda values, row_id: (*values, row_id))

    def _worked_out(self, selection: Selection) -> Selected:
        hidden = self._space.tables[selection.plural].hidden
        rows = [row for row in self._candidates(selection) if row.id not in hidden and self._fits(selection, row)]
        by_id = {row.id: row for row in rows}
        order = selection.order

        def key_of(values: Sequence[Any], row_id: str) -> SortKey:
            return sort_key(order, values, row_id)

        keys = sorted(key_of([self._read(selection.plural, row, key.spec) for key in order], row.id) for row in rows)
        return Selected(keys, 0, len(keys), len(keys), by_id.get, key_of)

    def _candidates(self, selection: Selection) -> Iterable[Row]:
        """Return rows that may pass: the fewest an index can name."""
        index = self._space.listed(selection.plural)
        for item in selection.filters:
            if item.spec.name == "id" and item.operator == "eq":
                row = index.rows.get(item.wanted)
                return [] if row is None else [row]
        for item in selection.filters:
            if item.operator in _EQUALITY and index.is_hashed(item.spec.name):
                return list(index.find(item.spec.name, item.wanted)) if item.wanted != "" else index.rows.values()
        ranges = [item for item in selection.filters if item.spec.name == "modified" and item.operator in _RANGES]
        if ranges:
            low, high = _span(index.all.by_modified, ranges)
            return [index.rows[row_id] for _, row_id in index.all.by_modified[low:high]]
        return index.rows.values()

    def _fits(self, selection: Selection, row: Row) -> bool:
        if row.is_deleted and not selection.with_deleted:
            return False
        if row.values.get("is_archived") and not self._space.switches.lists_show_archived:
            return False
        return all(item.accepts(self._read(selection.plural, row, item.spec)) for item in selection.filters)


_RANGES = frozenset({"gt", "gte", "lt", "lte"})


def _span(keys: Sequence[SortKey], filters: Sequence[Filter]) -> tuple[int, int]:
    """Return the part of keys sorted by time that lies within all ranges."""
    low, high = 0, len(keys)
    for item in filters:
        if item.operator == "gte":
            low = max(low, bisect_left(keys, (item.wanted, "")))
        elif item.operator == "gt":
            low = max(low, bisect_right(keys, (item.wanted, _LAST_ID)))
        elif item.operator == "lt":
            high = min(high, bisect_left(keys, (item.wanted, "")))
        else:
            high = min(high, bisect_right(keys, (item.wanted, _LAST_ID)))
    return low, max(low, high)


def _spots(selected: Selected, window: Window, low: int, high: int) -> list[int]:
    """Positions of the page's rows, ascending: the first N, the last M, or the last M of the first N."""
    if window.first is None:
        return _take(selected, range(high - 1, low - 1, -1), window.last or 0)[::-1]
    spots = _take(selected, range(low, high), window.first)
    return spots if window.last is None else spots[-window.last :]


def _take(selected: Selected, walk: Iterable[int], count: int) -> list[int]:
    spots: list[int] = []
    for spot in walk:
        if len(spots) == count:
            break
        if _row(selected, spot) is not None:
            spots.append(spot)
    return spots


def _row(selected: Selected, spot: int) -> Row | None:
    return selected.show(selected.keys[spot][-1])


def _any_shown(selected: Selected, walk: Iterable[int]) -> bool:
    return bool(_take(selected, walk, 1))
