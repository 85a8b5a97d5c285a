"""How long rulings last: until nobody has seen their contacts for as long as history is kept.

A connection's nightly reconciliation looks once a month whether the contacts of its mailbox's rulings are still there.
Where no connection looks any more, because the mailbox was disconnected, the rulings end with time.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sync_core.domain import Concerned
from sync_core.errors import SyncError
from sync_core.operations.answering import see
from sync_core.operations.ports import Deployment
from sync_core.state import ConnectionRecord, end_rulings

_log = logging.getLogger(__name__)

LOOKED_AT_EVERY = timedelta(days=30)
MOST_LOOKED_AT = 500
"""Rulings whose contacts are looked for in one night; the others follow in the next ones."""


async def renew_rulings(deployment: Deployment, record: ConnectionRecord) -> None:
    """Let the rulings of a mailbox whose contacts are still there last on; a service that is silent ends none."""
    now, rulings = deployment.clock.now(), deployment.rulings(record)
    old = (await rulings.rulings(seen_before=now - LOOKED_AT_EVERY))[-MOST_LOOKED_AT:]
    if not old:
        return
    about = sum((ruling.about for ruling in old), Concerned())
    try:
        seen = await see(deployment, record, about)
    except SyncError as error:
        _log.warning("connection %s: its rulings were not looked after (%s)", record.id, type(error).__name__)
        return
    there = {*seen.outlook, *(key for key, contact in seen.pipeliner.items() if not contact.is_deleted)}
    kept = [ruling.id for ruling in old if not there.isdisjoint(ruling.about.contact_ids)]
    if kept:
        await rulings.mark_seen(kept, now)


async def end_old_rulings(deployment: Deployment) -> int:
    """End the rulings of the space whose contacts were not seen for as long as history is kept; returns the rows."""
    oldest = deployment.clock.now() - timedelta(days=deployment.settings.sync_history_days)
    return await end_rulings(deployment.store, deployment.settings.pipeliner_space_id, oldest)
