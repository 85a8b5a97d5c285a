"""What administrators decide for a whole space: values and locks of settings, how rights are read, the stop switch.

Each connection's row holds what is in force for it, so that a run reads no further row. A change of the space's row is
carried into all of them at once; where that breaks off, the next tick goes on with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sync_core.connection_settings import ConnectionSettings, SpaceSettings
from sync_core.domain import RightsMode, RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import InvalidRequest, NotAllowed, NotFound, Paused, SyncError, Unreadable
from sync_core.operations.auditing import audited, refused
from sync_core.operations.fitting import check_fields
from sync_core.operations.ports import Deployment
from sync_core.state import Act, ConnectionRecord, ConnectionStatus, mark_stop, space_of
from sync_core.storage import Row

_log = logging.getLogger(__name__)
AT_ONCE = 16
"""Connections whose rows are written at the same time."""


class SpaceChange(BaseModel):
    """What an administrator changes for the whole space; what is left out stays, and a value of null goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: dict[str, Any] = Field(default_factory=dict)
    lock: tuple[str, ...] = ()
    unlock: tuple[str, ...] = ()
    rights: RightsMode | None = None
    status: ConnectionStatus | None = None


def check_administrator(deployment: Deployment) -> None:
    """Raise NotAllowed for anybody else."""
    if not deployment.actor.is_administrator:
        raise NotAllowed("what counts for the whole space is an administrator's (role Sync.Administrator)")


async def check_not_stopped(deployment: Deployment) -> None:
    """Raise Paused where nothing would run, because an administrator has stopped everything."""
    space = await deployment.registry.space()
    if space.stopped_at is not None:
        raise Paused([stopped_text(space.stopped_at)])


async def why_stopped(deployment: Deployment) -> str:
    """Say why nothing is written for anybody, "" where all goes on; a row that cannot be read stops everything."""
    try:
        at = (await deployment.registry.space()).stopped_at
    except Unreadable as error:
        return str(error)
    return stopped_text(at) if at is not None else ""


def stopped_text(at: datetime) -> str:
    """Say that everything is stopped, since when, and what to do."""
    return (
        f"all connections are stopped since {at:%Y-%m-%d %H:%M} UTC (pause --all): nothing is written on either side; "
        "resume --all goes on"
    )


async def change_space(deployment: Deployment, request: SpaceChange) -> SpaceSettings:
    """Change what counts for the whole space, in every connection; one whose rules change gets a full sync.

    Raises InvalidRequest that names every fault, also a connection for which no valid settings would come out; then
    nothing is changed.
    """
    check_administrator(deployment)
    if request.status is ConnectionStatus.PAUSED:
        await stop_all(deployment)
    space = await deployment.registry.space()
    if request.model_fields_set - {"status"}:
        try:
            wanted = _changed(space, request)
            settings = wanted.in_force({})
            await check_fields(deployment, settings)
            records = await deployment.registry.all()
            _check_each(wanted, records)
        except InvalidRequest as fault:
            await refused(deployment, Act.SET_SPACE, type(fault).__name__)
            raise
        async with audited(deployment, Act.SET_SPACE, changed=_differences(space, wanted)):
            space = await deployment.registry.change_space(lambda stored: _changed(stored, request))
            await govern(deployment, space, records)
    if request.status is ConnectionStatus.ACTIVE:
        space = await resume_all(deployment)
    return space if request.status is None else await deployment.registry.space()


def _changed(space: SpaceSettings, request: SpaceChange) -> SpaceSettings:
    unknown = [name for name in (*request.settings, *request.lock, *request.unlock) if name not in _KNOWN]
    both = sorted(set(request.lock) & set(request.unlock))
    faults = [f"settings.{name[:60]}: there is no such setting" for name in unknown]
    faults += [f"lock.{name}: it is to be locked and unlocked; choose one" for name in both]
    if faults:
        raise InvalidRequest(faults)
    settings = {name: value for name, value in {**space.settings, **request.settings}.items() if value is not None}
    locks = tuple(sorted({*space.locks, *request.lock} - set(request.unlock)))
    rights = request.rights or space.rights
    wanted = space.model_copy(update={"settings": settings, "locks": locks, "rights": rights})
    checked = wanted.in_force({}).model_dump(mode="json")
    return wanted.model_copy(update={"settings": {name: checked[name] for name in settings}})


