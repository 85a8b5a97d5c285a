"""What every command works with: the deployment, the queue of this process, the screen; and choosing connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync_core.cli.output import Screen
from sync_core.errors import InvalidRequest, NotFound
from sync_core.operations.ports import Operator
from sync_core.queues.local import LocalQueue
from sync_core.state.reading import ConnectionReading
from sync_core.state.registry import ConnectionRecord

PROGRESS_INTERVAL_S = 1.0
_NONE_YET = "there is no connection yet; make one with connect"


@dataclass(frozen=True, slots=True)
class Desk:
    """One command's deployment. `worker` names this process to the leases of its passes."""

    operator: Operator
    queue: LocalQueue
    screen: Screen
    worker: str
    progress_interval_s: float = PROGRESS_INTERVAL_S

    def reader(self, record: ConnectionRecord) -> ConnectionReading:
        """Give what is written down of a connection."""
        return self.operator.reader(record.id)

    async def one(self, typed: str | None) -> ConnectionRecord:
        """Find the connection that was typed, or the only one. Raises NotFound, or InvalidRequest when unclear."""
        records = await self.operator.registry.all()
        if typed is None and len(records) > 1:
            raise InvalidRequest([f"CONNECTION is missing, and there are several: {_listed(records)}"])
        return _chosen(records, typed or "")

    async def all_or(self, typed: str | None) -> list[ConnectionRecord]:
        """Find the connection that was typed, or all there are."""
        records = await self.operator.registry.all()
        return records if typed is None else [_chosen(records, typed)]

    async def each(self, typed: Sequence[str]) -> list[ConnectionRecord]:
        """Find the connections that were typed, each once."""
        records = await self.operator.registry.all()
        found = [_chosen(records, text) for text in typed]
        return list({record.id: record for record in found}.values())


def _chosen(records: Sequence[ConnectionRecord], typed: str) -> ConnectionRecord:
    if not records:
        raise NotFound(_NONE_YET)
    exact = [record for record in records if record.id == typed]
    found = exact or [record for record in records if record.id.startswith(typed)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidRequest([f"CONNECTION {typed!r} begins several ids; type more of it: {_listed(found)}"])
    raise NotFound(f"there is no connection {typed!r}; choose from: {_listed(records)}")


def _listed(records: Sequence[ConnectionRecord]) -> str:
    return ", ".join(f"{record.id} ({record.mailbox})" for record in records)
