"""A connection as it is registered: its status is a value that knows its own changes.

A row that cannot be read stops nobody else: its connection is paused, with the names of what is unreadable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync_core.connection_settings import ConnectionSettings, SpaceSettings
from sync_core.domain import Connection, PipelinerUser, SafetyLimits, UserId
from sync_core.errors import KeepsFailing, SpaceChanged, Unreadable, UserGone

PAUSED_BY_PERSON = "paused_by_person"
DISCONNECTING = "disconnecting"
_MENDED_BY_PEOPLE = frozenset({UserGone.reason, SpaceChanged.reason})
"""Reason of a connection whose ending has begun."""
RECORD, FOLDER = "connection.", "folder."
"""Prefixes of the keys of its row, and of the row that keeps its folder from being connected twice."""

_A_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_SETTINGS = tuple(
    item.name
    for item in fields(Connection)
    if item.name in ConnectionSettings.model_fields or hasattr(ConnectionSettings, item.name)
)
"""What a run must know and the settings have under the same name."""


class ConnectionStatus(StrEnum):
    """Whether a connection syncs."""

    ACTIVE = "active"
    PAUSED = "paused"


class ConnectionRecord(BaseModel):
    """A connection as it is registered: who and what it connects, its settings, and how it fares.

    `reason` and `message` say why it is paused or late, `not_before` when it may be tried again, `failures` how
    often in a row it could not be. `stopped_at` is since when its user may do nothing, unless copies were taken back.
    `settings` are those in force; `own` of them are the connection's, None where 0.1 made it: all are. `space_serial`
    says as of which change of the space's settings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    mailbox_id: str
    mailbox: str
    folder_id: str
    folder_name: str
    user_id: str
    user_email: str
    user_name: str
    space_id: str = ""
    default_unit_id: str = ""
    unit_ids: tuple[str, ...] = ()
    settings: ConnectionSettings = Field(default_factory=ConnectionSettings)
    own: Mapping[str, Any] | None = None
    space_serial: int = 0
    status: ConnectionStatus = ConnectionStatus.ACTIVE
    reason: str = ""
    message: str = ""
    not_before: datetime | None = None
    failures: int = 0
    stopped_at: datetime | None = None
    created_at: datetime
    is_readable: ClassVar[bool] = True
    """Whether its row could be read."""

    def connection(self) -> Connection:
        """Return what a run must know of it; a setting goes to the field of the same name."""
        settings = self.settings
        rules = {name: getattr(settings, name) for name in _SETTINGS}
        return Connection(
            id=self.id,
            user=PipelinerUser(
                UserId(self.user_id), self.user_email, self.user_name, self.default_unit_id, frozenset(self.unit_ids)
            ),
            limits=SafetyLimits(
                settings.max_delete_count,
                settings.max_delete_percent,
                settings.max_change_count,
                settings.max_change_percent,
                settings.max_create_count,
            ),
            **rules,
        )

    # Its status

    @property
    def is_active(self) -> bool:
        """Whether it syncs."""
        return self.status is ConnectionStatus.ACTIVE

    @property
    def is_probed(self) -> bool:
        """Whether a fault paused it, so that it is tried again by itself."""
        return not self.is_active and self.not_before is not None

    @property
    def is_paused_by_person(self) -> bool:
        """Whether a person paused or ends it: then it is not probed, and no fault changes that."""
        return not self.is_active and self.not_before is None

    @property
    def is_mended_by_people_alone(self) -> bool:
        """Whether no run can tell that its fault is over: a tick does not try it."""
        return not self.is_active and self.reason in _MENDED_BY_PEOPLE

    @property
    def waits_out_a_fault(self) -> bool:
        """Whether it waits for a fault that passes by itself, longer than to the next tick."""
        is_failing = self.is_active and self.failures > 0
        return self.not_before is not None and (is_failing or (self.is_probed and self.reason == KeepsFailing.reason))

    @property
    def is_woken(self) -> bool:
        """Whether another one's success had it tried at once."""
        return self.not_before is not None and self.not_before <= self.created_at

    @property
    def is_ending(self) -> bool:
        """Whether its disconnecting has begun, and did not come to its end."""
        return self.reason == DISCONNECTING

    def paused(self, reason: str, message: str, not_before: datetime | None = None) -> Self:
        """Return it paused: by a person, or with `not_before` by a fault, which counts and is probed then."""
        is_fault = not_before is not None
        return self._with_status(ConnectionStatus.PAUSED, reason, message, not_before, self.failures + is_fault)

    def stopped(self, reason: str, message: str, at: datetime) -> Self:
        """Return it paused for good since its user may do nothing any more: only a person lets it go on."""
        return self.paused(reason, message).model_copy(update={"stopped_at": at})

    def failed(self, message: str, not_before: datetime) -> Self:
        """Return it after one more run that failed; it goes on, but not before that time."""
        return self._with_status(self.status, self.reason, message, not_before, self.failures + 1)

    def woken(self) -> Self:
        """Return it to be tried with the next tick, where it waits for a fault that passes by itself."""
        return self.model_copy(update={"not_before": self.created_at}) if self.waits_out_a_fault else self

    def given_up(self) -> Self:
        """Return it as failing until a run succeeds, because a run of it was given up."""
        return self.model_copy(update={"failures": max(self.failures, 1)})

    def resumed(self) -> Self:
        """Return it active, with all faults forgotten."""
        return self._with_status(ConnectionStatus.ACTIVE)

    def disconnecting(self) -> Self:
        """Return it paused for good: no probe may wake it, and it can only be ended."""
        return self.paused(DISCONNECTING, "Disconnecting did not come to its end: disconnect again.")

    def unless_paused_by_person(self, changed: Callable[[Self], Self]) -> Self:
        """Return it changed by a fault or a recovery, neither of which ends what a person decided."""
        return self if self.is_paused_by_person else changed(self)

    @property
    def own_settings(self) -> Mapping[str, Any]:
        """What the connection has for itself, whatever the space says, by the names of the settings."""
        return self.settings.model_dump(mode="json") if self.own is None else self.own

    def governed(self, space: SpaceSettings, own: Mapping[str, Any] | None = None) -> Self:
        """Return it under the space's settings, with its own as they are, or others. Raises InvalidRequest."""
        kept = self.own_settings if own is None else own
        update = {"settings": space.in_force(kept), "own": kept, "space_serial": space.serial}
        return self.model_copy(update=update)

    def with_user(self, user: PipelinerUser) -> Self:
        """Return it with what is known of its user now; the user's id stays."""
        return self.model_copy(
            update={
                "user_email": user.email,
                "user_name": user.name,
                "default_unit_id": user.default_unit_id,
                "unit_ids": tuple(sorted(user.unit_ids)),
            }
        )

    def _with_status(
        self,
        status: ConnectionStatus,
        reason: str = "",
        message: str = "",
        not_before: datetime | None = None,
        failures: int = 0,
    ) -> Self:
        update = {"status": status, "reason": reason, "message": message, "not_before": not_before, "stopped_at": None}
        return self.model_copy(update={**update, "failures": failures})

    @property
    def record_key(self) -> str:
        """Key of its row."""
        return RECORD + self.id

    @property
    def folder_key(self) -> str:
        """Key of the row that keeps its folder from being connected twice."""
        return FOLDER + self.folder_id