_KNOWN = frozenset(ConnectionSettings.model_fields)


def _check_each(space: SpaceSettings, records: Sequence[ConnectionRecord]) -> None:
    faults = []
    for record in records:
        if record.is_readable:
            try:
                record.governed(space)
            except InvalidRequest as error:
                faults += [f"connection {record.id}: {fault}" for fault in error.faults]
    if faults:
        raise InvalidRequest(faults)


def _differences(before: SpaceSettings, after: SpaceSettings) -> Mapping[str, Any]:
    """Return what the audit trail tells of a change: names with old and new value."""
    names = list({**before.settings, **after.settings})
    found: dict[str, Any] = {
        name: [before.settings.get(name), after.settings.get(name)]
        for name in names
        if before.settings.get(name) != after.settings.get(name)
    }
    if before.locks != after.locks:
        found["locks"] = [list(before.locks), list(after.locks)]
    if before.rights != after.rights:
        found["rights"] = [before.rights.value, after.rights.value]
    return found


async def govern(deployment: Deployment, space: SpaceSettings, records: Sequence[ConnectionRecord]) -> None:
    """Carry the space's settings into connections that were written before they changed."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(record: ConnectionRecord) -> None:
        async with turns:
            try:
                new = await deployment.registry.change(record.id, lambda stored: stored.governed(space))
            except (NotFound, Unreadable):
                return
        if new.is_active and new.settings != record.settings:
            await deployment.queue.put(RunRequest(record.id, Trigger.CHANGE, RunMode.FULL))

    await asyncio.gather(
        *(one(record) for record in records if record.is_readable and record.space_serial != space.serial)
    )


async def under_the_space(
    deployment: Deployment, row: Row | None, records: list[ConnectionRecord]
) -> tuple[bool, list[ConnectionRecord]]:
    """Say whether everything is stopped, and finish what a change of the space left; returns the records as they are.

    A row that cannot be read stops everything, for nobody knows what it says.
    """
    try:
        space = space_of(row)
        if all(record.space_serial == space.serial for record in records if record.is_readable):
            return space.is_stopped, records
        await govern(deployment, space, records)
        return space.is_stopped, await deployment.registry.all()
    except SyncError as error:
        _log.error("the settings of the space are not in force everywhere: %s", error)
        return isinstance(error, Unreadable), records


# The stop switch


async def stop_all(deployment: Deployment) -> SpaceSettings:
    """Stop everything: nothing is written on either side any more, also by runs that are under way.

    The switch comes first, then a mark on each connection's lease, which fails the next transaction of a run that is
    under way. It is done even where the audit cannot be written; whether it is, the caller is not kept waiting for.
    """
    check_administrator(deployment)
    now, by = deployment.clock.now(), deployment.actor.who
    space = await deployment.registry.change_space(
        lambda stored: stored if stored.is_stopped else stored.model_copy(update={"stopped_at": now, "stopped_by": by})
    )
    try:
        async with audited(deployment, Act.PAUSE_ALL):
            _log.warning("all connections are stopped")
    except SyncError as error:
        _log.error("all connections are stopped, which was not written down: %s", type(error).__name__)
    turns = asyncio.Semaphore(AT_ONCE)

    async def mark(record: ConnectionRecord) -> None:
        async with turns:
            await mark_stop(deployment.store, record.id)

    records = await deployment.registry.all()
    await asyncio.gather(*(mark(record) for record in records))
    return space


async def resume_all(deployment: Deployment) -> SpaceSettings:
    """Take the stop switch back, and ask for a run of each connection that is active."""
    check_administrator(deployment)
    async with audited(deployment, Act.RESUME_ALL):
        space = await deployment.registry.change_space(
            lambda stored: stored.model_copy(update={"stopped_at": None, "stopped_by": ""})
        )
        for record in await deployment.registry.all():
            if record.is_active:
                await deployment.queue.put(RunRequest(record.id, Trigger.CHANGE))
    return space
