"""The commands that say who is who: answer, link, unlink."""

from __future__ import annotations

from sync_core.cli.acting import synced_answer
from sync_core.cli.command import CONNECTION_HELP, Arguments, CommandContext, CommandTable, option
from sync_core.cli.output import Answer
from sync_core.cli.shown import line, rulings_table
from sync_core.errors import InvalidRequest, NotFound
from sync_core.operations import (
    AnswerRequest,
    answer,
    attention_of,
    forget_ruling,
    link_contacts,
    parse_request,
    rulings_of,
    unlink_contact,
)
from sync_core.operations.answering import COMMAND_LINE
from sync_core.operations.questions import find_item
from sync_core.operations.views import answered_view, ruling_view
from sync_core.state import ConnectionRecord

ANSWERING = CommandTable()


@ANSWERING.command(
    "answer",
    "Answer an attention item, list what was decided, or take a decision back.",
    option("item", nargs="?", metavar="ITEM", help="id of an item, or the beginning of it (see attention)"),
    option("choice", nargs="?", metavar="CHOICE", help="one of the item's choices"),
    option("candidate", nargs="?", default="", metavar="CANDIDATE", help="which candidate is meant, by its id"),
    option("--connection", metavar="CONNECTION", help=CONNECTION_HELP),
    option("--all", action="store_true", help="answer all items of the connection alike that ask the same"),
    option("--space", action="store_true", help="let the answer bind every mailbox of the space"),
    option("--list", nargs="?", const="", metavar="CONNECTION", help="list what was decided instead"),
    option("--forget", metavar="RULING", help="take this decision back instead, so that its question is open again"),
)
async def _answer(context: CommandContext, arguments: Arguments) -> Answer:
    _check_typed(arguments)
    if arguments.list is not None:
        return await _list(context, await context.one(arguments.list or arguments.connection))
    if arguments.forget is not None:
        return await _forget(context, arguments)
    given = {name: getattr(arguments, name) for name in AnswerRequest.model_fields}
    request = parse_request(AnswerRequest, given)
    record = await _record_of_item(context, arguments.connection, request.item)
    answered = await answer(context.deployment, record.id, request, by=COMMAND_LINE)
    left = f"; {len(answered.left)} need an answer of their own" if answered.left else ""
    told = f"connection {record.id}: {len(answered.items)} answered with {answered.choice.value}{left}"
    return await synced_answer(context, record, told, {"answered": answered_view(answered)})


def _check_typed(arguments: Arguments) -> None:
    """Raise InvalidRequest unless an answer is whole, or nothing of one is typed beside `--list` or `--forget`."""
    is_other = arguments.list is not None or arguments.forget is not None
    if is_other and (arguments.item is not None or (arguments.list is not None and arguments.forget is not None)):
        raise InvalidRequest(["answer: --list and --forget stand alone; type one of them, or ITEM and CHOICE"])
    if not is_other and (arguments.item is None or arguments.choice is None):
        raise InvalidRequest(["answer: type ITEM and CHOICE; the command attention shows both"])


async def _record_of_item(context: CommandContext, typed: str | None, item: str) -> ConnectionRecord:
    """Find the connection that was typed, else the only one that has such an item."""
    if typed is not None:
        return await context.one(typed)
    found = []
    for record in await context.all_or(None):
        try:
            find_item(await attention_of(context.deployment, record), item)
        except NotFound:
            continue
        found.append(record)
    if not found:
        raise NotFound(f"no connection has an attention item {item!r}; the command attention shows what waits")
    if len(found) > 1:
        ids = ", ".join(record.id for record in found)
        raise InvalidRequest([f"ITEM {item!r} is found on several connections ({ids}); add --connection"])
    return found[0]


async def _list(context: CommandContext, record: ConnectionRecord) -> Answer:
    rulings = await rulings_of(context.deployment, record.id)
    document = {"connection": record.id, "rulings": [ruling_view(ruling) for ruling in rulings]}
    return Answer(document, (rulings_table(rulings) if rulings else line("nothing was decided yet"),))


async def _forget(context: CommandContext, arguments: Arguments) -> Answer:
    records = await context.all_or(arguments.connection)
    for record in records:
        rulings = await rulings_of(context.deployment, record.id)
        if any(ruling.id.startswith(arguments.forget) for ruling in rulings):
            forgotten = await forget_ruling(context.deployment, record.id, arguments.forget)
            told = f"connection {record.id}: ruling {forgotten.id} is forgotten, and its question is open again"
            return await synced_answer(context, record, told, {"forgotten": ruling_view(forgotten)})
    raise NotFound(f"there is no ruling {arguments.forget!r}; list them with answer --list")


@ANSWERING.command(
    "link",
    "Say that two contacts are the same person; the sync that follows links them.",
    option("connection", metavar="CONNECTION", help=CONNECTION_HELP),
    option("outlook", metavar="OUTLOOK", help="id of the Outlook contact, or an address or name that it alone has"),
    option("pipeliner", metavar="PIPELINER", help="the same of the Pipeliner contact"),
)
async def _link(context: CommandContext, arguments: Arguments) -> Answer:
    record = await context.one(arguments.connection)
    ruling = await link_contacts(context.deployment, record.id, arguments.outlook, arguments.pipeliner, by=COMMAND_LINE)
    return await synced_answer(context, record, f"connection {record.id}: they are the same person", {"ruling": ruling})


@ANSWERING.command(
    "unlink",
    "Say that a linked pair is wrong; the sync that follows parts it, and both contacts stay.",
    option("connection", metavar="CONNECTION", help=CONNECTION_HELP),
    option("contact", metavar="CONTACT", help="id of either contact, or of the link"),
)
async def _unlink(context: CommandContext, arguments: Arguments) -> Answer:
    record = await context.one(arguments.connection)
    ruling = await unlink_contact(context.deployment, record.id, arguments.contact, by=COMMAND_LINE)
    return await synced_answer(context, record, f"connection {record.id}: they are two people", {"ruling": ruling})
