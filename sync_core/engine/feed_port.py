"""What the feed and the dispatch need of the state: watermarks, who last had a contact, inboxes, the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sync_core.domain.connection import Connection
from sync_core.domain.contact import PipelinerId
from sync_core.domain.sides import Ownership
from sync_core.engine.ports import Stream


@dataclass(frozen=True, slots=True)
class Seen:
    """What the feed remembers of a record: its version, and of a contact who had it."""

    version: str
    ownership: Ownership | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A connection that wants changes; paused ones too, so that nothing is missed meanwhile."""

    connection: Connection
    is_active: bool
    not_before: datetime | None = None


class FeedState(Protocol):
    """The feed's memory of one space."""

    async def watermarks(self) -> Mapping[Stream, datetime]:
        """Give up to when each stream has been read (Pipeliner's clock); empty before the first tick."""

    async def advance(self, watermarks: Mapping[Stream, datetime]) -> None:
        """Move the watermarks; only after the inbox rows are stored."""

    async def seen(self, stream: Stream, ids: Sequence[str]) -> Mapping[str, Seen]:
        """Give what is remembered of these records."""

    async def remember(self, stream: Stream, rows: Mapping[str, Seen]) -> None:
        """Remember records."""

    async def linked(self, connection_id: str, ids: Sequence[PipelinerId]) -> frozenset[PipelinerId]:
        """Say which of these contacts a connection has a link to."""

    async def deliver(self, connection_id: str, ids: Sequence[PipelinerId]) -> None:
        """Put contacts into a connection's inbox; repeats collapse."""


@dataclass(frozen=True, slots=True)
class PassRequest:
    """A queue message: run a pass of this connection. It holds ids only.

    `mode` is delta, full (a full round), or sweep (the nightly repair and a full round; it also brings a
    disconnecting that broke off to its end).
    """

    connection_id: str
    trigger: str
    mode: str = "delta"
    run_id: str = ""


class PassQueue(Protocol):
    """Where requests for passes wait for a worker."""

    async def put(self, request: PassRequest, delay_s: float = 0) -> None:
        """Enqueue a request, visible after a delay."""
