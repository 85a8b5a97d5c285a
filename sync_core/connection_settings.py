"""Settings of one connection, as requests and stored connections give them, validated at the border."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from sync_core.domain import (
    CUSTOM_OUTLOOK_PROPERTIES,
    PHONE_FIELDS,
    PHONE_SLOTS,
    STANDARD_FIELDS,
    AccountRule,
    ConflictRule,
    Direction,
    FieldMap,
    FirstSight,
    PhoneFormat,
    Scope,
    SyncType,
    TieSide,
    custom_field,
    field_map,
)
from sync_core.errors import InvalidRequest


class CustomField(BaseModel):
    """A Graph property mapped to a custom field of the space."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pipeliner: Annotated[str, Field(pattern=r"^cf_[a-z0-9_]{1,100}$", description="api_name of the custom field")]
    outlook: Annotated[str, Field(description="Outlook property of the third table of fields.md")]
    direction: Annotated[Direction, Field(description="which way the field travels")] = Direction.BOTH

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

    sync_type: Annotated[SyncType, Field(description="which way contacts travel")] = SyncType.TWO_WAY
    scope: Annotated[Scope, Field(description="which Pipeliner contacts the folder holds")] = Scope.OWNED
    delete_protection: Annotated[bool, Field(description="contacts deleted in Outlook stay in Pipeliner")] = True
    deletion_delay_minutes: Annotated[
        int,
        Field(ge=0, le=1440, description="so long a missing contact may come back, or be replaced, before a delete"),
    ] = 15
    conflict_rule: Annotated[
        ConflictRule, Field(description="who wins when both sides changed a field to different values")
    ] = ConflictRule.NEWEST
    tie_side: Annotated[
        TieSide,
        Field(description="with `newest`, whose value stays where nobody can tell which of two edits is the later one"),
    ] = TieSide.OUTLOOK
    phone_format: Annotated[
        PhoneFormat, Field(description="how numbers are written into Outlook: as typed, or with + and their country")
    ] = PhoneFormat.AS_TYPED
    first_sight: Annotated[
        FirstSight, Field(description="whose value stays where two existing contacts are paired and differ")
    ] = FirstSight.PIPELINER
    account_rule: Annotated[
        AccountRule, Field(description="what to do with a company that no account of the space is named after")
    ] = AccountRule.FREE_TEXT
    field_directions: Annotated[dict[str, Direction], AfterValidator(_known_fields)] = Field(
        default_factory=dict, description="for single fields of fields.md: both, to_outlook, to_pipeliner or none"
    )
    phone_slots: Annotated[dict[str, tuple[str, ...]], AfterValidator(_known_slots)] = Field(
        default_factory=dict, description="which of Pipeliner's phone slots a phone field takes (fields.md)"
    )
    custom_fields: Annotated[
        tuple[CustomField, ...], Field(description="Outlook properties mapped to custom fields: see the next table")
    ] = ()
    required_defaults: dict[str, str | bool | int | FiniteFloat] = Field(
        default_factory=dict, description="values for fields that new Pipeliner contacts need and the map cannot fill"
    )
    key_field: Annotated[
        str,
        Field(pattern=r"^(cf_[a-z0-9_]{1,100})?$", description="text field by which a lost create is found again"),
    ] = ""
    max_delete_count: Annotated[
        int, Field(ge=0, description="as many removals waiting together need no approval, however few links there are")
    ] = 10
    max_delete_percent: Annotated[
        int, Field(ge=0, le=100, description="the same as a share of the links; the larger of both counts")
    ] = 10
    max_create_count: Annotated[
        int, Field(ge=0, description="as many contacts created in Pipeliner within 24 hours need no approval")
    ] = 50
    max_change_count: Annotated[
        int, Field(ge=0, description="as many equal changes in one run need no approval, however few links there are")
    ] = 20
    max_change_percent: Annotated[
        int, Field(ge=0, le=100, description="the same as a share of the links; the larger of both counts")
    ] = 50

    @model_validator(mode="after")
    def _custom_fields_fit(self) -> ConnectionSettings:
        custom = {row.pipeliner for row in self.custom_fields}
        unknown = sorted(name for name in self.field_directions if name.startswith("cf_") and name not in custom)
        if unknown:
            raise ValueError(f"field_directions name {', '.join(unknown)}, which custom_fields do not map")
        for kind in ("outlook", "pipeliner"):
            names = [getattr(custom, kind) for custom in self.custom_fields]
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise ValueError(f"custom_fields map {', '.join(doubled)} twice; map each field once")
        return self

    @property
    def field_map(self) -> FieldMap:
        """The rows in force for this connection; equal choices share one map."""
        directions = tuple(self.field_directions.items())
        slots = tuple((name, tuple(chosen)) for name, chosen in self.phone_slots.items())
        custom = tuple((row.pipeliner, row.outlook, row.direction) for row in self.custom_fields)
        return _field_map(directions, slots, custom)


@lru_cache(maxsize=256)
def _field_map(
    directions: tuple[tuple[str, Direction], ...],
    slots: tuple[tuple[str, tuple[str, ...]], ...],
    custom: tuple[tuple[str, str, Direction], ...],
) -> FieldMap:
    """Make the map once: each run and each decision asks a connection's settings for it."""
    return field_map(dict(directions), dict(slots), [custom_field(*row) for row in custom])


def parse_connection_settings(given: Mapping[str, Any]) -> ConnectionSettings:
    """Read connection settings; raises InvalidRequest that names every fault."""
    try:
        return ConnectionSettings.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(request_faults(error)) from None


def request_faults(error: ValidationError) -> list[str]:
    """Return every fault that pydantic found as `where: what`, without the values."""
    return [
        f"{'.'.join(str(part) for part in item['loc']) or 'body'}: {item['msg'].removeprefix('Value error, ')}"
        for item in error.errors(include_input=False, include_url=False)
    ]
