"""Contacts that were set aside because they kept failing, called back before their time."""

from __future__ import annotations

from dataclasses import replace

from sync_core.engine.state_port import OutlookWork, PipelinerWork
from sync_core.errors import RowConflict
from sync_core.state.lookup import Pages
from sync_core.state.pass_rows import outlook_work_of, pipeliner_work_of, work_body
from sync_core.state.rows import OUTLOOK_WORK, PIPELINER_WORK, work_key
from sync_core.state.store import Put, Row, Store, Table


async def call_back(store: Store, connection_id: str) -> int:
    """Let the next pass try all that was set aside; gives how many contacts. Needs no lease.

    Each row is written over the version that was read: one that a pass or the feed has changed meanwhile is theirs.
    """
    called = 0
    for prefix in (OUTLOOK_WORK, PIPELINER_WORK):
        async for rows in Pages(store, Table.SYNC, connection_id, prefix):
            for row in rows:
                called += await _call_back_one(store, connection_id, row)
    return called


async def _call_back_one(store: Store, connection_id: str, row: Row) -> bool:
    is_outlook = row.key.startswith(OUTLOOK_WORK)
    work: OutlookWork | PipelinerWork = outlook_work_of(row) if is_outlook else pipeliner_work_of(row)
    if work.not_before is None:
        return False
    due = replace(work, not_before=None)
    try:
        await store.transact(Table.SYNC, connection_id, [Put(work_key(due), work_body(due), row.etag)])
    except RowConflict:
        return False
    return True
