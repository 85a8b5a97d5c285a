"""Each connection compared with reality: mailbox, folder, user, space, fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from sync_core.doctor.findings import Finding, failed, good, has_failed, not_run, warning
from sync_core.doctor.graph import GraphLine
from sync_core.doctor.pipeliner import PipelinerLine
from sync_core.doctor.probing import Probe, run_probe
from sync_core.doctor.required_fields import Demands, demand_findings, read_demands
from sync_core.errors import InvalidRequest
from sync_core.operations.connecting import check_fields
from sync_core.operations.ports import Operator
from sync_core.outlook import addresses
from sync_core.outlook.mailboxes import FOLDER_PROPERTIES
from sync_core.outlook.refusals import Subject
from sync_core.state.registry import ConnectionRecord, Standing


@dataclass(slots=True)
class Surroundings:
    """What the probes of connections share; a service that failed already is None, and is not asked again."""

    operator: Operator
    graph: GraphLine | None
    pipeliner: PipelinerLine | None
    demands: Demands | None = field(default=None)

    async def demanded(self, crm: PipelinerLine) -> Demands:
        """Read once what the space requires."""
        if self.demands is None:
            self.demands = await read_demands(crm.client)
        return self.demands


async def examine_connection(around: Surroundings, record: ConnectionRecord) -> list[Finding]:
    """Check one connection; what needs a service that failed is told as not run."""
    subject = f"connection {record.id}"
    found = [_standing(record, subject), _space(around.operator, record, subject)]
    found += await _outlook(around.graph, record, subject)
    return [*found, *await _crm(around, record, subject)]


def _standing(record: ConnectionRecord, subject: str) -> Finding:
    if record.status is Standing.ACTIVE and not record.failures:
        return good("standing", subject, "it syncs")
    state = f"paused ({record.reason})" if record.status is Standing.PAUSED else f"failing, {record.failures} in a row"
    remedy = "see this reason in docs/operations.md"
    return warning("standing", subject, f"it is {state}: {record.message}".rstrip(": "), remedy)


def _space(operator: Operator, record: ConnectionRecord, subject: str) -> Finding:
    now = operator.settings.pipeliner_space_id
    if record.space_id == now:
        return good("space", subject, now)
    told = f"it was made with the space {record.space_id}, and the app uses {now}"
    return failed("space", subject, told, "set PIPELINER_SPACE_ID back, or disconnect and connect again")


async def _outlook(graph: GraphLine | None, record: ConnectionRecord, subject: str) -> list[Finding]:
    if graph is None:
        return [not_run("mailbox", subject, "Graph failed already")]
    client = graph.client

    async def ask_mailbox() -> Sequence[Finding]:
        await client.get(addresses.folders(record.mailbox_id, ("id",), top=1), Subject("examine", record.mailbox_id))
        return [good("mailbox", subject, "its contact folders can be read")]

    async def ask_folder() -> Sequence[Finding]:
        where = Subject("examine", record.mailbox_id, record.folder_id)
        await client.get(addresses.folder(record.mailbox_id, record.folder_id, FOLDER_PROPERTIES), where)
        return [good("folder", subject, "it is there")]

    found = await run_probe(Probe("mailbox", subject, graph.line, ask_mailbox))
    if has_failed(found):
        return [*found, not_run("folder", subject, "the mailbox could not be read")]
    return [*found, *await run_probe(Probe("folder", subject, graph.line, ask_folder))]


async def _crm(around: Surroundings, record: ConnectionRecord, subject: str) -> list[Finding]:
    crm = around.pipeliner
    if crm is None:
        return [not_run("user", subject, "Pipeliner failed already")]

    async def ask_user() -> Sequence[Finding]:
        await crm.space.user(record.user_id)
        return [good("user", subject, "the Pipeliner user is active")]

    async def ask_fields() -> Sequence[Finding]:
        return await _field_findings(around, crm, record, subject)

    async def ask_demands() -> Sequence[Finding]:
        return demand_findings(await around.demanded(crm), record.settings, subject)

    asked: list[tuple[str, Callable[[], Awaitable[Sequence[Finding]]]]] = [
        ("user", ask_user),
        ("fields", ask_fields),
        ("required fields", ask_demands),
    ]
    return [finding for check, ask in asked for finding in await run_probe(Probe(check, subject, crm.line, ask))]


async def _field_findings(
    around: Surroundings, crm: PipelinerLine, record: ConnectionRecord, subject: str
) -> list[Finding]:
    """Check custom fields, defaults and the key field as connecting does."""
    try:
        await check_fields(replace(around.operator, pipeliner=crm.space), record.settings)
    except InvalidRequest as error:
        remedy = "correct the connection's settings, or make the field anew in Pipeliner"
        return [failed("fields", subject, fault, remedy) for fault in error.faults]
    key = record.settings.key_field
    told = f"key field {key}" if key else "no key field: creates are found again by their content"
    return [good("fields", subject, f"custom fields and defaults are there; {told}")]
