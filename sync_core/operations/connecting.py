"""Connecting a mailbox with a Pipeliner user, and changing a connection; a change also repairs an unreadable one."""

from __future__ import annotations

from typing import Any, TypeVar, assert_never

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync_core.connection_settings import ConnectionSettings, parse_connection_settings, request_faults
from sync_core.domain import (
    CONNECTION_SUBJECT,
    CUSTOM_OUTLOOK_PROPERTIES,
    CUSTOM_TYPES,
    RunMode,
    Side,
    Trigger,
)
from sync_core.engine.ports import Folder, Mailbox, RunRequest, Stream
from sync_core.errors import InvalidRequest, MailboxGone, Unreadable, UserGone
from sync_core.operations.asking import ask_for_run
from sync_core.operations.ports import Deployment
from sync_core.state import PAUSED_BY_PERSON, ConnectionRecord, ConnectionStatus, UnreadableRecord

NEW_FOLDER = "new"
DEFAULT_FOLDER = "default"
_NOTES = "notes"

M = TypeVar("M", bound=BaseModel)


class ConnectRequest(BaseModel):
    """What a person gives to connect: whom, with whom, where, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mailbox: str = Field(min_length=1, max_length=320)
    user: str = Field(min_length=1, max_length=320)
    folder: str = Field(default=NEW_FOLDER, min_length=1, max_length=500)
    settings: ConnectionSettings = Field(default_factory=ConnectionSettings)


def notes_reach(settings: ConnectionSettings) -> str:
    """Say whom a note reaches that is typed in Outlook, before it does; "" where it stays there."""
    direction = settings.field_map.field(_NOTES).direction
    is_sent = settings.sync_type.reaches(Side.PIPELINER) and direction.reaches(Side.PIPELINER)
    if not is_sent or _NOTES in settings.kept_when_shared:
        return ""
    return (
        "notes typed in Outlook travel to Pipeliner, and reach everybody who has the contact there too; "
        f'the setting kept_when_shared=["{_NOTES}"] keeps them in Outlook where others have it'
    )


class ConnectionChange(BaseModel):
    """What can be changed on a living connection; what is left out stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: dict[str, Any] = Field(default_factory=dict)
    status: ConnectionStatus | None = None


