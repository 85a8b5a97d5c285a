"""A client of the emulated Pipeliner, in process, and the small space most tests start from."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from emulators.pipeliner import PipelinerModel, PipelinerSwitches
from emulators.wire import Answer, Model, Request

ROOT = "/api/v100/rest/spaces/em_Emulated"
AUTHORIZATION = "Basic " + base64.b64encode(b"emulator:emulator").decode()
Record = dict[str, Any]
Filters = dict[str, tuple[str, str]]


@dataclass(slots=True)
class Crm:
    """A space with one user, and requests to it; `asked` is the model the requests go to."""

    model: PipelinerModel
    owner: str
    asked: Model

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> Answer:
        """Send one request below `/entities/`; in query names `_` stands for a hyphen, but not within brackets."""
        names = {name: name if "[" in name else name.replace("_", "-") for name in query}
        target = Request(
            method,
            f"{ROOT}/entities/{path}",
            urlencode({names[name]: value for name, value in query.items()}),
            {"authorization": AUTHORIZATION, **(headers or {})},
            b"" if body is None else json.dumps(body).encode(),
        )
        reply = self.asked.handle(target)
        assert isinstance(reply, Answer)
        return reply

    def listed(
        self, plural: str = "Contacts", filters: dict[str, tuple[str, str]] | None = None, **query: Any
    ) -> Record:
        """Return the body of a list; `filters` maps a field to operator and value."""
        for name, (deployment, value) in (filters or {}).items():
            query |= {f"filter[{name}]": value, f"filter-op[{name}]": deployment}
        answer = self.send("GET", plural, **query)
        assert answer.status == 200, answer.body
        body: Record = answer.json()
        return body

    def ids(
        self, plural: str = "Contacts", filters: dict[str, tuple[str, str]] | None = None, **query: Any
    ) -> list[str]:
        """Return the ids of a list's one page."""
        return [record["id"] for record in self.listed(plural, filters, **query)["data"]]

    def get(self, contact_id: str, plural: str = "Contacts", **query: Any) -> Record:
        """Return a record by id."""
        answer = self.send("GET", f"{plural}/{contact_id}", **query)
        assert answer.status == 200, answer.body
        record: Record = answer.json()["data"]
        return record

    def create(self, plural: str = "Contacts", **values: Any) -> Record:
        """Create a record through the API; contacts and accounts belong to the one user by default."""
        if plural in {"Contacts", "Accounts"}:
            values = {"owner_id": self.owner, **values}
        answer = self.send("POST", plural, values)
        assert answer.status == 201, answer.body
        record: Record = answer.json()["data"]
        return record

    def patch(self, record_id: str, plural: str = "Contacts", **values: Any) -> Record:
        """Change a record through the API."""
        answer = self.send("PATCH", f"{plural}/{record_id}", values)
        assert answer.status == 200, answer.body
        record: Record = answer.json()["data"]
        return record


def crm(base_url: str | None = "https://crm.example", **switches: Any) -> Crm:
    """Return a space with one user and these switches."""
    model = PipelinerModel(switches=PipelinerSwitches(**switches), base_url=base_url)
    return Crm(model, model.people.add_user("rita@sales.example", "Rita", "Rep"), model)


def refused_fields(answer: Answer) -> list[str]:
    """Return the names of the fields a 422 complains about."""
    assert answer.status == 422, answer.body
    return [entry["field_name"] for entry in answer.json()["field_errors"]]
