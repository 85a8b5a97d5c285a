"""Telemetry as OpenTelemetry: the numbers of each pass, tick, sweep and request, and the span of each pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from opentelemetry.trace import Span, Tracer

from sync_core.domain.contact import Side
from sync_core.domain.records import RunCounts, RunState
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.passes import PassResult
from sync_core.engine.ports import Clock
from sync_core.engine.watching import PassWatch
from sync_core.errors import LeaseLost, LeaseTaken, StoreUnavailable
from sync_core.telemetry.instruments import Instruments
from sync_core.telemetry.logs import under_way
from sync_core.telemetry.metrics import Metric
from sync_core.telemetry.port import PassOutcome, RequestOutcome, RunningPass, Service, Stock
from sync_core.telemetry.spans import PassSpans, describe_failure, describe_result, pass_span

_RAISED: Mapping[type[Exception], PassOutcome] = {
    LeaseTaken: PassOutcome.BUSY,
    LeaseLost: PassOutcome.LEASE_LOST,
    StoreUnavailable: PassOutcome.UNAVAILABLE,
}
_STATES: Mapping[RunState, PassOutcome] = {
    RunState.DONE: PassOutcome.DONE,
    RunState.CONTINUES: PassOutcome.CONTINUES,
}


class RecordedTelemetry:
    """Measures into one tracer and one set of instruments (`Telemetry`)."""

    is_on = True

    def __init__(self, tracer: Tracer, instruments: Instruments, clock: Clock) -> None:
        """`clock` is the one by which the passes run."""
        self._tracer = tracer
        self._instruments = instruments
        self._clock = clock

    def watch(self) -> PassWatch:
        """See `Telemetry.watch`."""
        return PassSpans(self._tracer, self._arrived)

    def _arrived(self, side: Side, since: datetime) -> None:
        """The two services' clocks may differ by a little; no way takes less than no time."""
        seconds = max((self._clock.now() - since).total_seconds(), 0.0)
        self._instruments.record(
            Metric.ARRIVAL_LATENCY, seconds, connection_id=under_way().connection_id, direction=f"to_{side.value}"
        )

    @contextmanager
    def running(self, request: PassRequest) -> Iterator[RunningPass]:
        """See `Telemetry.running`."""
        started = self._clock.now()
        with pass_span(self._tracer, request) as span:
            measured = _Measured(span)
            try:
                yield measured
            except Exception as error:
                measured.outcome = _outcome_of(error)
                describe_failure(span, measured.outcome, error)
                raise
            finally:
                self._count(request.connection_id, measured, (self._clock.now() - started).total_seconds())

    def _count(self, connection_id: str, measured: _Measured, seconds: float) -> None:
        outcome = measured.outcome
        if outcome is None or outcome is PassOutcome.BUSY:
            return
        self._instruments.add(Metric.PASS_FINISHED, 1, connection_id=connection_id, outcome=outcome)
        self._instruments.record(Metric.PASS_DURATION, seconds, connection_id=connection_id, outcome=outcome)
        for (direction, kind), contacts in _changes(measured.counts).items():
            if contacts:
                self._instruments.add(
                    Metric.CHANGES, contacts, connection_id=connection_id, direction=direction, kind=kind
                )
        if measured.counts.conflicts:
            self._instruments.add(Metric.CONFLICTS, measured.counts.conflicts, connection_id=connection_id)

    def requested(self, service: Service, outcome: RequestOutcome) -> None:
        """See `Telemetry.requested`."""
        self._instruments.add(Metric.REQUESTS, 1, service=service, outcome=outcome)

    def ticked(self, stock: Stock | None) -> None:
        """See `Telemetry.ticked`."""
        self._instruments.add(Metric.TICK_COMPLETED, 1)
        if stock is None:
            return
        for standing, connections in stock.connections.items():
            self._instruments.show(Metric.CONNECTIONS, connections, standing=standing)
        for connection_id, waiting in stock.waiting.items():
            self._instruments.show(Metric.HELD, waiting.held, connection_id=connection_id)
            for reason, items in waiting.attention.items():
                self._instruments.show(Metric.ATTENTION, items, connection_id=connection_id, reason=reason)
        if stock.queue is not None:
            self._instruments.show(Metric.QUEUE_WAITING, stock.queue.waiting)
            self._instruments.show(Metric.QUEUE_OLDEST, stock.queue.oldest_s)

    def swept(self, connection_id: str, found: Mapping[str, int]) -> None:
        """See `Telemetry.swept`."""
        for kind, items in found.items():
            if items:
                self._instruments.add(Metric.SWEEP_REPAIRED, items, connection_id=connection_id, kind=kind)

    def poisoned(self) -> None:
        """See `Telemetry.poisoned`."""
        self._instruments.add(Metric.POISON, 1)


@dataclass(slots=True)
class _Measured:
    """A pass under way, and what came of it."""

    span: Span
    outcome: PassOutcome | None = None
    counts: RunCounts = field(default_factory=RunCounts)

    def finished(self, result: PassResult) -> None:
        """See `RunningPass.finished`."""
        broken = PassOutcome.PAUSED if result.broken is not None else None
        self.outcome = broken or _STATES.get(result.run.state, PassOutcome.FAILED)
        self.counts = result.run.counts
        describe_result(self.span, self.outcome, result.run)


def _outcome_of(error: Exception) -> PassOutcome:
    return next((outcome for kind, outcome in _RAISED.items() if isinstance(error, kind)), PassOutcome.ERROR)


def _changes(counts: RunCounts) -> Mapping[tuple[str, str], int]:
    """Contacts by direction and kind."""
    return {
        ("to_outlook", "create"): counts.created_in_outlook,
        ("to_outlook", "update"): counts.updated_in_outlook,
        ("to_outlook", "delete"): counts.deleted_in_outlook,
        ("to_pipeliner", "create"): counts.created_in_pipeliner,
        ("to_pipeliner", "update"): counts.updated_in_pipeliner,
        ("to_pipeliner", "delete"): counts.deleted_in_pipeliner,
    }
