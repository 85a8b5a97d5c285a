"""Where telemetry goes: to the providers that Azure's Python worker has configured, or nowhere.

With `PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY=true` the worker calls `configure_azure_monitor` before it imports
`function_app.py`; calling it once more would export everything twice, so nothing here does. The worker passes no
credential, and none is needed: without one the exporter makes a `ManagedIdentityCredential` of
`APPLICATIONINSIGHTS_AUTHENTICATION_STRING` (`ClientId=<id>;Authorization=AAD`), user-assigned identity included.
What the worker's call leaves open, and privacy needs closed, is closed by `quieting`, whatever the app settings say.

Without `APPLICATIONINSIGHTS_CONNECTION_STRING` nothing is measured, and OpenTelemetry's providers are not touched.
"""

from __future__ import annotations

from functools import cache

from sync_core.engine.ports import Clock
from sync_core.settings import AppSettings
from sync_core.telemetry.instruments import Instruments
from sync_core.telemetry.logs import label_logs
from sync_core.telemetry.metrics import METER
from sync_core.telemetry.port import UNMEASURED, Telemetry
from sync_core.telemetry.quieting import quiet_libraries, stop_instrumentation


def open_telemetry(settings: AppSettings, clock: Clock) -> Telemetry:
    """Open telemetry for the Functions app; logs get their ids and libraries fall silent in any case."""
    label_logs()
    quiet_libraries()
    stop_instrumentation()
    if not settings.applicationinsights_connection_string.get_secret_value():
        return UNMEASURED
    return _recorded(clock)


def _recorded(clock: Clock) -> Telemetry:
    from opentelemetry import trace  # noqa: PLC0415 - only where somebody listens

    from sync_core.telemetry.recording import RecordedTelemetry  # noqa: PLC0415 - the same

    return RecordedTelemetry(trace.get_tracer(METER), _instruments(), clock)


@cache
def _instruments() -> Instruments:
    """Instruments exist once per process: a second set of the same names would be a second source of each number."""
    from opentelemetry import metrics  # noqa: PLC0415 - only where somebody listens

    return Instruments(metrics.get_meter(METER))
