"""Carries Pipeliner requests to the emulator's model without a network, for simulations and tests."""

from __future__ import annotations

import base64
from datetime import datetime

from emulators.clock import ServiceClock
from emulators.wire import Dropped, Model, Request
from sync_core.errors import ServiceUnavailable
from sync_core.pipeliner.transport import PipelinerAnswer, PipelinerRequest


class InProcessPipeliner:
    """A `PipelinerTransport` over a model. It awaits nothing, so a simulation owns the order of things.

    `sent` holds every request, oldest first.
    """

    def __init__(self, model: Model, username: str = "emulator", password: str = "emulator") -> None:  # noqa: S107 - the emulator's own
        self.sent: list[PipelinerRequest] = []
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._authorization = f"Basic {token}"
        self._model = model

    async def send(self, request: PipelinerRequest) -> PipelinerAnswer:
        """Let the model answer; a dropped or truncated answer is a ServiceUnavailable."""
        self.sent.append(request)
        path, _, query = request.target.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers |= {"host": "localhost", "authorization": self._authorization}
        reply = self._model.handle(Request(request.method, path, query, headers, request.body))
        if isinstance(reply, Dropped) or reply.cut_at is not None:
            raise ServiceUnavailable("the emulated connection broke")
        return PipelinerAnswer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.body)

    def close(self) -> None:
        """Nothing is open."""


class PassingClock:
    """A `Clock` that shares the emulated service's time: sleeping moves it, and nobody waits."""

    def __init__(self, service: ServiceClock | None = None) -> None:
        self.slept: list[float] = []
        self._service = service or ServiceClock()

    def now(self) -> datetime:
        """Read the time without moving it."""
        return self._service.peek()

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.slept.append(seconds)
        self._service.advance(seconds)
