"""Carries Graph requests to the emulator's model without a network, for simulations and tests."""

from __future__ import annotations

from urllib.parse import urlsplit

from emulators.wire import Dropped, Model, Request
from sync_core.errors import ServiceUnavailable
from sync_core.outlook.transport import GraphAnswer, GraphRequest

GRAPH_ROOT = "http://localhost"


class InProcessGraph:
    """A `GraphTransport` over a model. It awaits nothing, so a simulation owns the order of things.

    `sent` holds every request, oldest first; `token` is what the model takes for the app's.
    """

    def __init__(self, model: Model, token: str = "in-process") -> None:  # noqa: S107 - the emulator takes any
        self.sent: list[GraphRequest] = []
        self.token = token
        self._model = model

    async def send(self, request: GraphRequest) -> GraphAnswer:
        """Let the model answer; a dropped or truncated answer is a ServiceUnavailable."""
        self.sent.append(request)
        url = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers |= {"host": url.netloc, "authorization": f"Bearer {self.token}"}
        reply = self._model.handle(Request(request.method, url.path, url.query, headers, request.body))
        if isinstance(reply, Dropped) or reply.cut_at is not None:
            raise ServiceUnavailable("the emulated connection broke")
        return GraphAnswer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.body)

    async def close(self) -> None:
        """Nothing is open."""
