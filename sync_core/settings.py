"""Settings: those of the app (environment) and those of one connection, validated at the border."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    SecretStr,
    ValidationError,
    model_validator,
)

from sync_core.domain.fields import (
    CUSTOM_OUTLOOK_PROPERTIES,
    PHONE_FIELDS,
    PHONE_SLOTS,
    STANDARD_FIELDS,
    Direction,
    FieldMap,
    custom_field,
    field_map,
)
from sync_core.domain.rules import AccountRule, ConflictRule, SyncType
from sync_core.domain.sides import Scope
from sync_core.errors import InvalidRequest, InvalidSettings

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


ServiceUrl = Annotated[str, AfterValidator(_service_url)]
OptionalUrl = Annotated[str, AfterValidator(_optional_url)]


class AppSettings(BaseModel):
    """What the deployment sets once, in environment variables of the same names in upper case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pipeliner_service_url: ServiceUrl
    pipeliner_space_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    pipeliner_api_token: Annotated[SecretStr, Field(min_length=1)]
    pipeliner_api_password: Annotated[SecretStr, Field(min_length=1)]
    pipeliner_space_name: Annotated[str, Field(max_length=100)] = ""
    pipeliner_requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 5.0
    graph_base_url: ServiceUrl = "https://graph.microsoft.com"
    sync_state: SecretStr = SecretStr("")
    sync_state_table_service_uri: OptionalUrl = ""
    queue_connection: SecretStr = SecretStr("")
    queue_service_uri: OptionalUrl = ""
    queue_account_name: str = ""
    sync_schedule: Annotated[str, AfterValidator(_schedule)] = "0 */5 * * * *"
    sync_sweep_schedule: Annotated[str, AfterValidator(_schedule)] = "0 30 2 * * *"
    sync_pass_budget_s: Annotated[float, Field(ge=10, le=540)] = 480.0
    """Seconds; host.json stops a function after 600."""
    public_base_url: OptionalUrl = ""

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
_QUEUE = ("queue_connection", "queue_service_uri", "queue_account_name")

