"""What the operations tell about themselves and which run it is about, whoever listens; and telemetry for nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from typing_extensions import override

from sync_core.domain import Reason
from sync_core.engine.ports import RunRequest, RunWatch
from sync_core.engine.run import RunResult, Unwatched
from sync_core.queues import QueueDepth


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """The run that is under way in this task; both ids are empty outside one."""

    connection_id: str = ""
    run_id: str = ""


NO_RUN = RunIdentity()
_under_way: ContextVar[RunIdentity] = ContextVar("run_identity", default=NO_RUN)


def under_way() -> RunIdentity:
    """Return the run that is under way in this task."""
    return _under_way.get()


@contextmanager
def identified(connection_id: str, run_id: str) -> Iterator[None]:
    """Have every log line of this task carry these ids meanwhile."""
    token = _under_way.set(RunIdentity(connection_id, run_id))
    try:
        yield
    finally:
        _under_way.reset(token)


class Service(StrEnum):
    """Whom a request went to."""

    GRAPH = "graph"
    PIPELINER = "pipeliner"


class RequestOutcome(StrEnum):
    """How a request ended: `refused` is any other 4xx, `failed` a 5xx or no answer."""

    OK = "ok"
    THROTTLED = "throttled"
    REFUSED = "refused"
    FAILED = "failed"


class RunOutcome(StrEnum):
    """How a run ended. `paused`: the connection cannot go on; `busy`: it never began, another one was running."""

    DONE = "done"
    CONTINUES = "continues"
    FAILED = "failed"
    PAUSED = "paused"
    LEASE_LOST = "lease_lost"
    UNAVAILABLE = "unavailable"
    ERROR = "error"
    BUSY = "busy"


class ConnectionHealth(StrEnum):
    """How a connection is, the attribute `standing`. `failing` is an active connection whose last run failed."""

    ACTIVE = "active"
    FAILING = "failing"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of one connection waits for a person: items by reason, and the removals and changes to be approved."""

    attention: Mapping[Reason, int] = field(default_factory=dict)
    awaiting_approval: int = 0


@dataclass(frozen=True, slots=True)
class Stock:
    """What a tick found: connections by health, what waits by connection, and the queue where it can be measured."""

    connections: Mapping[ConnectionHealth, int] = field(default_factory=dict)
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    queue: QueueDepth | None = None


class MeasuredRun(RunWatch, Protocol):
    """A run that is being measured, and its steps meanwhile."""

    def finished(self, result: RunResult) -> None:
        """The run came to its own end; one that raises is measured by what it raised."""


class Telemetry(Protocol):
    """Takes what is measured. Nothing that it does may fail an operation."""

    @property
    def is_on(self) -> bool:
        """Whether anybody listens; what costs requests is only measured then."""

    def running(self, request: RunRequest) -> AbstractContextManager[MeasuredRun]:
        """Measure a run, whose request carries the id of its run."""

    def requested(self, service: Service, outcome: RequestOutcome) -> None:
        """A request was answered, or not."""

    def ticked(self, stock: Stock | None) -> None:
        """A tick has come to its end; `stock` is None when it could not be taken."""

    def reconciled(self, connection_id: str, found: Mapping[str, int]) -> None:
        """A reconciliation found and repaired so many of each kind."""

    def poisoned(self) -> None:
        """A message was given up."""


class _UnmeasuredRun(Unwatched, MeasuredRun):
    @override
    def finished(self, result: RunResult) -> None: ...


class Unmeasured(Telemetry):
    """Nobody listens."""

    is_on = False

    @override
    @contextmanager
    def running(self, request: RunRequest) -> Iterator[MeasuredRun]:
        yield _UnmeasuredRun()

    @override
    def requested(self, service: Service, outcome: RequestOutcome) -> None: ...

    @override
    def ticked(self, stock: Stock | None) -> None: ...

    @override
    def reconciled(self, connection_id: str, found: Mapping[str, int]) -> None: ...

    @override
    def poisoned(self) -> None: ...


UNMEASURED = Unmeasured()
