"""What one run has done, counted from the history that it wrote."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sync_core.domain.records import Deed
from sync_core.state.record_rows import recorded_of
from sync_core.state.rows import HISTORY, after_key, history_start
from sync_core.state.store import Store, Table

_PAGE = 100
_TICK = timedelta(microseconds=1)


async def run_deeds(store: Store, connection_id: str, run_id: str, since: datetime) -> Counter[Deed]:
    """Count the history entries of a run that began at `since`; reads no older history."""
    deeds: Counter[Deed] = Counter()
    start, end = HISTORY, history_start(since - _TICK)
    while rows := await store.read(Table.SYNC, connection_id, start, end, _PAGE):
        start = after_key(rows[-1].key)
        for row in rows:
            deeds.update(item.entry.deed for item in recorded_of(row) if item.run_id == run_id)
    return deeds
