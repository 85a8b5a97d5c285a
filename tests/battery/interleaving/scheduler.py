"""Decides whose step comes next: every actor waits for its turn at each switch point, and nothing runs meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

Schedule = Callable[[Sequence[str]], int]
"""Given the names of those who wait, in the order in which they came, says whose turn it is."""

SETTLED_AFTER = 5
"""Empty rounds of the event loop after which nobody is on the way to a switch point any more (a gather needs four)."""
MOST_TURNS = 2_000


@dataclass(slots=True)
class Scheduler:
    """Runs actors as tasks of one event loop, one step at a time. `turns` are the names in the order they got it."""

    schedule: Schedule
    turns: list[str] = field(default_factory=list)
    _waiting: list[tuple[str, asyncio.Future[None]]] = field(default_factory=list)

    async def turn(self, name: str) -> None:
        """Wait for this actor's turn."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((name, future))
        await future

    async def run(self, actors: Mapping[str, Coroutine[Any, Any, None]]) -> None:
        """Let all actors run to their ends; raises what one of them raises."""
        tasks = [asyncio.create_task(self._begun(name, actor)) for name, actor in actors.items()]
        while await self._settled(tasks):
            names = [name for name, _ in self._waiting]
            name, future = self._waiting.pop(self.schedule(names))
            self.turns.append(name)
            if len(self.turns) > MOST_TURNS:
                raise AssertionError("the actors do not come to an end")
            future.set_result(None)
        for task in tasks:
            task.result()

    async def _begun(self, name: str, actor: Coroutine[Any, Any, None]) -> None:
        await self.turn(name)
        await actor

    async def _settled(self, tasks: Sequence[asyncio.Task[None]]) -> bool:
        """Wait until all that can move waits for a turn; False when all have ended."""
        quiet, seen = 0, -1
        while quiet < SETTLED_AFTER:
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self._waiting) == seen else 0
            seen = len(self._waiting)
        if self._waiting:
            return True
        if not all(task.done() for task in tasks):
            raise AssertionError("an actor waits for something that is no turn")
        return False


def at_random(chooser: Random, stays: float) -> Schedule:
    """Go on with the same actor with probability `stays`, else with any."""
    last = ""

    def pick(names: Sequence[str]) -> int:
        nonlocal last
        if last not in names or chooser.random() >= stays:
            last = chooser.choice(list(names))
        return names.index(last)

    return pick


def in_segments(segments: Sequence[tuple[str, int]], then: Sequence[str]) -> Schedule:
    """Let each segment's actor have so many turns, while it waits for any; `then` all in that order to their ends."""
    left = deque(name for segment, count in segments for name in [segment] * count)

    def pick(names: Sequence[str]) -> int:
        while left:
            name = left.popleft()
            if name in names:
                return names.index(name)
        return names.index(next(name for name in then if name in names))

    return pick
