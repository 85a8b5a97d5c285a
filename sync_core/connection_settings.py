"""Settings of connections, validated at the border: one table of what they are, and who may change which, which way.

What counts for a connection is the space's value where an administrator has locked the setting, else the connection's
own, else the space's, else the product's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from sync_core.domain import (
    COMPANY,
    CUSTOM_OUTLOOK_PROPERTIES,
    GIVEN_NAME,
    PHONE_FIELDS,
    PHONE_SLOTS,
    STANDARD_FIELDS,
    SURNAME,
    AccountRule,
    ConflictRule,
    Direction,
    FieldMap,
    FirstSight,
    RightsMode,
    Scope,
    SyncType,
    custom_field,
    field_map,
)
from sync_core.domain.connection import PhoneFormat, TieSide
from sync_core.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Stricter:
    """A user may set it on their own connection, in this direction alone; without one it is an administrator's.

    `allows` compares the settings that are in force with those that are wanted.
    """

    words: str
    allows: Callable[[ConnectionSettings, ConnectionSettings], bool]


def _lower(name: str) -> Stricter:
    return Stricter("a lower number", lambda now, wanted: getattr(wanted, name) <= getattr(now, name))


def _fewer_directions(now: ConnectionSettings, wanted: ConnectionSettings) -> bool:
    """Whether no field travels a way that it did not travel before, and none gets Outlook alone as its source."""
    before = {field.name: field.direction for field in now.field_map.fields}
    after = {field.name: field.direction for field in wanted.field_map.fields}
    return all(
        way in {before.get(name), Direction.NONE}
        or (way is Direction.TO_OUTLOOK and before.get(name) is Direction.BOTH)
        for name, way in after.items()
    )


_SCOPES = (Scope.OWNED, Scope.OWNED_OR_EDITABLE, Scope.VISIBLE)
"""From the narrowest to the widest."""


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


def _fields_to_keep(value: tuple[str, ...]) -> tuple[str, ...]:
    names = {GIVEN_NAME, SURNAME, COMPANY}
    may_be = {row.name for row in STANDARD_FIELDS if not row.kind.is_list} - names
    if unfit := sorted(set(value) - may_be):
        raise ValueError(f"{', '.join(unfit)} cannot be kept; choose from {', '.join(sorted(may_be))}")
    return tuple(sorted(set(value)))


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

    sync_type: Annotated[
        SyncType,
        Field(description="which way contacts travel"),
        Stricter("to_outlook", lambda now, wanted: wanted.sync_type in {now.sync_type, SyncType.TO_OUTLOOK}),
    ] = SyncType.TWO_WAY
    scope: Annotated[
        Scope,
        Field(description="which Pipeliner contacts the folder holds"),
        Stricter("a narrower one", lambda now, wanted: _SCOPES.index(wanted.scope) <= _SCOPES.index(now.scope)),
    ] = Scope.OWNED
    delete_protection: Annotated[
        bool,
        Field(description="contacts deleted in Outlook stay in Pipeliner"),
        Stricter("on", lambda now, wanted: wanted.delete_protection >= now.delete_protection),
    ] = True
    deletion_delay_minutes: Annotated[
        int,
        Field(ge=0, le=1440, description="so long a missing contact may come back, or be replaced, before a delete"),
        Stricter("a longer one", lambda now, wanted: wanted.deletion_delay_minutes >= now.deletion_delay_minutes),
    ] = 15
    conflict_rule: Annotated[
        ConflictRule, Field(description="who wins when both sides changed a field to different values")
    ] = ConflictRule.NEWEST
    tie_side: Annotated[TieSide, Field(description="with `newest`: who wins where no time tells")] = TieSide.OUTLOOK
    phone_format: Annotated[PhoneFormat, Field(description="how Outlook gets numbers")] = PhoneFormat.AS_TYPED
    first_sight: Annotated[
        FirstSight, Field(description="whose value stays where two existing contacts are paired and differ")
    ] = FirstSight.PIPELINER
    account_rule: Annotated[
        AccountRule,
        Field(description="what to do with a company that no account of the space is named after"),
        Stricter("free_text", lambda now, wanted: wanted.account_rule in {now.account_rule, AccountRule.FREE_TEXT}),
    ] = AccountRule.FREE_TEXT
    field_directions: Annotated[
        dict[str, Direction], AfterValidator(_known_fields), Stricter("to_outlook, or none", _fewer_directions)
    ] = Field(
        default_factory=dict, description="for single fields of fields.md: both, to_outlook, to_pipeliner or none"
    )
    kept_when_shared: Annotated[
        tuple[str, ...],
        AfterValidator(_fields_to_keep),
        Field(description="fields that stay in Outlook as typed, where others have the contact in Pipeliner too"),
        Stricter("more fields", lambda now, wanted: set(wanted.kept_when_shared) >= set(now.kept_when_shared)),
    ] = ()
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
        int,
        Field(ge=0, description="as many removals waiting together need no approval, however few links there are"),
        _lower("max_delete_count"),
    ] = 10
    max_delete_percent: Annotated[
        int,
        Field(ge=0, le=100, description="the same as a share of the links; the larger of both counts"),
        _lower("max_delete_percent"),
    ] = 10
    max_create_count: Annotated[
        int,
        Field(ge=0, description="as many contacts created in Pipeliner within 24 hours need no approval"),
        _lower("max_create_count"),
    ] = 50
    max_change_count: Annotated[
        int,
        Field(ge=0, description="as many equal changes in one run need no approval, however few links there are"),
        _lower("max_change_count"),
    ] = 20
    max_change_percent: Annotated[
        int,
        Field(ge=0, le=100, description="the same as a share of the links; the larger of both counts"),
        _lower("max_change_percent"),
    ] = 50

    copies_when_deactivated: Annotated[
        str,
        Field(
            pattern=r"^(keep|remove_after_days:[1-9][0-9]{0,2})$",
            description="what becomes of the copies in Outlook once the Pipeliner user was deactivated: `keep`, or "
            "`remove_after_days:30` (so many days later, what the sync created and nobody edited; no further approval)",
        ),
    ] = "keep"

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
    def days_to_keep_copies(self) -> int | None:
        """After how many days the copies of a deactivated user go; None for never."""
        days = self.copies_when_deactivated.rpartition(":")[2]
        return int(days) if days.isdigit() else None

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


def stricter_rule(name: str) -> Stricter | None:
    """Return in which direction a user may change a setting; None for one that is an administrator's."""
    marks = ConnectionSettings.model_fields[name].metadata
    return next((mark for mark in marks if isinstance(mark, Stricter)), None)


