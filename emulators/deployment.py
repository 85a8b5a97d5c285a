"""The real product in this process, with the timer and the queue worked by hand and its storage counted.

Its requests go over HTTP, or straight to the emulators' models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from emulators.clock import ServiceClock
from emulators.counting import CountingStore, StoreCounts
from emulators.in_process import InProcessGraph, InProcessPipeliner, MintedInOrder, PassingClock
from emulators.wire import Model
from sync_core.app import App, Parts, build
from sync_core.clock import SystemClock
from sync_core.domain import Trigger
from sync_core.engine.ports import Clock, RunRequest
from sync_core.engine.run import RunResult
from sync_core.operations import ConnectRequest, Deployment, connect, tick, work
from sync_core.outlook.credentials import graph_credential
from sync_core.outlook.sdk_transport import SdkTransport
from sync_core.pipeliner.requests_transport import RequestsTransport
from sync_core.queues import LocalQueue
from sync_core.settings import AppSettings, load_settings
from sync_core.state import ConnectionRecord
from sync_core.storage import open_store

MOST_RUNS = 500
WORKER = "emulators"


class Restless(Exception):
    """Runs follow upon runs without an end."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What connects with the two services, and the time and the ids that go with them."""

    graph: SdkTransport | InProcessGraph
    pipeliner: RequestsTransport | InProcessPipeliner
    clock: Clock
    mint_id: Callable[[], str] | None = None
    """Makes the ids of connections and runs; None leaves that to the product."""

    @classmethod
    def over_http(cls, settings: AppSettings) -> Self:
        """msgraph-sdk and requests, in real time."""
        graph = SdkTransport(settings.graph_base_url, lambda: graph_credential(settings.graph_base_url))
        token = settings.pipeliner_api_token.get_secret_value()
        password = settings.pipeliner_api_password.get_secret_value()
        return cls(graph, RequestsTransport(settings.pipeliner_service_url, token, password), SystemClock())

    @classmethod
    def in_process(cls, settings: AppSettings, graph: Model, pipeliner: Model, clock: ServiceClock) -> Self:
        """Straight to the models, in their own time, and the same each time."""
        token = settings.pipeliner_api_token.get_secret_value()
        password = settings.pipeliner_api_password.get_secret_value()
        crm = InProcessPipeliner(pipeliner, token, password)
        return cls(InProcessGraph(graph), crm, PassingClock(clock), MintedInOrder())


class LocalDeployment:
    """The product composed as for the command line, over HTTP unless told otherwise. Close it in its own loop."""

    def __init__(
        self, environment: Mapping[str, str], wiring: Callable[[AppSettings], Wiring] = Wiring.over_http
    ) -> None:
        settings = load_settings(environment)
        wired = wiring(settings)
        self._graph, self._crm = wired.graph, wired.pipeliner
        self._store = CountingStore(open_store(settings.sync_state.get_secret_value()))
        self._queue = LocalQueue()
        parts = Parts(self._store, self._graph, self._crm, self._queue, wired.clock)
        self._app: App = build(settings, parts)
        if wired.mint_id is not None:
            self._app.deployment = replace(self._app.deployment, mint_id=wired.mint_id)

    @property
    def deployment(self) -> Deployment:
        """What operations work with."""
        return self._app.deployment

    @property
    def stored(self) -> StoreCounts:
        """What was asked of the storage so far."""
        return self._store.counts

    async def connect(self, request: ConnectRequest) -> ConnectionRecord:
        """Connect; the first run waits in the queue."""
        return await connect(self.deployment, request)

    async def tick(self) -> None:
        """Let the timer fire: poll the feed and ask for the runs that are due."""
        await tick(self.deployment)

    async def drain(self) -> list[RunResult]:
        """Work off the queue. Raises Restless when it does not become empty."""
        results: list[RunResult] = []
        for _ in range(MOST_RUNS):
            taken = self._queue.take()
            if taken is None:
                return results
            request, delay_s = taken
            await self.deployment.clock.sleep(delay_s)
            results += [result] if (result := await work(self.deployment, request, WORKER)) else []
        raise Restless(f"the queue was not empty after {MOST_RUNS} runs")

    def take_request(self) -> RunRequest | None:
        """Take the oldest request from the queue without working it off."""
        taken = self._queue.take()
        return taken[0] if taken else None

    def forget_requests(self) -> None:
        """Empty the queue without a run."""
        while self.take_request() is not None:
            pass

    async def one_run(self, connection_id: str) -> list[RunResult]:
        """Ask for one run of one connection and run it with all that follows from it."""
        await self._queue.put(RunRequest(connection_id, Trigger.COMMAND))
        return await self.drain()

    async def close(self) -> None:
        """Free file and connections."""
        await self._app.close()
        await self._crm.close()
        await self._graph.close()
        await self._store.close()
