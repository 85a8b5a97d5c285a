"""What may be typed: the commands with their options, and what they mean."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NoReturn

from sync_core.connection_settings import ConnectionSettings
from sync_core.domain.rules import AccountRule, ConflictRule, SyncType
from sync_core.domain.sides import Scope
from sync_core.errors import InvalidRequest
from sync_core.operations.connecting import NEW_FOLDER, ConnectRequest, parse_request

PROGRAM = "python -m sync_core"
DOCTOR = "doctor"
MOST_ENTRIES = 1000
_SWITCH = ("on", "off")
_ENDING = """exit status: 0 done, 1 some contacts need attention (doctor: a check failed), 2 could not run.
Settings come from the environment; SYNC_STATE is sqlite:///sync-state.sqlite unless it is set.
CONNECTION is a connection's id or the beginning of it, and may be left out where there is only one."""


class Arguments(argparse.Namespace):
    """What was typed. An option that a command does not have keeps its value here."""

    command: str
    json: bool = False
    verbose: bool = False
    connection: str | None = None
    connections: Sequence[str] = ()
    mailbox: str = ""
    user: str = ""
    folder: str = NEW_FOLDER
    sync_type: str | None = None
    scope: str | None = None
    delete_protection: str | None = None
    conflict_rule: str | None = None
    account_rule: str | None = None
    setting: Sequence[str] = ()
    no_sync: bool = False
    full: bool = False
    limit: int = 50
    before: str | None = None
    contact: str = ""
    run: str = ""
    yes: bool = False
    remove_contacts: bool = False
    person: str | None = None
    even_if_linked: bool = False


class _Parser(argparse.ArgumentParser):
    """Raises InvalidRequest where argparse would end the process."""

    def error(self, message: str) -> NoReturn:
        raise InvalidRequest([f"{message}; see {self.prog} --help"])


def parse_arguments(typed: Sequence[str]) -> Arguments:
    """Read what was typed; raises InvalidRequest, and SystemExit after `--help`."""
    return _parser().parse_args(typed, Arguments())


def _parser() -> _Parser:
    parser = _Parser(
        PROGRAM,
        description="Keep Outlook contact folders and Pipeliner contacts the same.",
        epilog=_ENDING,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    common = _Parser(add_help=False, allow_abbrev=False)
    common.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    common.add_argument("-v", "--verbose", action="store_true", help="log to stderr what is done")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=summary, description=summary, parents=[common], allow_abbrev=False)

    _describe_connect(command("connect", "Connect an Outlook contact folder with a Pipeliner user, and sync it."))
    _describe_sync(command("sync", "Sync connections: the named ones, or all that nobody paused."))
    _describe_history(command("history", "Show what was changed, newest first, from which value to which."))
    _describe_disconnect(command("disconnect", "End a connection; the contacts stay, unless told otherwise."))
    _describe_sweep(command("sweep", "Compare everything, and repair what feeds and faults have missed."))
    _describe_purge(command("purge", "Erase what is stored of one connection or one person, and prove it."))
    for name, summary in (
        ("status", "Show how connections stand."),
        ("attention", "Show what waits for a person, and the way out."),
        ("approve", "Carry out the removals and mass changes that are held back."),
        ("retry", "Try contacts again that were set aside because they kept failing."),
        ("pause", "Pause a connection."),
        ("resume", "Resume a paused connection, and sync it."),
    ):
        _add_connection(command(name, summary))
    command(
        DOCTOR, "Check settings, state, services and connections against reality; says what is wrong and the way out."
    )
    return parser


def _add_connection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("connection", nargs="?", metavar="CONNECTION", help="id of a connection, or its beginning")


def _describe_connect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mailbox", required=True, help="address or id of the mailbox")
    parser.add_argument("--user", required=True, help="e-mail address or id of the Pipeliner user")
    parser.add_argument("--folder", default=NEW_FOLDER, help="new (default), or an existing folder's name or id")
    parser.add_argument("--sync-type", choices=_values(SyncType), help="default: two_way")
    parser.add_argument("--scope", choices=_values(Scope), help="which Pipeliner contacts; default: owned")
    parser.add_argument("--delete-protection", choices=_SWITCH, help="keep in Pipeliner what Outlook deletes; on")
    parser.add_argument("--conflict-rule", choices=_values(ConflictRule), help="who wins; default: newest")
    parser.add_argument("--account-rule", choices=_values(AccountRule), help="unknown companies; default: free_text")
    parser.add_argument(
        "--setting", action="append", default=[], metavar="KEY=JSON", help="any other setting, as often as needed"
    )
    parser.add_argument("--no-sync", action="store_true", help="leave the first sync to a later one")


def _describe_sync(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("connections", nargs="*", metavar="CONNECTION", help="ids of connections, or their beginnings")
    parser.add_argument("--full", action="store_true", help="read both sides whole, not only what changed")


def _describe_history(parser: argparse.ArgumentParser) -> None:
    _add_connection(parser)
    parser.add_argument("--limit", type=_limit, default=50, metavar="N", help=f"1 to {MOST_ENTRIES}; default: 50")
    parser.add_argument("--before", metavar="ID", help="go on after this entry, into the past")
    parser.add_argument("--contact", default="", metavar="ID", help="only of this contact (Outlook, Pipeliner or link)")
    parser.add_argument("--run", default="", metavar="ID", help="only of this run")


def _describe_disconnect(parser: argparse.ArgumentParser) -> None:
    _add_connection(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--remove-contacts", action="store_true", help="remove from Outlook exactly those that the sync created there"
    )


def _describe_sweep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("connections", nargs="*", metavar="CONNECTION", help="ids of connections, or their beginnings")


def _describe_purge(parser: argparse.ArgumentParser) -> None:
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--connection", metavar="ID", help="whole id of a connection, which ends by that")
    whom.add_argument("--person", metavar="E-MAIL|ID", help="e-mail address, or id of a contact or link")
    parser.add_argument(
        "--even-if-linked", action="store_true", help="also a person whose contact is still there on both sides"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _values(choices: type[StrEnum]) -> list[str]:
    return [choice.value for choice in choices]


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ENTRIES:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST_ENTRIES}")
    return int(text)


def connect_request(arguments: Arguments) -> ConnectRequest:
    """Read what to connect and how; raises InvalidRequest that names every fault."""
    options = {
        "sync_type": arguments.sync_type,
        "scope": arguments.scope,
        "delete_protection": arguments.delete_protection and arguments.delete_protection == "on",
        "conflict_rule": arguments.conflict_rule,
        "account_rule": arguments.account_rule,
    }
    settings = {name: value for name, value in options.items() if value is not None}
    settings |= _read_settings(arguments.setting, taken=settings)
    given = {"mailbox": arguments.mailbox, "user": arguments.user, "folder": arguments.folder, "settings": settings}
    return parse_request(ConnectRequest, given)


def _read_settings(typed: Iterable[str], taken: Iterable[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    faults: list[str] = []
    for text in typed:
        name, _, value = text.partition("=")
        if name not in ConnectionSettings.model_fields:
            known = ", ".join(ConnectionSettings.model_fields)
            faults.append(f"--setting {name}: there is no such setting; choose one of {known}")
        elif name in {*taken, *settings}:
            faults.append(f"--setting {name}: it is given twice; give it once")
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
