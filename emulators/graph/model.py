"""The emulated contacts part of Microsoft Graph: a request in, a reply out, always the same for the same seed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from emulators.clock import ServiceClock
from emulators.faults import FaultPlan
from emulators.graph.batch import Part, read_batch, run_parts
from emulators.graph.control import Control
from emulators.graph.delta import DeltaFeed
from emulators.graph.delta_tokens import TokenRegister
from emulators.graph.envelope import Envelope
from emulators.graph.errors import GraphError
from emulators.graph.people import People
from emulators.graph.routing import Resource
from emulators.graph.service import ContactsService, kind_of, route_in
from emulators.graph.sign_in import SignIn
from emulators.graph.switches import GraphSwitches
from emulators.graph.tenant import Tenant
from emulators.graph.throttling import Throttle
from emulators.wire import Answer, Reply, Request, json_answer

# Graph feeds Outlook this many parts of a batch at a time.
PARTS_AT_A_TIME = 4


class GraphModel(People):
    """The service. Persons' actions are its own methods; `faults`, `switches` and `clock` are the tests' to use.

    `requests` counts by kind ("GET delta", "POST $batch", and each part as "part POST contact");
    `total_requests` counts what reached the API, a batch as one, sign-in not at all.
    """

    def __init__(self, clock: ServiceClock | None = None, switches: GraphSwitches | None = None, seed: int = 0) -> None:
        """Start without users."""
        self.clock = clock or ServiceClock()
        self.switches = switches or GraphSwitches()
        super().__init__(Tenant(self.clock, self.switches, random.Random(seed)))
        self.faults = FaultPlan()
        self.requests: Counter[str] = Counter()
        self.total_requests = 0
        self.sign_in = SignIn(self.tenant)
        self._tokens = TokenRegister(self.tenant)
        self._throttle = Throttle(self.clock, self.switches)
        self._service = ContactsService(self.tenant, DeltaFeed(self._tokens), self._throttle)
        self._envelope = Envelope(self.tenant)
        self._control = Control(self)

    def handle(self, request: Request) -> Reply:
        """Answer one request of the API or of the sign-in."""
        if request.path.startswith("/v1.0"):
            self.total_requests += 1
            self.requests[kind_of(request)] += 1
        return self.faults.apply(request, lambda: self._answer(request))

    def control(self, request: Request) -> Answer:
        """Answer one request below `/_control/`."""
        return self._control.answer(request)

    def expire_delta_tokens(self, user: str | None = None) -> None:
        """Forget the sync state of one mailbox or of all: every link answers 410."""
        self._tokens.expire(None if user is None else self.folder_ids(user))

    def revoke_tokens(self) -> None:
        """Refuse every bearer token that was issued or used so far."""
        self.sign_in.revoke_all()

    def reset_requests(self) -> None:
        """Count requests from nought."""
        self.requests.clear()
        self.total_requests = 0

    def _answer(self, request: Request) -> Answer:
        signed_in = self.sign_in.answer(request)
        if signed_in is not None:
            self.requests["POST token" if request.method == "POST" else "GET discovery"] += 1
            return signed_in
        try:
            app = self.sign_in.app_of(request)
            if request.method == "POST" and route_in(request).resource is Resource.BATCH:
                answer = self._batch(request, app)
            else:
                answer = self._service.perform(request, app)
        except GraphError as refusal:
            answer = self._envelope.refuse(request, refusal)
        return self._envelope.complete(request, answer)

    def _batch(self, outer: Request, app: str) -> Answer:
        parts = self._throttled(read_batch(outer))
        answers = run_parts(
            parts,
            perform=lambda request: self._perform_part(request, app),
            refuse=lambda refusal: self._envelope.refuse(outer, refusal),
        )
        if self.switches.batch_shuffled:
            self.tenant.rng.shuffle(answers)
        delay_s = max(part.answer.delay_s for part in answers)
        return replace(json_answer(200, {"responses": [part.as_json() for part in answers]}), delay_s=delay_s)

    def _perform_part(self, request: Request, app: str) -> Reply:
        self.requests[f"part {kind_of(request)}"] += 1
        return self.faults.apply(request, lambda: self._part_answer(request, app))

    def _part_answer(self, request: Request, app: str) -> Answer:
        try:
            answer = self._service.perform(request, app)
        except GraphError as refusal:
            answer = self._envelope.refuse(request, refusal)
        return answer

    def _throttled(self, parts: list[Part]) -> list[Part]:
        """Turn a share of the parts beyond the fourth of each mailbox into refusals."""
        share = self.switches.batch_throttled_share
        if not share:
            return parts
        seen: Counter[str] = Counter()
        judged = []
        for part in parts:
            owner = _owner_of(part)
            seen[owner] += 1
            hit = seen[owner] > PARTS_AT_A_TIME and self.tenant.rng.random() < share
            judged.append(replace(part, request=None, refusal=self._throttle.refusal()) if hit else part)
        return judged


def _owner_of(part: Part) -> str:
    try:
        return "" if part.request is None else route_in(part.request).user.casefold()
    except GraphError:
        return ""
