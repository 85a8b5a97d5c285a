"""Connecting a mailbox with a Pipeliner user, changing a connection, and ending it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync_core.connection_settings import ConnectionSettings, parse_connection_settings, request_faults
from sync_core.domain.fields import CUSTOM_OUTLOOK_PROPERTIES, CUSTOM_TYPES
from sync_core.domain.records import CONNECTION_SUBJECT, Run, RunState
from sync_core.domain.sides import PipelinerUser
from sync_core.engine.clearing import Cleared, clear_outlook
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.ports import Folder, Mailbox, Stream
from sync_core.errors import InvalidRequest, LeaseLost, LeaseTaken, MailboxGone, UserGone
from sync_core.operations.ports import Operator
from sync_core.state.departures import ask_for_clearing, is_clearing_wanted, note_departure, take_back_clearing
from sync_core.state.registry import ConnectionRecord, Standing

NEW_FOLDER = "new"
DEFAULT_FOLDER = "default"
PAUSED_BY_PERSON = "paused_by_person"
DISCONNECTING = "disconnecting"
"""Reason of a connection whose ending has begun."""
DISCONNECT = "disconnect"
_HALF_WAY = "Disconnecting did not come to its end: disconnect again."

M = TypeVar("M", bound=BaseModel)


class ConnectRequest(BaseModel):
    """What a person gives to connect: whom, with whom, where, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mailbox: str = Field(min_length=1, max_length=320)
    user: str = Field(min_length=1, max_length=320)
    folder: str = Field(default=NEW_FOLDER, min_length=1, max_length=500)
    settings: ConnectionSettings = Field(default_factory=ConnectionSettings)


class ConnectionChange(BaseModel):
    """What can be changed on a living connection; what is left out stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: dict[str, Any] = Field(default_factory=dict)
    status: Standing | None = None


def parse_request(model: type[M], given: object) -> M:
    """Read what a person or program asked for; raises InvalidRequest that names every fault."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(request_faults(error)) from None


async def connect(operator: Operator, request: ConnectRequest) -> ConnectionRecord:
    """Check everything against both services, find or make the folder, store the connection, ask for its first pass.

    Raises InvalidRequest that names what is wrong (mailbox, user, folder, fields, a folder that is connected
    already); nothing is stored then.
    """
    mailbox = await _mailbox(operator, request.mailbox)
    user = await _user(operator, request.user)
    await check_fields(operator, request.settings)
    folder = await _folder(operator, mailbox, request.folder)
    record = ConnectionRecord(
        id=operator.mint_id(),
        mailbox_id=mailbox.id,
        mailbox=mailbox.address,
        folder_id=folder.id,
        folder_name=folder.name,
        user_id=user.id,
        user_email=user.email,
        user_name=user.name,
        space_id=operator.settings.pipeliner_space_id,
        default_unit_id=user.default_unit_id,
        unit_ids=tuple(sorted(user.unit_ids)),
        settings=request.settings,
        created_at=operator.clock.now(),
    )
    await _begin_feed(operator)
    await operator.registry.add(record)
    await operator.queue.put(PassRequest(record.id, "connect"))
    return record


async def change(operator: Operator, connection_id: str, request: ConnectionChange) -> ConnectionRecord:
    """Change settings (checked as a whole) or pause and resume; a change of rules is followed by a full round."""
    record = await operator.registry.get(connection_id)
    settings = record.settings
    if request.settings:
        settings = parse_connection_settings({**settings.model_dump(mode="json"), **request.settings})
        await check_fields(operator, settings)

    def changed(stored: ConnectionRecord) -> ConnectionRecord:
        if stored.reason == DISCONNECTING and request.status is not None:
            raise InvalidRequest([f"status: connection {connection_id} is being ended; disconnect it again"])
        return stored.model_copy(update={"settings": settings, **_STANDINGS.get(request.status, {})})

    new = await operator.registry.change(connection_id, changed)
    if request.status is Standing.ACTIVE and record.status is Standing.PAUSED:
        await operator.reader(connection_id).settle(CONNECTION_SUBJECT)
    if new.status is Standing.ACTIVE:
        mode = "full" if settings != record.settings else "delta"
        await operator.queue.put(PassRequest(connection_id, "change", mode))
    return new


_STANDINGS: Mapping[Standing | None, Mapping[str, Any]] = {
    Standing.ACTIVE: {"status": Standing.ACTIVE, "reason": "", "message": "", "not_before": None, "failures": 0},
    Standing.PAUSED: {
        "status": Standing.PAUSED,
        "reason": PAUSED_BY_PERSON,
        "message": "Paused on request; resume it to go on.",
        "not_before": None,
    },
}
"""What pausing and resuming by a person change; a pause of his is not ended by a probe."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """How ending a connection went; while it `is_finished` not, it stays paused and can be ended again."""

    record: ConnectionRecord
    cleared: Cleared = field(default_factory=Cleared)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left of it."""
        return self.cleared.is_finished


