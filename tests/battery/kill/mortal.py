"""The deployed app in a process that is killed (SIGKILL) in the middle of its work, and started anew.

The host's part is that of Azure: a message whose function died comes again under the same id, and so does, now and
then, one whose function was done already.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from time import monotonic
from typing import Any

from azure.storage.queue import QueueServiceClient

from sync_core.queues import RUNS_QUEUE
from tests.functions.invocation import Outcome
from tests.functions.snapshot import PROJECT
from tests.functions.surroundings import Surroundings
from tests.functions.worker_process import WorkerEndedError, WorkerProcess

PATIENCE_S = 60.0
_BEING_WORKED_ON_S = 600
_TWICE = 0.1
_SHORTEST_S = 0.001


@dataclass(slots=True)
class Deaths:
    """How often the process died, and over what."""

    in_tick: int = 0
    in_run: int = 0
    messages: int = 0
    twice: int = 0

    @property
    def all(self) -> int:
        """Deaths of any kind."""
        return self.in_tick + self.in_run


class MortalApp:
    """The app of `around`, whose worker can be killed at a time and is replaced then."""

    def __init__(self, around: Surroundings, storage: QueueServiceClient, random: Random) -> None:
        self.deaths = Deaths()
        self._around = around
        self._queue = storage.get_queue_client(RUNS_QUEUE)
        self._random = random
        self._dies_at: float | None = None
        self._replaced: list[WorkerProcess] = []

    def round(self, tick_lasts_s: float | None = None, runs_last_s: float | None = None) -> float:
        """Let the timer fire and work off what the queue shows; returns the seconds that the runs took.

        The process has so many seconds to live from the beginning of the tick, or of the runs.
        """
        self._has_to_live(tick_lasts_s)
        try:
            _check(self._mortal.timer("tick"))
        except WorkerEndedError:
            self.deaths.in_tick += 1
            self._start_anew()
        self._has_to_live(runs_last_s)
        begun = monotonic()
        while (message := self._queue.receive_message(visibility_timeout=_BEING_WORKED_ON_S)) is not None:
            self._work_off(message)
            self._queue.delete_message(message)
        return monotonic() - begun

    def _has_to_live(self, seconds: float | None) -> None:
        self._dies_at = None if seconds is None else monotonic() + seconds

    def _work_off(self, message: Any) -> None:
        """Deliver a message until its function is done, and sometimes once more."""
        text = base64.b64decode(message.content, validate=True).decode()
        left, delivered = 1 + (self._random.random() < _TWICE), 0
        while left:
            delivered += 1
            try:
                _check(self._mortal.queue("sync_connection", text, delivered, message.id))
                left -= 1
            except WorkerEndedError:
                self.deaths.in_run += 1
                self._start_anew()
        self.deaths.messages += 1
        self.deaths.twice += delivered > 1

    @property
    def _mortal(self) -> WorkerProcess:
        """The process, which is killed when its next answer takes longer than it has to live."""
        left_s = PATIENCE_S if self._dies_at is None else self._dies_at - monotonic()
        self._around.worker.timeout = max(left_s, _SHORTEST_S)
        return self._around.worker

    def _start_anew(self) -> None:
        """Start another process, which lives on."""
        self._has_to_live(None)
        _bury(self._around.worker)
        worker = WorkerProcess(PROJECT, self._around.worker.env, timeout=PATIENCE_S).__enter__()
        self._replaced.append(worker)
        self._around.worker = worker

    def close(self) -> None:
        """Stop the processes that took the place of dead ones."""
        while self._replaced:
            self._replaced.pop().__exit__(None, None, None)


def _bury(worker: WorkerProcess) -> None:
    """Free what belonged to a process that was killed; a command that it did not read any more goes nowhere."""
    try:
        worker.__exit__(None, None, None)
    except BrokenPipeError:
        worker.__exit__(None, None, None)


def _check(outcome: Outcome) -> None:
    """A function that was not killed must have succeeded."""
    if not outcome.succeeded:
        raise AssertionError(outcome.error)


@contextmanager
def mortal_app(around: Surroundings, random: Random) -> Iterator[MortalApp]:
    """Let the app of these surroundings be mortal."""
    first = around.worker
    storage = QueueServiceClient.from_connection_string(first.env["AzureWebJobsStorage"])
    with storage:
        app = MortalApp(around, storage, random)
        try:
            yield app
        finally:
            app.close()
            around.worker = first
