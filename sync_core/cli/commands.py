"""What each command does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType

from rich.console import RenderableType

from sync_core.cli.arguments import Arguments, connect_request
from sync_core.cli.desk import Desk
from sync_core.cli.documents import (
    attention_document,
    history_document,
    status_document,
    synced_document,
)
from sync_core.cli.output import Answer, Problem
from sync_core.cli.syncing import run_queued
from sync_core.cli.tables import (
    attention_table,
    connections_table,
    history_table,
    line,
    pause_lines,
    settings_table,
    synced_lines,
)
from sync_core.domain.records import Reason
from sync_core.engine.feed_port import PassRequest
from sync_core.errors import InvalidRequest, RetryLater
from sync_core.operations import connecting
from sync_core.operations.asking import Paused, approve_removals
from sync_core.operations.connecting import ConnectionChange
from sync_core.operations.nightly import retry_set_aside, sweep_all
from sync_core.operations.purging import PurgeRequest, purge
from sync_core.operations.sweeping import SWEEP
from sync_core.operations.views import MOST_MENTIONS, connection_view, purged_view
from sync_core.state.registry import ConnectionRecord, Standing

TRIGGER = "command"
_HELD = frozenset({Reason.DELETES_HELD, Reason.CHANGES_HELD})


async def _connect(desk: Desk, arguments: Arguments) -> Answer:
    record = await connecting.connect(desk.operator, connect_request(arguments))
    told = line(f"connected {record.mailbox}, folder {record.folder_name}, with {record.user_email}: {record.id}")
    if arguments.no_sync:
        return Answer({"connection": connection_view(record)}, (told,))
    desk.screen.notice(f"connection {record.id} is made; its first sync begins")
    return await _synced(desk, record, told.plain)


async def _synced(desk: Desk, record: ConnectionRecord, told: str) -> Answer:
    """Run what is queued for a connection and tell what came of it."""
    synced = await run_queued(desk)
    document = {"connection": connection_view(await desk.operator.registry.get(record.id))}
    return Answer(
        document | synced_document(synced), (line(told), *synced_lines(synced)), synced.attention, synced.problems
    )


async def _sync(desk: Desk, arguments: Arguments) -> Answer:
    if arguments.connections:
        chosen = await desk.each(arguments.connections)
    else:
        chosen = [record for record in await desk.operator.registry.all() if not _rests(record)]
    for record in filter(_rests, chosen):
        raise Paused([f"connection {record.id} is paused: {record.message}"])
    mode = "full" if arguments.full else "delta"
    for record in chosen:
        await desk.queue.put(PassRequest(record.id, TRIGGER, mode))
    synced = await run_queued(desk)
    lines = tuple(synced_lines(synced)) or (line("there is no connection to sync"),)
    return Answer(synced_document(synced), lines, synced.attention, synced.problems)


def _rests(record: ConnectionRecord) -> bool:
    """Whether a person paused it; what a fault paused is tried again by every sync."""
    return record.status is Standing.PAUSED and record.not_before is None


async def _status(desk: Desk, arguments: Arguments) -> Answer:
    records = await desk.all_or(arguments.connection)
    found = [(record, await desk.reader(record).status()) for record in records]
    document = {"connections": [status_document(record, status) for record, status in found]}
    if not found:
        return Answer(document, (line("there is no connection yet; make one with connect"),))
    details = [settings_table(record) for record in records if arguments.connection]
    shown: tuple[RenderableType, ...] = (connections_table(found), *pause_lines(records), *details)
    return Answer(document, shown, sum(status.attention for _, status in found))


async def _history(desk: Desk, arguments: Arguments) -> Answer:
    record = await desk.one(arguments.connection)
    limit = arguments.limit
    entries = await desk.reader(record).history(limit, arguments.before, arguments.contact, arguments.run)
    document = history_document(record.id, entries, limit)
    if not entries:
        return Answer(document, (line("there is nothing of that in the history"),))
    more = [line(f"for older entries: --before {entries[-1].id}")] if document["next"] else []
    return Answer(document, (history_table(entries), *more))


async def _attention(desk: Desk, arguments: Arguments) -> Answer:
    records = await desk.all_or(arguments.connection)
    waiting = [(record, await desk.reader(record).attention()) for record in records]
    document = attention_document(waiting)
    count = len(document["items"])
    return Answer(document, (attention_table(waiting) if count else line("nothing needs attention"),), count)


async def _approve(desk: Desk, arguments: Arguments) -> Answer:
    record = await desk.one(arguments.connection)
    held = [item.message for item in await desk.reader(record).attention() if item.reason in _HELD]
    if not held:
        raise InvalidRequest([f"connection {record.id} holds nothing back; there is nothing to approve"])
    if _rests(record):
        raise Paused([f"connection {record.id} is paused: {record.message}"])
    await approve_removals(desk.operator, record.id)
    return await _synced(desk, record, f"approved for connection {record.id}: {' '.join(held)}")


async def _pause(desk: Desk, arguments: Arguments) -> Answer:
    record = await desk.one(arguments.connection)
    paused = await connecting.change(desk.operator, record.id, ConnectionChange(status=Standing.PAUSED))
    return Answer({"connection": connection_view(paused)}, (line(f"connection {record.id} is paused"),))


async def _resume(desk: Desk, arguments: Arguments) -> Answer:
    record = await desk.one(arguments.connection)
    await connecting.change(desk.operator, record.id, ConnectionChange(status=Standing.ACTIVE))
    return await _synced(desk, record, f"connection {record.id} is resumed")


async def _disconnect(desk: Desk, arguments: Arguments) -> Answer:
    record = await desk.one(arguments.connection)
    if not arguments.yes:
        _confirm(desk, record, remove_contacts=arguments.remove_contacts)
    ended = await connecting.disconnect(desk.operator, record.id, remove_contacts=arguments.remove_contacts)
    document = {"disconnected": connection_view(record), "cleared": asdict(ended.cleared)}
    cleared = ended.cleared
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


async def _sweep(desk: Desk, arguments: Arguments) -> Answer:
    chosen = await desk.each(arguments.connections)
    nightly = await sweep_all(desk.operator, [record.id for record in chosen])
    synced = await run_queued(desk)
    found = [
        line(f"connection {story.connection_id}: {run.message}")
        for story in synced.stories
        for run in story.runs
        if run.trigger == SWEEP
    ]
    lines = (*found, *synced_lines(synced)) or (line("there is no connection to sweep"),)
    document = synced_document(synced) | {"sweep": asdict(nightly)}
    return Answer(document, lines, synced.attention, synced.problems)


async def _retry(desk: Desk, arguments: Arguments) -> Answer:
    record = await desk.one(arguments.connection)
    count = await retry_set_aside(desk.operator, record.id)
    return await _synced(desk, record, f"connection {record.id}: {count} contacts that were set aside are tried again")


async def _purge(desk: Desk, arguments: Arguments) -> Answer:
    request = connecting.parse_request(
        PurgeRequest,
        {
            "connection": arguments.connection or "",
            "person": arguments.person or "",
            "even_if_linked": arguments.even_if_linked,
        },
    )
    if not arguments.yes:
        whom = f"connection {request.connection}, which ends" if request.connection else "this person"
        _ask(desk, "purge", f"Erase all that is stored of {whom}? This cannot be undone.")
    purged = await purge(desk.operator, request)
    told = [line(f"{purged.rows} rows erased, {len(purged.remaining)} rows left that mention it")]
    told += [line(f"left: {left.table} {left.partition} {left.key}") for left in purged.remaining[:MOST_MENTIONS]]
    return Answer({"purged": purged_view(purged)}, tuple(told), len(purged.remaining))


def _confirm(desk: Desk, record: ConnectionRecord, *, remove_contacts: bool) -> None:
    contacts = "the contacts that it created in Outlook go too" if remove_contacts else "the contacts stay"
    _ask(desk, "disconnect", f"End connection {record.id} of {record.mailbox}? Its history goes; {contacts}.")


def _ask(desk: Desk, command: str, question: str) -> None:
    """Have a person confirm; raises InvalidRequest where nobody does."""
    if not desk.screen.can_ask:
        raise InvalidRequest([f"{command} asks before it acts, and there is nobody to ask: add --yes"])
    if not desk.screen.ask(question):
        raise InvalidRequest(["it was not confirmed; nothing was changed"])


COMMANDS: Mapping[str, Callable[[Desk, Arguments], Awaitable[Answer]]] = MappingProxyType(
    {
        "connect": _connect,
        "sync": _sync,
        "status": _status,
        "history": _history,
        "attention": _attention,
        "approve": _approve,
        "pause": _pause,
        "resume": _resume,
        "disconnect": _disconnect,
        "sweep": _sweep,
        "retry": _retry,
        "purge": _purge,
    }
)
