"""The real product in this process, with the timer and the queue worked by hand and its storage counted."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.app import App, Parts, build
from sync_core.clock import SystemClock
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.passes import PassResult
from sync_core.operations.connecting import ConnectRequest, connect
from sync_core.operations.ports import Operator
from sync_core.operations.working import tick, work
from sync_core.outlook.credentials import graph_credential
from sync_core.outlook.sdk_transport import SdkTransport
from sync_core.pipeliner.requests_transport import RequestsTransport
from sync_core.queues.local import LocalQueue
from sync_core.settings import load_settings
from sync_core.state.counting import CountingStore, StoreCounts
from sync_core.state.opening import open_store
from sync_core.state.registry import ConnectionRecord

MOST_PASSES = 500
WORKER = "emulators"


class Restless(Exception):
    """Passes follow upon passes without an end."""


class Deployment:
    """msgraph-sdk, requests and SQLite, composed as for the command line. Close it in the loop that used it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        settings = load_settings(environment)
        self._store = CountingStore(open_store(settings.sync_state.get_secret_value()))
        self._queue = LocalQueue()
        self._graph = SdkTransport(settings.graph_base_url, lambda: graph_credential(settings.graph_base_url))
        self._crm = RequestsTransport(
            settings.pipeliner_service_url,
            settings.pipeliner_api_token.get_secret_value(),
            settings.pipeliner_api_password.get_secret_value(),
        )
        parts = Parts(self._store, self._graph, self._crm, self._queue, SystemClock())
        self._app: App = build(settings, parts)

    @property
    def operator(self) -> Operator:
        """What operations work with."""
        return self._app.operator

    @property
    def stored(self) -> StoreCounts:
        """What was asked of the storage so far."""
        return self._store.counts

    async def connect(self, request: ConnectRequest) -> ConnectionRecord:
        """Connect; the first pass waits in the queue."""
        return await connect(self.operator, request)

    async def tick(self) -> None:
        """Let the timer fire: poll the feed and ask for the passes that are due."""
        await tick(self.operator)

    async def drain(self) -> list[PassResult]:
        """Work off the queue. Raises Restless when it does not become empty."""
        results: list[PassResult] = []
        for _ in range(MOST_PASSES):
            taken = self._queue.take()
            if taken is None:
                return results
            request, delay_s = taken
            await self.operator.clock.sleep(delay_s)
            results += [result] if (result := await work(self.operator, request, WORKER)) else []
        raise Restless(f"the queue was not empty after {MOST_PASSES} passes")

    def forget_requests(self) -> None:
        """Empty the queue without a pass."""
        while self._queue.take() is not None:
            pass

    async def one_pass(self, connection_id: str) -> list[PassResult]:
        """Ask for one pass of one connection and run it with all that follows from it."""
        await self._queue.put(PassRequest(connection_id, "demo"))
        return await self.drain()

    async def close(self) -> None:
        """Free file and connections."""
        await self._app.close()
        self._crm.close()
        await self._graph.close()
        await self._store.close()
