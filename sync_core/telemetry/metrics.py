"""Every metric of the sync, in one list: alerts, workbook and tests take the names from here.

In Application Insights they are rows of `AppMetrics`, `Name` being the metric's name and `Properties` its attributes.
Counters tell what was added since the last export, gauges what the latest tick found: what a tick does not name
any more (an attention reason, say) is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

METER = "sync_core"
"""Name of the OpenTelemetry meter and tracer."""

_PASS_SECONDS = (1, 2, 5, 10, 30, 60, 120, 240, 480, 600)
_ARRIVAL_SECONDS = (30, 60, 120, 300, 600, 900, 1800, 3600, 14400, 86400)


class Kind(StrEnum):
    """What an instrument does with its numbers."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric: its name, kind, unit (UCUM), what it means, its attributes, and a histogram's bounds."""

    name: str
    kind: Kind
    unit: str
    description: str
    attributes: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


class Metric(Enum):
    """All metrics."""

    TICK_COMPLETED = Definition("sync.tick.completed", Kind.COUNTER, "{tick}", "Ticks that came to their end")
    PASS_FINISHED = Definition(
        "sync.pass.finished", Kind.COUNTER, "{pass}", "Runs that ended, by outcome", ("connection_id", "outcome")
    )
    PASS_DURATION = Definition(
        "sync.pass.duration",
        Kind.HISTOGRAM,
        "s",
        "Time from the start of a run to its end",
        ("connection_id", "outcome"),
        _PASS_SECONDS,
    )
    CHANGES = Definition(
        "sync.changes",
        Kind.COUNTER,
        "{contact}",
        "Contacts that a run created, updated or deleted on the side named by direction",
        ("connection_id", "direction", "kind"),
    )
    CONFLICTS = Definition(
        "sync.conflicts",
        Kind.COUNTER,
        "{field}",
        "Fields that both sides had changed; the loser is in the history",
        ("connection_id",),
    )
    ARRIVAL_LATENCY = Definition(
        "sync.arrival.latency",
        Kind.HISTOGRAM,
        "s",
        "Time from an edit on one side, by that service's clock, to its write on the other; full syncs left out",
        ("connection_id", "direction"),
        _ARRIVAL_SECONDS,
    )
    REQUESTS = Definition(
        "sync.requests",
        Kind.COUNTER,
        "{request}",
        "Requests by their answers; of a Graph batch each part is counted, not the batch",
        ("service", "outcome"),
    )
    CONNECTIONS = Definition(
        "sync.connections",
        Kind.GAUGE,
        "{connection}",
        "Connections by standing: active, failing, paused",
        ("standing",),
    )
    ATTENTION = Definition(
        "sync.attention",
        Kind.GAUGE,
        "{item}",
        "Items that wait for a person, by reason",
        ("connection_id", "reason"),
    )
    HELD = Definition(
        "sync.held",
        Kind.GAUGE,
        "{contact}",
        "Removals and changes that wait for an approval",
        ("connection_id",),
    )
    QUEUE_WAITING = Definition(
        "sync.queue.waiting", Kind.GAUGE, "{message}", "Messages in the queue sync-passes, delayed ones counted"
    )
    QUEUE_OLDEST = Definition(
        "sync.queue.oldest", Kind.GAUGE, "s", "Age of the oldest message that a worker could take; 0 when none waits"
    )
    POISON = Definition("sync.poison", Kind.COUNTER, "{message}", "Messages that failed too often and were given up")
    SWEEP_REPAIRED = Definition(
        "sync.sweep.repaired",
        Kind.COUNTER,
        "{item}",
        "What nightly reconciliations found amiss and fixed, by kind",
        ("connection_id", "kind"),
    )


METRIC_NAMES = tuple(metric.value.name for metric in Metric)
