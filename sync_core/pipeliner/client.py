"""The client of one space: paths, headers, rate, repeats, and Pipeliner's own time."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote

from sync_core.engine.ports import Clock
from sync_core.errors import LeaseLost, RetryLater, ServiceUnavailable, Throttled
from sync_core.pipeliner.answers import Result, read_answer
from sync_core.pipeliner.dates import parse_http_date
from sync_core.pipeliner.rate import DEFAULT_PER_SECOND, RateLimit
from sync_core.pipeliner.targets import CLIENTS, Target
from sync_core.pipeliner.transport import PipelinerAnswer, PipelinerRequest, PipelinerTransport

Query = tuple[tuple[str, str], ...]

AT_MOST_TRIES = 4
AT_MOST_WAITING_S = 60.0
CHANGED_FIELDS_ONLY: Query = (("validation-level", "2"),)
"""Lets an update through although some other field of the record has become invalid meanwhile."""


class PipelinerClient:
    """Talks to one space; make one per space and process, for it holds the rate limit.

    Reads, PATCH and DELETE are repeated on 429, 5xx and lost connections, at most four tries and 60 s of
    waiting in all. A POST is repeated on 429 only, which says that nothing was done.
    """

    def __init__(
        self,
        transport: PipelinerTransport,
        space_id: str,
        clock: Clock,
        requests_per_second: float = DEFAULT_PER_SECOND,
        webhook_skip_key: str = "",
        random: Random | None = None,
        tries: int = AT_MOST_TRIES,
    ) -> None:
        """`webhook_skip_key` spares us the webhooks of our own writes; `random` gives the jitter."""
        self._transport = transport
        self._root = f"/api/v100/rest/spaces/{quote(space_id, safe='')}"
        self._clock = clock
        self._rate = RateLimit(clock, requests_per_second)
        self._skip_key = webhook_skip_key
        self._random = random or Random(space_id)  # noqa: S311 - spreads repeats out, guards nothing
        self._tries = tries
        self._service_time: datetime | None = None
        self._heard_at = clock.now()
        self._is_held: Callable[[], bool] = lambda: True

    def fenced(self, is_held: Callable[[], bool]) -> PipelinerClient:
        """Give a client of the same space and rate that writes only while `is_held`; else LeaseLost, nothing sent."""
        client = copy(self)
        client._is_held = is_held  # noqa: SLF001 - of its own kind
        return client

    async def get(self, target: Target, query: Query = ()) -> Result:
        """Read a collection or a record."""
        return await self._perform("GET", target, query, b"", is_repeatable=True)

    async def patch(self, target: Target, body: Any) -> Result:
        """Change the fields in `body`; only they are validated."""
        return await self._perform("PATCH", target, CHANGED_FIELDS_ONLY, encoded(body), is_repeatable=True)

    async def delete(self, target: Target) -> Result:
        """Delete a record (softly)."""
        return await self._perform("DELETE", target, (), b"", is_repeatable=True)

    async def post(self, target: Target, body: Any, query: Query = ()) -> Result:
        """Create; after ServiceUnavailable it may have been done or not."""
        return await self._perform("POST", target, query, encoded(body), is_repeatable=False)

    async def server_time(self) -> datetime:
        """Pipeliner's time now, in whole seconds: that of its last answer and what has passed since.

        Asks for something cheap when there was no answer yet. An intent dated by an old answer would seem old enough
        to be given up while the create that it stands for may still be hidden.

        Raises ServiceUnavailable when Pipeliner does not tell.
        """
        if self._service_time is None:
            await self.get(Target(CLIENTS), (("first", "1"), ("load-only", "id")))
        if self._service_time is None:
            raise ServiceUnavailable("Pipeliner's answers carry no Date")
        passed = max(self._clock.now() - self._heard_at, timedelta())
        return (self._service_time + passed).replace(microsecond=0)

    async def _perform(self, method: str, target: Target, query: Query, body: bytes, *, is_repeatable: bool) -> Result:
        request = PipelinerRequest(method, self._root + target.path, query, self._headers(method, body), body)
        waited_s, tries = 0.0, 0
        if method != "GET" and not self._is_held():
            raise LeaseLost("the lease ended before the request was sent")
        while True:
            tries += 1
            try:
                await self._rate.turn()
                return read_answer(await self._exchange(request), method, target, self._clock.now())
            except RetryLater as error:
                wait_s = self._backoff_s(tries, error.retry_after_s)
                may_repeat = is_repeatable or isinstance(error, Throttled)
                if method != "GET" and not self._is_held():
                    raise
                if not may_repeat or tries >= self._tries or waited_s + wait_s > AT_MOST_WAITING_S:
                    raise
            waited_s += wait_s
            await self._clock.sleep(wait_s)

    async def _exchange(self, request: PipelinerRequest) -> PipelinerAnswer:
        answer = await self._transport.send(request)
        told = parse_http_date(answer.headers.get("date", ""))
        if told is not None:
            self._service_time, self._heard_at = told, self._clock.now()
        return answer

    def _headers(self, method: str, body: bytes) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if method != "GET" and self._skip_key:
            headers["Webhook-Skip-Key"] = self._skip_key
        if body:
            headers["Content-Type"] = "application/json"
        return headers

    def _backoff_s(self, tries: int, retry_after_s: float | None) -> float:
        """1 to 2 s, then 2 to 4, then 4 to 8, never less than asked for."""
        own = min(2.0 ** (tries - 1) * (1.0 + self._random.random()), AT_MOST_WAITING_S)
        return max(own, retry_after_s or 0.0)


def encoded(body: Any) -> bytes:
    """Body as it goes over the wire."""
    return json.dumps(body, ensure_ascii=False).encode()
