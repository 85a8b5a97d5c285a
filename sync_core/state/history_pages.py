"""A connection's history in bounded pages: however rare what is sought, one page reads so many rows and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync_core.domain import Recorded
from sync_core.errors import NotFound
from sync_core.state.record_rows import recorded_of, row_of_recorded
from sync_core.state.rows import HISTORY
from sync_core.storage import Store, Table, read_pages

MOST_ROWS = 1_000
"""Rows that one page reads; a run that did much has several."""
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Entries, newest first; `next` is where the page after it begins, None at the end of the history.

    A page of a search may be short, or empty, and have a next one all the same.
    """

    entries: Sequence[Recorded]
    next: str | None


async def history_page(
    store: Store, connection_id: str, limit: int, before: str | None = None, contact_id: str = "", run_id: str = ""
) -> HistoryPage:
    """Read a page of at most `limit` entries: after `before`, of one contact or link, of one run.

    NotFound when `before` is no entry's id.
    """
    found: list[Recorded] = []
    start, place = parsed_id(before) if before else (HISTORY, 0)
    seen = 0
    async for rows in read_pages(store, Table.SYNC, connection_id, HISTORY, start=start, rows=_AT_ONCE):
        for key, recorded in ((row.key, recorded) for row in rows for recorded in recorded_of(row)):
            entry = recorded.entry
            is_of_contact = not contact_id or contact_id in {entry.outlook_id, entry.pipeliner_id, entry.link_id}
            is_after = key != start or parsed_id(recorded.id)[1] < place
            if is_after and is_of_contact and run_id in {"", recorded.run_id}:
                if len(found) == limit:
                    return HistoryPage(found, found[-1].id)
                found.append(recorded)
        seen += len(rows)
        if seen >= MOST_ROWS and len(rows) == _AT_ONCE:
            return HistoryPage(found, f"{rows[-1].key.removeprefix(HISTORY)}-0")
    return HistoryPage(found, None)


def parsed_id(recorded_id: str) -> tuple[str, int]:
    """Return the key of an entry's row and the entry's place in it. Raises NotFound."""
    try:
        return row_of_recorded(recorded_id)
    except ValueError:
        raise NotFound(f"{recorded_id!r} is no id of a history entry: list the history") from None
