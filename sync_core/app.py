"""The composition root: the one place that builds the real objects."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential

from sync_core.clock import SystemClock
from sync_core.engine.feed_port import PassQueue
from sync_core.engine.passes import PassPorts
from sync_core.engine.ports import Clock
from sync_core.errors import InvalidSettings
from sync_core.operations.ports import Operator, Transports
from sync_core.outlook.client import GraphClient
from sync_core.outlook.credentials import check_graph_root, graph_credential
from sync_core.outlook.folder import OutlookFolder
from sync_core.outlook.mailboxes import OutlookMailboxes
from sync_core.outlook.sdk_transport import SdkTransport
from sync_core.outlook.transport import GraphTransport
from sync_core.pipeliner.client import PipelinerClient
from sync_core.pipeliner.contacts import PipelinerContacts
from sync_core.pipeliner.requests_transport import RequestsTransport
from sync_core.pipeliner.space import PipelinerSpace
from sync_core.pipeliner.transport import PipelinerTransport
from sync_core.queues.local import LocalQueue
from sync_core.queues.storage import StorageQueue
from sync_core.settings import AppSettings, load_settings
from sync_core.state.connection_state import StoredConnectionState
from sync_core.state.feed_state import StoredFeedState
from sync_core.state.opening import open_store
from sync_core.state.reading import ConnectionReading
from sync_core.state.registry import ConnectionRecord, Registry
from sync_core.state.store import Store
from sync_core.telemetry.opening import open_telemetry
from sync_core.telemetry.port import UNMEASURED, Telemetry
from sync_core.telemetry.requests import CountedGraph, CountedPipeliner

WEBHOOK_SKIP_KEY = "outlook-pipeliner-sync"


@dataclass(slots=True)
class App:
    """A built deployment and what must be closed at its end."""

    operator: Operator
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def close(self) -> None:
        """Free every connection."""
        while self.closers:
            await self.closers.pop()()


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that a deployment is built of; tests and the demo put their own in."""

    store: Store
    graph: GraphTransport
    pipeliner: PipelinerTransport
    queue: PassQueue
    clock: Clock
    telemetry: Telemetry = UNMEASURED


def open_functions_app() -> App:
    """Build the app for Azure Functions from the environment. Raises InvalidSettings."""
    settings = load_settings(needs_queue=True)
    return open_queued_app(settings, open_telemetry(settings, SystemClock()))


def open_local_app(settings: AppSettings, queue: LocalQueue) -> App:
    """Build the app for the command line. Raises InvalidSettings."""
    return _open(settings, queue, DefaultAzureCredential() if settings.sync_state_table_service_uri else None)


def open_queued_app(settings: AppSettings, telemetry: Telemetry = UNMEASURED) -> App:
    """Build the app with the storage queue that the settings name. Raises InvalidSettings."""
    credential = DefaultAzureCredential() if _needs_identity(settings) else None
    queue = _open_queue(settings, credential)
    app = _open(settings, queue, credential, telemetry)
    app.closers.append(queue.close)
    return app


def _open(
    settings: AppSettings,
    queue: PassQueue,
    credential: AsyncTokenCredential | None,
    telemetry: Telemetry = UNMEASURED,
) -> App:
    check_graph_root(settings.graph_base_url)
    location = settings.sync_state_table_service_uri or settings.sync_state.get_secret_value()
    store = open_store(location, credential=credential)
    graph = SdkTransport(settings.graph_base_url, lambda: graph_credential(settings.graph_base_url))
    pipeliner = RequestsTransport(
        settings.pipeliner_service_url,
        settings.pipeliner_api_token.get_secret_value(),
        settings.pipeliner_api_password.get_secret_value(),
    )
    app = build(settings, Parts(store, graph, pipeliner, queue, SystemClock(), telemetry))

    async def close_pipeliner() -> None:
        pipeliner.close()

    app.closers.extend([store.close, graph.close, close_pipeliner])
    if credential is not None:
        app.closers.append(credential.close)
    return app


def build(settings: AppSettings, parts: Parts) -> App:
    """Build a deployment of given parts."""
    telemetry = parts.telemetry
    graph = GraphClient(
        CountedGraph(parts.graph, telemetry) if telemetry.is_on else parts.graph, settings.graph_base_url, parts.clock
    )
    pipeliner = PipelinerClient(
        CountedPipeliner(parts.pipeliner, telemetry) if telemetry.is_on else parts.pipeliner,
        settings.pipeliner_space_id,
        parts.clock,
        settings.pipeliner_requests_per_second,
        WEBHOOK_SKIP_KEY,
    )

    def pass_ports(record: ConnectionRecord, worker: str) -> PassPorts:
        rows, chosen = record.settings.field_map, record.settings
        state = StoredConnectionState(parts.store, record.id, parts.clock, worker)
        mailbox, space = graph.fenced(state.is_held), pipeliner.fenced(state.is_held)
        return PassPorts(
            OutlookFolder(mailbox, record.mailbox_id, record.folder_id, rows, settings.pipeliner_space_id),
            PipelinerContacts(space, rows, chosen.account_rule, chosen.key_field, record.connection().user.id),
            state,
            parts.clock,
            telemetry.watch(),
        )

    return App(
        Operator(
            settings=settings,
            store=parts.store,
            registry=Registry(parts.store),
            feed_state=StoredFeedState(parts.store, settings.pipeliner_space_id),
            outlook=OutlookMailboxes(graph),
            pipeliner=PipelinerSpace(pipeliner),
            queue=parts.queue,
            clock=parts.clock,
            pass_ports=pass_ports,
            reader=lambda connection_id: ConnectionReading(parts.store, connection_id, parts.clock),
            mint_id=lambda: secrets.token_hex(8),
            transports=Transports(parts.graph, parts.pipeliner),
            telemetry=telemetry,
        )
    )


def _needs_identity(settings: AppSettings) -> bool:
    return bool(settings.sync_state_table_service_uri or not settings.queue_connection.get_secret_value())


def _open_queue(settings: AppSettings, credential: AsyncTokenCredential | None) -> StorageQueue:
    connection_string = settings.queue_connection.get_secret_value()
    if connection_string:
        try:
            return StorageQueue.from_connection_string(connection_string)
        except ValueError:
            raise InvalidSettings(["AzureWebJobsStorage is not a storage connection string; copy it anew"]) from None
    uri = settings.queue_service_uri or f"https://{settings.queue_account_name}.queue.core.windows.net"
    if urlsplit(uri).scheme != "https" or credential is None:
        raise InvalidSettings(["AzureWebJobsStorage__queueServiceUri must be an https address"])
    return StorageQueue.from_identity(uri, credential)
