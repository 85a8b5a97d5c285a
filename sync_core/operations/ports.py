"""What the operations need: the two services, the state, the queue, and ports made for one connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync_core.engine.feed_port import FeedState, PassQueue
from sync_core.engine.passes import PassPorts
from sync_core.engine.ports import Clock, OutlookPort, PipelinerPort
from sync_core.outlook.transport import GraphTransport
from sync_core.pipeliner.transport import PipelinerTransport
from sync_core.settings import AppSettings
from sync_core.state.reading import ConnectionReading
from sync_core.state.registry import ConnectionRecord, Registry
from sync_core.state.store import Store
from sync_core.telemetry.port import UNMEASURED, Telemetry


@dataclass(frozen=True, slots=True)
class Transports:
    """What carries requests to the two services, for whoever must see the answers themselves."""

    graph: GraphTransport
    pipeliner: PipelinerTransport


@dataclass(frozen=True, slots=True)
class Operator:
    """One deployment of the sync: everything that an operation talks to."""

    settings: AppSettings
    store: Store
    registry: Registry
    feed_state: FeedState
    outlook: OutlookPort
    pipeliner: PipelinerPort
    queue: PassQueue
    clock: Clock
    pass_ports: Callable[[ConnectionRecord, str], PassPorts]
    """Ports of one connection, for a worker of that name."""
    reader: Callable[[str], ConnectionReading]
    """What is written down of one connection."""
    mint_id: Callable[[], str]
    """Gives a short unguessable id."""
    transports: Transports
    telemetry: Telemetry = UNMEASURED
