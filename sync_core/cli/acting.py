"""The commands that do something: connect, sync, approve, retry, reconcile, disconnect, purge."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from sync_core.cli.command import (
    CONNECTION,
    CONNECTIONS,
    YES,
    Arguments,
    CommandContext,
    CommandTable,
    option,
)
from sync_core.cli.output import Answer, Json, Problem
from sync_core.cli.shown import line, synced_document, synced_lines
from sync_core.cli.syncing import run_queued
from sync_core.connection_settings import ConnectionSettings
from sync_core.domain import AccountRule, ConflictRule, RunMode, Scope, SyncType, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import InvalidRequest, RetryLater
from sync_core.operations import (
    ConnectRequest,
    PurgeRequest,
    approve,
    check_not_stopped,
    connect,
    disconnect,
    erased_people,
    lift_erased,
    parse_request,
    purge,
    reconcile_all,
    retry_set_aside,
)
from sync_core.operations.answering import COMMAND_LINE
from sync_core.operations.auditing import audited
from sync_core.operations.connecting import NEW_FOLDER, notes_reach
from sync_core.operations.connection_status import check_runs_on_request
from sync_core.operations.views import MOST_MENTIONS, connection_view, erased_view, purged_view
from sync_core.state import Act, ConnectionRecord

ACTING = CommandTable()
_SWITCH = ("on", "off")
_SWITCHES = dict(zip(_SWITCH, (True, False), strict=True))


def _values(choices: type[StrEnum]) -> list[str]:
    return [choice.value for choice in choices]


async def synced_answer(
    context: CommandContext, record: ConnectionRecord, told: str, document: Json | None = None
) -> Answer:
    """Run what is queued for a connection and tell what came of it, beside what the command itself has to tell."""
    synced = await run_queued(context)
    whole = {"connection": connection_view(await context.deployment.registry.get(record.id))} | (document or {})
    return Answer(
        whole | synced_document(synced), (line(told), *synced_lines(synced)), synced.attention, synced.problems
    )


# Connecting


@ACTING.command(
    "connect",
    "Connect an Outlook contact folder with a Pipeliner user, and sync it.",
    option("--mailbox", required=True, help="address or id of the mailbox"),
    option("--user", required=True, help="e-mail address or id of the Pipeliner user"),
    option("--folder", default=NEW_FOLDER, help="new (default), or an existing folder's name or id"),
    option("--sync-type", choices=_values(SyncType), help="default: two_way"),
    option("--scope", choices=_values(Scope), help="which Pipeliner contacts; default: owned"),
    option("--delete-protection", choices=_SWITCH, help="keep in Pipeliner what Outlook deletes; on"),
    option("--conflict-rule", choices=_values(ConflictRule), help="who wins; default: newest"),
    option("--account-rule", choices=_values(AccountRule), help="unknown companies; default: free_text"),
    option("--setting", action="append", default=[], metavar="KEY=JSON", help="any other setting, as often as needed"),
    option("--no-sync", action="store_true", help="leave the first sync to a later one"),
)
async def _connect(context: CommandContext, arguments: Arguments) -> Answer:
    request = _connect_request(arguments)
    record = await connect(context.deployment, request)
    if reach := notes_reach(request.settings):  # said before the first sync
        context.screen.notice(reach)
    told = line(f"connected {record.mailbox}, folder {record.folder_name}, with {record.user_email}: {record.id}")
    if arguments.no_sync:
        return Answer({"connection": connection_view(record)}, (told,))
    context.screen.notice(f"connection {record.id} is made; its first sync begins")
    return await synced_answer(context, record, told.plain)


def _connect_request(arguments: Arguments) -> ConnectRequest:
    """Read what to connect and how; raises InvalidRequest that names every fault."""
    options = {
        "sync_type": arguments.sync_type,
        "scope": arguments.scope,
        "delete_protection": arguments.delete_protection and arguments.delete_protection == "on",
        "conflict_rule": arguments.conflict_rule,
        "account_rule": arguments.account_rule,
    }
    settings = {name: value for name, value in options.items() if value is not None}
    settings |= read_settings(arguments.setting, taken=settings)
    given = {"mailbox": arguments.mailbox, "user": arguments.user, "folder": arguments.folder, "settings": settings}
    return parse_request(ConnectRequest, given)


def read_settings(typed: Iterable[str], taken: Iterable[str] = (), *, is_word: bool = False) -> dict[str, Any]:
    """Read NAME=JSON; where a word will do, what is no JSON is one, and on and off are true and false."""
    settings: dict[str, Any] = {}
    faults: list[str] = []
    where = "" if is_word else "--setting "
    known = (*ConnectionSettings.model_fields, *(["rights"] if is_word else []))
    for text in typed:
        name, _, value = text.partition("=")
        if name not in known:
            faults.append(f"{where}{name}: there is no such setting; choose one of {', '.join(known)}")
        elif name in {*taken, *settings}:
            faults.append(f"{where}{name}: it is given twice; give it once")
        elif is_word:
            try:
                settings[name] = _SWITCHES[value] if value in _SWITCHES else json.loads(value)
            except ValueError:
                settings[name] = value
        else:
            try:
                settings[name] = json.loads(value)
            except ValueError:
                faults.append(
                    f"""--setting {name}: the value is not JSON; write KEY=JSON, such as 'key_field="cf_key"'"""
                )
    if faults:
        raise InvalidRequest(faults)
    return settings


# Runs


@ACTING.command(
    "sync",
    "Sync connections: the named ones, or all that nobody paused.",
    CONNECTIONS,
    option("--full", action="store_true", help="read both sides whole, not only what changed"),
)
async def _sync(context: CommandContext, arguments: Arguments) -> Answer:
    if arguments.connections:
        chosen = await context.each(arguments.connections)
        for record in chosen:
            check_runs_on_request(record)
    else:
        chosen = []
        for record in await context.deployment.registry.all():
            if not record.is_readable:
                context.screen.notice(f"connection {record.id} is passed over: {record.message}")
            elif not record.is_paused_by_person:
                chosen.append(record)
    await check_not_stopped(context.deployment)
    mode = RunMode.FULL if arguments.full else RunMode.DELTA
    for record in chosen:
        async with audited(context.deployment, Act.SYNC, record.id):
            await context.queue.put(RunRequest(record.id, Trigger.COMMAND, mode))
    synced = await run_queued(context)
    lines = tuple(synced_lines(synced)) or (line("there is no connection to sync"),)
    return Answer(synced_document(synced), lines, synced.attention, synced.problems)


@ACTING.command("approve", "Carry out the removals, mass changes and creates that are held back.", CONNECTION)
async def _approve(context: CommandContext, arguments: Arguments) -> Answer:
    record = await context.one(arguments.connection)
    held = await approve(context.deployment, record.id)
    return await synced_answer(context, record, f"approved for connection {record.id}: {' '.join(held)}")


@ACTING.command("retry", "Try contacts again that were set aside because they kept failing.", CONNECTION)
async def _retry(context: CommandContext, arguments: Arguments) -> Answer:
    record = await context.one(arguments.connection)
    count = await retry_set_aside(context.deployment, record.id)
    return await synced_answer(
        context, record, f"connection {record.id}: {count} contacts that were set aside are tried again"
    )


@ACTING.command(
    "reconcile",
    "Compare everything, and repair what feeds and faults have missed. It was called sweep in 0.1.",
    CONNECTIONS,
    aliases=("sweep",),
)
async def _reconcile(context: CommandContext, arguments: Arguments) -> Answer:
    chosen = await context.each(arguments.connections)
    await check_not_stopped(context.deployment)
    nightly = await reconcile_all(context.deployment, [record.id for record in chosen])
    synced = await run_queued(context)
    found = [
        line(f"connection {story.connection_id}: {run.message}")
        for story in synced.stories
        for run in story.runs
        if run.trigger is Trigger.RECONCILE
    ]
    lines = (*found, *synced_lines(synced)) or (line("there is no connection to reconcile"),)
    asked_for = asdict(nightly)
    document = synced_document(synced) | {"reconcile": asked_for, "sweep": asked_for}
    return Answer(document, lines, synced.attention, synced.problems)


# Ending


@ACTING.command(
    "disconnect",
    "End a connection; the contacts stay, unless told otherwise.",
    CONNECTION,
    YES,
    option("--remove-contacts", action="store_true", help="remove from Outlook exactly those that the sync created"),
)
async def _disconnect(context: CommandContext, arguments: Arguments) -> Answer:
    record = await context.one(arguments.connection)
    if not arguments.yes:
        contacts = "those that it created in Outlook go too" if arguments.remove_contacts else "the contacts stay"
        context.confirm("disconnect", f"End connection {record.id} of {record.mailbox}? Its history goes; {contacts}.")
    ended = await disconnect(context.deployment, record.id, remove_contacts=arguments.remove_contacts)
    cleared = ended.cleared
    document = {"disconnected": connection_view(record), "cleared": asdict(cleared)}
    if not ended.is_finished:
        problem = Problem.of(RetryLater(cleared.problem or "it is not finished yet; disconnect again"))
        return Answer(document, (), problems=(problem,))
    told = f"connection {record.id} has ended; the contacts on both sides stay as they are"
    if arguments.remove_contacts:
        told = (
            f"connection {record.id} has ended; {cleared.removed} contacts that it had created in Outlook are removed"
        )
        told += f", {len(cleared.kept_ids)} with edits of their own stay" if cleared.kept_ids else ""
    return Answer(document, (line(told),))


@ACTING.command(
    "purge",
    "Erase what is stored of one connection or one person, and prove it.",
    option("--connection", one_of="whom", default="", metavar="ID", help="whole id of a connection, which ends then"),
    option("--person", one_of="whom", default="", metavar="E-MAIL|ID", help="address, or id of a contact or link"),
    option("--erased", one_of="whom", action="store_true", help="list the people who were erased instead; ids only"),
    option("--lift", one_of="whom", default="", metavar="ID", help="let contacts be created again for one of them"),
    option("--even-if-linked", action="store_true", help="also a person whose contact is still on both sides"),
    YES,
)
async def _purge(context: CommandContext, arguments: Arguments) -> Answer:
    if arguments.erased:
        people = await erased_people(context.deployment).all()
        told = [line(f"{one.key}  erased {one.at:%Y-%m-%d %H:%M} by {one.by}") for one in people]
        return Answer({"erased": [erased_view(one) for one in people]}, tuple(told or [line("nobody was erased")]))
    if arguments.lift:
        lifted = await lift_erased(context.deployment, arguments.lift)
        return Answer({"lifted": erased_view(lifted)}, (line(f"{lifted.key} is lifted: contacts are created again"),))
    given = {name: getattr(arguments, name) for name in PurgeRequest.model_fields}
    request = parse_request(PurgeRequest, given)
    if not arguments.yes:
        whom = f"connection {request.connection}, which ends" if request.connection else "this person"
        context.confirm("purge", f"Erase all that is stored of {whom}? This cannot be undone.")
    purged = await purge(context.deployment, request, by=COMMAND_LINE)
    told = [line(f"{purged.rows} rows erased, {len(purged.remaining)} rows left that mention it")]
    told += [line(f"left: {left.table} {left.partition} {left.key}") for left in purged.remaining[:MOST_MENTIONS]]
    if purged.erased is not None:
        told += [line(f"{purged.erased.key} stays: nothing is created for them until purge --lift {purged.erased.id}")]
    return Answer({"purged": purged_view(purged)}, tuple(told), len(purged.remaining))
