"""Each connection compared with reality: mailbox, folder, user, space, fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from sync_core.doctor.findings import Finding, failed, good, has_failed, not_run, warning
from sync_core.doctor.probing import Probe, run_probe
from sync_core.doctor.services import GraphLine, PipelinerLine, demand_findings
from sync_core.errors import InvalidRequest, SpaceChanged, Unreadable
from sync_core.operations import Deployment
from sync_core.operations.fitting import check_fields
from sync_core.pipeliner.diagnosis import Demands
from sync_core.state import ConnectionRecord, ConnectionStatus


@dataclass(slots=True)
class Surroundings:
    """What the probes of connections share; a service that failed already is None, and is not asked again."""

    deployment: Deployment
    graph: GraphLine | None
    pipeliner: PipelinerLine | None
    demands: Demands | None = None

    async def demanded(self, pipeliner: PipelinerLine) -> Demands:
        """Read once what the space requires."""
        if self.demands is None:
            self.demands = await pipeliner.crm.demands()
        return self.demands


async def examine_connection(around: Surroundings, record: ConnectionRecord) -> list[Finding]:
    """Check one connection; what needs a service that failed is told as not run."""
    subject = f"connection {record.id}"
    if not record.is_readable:
        return [failed("standing", subject, record.message, Unreadable.remedy)]
    found = [_status(record, subject)]
    now = around.deployment.settings.pipeliner_space_id
    if record.space_id == now:
        found.append(good("space", subject, now))
    else:
        told = f"it was made with the space {record.space_id}, and the app uses {now}"
        found.append(failed("space", subject, told, SpaceChanged.remedy))
    found += await _outlook(around.graph, record, subject)
    return [*found, *await _crm(around, record, subject)]


def _status(record: ConnectionRecord, subject: str) -> Finding:
    if record.status is ConnectionStatus.ACTIVE and not record.failures:
        return good("standing", subject, "it syncs")
    state = (
        f"paused ({record.reason})"
        if record.status is ConnectionStatus.PAUSED
        else f"failing, {record.failures} in a row"
    )
    remedy = "see this reason in docs/operations.md"
    return warning("standing", subject, f"it is {state}: {record.message}".rstrip(": "), remedy)


async def _outlook(graph: GraphLine | None, record: ConnectionRecord, subject: str) -> list[Finding]:
    if graph is None:
        return [not_run("mailbox", subject, "Graph failed already")]
    outlook = graph.outlook

    async def ask_mailbox() -> Sequence[Finding]:
        await outlook.check_mailbox(record.mailbox_id)
        return [good("mailbox", subject, "its contact folders can be read")]

    async def ask_folder() -> Sequence[Finding]:
        await outlook.check_folder(record.mailbox_id, record.folder_id)
        return [good("folder", subject, "it is there")]

    found = await run_probe(Probe("mailbox", subject, graph.line, ask_mailbox))
    if has_failed(found):
        return [*found, not_run("folder", subject, "the mailbox could not be read")]
    return [*found, *await run_probe(Probe("folder", subject, graph.line, ask_folder))]


async def _crm(around: Surroundings, record: ConnectionRecord, subject: str) -> list[Finding]:
    pipeliner = around.pipeliner
    if pipeliner is None:
        return [not_run("user", subject, "Pipeliner failed already")]

    async def ask_user() -> Sequence[Finding]:
        await pipeliner.crm.space.user(record.user_id)
        return [good("user", subject, "the Pipeliner user is active")]

    async def ask_fields() -> Sequence[Finding]:
        try:  # custom fields, defaults and the key field, as connecting does
            await check_fields(replace(around.deployment, pipeliner=pipeliner.crm.space), record.settings)
        except InvalidRequest as error:
            remedy = "correct the connection's settings, or make the field anew in Pipeliner"
            return [failed("fields", subject, fault, remedy) for fault in error.faults]
        key = record.settings.key_field
        told = f"key field {key}" if key else "no key field: creates are found again by their content"
        return [good("fields", subject, f"custom fields and defaults are there; {told}")]

    async def ask_demands() -> Sequence[Finding]:
        return demand_findings(await around.demanded(pipeliner), record.settings, subject)

    asked: list[tuple[str, Callable[[], Awaitable[Sequence[Finding]]]]] = [
        ("user", ask_user),
        ("fields", ask_fields),
        ("required fields", ask_demands),
    ]
    return [finding for check, ask in asked for finding in await run_probe(Probe(check, subject, pipeliner.line, ask))]