class UnreadableRecord(ConnectionRecord):
    """A connection whose row cannot be read: paused, with what could be read of it; it is never stored.

    `faults` name the parts that are unreadable, never their values; `rest` is the readable remainder as it is stored.
    """

    mailbox_id: str = ""
    mailbox: str = ""
    folder_id: str = ""
    folder_name: str = ""
    user_id: str = ""
    user_email: str = ""
    user_name: str = ""
    created_at: datetime = _LONG_AGO
    faults: tuple[str, ...] = ()
    rest: Mapping[str, Any] = Field(default_factory=dict, repr=False)
    is_readable: ClassVar[bool] = False

    @property
    def lost_settings(self) -> frozenset[str]:
        """Names of the settings that stand in the row and cannot be read; unknown names are none of them."""
        lost = {fault.removeprefix("settings.") for fault in self.faults if fault.startswith("settings")}
        known = frozenset(ConnectionSettings.model_fields)
        return known if "settings" in lost else known & lost

    def repaired(self, settings: ConnectionSettings, status: ConnectionStatus | None) -> ConnectionRecord:
        """Return the record that replaces it; what this version does not know is dropped.

        Raises Unreadable when more is lost than settings and status.
        """
        whole = {**self.rest, "id": self.id, "settings": settings, "own": None, "space_serial": 0}
        if status is not None:
            whole |= {"status": status, "reason": "", "message": "", "not_before": None}
        try:
            return ConnectionRecord.model_validate(whole)
        except ValidationError:
            raise Unreadable(f"{self.message} It cannot be repaired: disconnect it and connect again.") from None


def read_record(connection_id: str, body: str) -> ConnectionRecord:
    """Read a connection's row; one that cannot be read whole becomes an UnreadableRecord."""
    try:
        return _read_whole(body)
    except ValidationError as error:
        return _unreadable(connection_id, body, error)


@lru_cache(maxsize=1024)
def _read_whole(body: str) -> ConnectionRecord:
    """Read a row; each run and each tick reads it again, and it hardly ever changes. Raises ValidationError."""
    return ConnectionRecord.model_validate_json(body)


def _unreadable(connection_id: str, body: str, error: ValidationError) -> UnreadableRecord:
    """Read what can be read of a row, by leaving out part after part of what cannot."""
    try:
        stored = json.loads(body)
    except ValueError:
        stored = None
    rest: dict[str, Any] = stored if isinstance(stored, dict) else {}
    faults = dict.fromkeys(map(_name, _places(error)))
    while True:
        known = {name: value for name, value in rest.items() if name in ConnectionRecord.model_fields}
        try:
            found = UnreadableRecord.model_validate({**known, "id": connection_id})
        except ValidationError as further:
            for place in _places(further):
                faults[_name(place)] = None
                _leave_out(rest, place)
        else:
            named = tuple(faults)
            message = (
                f"What is stored of the connection cannot be read: {', '.join(named)}. Install the version that wrote "
                "it, or give these settings anew; else disconnect it and connect again."
            )
            paused = found.model_copy(update={"faults": named, "rest": known, "failures": 0})
            return paused.paused(Unreadable.reason, message)


def _places(error: ValidationError) -> Iterator[tuple[str, ...]]:
    """Return where a row is wrong: a field, or a setting; () is the whole row."""
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        place = tuple(map(str, item["loc"]))
        yield place[: 2 if place[:1] == ("settings",) else 1]


def _name(place: tuple[str, ...]) -> str:
    """Name a part of a row; what is no name of ours might hold anything, and is not repeated."""
    return ".".join(part if _A_NAME.fullmatch(part) else "(an unknown name)" for part in place) or "the whole row"


def _leave_out(rest: dict[str, Any], place: tuple[str, ...]) -> None:
    settings = rest.get("settings")
    if not place:
        rest.clear()
    elif len(place) > 1 and isinstance(settings, dict):
        rest["settings"] = {name: value for name, value in settings.items() if name != place[1]}
    else:
        rest.pop(place[0], None)
