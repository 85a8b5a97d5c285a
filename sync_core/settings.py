"""Settings of the app, read from the environment and validated at the border."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from sync_core.errors import InvalidSettings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _service_url(value: str) -> str:
    parts = urlsplit(value)
    try:
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        raise ValueError("has a port that is no number") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be a plain address, without user, password, query or fragment")
    is_local = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not is_local and (parts.scheme != "https" or not parts.hostname):
        raise ValueError("must be an https address such as https://service.example.com")
    return value.rstrip("/")


def _optional_url(value: str) -> str:
    return _service_url(value) if value else ""


def _schedule(value: str) -> str:
    if len(value.split()) != 6:  # noqa: PLR2004 - NCRONTAB of Azure Functions has six fields, seconds first
        raise ValueError("must have six fields, seconds first, such as 0 */5 * * * *")
    return value


def _resolved(value: SecretStr) -> SecretStr:
    if value.get_secret_value().startswith("@Microsoft.KeyVault("):
        raise ValueError("is a Key Vault reference that was not resolved")
    return value


class SignIn(StrEnum):
    """How callers of the HTTP functions are known: by function keys, or by Entra sign-in."""

    KEYS = "keys"
    ENTRA = "entra"


ServiceUrl = Annotated[str, AfterValidator(_service_url)]
OptionalUrl = Annotated[str, AfterValidator(_optional_url)]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of an app setting comes from in Azure, in words; and what a developer's machine starts with.

    Parameters are those of infra/main.bicep. Without an example the default stands in local.settings.example.json.
    """

    where: str
    example: str | None = None


_API_ACCESS = "Pipeliner: Administration > Applications > Show API Access"
_VAULT = Origin(f"{_API_ACCESS}; into the key vault", "emulator")
_TEMPLATE = Origin("the template sets it")


