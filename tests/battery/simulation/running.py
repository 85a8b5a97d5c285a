"""What the deployment does in a story: ticks, runs from the queue, workers that die, and the trouble around them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from emulators.faults import Fault
from sync_core.domain import RunMode, RunState, Side, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.engine.run import RunResult
from sync_core.errors import InvalidRequest, NotFound, StoreUnavailable, SyncError
from sync_core.operations import ConnectionChange, change, tick, work
from sync_core.operations.asking import approve_removals
from sync_core.operations.working import poisoned
from sync_core.state import ConnectionRecord, ConnectionStatus
from sync_core.state.rows import INDEX, JOURNAL, WORK_START
from sync_core.storage import Table, prefix_end
from tests.battery.simulation.actions import ACTIONS, act
from tests.battery.simulation.answering import Asked, answer_one, open_questions
from tests.battery.simulation.faults import Crash, Message
from tests.battery.simulation.office import Office
from tests.battery.simulation.story import Json

SOON_S = 20.0
"""How long a story waits for messages that come later."""
MOST_MESSAGES = 60
TRIES_TO_POISON = 5
LEASE_S = 301.0


class LogBook(logging.Handler):
    """Keeps every log line of the product."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(record.getMessage())


@dataclass(slots=True)
class SimulatedDeployment:
    """The functions app of a story: what its triggers do."""

    office: Office
    noted: Counter[str] = field(default_factory=Counter)
    results: list[RunResult] = field(default_factory=list)
    ticks: int = 0
    never_rests: bool = False
    answered: Counter[Asked] = field(default_factory=Counter)

    async def perform(self, step: Json) -> None:
        """Do one step: a person's action, or something of the deployment and its surroundings."""
        action = step["action"]
        if action in ACTIONS:
            act(self.office, action, step)
            return
        try:
            await _ACTIONS[action](self, step)
        except (StoreUnavailable, Crash):
            self.noted[f"{action} broke off"] += 1

    # Triggers

    async def tick(self, horizon_s: float = SOON_S) -> None:
        """Let the timer fire, and work off what is due."""
        await self.poll()
        await self.drain(horizon_s)

    async def poll(self) -> None:
        """Let the timer fire; whatever happens to it, the next one comes."""
        self.ticks += 1
        try:
            with self.office.moments.witness.poll():
                told = await tick(self.office.deployment)
        except Crash:
            self._worker_dies("tick")
        except StoreUnavailable:
            self.noted["store failed in a tick"] += 1
        else:
            self.noted["feed not read"] += bool(told.problem)

    async def drain(self, horizon_s: float = SOON_S) -> None:
        """Work off the queue as far as messages are due within the horizon."""
        until = self.office.clock.peek().timestamp() + horizon_s
        for _ in range(MOST_MESSAGES):
            message = self.office.queue.take(until)
            if message is None:
                return
            await self.take(message)
        self.never_rests = True

    async def take(self, message: Message) -> None:
        """Run the run that a message asks for, as the queue trigger does."""
        office = self.office
        if message.tries >= TRIES_TO_POISON:
            self.noted["message poisoned"] += 1
            await poisoned(office.deployment, message.request)
            return
        try:
            await self.run(message.request, f"worker-{office.worker}")
        except Crash:
            self._worker_dies("pass")
            office.queue.again(message, 60)
        except StoreUnavailable:
            self.noted["store failed in a run"] += 1
            office.queue.again(message, 30)
        except NotFound:
            self.noted["connection gone"] += 1

    async def run(self, request: RunRequest, worker: str) -> None:
        """Run one run."""
        chronicle = self.office.chronicle
        was_running, chronicle.is_run_running = chronicle.is_run_running, True
        chronicle.runs += 1
        chronicle.unfinished.add(request.connection_id)
        try:
            with self.office.moments.witness.run_for(self._user_of(request.connection_id)):
                result = await work(self.office.deployment, request, worker)
        finally:
            chronicle.is_run_running = was_running
            if not was_running:
                chronicle.fresh.clear()
                chronicle.is_taken_over = False
        chronicle.note_places()
        await self._note_links(request.connection_id)
        if result is not None:
            self.results.append(result)
            if result.run.state is RunState.DONE:
                chronicle.unfinished.discard(request.connection_id)
            await self._note_result(result)

    def _user_of(self, connection_id: str) -> str:
        return next(str(record.user_id) for record in self.office.records if record.id == connection_id)

    async def _note_links(self, connection_id: str) -> None:
        prefix = INDEX[Side.OUTLOOK]
        rows = await self.office.store.read(Table.SYNC, connection_id, prefix, prefix_end(prefix), 1000)
        self.office.chronicle.linked.update(row.key.removeprefix(prefix) for row in rows)

    async def _note_result(self, result: RunResult) -> None:
        self.noted["budget used up"] += "time budget" in result.run.message
        if result.run.counts.attention or result.broken:
            items = await self.office.deployment.reader(result.run.connection_id).attention()
            self.noted.update(f"item {item.reason.value}" for item in items)

    def _worker_dies(self, where: str) -> None:
        self.office.worker += 1
        self.noted[f"crash in a {where}"] += 1

    def record(self, step: Json) -> ConnectionRecord:
        """Return the connection that a step speaks of."""
        return self.office.records[int(step.get("at", 0)) % len(self.office.records)]


