"""What a command is: its name, what may be typed after it, what it does; and what every command works with."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_core.app import App
from sync_core.cli.output import Answer, Screen
from sync_core.domain import is_same_address
from sync_core.errors import InvalidRequest, NotFound
from sync_core.operations import Deployment
from sync_core.queues import LocalQueue
from sync_core.settings import AppSettings
from sync_core.state import ConnectionReading, ConnectionRecord

PROGRESS_INTERVAL_S = 1.0

Arguments = argparse.Namespace
"""What was typed: the options of the command, with `command`, `json` and `verbose`."""
OpenApp = Callable[[AppSettings, LocalQueue], App]


@dataclass(frozen=True, slots=True)
class CommandContext:
    """One command's deployment. `worker` names this process to the leases of its runs."""

    deployment: Deployment
    queue: LocalQueue
    screen: Screen
    worker: str
    progress_interval_s: float = PROGRESS_INTERVAL_S

    def reader(self, record: ConnectionRecord) -> ConnectionReading:
        """Return what is written down of a connection."""
        return self.deployment.reader(record.id)

    async def one(self, typed: str | None) -> ConnectionRecord:
        """Find the connection that was typed, or the only one. Raises NotFound, or InvalidRequest when unclear."""
        records = await self.deployment.registry.all()
        if typed is None and len(records) > 1:
            raise InvalidRequest([f"CONNECTION is missing, and there are several: {_listed(records)}"])
        return _chosen(records, typed or "")

    async def all_or(self, typed: str | None) -> list[ConnectionRecord]:
        """Find the connection that was typed, or all there are."""
        records = await self.deployment.registry.all()
        return records if typed is None else [_chosen(records, typed)]

    async def each(self, typed: Sequence[str]) -> list[ConnectionRecord]:
        """Find the connections that were typed, each once."""
        records = await self.deployment.registry.all()
        found = [_chosen(records, text) for text in typed]
        return list({record.id: record for record in found}.values())

    def confirm(self, command: str, question: str) -> None:
        """Have a person confirm; raises InvalidRequest where nobody does."""
        if not self.screen.can_ask:
            raise InvalidRequest([f"{command} asks before it acts, and there is nobody to ask: add --yes"])
        if not self.screen.ask(question):
            raise InvalidRequest(["it was not confirmed; nothing was changed"])


@dataclass(frozen=True, slots=True)
class Option:
    """What may be typed after a command, as argparse takes it. Of those with the same `one_of` exactly one is typed."""

    names: tuple[str, ...]
    given: Mapping[str, Any]
    one_of: str = ""


def option(*names: str, one_of: str = "", **given: Any) -> Option:
    """Describe an option, or a word without a dash."""
    return Option(names, given, one_of)


CONNECTION_HELP = "id of a connection or its beginning, or the mailbox's address"
CONNECTION = option("connection", nargs="?", metavar="CONNECTION", help=CONNECTION_HELP)
CONNECTIONS = option("connections", nargs="*", metavar="CONNECTION", help=CONNECTION_HELP)
YES = option("--yes", action="store_true", help="do not ask")

Act = Callable[[CommandContext, Arguments], Awaitable[Answer]]
BareAct = Callable[[Mapping[str, str], OpenApp], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command on a deployment; `aliases` are names of earlier releases."""

    name: str
    summary: str
    run: Act
    options: tuple[Option, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BareCommand:
    """A command that also answers where settings are so wrong that no deployment can be opened."""

    name: str
    summary: str
    run: BareAct
    options: tuple[Option, ...] = ()
    aliases: tuple[str, ...] = ()


class CommandTable:
    """Commands in order; the entry of each stands above the function that it runs."""

    def __init__(self) -> None:
        self.commands: list[Command | BareCommand] = []

    def command(self, name: str, summary: str, *options: Option, aliases: tuple[str, ...] = ()) -> Callable[[Act], Act]:
        """Add the function below as a command."""

        def add(run: Act) -> Act:
            self.commands.append(Command(name, summary, run, options, aliases))
            return run

        return add

    def bare_command(self, name: str, summary: str, *options: Option) -> Callable[[BareAct], BareAct]:
        """Add the function below as a command that needs no deployment."""

        def add(run: BareAct) -> BareAct:
            self.commands.append(BareCommand(name, summary, run, options))
            return run

        return add


def _chosen(records: Sequence[ConnectionRecord], typed: str) -> ConnectionRecord:
    if not records:
        raise NotFound("there is no connection yet; make one with connect")
    exact = [record for record in records if record.id == typed]
    found = exact or [record for record in records if is_same_address(typed, record.mailbox)]
    found = found or [record for record in records if record.id.startswith(typed)]
    if len(found) == 1:
        return found[0]
    if found:
        fault = "names several" if "@" in typed else "begins several ids; type more of it"
        raise InvalidRequest([f"CONNECTION {typed!r} {fault}: {_listed(found)}"])
    raise NotFound(f"there is no connection {typed!r}; choose from: {_listed(records)}")


def _listed(records: Sequence[ConnectionRecord]) -> str:
    return ", ".join(f"{record.id} ({record.mailbox})" for record in records)
