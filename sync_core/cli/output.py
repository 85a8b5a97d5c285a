"""Where words go: answers to stdout, as tables or as one JSON object; everything else to stderr."""

from __future__ import annotations

import io
import json
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self, TextIO

from rich.console import Console, RenderableType

from sync_core.errors import SyncError

Json = dict[str, Any]
PLAIN_WIDTH = 10_000
"""Columns of what is no terminal: one line per row, for `grep` and files."""


def harmless(text: str) -> str:
    """Put a blank for whatever is no visible character, line ends and a terminal's own commands among it."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


class ExitStatus(IntEnum):
    """What the process says to whoever started it."""

    DONE = 0
    NEEDS_ATTENTION = 1
    COULD_NOT_RUN = 2
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something could not be done: the error's kind, for programs, and every fault, for people."""

    kind: str
    faults: tuple[str, ...]

    @classmethod
    def of(cls, error: SyncError, where: str = "") -> Self:
        """Return what an error says; `where` goes before its text."""
        faults = getattr(error, "faults", ()) or (str(error),)
        return cls(type(error).__name__, tuple(f"{where}{fault}" for fault in faults))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: for programs and for people, how much waits for a person, and what could not be done."""

    document: Json
    shown: tuple[RenderableType, ...]
    attention: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> ExitStatus:
        """Exit status of the command."""
        if self.problems:
            return ExitStatus.COULD_NOT_RUN
        return ExitStatus.NEEDS_ATTENTION if self.attention else ExitStatus.DONE


@dataclass(frozen=True, slots=True)
class Streams:
    """The three streams of a process."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO

    def encode_anything(self) -> None:
        """Let no character that a terminal cannot show stop the output."""
        for stream in (self.stdout, self.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")


class Screen:
    """The output of one command."""

    def __init__(self, streams: Streams, *, as_json: bool) -> None:
        self._streams = streams
        self._as_json = as_json
        self._out = _console(streams.stdout)
        self._err = _console(streams.stderr)

    def show(self, answer: Answer) -> None:
        """Print an answer, and below it what could not be done."""
        if self._as_json:
            self._print_json(answer.document | _error_document(answer.problems))
            return
        for renderable in answer.shown:
            self._out.print(renderable)
        self._complain(answer.problems)

    def fail(self, problem: Problem) -> None:
        """Print why nothing could be done."""
        if self._as_json:
            self._print_json(_error_document([problem]))
        else:
            self._complain([problem])

    def notice(self, text: str) -> None:
        """Print something for a person on the way."""
        self._err.print(harmless(text), soft_wrap=True)

    def show_frames(self, error: Exception) -> None:
        """Print where an unexpected error came from, without its own text, which might quote a contact."""
        self._streams.stderr.write("".join(traceback.format_tb(error.__traceback__)))

    @property
    def shows_progress(self) -> bool:
        """Whether somebody watches."""
        return self._err.is_terminal

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """Return a function that shows how far it is, in one line that goes away again."""
        if not self.shows_progress:
            yield lambda _: None
            return
        with self._err.status("") as status:
            yield lambda text: status.update(harmless(text))

    @property
    def can_ask(self) -> bool:
        """Whether a person is there to answer; never with `--json`."""
        return not self._as_json and self._streams.stdin.isatty() and self._streams.stderr.isatty()

    def ask(self, question: str) -> bool:
        """Ask a person for yes or no; no answer is a no."""
        with _plain_interrupts():
            self._streams.stderr.write(f"{harmless(question)} [y/N] ")
            self._streams.stderr.flush()
            return self._streams.stdin.readline().strip().casefold() in {"y", "yes"}

    def _print_json(self, document: Json) -> None:
        # ASCII only, so that no code page can spoil it; of that, DEL alone is a character that JSON leaves as it is.
        self._streams.stdout.write(json.dumps(document, indent=2).replace("\x7f", "\\u007f") + "\n")
        self._streams.stdout.flush()

    def _complain(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            for fault in problem.faults:
                self._err.print(f"error: {harmless(fault)}", soft_wrap=True)


def _console(stream: TextIO) -> Console:
    is_terminal = stream.isatty()
    return Console(
        file=stream,
        force_terminal=is_terminal,
        width=None if is_terminal else PLAIN_WIDTH,
        markup=False,
        highlight=False,
        emoji=False,
    )


def _error_document(problems: Sequence[Problem]) -> Json:
    if not problems:
        return {}
    faults = [fault for problem in problems for fault in problem.faults]
    return {"error": {"type": problems[0].kind, "message": "; ".join(faults), "faults": faults}}


@contextmanager
def _plain_interrupts() -> Iterator[None]:
    """Let Ctrl-C end a read from the terminal: asyncio's own handler waits for the event loop's next turn."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
