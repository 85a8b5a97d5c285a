"""The tables of docs/settings.md and the example file, drawn from the settings models and what others read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import AfterValidator, BaseModel, SecretStr

from sync_core.connection_settings import ConnectionSettings, CustomField, stricter_rule
from sync_core.settings import _VARIABLES, AppSettings, Origin

EXAMPLE_OF_OTHERS: Mapping[str, str] = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "",
    "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY": "false",
    "PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME": "sync_core",
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": (
        "azure_sdk,django,fastapi,flask,httpx,httpx2,psycopg2,requests,urllib,urllib3"
    ),
}
"""What a developer's machine gives those who are not ours."""


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
    "_fields_to_keep": "names of [fields.md](fields.md), of single values other than a name or company",
    "_known_slots": "slots of [fields.md](fields.md)",
    "_resolved": "at least 32 characters",
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
    """Return what a setting takes, as far as the model bounds it."""
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


def origin_of(name: str) -> Origin:
    """Where an app setting comes from; StopIteration for one that does not say it."""
    return next(item for item in AppSettings.model_fields[name].metadata if isinstance(item, Origin))


def example_file() -> str:
    """Write local.settings.example.json: each setting with its example, else with its default."""
    values = {_VARIABLES[name]: _example(name) for name in AppSettings.model_fields}
    content = {"IsEncrypted": False, "Values": {**EXAMPLE_OF_OTHERS, **values}}
    return json.dumps(content, indent=2) + "\n"


def _example(name: str) -> str:
    example, default = origin_of(name).example, AppSettings.model_fields[name].default
    if example is not None:
        return example
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    return f"{default:g}" if isinstance(default, float) else str(default)


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
            origin_of(name).where,
        )


def model_rows(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Every setting of a connection, or of one of its custom fields."""
    for name, found in _properties(model).items():
        default = "**must be set**" if model.model_fields[name].is_required() else _default(found) or "-"
        yield _code(name), found.get("description", ""), default, _taken(model, name, found)


def connection_rows() -> Iterator[tuple[str, ...]]:
    """Every setting of a connection, with the direction in which a user may change it."""
    for name, cells in zip(ConnectionSettings.model_fields, model_rows(ConnectionSettings), strict=True):
        rule = stricter_rule(name)
        yield *cells, rule.words if rule else "-"


def host_rows() -> Iterator[tuple[str, ...]]:
    """Every setting of others that the deployment sets."""
    for setting in HOST_SETTINGS:
        yield _code(setting.name), setting.reader, setting.value, setting.purpose


APP_HEAD = ("setting", "what it does", "default", "takes", "secret", "where it comes from")
MODEL_HEAD = ("setting", "what it does", "default", "takes")
CONNECTION_HEAD = (*MODEL_HEAD, "a user may choose")
HOST_HEAD = ("setting", "read by", "value", "what for")
DESCRIBED: tuple[type[BaseModel], ...] = (AppSettings, ConnectionSettings, CustomField)
