"""Transports that pass every request on and remember of the answers what the clients above them drop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sync_core.engine.ports import Clock
from sync_core.outlook.transport import GraphAnswer, GraphRequest, GraphTransport
from sync_core.pipeliner.dates import parse_http_date
from sync_core.pipeliner.transport import PipelinerAnswer, PipelinerRequest, PipelinerTransport


@dataclass(slots=True)
class Heard:
    """What a service's last answer told: its status, and how far its clock is ahead of ours, in seconds."""

    clock: Clock
    status: int = 0
    ahead_s: float | None = None

    def forget(self) -> None:
        """Start anew: no answer came yet."""
        self.status = 0

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Remember an answer; a missing or unreadable Date leaves the last one."""
        self.status = status
        told: datetime | None = parse_http_date(headers.get("date", ""))
        if told is not None:
            self.ahead_s = (told - self.clock.now()).total_seconds()


class ListeningGraph:
    """A `GraphTransport` over another one."""

    def __init__(self, transport: GraphTransport, heard: Heard) -> None:
        self._transport = transport
        self._heard = heard

    async def send(self, request: GraphRequest) -> GraphAnswer:
        """See `GraphTransport.send`."""
        self._heard.forget()
        answer = await self._transport.send(request)
        self._heard.note(answer.status, answer.headers)
        return answer

    async def close(self) -> None:
        """Leave the transport to its owner."""


class ListeningPipeliner:
    """A `PipelinerTransport` over another one."""

    def __init__(self, transport: PipelinerTransport, heard: Heard) -> None:
        self._transport = transport
        self._heard = heard

    async def send(self, request: PipelinerRequest) -> PipelinerAnswer:
        """See `PipelinerTransport.send`."""
        self._heard.forget()
        answer = await self._transport.send(request)
        self._heard.note(answer.status, answer.headers)
        return answer
