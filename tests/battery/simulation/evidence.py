"""What is on the table when a history is judged: both services, every stored row, and the chronicle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync_core.domain.contact import Side
from sync_core.domain.link import Link, LinkState
from sync_core.domain.records import AttentionItem, Recorded
from sync_core.engine.state_port import Intent, OutlookWork, PipelinerWork, RemovalWork
from sync_core.state.lease import lease_of
from sync_core.state.link_rows import index_entry_of, link_of
from sync_core.state.pass_rows import journal_of, outlook_work_of, pipeliner_work_of, removal_work_of
from sync_core.state.record_rows import attention_of
from sync_core.state.registry import ConnectionRecord
from sync_core.state.rows import (
    ATTENTION,
    JOURNAL,
    LEASE,
    LINK,
    OUTLOOK_WORK,
    PIPELINER_WORK,
    REMOVAL_WORK,
    index_prefix,
)
from sync_core.state.store import Row, Table
from tests.battery.simulation.chronicle import Chronicle
from tests.battery.simulation.office import Office
from tests.battery.simulation.running import Deployment, LogBook
from tests.battery.simulation.sight import Sighting

Work = OutlookWork | PipelinerWork | RemovalWork


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one connection."""

    links: Mapping[str, Link]
    index: Mapping[Side, Mapping[str, str]]
    attention: tuple[AttentionItem, ...]
    work: tuple[Work, ...]
    intents: tuple[Intent, ...]
    holder: str
    links_counted: int


@dataclass(frozen=True, slots=True)
class Held:
    """One connection at the end: its record, its rows and its history."""

    record: ConnectionRecord
    rows: Rows
    history: tuple[Recorded, ...]
    run_messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a judge may look at."""

    office: Office
    deployment: Deployment
    chronicle: Chronicle
    connections: tuple[Held, ...]
    shown: tuple[Sighting, ...]
    log_lines: tuple[str, ...]


async def rows_of(office: Office, connection_id: str) -> Rows:
    """Read all rows of a connection but history and runs."""
    rows = [
        *await office.store.read(Table.SYNC, connection_id, "1.", "4.", 1000),
        *await office.store.read(Table.SYNC, connection_id, "5.", "7.", 1000),
    ]
    lease = lease_of(connection_id, next((row for row in rows if row.key == LEASE), None))
    index = {
        side: {
            row.key.removeprefix(index_prefix(side)): index_entry_of(row).link_id
            for row in _of(rows, index_prefix(side))
        }
        for side in Side
    }
    return Rows(
        links={row.key.removeprefix(LINK): link_of(row) for row in _of(rows, LINK)},
        index=index,
        attention=tuple(attention_of(row) for row in _of(rows, ATTENTION)),
        work=(
            *(outlook_work_of(row) for row in _of(rows, OUTLOOK_WORK)),
            *(pipeliner_work_of(row) for row in _of(rows, PIPELINER_WORK)),
            *(removal_work_of(row) for row in _of(rows, REMOVAL_WORK)),
        ),
        intents=tuple(intent for row in _of(rows, JOURNAL) for intent in journal_of(row)),
        holder=lease.holder,
        links_counted=lease.links,
    )


def _of(rows: list[Row], prefix: str) -> list[Row]:
    return [row for row in rows if row.key.startswith(prefix)]


async def gather(deployment: Deployment, book: LogBook) -> Evidence:
    """Read everything."""
    office = deployment.office
    connections = []
    for record in office.records:
        reader = office.operator.reader(record.id)
        held = Held(
            await office.operator.registry.get(record.id),
            await rows_of(office, record.id),
            tuple(await reader.history(limit=10_000)),
            tuple(run.message for run in await reader.runs(1000)),
        )
        connections.append(held)
    shown = tuple(office.chronicle.sight.all())
    return Evidence(office, deployment, office.chronicle, tuple(connections), shown, tuple(book.lines))


def linked_pairs(evidence: Evidence) -> Iterator[tuple[Held, Link, Sighting, Sighting]]:
    """Give every link over which changes travel, with both its contacts."""
    by_id = {item.id: item for item in evidence.shown}
    for held in evidence.connections:
        for link in held.rows.links.values():
            outlook, pipeliner = by_id.get(link.outlook_id), by_id.get(link.pipeliner_id)
            if link.state is LinkState.LINKED and outlook is not None and pipeliner is not None:
                yield held, link, outlook, pipeliner
