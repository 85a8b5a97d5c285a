"""People and other workers who act in the middle of a run: right before or after a request of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from emulators.in_process import InProcessGraph, InProcessPipeliner, PassingClock
from sync_core.app import Parts, build
from sync_core.http import Answer, Request
from tests.scenarios.world import SETTINGS, World

Act = Callable[[], Awaitable[None] | None]


@dataclass(slots=True)
class _Plan:
    pattern: re.Pattern[str]
    act: Act
    after: bool


@dataclass(slots=True)
class Meddlers:
    """Who acts once, at the first request whose line or body fits; `met` counts who has acted."""

    met: int = 0
    _plans: list[_Plan] = field(default_factory=list)

    def at(self, pattern: str, act: Act, *, after: bool = False) -> None:
        """Have somebody act at a request (searched in `METHOD address body`), before it or `after` its answer."""
        self._plans.append(_Plan(re.compile(pattern), act, after))

    async def meet(self, request: str, *, after: bool) -> None:
        """Let those act whose request this is."""
        for plan in [plan for plan in self._plans if plan.after is after and plan.pattern.search(request)]:
            self._plans.remove(plan)
            self.met += 1
            done = plan.act()
            if done is not None:
                await done


class _MetGraph(InProcessGraph):
    def __init__(self, world: World, meddlers: Meddlers) -> None:
        super().__init__(world.graph)
        self._meddlers = meddlers

    async def send(self, request: Request) -> Answer:
        told = f"{request.method} {request.target} {request.body.decode()}"
        await self._meddlers.meet(told, after=False)
        answer = await super().send(request)
        await self._meddlers.meet(told, after=True)
        return answer


class _MetPipeliner(InProcessPipeliner):
    def __init__(self, world: World, meddlers: Meddlers) -> None:
        super().__init__(world.crm)
        self._meddlers = meddlers

    async def send(self, request: Request) -> Answer:
        told = f"{request.method} {request.target} {request.body.decode()}"
        await self._meddlers.meet(told, after=False)
        answer = await super().send(request)
        await self._meddlers.meet(told, after=True)
        return answer


def meet_meddlers(world: World) -> Meddlers:
    """Let the deployment's requests pass by people who may act."""
    meddlers = Meddlers()
    carriers = (_MetGraph(world, meddlers), _MetPipeliner(world, meddlers))
    parts = Parts(world.store, *carriers, world.queue, PassingClock(world.crm.clock))
    world.deployment = replace(build(SETTINGS, parts).deployment, mint_id=world.deployment.mint_id)
    return meddlers
