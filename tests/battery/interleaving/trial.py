"""A trial: the scenario's people act, several workers run at once, and a new worker brings everything to rest."""

from __future__ import annotations

import random
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_core.domain import Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import SyncError
from sync_core.operations import work
from sync_core.queues import LocalQueue
from tests.battery.interleaving.scheduler import Schedule, Scheduler
from tests.battery.interleaving.turning import Tenures, TurningGraph, TurningPipeliner, TurningStore
from tests.battery.sweep.kinds import Kind
from tests.battery.sweep.persons_edit import PersonsEdit
from tests.battery.sweep.trial import LEASE_S, Case, after_acts, come_to_rest, judged, office_of
from tests.battery.sweep.workers import Carriers, Office, Worker, open_worker

CLOCK, PERSON, TICK = "clock", "person", "tick"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial came to: problems (none when all is well), turns, and how often a lease changed hands."""

    problems: tuple[str, ...]
    turns: int
    taken_over: int


async def run_interleaving(
    case: Case, actors: Sequence[str], schedule: Schedule, edit: Kind = Kind.OUTLOOK_EDIT
) -> Outcome:
    """Run actors by a schedule: the clock (a lease's length runs), a person, a tick, and else workers by name."""
    random.seed(case.scenario.name)
    office = office_of(case.frozen)
    queue = await after_acts(case.scenario, office)
    scheduler, tenures = Scheduler(schedule), Tenures()
    edits: list[PersonsEdit] = []
    workers = {name: _worker(name, office, queue, scheduler, tenures) for name in actors}
    await open_worker("f", office.carriers, office, queue).tick()
    running: Mapping[str, Coroutine[Any, Any, None]] = {
        name: _actor(workers[name], case, office, edits, edit) for name in actors
    }
    await scheduler.run(running)
    problems = [*tenures.problems, *await come_to_rest(office, queue), *judged(case, office, edits)]
    await office.store.close()
    return Outcome(tuple(problems), len(scheduler.turns), tenures.taken_over)


def _worker(name: str, office: Office, queue: LocalQueue, scheduler: Scheduler, tenures: Tenures) -> Worker:
    carriers = Carriers(
        TurningGraph(office.services.graph, scheduler, name),
        TurningPipeliner(office.services.crm, scheduler, name),
        TurningStore(office.store, scheduler, name, tenures),
    )
    return open_worker(name, carriers, office, queue)


async def _actor(worker: Worker, case: Case, office: Office, edits: list[PersonsEdit], edit: Kind) -> None:
    if worker.name == CLOCK:
        await office.clock.sleep(LEASE_S)
    elif worker.name == PERSON:
        edits.append(PersonsEdit.made(office, case.scenario.subject, edit))
    elif worker.name == TICK:
        await worker.tick()
    else:
        await _runs(worker, office)


async def _runs(worker: Worker, office: Office) -> None:
    """Run a run of every connection, then what waits in the queue; an error ends only its run."""
    for record in office.records:
        try:
            await work(worker.world.deployment, RunRequest(record.id, Trigger.COMMAND), worker.name)
        except SyncError:
            continue
