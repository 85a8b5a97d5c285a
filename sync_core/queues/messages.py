"""What waits in a queue: requests for runs as messages of ids, never of contact data; and the queue of one process."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync_core.connection_settings import request_faults
from sync_core.domain import RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import InvalidRequest

RUNS_QUEUE = "sync-passes"
POISON_QUEUE = f"{RUNS_QUEUE}-poison"
MOST_WAITING = 10_000
"""Of requests in the memory of one process."""

_MODES = frozenset({RunMode.DELTA, RunMode.FULL, RunMode.RECONCILE, RunMode.RECOVER})


class RunMessage(BaseModel):
    """The wire form of a RunRequest; ids reach the log, so they hold nothing that could forge a line of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    trigger: Trigger
    mode: RunMode = RunMode.DELTA
    run_id: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,128}$")


def write_message(request: RunRequest) -> str:
    """Write a request as JSON; whoever reads it checks it."""
    return RunMessage.model_construct(
        connection_id=request.connection_id,
        trigger=request.trigger,
        mode=request.mode,
        run_id=request.run_id,
    ).model_dump_json()


def read_message(text: str | bytes) -> RunRequest:
    """Read a request; raises InvalidRequest."""
    try:
        message = RunMessage.model_validate_json(text)
    except ValidationError as error:
        raise InvalidRequest([f"queue message: {fault}" for fault in request_faults(error)]) from None
    if message.mode not in _MODES:
        raise InvalidRequest([f"queue message: mode: must be one of {', '.join(sorted(_MODES))}"])
    return RunRequest(message.connection_id, message.trigger, message.mode, message.run_id)


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Messages in the queue, delayed ones counted (Azure counts approximately), and the age of the oldest visible one.

    `oldest_s` counts from when the message was put, so a wished-for delay is part of it.
    """

    waiting: int = 0
    oldest_s: float = 0.0


@runtime_checkable
class MeasuredQueue(Protocol):
    """A queue that can tell how much waits in it."""

    async def depth(self) -> QueueDepth:
        """Return how much waits. Raises StoreUnavailable or AccessDenied."""


class LocalQueue:
    """A queue in memory, for the command line and the demo: first in, first out; delays are left to whoever takes.

    A full queue drops its oldest: the timer asks again.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[RunRequest, float]] = deque(maxlen=MOST_WAITING)

    async def put(self, request: RunRequest, delay_s: float = 0) -> None:
        """Enqueue a request."""
        self._waiting.append((request, delay_s))

    async def depth(self) -> QueueDepth:
        """Return how much waits; ages are not kept."""
        return QueueDepth(len(self._waiting))

    def take(self) -> tuple[RunRequest, float] | None:
        """Take the oldest request with its delay in seconds, None when nothing waits."""
        return self._waiting.popleft() if self._waiting else None
