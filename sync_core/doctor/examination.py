"""The whole examination: what depends on nothing side by side, then the connections, within one time limit.

Nothing is written but a row of the state's tables, which is read and deleted again; the queue is only looked at.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol, runtime_checkable

from sync_core.doctor.configuration import examine_settings, refused_settings
from sync_core.doctor.connections import Surroundings, examine_connection
from sync_core.doctor.findings import (
    Finding,
    Report,
    Service,
    failed,
    good,
    has_failed,
    not_run,
    remedy_for,
    trouble_of,
    warning,
)
from sync_core.doctor.probing import Line, Probe, run_probe
from sync_core.doctor.services import examine_graph, examine_pipeliner, graph_line, pipeliner_line
from sync_core.errors import InvalidSettings, SyncError
from sync_core.operations import Deployment
from sync_core.outlook.credentials import graph_credential
from sync_core.outlook.diagnosis import SignIn
from sync_core.queues import RUNS_QUEUE
from sync_core.state import ConnectionRecord
from sync_core.storage import Put, Remove, Table

EXAMINATION_LIMIT_S = 150.0
"""An HTTP answer is cut off after 230 s; what is not examined by then is told as not run."""
MOST_SKEW_S = 60.0
_SIDE_BY_SIDE = 4
PARTITION = "doctor"
"""No connection, space or registry has this partition."""
_KEY = "probe"
_BODY = "written by the doctor; it may be deleted"


@runtime_checkable
class CountedQueue(Protocol):
    """A queue of a service, which may not be there yet."""

    async def length(self) -> int | None:
        """Count the messages, roughly; None while there is no queue. Raises StoreUnavailable or AccessDenied."""


def unopened(error: SyncError) -> Report:
    """Return the report of an app that could not be built, every fault of its settings a line."""
    if isinstance(error, InvalidSettings):
        return Report(tuple(refused_settings(error)))
    trouble = trouble_of(error)
    return Report((failed("state", "", f"{trouble.value}: {error}", remedy_for(Service.STATE, trouble)),))


async def examine(
    deployment: Deployment,
    environment: Mapping[str, str] | None = None,
    sign_in: SignIn = graph_credential,
    limit_s: float = EXAMINATION_LIMIT_S,
) -> Report:
    """Check everything against reality. Raises nothing; writes nothing but a probe row, which goes again."""
    deadline = asyncio.get_running_loop().time() + limit_s
    graph, crm = graph_line(deployment, sign_in), pipeliner_line(deployment)
    of_storage, of_graph, of_crm = await asyncio.gather(
        _storage(deployment), examine_graph(graph), examine_pipeliner(deployment, crm)
    )
    found = [*examine_settings(deployment.settings, os.environ if environment is None else environment)]
    found += [*of_storage, *of_graph, *of_crm, *_clocks(graph.line, crm.line)]
    if has_failed(of_storage):
        return Report((*found, not_run("connections", "", "the state failed already")))
    around = Surroundings(deployment, None if has_failed(of_graph) else graph, None if has_failed(of_crm) else crm)
    return Report((*found, *await _connections(around, deadline)))


async def _storage(deployment: Deployment) -> list[Finding]:
    """Probe each table, and the queue."""
    state = Line(Service.STATE, deployment.settings.sync_state_table_service_uri)
    queue = Line(Service.QUEUE, deployment.settings.queue_service_uri)

    async def ask_table(table: Table) -> Sequence[Finding]:
        subject = f"table {table.value}"
        await deployment.store.transact(table, PARTITION, [Put(_KEY, _BODY)])
        found = await deployment.store.get(table, PARTITION, _KEY)
        await deployment.store.transact(table, PARTITION, [Remove(_KEY)])
        if found is None or found.body != _BODY:
            return [failed("state", subject, "a row that was just written could not be read", "ask Azure's support")]
        return [good("state", subject, "a row was written, read and deleted")]

    async def ask_queue() -> Sequence[Finding]:
        if not isinstance(deployment.queue, CountedQueue):
            return [good("queue", RUNS_QUEUE, "the command line keeps its queue in its own process")]
        waiting = await deployment.queue.length()
        told = "the first message will make it" if waiting is None else f"it answers; about {waiting} messages wait"
        return [good("queue", RUNS_QUEUE, told)]

    tables = [Probe("state", f"table {table.value}", state, partial(ask_table, table)) for table in Table]
    found = await asyncio.gather(*map(run_probe, [*tables, Probe("queue", RUNS_QUEUE, queue, ask_queue)]))
    return [finding for findings in found for finding in findings]


def _clocks(*lines: Line) -> Iterator[Finding]:
    """Compare clocks by the Date of each service's last answer, which says whole seconds."""
    for line in lines:
        ahead_s = None if line.heard is None else line.heard.ahead_s
        if ahead_s is None:
            continue
        service = line.service.value
        if abs(ahead_s) <= MOST_SKEW_S:
            yield good("clock", service, f"it differs by {abs(ahead_s):.0f} s from ours")
        else:
            told = f"it is {abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} ours"
            remedy = "set this host's clock by NTP; sign-in fails when it is five minutes off"
            yield warning("clock", service, told, remedy)


async def _connections(around: Surroundings, deadline: float) -> list[Finding]:
    records: list[ConnectionRecord] = []

    async def ask_registry() -> Sequence[Finding]:
        records.extend(await around.deployment.registry.all())
        return [] if records else [good("connections", "", "there is none yet; make one with connect")]

    listed = await run_probe(Probe("connections", "", Line(Service.STATE), ask_registry))
    turn = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def examined(record: ConnectionRecord) -> list[Finding]:
        with suppress(TimeoutError):
            async with turn, asyncio.timeout_at(deadline):
                await asyncio.sleep(0)  # a deadline that has passed is noticed before anything is asked
                return await examine_connection(around, record)
        return [not_run("connection", record.id, "the time for the whole examination was up")]

    found = await asyncio.gather(*map(examined, records))
    return [*listed, *(finding for findings in found for finding in findings)]
