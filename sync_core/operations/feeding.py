"""Reading the feed of the space: by the tick, by a command, by the nightly reconciliation, and before a run creates."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sync_core.domain import RightsMode, RunMode, Trigger
from sync_core.engine.feed import Poll, RightsSource, poll
from sync_core.engine.ports import KnownRights, RightsPort, RightsUnknown, RunRequest, Subscriber
from sync_core.engine.rights import RightsPoll, why_unknown
from sync_core.errors import InvalidRequest, NotAllowed, SyncError, UserGone, UserStopped
from sync_core.operations.connection_status import pause
from sync_core.operations.ports import Deployment
from sync_core.state import RIGHTS, ConnectionRecord, rights_of, space_of
from sync_core.storage import Table, prefix_end

_log = logging.getLogger(__name__)


async def read_feed(
    deployment: Deployment,
    records: Sequence[ConnectionRecord],
    *,
    until_space_is_known: bool = False,
    whole_rights: bool = False,
    mode: RightsMode | None = None,
) -> Poll:
    """Poll the feed into the inboxes of all connections, and stop those whose users were. Raises SyncError.

    Each poll reads a part of a space that is not known as a whole; `until_space_is_known` polls until it is, for as
    long as a run may take.
    """
    subscribers = subscribers_of(records)
    found = Poll()
    give_up_at = deployment.clock.now() + timedelta(seconds=deployment.settings.sync_pass_budget_s)
    while subscribers:
        source = await rights_source(deployment, mode, whole=whole_rights)
        again = await poll(deployment.pipeliner, deployment.feed_state, deployment.feed_turn(), subscribers, source)
        again.stopped = await act_on_rights(deployment, {one.id: one for one in records}, again)
        whole_rights = False
        found = replace(
            again,
            dirty=found.dirty | again.dirty,
            rows=found.rows + again.rows,
            stopped=found.stopped | again.stopped,
            skipped=found.skipped + again.skipped,
            differed=found.differed + again.differed,
        )
        is_last = not until_space_is_known or again.knows_space or again.was_taken
        if is_last or deployment.clock.now() >= give_up_at:
            break
    if found.skipped:
        _log.warning("%s records of the feed have no readable id and were passed over", found.skipped)
    return found


async def rights_source(deployment: Deployment, mode: RightsMode | None, *, whole: bool = False) -> RightsSource:
    """Return where users' rights are read, and by what an administrator has them counted; raises Unreadable."""
    counted_by = mode or (await deployment.registry.space()).rights
    return RightsSource(deployment.rights, counted_by, deployment.clock.now(), whole)


async def read_rights(deployment: Deployment, known: KnownRights | None = None) -> None:
    """Read the rights of the space's users alone, or keep what was read just now; another reader of the feed does so.

    Raises StoreUnavailable.
    """
    turn, source = deployment.feed_turn(), await rights_source(deployment, known.mode if known is not None else None)
    if await turn.begin():
        poll_of_rights = RightsPoll(source.port, turn.rights, source.mode, source.now, renew_lease=turn.renew_lease)
        turn.keep_rights(known if known is not None else await poll_of_rights.run())
        await turn.end()


async def check_user_is_back(deployment: Deployment, record: ConnectionRecord) -> None:
    """Let administrators alone resume the connection of a user who was stopped, and only when the user is active again.

    Raises NotAllowed and InvalidRequest.
    """
    if not deployment.actor.is_administrator:
        raise NotAllowed(f"the connection stopped with its Pipeliner user: {UserStopped.remedy}")
    try:
        await deployment.pipeliner.user(record.user_id)
    except UserGone as error:
        raise InvalidRequest([f"status: {error}; {error.remedy}"]) from error
    await read_rights(deployment)


async def first_rights(deployment: Deployment, mode: RightsMode) -> KnownRights:
    """Read what the space's users may do before one is connected, for `read_rights` to keep then.

    Raises InvalidRequest where the key may not know it.
    """
    rows = await deployment.store.read(Table.SPACES, deployment.settings.pipeliner_space_id, RIGHTS, prefix_end(RIGHTS))
    known = await RightsPoll(deployment.rights, rights_of(rows), mode, deployment.clock.now()).run()
    if known.as_of is None and known.was_denied:
        unknown = why_unknown(known)
        raise InvalidRequest([f"rights: {unknown.why} {unknown.remedy}"])
    return known


async def examine_rights(deployment: Deployment, port: RightsPort) -> RightsUnknown | None:
    """Try whether all that roles tell can be read; returns why not. Nothing is written."""
    poll_of_rights = RightsPoll(port, KnownRights(), RightsMode.ROLES, deployment.clock.now(), whole=True)
    known = await poll_of_rights.run()
    return None if known.as_of is not None else why_unknown(known)


async def act_on_rights(deployment: Deployment, records: Mapping[str, ConnectionRecord], found: Poll) -> set[str]:
    """Stop the connections of users who were, and have those looked at anew whose users see otherwise.

    Returns which were stopped now.
    """
    stopped = {key for key in found.stopped if not records[key].is_paused_by_person}
    for record in (records[key] for key in sorted(stopped)):
        gone = UserStopped(f"the Pipeliner user {record.user_id} was deactivated, or is one of the support")
        await pause(deployment, record, gone)
    for key in sorted(found.see_otherwise - found.stopped):
        if not records[key].is_paused_by_person:
            await deployment.queue.put(RunRequest(key, Trigger.CHANGE, RunMode.FULL))
    return stopped


def subscribers_of(records: Sequence[ConnectionRecord]) -> list[Subscriber]:
    """Return who takes part; one that a fault paused does again when its probe is due, an unreadable one does not.

    Nor does one of which only a person can tell that its fault is over.
    """
    return [
        Subscriber(
            record.connection(),
            record.is_active or (record.is_probed and not record.is_mended_by_people_alone),
            record.not_before,
        )
        for record in records
        if record.is_readable
    ]


async def knows_space(deployment: Deployment) -> bool:
    """Read the feed, and on through the space, as the next tick would; returns whether all of it is known now."""
    try:
        row, records = await deployment.registry.everything()
        return (await read_feed(deployment, records, mode=space_of(row).rights)).knows_space
    except SyncError as error:
        _log.warning("the feed was not read: %s", error)
        return False
