"""What is on the table when a history is judged: both services, every stored row, and the chronicle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync_core.domain import AttentionItem, Link, Reason, Recorded, Side
from sync_core.engine.ports import Awaited, Intent, OutlookLook, PipelinerLook
from sync_core.state import ConnectionRecord
from sync_core.state.creates import journal_of
from sync_core.state.lease import lease_of
from sync_core.state.record_rows import attention_of
from sync_core.state.rows import (
    ATTENTION,
    AWAITED,
    INDEX,
    JOURNAL,
    LEASE,
    LINK,
    OUTLOOK_LOOK,
    PIPELINER_LOOK,
    index_entry_of,
    link_of,
)
from sync_core.state.run_rows import awaited_of, outlook_look_of, pipeliner_look_of
from sync_core.storage import Row, Table
from tests.battery.simulation.chronicle import Chronicle
from tests.battery.simulation.office import Office
from tests.battery.simulation.running import LogBook, SimulatedDeployment
from tests.battery.simulation.sight import Sighting

Work = OutlookLook | PipelinerLook | Awaited
_HOLD_NOTHING = frozenset({Reason.READ_ONLY, Reason.VALUES_REPLACED, Reason.VALUES_CROSSED})
"""What people may answer when they like: nothing waits for it."""


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

    def asked_about(self, link: Link) -> bool:
        """Whether an open question concerns a link, or a contact in it."""
        return self._concerned(link, frozenset({Reason.READ_ONLY}))

    def _concerned(self, link: Link, but: frozenset[Reason]) -> bool:
        ids = {str(link.outlook_id), str(link.pipeliner_id)}
        questions = (item for item in self.attention if item.choices and item.reason not in but)
        return any(
            item.link_id == link.id or not ids.isdisjoint({*item.candidates, item.outlook_id, item.pipeliner_id})
            for item in questions
        )

    @property
    def unasked(self) -> tuple[Work, ...]:
        """Work that waits for nobody's answer."""
        return tuple(
            item
            for item in self.work
            if not isinstance(item, Awaited)
            or item.link_id not in self.links
            or not self._concerned(self.links[item.link_id], _HOLD_NOTHING)
        )


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
    deployment: SimulatedDeployment
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
    lease = lease_of(next((row for row in rows if row.key == LEASE), None))
    index = {
        side: {row.key.removeprefix(INDEX[side]): index_entry_of(row).link_id for row in _of(rows, INDEX[side])}
        for side in Side
    }
    return Rows(
        links={row.key.removeprefix(LINK): link_of(row) for row in _of(rows, LINK)},
        index=index,
        attention=tuple(attention_of(row) for row in _of(rows, ATTENTION)),
        work=(
            *(outlook_look_of(row) for row in _of(rows, OUTLOOK_LOOK)),
            *(pipeliner_look_of(row) for row in _of(rows, PIPELINER_LOOK)),
            *(awaited_of(row) for row in _of(rows, AWAITED)),
        ),
        intents=tuple(intent for row in _of(rows, JOURNAL) for intent in journal_of(row)),
        holder=lease.holder,
        links_counted=lease.links,
    )


def _of(rows: list[Row], prefix: str) -> list[Row]:
    return [row for row in rows if row.key.startswith(prefix)]


async def gather(deployment: SimulatedDeployment, book: LogBook) -> Evidence:
    """Read everything."""
    office = deployment.office
    connections = []
    for record in office.records:
        reader = office.deployment.reader(record.id)
        held = Held(
            await office.deployment.registry.get(record.id),
            await rows_of(office, record.id),
            tuple(await reader.history(limit=10_000)),
            tuple(run.message for run in await reader.runs(1000)),
        )
        connections.append(held)
    shown = tuple(office.chronicle.sight.all())
    return Evidence(office, deployment, office.chronicle, tuple(connections), shown, tuple(book.lines))


def linked_pairs(evidence: Evidence) -> Iterator[tuple[Held, Link, Sighting, Sighting]]:
    """Return every link over which changes travel, with both its contacts."""
    by_id = {item.id: item for item in evidence.shown}
    for held in evidence.connections:
        for link in held.rows.links.values():
            outlook, pipeliner = by_id.get(link.outlook_id), by_id.get(link.pipeliner_id)
            if not link.is_dormant and outlook is not None and pipeliner is not None:
                yield held, link, outlook, pipeliner
