"""Running runs in this process: the feed once, then the queue until it is empty or there is nothing to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sync_core.cli.command import CommandContext
from sync_core.cli.output import Problem
from sync_core.domain import Run, RunState
from sync_core.engine.ports import RunRequest
from sync_core.engine.run import RunResult
from sync_core.errors import LeaseTaken, RetryLater, Stopped, SyncError, Unreadable
from sync_core.operations import overview, work
from sync_core.operations.feeding import read_feed
from sync_core.operations.working import give_back

PATIENCE_S = 120.0
"""How long a command waits for a service in all, before it leaves the rest to the next sync."""
FRUITLESS_RUNS = 10
"""After so many runs in a row that wrote nothing, the rest is left to the next sync as well."""
FAILURES = 2


@dataclass(slots=True)
class Story:
    """What became of one connection's runs."""

    connection_id: str
    runs: list[Run] = field(default_factory=list)
    problem: Problem | None = None
    attention: int = 0
    removals: int = 0
    removals_due: datetime | None = None
    waited_s: float = 0.0
    fruitless: int = 0
    failures: int = 0

    @property
    def where(self) -> str:
        """What goes before the text of a problem."""
        return f"connection {self.connection_id}: "

    def note(self, run: Run) -> None:
        """Add a run; one that got something done starts all patience anew."""
        self.runs.append(run)
        self.problem = None
        self.failures = self.failures + 1 if run.state is RunState.FAILED else 0
        self.fruitless += 1
        if run.counts.writes or run.counts.linked:
            self.fruitless, self.waited_s = 0, 0.0

    def may_wait(self, delay_s: float) -> bool:
        """Whether a follow-up after so many seconds is worth waiting for; if not, `problem` says why."""
        self.waited_s += delay_s
        if self.waited_s <= PATIENCE_S and self.failures < FAILURES and self.fruitless < FRUITLESS_RUNS:
            return True
        rest = f"the rest is left to the next sync, no sooner than in {max(delay_s, 1):.0f} s"
        self.problem = Problem.of(RetryLater(f"{self.why}; {rest}"), self.where)
        return False

    @property
    def why(self) -> str:
        """What the last run said of itself."""
        if self.problem is not None:
            return "; ".join(self.problem.faults).removeprefix(self.where)
        return (self.runs[-1].message if self.runs else "") or "it does not come to an end"


@dataclass(frozen=True, slots=True)
class Synced:
    """What the feed brought and what became of each connection, in the order of their first runs."""

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


async def run_queued(context: CommandContext) -> Synced:
    """Read the feed, then run the runs that wait in the queue and what follows from them."""
    rows, problem = 0, None
    try:
        records = await context.deployment.registry.all()
        rows = (await read_feed(context.deployment, records, until_space_is_known=True)).rows
    except SyncError as error:
        problem = Problem.of(error, "Pipeliner's changes were not read: ")
    stories = await _drain(context)
    for story in stories:
        with suppress(Unreadable):  # which the story tells as its problem
            record = await context.deployment.registry.get(story.connection_id)
            found = await overview(context.deployment, record)
            if found.summary is not None:
                story.attention = found.summary.attention
                story.removals, story.removals_due = found.summary.waiting.removals, found.removals_due
    return Synced(rows, problem, tuple(stories))


async def _drain(context: CommandContext) -> Iterable[Story]:
    stories: dict[str, Story] = {}
    waiting: list[tuple[datetime, RunRequest]] = []
    while True:
        while (taken := context.queue.take()) is not None:
            request, delay_s = taken
            story = stories.setdefault(request.connection_id, Story(request.connection_id))
            if story.may_wait(delay_s):
                waiting.append((context.deployment.clock.now() + timedelta(seconds=delay_s), request))
        if not waiting:
            return stories.values()
        waiting.sort(key=lambda item: item[0])
        due, request = waiting.pop(0)
        story = stories[request.connection_id]
        seconds = (due - context.deployment.clock.now()).total_seconds()
        if seconds > 0:
            context.screen.notice(
                f"{story.where}{story.why}; going on in {seconds:.0f} s (Ctrl-C leaves it to the next sync)"
            )
            await context.deployment.clock.sleep(seconds)
        await _run_one(context, request, story)


async def _run_one(context: CommandContext, request: RunRequest, story: Story) -> None:
    try:
        result = await _watched(context, request.connection_id, work(context.deployment, request, context.worker))
    except SyncError as error:
        story.problem = Problem.of(error, story.where)
        return
    if result is None:
        taken = LeaseTaken("another run has it; if that one was killed, sync again in five minutes")
        story.problem = Problem.of(taken, story.where)
        return
    story.note(result.run)
    if result.is_stopped:
        story.problem = Problem.of(Stopped(), story.where)
    if result.broken is not None:
        story.problem = Problem.of(result.broken, story.where)


async def _watched(
    context: CommandContext, connection_id: str, running: Coroutine[Any, Any, RunResult | None]
) -> RunResult | None:
    """Run a run and show how far it is; one that is broken off gives its lease back."""
    task = asyncio.ensure_future(running)
    interval_s = context.progress_interval_s if context.screen.shows_progress else None
    try:
        with context.screen.progress() as tell:
            while not (await asyncio.wait({task}, timeout=interval_s))[0]:
                with suppress(SyncError):
                    status = await context.deployment.reader(connection_id).status()
                    seen = status.waiting.outlook + status.waiting.pipeliner
                    tell(f"connection {connection_id}: {status.links} contacts linked so far, {seen} seen and waiting")
        return task.result()
    except BaseException:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with suppress(SyncError):
            await give_back(context.deployment, connection_id, context.worker)
        raise