def faults_of_a_user(now: ConnectionSettings, wanted: ConnectionSettings, names: Iterable[str]) -> list[str]:
    """Say which of these settings a user may not change like this, of a connection that now has others in force."""
    rules = {name: stricter_rule(name) for name in names}
    return [
        f"settings.{name}: only an administrator may " + (f"do this; you may choose {rule.words}" if rule else "set it")
        for name, rule in rules.items()
        if not (rule.allows(now, wanted) if rule else getattr(now, name) == getattr(wanted, name))
    ]


class SpaceSettings(BaseModel):
    """What administrators decided for a whole space: values, locks, how rights are read, and the stop switch.

    A locked setting has the space's value, or the product's, in every connection. `serial` counts the changes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    serial: int = 0
    settings: Mapping[str, Any] = Field(default_factory=dict)
    locks: tuple[str, ...] = ()
    rights: RightsMode = RightsMode.ROLES
    stopped_at: datetime | None = None
    stopped_by: str = ""

    @property
    def is_stopped(self) -> bool:
        """Whether nothing is written for anybody."""
        return self.stopped_at is not None

    def in_force(self, own: Mapping[str, Any]) -> ConnectionSettings:
        """Return what counts for a connection with these values of its own; raises InvalidRequest where none can."""
        free = {name: value for name, value in own.items() if name not in self.locks}
        return parse_connection_settings({**self.settings, **free})

    def lock_faults(self, names: Iterable[str]) -> list[str]:
        """Say which of these settings no connection may have for itself."""
        return [
            f"settings.{name}: an administrator has locked it for the whole space; unlock it there first"
            for name in names
            if name in self.locks
        ]


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
