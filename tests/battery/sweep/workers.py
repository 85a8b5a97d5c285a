"""Workers over one pair of services: each is a process with its own ports, its own name and its own queue."""

from __future__ import annotations

from dataclasses import dataclass, replace

from emulators.counting import CountingStore
from emulators.in_process import InProcessGraph, InProcessPipeliner, PassingClock
from emulators.memory_store import MemoryStore
from sync_core.app import Parts, build
from sync_core.engine.run import RunResult
from sync_core.http import Transport
from sync_core.operations import tick, work
from sync_core.queues import LocalQueue
from sync_core.state import ConnectionRecord
from sync_core.storage import Store
from tests.battery.sweep.frozen import Services
from tests.scenarios.world import SETTINGS, World

MOST_RUNS = 40


@dataclass(frozen=True, slots=True)
class Carriers:
    """What a worker's process reaches the world through."""

    graph: Transport
    pipeliner: Transport
    store: Store


@dataclass(frozen=True, slots=True)
class Office:
    """A thawed world: what all workers of one trial share."""

    services: Services
    store: MemoryStore
    records: tuple[ConnectionRecord, ...]
    users: tuple[str, str]

    @property
    def clock(self) -> PassingClock:
        """The time that all share."""
        return PassingClock(self.services.crm.clock)

    @property
    def carriers(self) -> Carriers:
        """Carriers that nothing goes wrong with."""
        return Carriers(InProcessGraph(self.services.graph), InProcessPipeliner(self.services.crm), self.store)


@dataclass(slots=True)
class Worker:
    """One process: a world to look at, and the name under which its runs take the lease."""

    world: World
    name: str

    async def tick(self) -> None:
        """Let the timer fire: the feed is read and the runs that are due are asked for."""
        await tick(self.world.deployment)

    async def drain(self) -> None:
        """Work off the queue; waits move the clock. A message whose run raises goes back, as its host does it."""
        for _ in range(MOST_RUNS):
            taken = self.world.queue.take()
            if taken is None:
                return
            request, delay_s = taken
            await self.world.deployment.clock.sleep(delay_s)
            try:
                result = await work(self.world.deployment, request, self.name)
            except BaseException:
                await self.world.queue.put(request)
                raise
            if result is not None:
                self.world.results.append(result)
        raise AssertionError("the runs do not come to rest")

    async def round(self) -> list[RunResult]:
        """One tick and the runs that come of it."""
        before = len(self.world.results)
        await self.tick()
        await self.drain()
        return self.world.results[before:]


def open_worker(name: str, carriers: Carriers, office: Office, queue: LocalQueue) -> Worker:
    """Start a process of that name."""
    services = office.services
    parts = Parts(carriers.store, carriers.graph, carriers.pipeliner, queue, office.clock)
    deployment = replace(build(SETTINGS, parts).deployment, mint_id=_Minted(name))
    return Worker(
        World(
            services.graph,
            services.crm,
            CountingStore(carriers.store),
            deployment,
            queue,
            *office.users,
            list(office.records),
        ),
        name,
    )


class _Minted:
    """Ids in order, different for each process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return f"{self._name}{self._count:06x}"
