"""Workers over one pair of services: each is a process with its own ports, its own name and its own queue."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync_core.app import Parts, build
from sync_core.engine.passes import PassResult
from sync_core.operations.working import tick, work
from sync_core.outlook.transport import GraphTransport
from sync_core.pipeliner.transport import PipelinerTransport
from sync_core.queues.local import LocalQueue
from sync_core.state.counting import CountingStore
from sync_core.state.embedded import EmbeddedStore
from sync_core.state.registry import ConnectionRecord
from sync_core.state.store import Store
from tests.battery.sweep.frozen import Services
from tests.in_process_graph import InProcessGraph
from tests.in_process_pipeliner import InProcessPipeliner, PassingClock
from tests.scenarios.world import SETTINGS, World

MOST_PASSES = 40


@dataclass(frozen=True, slots=True)
class Carriers:
    """What a worker's process reaches the world through."""

    graph: GraphTransport
    pipeliner: PipelinerTransport
    store: Store


@dataclass(frozen=True, slots=True)
class Office:
    """A thawed world: what all workers of one trial share."""

    services: Services
    store: EmbeddedStore
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
    """One process: a world to look at, and the name under which its passes take the lease."""

    world: World
    name: str

    async def tick(self) -> None:
        """Let the timer fire: the feed is read and the passes that are due are asked for."""
        await tick(self.world.operator)

    async def drain(self) -> None:
        """Work off the queue; waits move the clock. A message whose pass raises goes back, as its host does it."""
        for _ in range(MOST_PASSES):
            taken = self.world.queue.take()
            if taken is None:
                return
            request, delay_s = taken
            await self.world.operator.clock.sleep(delay_s)
            try:
                result = await work(self.world.operator, request, self.name)
            except BaseException:
                await self.world.queue.put(request)
                raise
            if result is not None:
                self.world.results.append(result)
        raise AssertionError("the passes do not come to rest")

    async def round(self) -> list[PassResult]:
        """One tick and the passes that come of it."""
        before = len(self.world.results)
        await self.tick()
        await self.drain()
        return self.world.results[before:]


def open_worker(name: str, carriers: Carriers, office: Office, queue: LocalQueue) -> Worker:
    """Start a process of that name."""
    services = office.services
    parts = Parts(carriers.store, carriers.graph, carriers.pipeliner, queue, office.clock)
    operator = replace(build(SETTINGS, parts).operator, mint_id=_Minted(name))
    return Worker(
        World(
            services.graph,
            services.crm,
            CountingStore(carriers.store),
            operator,
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