class AppSettings(BaseModel):
    """What the deployment sets once, in environment variables of the same names in upper case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pipeliner_service_url: Annotated[
        ServiceUrl,
        Field(description="address of Pipeliner's API for the space's region"),
        Origin(f"{_API_ACCESS}; parameter `pipelinerServiceUrl`", "http://127.0.0.1:8402"),
    ]
    pipeliner_space_id: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="id of the space, such as us_Acme"),
        Origin(f"{_API_ACCESS}; parameter `pipelinerSpaceId`", "em_Emulated"),
    ]
    pipeliner_api_token: Annotated[
        SecretStr, Field(min_length=1, description="user name of the space's API key"), _VAULT
    ]
    pipeliner_api_password: Annotated[
        SecretStr, Field(min_length=1, description="password of the space's API key"), _VAULT
    ]
    pipeliner_space_name: Annotated[
        str,
        Field(max_length=100, description="name of the space in the names of new folders; blank: the id's last part"),
        Origin("parameter `pipelinerSpaceName`", "Emulated"),
    ] = ""
    pipeliner_requests_per_second: Annotated[
        float,
        Field(gt=0, le=1000, description="most requests that one instance sends to Pipeliner in a second"),
        Origin("parameter `pipelinerRequestsPerSecond`"),
    ] = 5.0
    graph_base_url: Annotated[
        ServiceUrl,
        Field(description="root of Microsoft Graph in the company's cloud"),
        Origin("parameter `graphBaseUrl`", "http://127.0.0.1:8401"),
    ] = "https://graph.microsoft.com"
    sync_state: Annotated[
        SecretStr,
        Field(description="where the state is kept, off Azure: `sqlite:///<file>`, or a storage connection string"),
        Origin("not set in Azure", "UseDevelopmentStorage=true"),
    ] = SecretStr("")
    sync_state_table_service_uri: Annotated[
        OptionalUrl,
        Field(description="address of the table service that keeps the state, reached by identity"),
        _TEMPLATE,
    ] = ""
    sync_identity_key: Annotated[
        SecretStr,
        AfterValidator(_resolved),
        Field(
            min_length=32,
            description="key of the hashes that stand for names and addresses in the state; a SQLite state has its own",
        ),
        Origin("the template puts a random one into the key vault", "emulator-identity-key-of-no-worth"),
    ] = SecretStr("")
    queue_connection: Annotated[
        SecretStr,
        Field(description="connection string of the app's storage, off Azure only; also read by the host"),
        Origin("not set in Azure", "UseDevelopmentStorage=true"),
    ] = SecretStr("")
    queue_service_uri: Annotated[
        OptionalUrl,
        Field(description="address of the queue service, reached by identity; also read by the host"),
        _TEMPLATE,
    ] = ""
    queue_account_name: Annotated[
        str,
        Field(description="name of the storage account in the public cloud, instead of the address"),
        Origin("not set: the address says it"),
    ] = ""
    sync_schedule: Annotated[
        str,
        AfterValidator(_schedule),
        Field(description="when the tick comes, in UTC; also read by the host"),
        Origin("parameter `tickSchedule`"),
    ] = "0 */5 * * * *"
    sync_sweep_schedule: Annotated[
        str,
        AfterValidator(_schedule),
        Field(description="when the nightly reconciliation comes, in UTC; also read by the host"),
        Origin("parameter `sweepSchedule`"),
    ] = "0 30 2 * * *"
    sync_pass_budget_s: Annotated[
        float,
        Field(ge=10, le=540, description="seconds until a run hands over to the next; host.json ends it after 600"),
        Origin("parameter `passBudgetSeconds`"),
    ] = 480.0
    applicationinsights_connection_string: Annotated[
        SecretStr,
        Field(description="where metrics, spans and logs go: Application Insights; without it nothing is measured"),
        _TEMPLATE,
    ] = SecretStr("")
    sync_sign_in: Annotated[
        SignIn,
        Field(description="how callers of the HTTP functions are known: keys (function keys) or entra"),
        Origin("the template sets it, by parameter `signInClientId`"),
    ] = SignIn.KEYS
    sync_tenant_id: Annotated[
        str,
        Field(
            pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            description="id of the Entra tenant whose people may sign in; needed with SYNC_SIGN_IN=entra",
        ),
        _TEMPLATE,
    ] = ""
    sync_max_requests_per_minute: Annotated[
        int,
        Field(ge=1, le=6000, description="HTTP requests that one caller may send in a minute, per instance"),
        Origin("parameter `requestsPerMinute`"),
    ] = 120
    sync_history_days: Annotated[
        int,
        Field(ge=30, le=3650, description="days that history, with the old values in it, is kept"),
        Origin("parameter `historyDays`"),
    ] = 365
    sync_run_days: Annotated[
        int,
        Field(ge=7, le=3650, description="days that the records of runs are kept"),
        Origin("parameter `runDays`"),
    ] = 90
    sync_audit_days: Annotated[
        int,
        Field(ge=30, le=3650, description="days that the audit trail is kept: who did what on the sync, and when"),
        Origin("parameter `auditDays`"),
    ] = 400
    sync_tombstone_days: Annotated[
        int,
        Field(ge=1, le=90, description="days that it is remembered who had a deleted Pipeliner contact"),
        Origin("parameter `tombstoneDays`"),
    ] = 7

    @property
    def names_queue(self) -> bool:
        """Whether any setting says where the storage queue is."""
        return bool(self.queue_connection.get_secret_value() or self.queue_service_uri or self.queue_account_name)

    @property
    def space_name(self) -> str:
        """Name of the space for people: the configured one, else the part of the id after its prefix."""
        return self.pipeliner_space_name or self.pipeliner_space_id.partition("_")[2] or self.pipeliner_space_id


_VARIABLES: Mapping[str, str] = {name: name.upper() for name in AppSettings.model_fields} | {
    "sync_state_table_service_uri": "SYNC_STATE__tableServiceUri",
    "queue_connection": "AzureWebJobsStorage",
    "queue_service_uri": "AzureWebJobsStorage__queueServiceUri",
    "queue_account_name": "AzureWebJobsStorage__accountName",
}
_SQLITE = "sqlite:"
_QUEUE = ("queue_connection", "queue_service_uri", "queue_account_name")

PLATFORM_SETTINGS: Mapping[str, str] = {
    "FUNCTIONS_WORKER_RUNTIME": "the language of the app, for Core Tools; in Azure the plan names it",
    "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY": "true: the Python worker sends telemetry to Application Insights",
    "PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME": "sync_core: only the app's own log lines are sent",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": (
        "ClientId=<client id of the managed identity>;Authorization=AAD: who signs in to Application Insights"
    ),
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "libraries whose requests are not traced: their addresses hold values",
}
"""Settings that the Functions host, the worker and the exporter read, and no code of ours: name to what it is for."""

_REMEDIES: Mapping[str, str] = {
    "pipeliner_service_url": "copy the service URL from Pipeliner: Administration > Applications > Show API Access",
    "pipeliner_space_id": "copy the space id from Pipeliner: Administration > Applications > Show API Access",
    "pipeliner_api_token": "copy the API token from Pipeliner: Administration > Applications > Show API Access",
    "pipeliner_api_password": "copy the API password from Pipeliner: Administration > Applications > Show API Access",
    "sync_identity_key": (
        "let a reference to the secret sync-identity-key of the key vault stand there, as the template sets it; any "
        "secret of 32 characters or more will do, and must stay the same as long as the state"
    ),
    "sync_state": "set a storage connection string or sqlite:///path, or SYNC_STATE__tableServiceUri",
}


def load_settings(environment: Mapping[str, str] | None = None, *, needs_queue: bool = False) -> AppSettings:
    """Read the app settings; raises one InvalidSettings that names every fault and its remedy, and no value.

    The functions need a storage queue (`needs_queue`), the command line does not.
    """
    source = os.environ if environment is None else environment
    given = {name: source[variable] for name, variable in _VARIABLES.items() if source.get(variable, "").strip()}
    faults: list[str] = []
    try:
        settings = AppSettings.model_validate(given)
    except ValidationError as error:
        faults = [_setting_fault(dict(item)) for item in error.errors(include_input=False, include_url=False)]
    if "sync_state" not in given and "sync_state_table_service_uri" not in given:
        faults.append(f"SYNC_STATE is missing: {_REMEDIES['sync_state']}")
    is_embedded = given.get("sync_state", _SQLITE).strip().startswith(_SQLITE)
    is_in_azure = "sync_state_table_service_uri" in given or (needs_queue and not is_embedded)
    if is_in_azure and "sync_identity_key" not in given:
        faults.append(f"SYNC_IDENTITY_KEY is missing: {_REMEDIES['sync_identity_key']}")
    if needs_queue and not any(name in given for name in _QUEUE):
        faults.append(
            "AzureWebJobsStorage is missing: set it (or AzureWebJobsStorage__accountName) to the app's storage"
        )
    if given.get("sync_sign_in") == SignIn.ENTRA and "sync_tenant_id" not in given:
        faults.append("SYNC_TENANT_ID is missing: with SYNC_SIGN_IN=entra set it to the id of the company's tenant")
    if faults:
        raise InvalidSettings(faults)
    return settings


@dataclass(frozen=True, slots=True)
class HttpSignIn:
    """What the environment says of sign-in, known before the app is built.

    `is_platform_on`: App Service authentication stands before the app. Only then is the header with the caller's
    identity the platform's own word, which it takes out of every request from outside.
    """

    wanted: SignIn = SignIn.KEYS
    is_platform_on: bool = False


def http_sign_in(environment: Mapping[str, str] | None = None) -> HttpSignIn:
    """Read how callers are known. Anything but `entra` means keys, so that a misspelt value opens nothing."""
    source = os.environ if environment is None else environment
    wanted = SignIn.ENTRA if source.get("SYNC_SIGN_IN") == SignIn.ENTRA else SignIn.KEYS
    return HttpSignIn(wanted, source.get("WEBSITE_AUTH_ENABLED", "").strip().casefold() == "true")


def _setting_fault(item: Mapping[str, Any]) -> str:
    name = str(item["loc"][0])
    variable = _VARIABLES.get(name, name)
    remedy = _REMEDIES.get(name)
    if item["type"] == "missing":
        return f"{variable} is missing" + (f": {remedy}" if remedy else "")
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"{variable} is not valid: {message}" + (f"; {remedy}" if remedy else "")
