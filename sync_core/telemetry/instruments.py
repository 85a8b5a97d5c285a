"""The instruments of one meter: each metric once, and no attribute that its definition does not name."""

from __future__ import annotations

from opentelemetry.metrics import Counter, Histogram, Meter
from opentelemetry.metrics import _Gauge as Gauge

from sync_core.telemetry.metrics import Kind, Metric


class Instruments:
    """Takes numbers for the metrics. Raises ValueError for attributes other than those of the definition."""

    def __init__(self, meter: Meter) -> None:
        """`meter` is of the provider that the worker has configured, or a test's own."""
        self._counters: dict[Metric, Counter] = {}
        self._histograms: dict[Metric, Histogram] = {}
        self._gauges: dict[Metric, Gauge] = {}
        for metric in Metric:
            self._make(meter, metric)

    def _make(self, meter: Meter, metric: Metric) -> None:
        made = metric.value
        if made.kind is Kind.COUNTER:
            self._counters[metric] = meter.create_counter(made.name, made.unit, made.description)
        elif made.kind is Kind.GAUGE:
            self._gauges[metric] = meter.create_gauge(made.name, made.unit, made.description)
        else:
            self._histograms[metric] = meter.create_histogram(
                made.name, made.unit, made.description, explicit_bucket_boundaries_advisory=made.bounds
            )

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