def parse_request(model: type[M], given: object) -> M:
    """Read what a person or program asked for; raises InvalidRequest that names every fault."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(request_faults(error)) from None


async def connect(deployment: Deployment, request: ConnectRequest) -> ConnectionRecord:
    """Check everything against both services, find or make the folder, store the connection, ask for its first run.

    Raises InvalidRequest that names what is wrong (mailbox, user, folder, fields, a folder that is connected
    already); nothing is stored then.
    """
    try:
        mailbox = await deployment.outlook.mailbox(request.mailbox)
    except MailboxGone as error:
        raise InvalidRequest([f"mailbox: {request.mailbox}: {error}"]) from error
    try:
        user = await deployment.pipeliner.user(request.user)
    except UserGone as error:
        remedy = "give the e-mail address or id of an active user of the space"
        raise InvalidRequest([f"user: {error}; {remedy}"]) from error
    await check_fields(deployment, request.settings)
    folder = await _folder(deployment, mailbox, request.folder)
    record = ConnectionRecord(
        id=deployment.mint_id(),
        mailbox_id=mailbox.id,
        mailbox=mailbox.address,
        folder_id=folder.id,
        folder_name=folder.name,
        user_id=user.id,
        user_email=user.email,
        user_name=user.name,
        space_id=deployment.settings.pipeliner_space_id,
        default_unit_id=user.default_unit_id,
        unit_ids=tuple(sorted(user.unit_ids)),
        settings=request.settings,
        created_at=deployment.clock.now(),
    )
    if not await deployment.feed_state.watermarks():
        # A space's feed begins before its first connection reads what there is, so that no change falls between.
        now = await deployment.pipeliner.server_time()
        await deployment.feed_state.advance(dict.fromkeys(Stream, now))
    await deployment.registry.add(record)
    await deployment.queue.put(RunRequest(record.id, Trigger.CONNECT))
    return record


async def change(deployment: Deployment, connection_id: str, request: ConnectionChange) -> ConnectionRecord:
    """Change settings (checked as a whole) or pause and resume; a change of rules is followed by a full sync.

    Full valid settings repair a connection whose row cannot be read; else it raises Unreadable.
    """
    record = await deployment.registry.get(connection_id)
    settings = _changed_settings(record, request)
    if request.settings or not record.is_readable:
        await check_fields(deployment, settings)

    def changed(stored: ConnectionRecord) -> ConnectionRecord:
        if isinstance(stored, UnreadableRecord):
            return stored.repaired(settings, request.status)
        if stored.is_ending and request.status is not None:
            raise InvalidRequest([f"status: connection {connection_id} is being ended; disconnect it again"])
        with_settings = stored.with_settings(settings)
        match request.status:
            case None:
                return with_settings
            case ConnectionStatus.ACTIVE:
                return with_settings.resumed()
            case ConnectionStatus.PAUSED:
                return with_settings.paused(PAUSED_BY_PERSON, "Paused on request; resume it to go on.")
            case _:
                assert_never(request.status)

    new = await deployment.registry.change(connection_id, changed)
    if not record.is_readable or (request.status is ConnectionStatus.ACTIVE and not record.is_active):
        await deployment.reader(connection_id).resolve(CONNECTION_SUBJECT)
    if new.is_active:
        # While a row could not be read, the feed passed its connection over.
        is_full = settings != record.settings or not record.is_readable
        if is_full:
            await ask_for_run(deployment, connection_id, RunMode.FULL, Trigger.CHANGE)
        else:
            await deployment.queue.put(RunRequest(connection_id, Trigger.CHANGE))
    return new


def _changed_settings(record: ConnectionRecord, request: ConnectionChange) -> ConnectionSettings:
    """Return the settings as asked for; what cannot be read has to be given anew. Raises InvalidRequest, Unreadable."""
    if isinstance(record, UnreadableRecord):
        if not request.model_fields_set & {"settings"}:
            raise Unreadable(f"connection {record.id}: {record.message}")
        lost = [f"settings.{name}" for name in sorted(record.lost_settings - set(request.settings))]
        lost += ["status"] if "status" in record.faults and request.status is None else []
        if lost:
            raise InvalidRequest([f"{name}: what is stored cannot be read; give it anew" for name in lost])
    elif not request.settings:
        return record.settings
    return parse_connection_settings({**record.settings.model_dump(mode="json"), **request.settings})


async def check_fields(deployment: Deployment, settings: ConnectionSettings) -> None:
    """Check custom fields, defaults and the key field against the space; raises InvalidRequest with every fault."""
    if not (settings.custom_fields or settings.required_defaults or settings.key_field):
        return
    types = await deployment.pipeliner.field_types()
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


async def _folder(deployment: Deployment, mailbox: Mailbox, wanted: str) -> Folder:
    if wanted == NEW_FOLDER:
        return await deployment.outlook.create_folder(mailbox.id, f"Pipeliner ({deployment.settings.space_name})")
    if wanted == DEFAULT_FOLDER:
        default = await deployment.outlook.default_folder(mailbox.id)
        if default is None:
            raise InvalidRequest(
                ["folder: the default folder is empty, and Graph tells its id only through a contact in it"]
            )
        return default
    folders = await deployment.outlook.folders(mailbox.id)
    found = [folder for folder in folders if wanted == folder.id or wanted.casefold() == folder.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidRequest([f"folder: the mailbox has {len(found)} folders of that name; give the folder's id"])
    names = ", ".join(sorted(folder.name for folder in folders)) or "none"
    raise InvalidRequest(
        [f"folder: the mailbox has no contact folder {wanted!r}; it has {names}; or use new, or default"]
    )
