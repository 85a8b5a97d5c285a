"""A small caller of the emulated Graph, in process, for the tests beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from emulators.faults import Fault
from emulators.graph import GraphModel, GraphSwitches
from emulators.wire import Answer, Request

IMMUTABLE = 'IdType="ImmutableId"'
KEY_ID = "String {00020329-0000-0000-c000-000000000046} Name pipelinerId"
ANN = "ann.archer@example.test"


@dataclass
class GraphCaller:
    """Calls one model as one app; paths are below one user unless they start with a slash."""

    model: GraphModel
    user: str = ANN
    headers: dict[str, str] = field(default_factory=lambda: {"authorization": "Bearer t", "host": "graph.test:81"})

    def call(self, method: str, path: str, body: Any = None, prefer: str | None = None, **query: str) -> Answer:
        """One request; query names lack their dollar sign."""
        full = path if path.startswith("/") else f"/v1.0/users/{self.user}/{path}".rstrip("/")
        options = urlencode({f"${name}": value for name, value in query.items()}, quote_via=quote)
        headers = self.headers | ({"prefer": prefer} if prefer else {})
        encoded = b"" if body is None else json.dumps(body).encode()
        reply = self.model.handle(Request(method, full, options, headers, encoded))
        assert isinstance(reply, Answer)
        return reply

    def follow(self, link: str, prefer: str | None = None) -> Answer:
        """Read an absolute link verbatim."""
        parts = urlsplit(link)
        headers = self.headers | ({"prefer": prefer} if prefer else {})
        reply = self.model.handle(Request("GET", parts.path, parts.query, headers))
        assert isinstance(reply, Answer)
        return reply

    def create(self, prefer: str | None = None, **fields: Any) -> dict[str, Any]:
        """Create a contact in the default folder."""
        answer = self.call("POST", "contacts", fields, prefer)
        assert answer.status == 201, answer.body
        return dict(answer.json())

    def patch(self, contact_id: str, **fields: Any) -> Answer:
        """Change a contact."""
        return self.call("PATCH", f"contacts/{quote(contact_id)}", fields)

    def delta(self, folder: str | None = None, prefer: str | None = None, **query: str) -> Answer:
        """Begin change tracking of a folder."""
        place = f"contactFolders/{quote(folder or self.model.default_folder(self.user))}"
        return self.call("GET", f"{place}/contacts/delta", None, prefer, **query)

    def round(self, answer: Answer, prefer: str | None = None) -> tuple[list[dict[str, Any]], str]:
        """Everything from one page to the end of its round, and the delta link."""
        assert answer.status == 200, answer.body
        page = answer.json()
        entries = list(page["value"])
        while "@odata.nextLink" in page:
            page = self.follow(page["@odata.nextLink"], prefer).json()
            entries += page["value"]
        return entries, page["@odata.deltaLink"]

    def batch(self, *parts: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Answers of a batch by part id."""
        answer = self.call("POST", "/v1.0/$batch", {"requests": list(parts)})
        assert answer.status == 200, answer.body
        return {part["id"]: part for part in answer.json()["responses"]}


def a_caller(seed: int = 0, **switches: Any) -> GraphCaller:
    """Caller of a fresh service with one user."""
    model = GraphModel(switches=GraphSwitches(**switches), seed=seed)
    model.add_user(ANN, "Ann Archer")
    return GraphCaller(model)


def plant(caller: GraphCaller, pattern: str, **fault: Any) -> None:
    """Plant one fault."""
    caller.model.faults.plant(Fault(pattern=pattern, **fault))


def error_of(answer: Answer) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status, answer.json()["error"]["code"]


def message_of(answer: Answer) -> str:
    """Words of a refusal."""
    return str(answer.json()["error"]["message"])


def token_of(link: str) -> str:
    """Token of a delta or next link."""
    return unquote(urlsplit(link).query.partition("=")[2])
