"""What every answer carries: the ids and times for support, and the error envelope."""

from __future__ import annotations

from emulators.clock import http_date
from emulators.graph.errors import GraphError
from emulators.graph.tenant import Tenant
from emulators.wire import Answer, Request, json_answer

_DIAGNOSTIC = (
    '{"ServerInfo":{"DataCenter":"Emulated","Slice":"E","Ring":"0","ScaleUnit":"000","RoleInstance":"EMULATOR"}}'
)


class Envelope:
    """Dresses the answers of one service."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def refuse(self, request: Request, refusal: GraphError) -> Answer:
        """Answer with the error envelope."""
        request_id = self._tenant.ids.request_id()
        inner = {
            "date": self._tenant.clock.peek().strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": request.headers.get("client-request-id", request_id),
        }
        body = {"error": {"code": refusal.code, "message": refusal.message, "innerError": inner}}
        return json_answer(refusal.status, body, {**refusal.headers, "request-id": request_id})

    def complete(self, request: Request, answer: Answer) -> Answer:
        """Add the headers every answer has."""
        request_id = answer.headers.get("request-id") or self._tenant.ids.request_id()
        headers = {
            **answer.headers,
            "request-id": request_id,
            "client-request-id": request.headers.get("client-request-id", request_id),
            "x-ms-ags-diagnostic": _DIAGNOSTIC,
            "Date": http_date(self._tenant.clock.peek()),
        }
        return Answer(answer.status, headers, answer.body, answer.delay_s, answer.cut_at)
