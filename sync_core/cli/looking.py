"""The commands that look and change nothing: status, history, attention, doctor."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from rich.console import RenderableType

from sync_core.app import open_queued_app
from sync_core.cli.command import CONNECTION, Arguments, CommandContext, CommandTable, OpenApp, option
from sync_core.cli.output import Answer
from sync_core.cli.shown import (
    Waiting,
    attention_document,
    attention_table,
    audit_table,
    connections_table,
    duplicates_table,
    history_document,
    history_table,
    line,
    overview_document,
    settings_table,
    trouble_lines,
)
from sync_core.doctor import examine, unopened
from sync_core.errors import SyncError
from sync_core.operations import attention_of, overview
from sync_core.operations.duplicates import possible_duplicates
from sync_core.operations.governing import why_stopped
from sync_core.operations.questions import names_of
from sync_core.operations.views import audit_view, duplicate_view
from sync_core.queues import LocalQueue
from sync_core.settings import load_settings
from sync_core.state import place_of

MOST_ENTRIES = 1000
LOOKING = CommandTable()


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ENTRIES:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST_ENTRIES}")
    return int(text)


@LOOKING.command("status", "Show how connections stand.", CONNECTION)
async def _status(context: CommandContext, arguments: Arguments) -> Answer:
    records = await context.all_or(arguments.connection)
    found = [await overview(context.deployment, record) for record in records]
    why = await why_stopped(context.deployment)
    document = {"connections": [overview_document(item) for item in found], "stopped": why or None}
    if not found:
        return Answer(document, (line("there is no connection yet; make one with connect"),))
    stopped = [line(why)] if why else []
    details = [settings_table(record) for record in records if arguments.connection]
    shown: tuple[RenderableType, ...] = (*stopped, connections_table(found), *trouble_lines(found), *details)
    return Answer(document, shown, sum(item.attention for item in found))


@LOOKING.command(
    "history",
    "Show what was changed, newest first, from which value to which.",
    CONNECTION,
    option("--limit", type=_limit, default=50, metavar="N", help=f"1 to {MOST_ENTRIES}; default: 50"),
    option("--before", metavar="ID", help="go on after this entry, into the past"),
    option("--contact", default="", metavar="ID", help="only of this contact (Outlook, Pipeliner or link)"),
    option("--run", default="", metavar="ID", help="only of this run"),
)
async def _history(context: CommandContext, arguments: Arguments) -> Answer:
    record = await context.one(arguments.connection)
    limit: int = arguments.limit
    page = await context.reader(record).history_page(limit, arguments.before, arguments.contact, arguments.run)
    document = history_document(record.id, page)
    more = [line(f"for older entries: --before {page.next}")] if page.next else []
    if not page.entries:
        where = "so far in the history" if page.next else "in the history"
        return Answer(document, (line(f"there is nothing of that {where}"), *more))
    return Answer(document, (history_table(page.entries), *more))


@LOOKING.command("attention", "Show what waits for a person, and the remedy.", CONNECTION)
async def _attention(context: CommandContext, arguments: Arguments) -> Answer:
    records = await context.all_or(arguments.connection)
    waiting = []
    for record in records:
        items = await attention_of(context.deployment, record)
        waiting.append(Waiting(record, items, await names_of(context.deployment, record, items)))
    document = attention_document(waiting)
    count = len(document["items"])
    return Answer(document, (attention_table(waiting) if count else line("nothing needs attention"),), count)


@LOOKING.command(
    "duplicates",
    "Show contacts that were created beside one that the connection's user may not see.",
    option("--limit", type=_limit, default=50, metavar="N", help=f"1 to {MOST_ENTRIES}; default: 50"),
)
async def _duplicates(context: CommandContext, arguments: Arguments) -> Answer:
    found = await possible_duplicates(context.deployment, arguments.limit)
    document = {"items": [duplicate_view(one) for one in found]}
    return Answer(document, (duplicates_table(found) if found else line("there is no possible duplicate"),))


@LOOKING.command(
    "audit",
    "Show who did what on the sync, newest first.",
    option("--limit", type=_limit, default=50, metavar="N", help=f"1 to {MOST_ENTRIES}; default: 50"),
    option("--before", default="", metavar="PLACE", help="go on after this entry, into the past"),
)
async def _audit(context: CommandContext, arguments: Arguments) -> Answer:
    limit: int = arguments.limit
    found = await context.deployment.audit.page(limit + 1, arguments.before)
    entries, rest = found[:limit], place_of(found[limit - 1]) if len(found) > limit else None
    document = {"entries": [audit_view(entry) for entry in entries], "next": rest}
    more = [line(f"for older entries: --before {rest}")] if rest else []
    return Answer(document, (audit_table(entries) if entries else line("nothing was done so far"), *more))


@LOOKING.bare_command(
    "doctor",
    "Check settings, state, services and connections against reality; says what is wrong and the remedy.",
)
async def _doctor(environment: Mapping[str, str], open_app: OpenApp) -> Answer:
    """Examine the deployment that an environment describes; every fault is a line of the answer."""
    try:
        settings = load_settings(environment)
        app = open_queued_app(settings) if settings.names_queue else open_app(settings, LocalQueue())
    except SyncError as error:
        report = unopened(error)
    else:
        try:
            report = await examine(app.deployment, environment)
        finally:
            await app.close()
    summary = "all is well" if report.is_healthy else f"{report.failures} checks FAILED"
    lines = (*(line(finding.line) for finding in report.findings), line(summary))
    return Answer(report.as_json(), lines, attention=report.failures)
