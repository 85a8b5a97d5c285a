"""What people and programs may ask for, drawn from the routes and the commands: endpoints, rights, command line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from sync_core.cli import command_line
from sync_core.cli.commands import ALL
from sync_core.domain import CHOICES
from sync_core.web import ROUTES, Route
from sync_core.web.access import Who

ENDPOINTS_HEAD = ("endpoint", "what it does", "body", "query", "answers")
CALLERS = ("administrator", "auditor", "owner", "other user", "no role", "guest", "stranger")
"""Who may call: a user about their own connection, and about another's; a guest of the tenant with every role."""
RIGHTS_HEAD = (
    "endpoint",
    "`Sync.Administrator`",
    "`Sync.Auditor`",
    "`Sync.User`, own",
    "`Sync.User`, another's",
    "no role",
    "guest",
    "not signed in",
    "a user's limits",
)
CHOICES_HEAD = ("reason", "choices")
COMMANDS_HEAD = ("command", "what it does", "takes")

LET_IN: dict[Who, frozenset[str]] = {
    Who.ADMINISTRATORS: frozenset({"administrator"}),
    Who.AUDITORS: frozenset({"administrator", "auditor"}),
    Who.ONESELF: frozenset({"administrator", "owner", "other user"}),
    Who.OWN_CONNECTION: frozenset({"administrator", "owner"}),
    Who.OWN_STATUS: frozenset({"administrator", "auditor", "owner"}),
    Who.OWN_RUN: frozenset({"administrator", "auditor", "owner"}),
    Who.OWN_LIST: frozenset({"administrator", "auditor", "owner", "other user"}),
    Who.ANYBODY: frozenset(CALLERS) - {"guest"},
}
"""Whom each rule lets in."""


def status_for(route: Route, caller: str) -> int:
    """With which status a route answers a caller, where nothing else is wrong."""
    if caller in LET_IN[route.who]:
        return int(route.answers)
    return 401 if caller == "stranger" else 403


def way(route: Route) -> str:
    """Write a route as the documents name it."""
    path = re.sub(r"{[a-z]+_id}", "{id}", route.path)
    return f"`{route.method} /api/{path}`"


def endpoint_rows() -> Iterator[tuple[str, ...]]:
    """Every endpoint: what it does, what it takes, and the status of success."""
    for route in ROUTES:
        body = ", ".join(f"`{name}`" for name in route.body.model_fields) if route.body else ""
        query = "; ".join(f"`{name}`: {meaning}" for name, meaning in route.query.items())
        yield way(route), route.summary.rstrip("."), body, query, f"{route.answers.value} {route.answers.phrase}"


def rights_rows() -> Iterator[tuple[str, ...]]:
    """Every endpoint, and who may use it."""
    for route in ROUTES:
        yield way(route), *(str(status_for(route, caller)) for caller in CALLERS), route.limits


def choice_rows() -> Iterator[tuple[str, ...]]:
    """Every reason of an item that is a question, and what may be answered."""
    for reason, choices in CHOICES.items():
        yield f"`{reason.value}`", ", ".join(f"`{choice.value}`" for choice in choices)


def command_rows() -> Iterator[tuple[str, ...]]:
    """Every command: what it does, and what may be typed after it."""
    for command in ALL:
        names = " or ".join(f"`{name}`" for name in (command.name, *command.aliases))
        yield names, command.summary.rstrip("."), ", ".join(f"`{text}`" for text in _typed(command.name))


def _typed(name: str) -> Iterator[str]:
    """What may be typed after a command, but for what every command takes."""
    (commands,) = [action for action in command_line()._actions if isinstance(action, argparse._SubParsersAction)]
    parser: argparse.ArgumentParser = commands.choices[name]
    for action in parser._actions:
        if action.dest in {"help", "json", "verbose"}:
            continue
        shown = action.option_strings[0] if action.option_strings else f"[{action.metavar}]"
        takes_value = bool(action.option_strings) and action.nargs != 0
        yield f"{shown} {action.metavar or action.dest.upper()}".replace("|", "\\|") if takes_value else shown