async def disconnect(
    operator: Operator, connection_id: str, *, remove_contacts: bool = False, worker: str = ""
) -> Disconnected:
    """End a connection: its state goes, and the contacts on both sides stay.

    With `remove_contacts` those that the sync created in Outlook are removed first; never any that was there before,
    nor anything in Pipeliner, nor the folder. What could not be done now is gone on with by a queue message where
    time mends it, by the next sweep in any case. Raises NotFound.
    """
    await operator.registry.get(connection_id)
    if not remove_contacts:
        await take_back_clearing(operator.store, connection_id)
        return await _end(operator, await operator.registry.change(connection_id, _disconnecting))
    await ask_for_clearing(operator.store, connection_id)
    record = await operator.registry.change(connection_id, _disconnecting)
    cleared = await _clear(operator, record, worker or f"disconnect-{operator.mint_id()}")
    if cleared.is_finished:
        return replace(await _end(operator, record), cleared=cleared)
    if cleared.again_s is not None:
        await operator.queue.put(PassRequest(record.id, DISCONNECT, "sweep"), delay_s=cleared.again_s)
    return Disconnected(record, cleared)


async def finish_disconnecting(operator: Operator, connection_id: str, worker: str) -> Disconnected:
    """Bring a disconnecting that broke off to its end, as it was asked for. Raises NotFound."""
    wanted = await is_clearing_wanted(operator.store, connection_id)
    return await disconnect(operator, connection_id, remove_contacts=wanted, worker=worker)


async def _end(operator: Operator, record: ConnectionRecord) -> Disconnected:
    await note_departure(operator.store, operator.settings.pipeliner_space_id, record.id, operator.clock.now())
    await operator.registry.remove(record.id)
    return Disconnected(record)


async def _clear(operator: Operator, record: ConnectionRecord, worker: str) -> Cleared:
    now = operator.clock.now()
    run = Run(f"{record.id}-{operator.mint_id()}", record.id, DISCONNECT, "clear", RunState.RUNNING, started_at=now)
    ports, budget_s = operator.pass_ports(record, worker), operator.settings.sync_pass_budget_s
    try:
        return await clear_outlook(ports, record.connection(), record.folder_id, run, budget_s)
    except LeaseTaken as taken:
        return Cleared(is_finished=False, problem=str(taken), again_s=taken.retry_after_s)
    except LeaseLost as lost:
        return Cleared(is_finished=False, problem=str(lost))


def _disconnecting(record: ConnectionRecord) -> ConnectionRecord:
    """Pause it for good: no probe may wake it, and it can only be ended."""
    update = {"status": Standing.PAUSED, "reason": DISCONNECTING, "message": _HALF_WAY, "not_before": None}
    return record.model_copy(update=update)


async def check_fields(operator: Operator, settings: ConnectionSettings) -> None:
    """Check custom fields, defaults and the key field against the space; raises InvalidRequest with every fault."""
    if not (settings.custom_fields or settings.required_defaults or settings.key_field):
        return
    types = await operator.pipeliner.field_types()
    faults = []
    for custom in settings.custom_fields:
        allowed = CUSTOM_TYPES[CUSTOM_OUTLOOK_PROPERTIES[custom.outlook]]
        if custom.pipeliner not in types:
            faults.append(f"settings.custom_fields: the space has no contact field {custom.pipeliner}")
        elif types[custom.pipeliner] not in allowed:
            faults.append(
                f"settings.custom_fields: {custom.pipeliner} is of type {types[custom.pipeliner]}, but "
                f"{custom.outlook} needs one of {', '.join(sorted(allowed))}"
            )
    faults.extend(
        f"settings.required_defaults: the space has no contact field {name}"
        for name in settings.required_defaults
        if name not in types
    )
    if settings.key_field and types.get(settings.key_field) != "input":
        faults.append(f"settings.key_field: the space has no contact field {settings.key_field} of type input")
    if faults:
        raise InvalidRequest(faults)


async def _begin_feed(operator: Operator) -> None:
    """Let a space's feed begin before its first connection reads what there is, so that no change falls between."""
    if not await operator.feed_state.watermarks():
        now = await operator.pipeliner.server_time()
        await operator.feed_state.advance(dict.fromkeys(Stream, now))


async def _mailbox(operator: Operator, mailbox: str) -> Mailbox:
    try:
        return await operator.outlook.mailbox(mailbox)
    except MailboxGone as error:
        raise InvalidRequest([f"mailbox: {error}"]) from error


async def _user(operator: Operator, user: str) -> PipelinerUser:
    try:
        return await operator.pipeliner.user(user)
    except UserGone as error:
        remedy = "give the e-mail address or id of an active user of the space"
        raise InvalidRequest([f"user: {error}; {remedy}"]) from error


async def _folder(operator: Operator, mailbox: Mailbox, wanted: str) -> Folder:
    if wanted == NEW_FOLDER:
        return await operator.outlook.create_folder(mailbox.id, f"Pipeliner ({operator.settings.space_name})")
    if wanted == DEFAULT_FOLDER:
        return await _default_folder(operator, mailbox)
    folders = await operator.outlook.folders(mailbox.id)
    found = [folder for folder in folders if wanted == folder.id or wanted.casefold() == folder.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidRequest([f"folder: the mailbox has {len(found)} folders of that name; give the folder's id"])
    names = ", ".join(sorted(folder.name for folder in folders)) or "none"
    raise InvalidRequest(
        [f"folder: the mailbox has no contact folder {wanted!r}; it has {names}; or use new, or default"]
    )


async def _default_folder(operator: Operator, mailbox: Mailbox) -> Folder:
    folder = await operator.outlook.default_folder(mailbox.id)
    if folder is None:
        raise InvalidRequest(
            ["folder: the default folder is empty, and Graph tells its id only through a contact in it"]
        )
    return folder
