"""A Functions app in a worker process of its own, with its own environment."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.functions.invocation import AppRejectedError, HttpCall, Outcome

WORKER: Final = "tests.functions.worker"
"""The module that the process runs, with the app's folder as its argument."""
_PROJECT: Final = Path(__file__).resolve().parents[2]
# All that a process needs from ours to run and to be measured; settings of the person's own must not leak into tests.
_INHERITED: Final = ("PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "COVERAGE_PROCESS_CONFIG")


class WorkerEndedError(Exception):
    """The worker process ended or hung; the message holds what it last wrote to stderr."""


class WorkerProcess:
    """Context manager: starts the app, hands over triggers, stops it.

    `env` is the app's whole environment besides the system's own few names. Every answer has to come within
    `timeout` seconds (it may be changed on the way); otherwise the process is killed.
    """

    def __init__(self, app_dir: Path, env: Mapping[str, str] | None = None, *, timeout: float = 60) -> None:
        self._app_dir = app_dir
        self.timeout = timeout
        self.env: Final = dict(env or {})
        self.functions: dict[str, list[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        """Start the app.

        Raises:
            AppRejectedError: the worker refused it.
            WorkerEndedError: the worker did not come up at all.
        """
        self._log = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            self._command(),
            cwd=self._working_folder(),
            env={**self._inherited(), **self.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf-8",
        )
        try:
            self._greet()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the app, by ending its input."""
        self._end()

    def timer(self, name: str, *, past_due: bool = False) -> Outcome:
        """Let a timer fire."""
        return self._invoke({"command": "timer", "name": name, "past_due": past_due})

    def queue(self, name: str, text: str, dequeue_count: int = 1, message_id: str = "") -> Outcome:
        """Hand over one queue message, already decoded, under its id or a new one."""
        delivery = {"text": text, "dequeue_count": dequeue_count, "message_id": message_id}
        return self._invoke({"command": "queue", "name": name, **delivery})

    def http(self, name: str, call: HttpCall) -> Outcome:
        """Send one HTTP request to a function, chosen by name."""
        return self._invoke({"command": "http", "name": name, "call": call.to_wire()})

    def log(self) -> str:
        """All that the app has logged and printed so far."""
        self._log.seek(0)
        return self._log.read()

    def _command(self) -> list[str]:
        return [sys.executable, "-m", WORKER, str(self._app_dir)]

    def _working_folder(self) -> Path:
        return _PROJECT

    def _inherited(self) -> dict[str, str]:
        return {name: os.environ[name] for name in _INHERITED if name in os.environ}

    def _greet(self) -> None:
        first = self._read()
        if "rejected" in first:
            raise AppRejectedError(first["rejected"])
        self.functions = first["functions"]

    def _invoke(self, request: Mapping[str, Any]) -> Outcome:
        if request["name"] not in self.functions:
            raise KeyError(f"no function {request['name']!r} among {sorted(self.functions)}")
        self._send(request)
        return Outcome.from_wire(self._read())

    def _send(self, request: Mapping[str, Any]) -> None:
        stdin = self._process.stdin
        try:
            if stdin is not None:
                stdin.write(json.dumps(request) + "\n")
                stdin.flush()
        except BrokenPipeError as error:
            raise self._ended() from error

    def _read(self) -> dict[str, Any]:
        """The next answer; a process that gives none in time is killed, which ends the reading."""
        watchdog = threading.Timer(self.timeout, self._process.kill)
        watchdog.start()
        try:
            line = self._process.stdout.readline() if self._process.stdout else ""
        finally:
            watchdog.cancel()
        if not line:
            raise self._ended()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ended(self) -> WorkerEndedError:
        status = self._process.wait()
        return WorkerEndedError(f"the worker ended with status {status}:\n{self.log()[-3000:]}")

    def _end(self) -> None:
        """Wait for the process and free what belongs to it; one with threads left over is killed."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
