"""The HTTP face of an emulator: a real server on loopback in front of a model."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

from aiohttp import web

from emulators.wire import Answer, Dropped, Model, Reply, Request

CONTROL_PREFIX = "/_control/"
MAX_BODY_BYTES = 32 * 1024 * 1024


class HttpFace:
    """Serves one model on 127.0.0.1 in a thread of its own until closed; `port` 0 takes a free one."""

    def __init__(self, model: Model, port: int = 0) -> None:
        """Start serving; returns once the port answers. Raises OSError when the port is taken."""
        self._model = model
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._runner: web.AppRunner | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="emulator", daemon=True)
        self._thread.start()
        try:
            self.port = asyncio.run_coroutine_threadsafe(self._start(port), self._loop).result()
        except BaseException:
            self._stop_loop()
            raise
        self.base_url = f"http://127.0.0.1:{self.port}"

    async def _start(self, port: int) -> int:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        sockets = site._server.sockets  # type: ignore[union-attr]  # noqa: SLF001 - the bound port is public nowhere else
        return int(sockets[0].getsockname()[1])

    async def _serve(self, incoming: web.Request) -> web.StreamResponse:
        target = incoming.raw_path.split("?", 1)
        request = Request(
            method=incoming.method,
            path=target[0],
            query=target[1] if len(target) > 1 else "",
            headers={name.lower(): value for name, value in incoming.headers.items()},
            body=await incoming.read(),
        )
        with self._lock:
            reply: Reply
            if request.path.startswith(CONTROL_PREFIX):
                reply = self._model.control(request)
            else:
                reply = self._model.handle(request)
        if reply.delay_s:
            await asyncio.sleep(reply.delay_s)
        if isinstance(reply, Dropped):
            return _hang_up(incoming)
        return await _send(incoming, reply)

    def close(self) -> None:
        """Stop serving and free the port."""
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._stop_loop()

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        """Serve within a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.close()


def _hang_up(incoming: web.Request) -> web.StreamResponse:
    if incoming.transport is not None:
        incoming.transport.abort()
    return web.Response(status=500)


async def _send(incoming: web.Request, answer: Answer) -> web.StreamResponse:
    if answer.cut_at is None:
        return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)
    response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
    response.content_length = len(answer.body)
    await response.prepare(incoming)
    await response.write(answer.body[: answer.cut_at])
    return _hang_up(incoming)
