"""The whole examination: what depends on nothing side by side, then the connections, within one time limit."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress

from sync_core.doctor.configuration import examine_settings
from sync_core.doctor.connections import Surroundings, examine_connection
from sync_core.doctor.findings import Finding, Report, good, has_failed, not_run, warning
from sync_core.doctor.graph import SignIn, examine_graph, graph_line
from sync_core.doctor.pipeliner import examine_pipeliner, pipeliner_line
from sync_core.doctor.probing import Line, Probe, run_probe
from sync_core.doctor.remedies import Service
from sync_core.doctor.storage import storage_probes
from sync_core.operations.ports import Operator
from sync_core.outlook.credentials import graph_credential
from sync_core.state.registry import ConnectionRecord

EXAMINATION_LIMIT_S = 150.0
"""An HTTP answer is cut off after 230 s; what is not examined by then is told as not run."""
MOST_SKEW_S = 60.0
_SIDE_BY_SIDE = 4


async def examine(
    operator: Operator,
    environment: Mapping[str, str] | None = None,
    sign_in: SignIn = graph_credential,
    limit_s: float = EXAMINATION_LIMIT_S,
) -> Report:
    """Check everything against reality. Raises nothing; writes nothing but a probe row, which goes again."""
    deadline = asyncio.get_running_loop().time() + limit_s
    graph, crm = graph_line(operator), pipeliner_line(operator)
    of_storage, of_graph, of_crm = await asyncio.gather(
        _storage(operator), examine_graph(operator, graph, sign_in), examine_pipeliner(operator, crm)
    )
    found = [*examine_settings(operator.settings, os.environ if environment is None else environment)]
    found += [*of_storage, *of_graph, *of_crm, *_clocks(graph.line, crm.line)]
    if has_failed(of_storage):
        return Report((*found, not_run("connections", "", "the state failed already")))
    around = Surroundings(operator, None if has_failed(of_graph) else graph, None if has_failed(of_crm) else crm)
    return Report((*found, *await _connections(around, deadline)))


async def _storage(operator: Operator) -> list[Finding]:
    found = await asyncio.gather(*(run_probe(probe) for probe in storage_probes(operator)))
    return [finding for findings in found for finding in findings]


def _clocks(*lines: Line) -> list[Finding]:
    """Compare clocks by the Date of each service's last answer, which says whole seconds."""
    return [
        _skew(line.service.value, line.heard.ahead_s)
        for line in lines
        if line.heard is not None and line.heard.ahead_s is not None
    ]


def _skew(service: str, ahead_s: float) -> Finding:
    if abs(ahead_s) <= MOST_SKEW_S:
        return good("clock", service, f"it differs by {abs(ahead_s):.0f} s from ours")
    told = f"it is {abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} ours"
    return warning("clock", service, told, "set this host's clock by NTP; sign-in fails when it is five minutes off")


async def _connections(around: Surroundings, deadline: float) -> list[Finding]:
    records: list[ConnectionRecord] = []

    async def ask_registry() -> Sequence[Finding]:
        records.extend(await around.operator.registry.all())
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
