"""Reading the feed of the space: by the tick, by a command, by the nightly reconciliation, and before a run creates."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sync_core.engine.feed import Poll, poll
from sync_core.engine.ports import Subscriber
from sync_core.errors import SyncError
from sync_core.operations.ports import Deployment
from sync_core.state import ConnectionRecord

_log = logging.getLogger(__name__)


async def read_feed(
    deployment: Deployment, records: Sequence[ConnectionRecord], *, until_space_is_known: bool = False
) -> Poll:
    """Poll the feed into the inboxes of all connections. Raises SyncError.

    Each poll reads a part of a space that is not known as a whole; `until_space_is_known` polls until it is, for as
    long as a run may take.
    """
    subscribers = subscribers_of(records)
    found = Poll()
    give_up_at = deployment.clock.now() + timedelta(seconds=deployment.settings.sync_pass_budget_s)
    while subscribers:
        again = await poll(deployment.pipeliner, deployment.feed_state, deployment.feed_turn(), subscribers)
        found = replace(
            again,
            dirty=found.dirty | again.dirty,
            rows=found.rows + again.rows,
            differed=found.differed + again.differed,
        )
        is_last = not until_space_is_known or again.knows_space or again.was_taken
        if is_last or deployment.clock.now() >= give_up_at:
            break
    return found


def subscribers_of(records: Sequence[ConnectionRecord]) -> list[Subscriber]:
    """Return who takes part; one that a fault paused does again when its probe is due, an unreadable one does not."""
    return [
        Subscriber(record.connection(), record.is_active or record.is_probed, record.not_before)
        for record in records
        if record.is_readable
    ]


async def knows_space(deployment: Deployment) -> bool:
    """Read the feed, and on through the space, as the next tick would; returns whether all of it is known now."""
    try:
        return (await read_feed(deployment, await deployment.registry.all())).knows_space
    except SyncError as error:
        _log.warning("the feed was not read: %s", error)
        return False
