"""Acts with their rows in the audit trail: the row comes first, and what cannot be written down is not done."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sync_core.errors import SyncError, WrongRequest
from sync_core.operations.ports import Deployment
from sync_core.state import Act, AuditEntry, AuditResult

_log = logging.getLogger(__name__)

Given = ParamSpec("Given")
Told = TypeVar("Told")


@asynccontextmanager
async def audited(
    deployment: Deployment,
    act: Act,
    connection_id: str = "",
    detail: str = "",
    changed: Mapping[str, Any] | None = None,
) -> AsyncIterator[None]:
    """Do what stands in the block, between two rows of the trail: begun, and how it ended.

    Raises StoreUnavailable before anything is done when the first row cannot be written. Where the second cannot, the
    act is done or not all the same, and the trail says *begun*: that nobody knows how it ended.
    """
    entry = new_entry(deployment, act, connection_id, detail, changed)
    await deployment.audit.begin(entry)
    result, why = AuditResult.FAILED, ""
    try:
        yield
        result = AuditResult.DONE
    except WrongRequest as refused:
        result, why = AuditResult.REFUSED, type(refused).__name__
        raise
    except SyncError as failed:
        why = type(failed).__name__
        raise
    finally:
        try:
            ended = replace(entry, result=result, why=why)
            if result is AuditResult.REFUSED:  # of a connection that did not come to be the id is worth nothing
                ended = replace(ended, connection_id="" if act is Act.CONNECT else connection_id, changed={})
                await deployment.audit.refuse(ended, is_begun=True)
            else:
                await deployment.audit.end(ended)
        except SyncError as error:
            _log.error("the end of act %s was not written down: %s", entry.id, type(error).__name__)


def new_entry(
    deployment: Deployment,
    act: Act,
    connection_id: str = "",
    detail: str = "",
    changed: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Return the entry of an act of whoever this deployment acts for, as of now."""
    now = deployment.clock.now()
    return AuditEntry(
        deployment.mint_id(),
        now,
        deployment.actor,
        act,
        connection_id=connection_id,
        detail=detail,
        changed=changed or {},
    )


async def refused(deployment: Deployment, act: Act, why: str, connection_id: str = "", detail: str = "") -> None:
    """Write down a refusal; it stands, whether that can be written or not."""
    entry = replace(new_entry(deployment, act, connection_id, detail), why=why)
    try:
        await deployment.audit.refuse(entry)
    except SyncError as error:
        _log.error("a refusal was not written down: %s", type(error).__name__)


Acting = Callable[Concatenate[Deployment, str, Given], Coroutine[Any, Any, Told]]


def act_on_connection(act: Act) -> Callable[[Acting[Given, Told]], Acting[Given, Told]]:
    """Make the operation below, which takes a connection's id, an act with its rows in the trail."""

    def decorate(operation: Acting[Given, Told]) -> Acting[Given, Told]:
        @wraps(operation)
        async def acted(
            deployment: Deployment, connection_id: str, /, *more: Given.args, **named: Given.kwargs
        ) -> Told:
            async with audited(deployment, act, connection_id):
                return await operation(deployment, connection_id, *more, **named)

        return acted

    return decorate
