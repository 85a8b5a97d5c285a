"""Telemetry as OpenTelemetry: the numbers of each run, tick, reconciliation and request, and the span of each run.

The span of a run has a child for each step. Attributes are ids and counts; of errors the type and our own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import assert_never

from opentelemetry.metrics import Counter, Histogram, Meter
from opentelemetry.metrics import _Gauge as Gauge
from opentelemetry.trace import Span, Status, StatusCode, Tracer
from typing_extensions import override

from sync_core.domain import RunCounts, RunState, Side
from sync_core.engine.ports import Clock, RunRequest, Step
from sync_core.engine.run import RunResult
from sync_core.errors import LeaseLost, LeaseTaken, StoreUnavailable, SyncError
from sync_core.redaction import redacted
from sync_core.telemetry.metrics import Kind, Metric
from sync_core.telemetry.port import MeasuredRun, RequestOutcome, RunOutcome, Service, Stock, Telemetry, under_way

SPAN = "pass"
"""Name of the span of a run, as 0.1 wrote it; its children are named after the steps."""

_WELL = frozenset({RunOutcome.DONE, RunOutcome.CONTINUES, RunOutcome.BUSY})


class Instruments:
    """The instruments of one meter: each metric once. Raises ValueError for attributes that its definition lacks."""

    def __init__(self, meter: Meter) -> None:
        """`meter` is of the provider that the worker has configured, or a test's own."""
        self._counters: dict[Metric, Counter] = {}
        self._histograms: dict[Metric, Histogram] = {}
        self._gauges: dict[Metric, Gauge] = {}
        for metric in Metric:
            made = metric.value
            match made.kind:
                case Kind.COUNTER:
                    self._counters[metric] = meter.create_counter(made.name, made.unit, made.description)
                case Kind.GAUGE:
                    self._gauges[metric] = meter.create_gauge(made.name, made.unit, made.description)
                case Kind.HISTOGRAM:
                    self._histograms[metric] = meter.create_histogram(
                        made.name, made.unit, made.description, explicit_bucket_boundaries_advisory=made.bounds
                    )
                case _:
                    assert_never(made.kind)

    def add(self, metric: Metric, amount: int, **attributes: str) -> None:
        """Count."""
        self._counters[metric].add(amount, _checked(metric, attributes))

    def record(self, metric: Metric, amount: float, **attributes: str) -> None:
        """Add a measurement to a histogram."""
        self._histograms[metric].record(amount, _checked(metric, attributes))

    def show(self, metric: Metric, amount: float, **attributes: str) -> None:
        """Set a gauge."""
        self._gauges[metric].set(amount, _checked(metric, attributes))


def _checked(metric: Metric, attributes: dict[str, str]) -> dict[str, str]:
    if set(attributes) != set(metric.value.attributes):
        wanted = ", ".join(metric.value.attributes) or "none"
        raise ValueError(f"{metric.value.name} takes the attributes {wanted}, not {', '.join(attributes)}")
    return {name: str(value) for name, value in attributes.items()}


