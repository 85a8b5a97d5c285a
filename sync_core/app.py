"""The composition root: the one place that builds the real objects."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential

from sync_core.clock import SystemClock
from sync_core.domain import Side
from sync_core.engine.ports import Clock, RunQueue
from sync_core.engine.run import RunPorts
from sync_core.errors import InvalidSettings
from sync_core.http import Transport
from sync_core.operations import Deployment, Transports
from sync_core.operations.feeding import knows_space
from sync_core.operations.working import known_user
from sync_core.outlook import GraphClient, OutlookFolder, OutlookMailboxes
from sync_core.outlook.credentials import check_graph_root, graph_credential
from sync_core.outlook.sdk_transport import SdkTransport
from sync_core.pipeliner import PipelinerClient, PipelinerContacts, PipelinerRights, PipelinerSpace
from sync_core.pipeliner.requests_transport import RequestsTransport
from sync_core.queues import LocalQueue
from sync_core.queues.storage import StorageQueue
from sync_core.settings import AppSettings, load_settings
from sync_core.state import (
    AuditTrail,
    ConnectionReading,
    ConnectionRecord,
    KeyedHash,
    Registry,
    SideLookup,
    StoredAccountNames,
    StoredAskers,
    StoredConnectionState,
    StoredDuplicates,
    StoredFeedState,
    StoredFeedTurn,
    StoredIdentityIndex,
    StoredReservations,
    StoredRulings,
    StoredSideIndex,
    folder_place,
    open_key,
    polled_at,
    space_place,
)
from sync_core.storage import Store, open_store
from sync_core.telemetry import UNMEASURED, Service, Telemetry, open_telemetry
from sync_core.telemetry.requests import CountedTransport

WEBHOOK_SKIP_KEY = "outlook-pipeliner-sync"


@dataclass(slots=True)
class App:
    """A built deployment and what must be closed at its end."""

    deployment: Deployment
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def close(self) -> None:
        """Free every connection."""
        while self.closers:
            await self.closers.pop()()


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that a deployment is built of; tests and the demo put their own in."""

    store: Store
    graph: Transport
    pipeliner: Transport
    queue: RunQueue
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
    needs_identity = settings.sync_state_table_service_uri or not settings.queue_connection.get_secret_value()
    credential = DefaultAzureCredential() if needs_identity else None
    queue = _open_queue(settings, credential)
    app = _open(settings, queue, credential, telemetry)
    app.closers.append(queue.close)
    return app


def _open(
    settings: AppSettings,
    queue: RunQueue,
    credential: AsyncTokenCredential | None,
    telemetry: Telemetry = UNMEASURED,
) -> App:
    check_graph_root(settings.graph_base_url)
    store = open_store(_state_location(settings), credential=credential)
    graph = SdkTransport(settings.graph_base_url, lambda: graph_credential(settings.graph_base_url))
    pipeliner = RequestsTransport(
        settings.pipeliner_service_url,
        settings.pipeliner_api_token.get_secret_value(),
        settings.pipeliner_api_password.get_secret_value(),
    )
    app = build(settings, Parts(store, graph, pipeliner, queue, SystemClock(), telemetry))
    app.closers.extend([store.close, graph.close, pipeliner.close])
    if credential is not None:
        app.closers.append(credential.close)
    return app


def build(settings: AppSettings, parts: Parts) -> App:
    """Build a deployment of given parts. Raises InvalidSettings where the key of the hashes is missing."""
    space_id = settings.pipeliner_space_id
    keyed = KeyedHash(open_key(settings.sync_identity_key.get_secret_value(), _state_location(settings)), space_id)
    telemetry = parts.telemetry
    graph = GraphClient(
        CountedTransport(parts.graph, Service.GRAPH, telemetry) if telemetry.is_on else parts.graph,
        settings.graph_base_url,
        parts.clock,
    )
    pipeliner = PipelinerClient(
        CountedTransport(parts.pipeliner, Service.PIPELINER, telemetry) if telemetry.is_on else parts.pipeliner,
        settings.pipeliner_space_id,
        parts.clock,
        settings.pipeliner_requests_per_second,
        WEBHOOK_SKIP_KEY,
    )

    in_space = space_place(space_id)

    def run_ports(record: ConnectionRecord, worker: str) -> RunPorts:
        rows, chosen = record.settings.field_map, record.settings
        folder_index = StoredSideIndex(parts.store, folder_place(record.id), Side.OUTLOOK, keyed)
        space_index = SideLookup(parts.store, in_space, Side.PIPELINER, keyed)
        open_askers = partial(StoredAskers, parts.store, space_id)
        state = StoredConnectionState(parts.store, record.id, parts.clock, worker, 300, [folder_index], open_askers)
        mailbox, space = graph.fenced(state.owns_lease), pipeliner.fenced(state.owns_lease)
        return RunPorts(
            OutlookFolder(mailbox, record.mailbox_id, record.folder_id, rows, settings.pipeliner_space_id),
            PipelinerContacts(
                space,
                rows,
                chosen.account_rule,
                chosen.key_field,
                record.connection().user.id,
                lambda: StoredAccountNames(parts.store, space_id, record.id, keyed, parts.clock),
            ),
            state,
            parts.clock,
            keyed,
            StoredIdentityIndex(keyed, folder_index, space_index, lambda: polled_at(parts.store, space_id)),
            folder_index,
            StoredRulings(parts.store, settings.pipeliner_space_id, record.mailbox_id, keyed.token),
            lambda: knows_space(app.deployment),
            lambda: StoredReservations(parts.store, space_id, record.id, keyed, parts.clock),
            lambda found: StoredDuplicates(parts.store, space_id).note(record.id, found, parts.clock.now()),
            lambda user: known_user(app.deployment, user),
        )

    app = App(
        Deployment(
            settings=settings,
            store=parts.store,
            registry=Registry(parts.store),
            feed_state=StoredFeedState(parts.store, space_id),
            outlook=OutlookMailboxes(graph),
            pipeliner=PipelinerSpace(pipeliner),
            rights=PipelinerRights(pipeliner),
            queue=parts.queue,
            clock=parts.clock,
            keyed=keyed,
            feed_turn=lambda: StoredFeedTurn(parts.store, space_id, parts.clock, keyed),
            run_ports=run_ports,
            reader=lambda connection_id: ConnectionReading(parts.store, connection_id, parts.clock),
            mint_id=lambda: secrets.token_hex(8),
            transports=Transports(parts.graph, parts.pipeliner),
            audit=AuditTrail(parts.store),
            telemetry=telemetry,
        )
    )
    return app


def _state_location(settings: AppSettings) -> str:
    return settings.sync_state_table_service_uri or settings.sync_state.get_secret_value()


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
