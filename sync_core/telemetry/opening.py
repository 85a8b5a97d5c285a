"""Where telemetry goes: to the providers that Azure's Python worker has configured, or nowhere. And what is logged.

With `PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY=true` the worker calls `configure_azure_monitor` before it imports
`function_app.py`; calling it once more would export everything twice, so nothing here does. The worker passes no
credential, and none is needed: without one the exporter makes a `ManagedIdentityCredential` of
`APPLICATIONINSIGHTS_AUTHENTICATION_STRING` (`ClientId=<id>;Authorization=AAD`), user-assigned identity included.
What the worker's call leaves open, and privacy needs closed, is closed here, whatever the app settings say: every
automatic instrumentation writes addresses with contacts' values into spans, as does Kiota (msgraph-sdk) by itself.

Without `APPLICATIONINSIGHTS_CONNECTION_STRING` nothing is measured, and OpenTelemetry's providers are not touched.

Logged are our own lines, with the connection and run they belong to, and of libraries nothing but errors. The ids are
fields of the record beside the text. Azure Monitor shows them in `customDimensions`, so that all lines of a run are
found by its id. Libraries are silent because they log what we do not: a look-up in Pipeliner has the contact's e-mail
address or name in its query, a Graph address names the mailbox; httpx logs addresses at INFO, urllib3 at DEBUG.
"""

from __future__ import annotations

import logging
import sys
from functools import cache
from typing import TYPE_CHECKING

from typing_extensions import override

from sync_core.engine.ports import Clock
from sync_core.settings import AppSettings
from sync_core.telemetry.metrics import METER
from sync_core.telemetry.port import NO_RUN, UNMEASURED, Telemetry, under_way

if TYPE_CHECKING:
    from sync_core.telemetry.recording import Instruments

OURS = "sync_core"
"""Logger above all of ours."""

LIBRARIES = (
    "aiohttp",
    "azure",
    "h2",
    "hpack",
    "httpcore",
    "httpx",
    "kiota_abstractions",
    "kiota_authentication_azure",
    "kiota_http",
    "msal",
    "msgraph",
    "msgraph_core",
    "requests",
    "urllib3",
)
"""Loggers of what we talk to the world with."""

INSTRUMENTORS = {
    "httpx": "HTTPXClientInstrumentor",
    "requests": "RequestsInstrumentor",
    "urllib": "URLLibInstrumentor",
    "urllib3": "URLLib3Instrumentor",
}
"""Instrumentations of azure-monitor-opentelemetry that find their library here: module, class."""

_KIOTA_TRACERS = (
    "kiota_abstractions.request_information",
    "kiota_authentication_azure.azure_identity_access_token_provider",
    "kiota_http.httpx_request_adapter",
    "kiota_http.middleware.middleware",
)


def open_telemetry(settings: AppSettings, clock: Clock) -> Telemetry:
    """Open telemetry for the Functions app; logs get their ids and libraries fall silent in any case."""
    label_logs()
    quiet_libraries()
    stop_instrumentation()
    if not settings.applicationinsights_connection_string.get_secret_value():
        return UNMEASURED
    from opentelemetry import trace  # noqa: PLC0415 - only where somebody listens

    from sync_core.telemetry.recording import RecordedTelemetry  # noqa: PLC0415 - the same

    return RecordedTelemetry(trace.get_tracer(METER), _instruments(), clock)


@cache
def _instruments() -> Instruments:
    """Instruments exist once per process: a second set of the same names would be a second source of each number."""
    from opentelemetry import metrics  # noqa: PLC0415 - only where somebody listens

    from sync_core.telemetry.recording import Instruments  # noqa: PLC0415 - the same

    return Instruments(metrics.get_meter(METER))


def stop_instrumentation() -> None:
    """Take back every automatic instrumentation that the worker has begun; modules that nobody loaded stay unloaded.

    The app setting OTEL_PYTHON_DISABLED_INSTRUMENTATIONS keeps the worker from beginning them at all; here it is made
    sure of.
    """
    for library, instrumentor in INSTRUMENTORS.items():
        module = sys.modules.get(f"opentelemetry.instrumentation.{library}")
        if module is not None:
            begun = getattr(module, instrumentor)()
            if begun.is_instrumented_by_opentelemetry:
                begun.uninstrument()
    for kiota in (sys.modules[name] for name in _KIOTA_TRACERS if name in sys.modules):
        from opentelemetry.trace import NoOpTracer  # noqa: PLC0415 - Kiota has loaded it already

        vars(kiota)["tracer"] = NoOpTracer()
    if "azure.core.settings" in sys.modules:
        sys.modules["azure.core.settings"].settings.tracing_enabled = False


class RunIds(logging.Filter):
    """Adds `connection_id` and `run_id` to each record that passes a handler; takes none away."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        identity = under_way()
        if identity is not NO_RUN:
            record.connection_id = identity.connection_id
            record.run_id = identity.run_id
        return True


PASS_IDS = RunIds()


def label_logs() -> None:
    """Let our own lines from INFO on reach the handlers of the root logger and of ours, with their ids."""
    ours = logging.getLogger(OURS)
    ours.setLevel(logging.INFO)
    for handler in (*logging.getLogger().handlers, *ours.handlers):
        handler.addFilter(PASS_IDS)


def quiet_libraries() -> None:
    """Let the libraries log errors only, whatever level the root logger has."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.ERROR)
