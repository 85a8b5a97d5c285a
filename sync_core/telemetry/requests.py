"""A transport that counts what its service answers; the clients above know nothing of it."""

from __future__ import annotations

from http import HTTPStatus

from typing_extensions import override

from sync_core.errors import SyncError
from sync_core.http import Answer, Request, Transport
from sync_core.outlook import BATCH
from sync_core.telemetry.port import RequestOutcome, Service, Telemetry


class CountedTransport(Transport):
    """Counts the requests to one service; of Graph's `$batch` that was carried out each part by its own status.

    What the SDK repeats by itself counts once, by its last answer.
    """

    def __init__(self, transport: Transport, service: Service, telemetry: Telemetry) -> None:
        """Count the requests that go through `transport`."""
        self._transport = transport
        self._service = service
        self._telemetry = telemetry

    @override
    async def send(self, request: Request) -> Answer:
        try:
            answer = await self._transport.send(request)
        except SyncError:
            self._telemetry.requested(self._service, RequestOutcome.FAILED)
            raise
        statuses = [answer.status]
        if self._service is Service.GRAPH and request.path.endswith(BATCH) and answer.status == HTTPStatus.OK:
            body = answer.json()
            parts = body.get("responses") if isinstance(body, dict) else None
            if isinstance(parts, list):
                told = [part.get("status") if isinstance(part, dict) else None for part in parts]
                statuses = [status if isinstance(status, int) else 0 for status in told]
        for status in statuses:
            self._telemetry.requested(self._service, outcome_of(status))
        return answer

    @override
    async def close(self) -> None:
        await self._transport.close()


def outcome_of(status: int) -> RequestOutcome:
    """Sort an HTTP status; 0 and anything else that is no status counts as no answer."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RequestOutcome.THROTTLED
    if HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST:
        return RequestOutcome.OK
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return RequestOutcome.REFUSED
    return RequestOutcome.FAILED
