"""What the operations need: the two services, the state, the queue, and ports made for one connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sync_core.engine.ports import Clock, FeedState, OutlookPort, PipelinerPort, RightsPort, RunQueue
from sync_core.engine.run import RunPorts
from sync_core.http import Transport
from sync_core.settings import AppSettings
from sync_core.state import (
    PROGRAM,
    Actor,
    AuditTrail,
    ConnectionReading,
    ConnectionRecord,
    KeyedHash,
    Registry,
    StoredFeedTurn,
    StoredRulings,
)
from sync_core.storage import Store
from sync_core.telemetry import UNMEASURED, Telemetry


@dataclass(frozen=True, slots=True)
class Transports:
    """What carries requests to the two services, for whoever must see the answers themselves."""

    graph: Transport
    pipeliner: Transport


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of the sync: everything that an operation talks to."""

    settings: AppSettings
    store: Store
    registry: Registry
    feed_state: FeedState
    outlook: OutlookPort
    pipeliner: PipelinerPort
    rights: RightsPort
    queue: RunQueue
    clock: Clock
    keyed: KeyedHash
    feed_turn: Callable[[], StoredFeedTurn]
    """A turn at the feed of the space, for one poll."""
    run_ports: Callable[[ConnectionRecord, str], RunPorts]
    """Ports of one connection, for a worker of that name."""
    reader: Callable[[str], ConnectionReading]
    """What is written down of one connection."""
    mint_id: Callable[[], str]
    """Return a short unguessable id."""
    transports: Transports
    audit: AuditTrail
    actor: Actor = PROGRAM
    """For whom it acts."""
    telemetry: Telemetry = UNMEASURED

    def acting_for(self, actor: Actor) -> Deployment:
        """Return it as it acts for somebody."""
        return replace(self, actor=actor)

    def rulings(self, record: ConnectionRecord) -> StoredRulings:
        """Return what people decided about who is who, as it binds a connection's mailbox."""
        return StoredRulings(self.store, self.settings.pipeliner_space_id, record.mailbox_id, self.keyed.token)
