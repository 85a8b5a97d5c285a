"""The tables of docs/settings.md, drawn from the settings models and from the list of what others read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import AfterValidator, BaseModel

from sync_core.connection_settings import ConnectionSettings, CustomField
from sync_core.settings import _VARIABLES, AppSettings

_API_ACCESS = "Pipeliner: Administration > Applications > Show API Access"
_VAULT = f"{_API_ACCESS}; into the key vault"
_TEMPLATE = "the template sets it"


def _parameter(name: str) -> str:
    return f"parameter `{name}`"


WHERE: Mapping[str, str] = {
    "PIPELINER_SERVICE_URL": f"{_API_ACCESS}; {_parameter('pipelinerServiceUrl')}",
    "PIPELINER_SPACE_ID": f"{_API_ACCESS}; {_parameter('pipelinerSpaceId')}",
    "PIPELINER_API_TOKEN": _VAULT,
    "PIPELINER_API_PASSWORD": _VAULT,
    "PIPELINER_SPACE_NAME": _parameter("pipelinerSpaceName"),
    "PIPELINER_REQUESTS_PER_SECOND": _parameter("pipelinerRequestsPerSecond"),
    "GRAPH_BASE_URL": _parameter("graphBaseUrl"),
    "SYNC_STATE": "not set in Azure",
    "SYNC_STATE__tableServiceUri": _TEMPLATE,
    "AzureWebJobsStorage": "not set in Azure",
    "AzureWebJobsStorage__queueServiceUri": _TEMPLATE,
    "AzureWebJobsStorage__accountName": "not set: the address says it",
    "SYNC_SCHEDULE": _parameter("tickSchedule"),
    "SYNC_SWEEP_SCHEDULE": _parameter("sweepSchedule"),
    "SYNC_PASS_BUDGET_S": _parameter("passBudgetSeconds"),
    "PUBLIC_BASE_URL": _TEMPLATE,
    "APPLICATIONINSIGHTS_CONNECTION_STRING": _TEMPLATE,
    "SYNC_SIGN_IN": f"{_TEMPLATE}, by {_parameter('signInClientId')}",
    "SYNC_TENANT_ID": _TEMPLATE,
    "SYNC_MAX_REQUESTS_PER_MINUTE": _parameter("requestsPerMinute"),
    "SYNC_HISTORY_DAYS": _parameter("historyDays"),
    "SYNC_RUN_DAYS": _parameter("runDays"),
    "SYNC_TOMBSTONE_DAYS": _parameter("tombstoneDays"),
}
"""Where the value comes from; the parameters are those of infra/main.bicep."""


@dataclass(frozen=True, slots=True)
class HostSetting:
    """A setting that is not ours: who reads it, what we give it, and what for."""

    name: str
    reader: str
    value: str
    purpose: str


HOST_SETTINGS = (
    HostSetting(
        "AzureWebJobsStorage__blobServiceUri",
        "Functions host",
        "address of the blob service",
        "leases of the timers, function keys",
    ),
    HostSetting(
        "AzureWebJobsStorage__credential",
        "Functions host",
        "`managedidentity`",
        "storage is reached by identity, never by key",
    ),
    HostSetting(
        "AzureWebJobsStorage__clientId",
        "Functions host",
        "client id of the app's identity",
        "which identity: a user-assigned one must be named",
    ),
    HostSetting(
        "AZURE_CLIENT_ID",
        "azure-identity",
        "client id of the app's identity",
        "who the app is to Graph, to its tables and to its queue",
    ),
    HostSetting(
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "Functions host, telemetry library",
        "`ClientId=<client id>;Authorization=AAD`",
        "telemetry is sent by identity",
    ),
    HostSetting(
        "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY",
        "Functions worker",
        "`true`",
        "the worker starts the telemetry library; host.json has `telemetryMode: OpenTelemetry`",
    ),
    HostSetting(
        "PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME",
        "Functions worker",
        "`sync_core`",
        "only the app's own log lines are exported: those of libraries may quote addresses",
    ),
    HostSetting(
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
        "telemetry library",
        "all that trace HTTP",
        "spans of single requests would hold addresses with values of contacts in them",
    ),
    HostSetting(
        "FUNCTIONS_WORKER_RUNTIME",
        "Core Tools",
        "`python`, on a developer's machine only",
        "on Flex Consumption the runtime stands in the template instead",
    ),
)

_FORMS: Mapping[str, str] = {
    "_service_url": "https address",
    "_optional_url": "https address",
    "_schedule": "six fields, seconds first",
    "_known_fields": "names of [fields.md](fields.md)",
    "_known_slots": "slots of [fields.md](fields.md)",
}
_BOUNDS: Mapping[str, str] = {
    "exclusiveMinimum": "more than {}",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "maxLength": "at most {} characters",
}


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _properties(model: type[BaseModel]) -> Mapping[str, Mapping[str, Any]]:
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})

    def whole(found: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = str(found.get("$ref", "")).rpartition("/")[2]
        return {**definitions.get(reference, {}), **found}

    return {name: whole(found) for name, found in schema["properties"].items()}


def _taken(model: type[BaseModel], name: str, found: Mapping[str, Any]) -> str:
    """Say what a setting takes, as far as the model bounds it."""
    validators = [item.func for item in model.model_fields[name].metadata if isinstance(item, AfterValidator)]
    words = [_FORMS[function.__name__] for function in validators]
    if "enum" in found:
        words.append(", ".join(_code(value) for value in found["enum"]))
    if found.get("type") == "boolean":
        words.append("`true`, `false`")
    words += [text.format(f"{found[key]:g}") for key, text in _BOUNDS.items() if key in found]
    if "pattern" in found:
        words.append(_code(found["pattern"].replace("|", "\\|")))
    return "; ".join(words) or "-"


def _default(found: Mapping[str, Any]) -> str:
    if "default" not in found:
        return ""
    value = found["default"]
    return "" if value == [] else _code(value if isinstance(value, str) else json.dumps(value))


def app_rows() -> Iterator[tuple[str, ...]]:
    """Every setting of the app: name, whether it must be set, default, values, meaning, secret, origin."""
    for name, found in _properties(AppSettings).items():
        variable = _VARIABLES[name]
        default = "**must be set**" if AppSettings.model_fields[name].is_required() else _default(found) or "-"
        secret = "yes" if found.get("format") == "password" else "no"
        yield (
            _code(variable),
            found.get("description", ""),
            default,
            _taken(AppSettings, name, found),
            secret,
            WHERE[variable],
        )


def model_rows(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Every setting of a connection, or of one of its custom fields."""
    for name, found in _properties(model).items():
        default = "**must be set**" if model.model_fields[name].is_required() else _default(found) or "-"
        yield _code(name), found.get("description", ""), default, _taken(model, name, found)


def host_rows() -> Iterator[tuple[str, ...]]:
    """Every setting of others that the deployment sets."""
    for setting in HOST_SETTINGS:
        yield _code(setting.name), setting.reader, setting.value, setting.purpose


APP_HEAD = ("setting", "what it does", "default", "takes", "secret", "where it comes from")
MODEL_HEAD = ("setting", "what it does", "default", "takes")
HOST_HEAD = ("setting", "read by", "value", "what for")
DESCRIBED: tuple[type[BaseModel], ...] = (AppSettings, ConnectionSettings, CustomField)
