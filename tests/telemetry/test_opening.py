"""Where telemetry goes: nowhere without a connection string, else to what the worker has set up, and no further."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sync_core.clock import SystemClock
from sync_core.settings import PLATFORM_SETTINGS
from sync_core.telemetry import UNMEASURED, open_telemetry
from sync_core.telemetry.opening import INSTRUMENTORS
from tests.left_out import reason_left_out
from tests.scenarios.world import SETTINGS

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = json.loads((PROJECT / "local.settings.example.json").read_text(encoding="utf-8"))["Values"]
NOWHERE = "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://127.0.0.1:1/"
ENTRA = "ClientId=11111111-1111-1111-1111-111111111111;Authorization=AAD"

OPENED_WITHOUT = """
import json, sys
import function_app
from sync_core.app import open_functions_app
open_functions_app()
print(json.dumps([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "azure.monitor"))]))
"""

IMPORTED = """
import json, sys
import sync_core.operations.working, sync_core.telemetry
print(json.dumps([name for name in sys.modules if name.partition(".")[0] == "opentelemetry"]))
"""

# The worker's own set-up, as azure-functions-runtime does it, then ours.
OPENED_BY_WORKER = """
import json, os, sys
from azure_functions_runtime.otel import initialize_azure_monitor, otel_manager
initialize_azure_monitor()
import function_app
from sync_core.app import open_functions_app
from opentelemetry import metrics, trace
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from azure.core.settings import settings as azure
begun = [RequestsInstrumentor().is_instrumented_by_opentelemetry, azure.tracing_enabled()]
meters = metrics.get_meter_provider()
app = open_functions_app()
open_functions_app()
import kiota_http.httpx_request_adapter as kiota
from azure.monitor.opentelemetry.exporter.export._base import _get_authentication_credential
print(json.dumps({
    "available": otel_manager.get_azure_monitor_available(),
    "credential": type(_get_authentication_credential()).__name__,
    "begun": begun,
    "still": [RequestsInstrumentor().is_instrumented_by_opentelemetry, azure.tracing_enabled()],
    "same": metrics.get_meter_provider() is meters,
    "telemetry": app.deployment.telemetry.is_on,
    "tracer": type(trace.get_tracer("sync_core")).__module__,
    "kiota": type(kiota.tracer).__name__,
}))
sys.stdout.flush()
os._exit(0)
"""


def _run(program: str, **more: str) -> str:
    """What a process prints whose environment is the example's and this."""
    environment = {**EXAMPLE, "SYNC_STATE": "sqlite:///:memory:", "PYTHONPATH": str(PROJECT), **more}
    command = [sys.executable, "-W", "ignore", "-c", program]
    ended = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip().splitlines()[-1]


def test_without_a_connection_string_nothing_is_loaded() -> None:
    """A company that does not watch pays no memory and no time for it."""
    assert json.loads(_run(OPENED_WITHOUT)) == []


def test_opentelemetry_is_known_where_somebody_listens_only() -> None:
    """A tick or a run that is not measured imports nothing of it; only the SDK of Graph brings it along."""
    assert json.loads(_run(IMPORTED)) == []


def test_without_a_connection_string_nothing_is_measured() -> None:
    """The settings decide, not what happens to be installed."""
    assert open_telemetry(SETTINGS, SystemClock()) is UNMEASURED


@pytest.mark.functions
@pytest.mark.parametrize("disabled", [EXAMPLE["OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"], ""])
def test_the_workers_set_up_is_used_and_its_instrumentations_are_taken_back(disabled: str) -> None:
    """Signed in as the managed identity; nothing is configured twice; with the app setting forgotten as well."""
    if reason := reason_left_out("functions"):
        pytest.skip(reason)
    found = json.loads(
        _run(
            OPENED_BY_WORKER,
            APPLICATIONINSIGHTS_CONNECTION_STRING=NOWHERE,
            APPLICATIONINSIGHTS_AUTHENTICATION_STRING=ENTRA,
            PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY="true",
            OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=disabled,
            APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL="true",
        )
    )
    assert found == {
        "available": True,
        "credential": "ManagedIdentityCredential",
        "begun": [not disabled] * 2,
        "still": [False, False],
        "same": True,
        "telemetry": True,
        "tracer": "opentelemetry.sdk.trace",
        "kiota": "NoOpTracer",
    }


def test_the_host_speaks_opentelemetry_too() -> None:
    """Else it would forward the worker's log lines once more."""
    host = json.loads((PROJECT / "host.json").read_text(encoding="utf-8"))
    assert host["telemetryMode"] == "OpenTelemetry"
    assert "logging" not in host


def test_the_example_names_every_library_that_would_be_traced() -> None:
    """Those that are taken back, and those that the worker's set-up knows besides."""
    from azure.monitor.opentelemetry._constants import (  # noqa: PLC0415 - slow to load, and for this test only
        _ALL_SUPPORTED_INSTRUMENTED_LIBRARIES,
    )

    named = set(EXAMPLE["OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"].split(","))
    assert named == set(_ALL_SUPPORTED_INSTRUMENTED_LIBRARIES)
    assert set(INSTRUMENTORS) < named
    assert set(PLATFORM_SETTINGS) <= set(EXAMPLE)
