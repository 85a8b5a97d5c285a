"""A deployment whose telemetry goes into the memory of the test: OpenTelemetry's own SDK and exporters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, MetricsData, NumberDataPoint
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from emulators.in_process import InProcessGraph, InProcessPipeliner
from sync_core.app import Parts, build
from sync_core.engine.ports import Clock
from sync_core.telemetry import Metric
from sync_core.telemetry.metrics import METER
from sync_core.telemetry.recording import Instruments, RecordedTelemetry
from tests.scenarios.world import World, new_world


@dataclass(frozen=True, slots=True)
class Point:
    """One number of a metric: a counter's total, a gauge's value, a histogram's sum (and how many it sums up)."""

    value: float
    attributes: Mapping[str, Any]
    count: int = 1


@dataclass(slots=True)
class Listener:
    """Takes what is told."""

    reader: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)
    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    meters: MeterProvider = field(init=False)
    traces: TracerProvider = field(init=False)

    def __post_init__(self) -> None:
        """Connect the exporters with providers of their own; the global ones stay as they are."""
        self.meters = MeterProvider([self.reader])
        self.traces = TracerProvider()
        self.traces.add_span_processor(SimpleSpanProcessor(self.exporter))

    def telemetry(self, clock: Clock) -> RecordedTelemetry:
        """Telemetry as in production, but for where it goes."""
        return RecordedTelemetry(self.traces.get_tracer(METER), Instruments(self.meters.get_meter(METER)), clock)

    def points(self, metric: Metric) -> list[Point]:
        """All that was told of a metric so far."""
        return self.told().get(metric.value.name, [])

    def told(self) -> dict[str, list[Point]]:
        """All metrics that were told so far, by name."""
        data = self.reader.get_metrics_data()
        return _points(data) if isinstance(data, MetricsData) else {}

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """All spans that ended, in that order."""
        return self.exporter.get_finished_spans()

    def children(self, span: ReadableSpan) -> list[str]:
        """Names of the spans right below one, in the order they began."""
        inner = [item for item in self.spans if item.parent and span.context and item.parent == span.context]
        return [item.name for item in sorted(inner, key=lambda item: item.start_time or 0)]


def _points(data: MetricsData) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                found.setdefault(metric.name, []).extend(_point(item) for item in metric.data.data_points)
    return found


def _point(item: Any) -> Point:
    attributes = dict(item.attributes or {})
    if isinstance(item, HistogramDataPoint):
        return Point(item.sum, attributes, item.count)
    if isinstance(item, NumberDataPoint):
        return Point(item.value, attributes)
    raise TypeError(type(item).__name__)


def listened(world: World, listener: Listener, graph: InProcessGraph | None = None) -> World:
    """Have a world's deployment told about: the same services, state and queue."""
    deployment = world.deployment
    parts = Parts(
        world.store,
        graph or InProcessGraph(world.graph),
        InProcessPipeliner(world.crm),
        world.queue,
        deployment.clock,
        listener.telemetry(deployment.clock),
    )
    world.deployment = replace(build(deployment.settings, parts).deployment, mint_id=deployment.mint_id)
    return world


async def synced(listener: Listener, contacts: int = 2) -> World:
    """A told world whose Pipeliner contacts are in Outlook already."""
    world = listened(new_world(), listener)
    for number in range(contacts):
        world.write_in_crm(f"Person{number:03}", "Ann")
    await world.connect()
    await world.sync()
    return world


def total(points: list[Point], **attributes: str) -> float:
    """Sum of the points that have these attributes."""
    return sum(point.value for point in points if attributes.items() <= point.attributes.items())