_REMEDIES: Mapping[str, str] = {
    "pipeliner_service_url": "copy the service URL from Pipeliner: Administration > Applications > Show API Access",
    "pipeliner_space_id": "copy the space id from Pipeliner: Administration > Applications > Show API Access",
    "pipeliner_api_token": "copy the API token from Pipeliner: Administration > Applications > Show API Access",
    "pipeliner_api_password": "copy the API password from Pipeliner: Administration > Applications > Show API Access",
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
    if needs_queue and not any(name in given for name in _QUEUE):
        faults.append(
            "AzureWebJobsStorage is missing: set it (or AzureWebJobsStorage__accountName) to the app's storage"
        )
    if faults:
        raise InvalidSettings(faults)
    return settings


def _setting_fault(item: Mapping[str, Any]) -> str:
    name = str(item["loc"][0])
    variable = _VARIABLES.get(name, name)
    remedy = _REMEDIES.get(name)
    if item["type"] == "missing":
        return f"{variable} is missing" + (f": {remedy}" if remedy else "")
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"{variable} is not valid: {message}" + (f"; {remedy}" if remedy else "")


class CustomField(BaseModel):
    """A Graph property mapped to a custom field of the space."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pipeliner: Annotated[str, Field(pattern=r"^cf_[a-z0-9_]{1,100}$")]
    outlook: str
    direction: Direction = Direction.BOTH

    @model_validator(mode="after")
    def _known_property(self) -> CustomField:
        if self.outlook not in CUSTOM_OUTLOOK_PROPERTIES:
            known = ", ".join(sorted(CUSTOM_OUTLOOK_PROPERTIES))
            raise ValueError(f"outlook property {self.outlook!r} cannot be mapped; choose one of {known}")
        return self


def _known_fields(value: dict[str, Direction]) -> dict[str, Direction]:
    names = {row.name for row in STANDARD_FIELDS}
    unknown = sorted(name for name in value if name not in names and not name.startswith("cf_"))
    if unknown:
        raise ValueError(f"unknown field {', '.join(unknown)}; choose from {', '.join(sorted(names))}")
    if value.get("categories", Direction.NONE) is not Direction.NONE:
        raise ValueError("categories cannot be synced to Pipeliner tags yet; leave the direction none")
    return value


def _known_slots(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    slots = [slot for taken in value.values() for slot in taken]
    faults = [name for name in value if name not in PHONE_FIELDS] + [slot for slot in slots if slot not in PHONE_SLOTS]
    if faults:
        raise ValueError(f"{', '.join(faults)}: map {', '.join(PHONE_FIELDS)} to {', '.join(PHONE_SLOTS)}")
    full = {row.name: value.get(row.name, row.pipeliner) for row in STANDARD_FIELDS if row.name in PHONE_FIELDS}
    taken = [slot for group in full.values() for slot in group]
    doubled = sorted({slot for slot in taken if taken.count(slot) > 1})
    if doubled:
        raise ValueError(f"{', '.join(doubled)} would hold two different phones; give each its own slot")
    if any(not 1 <= len(group) <= (1 if name == "mobile_phone" else 2) for name, group in full.items()):
        raise ValueError("mobile_phone takes one slot, business_phones and home_phones one or two")
    return value


class ConnectionSettings(BaseModel):
    """How one connection syncs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sync_type: SyncType = SyncType.TWO_WAY
    scope: Scope = Scope.OWNED
    delete_protection: bool = True
    conflict_rule: ConflictRule = ConflictRule.NEWEST
    account_rule: AccountRule = AccountRule.FREE_TEXT
    field_directions: Annotated[dict[str, Direction], AfterValidator(_known_fields)] = Field(default_factory=dict)
    phone_slots: Annotated[dict[str, tuple[str, ...]], AfterValidator(_known_slots)] = Field(default_factory=dict)
    custom_fields: tuple[CustomField, ...] = ()
    required_defaults: dict[str, str | bool | int | FiniteFloat] = Field(default_factory=dict)
    key_field: Annotated[str, Field(pattern=r"^(cf_[a-z0-9_]{1,100})?$")] = ""
    max_delete_count: Annotated[int, Field(ge=0)] = 10
    max_delete_percent: Annotated[int, Field(ge=0, le=100)] = 10
    max_change_count: Annotated[int, Field(ge=0)] = 20
    max_change_percent: Annotated[int, Field(ge=0, le=100)] = 50

    @model_validator(mode="after")
    def _directions_name_mapped_fields(self) -> ConnectionSettings:
        custom = {row.pipeliner for row in self.custom_fields}
        unknown = sorted(name for name in self.field_directions if name.startswith("cf_") and name not in custom)
        if unknown:
            raise ValueError(f"field_directions name {', '.join(unknown)}, which custom_fields do not map")
        return self

    @model_validator(mode="after")
    def _each_property_once(self) -> ConnectionSettings:
        for kind in ("outlook", "pipeliner"):
            names = [getattr(custom, kind) for custom in self.custom_fields]
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise ValueError(f"custom_fields map {', '.join(doubled)} twice; map each field once")
        return self

    @property
    def field_map(self) -> FieldMap:
        """The rows in force for this connection."""
        custom = [custom_field(row.pipeliner, row.outlook, row.direction) for row in self.custom_fields]
        return field_map(self.field_directions, self.phone_slots, custom)


def parse_connection_settings(given: Mapping[str, Any]) -> ConnectionSettings:
    """Read connection settings; raises InvalidRequest that names every fault."""
    try:
        return ConnectionSettings.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(request_faults(error)) from None


def request_faults(error: ValidationError) -> list[str]:
    """Say every fault that pydantic found as `where: what`, without the values."""
    return [
        f"{'.'.join(str(part) for part in item['loc']) or 'body'}: {item['msg'].removeprefix('Value error, ')}"
        for item in error.errors(include_input=False, include_url=False)
    ]
