"""Pipeliner's REST API v100 as a deterministic state machine: a request value in, a reply value out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from emulators.clock import ServiceClock, http_date
from emulators.faults import FaultPlan
from emulators.pipeliner.control import Control
from emulators.pipeliner.people import People
from emulators.pipeliner.routing import PREFIX, Access, Router
from emulators.pipeliner.seeding import furnish, generate_contacts, seed
from emulators.pipeliner.space import Space
from emulators.pipeliner.switches import PipelinerSwitches
from emulators.wire import Answer, Reply, Request


class PipelinerModel:
    """One emulated space.

    `people` are the persons working in it, `faults` what is planted against it, `requests` counts what
    came in by kind, such as `GET Contacts list` or `POST Contacts/batch-modify`. Without `base_url` the
    URIs in answers begin with the request's Host.
    """

    def __init__(
        self,
        clock: ServiceClock | None = None,
        switches: PipelinerSwitches | None = None,
        seed: int = 0,
        space_id: str = "em_Emulated",
        username: str = "emulator",
        password: str = "emulator",  # noqa: S107 - the emulator's own, no secret
        base_url: str | None = None,
    ) -> None:
        """Start a space with one sales unit, one contact type and no contact."""
        self.clock = clock or ServiceClock()
        self.switches = switches or PipelinerSwitches()
        self.space_id = space_id
        self.space = Space(self.clock, self.switches, seed)
        self.people = People(self.space)
        self.faults = FaultPlan()
        self.requests: Counter[str] = Counter()
        self._router = Router(self.space, Access(space_id, username, password, base_url))
        self._control = Control(self.space, self.people, self.faults, self.requests)
        furnish(self.space)

    @property
    def total_requests(self) -> int:
        """How many API requests have come in."""
        return self.requests.total()

    def handle(self, request: Request) -> Reply:
        """Answer one request of the emulated API, under the planted faults."""
        self.requests[kind_of(request)] += 1
        reply = self.faults.apply(request, lambda: self._router.answer(request))
        if not isinstance(reply, Answer):
            return reply
        headers = {"Date": http_date(self.clock.peek()), **reply.headers}
        return Answer(reply.status, headers, reply.body, reply.delay_s, reply.cut_at)

    def control(self, request: Request) -> Answer:
        """Answer one request below `/_control/`."""
        return self._control.answer(request)

    def state(self, plural: str | None = None) -> dict[str, Any]:
        """Return all records, or those of one entity, as the API would show them."""
        return self._control.state(plural)

    def seed(self, records: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[str]]:
        """Store records by plural entity name, unchecked; returns their ids."""
        return seed(self.space, records)

    def generate_contacts(self, count: int, owner_ids: Sequence[str] = ()) -> list[str]:
        """Store many invented contacts; returns their ids."""
        return generate_contacts(self.space, self.people, count, owner_ids)


def kind_of(request: Request) -> str:
    """Name what a request asks for, without ids: the key under which it is counted."""
    segments = request.segments
    if segments[: len(PREFIX)] != PREFIX or len(segments) < 7:
        return f"{request.method} elsewhere"
    plural, rest = segments[6], segments[7:]
    if not rest:
        return f"{request.method} {plural}" + (" list" if request.method == "GET" else "")
    is_verb = rest[0] in {"batch-modify", "batch-delete", "merge"}
    return f"{request.method} {plural}" + (f"/{rest[0]}" if is_verb else "")
