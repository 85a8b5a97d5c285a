"""`$batch`: up to twenty requests in one, each answered, throttled and repeated on its own (json-batching.md).

A create is sent again only when the service says that it did not try; everything else may be done twice without harm
and is repeated while tries and waiting time last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from sync_core.errors import LeaseLost, ServiceUnavailable, SyncError
from sync_core.outlook.addresses import BATCH
from sync_core.outlook.client import JSON_TYPE, PREFER_IDS, PREFER_PAGES, GraphClient
from sync_core.outlook.refusals import CONFLICTS, NOT_DONE, Refusal, Subject, as_error, refusal_of
from sync_core.outlook.retry_after import retry_after_s
from sync_core.outlook.transport import GraphAnswer

MAX_PARTS = 20
MAX_TRIES = 4
MAX_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch. `address` is relative; `etag` becomes If-Match."""

    method: str
    address: str
    body: Mapping[str, Any] | None = None
    etag: str = ""

    @property
    def is_create(self) -> bool:
        """Whether doing it twice would make two of it."""
        return self.method == "POST"

    def as_json(self, part_id: str) -> dict[str, Any]:
        """Entry of `requests`."""
        headers = {"Prefer": PREFER_PAGES if self.method == "GET" else PREFER_IDS}
        entry: dict[str, Any] = {"id": part_id, "method": self.method, "url": self.address, "headers": headers}
        if self.etag:
            headers["If-Match"] = self.etag
        if self.body is not None:
            headers["Content-Type"] = JSON_TYPE
            entry["body"] = self.body
        return entry


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """Last answer to a part; status 0 when none came. `doubtful`: an earlier try may have had its effect."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    doubtful: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the part was done."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_unknown(self) -> bool:
        """Whether the part may have been done or not."""
        return not self.is_success and Refusal(self.status).is_outage


async def send_parts(client: GraphClient, parts: Sequence[Part], subject: Subject) -> list[PartAnswer]:
    """Send at most MAX_PARTS parts as one batch and give their answers in order.

    Waits and repeats as told above, within MAX_TRIES and MAX_WAIT_S. Raises what concerns the batch as a whole
    and is no outage (401, 403, 400 and the like); nothing was done then.
    """
    return await _Exchange(client, parts, subject).run()


class _Exchange:
    def __init__(self, client: GraphClient, parts: Sequence[Part], subject: Subject) -> None:
        self._client = client
        self._parts = parts
        self._subject = subject
        self._answers = [PartAnswer() for _ in parts]

    async def run(self) -> list[PartAnswer]:
        pending = list(range(len(self._parts)))
        waited_s = 0.0
        if not self._may_send(pending):
            raise LeaseLost(f"the lease ended before the request was sent to: {self._subject}")
        for tried in range(1, MAX_TRIES + 1):
            await self._send(pending)
            pending = [position for position in pending if self._may_repeat(position)]
            pause_s = self._pause_s(pending, tried)
            if not pending or tried == MAX_TRIES or waited_s + pause_s > MAX_WAIT_S:
                break
            await self._client.clock.sleep(pause_s)
            waited_s += pause_s
            if not self._may_send(pending):
                break
        return self._answers

    def _may_send(self, pending: Sequence[int]) -> bool:
        return self._client.is_held() or all(self._parts[position].method == "GET" for position in pending)

    async def _send(self, pending: Sequence[int]) -> None:
        entries = [self._parts[position].as_json(str(position)) for position in pending]
        try:
            answer = await self._client.post(BATCH, {"requests": entries})
        except ServiceUnavailable:
            answer = GraphAnswer(0)
        told = self._parts_of(answer)
        for position in pending:
            before = self._answers[position]
            latest = told.get(str(position), PartAnswer())
            self._answers[position] = replace(latest, doubtful=before.doubtful or latest.is_unknown)

    def _parts_of(self, answer: GraphAnswer) -> dict[str, PartAnswer]:
        """Answers by part; an outage of the whole is one of every part."""
        outage = PartAnswer(answer.status, answer.headers)
        if outage.is_success:
            body = answer.json()
            responses = body.get("responses") if isinstance(body, dict) else None
            date = answer.headers.get("date", "")
            return dict(_read_part(item, date) for item in responses or () if isinstance(item, dict))
        if not outage.is_unknown and answer.status not in NOT_DONE:
            raise self._client.refused(answer, self._subject)
        return {str(position): outage for position in range(len(self._parts))}

    def _may_repeat(self, position: int) -> bool:
        part, answer = self._parts[position], self._answers[position]
        if answer.status in NOT_DONE:
            return True
        if part.method == "GET" and answer.status in CONFLICTS:
            return True
        return answer.is_unknown and not part.is_create

    def _pause_s(self, pending: Sequence[int], tried: int) -> float:
        now = self._client.clock.now()
        told = [retry_after_s(self._answers[position].headers, now) for position in pending]
        longest = max((wait for wait in told if wait is not None), default=None)
        return longest if longest is not None else 2.0 ** (tried - 1) + self._client.jitter()


def refusal_in(answer: PartAnswer, client: GraphClient) -> Refusal:
    """Read the refusal of a part."""
    return refusal_of(answer.status, answer.headers, answer.body, client.clock.now())


def error_in(answer: PartAnswer, client: GraphClient, subject: Subject) -> SyncError:
    """Error that a part's answer would be if it were the whole request's."""
    return as_error(refusal_in(answer, client), subject)


def _read_part(item: Mapping[str, Any], date: str) -> tuple[str, PartAnswer]:
    headers = item.get("headers")
    told = headers.items() if isinstance(headers, dict) else ()
    plain = {"date": date, **{str(name).lower(): str(value) for name, value in told}}
    status = item.get("status")
    return str(item.get("id")), PartAnswer(status if isinstance(status, int) else 0, plain, item.get("body"))
