"""Creates of which nobody knows what came: their connection recovers them, or people are told that it cannot.

Whoever meets such a create of another connection, two minutes old, asks for that connection's recovery. It says whether
the contact is there; only when the connection itself is gone the reservation ends by its age.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sync_core.domain import AttentionItem, Reason, RunMode, Trigger, create_subject
from sync_core.engine.ports import OtherCreate, RunRequest
from sync_core.engine.run import run_sync
from sync_core.errors import NotFound, SyncError
from sync_core.operations.ports import Deployment
from sync_core.state import ConnectionRecord, end_old_reservations, reservations_of

_log = logging.getLogger(__name__)

OVERDUE = timedelta(minutes=2)
"""A run says what came of its creates within seconds; so old, one of which it is not known was cut off."""
UNRESOLVED = timedelta(hours=1)
"""After which an administrator is told."""


async def ask_owners(deployment: Deployment, creates: Sequence[OtherCreate]) -> None:
    """Ask for the recovery of creates that others wait for too long; it runs on paused connections as well."""
    now = deployment.clock.now()
    overdue = [one for one in creates if not one.is_known and now - one.since >= OVERDUE]
    for connection_id in dict.fromkeys(one.connection_id for one in overdue):
        try:
            await deployment.registry.get(connection_id)
        except NotFound:
            await clear_old_reservations(deployment)
            continue
        await deployment.queue.put(RunRequest(connection_id, Trigger.RECOVER, RunMode.RECOVER))
        for one in overdue:
            if one.connection_id == connection_id and now - one.since >= UNRESOLVED:
                await deployment.reader(connection_id).report(_unresolved_item(one))


async def recover_before_the_end(deployment: Deployment, record: ConnectionRecord, worker: str) -> None:
    """Find out what came of a connection's creates before it ends, as far as that can be done now.

    What stays open is of nobody then, and whoever meets it ends it once it is old enough.
    """
    space_id = deployment.settings.pipeliner_space_id
    if not record.is_readable or record.space_id != space_id:
        return
    if not await reservations_of(deployment.store, space_id, record.id):
        return
    request = RunRequest(record.id, Trigger.RECOVER, RunMode.RECOVER, f"{record.id}-{deployment.mint_id()}")
    ports, budget_s = deployment.run_ports(record, worker), deployment.settings.sync_pass_budget_s
    with suppress(SyncError):
        result = await run_sync(ports, record.connection(), record.folder_id, request, budget_s)
        _log.info("connection %s: its creates were recovered before its end: %s", record.id, result.run.state.value)


async def clear_old_reservations(deployment: Deployment) -> int:
    """End reservations of connections that are gone, and of what the index knows for long; returns how many went."""
    owners = {record.id for record in await deployment.registry.all()}
    space_id, now = deployment.settings.pipeliner_space_id, deployment.clock.now()
    return await end_old_reservations(deployment.store, space_id, owners, now)


def _unresolved_item(create: OtherCreate) -> AttentionItem:
    return AttentionItem(
        create_subject(create.link_id),
        Reason.CREATE_UNRESOLVED,
        f"Whether the contact of link {create.link_id} was created in Pipeliner has not been known for an hour. "
        "Until it is, no other connection creates this person.",
        "Mend why this connection fails: then it finds out by itself, paused or not. Else disconnect it.",
        link_id=create.link_id,
    )
