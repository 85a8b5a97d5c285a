"""Answers that no service should give: whatever a test wants comes back in place of what the emulator would say."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from emulators.in_process import InProcessGraph, InProcessPipeliner, PassingClock
from sync_core.app import Parts, build
from sync_core.http import Answer, Request
from tests.scenarios.world import SETTINGS, World

Send = Callable[[Request], Awaitable[Answer]]
Hook = Callable[[Request, Send], Awaitable[Answer]]
"""Answers a request; `send` lets the emulator answer it."""


async def honest(request: Request, send: Send) -> Answer:
    """Tamper with nothing."""
    return await send(request)


class _Graph(InProcessGraph):
    def __init__(self, world: World, hook: Hook) -> None:
        super().__init__(world.graph)
        self._hook = hook

    async def send(self, request: Request) -> Answer:
        return await self._hook(request, super().send)


class _Pipeliner(InProcessPipeliner):
    def __init__(self, world: World, hook: Hook) -> None:
        super().__init__(world.crm)
        self._hook = hook

    async def send(self, request: Request) -> Answer:
        return await self._hook(request, super().send)


def tamper(world: World, *, graph: Hook = honest, pipeliner: Hook = honest) -> None:
    """Let the deployment's requests be answered by hooks from now on; without any, by the emulators again."""
    carriers = (_Graph(world, graph), _Pipeliner(world, pipeliner))
    parts = Parts(world.store, *carriers, world.queue, PassingClock(world.crm.clock))
    world.deployment = replace(build(SETTINGS, parts).deployment, mint_id=world.deployment.mint_id)


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    """Make an answer; a body that is not bytes is sent as JSON."""
    told = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, told)


def failing(holds: str, status: int, body: Any = None, method: str = "") -> Hook:
    """Answer every request with that status that holds a text in its target or body, untried."""

    async def hook(request: Request, send: Send) -> Answer:
        told = f"{request.target} {request.body.decode()}"
        return answer(status, body) if holds in told and method in {"", request.method} else await send(request)

    return hook


def changed(holds: str, change: Callable[[Any], Any]) -> Hook:
    """Change the JSON of every answer to a GET or batch whose target holds a text."""

    async def hook(request: Request, send: Send) -> Answer:
        told = await send(request)
        if holds not in request.target or (shown := told.json()) is None:
            return told
        body = change(shown)
        return replace(told, body=body if isinstance(body, bytes) else json.dumps(body).encode())

    return hook


def each_record(change: Callable[[dict[str, Any]], None]) -> Callable[[Any], Any]:
    """Change every record of a Pipeliner answer."""

    def changed_answer(shown: Any) -> Any:
        data = shown.get("data") if isinstance(shown, dict) else None
        for record in data if isinstance(data, list) else [data]:
            if isinstance(record, dict):
                change(record)
        return shown

    return changed_answer
