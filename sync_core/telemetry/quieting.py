"""Keeping the libraries from telling what we do not: addresses with queries, headers, bodies, texts of their errors.

A look-up in Pipeliner has the contact's e-mail address or name in its query, and a Graph address names the mailbox;
httpx logs addresses at INFO, urllib3 at DEBUG, and every automatic instrumentation writes them into spans, as does
Kiota (msgraph-sdk) by itself.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module

from opentelemetry.trace import NoOpTracer

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


def quiet_libraries() -> None:
    """Let the libraries log errors only, whatever level the root logger has."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.ERROR)


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
    for name in _KIOTA_TRACERS:
        if name in sys.modules:
            vars(import_module(name))["tracer"] = NoOpTracer()
    if "azure.core.settings" in sys.modules:
        sys.modules["azure.core.settings"].settings.tracing_enabled = False
