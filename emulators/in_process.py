"""The emulated services without a network: transports that lead straight to a model, and a clock nobody waits for."""

from __future__ import annotations

import base64
from datetime import datetime

from typing_extensions import override

from emulators.clock import ServiceClock
from emulators.wire import Dropped, Model
from emulators.wire import Request as Received
from sync_core.engine.ports import Clock
from sync_core.errors import ServiceUnavailable
from sync_core.http import Answer, Request, Transport

GRAPH_ROOT = "http://localhost"
PIPELINER_ROOT = "https://emulated.example"


class InProcessTransport(Transport):
    """A transport over a model. It awaits nothing, so a simulation owns the order of things.

    `sent` holds every request, oldest first; `authorization` is what the model takes for ours.
    """

    def __init__(self, model: Model, authorization: str) -> None:
        self.sent: list[Request] = []
        self._own = {"host": "localhost", "authorization": authorization}
        self._model = model

    @override
    async def send(self, request: Request) -> Answer:
        """Let the model answer; a dropped or truncated answer is a ServiceUnavailable."""
        self.sent.append(request)
        path, _, query = request.target.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()} | self._own
        reply = self._model.handle(Received(request.method, path, query, headers, request.body))
        if isinstance(reply, Dropped) or reply.cut_at is not None:
            raise ServiceUnavailable("the emulated connection broke")
        return Answer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.body)

    @override
    async def close(self) -> None:
        """Nothing is open."""


class InProcessGraph(InProcessTransport):
    """Graph's model, signed in to as the app."""

    def __init__(self, model: Model, token: str = "in-process") -> None:  # noqa: S107 - the emulator takes any
        super().__init__(model, f"Bearer {token}")


class InProcessPipeliner(InProcessTransport):
    """Pipeliner's model, signed in to with the emulator's own key."""

    def __init__(self, model: Model, username: str = "emulator", password: str = "emulator") -> None:  # noqa: S107 - the emulator's own
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        super().__init__(model, f"Basic {token}")


class PassingClock(Clock):
    """A clock that shares the emulated service's time: sleeping moves it, and nobody waits."""

    def __init__(self, service: ServiceClock | None = None) -> None:
        self.slept: list[float] = []
        self._service = service or ServiceClock()

    @override
    def now(self) -> datetime:
        """Read the time without moving it."""
        return self._service.peek()

    @override
    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        self._service.advance(seconds)


class MintedInOrder:
    """Ids in order, so that a story is the same each time."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self) -> str:
        """Return the next one."""
        self._count += 1
        return f"{self._count:08x}"
