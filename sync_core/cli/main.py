"""The start and the end of a command: settings, logging, and what a failure says."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from sync_core.app import open_local_app
from sync_core.cli.command import PROGRESS_INTERVAL_S, Arguments, BareCommand, CommandContext, OpenApp
from sync_core.cli.commands import COMMANDS, parse_arguments
from sync_core.cli.output import Answer, ExitStatus, Problem, Screen, Streams
from sync_core.errors import SyncError
from sync_core.queues import LocalQueue
from sync_core.settings import load_settings
from sync_core.state import Actor, Origin

DEFAULT_STATE = "sqlite:///sync-state.sqlite"
_STATE_VARIABLES = ("SYNC_STATE", "SYNC_STATE__tableServiceUri")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command finds around it; tests put their own there."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    streams: Streams = field(default_factory=lambda: Streams(sys.stdin, sys.stdout, sys.stderr))
    open_app: OpenApp = open_local_app
    progress_interval_s: float = PROGRESS_INTERVAL_S


def main(typed: Sequence[str], surroundings: Surroundings | None = None) -> int:
    """Run one command; returns the exit status."""
    around = surroundings or Surroundings()
    around.streams.encode_anything()
    screen = Screen(around.streams, as_json="--json" in typed)
    is_verbose = False
    try:
        arguments = parse_arguments(typed)
        is_verbose = arguments.verbose
        with _logging(around.streams.stderr, is_verbose=is_verbose):
            answer = asyncio.run(_run(arguments, around, screen))
        screen.show(answer)
    except SyncError as error:
        screen.fail(Problem.of(error))
        return ExitStatus.COULD_NOT_RUN
    except KeyboardInterrupt:
        screen.notice("interrupted; what is done is stored, and the next sync goes on from there")
        return ExitStatus.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: a person must not meet a traceback
        if is_verbose:
            screen.show_frames(error)
        remedy = "the lines above say where" if is_verbose else "run again with -v to see where"
        name = type(error).__name__
        screen.fail(Problem(name, (f"unexpected {name}; {remedy}",)))
        return ExitStatus.COULD_NOT_RUN
    return answer.status


async def _run(arguments: Arguments, around: Surroundings, screen: Screen) -> Answer:
    environment = dict(around.environment)
    if not any(environment.get(name, "").strip() for name in _STATE_VARIABLES):
        environment["SYNC_STATE"] = DEFAULT_STATE
    command = COMMANDS[arguments.command]
    if isinstance(command, BareCommand):
        return await command.run(environment, around.open_app)
    queue = LocalQueue()
    app = around.open_app(load_settings(environment), queue)
    try:
        worker = f"{command.name}-{app.deployment.mint_id()}"
        deployment = app.deployment.acting_for(Actor("cli", Origin.CLI))
        context = CommandContext(deployment, queue, screen, worker, around.progress_interval_s)
        return await command.run(context, arguments)
    finally:
        await app.close()


@contextmanager
def _logging(stderr: TextIO, *, is_verbose: bool) -> Iterator[None]:
    """Log our own words to stderr when asked to; the libraries' would quote addresses that hold contacts' values."""
    log = logging.getLogger("sync_core")
    handler = logging.StreamHandler(stderr) if is_verbose else logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    silent = logging.NullHandler()
    before = log.level
    logging.getLogger().addHandler(silent)
    log.addHandler(handler)
    log.setLevel(logging.INFO if is_verbose else before)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
        logging.getLogger().removeHandler(silent)
