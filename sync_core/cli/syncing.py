"""Running passes in this process: the feed once, then the queue until it is empty or there is nothing to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sync_core.cli.desk import Desk
from sync_core.cli.output import Problem
from sync_core.domain.records import Run, RunState
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.passes import PassResult
from sync_core.errors import LeaseTaken, RetryLater, SyncError
from sync_core.operations.working import give_back, read_feed, work

PATIENCE_S = 120.0
"""How long a command waits for a service in all, before it leaves the rest to the next sync."""
FRUITLESS_PASSES = 10
"""After so many passes in a row that wrote nothing, the rest is left to the next sync as well."""
FAILURES = 2


@dataclass(slots=True)
class Story:
    """What became of one connection's passes."""

    connection_id: str
    runs: list[Run] = field(default_factory=list)
    problem: Problem | None = None
    attention: int = 0
    waited_s: float = 0.0
    fruitless: int = 0
    failures: int = 0

    @property
    def where(self) -> str:
        """What goes before the text of a problem."""
        return f"connection {self.connection_id}: "

    def note(self, run: Run) -> None:
        """Add a pass; one that got something done starts all patience anew."""
        self.runs.append(run)
        self.problem = None
        self.failures = self.failures + 1 if run.state is RunState.FAILED else 0
        self.fruitless += 1
        if run.counts.writes or run.counts.linked:
            self.fruitless, self.waited_s = 0, 0.0

    def may_wait(self, delay_s: float) -> bool:
        """Whether a follow-up after so many seconds is worth waiting for; if not, `problem` says why."""
        self.waited_s += delay_s
        if self.waited_s <= PATIENCE_S and self.failures < FAILURES and self.fruitless < FRUITLESS_PASSES:
            return True
        rest = f"the rest is left to the next sync, no sooner than in {max(delay_s, 1):.0f} s"
        self.problem = Problem.of(RetryLater(f"{self.why}; {rest}"), self.where)
        return False

    @property
    def why(self) -> str:
        """What the last pass said of itself."""
        if self.problem is not None:
            return "; ".join(self.problem.faults).removeprefix(self.where)
        return (self.runs[-1].message if self.runs else "") or "it does not come to an end"


@dataclass(frozen=True, slots=True)
class Synced:
    """What the feed brought and what became of each connection, in the order of their first passes."""

    feed_rows: int
    feed_problem: Problem | None
    stories: tuple[Story, ...]

    @property
    def attention(self) -> int:
        """How much waits for a person."""
        return sum(story.attention for story in self.stories)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that could not be done."""
        found = (self.feed_problem, *(story.problem for story in self.stories))
        return tuple(problem for problem in found if problem is not None)


async def run_queued(desk: Desk) -> Synced:
    """Read the feed, then run the passes that wait in the queue and what follows from them."""
    rows, problem = 0, None
    try:
        rows = await read_feed(desk.operator, await desk.operator.registry.all())
    except SyncError as error:
        problem = Problem.of(error, "Pipeliner's changes were not read: ")
    stories = await _drain(desk)
    for story in stories:
        story.attention = (await desk.operator.reader(story.connection_id).status()).attention
    return Synced(rows, problem, tuple(stories))


async def _drain(desk: Desk) -> Iterable[Story]:
    stories: dict[str, Story] = {}
    waiting: list[tuple[datetime, PassRequest]] = []
    while True:
        while (taken := desk.queue.take()) is not None:
            request, delay_s = taken
            story = stories.setdefault(request.connection_id, Story(request.connection_id))
            if story.may_wait(delay_s):
                waiting.append((desk.operator.clock.now() + timedelta(seconds=delay_s), request))
        if not waiting:
            return stories.values()
        waiting.sort(key=lambda item: item[0])
        due, request = waiting.pop(0)
        story = stories[request.connection_id]
        await _wait_until(desk, due, story)
        await _run_one(desk, request, story)


async def _wait_until(desk: Desk, due: datetime, story: Story) -> None:
    seconds = (due - desk.operator.clock.now()).total_seconds()
    if seconds > 0:
        desk.screen.notice(f"{story.where}{story.why}; going on in {seconds:.0f} s (Ctrl-C leaves it to the next sync)")
        await desk.operator.clock.sleep(seconds)


async def _run_one(desk: Desk, request: PassRequest, story: Story) -> None:
    try:
        result = await _watched(desk, request.connection_id, work(desk.operator, request, desk.worker))
    except SyncError as error:
        story.problem = Problem.of(error, story.where)
        return
    if result is None:
        taken = LeaseTaken("another pass has it; if that one was killed, sync again in five minutes")
        story.problem = Problem.of(taken, story.where)
        return
    story.note(result.run)
    if result.broken is not None:
        story.problem = Problem.of(result.broken, story.where)


async def _watched(
    desk: Desk, connection_id: str, running: Coroutine[Any, Any, PassResult | None]
) -> PassResult | None:
    """Run a pass and show how far it is; one that is broken off gives its lease back."""
    task = asyncio.ensure_future(running)
    interval_s = desk.progress_interval_s if desk.screen.shows_progress else None
    try:
        with desk.screen.progress() as tell:
            while not (await asyncio.wait({task}, timeout=interval_s))[0]:
                with suppress(SyncError):
                    tell(await _how_far(desk, connection_id))
        return task.result()
    except BaseException:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with suppress(SyncError):
            await give_back(desk.operator, connection_id, desk.worker)
        raise


async def _how_far(desk: Desk, connection_id: str) -> str:
    status = await desk.operator.reader(connection_id).status()
    waiting = status.waiting.outlook + status.waiting.pipeliner
    return f"connection {connection_id}: {status.links} contacts linked so far, {waiting} seen and waiting"
