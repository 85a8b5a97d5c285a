"""The commands that say how connections are to be: set, pause, resume, each for one connection or for all at once."""

from __future__ import annotations

from sync_core.cli.acting import read_settings, synced_answer
from sync_core.cli.command import CONNECTION, CONNECTION_HELP, Arguments, CommandContext, CommandTable, option
from sync_core.cli.output import Answer
from sync_core.cli.shown import line, synced_document, synced_lines
from sync_core.cli.syncing import run_queued
from sync_core.connection_settings import SpaceSettings
from sync_core.errors import InvalidRequest
from sync_core.operations import (
    ConnectionChange,
    SpaceChange,
    change,
    change_space,
    parse_request,
    resume_all,
    stop_all,
)
from sync_core.operations.views import connection_view, space_view
from sync_core.state import ConnectionStatus

GOVERNING = CommandTable()
_ALL = option("--all", action="store_true", help="all connections of the space at once: the stop switch")


@GOVERNING.command("pause", "Pause a connection, or stop everything at once.", CONNECTION, _ALL)
async def _pause(context: CommandContext, arguments: Arguments) -> Answer:
    if arguments.all:
        _check_no_connection(arguments)
        space = await stop_all(context.deployment)
        told = "all connections are stopped: runs that are under way write no further batch"
        return Answer({"space": space_view(space)}, (line(told),))
    record = await context.one(arguments.connection)
    paused = await change(context.deployment, record.id, ConnectionChange(status=ConnectionStatus.PAUSED))
    return Answer({"connection": connection_view(paused)}, (line(f"connection {record.id} is paused"),))


@GOVERNING.command(
    "resume", "Resume a paused connection and sync it, or take the stop of everything back.", CONNECTION, _ALL
)
async def _resume(context: CommandContext, arguments: Arguments) -> Answer:
    if arguments.all:
        _check_no_connection(arguments)
        return await _space_answer(context, await resume_all(context.deployment), "all connections may sync again")
    record = await context.one(arguments.connection)
    await change(context.deployment, record.id, ConnectionChange(status=ConnectionStatus.ACTIVE))
    return await synced_answer(context, record, f"connection {record.id} is resumed")


def _check_no_connection(arguments: Arguments) -> None:
    if arguments.connection:
        raise InvalidRequest(["--all: it concerns all connections; leave CONNECTION out"])


async def _space_answer(context: CommandContext, space: SpaceSettings, told: str) -> Answer:
    """Run what is queued for all connections and tell what came of it."""
    synced = await run_queued(context)
    document = {"space": space_view(space)} | synced_document(synced)
    return Answer(document, (line(told), *synced_lines(synced)), synced.attention, synced.problems)


@GOVERNING.command(
    "set",
    "Change settings of a connection, or with --space of all of them.",
    option(
        "words",
        nargs="*",
        metavar="[CONNECTION] NAME=VALUE",
        help=f"VALUE is JSON or a word; null: the space's. {CONNECTION_HELP}",
    ),
    option("--space", action="store_true", help="for the whole space; also rights=roles or rights=ownership"),
    option("--lock", action="append", default=[], metavar="NAME", help="let no connection have a value of its own"),
    option("--unlock", action="append", default=[], metavar="NAME", help="take the lock back"),
)
async def _set(context: CommandContext, arguments: Arguments) -> Answer:
    named = [word for word in arguments.words[:1] if "=" not in word]
    settings = read_settings(arguments.words[len(named) :], is_word=True)
    if arguments.space:
        if named:
            raise InvalidRequest(["--space: it concerns all connections; leave CONNECTION out"])
        given = {"settings": settings, "lock": arguments.lock, "unlock": arguments.unlock}
        given |= {"rights": settings.pop("rights")} if "rights" in settings else {}
        change_of_space = parse_request(SpaceChange, {name: value for name, value in given.items() if value})
        if not change_of_space.model_fields_set:
            raise InvalidRequest(["NAME=VALUE is missing: give a setting, --lock or --unlock"])
        space = await change_space(context.deployment, change_of_space)
        return await _space_answer(context, space, "the settings of the space are changed")
    if arguments.lock or arguments.unlock or "rights" in settings:
        raise InvalidRequest(["--lock, --unlock and rights are of the whole space: add --space"])
    if not settings:
        raise InvalidRequest(["NAME=VALUE is missing: give a setting"])
    record = await context.one(named[0] if named else None)
    await change(context.deployment, record.id, ConnectionChange(settings=settings))
    return await synced_answer(context, record, f"connection {record.id}: the settings are changed")
