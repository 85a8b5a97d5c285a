"""Steps of a run: every request to a service, every part of a `$batch`, every operation of the store, counted."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from emulators.in_process import InProcessGraph, InProcessPipeliner
from emulators.wire import Model
from sync_core.errors import ServiceUnavailable, StoreUnavailable
from sync_core.http import Answer, Request
from sync_core.storage import MAX_LIMIT, Operation, Row, Store, Table
from tests.battery.sweep.batch_parts import BatchCut, cut_batch, join_answers, parts_in
from tests.battery.sweep.kinds import APPLIES, RETRY_AFTER, STATUS, Fault, Kind, Place, Step

T = TypeVar("T")
Action = Callable[[], Awaitable[None]]


class Crash(BaseException):
    """The process is gone; nothing of ours may catch this."""


@dataclass(slots=True)
class Stepper:
    """Counts the steps of one worker's process and carries out the faults planned for it.

    A fault happens at its step, or at the first one after it where it makes sense. `acting` says what the kinds do in
    which somebody else acts: another worker, or a person.
    """

    faults: list[Fault] = field(default_factory=list)
    acting: dict[Kind, Action] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    is_dead: bool = False

    def next(self, place: Place, what: str) -> Kind | None:
        """Count a step; returns the fault that is due there. Raises Crash when the process is gone."""
        if self.is_dead:
            raise Crash
        self.steps.append(Step(place, what))
        due = [fault for fault in self.faults if fault.at < len(self.steps) and fault.kind in APPLIES[place]]
        if not due:
            return None
        self.faults.remove(due[0])
        return due[0].kind

    def die(self) -> Crash:
        """End the process."""
        self.is_dead = True
        return Crash()

    async def perform(self, kind: Kind | None, call: Callable[[], Awaitable[T]], lost: Exception) -> T:
        """Make a call under a fault; `lost` is what a broken connection raises."""
        match kind:
            case Kind.CRASH_BEFORE:
                raise self.die()
            case Kind.REQUEST_LOST:
                raise lost
            case Kind.OUTLOOK_EDIT | Kind.PIPELINER_EDIT | Kind.REQUEST_LATE:
                await self.acting[kind]()
        answer = await call()
        match kind:
            case Kind.CRASH_AFTER:
                raise self.die()
            case Kind.REPLY_LOST:
                raise lost
            case Kind.REPLY_LATE:
                await self.acting[kind]()
        if self.is_dead:
            raise Crash
        return answer


class SteppedGraph(InProcessGraph):
    """Graph's model behind a stepper: each request is a step, and each part of a batch."""

    def __init__(self, model: Model, stepper: Stepper) -> None:
        super().__init__(model)
        self._stepper = stepper

    async def send(self, request: Request) -> Answer:
        """Send, unless the stepper has other plans."""
        parts = parts_in(request)
        kind = self._stepper.next(Place.GRAPH, f"{request.method} {'batch' if parts else request.target[-60:]}")
        told = [self._stepper.next(Place.PART, f"{part['method']} {part['url'][-60:]}") for part in parts]
        cuts = [BatchCut(place, fault) for place, fault in enumerate(told) if fault is not None]
        if kind in STATUS:
            return await self._refused(request, kind)
        lost = ServiceUnavailable("the emulated connection broke")
        return await self._stepper.perform(kind, lambda: self._deliver(request, cuts), lost)

    async def _refused(self, request: Request, kind: Kind) -> Answer:
        if kind is Kind.GATEWAY_TIMEOUT:
            await super().send(request)
        return Answer(STATUS[kind], RETRY_AFTER if kind is Kind.THROTTLED else {})

    async def _deliver(self, request: Request, cuts: Sequence[BatchCut]) -> Answer:
        if not cuts:
            return await super().send(request)
        sent, invented = cut_batch(request, cuts)
        answer = await super().send(sent) if parts_in(sent) else Answer(200, {}, b'{"responses": []}')
        if any(cut.kind is Kind.CRASH_BEFORE for cut in cuts):
            raise self._stepper.die()
        return join_answers(answer, invented)


class SteppedPipeliner(InProcessPipeliner):
    """Pipeliner's model behind a stepper: each request is a step."""

    def __init__(self, model: Model, stepper: Stepper) -> None:
        super().__init__(model)
        self._stepper = stepper

    async def send(self, request: Request) -> Answer:
        """Send, unless the stepper has other plans."""
        kind = self._stepper.next(Place.PIPELINER, f"{request.method} {request.path.rpartition('entities/')[2][:40]}")
        if kind in STATUS:
            if kind is Kind.GATEWAY_TIMEOUT:
                await super().send(request)
            body = json.dumps({"success": False}).encode()
            return Answer(STATUS[kind], RETRY_AFTER if kind is Kind.THROTTLED else {}, body)
        lost = ServiceUnavailable("the emulated connection broke")
        return await self._stepper.perform(kind, lambda: super(SteppedPipeliner, self).send(request), lost)


class SteppedStore:
    """A store behind a stepper: each operation is a step."""

    def __init__(self, store: Store, stepper: Stepper) -> None:
        self._store = store
        self._stepper = stepper

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """Run on, as a step."""
        return await self._step(Place.READ, f"get {table}", lambda: self._store.get(table, partition, key))

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """Run on, as a step."""
        return await self._step(Place.READ, f"get {table}", lambda: self._store.get_many(table, partition, keys))

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        """Run on, as a step."""
        what = f"read {table} {start[:12]}"
        return await self._step(Place.READ, what, lambda: self._store.read(table, partition, start, end, limit))

    async def partitions(self, table: Table) -> list[str]:
        """Run on."""
        return await self._store.partitions(table)

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Run on, as a step."""
        what = f"transact {table} {len(operations)}"
        return await self._step(Place.TRANSACTION, what, lambda: self._store.transact(table, partition, operations))

    async def close(self) -> None:
        """Run on."""
        await self._store.close()

    async def _step(self, place: Place, what: str, call: Callable[[], Awaitable[T]]) -> T:
        kind = self._stepper.next(place, what)
        return await self._stepper.perform(kind, call, StoreUnavailable("the emulated store did not answer"))
