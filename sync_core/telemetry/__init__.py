"""What the sync tells those who operate it: metrics, one span per run, logs with ids. Counts and ids, never values.

OpenTelemetry is known in `recording` alone, which `open_telemetry` loads where somebody listens.
"""

from sync_core.telemetry.metrics import METRIC_NAMES, Metric
from sync_core.telemetry.opening import open_telemetry
from sync_core.telemetry.port import (
    UNMEASURED,
    ConnectionHealth,
    MeasuredRun,
    RequestOutcome,
    RunOutcome,
    Service,
    Stock,
    Telemetry,
    Waiting,
    identified,
)

__all__ = [
    "METRIC_NAMES",
    "UNMEASURED",
    "ConnectionHealth",
    "MeasuredRun",
    "Metric",
    "RequestOutcome",
    "RunOutcome",
    "Service",
    "Stock",
    "Telemetry",
    "Waiting",
    "identified",
    "open_telemetry",
]