class RecordedTelemetry(Telemetry):
    """Measures into one tracer and one set of instruments."""

    is_on = True

    def __init__(self, tracer: Tracer, instruments: Instruments, clock: Clock) -> None:
        """`clock` is the one by which the runs run."""
        self._tracer = tracer
        self._instruments = instruments
        self._clock = clock

    def _arrived(self, side: Side, since: datetime) -> None:
        """The two services' clocks may differ by a little; no way takes less than no time."""
        seconds = max((self._clock.now() - since).total_seconds(), 0.0)
        self._instruments.record(
            Metric.ARRIVAL_LATENCY, seconds, connection_id=under_way().connection_id, direction=f"to_{side.value}"
        )

    @override
    @contextmanager
    def running(self, request: RunRequest) -> Iterator[MeasuredRun]:
        started = self._clock.now()
        attributes = {
            "connection_id": request.connection_id,
            "run_id": request.run_id,
            "mode": request.mode.value,
            "trigger": request.trigger.value,
        }
        # Nothing writes an exception into the span by itself: its text may hold values.
        with self._tracer.start_as_current_span(
            SPAN, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            measured = _RecordedRun(span, self._tracer, self._arrived)
            try:
                yield measured
            except Exception as error:
                measured.broke_off(error)
                raise
            finally:
                self._count(request.connection_id, measured, (self._clock.now() - started).total_seconds())

    def _count(self, connection_id: str, measured: _RecordedRun, seconds: float) -> None:
        outcome = measured.outcome
        if outcome is None or outcome is RunOutcome.BUSY:
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

    @override
    def requested(self, service: Service, outcome: RequestOutcome) -> None:
        self._instruments.add(Metric.REQUESTS, 1, service=service, outcome=outcome)

    @override
    def ticked(self, stock: Stock | None) -> None:
        self._instruments.add(Metric.TICK_COMPLETED, 1)
        if stock is None:
            return
        for health, connections in stock.connections.items():
            self._instruments.show(Metric.CONNECTIONS, connections, standing=health)
        for connection_id, waiting in stock.waiting.items():
            self._instruments.show(Metric.HELD, waiting.awaiting_approval, connection_id=connection_id)
            for reason, items in waiting.attention.items():
                self._instruments.show(Metric.ATTENTION, items, connection_id=connection_id, reason=reason)
        if stock.queue is not None:
            self._instruments.show(Metric.QUEUE_WAITING, stock.queue.waiting)
            self._instruments.show(Metric.QUEUE_OLDEST, stock.queue.oldest_s)

    @override
    def reconciled(self, connection_id: str, found: Mapping[str, int]) -> None:
        for kind, items in found.items():
            if items:
                self._instruments.add(Metric.SWEEP_REPAIRED, items, connection_id=connection_id, kind=kind)

    @override
    def poisoned(self) -> None:
        self._instruments.add(Metric.POISON, 1)


@dataclass(slots=True)
class _RecordedRun(MeasuredRun):
    """A run under way, its span and that of its step, and what came of it; `arrive` takes the edits that arrived."""

    span: Span
    tracer: Tracer
    arrive: Callable[[Side, datetime], None]
    step_span: Span | None = None
    outcome: RunOutcome | None = None
    counts: RunCounts = field(default_factory=RunCounts)

    @override
    def step(self, step: Step | None) -> None:
        """A step's span lies below the span that is current when it begins."""
        if self.step_span is not None:
            self.step_span.end()
        identity = under_way()
        attributes = {"connection_id": identity.connection_id, "run_id": identity.run_id}
        self.step_span = self.tracer.start_span(step.value, attributes=attributes) if step is not None else None

    @override
    def arrived(self, side: Side, since: datetime) -> None:
        self.arrive(side, since)

    @override
    def finished(self, result: RunResult) -> None:
        run, self.outcome = result.run, _outcome_of(result)
        self.counts = run.counts
        counts = {name: count for name, count in asdict(run.counts).items() if count}
        self.span.set_attributes({"outcome": self.outcome.value, "writes": run.counts.writes, **counts})
        if self.outcome not in _WELL:
            self.span.set_status(Status(StatusCode.ERROR, run.message))

    def broke_off(self, error: Exception) -> None:
        """Write how the run broke off: our own errors with their words, any other by type and place."""
        match error:
            case LeaseTaken():
                self.outcome = RunOutcome.BUSY
            case LeaseLost():
                self.outcome = RunOutcome.LEASE_LOST
            case StoreUnavailable():
                self.outcome = RunOutcome.UNAVAILABLE
            case _:
                self.outcome = RunOutcome.ERROR
        self.span.set_attributes({"outcome": self.outcome.value, "error.type": type(error).__name__})
        if self.outcome not in _WELL:
            words = str(error) if isinstance(error, SyncError) else redacted(error)
            self.span.set_status(Status(StatusCode.ERROR, words))


def _outcome_of(result: RunResult) -> RunOutcome:
    if result.broken is not None:
        return RunOutcome.PAUSED
    match result.run.state:
        case RunState.DONE:
            return RunOutcome.DONE
        case RunState.CONTINUES:
            return RunOutcome.CONTINUES
        case RunState.QUEUED | RunState.RUNNING | RunState.FAILED:
            return RunOutcome.FAILED
        case _:
            assert_never(result.run.state)


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
