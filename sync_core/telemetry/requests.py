"""Transports that count what their service answers; the clients above know nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

from sync_core.errors import SyncError
from sync_core.outlook.addresses import BATCH
from sync_core.outlook.transport import GraphAnswer, GraphRequest, GraphTransport
from sync_core.pipeliner.transport import PipelinerAnswer, PipelinerRequest, PipelinerTransport
from sync_core.telemetry.port import RequestOutcome, Service, Telemetry


class CountedGraph:
    """A `GraphTransport` that counts; of a `$batch` that was carried out each part by its own status.

    What the SDK repeats by itself counts once, by its last answer.
    """

    def __init__(self, transport: GraphTransport, telemetry: Telemetry) -> None:
        """Count the requests that go through `transport`."""
        self._transport = transport
        self._telemetry = telemetry

    async def send(self, request: GraphRequest) -> GraphAnswer:
        """See `GraphTransport.send`."""
        try:
            answer = await self._transport.send(request)
        except SyncError:
            self._telemetry.requested(Service.GRAPH, RequestOutcome.FAILED)
            raise
        is_batch = urlsplit(request.url).path.endswith(BATCH)
        for status in _part_statuses(answer) if is_batch else (answer.status,):
            self._telemetry.requested(Service.GRAPH, outcome_of(status))
        return answer

    async def close(self) -> None:
        """See `GraphTransport.close`."""
        await self._transport.close()


class CountedPipeliner:
    """A `PipelinerTransport` that counts."""

    def __init__(self, transport: PipelinerTransport, telemetry: Telemetry) -> None:
        """Count the requests that go through `transport`."""
        self._transport = transport
        self._telemetry = telemetry

    async def send(self, request: PipelinerRequest) -> PipelinerAnswer:
        """See `PipelinerTransport.send`."""
        try:
            answer = await self._transport.send(request)
        except SyncError:
            self._telemetry.requested(Service.PIPELINER, RequestOutcome.FAILED)
            raise
        self._telemetry.requested(Service.PIPELINER, outcome_of(answer.status))
        return answer


def outcome_of(status: int) -> RequestOutcome:
    """Sort an HTTP status; 0 and anything else that is no status counts as no answer."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RequestOutcome.THROTTLED
    if HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST:
        return RequestOutcome.OK
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return RequestOutcome.REFUSED
    return RequestOutcome.FAILED


def _part_statuses(answer: GraphAnswer) -> Iterator[int]:
    """Statuses of a batch's parts; the batch's own when it was not carried out."""
    body = answer.json() if answer.status == HTTPStatus.OK else None
    parts = body.get("responses") if isinstance(body, dict) else None
    if not isinstance(parts, list):
        yield answer.status
        return
    for part in parts:
        status = part.get("status") if isinstance(part, dict) else None
        yield status if isinstance(status, int) else 0