Action = Callable[[SimulatedDeployment, Json], Awaitable[None]]


async def _tick(deployment: SimulatedDeployment, _: Json) -> None:
    await deployment.tick()


async def _poll(deployment: SimulatedDeployment, _: Json) -> None:
    await deployment.poll()


async def _sync(deployment: SimulatedDeployment, step: Json) -> None:
    request = RunRequest(deployment.record(step).id, Trigger.HTTP, RunMode(step.get("mode", "delta")))
    await deployment.office.queue.put(request)
    await deployment.drain()


async def _wait(deployment: SimulatedDeployment, step: Json) -> None:
    deployment.office.clock.advance(step["seconds"])


async def _fault(deployment: SimulatedDeployment, step: Json) -> None:
    given = {name: value for name, value in step.items() if name not in {"action", "service"}}
    model = deployment.office.graph if step["service"] == "graph" else deployment.office.crm
    model.faults.plant(Fault(**given))


async def _mend(deployment: SimulatedDeployment, _: Json) -> None:
    deployment.office.graph.faults.clear()
    deployment.office.crm.faults.clear()


async def _interrupt(deployment: SimulatedDeployment, step: Json) -> None:
    given = {"after": step.get("after", False), "pattern": step.get("pattern", "")}
    deployment.office.moments.arm(step["where"], step["nth"], step["then"], **given)


async def _queue(deployment: SimulatedDeployment, step: Json) -> None:
    deployment.office.queue.expect(step["habit"])
    deployment.noted[f"message {step['habit']}"] += 1


async def _expire_delta(deployment: SimulatedDeployment, _: Json) -> None:
    deployment.office.graph.expire_delta_tokens()
    deployment.noted["delta links expired"] += 1
    for record in deployment.office.records:
        journal = await deployment.office.store.read(Table.SYNC, record.id, JOURNAL, WORK_START, 10)
        deployment.noted["delta links expired with open intents"] += bool(journal)


async def _switch(deployment: SimulatedDeployment, step: Json) -> None:
    switches = deployment.office.graph.switches if step["service"] == "graph" else deployment.office.crm.switches
    switches.change({step["name"]: step["value"]})
    deployment.office.moments.witness.observe()
    deployment.noted["roles hidden"] += step["name"] == "roles_readable" and not step["value"]
    deployment.noted["listing cut"] += step["name"] in {"listing_cut", "delta_omitted_share"}


async def _access(deployment: SimulatedDeployment, step: Json) -> None:
    graph, mailbox = deployment.office.graph, deployment.record(step).mailbox
    deployment.noted["access lost"] += not step["granted"]
    (graph.grant_access if step["granted"] else graph.drop_access)(mailbox)


async def _approve(deployment: SimulatedDeployment, step: Json) -> None:
    await approve_removals(deployment.office.deployment, deployment.record(step).id)


async def _pause(deployment: SimulatedDeployment, step: Json) -> None:
    connection_status = ConnectionStatus.PAUSED if step["paused"] else ConnectionStatus.ACTIVE
    wish = ConnectionChange(status=connection_status)
    try:
        await change(deployment.office.deployment, deployment.record(step).id, wish)
    except InvalidRequest:
        deployment.noted["resume refused"] += 1
    else:
        deployment.noted["paused by a person" if step["paused"] else "resumed by a person"] += 1


async def _steal(deployment: SimulatedDeployment, step: Json) -> None:
    """Another worker runs the connection's run, after so long that the lease has ended, or at once."""
    deployment.office.clock.advance(LEASE_S if step.get("late", True) else 0)
    request = RunRequest(deployment.record(step).id, Trigger.TIMER, RunMode(step.get("mode", "delta")))
    deployment.office.chronicle.is_taken_over = deployment.office.chronicle.is_run_running and step.get("late", True)
    try:
        await deployment.run(request, "other-worker")
    except (SyncError, Crash):
        deployment.noted["the thief failed too"] += 1


async def _answer(deployment: SimulatedDeployment, step: Json) -> None:
    """A person says what one of the open questions is about."""
    office, record = deployment.office, deployment.record(step)
    items = await open_questions(office, record)
    if items:
        item = items[int(step.get("which", 0)) % len(items)]
        is_answered = await answer_one(office, record, item, deployment.answered)
        deployment.noted[f"answered {item.reason.value}"] += is_answered


_ACTIONS: dict[str, Action] = {
    "answer": _answer,
    "tick": _tick,
    "poll": _poll,
    "sync": _sync,
    "wait": _wait,
    "fault": _fault,
    "mend": _mend,
    "interrupt": _interrupt,
    "queue": _queue,
    "expire_delta": _expire_delta,
    "switch": _switch,
    "access": _access,
    "approve": _approve,
    "pause": _pause,
    "steal": _steal,
}
