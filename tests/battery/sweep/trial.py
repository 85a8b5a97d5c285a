"""A trial: the scenario once more, with faults, and then a new worker until nothing is left to do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from emulators.memory_store import MemoryStore
from sync_core.errors import SyncError
from sync_core.queues import LocalQueue
from tests.battery.sweep.frozen import FrozenWorld
from tests.battery.sweep.habits import USUAL, Habits
from tests.battery.sweep.kinds import APPLIES, Fault, Kind, Step
from tests.battery.sweep.persons_edit import PersonsEdit
from tests.battery.sweep.picture import Picture, take_picture, writes_of
from tests.battery.sweep.scenario import Scenario, check_by_hand, perform
from tests.battery.sweep.stepping import Action, Crash, SteppedGraph, SteppedPipeliner, SteppedStore, Stepper
from tests.battery.sweep.workers import Carriers, Office, Worker, open_worker
from tests.scenarios.world import OPEN_WORLDS, new_world

ROUND_S = 400.0
"""Between two rounds: longer than a lease lasts, than a lost create may stay hidden, than a failed run waits."""
LEASE_S = 301.0
MOST_ROUNDS = 8
SWEPT_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario, its world at rest, and what an undisturbed run makes of it."""

    scenario: Scenario
    frozen: FrozenWorld
    start: Picture
    end: Picture
    steps: tuple[Step, ...]


async def open_case(scenario: Scenario, habits: Habits = USUAL) -> Case:
    """Build the scenario's world and run it undisturbed."""
    frozen = await frozen_world(scenario, habits)
    office = office_of(frozen)
    queue = await after_acts(scenario, office)
    start = take_picture(office.services, office.store)
    stepper = Stepper()
    worker = open_worker("a", _stepped(office, stepper), office, queue)
    steps = 0
    for _ in range(SWEPT_ROUNDS):
        before = writes_of(office.services)
        await worker.round()
        if writes_of(office.services) == before and steps:
            break
        steps = len(stepper.steps)
        await worker.world.deployment.clock.sleep(ROUND_S)
    problems = await come_to_rest(office, queue)
    assert not problems, (scenario.name, problems)
    end = take_picture(office.services, office.store)
    if habits is USUAL:
        check_by_hand(scenario, open_worker("d", office.carriers, office, queue).world)
    return Case(scenario, frozen, start, end, tuple(stepper.steps[:steps]))


async def run_trial(case: Case, faults: Sequence[Fault], recovery: Sequence[Fault] = ()) -> list[str]:
    """Run the case under faults, those of `recovery` in the worker that comes next; return what is wrong in the end."""
    random.seed(case.scenario.name)
    office = office_of(case.frozen)
    queue = await after_acts(case.scenario, office)
    edits: list[PersonsEdit] = []

    async def another_worker_takes_over() -> None:
        other = open_worker("c", office.carriers, office, LocalQueue())
        await other.world.deployment.clock.sleep(LEASE_S)
        await other.round()
        await other.world.deployment.clock.sleep(ROUND_S)
        await other.round()

    async def person_edits(kind: Kind) -> None:
        edits.append(PersonsEdit.made(office, case.scenario.subject, kind))

    acting: dict[Kind, Action] = {
        Kind.REPLY_LATE: another_worker_takes_over,
        Kind.REQUEST_LATE: another_worker_takes_over,
        Kind.OUTLOOK_EDIT: lambda: person_edits(Kind.OUTLOOK_EDIT),
        Kind.PIPELINER_EDIT: lambda: person_edits(Kind.PIPELINER_EDIT),
    }
    stepper = Stepper(list(faults), acting)
    await _run_faulty(open_worker("a", _stepped(office, stepper), office, queue), stepper)
    problems = ["the fault did not happen"] if len(stepper.faults) == len(faults) else []
    if recovery:
        stepper = Stepper(list(recovery), acting)
        await office.clock.sleep(ROUND_S)
        await _run_faulty(open_worker("r", _stepped(office, stepper), office, queue), stepper)
    problems += await come_to_rest(office, queue)
    problems += judged(case, office, edits)
    return problems


def judged(case: Case, office: Office, edits: Sequence[PersonsEdit]) -> list[str]:
    """Compare the end with the undisturbed one; where persons edited the subject, look for their words instead."""
    end = take_picture(office.services, office.store)
    applied = [edit for edit in edits if edit.is_made]
    if not applied:
        return end.differences(case.end, case.start)
    wanted = case.end.without(case.scenario.subject)
    problems = end.without(case.scenario.subject).differences(wanted, case.start.without(case.scenario.subject))
    named = case.end.named(case.scenario.subject)
    most = {service: max(count, case.scenario.most_subjects) for service, count in named.items()}
    for edit in applied:
        problems += edit.problems(office, end, most, case.scenario.sync_type)
    return problems


async def _run_faulty(worker: Worker, stepper: Stepper) -> None:
    """Run rounds until all faults have happened; a crash ends the process, another error only its run."""
    for _ in range(SWEPT_ROUNDS):
        try:
            await worker.round()
        except Crash:
            await _end_of_process()
            return
        except SyncError:
            pass
        if not stepper.faults:
            break
        await worker.world.deployment.clock.sleep(ROUND_S)
    stepper.is_dead = True


async def _end_of_process() -> None:
    """Let the tasks of the dead process meet its end."""
    for _ in range(3):
        await asyncio.sleep(0)


async def come_to_rest(office: Office, queue: LocalQueue) -> list[str]:
    """Let a new worker run until two rounds in a row write nothing."""
    worker = open_worker("b", office.carriers, office, queue)
    silent = 0
    for _ in range(MOST_ROUNDS):
        await worker.world.deployment.clock.sleep(ROUND_S)
        before = writes_of(office.services)
        await worker.round()
        silent = silent + 1 if writes_of(office.services) == before else 0
        if silent == 2:
            return []
    return ["the runs go on writing"]


async def frozen_world(scenario: Scenario, habits: Habits) -> FrozenWorld:
    """Build the scenario's world, up to the moment when its people act."""
    store = MemoryStore()
    world = new_world(store=store, graph=habits.graph_switches(), crm=habits.crm_switches())
    OPEN_WORLDS.remove(world)
    await perform(scenario.before, world)
    await world.deployment.clock.sleep(10)
    await world.connect(**scenario.settings)
    if scenario.starts_synced:
        await world.drain()
        await world.deployment.clock.sleep(1000)
        await world.tick()
    await perform(scenario.between, world)
    return FrozenWorld(world, store)


def office_of(frozen: FrozenWorld) -> Office:
    """Thaw a world."""
    services, store = frozen.thaw()
    return Office(services, store, frozen.records, frozen.users)


async def after_acts(scenario: Scenario, office: Office) -> LocalQueue:
    """Let people act; returns the queue with what they asked for."""
    queue = LocalQueue()
    people = open_worker("p", office.carriers, office, queue)
    await perform(scenario.acts, people.world)
    return queue


def _stepped(office: Office, stepper: Stepper) -> Carriers:
    return Carriers(
        SteppedGraph(office.services.graph, stepper),
        SteppedPipeliner(office.services.crm, stepper),
        SteppedStore(office.store, stepper),
    )


def planned(case: Case) -> list[Fault]:
    """Return every single fault that can happen to a case, step by step."""
    return [Fault(at, kind) for at, step in enumerate(case.steps) for kind in Kind if kind in APPLIES[step.place]]
