"""Counts and disturbs every request and every operation of the store, in the way the shared workload asks for it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from emulators.in_process import InProcessGraph, InProcessPipeliner
from emulators.wire import Model
from sync_core.errors import ServiceUnavailable, StoreUnavailable
from sync_core.http import Answer, Request
from sync_core.storage import MAX_LIMIT, Operation, Row, Store, Table

T = TypeVar("T")
_OPERATIONS = {"POST": "upload", "PATCH": "update", "DELETE": "delete", "GET": "get"}


class Disturbance(Protocol):
    """A fault of the workload: told before and after each call, it raises or acts when its call has come."""

    seen: int

    def check(self, when: str) -> None:
        """Take notice of a call, `when` is before or after."""


@dataclass
class Calm:
    """No fault; counts the calls."""

    seen: int = 0

    def check(self, when: str) -> None:
        """Count."""
        self.seen += when == "before"


@dataclass
class Probe:
    """What the workload counts and sets. Side a is Outlook, side b Pipeliner; the store is counted as `state`."""

    latency_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    fault: Disturbance = field(default_factory=Calm)
    listed_share_b: float = 1.0
    death: BaseException | None = None
    """What ended the process; until the restart nothing else happens in it."""

    async def call(self, lost: Exception, effect: Callable[[], Awaitable[T]]) -> T:
        """Make a call under the fault; `lost` is what a lost answer looks like to the caller."""
        self._check("before", lost)
        answer = await effect()
        self._check("after", lost)
        return answer

    async def request(self, names: Sequence[str], effect: Callable[[], Awaitable[T]]) -> T:
        """Make a request to a service; `names` are the operations in it, by side."""
        self.counts.update(names)
        self.counts["requests"] += 1
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        return await self.call(ServiceUnavailable("no answer came"), effect)

    def _check(self, when: str, lost: Exception) -> None:
        if self.death is not None:
            raise self.death
        try:
            self.fault.check(when)
        except Exception as error:
            if type(error).__name__ == "LostReply":
                raise lost from error
            raise
        except BaseException as death:
            self.death = death
            raise


class ProbedGraph(InProcessGraph):
    """Graph's model behind the probe; the parts of a batch are counted one by one."""

    def __init__(self, model: Model, probe: Probe) -> None:
        super().__init__(model)
        self._probe = probe

    async def send(self, request: Request) -> Answer:
        """Send under the probe."""
        answer = await self._probe.request(
            list(_graph_operations(request)), lambda: super(ProbedGraph, self).send(request)
        )
        if "/delta" in request.target:
            self._probe.counts["a.listed"] += len(json.loads(answer.body or b"{}").get("value", ()))
        return answer


def _graph_operations(request: Request) -> Iterator[str]:
    if request.target.endswith("/$batch"):
        for part in json.loads(request.body)["requests"]:
            yield f"a.{_OPERATIONS[part['method']]}"
    elif "/contacts" in request.target:
        yield "a.list" if "/delta" in request.target else f"a.{_OPERATIONS[request.method]}"


class ProbedPipeliner(InProcessPipeliner):
    """Pipeliner's model behind the probe; `is_silent` takes the revision out of the answers to writes."""

    def __init__(self, model: Model, probe: Probe, *, is_silent: bool) -> None:
        super().__init__(model)
        self._probe = probe
        self._is_silent = is_silent

    async def send(self, request: Request) -> Answer:
        """Send under the probe."""
        names = list(_pipeliner_operations(request))
        answer = await self._probe.request(names, lambda: super(ProbedPipeliner, self).send(request))
        if names == ["b.list"]:
            self._probe.counts["b.listed"] += len(_records(answer))
        return _without_revision(answer) if self._is_silent and request.method != "GET" else answer


def _pipeliner_operations(request: Request) -> Iterator[str]:
    _, _, place = request.path.partition("/entities/")
    if place.split("/")[0] != "Contacts":
        return
    if request.method == "GET":
        yield "b.get" if "/" in place else "b.list"
    elif place.endswith("batch-modify"):
        yield from ["b.upload"] * len(json.loads(request.body))
    else:
        yield f"b.{_OPERATIONS[request.method]}"


def _records(answer: Answer) -> list[Any]:
    data = answer.json().get("data") if answer.body else None
    return data if isinstance(data, list) else []


def _without_revision(answer: Answer) -> Answer:
    body = answer.json() if answer.body else {}
    if isinstance(body, dict) and isinstance(body.get("data"), dict):
        body["data"].pop("revision", None)
        return replace(answer, body=json.dumps(body).encode())
    return answer


class ProbedStore:
    """A store behind the probe: each call counts as one operation of the state."""

    def __init__(self, store: Store, probe: Probe) -> None:
        self._store = store
        self._probe = probe

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """Run on."""
        return await self._call(lambda: self._store.get(table, partition, key))

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """Run on."""
        return await self._call(lambda: self._store.get_many(table, partition, keys))

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        """Run on."""
        return await self._call(lambda: self._store.read(table, partition, start, end, limit))

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Run on."""
        return await self._call(lambda: self._store.transact(table, partition, operations))

    async def partitions(self, table: Table) -> list[str]:
        """Run on."""
        return await self._call(lambda: self._store.partitions(table))

    async def close(self) -> None:
        """Close, which no fault can keep from happening."""
        await self._store.close()

    async def _call(self, effect: Callable[[], Awaitable[T]]) -> T:
        self._probe.counts["state"] += 1
        return await self._probe.call(StoreUnavailable("no answer came"), effect)
