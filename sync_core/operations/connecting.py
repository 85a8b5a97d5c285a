"""Connecting a mailbox with a Pipeliner user, and changing a connection; a change also repairs an unreadable one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, assert_never

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync_core.connection_settings import (
    ConnectionSettings,
    SpaceSettings,
    faults_of_a_user,
    parse_connection_settings,
    request_faults,
)
from sync_core.domain import CONNECTION_SUBJECT, RunMode, Side, Trigger, is_same_address
from sync_core.engine.ports import Folder, Mailbox, RunRequest, Stream
from sync_core.errors import (
    InvalidRequest,
    MailboxGone,
    NotAllowed,
    Paused,
    Unreadable,
    UserGone,
    UserStopped,
    WrongRequest,
)
from sync_core.operations.asking import ask_for_run
from sync_core.operations.auditing import audited, refused
from sync_core.operations.feeding import check_user_is_back, first_rights, read_rights
from sync_core.operations.fitting import check_fields
from sync_core.operations.governing import stopped_text
from sync_core.operations.ports import Deployment
from sync_core.state import (
    PAUSED_BY_PERSON,
    Act,
    ConnectionRecord,
    ConnectionStatus,
    UnreadableRecord,
    mark_stop,
)

NEW_FOLDER = "new"
DEFAULT_FOLDER = "default"
_NOTES = "notes"

M = TypeVar("M", bound=BaseModel)


class OwnConnectRequest(BaseModel):
    """What a person gives to connect themselves: where, and how. Whom, and with whom, their sign-in says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mailbox: str = Field(default="", min_length=1, max_length=320)
    user: str = Field(default="", min_length=1, max_length=320)
    folder: str = Field(default=NEW_FOLDER, min_length=1, max_length=500)
    settings: ConnectionSettings = Field(default_factory=ConnectionSettings)


class ConnectRequest(OwnConnectRequest):
    """What a person gives to connect: whom, with whom, where, and how."""

    mailbox: str = Field(min_length=1, max_length=320)
    user: str = Field(min_length=1, max_length=320)


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
    """What can be changed on a living connection; what is left out stays, and a value of null is the space's again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: dict[str, Any] = Field(default_factory=dict)
    status: ConnectionStatus | None = None


def parse_request(model: type[M], given: object) -> M:
    """Read what a person or program asked for; raises InvalidRequest that names every fault."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(request_faults(error)) from None


async def connect_oneself(
    deployment: Deployment, request: OwnConnectRequest, object_id: str, user_name: str
) -> ConnectionRecord:
    """Connect the mailbox of who has signed in with the Pipeliner user of their sign-in name, and nobody else.

    Raises NotAllowed where another mailbox or user is named, or a setting that is an administrator's, and
    InvalidRequest where they are connected already, or Pipeliner knows nobody of that name.
    """
    try:
        for named, theirs in ((request.mailbox, (object_id, user_name)), (request.user, (user_name,))):
            if named and not any(is_same_address(named, one) for one in theirs):
                raise NotAllowed("you may connect your own mailbox with your own Pipeliner user; leave both out")
        if not object_id or "@" not in user_name:
            raise NotAllowed("your sign-in does not tell your sign-in name (claim upn); an administrator connects you")
        for record in await deployment.registry.all():
            if is_same_address(record.mailbox_id, object_id) or is_same_address(record.mailbox, user_name):
                raise InvalidRequest([f"mailbox: yours is connected already, by connection {record.id}"])
    except WrongRequest as fault:
        await refused(deployment, Act.CONNECT, type(fault).__name__)
        raise
    folder, settings = request.folder, request.settings
    own = ConnectRequest(mailbox=object_id, user=user_name, folder=folder, settings=settings)
    return await connect(deployment, own)


async def connect(deployment: Deployment, request: ConnectRequest) -> ConnectionRecord:
    """Check everything against both services, find or make the folder, store the connection, ask for its first run.

    Raises InvalidRequest that names what is wrong (mailbox, user, folder, fields, a folder that is connected
    already), and Paused while everything is stopped; nothing is stored then.
    """
    connection_id = deployment.mint_id()
    own = request.settings.model_dump(mode="json", exclude_unset=True)
    async with audited(deployment, Act.CONNECT, connection_id, changed=_differences({}, own)):
        space = await deployment.registry.space()
        _check_settings(deployment, space, space.in_force({}), own)
        return await _connect(deployment, request, connection_id, own)


async def _connect(
    deployment: Deployment, request: ConnectRequest, connection_id: str, own: Mapping[str, Any]
) -> ConnectionRecord:
    space = await _going_space(deployment)
    try:
        mailbox = await deployment.outlook.mailbox(request.mailbox)
    except MailboxGone as error:
        raise InvalidRequest([f"mailbox: {request.mailbox}: {error}"]) from error
    try:
        user = await deployment.pipeliner.user(request.user)
    except UserGone as error:
        remedy = "give the e-mail address or id of an active user of the space"
        if not deployment.actor.is_administrator:
            remedy = "an administrator of Pipeliner gives your user this address, or one of the sync connects you"
        raise InvalidRequest([f"user: {error}; {remedy}"]) from error
    settings = space.in_force(own)
    await check_fields(deployment, settings)
    rights = await first_rights(deployment, space.rights)
    folder = await _folder(deployment, mailbox, request.folder)
    record = ConnectionRecord(
        id=connection_id,
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
        settings=settings,
        own=own,
        space_serial=space.serial,
        created_at=deployment.clock.now(),
    )
    if not await deployment.feed_state.watermarks():
        # A space's feed begins before its first connection reads what there is, so that no change falls between.
        now = await deployment.pipeliner.server_time()
        await deployment.feed_state.advance(dict.fromkeys(Stream, now))
    await deployment.registry.add(record)
    if (await deployment.registry.space()).is_stopped:  # meanwhile, by who did not see this connection yet
        await mark_stop(deployment.store, record.id)
    await read_rights(deployment, rights)
    await deployment.queue.put(RunRequest(record.id, Trigger.CONNECT))
    return record


