"""Which commands there are, and how what was typed is read."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NoReturn

from sync_core.cli.acting import ACTING
from sync_core.cli.answering import ANSWERING
from sync_core.cli.command import Arguments, BareCommand, Command
from sync_core.cli.governing import GOVERNING
from sync_core.cli.looking import LOOKING
from sync_core.errors import InvalidRequest

PROGRAM = "python -m sync_core"
_ENDING = """exit status: 0 done, 1 some contacts need attention (doctor: a check failed), 2 could not run.
Settings come from the environment; SYNC_STATE is sqlite:///sync-state.sqlite unless it is set.
CONNECTION is a connection's id, the beginning of it, or the mailbox's address; often it may be left out where there is
only one."""

ALL: tuple[Command | BareCommand, ...] = (*ACTING.commands, *GOVERNING.commands, *ANSWERING.commands, *LOOKING.commands)
COMMANDS: Mapping[str, Command | BareCommand] = MappingProxyType(
    {name: command for command in ALL for name in (command.name, *command.aliases)}
)
"""Every command by its name, and by the names that it had before."""


class _Parser(argparse.ArgumentParser):
    """Raises InvalidRequest where argparse would end the process."""

    def error(self, message: str) -> NoReturn:
        raise InvalidRequest([f"{message}; see {self.prog} --help"])


def parse_arguments(typed: Sequence[str]) -> Arguments:
    """Read what was typed; raises InvalidRequest, and SystemExit after `--help`."""
    return command_line().parse_args(typed)


def command_line() -> argparse.ArgumentParser:
    """Return the parser of everything that may be typed."""
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
    for command in ALL:
        told = commands.add_parser(
            command.name,
            aliases=command.aliases,
            help=command.summary,
            description=command.summary,
            parents=[common],
            allow_abbrev=False,
        )
        choices = {item.one_of for item in command.options if item.one_of}
        groups = {name: told.add_mutually_exclusive_group(required=True) for name in choices}
        for item in command.options:
            groups.get(item.one_of, told).add_argument(*item.names, **item.given)
    return parser
