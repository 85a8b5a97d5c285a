"""What the operations tell about themselves, and nobody who listens: OpenTelemetry is known in `recording` only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sync_core.domain.records import Reason
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.passes import PassResult
from sync_core.engine.watching import UNWATCHED, PassWatch
from sync_core.queues.depth import QueueDepth


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


class PassOutcome(StrEnum):
    """How a pass ended. `paused`: the connection cannot go on; `busy`: it never began, another one was running."""

    DONE = "done"
    CONTINUES = "continues"
    FAILED = "failed"
    PAUSED = "paused"
    LEASE_LOST = "lease_lost"
    UNAVAILABLE = "unavailable"
    ERROR = "error"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one connection has waiting for a person: items by reason, and held removals and changes."""

    attention: Mapping[Reason, int] = field(default_factory=dict)
    held: int = 0


@dataclass(frozen=True, slots=True)
class Stock:
    """What a tick found: connections by standing, what waits by connection, and the queue where it can be told."""

    connections: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    queue: QueueDepth | None = None


class RunningPass(Protocol):
    """A pass that is being measured."""

    def finished(self, result: PassResult) -> None:
        """The pass came to its own end; one that raises is measured by what it raised."""


class Telemetry(Protocol):
    """Takes what is measured. Nothing that it does may fail an operation."""

    @property
    def is_on(self) -> bool:
        """Whether anybody listens; what costs requests is only measured then."""

    def watch(self) -> PassWatch:
        """Give a watch for the phases of one pass, below the span of `running`."""

    def running(self, request: PassRequest) -> AbstractContextManager[RunningPass]:
        """Measure a pass, whose request carries the id of its run."""

    def requested(self, service: Service, outcome: RequestOutcome) -> None:
        """A request was answered, or not."""

    def ticked(self, stock: Stock | None) -> None:
        """A tick has come to its end; `stock` is None when it could not be taken."""

    def swept(self, connection_id: str, found: Mapping[str, int]) -> None:
        """A sweep found and repaired so many of each kind."""

    def poisoned(self) -> None:
        """A message was given up."""


class _UnmeasuredPass:
    def finished(self, result: PassResult) -> None:
        """See `RunningPass.finished`."""


class Unmeasured:
    """Nobody listens."""

    is_on = False

    def watch(self) -> PassWatch:
        """See `Telemetry.watch`."""
        return UNWATCHED

    @contextmanager
    def running(self, request: PassRequest) -> Iterator[RunningPass]:  # noqa: ARG002 - the protocol's
        """See `Telemetry.running`."""
        yield _UnmeasuredPass()

    def requested(self, service: Service, outcome: RequestOutcome) -> None:
        """See `Telemetry.requested`."""

    def ticked(self, stock: Stock | None) -> None:
        """See `Telemetry.ticked`."""

    def swept(self, connection_id: str, found: Mapping[str, int]) -> None:
        """See `Telemetry.swept`."""

    def poisoned(self) -> None:
        """See `Telemetry.poisoned`."""


UNMEASURED = Unmeasured()
