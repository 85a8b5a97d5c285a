"""Carriers with a switch point at every request and every operation of the store.

A service's switch point comes after its answer: the engine's own code up to its next request is never split, as in a
real process that is not frozen in the middle of sending. A request that is delayed beyond its lease on the wire cannot
be fenced by a service that knows no fence. The store knows one, so its switch point comes before the operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from emulators.in_process import InProcessGraph, InProcessPipeliner
from emulators.wire import Model
from sync_core.http import Answer, Request
from sync_core.state.lease import Lease, lease_of
from sync_core.state.rows import LEASE
from sync_core.storage import MAX_LIMIT, Operation, Put, Row, Store, Table
from tests.battery.interleaving.scheduler import Scheduler


@dataclass(slots=True)
class Tenures:
    """Whose transactions were stored, connection by connection: a tenure that has ended must never store again."""

    current: dict[str, Lease] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    taken_over: int = 0

    def note(self, connection_id: str, operations: Sequence[Operation]) -> None:
        """Look at a transaction that was stored."""
        for operation in operations:
            if operation.key == LEASE and isinstance(operation, Put):
                self._note(connection_id, lease_of(Row(LEASE, operation.body, "")))

    def _note(self, connection_id: str, lease: Lease) -> None:
        before = self.current.get(connection_id, lease)
        if lease.tenure in self.ended:
            self.problems.append("a run stored something after another had taken over")
        if lease.tenure != before.tenure:
            self.ended.add(before.tenure)
            self.taken_over += bool(before.holder)
        self.current[connection_id] = lease


class TurningGraph(InProcessGraph):
    """Graph's model with a switch point after each answer."""

    def __init__(self, model: Model, scheduler: Scheduler, name: str) -> None:
        super().__init__(model)
        self._scheduler = scheduler
        self._name = name

    async def send(self, request: Request) -> Answer:
        """Send, then wait for the turn."""
        answer = await super().send(request)
        await self._scheduler.turn(self._name)
        return answer


class TurningPipeliner(InProcessPipeliner):
    """Pipeliner's model with a switch point after each answer."""

    def __init__(self, model: Model, scheduler: Scheduler, name: str) -> None:
        super().__init__(model)
        self._scheduler = scheduler
        self._name = name

    async def send(self, request: Request) -> Answer:
        """Send, then wait for the turn."""
        answer = await super().send(request)
        await self._scheduler.turn(self._name)
        return answer


class TurningStore:
    """A store with a switch point before each operation."""

    def __init__(self, store: Store, scheduler: Scheduler, name: str, tenures: Tenures) -> None:
        self._store = store
        self._scheduler = scheduler
        self._name = name
        self._tenures = tenures

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """Run on, in turn."""
        await self._scheduler.turn(self._name)
        return await self._store.get(table, partition, key)

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """Run on, in turn."""
        await self._scheduler.turn(self._name)
        return await self._store.get_many(table, partition, keys)

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        """Run on, in turn."""
        await self._scheduler.turn(self._name)
        return await self._store.read(table, partition, start, end, limit)

    async def partitions(self, table: Table) -> list[str]:
        """Run on."""
        return await self._store.partitions(table)

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Run on, in turn, and note whose it was."""
        await self._scheduler.turn(self._name)
        etags = await self._store.transact(table, partition, operations)
        if table is Table.SYNC:
            self._tenures.note(partition, operations)
        return etags

    async def close(self) -> None:
        """Run on."""
        await self._store.close()