async def _going_space(deployment: Deployment) -> SpaceSettings:
    """Read the space's settings; raises Paused where everything is stopped."""
    space = await deployment.registry.space()
    if space.stopped_at is not None:
        raise Paused([stopped_text(space.stopped_at)])
    return space


def _check_settings(
    deployment: Deployment, space: SpaceSettings, now: ConnectionSettings, wanted: Mapping[str, Any]
) -> None:
    """Check who asks for settings, over those that are in force. Raises InvalidRequest for a lock, and NotAllowed."""
    faults = space.lock_faults(wanted)
    if faults:
        raise InvalidRequest(faults)
    if not deployment.actor.is_administrator:
        names = [name for name in wanted if name in ConnectionSettings.model_fields]
        kept = {name: value for name, value in now.model_dump(mode="json").items() if name not in names}
        faults = faults_of_a_user(now, space.in_force(kept | _given(wanted)), names)
        if faults:
            raise NotAllowed("; ".join(faults))


def _given(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the audit trail tells of a change: names of settings, with old and new value."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: [before.get(name), after.get(name)] for name in names}


async def change(deployment: Deployment, connection_id: str, request: ConnectionChange) -> ConnectionRecord:
    """Change settings (checked as a whole) or pause and resume; a change of rules is followed by a full sync.

    A user changes settings in the stricter direction alone (NotAllowed), and nobody changes what is locked for the
    space (InvalidRequest). Full valid settings repair a connection whose row cannot be read; else it raises Unreadable.
    """
    acts = {ConnectionStatus.ACTIVE: Act.RESUME, ConnectionStatus.PAUSED: Act.PAUSE, None: Act.SET}
    act = Act.SET if "settings" in request.model_fields_set else acts[request.status]
    try:
        record = await deployment.registry.get(connection_id)
        space = await deployment.registry.space() if request.settings else SpaceSettings()
        _check_settings(deployment, space, record.settings, request.settings)
        wanted = _changed_record(record, request, space)
        if request.settings or not record.is_readable:
            await check_fields(deployment, wanted.settings)
        if record.reason == UserStopped.reason and request.status is ConnectionStatus.ACTIVE:
            await check_user_is_back(deployment, record)
    except (WrongRequest, Unreadable) as fault:
        await refused(deployment, act, type(fault).__name__, connection_id)
        raise
    changed = _differences(record.settings.model_dump(mode="json"), wanted.settings.model_dump(mode="json"))
    if request.status is not None and act is Act.SET:
        changed["status"] = [record.status.value, request.status.value]
    async with audited(deployment, act, connection_id, changed=changed):
        return await _change(deployment, record, request, space)


async def _change(
    deployment: Deployment, record: ConnectionRecord, request: ConnectionChange, space: SpaceSettings
) -> ConnectionRecord:
    def changed(stored: ConnectionRecord) -> ConnectionRecord:
        if stored.is_ending and request.status is not None:
            raise InvalidRequest([f"status: connection {record.id} is being ended; disconnect it again"])
        with_settings = _changed_record(stored, request, space)
        if not stored.is_readable:
            return with_settings
        is_kept = stored.reason == UserStopped.reason and request.status is ConnectionStatus.PAUSED
        match None if is_kept else request.status:  # else a pause would hide why it stopped
            case None:
                return with_settings
            case ConnectionStatus.ACTIVE:
                return with_settings.resumed()
            case ConnectionStatus.PAUSED:
                return with_settings.paused(PAUSED_BY_PERSON, "Paused on request; resume it to go on.")
            case _ as never:
                assert_never(never)

    new = await deployment.registry.change(record.id, changed)
    if not record.is_readable or (request.status is ConnectionStatus.ACTIVE and not record.is_active):
        await deployment.reader(record.id).resolve(CONNECTION_SUBJECT)
    if new.is_active:
        # While a row could not be read, the feed passed its connection over.
        is_full = new.settings != record.settings or not record.is_readable
        if is_full:
            await ask_for_run(deployment, record.id, RunMode.FULL, Trigger.CHANGE)
        else:
            await deployment.queue.put(RunRequest(record.id, Trigger.CHANGE))
    return new


def _changed_record(record: ConnectionRecord, request: ConnectionChange, space: SpaceSettings) -> ConnectionRecord:
    """Return it with the settings as asked for; what cannot be read has to be given anew.

    Raises InvalidRequest, and Unreadable.
    """
    if isinstance(record, UnreadableRecord):
        if not request.model_fields_set & {"settings"}:
            raise Unreadable(f"connection {record.id}: {record.message}")
        lost = [f"settings.{name}" for name in sorted(record.lost_settings - set(request.settings))]
        lost += ["status"] if "status" in record.faults and request.status is None else []
        if lost:
            raise InvalidRequest([f"{name}: what is stored cannot be read; give it anew" for name in lost])
        whole = {**record.settings.model_dump(mode="json"), **_given(request.settings)}
        return record.repaired(parse_connection_settings(whole), request.status)
    if not request.settings:
        return record
    own = _given({**record.own_settings, **request.settings})
    checked = parse_connection_settings(own).model_dump(mode="json")
    return record.governed(space, {name: checked[name] for name in own})


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
