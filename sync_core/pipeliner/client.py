"""The client of one space: paths, headers, rate, repeats, Pipeliner's own time, lists by cursors, calls in parallel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from random import Random
from typing import Any, TypeVar

from sync_core.engine.ports import Clock, Deleted, OutcomeUnknown, PipelinerOutcome, Refused, Unfinished, Walk, Written
from sync_core.errors import (
    LeaseLost,
    RequestRejected,
    RetryLater,
    RunStopped,
    ServiceUnavailable,
    SpaceGone,
    SyncError,
    Throttled,
)
from sync_core.http import Query, Request, Transport, backoff_s, encoded, parse_http_date, segment, with_query
from sync_core.pipeliner.answers import (
    CLIENTS,
    CONTACTS,
    NotThere,
    Record,
    Result,
    Target,
    elements,
    expanded,
    flag_of,
    number_of,
    read_answer,
    text_of,
)

DEFAULT_PER_SECOND = 5.0
"""Pipeliner documents no limit; other integrations live with this one."""
PAGE_SIZE = 100
"""Pipeliner's documented maximum."""
WITH_DELETED: Query = (("include-deleted", "true"),)
AT_MOST_PARALLEL = 3
MOST_FAILING = 8
"""Records that may fail by themselves in one call before any was taken; the others are left to the next run."""
AT_MOST_TRIES = 4
AT_MOST_WAITING_S = 60.0
CHANGED_FIELDS_ONLY: Query = (("validation-level", "2"),)
"""Lets an update through although some other field of the record has become invalid meanwhile."""

Item = TypeVar("Item")
Found = TypeVar("Found")


class RateLimit:
    """A token bucket: lets `per_second` requests through on average, one second's worth at once after a pause."""

    def __init__(self, clock: Clock, per_second: float = DEFAULT_PER_SECOND) -> None:
        self._clock = clock
        self._per_second = per_second
        self._capacity = max(per_second, 1.0)
        self._tokens = self._capacity
        self._counted_at: datetime | None = None

    async def turn(self) -> None:
        """Wait for this caller's turn; callers go in the order in which they came."""
        now = self._clock.now()
        if self._counted_at is not None:
            elapsed_s = max((now - self._counted_at).total_seconds(), 0.0)
            self._tokens = min(self._capacity, self._tokens + elapsed_s * self._per_second)
        self._counted_at = now
        self._tokens -= 1.0
        if self._tokens < 0.0:
            await self._clock.sleep(-self._tokens / self._per_second)


class PipelinerClient:
    """Talks to one space; make one per space and process, for it holds the rate limit.

    Reads, PATCH and DELETE are repeated on 429, 5xx and lost connections, at most four tries and 60 s of
    waiting in all. A POST is repeated on 429 only, which says that nothing was done.
    """

    def __init__(
        self,
        transport: Transport,
        space_id: str,
        clock: Clock,
        requests_per_second: float = DEFAULT_PER_SECOND,
        webhook_skip_key: str = "",
        random: Random | None = None,
        tries: int = AT_MOST_TRIES,
    ) -> None:
        """`webhook_skip_key` spares us the webhooks of our own writes; `random` gives the jitter."""
        self._transport = transport
        self._root = f"/api/v100/rest/spaces/{segment(space_id)}"
        self._clock = clock
        self._rate = RateLimit(clock, requests_per_second)
        self._skip_key = webhook_skip_key
        self._random = random or Random(space_id)  # noqa: S311 - spreads repeats out, guards nothing
        self._tries = tries
        self._service_time: datetime | None = None
        self._heard_at = clock.now()
        self._owns_lease: Callable[[], bool] = lambda: True

    def fenced(self, owns_lease: Callable[[], bool]) -> PipelinerClient:
        """Return a client of the same rate that writes only while `owns_lease`; else LeaseLost, nothing sent."""
        client = copy(self)
        client._owns_lease = owns_lease  # noqa: SLF001 - of its own kind
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
        headers = {"Accept": "application/json"}
        if method != "GET" and self._skip_key:
            headers["Webhook-Skip-Key"] = self._skip_key
        if body:
            headers["Content-Type"] = "application/json"
        request = Request(method, with_query(self._root + target.path, query), headers, body)
        waited_s, tries = 0.0, 0
        if method != "GET" and not self._owns_lease():
            raise LeaseLost("the lease ended before the request was sent")
        while True:
            tries += 1
            try:
                await self._rate.turn()
                answer = await self._transport.send(request)
                told, now = parse_http_date(answer.headers.get("date", "")), self._clock.now()
                if told is not None:
                    self._service_time, self._heard_at = told, now
                return read_answer(answer, method, target, now)
            except RetryLater as error:
                wait_s = max(backoff_s(tries, self._random.random()), error.retry_after_s or 0.0)
                may_repeat = is_repeatable or isinstance(error, Throttled)
                if method != "GET" and not self._owns_lease():
                    raise
                if not may_repeat or tries >= self._tries or waited_s + wait_s > AT_MOST_WAITING_S:
                    raise
            waited_s += wait_s
            await self._clock.sleep(wait_s)


def where(name: str, value: str, comparison: str = "eq") -> Query:
    """Filter on one field."""
    condition = (f"filter[{name}]", value)
    return (condition,) if comparison == "eq" else (condition, (f"filter-op[{name}]", comparison))


def ordered(name: str) -> Query:
    """Sort by one field, ascending."""
    return (("order-by", name),)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `after` continues it, None at the end; `total` counts the whole list, -1 where untold."""

    records: tuple[Record, ...]
    after: str | None
    total: int = -1


async def read_page(
    client: PipelinerClient, entity: str, query: Query, after: str | None = None, size: int = PAGE_SIZE
) -> Page:
    """Read one page; raises ServiceUnavailable when the answer is no whole page."""
    cursor = (("after", after),) if after else ()
    result = await client.get(Target(entity), (*query, ("first", str(size)), *cursor))
    if isinstance(result, NotThere):
        raise SpaceGone("the Pipeliner space does not exist under this service URL")
    if isinstance(result, Refused):
        raise RequestRejected(f"Pipeliner refused to list {entity}", HTTPStatus.UNPROCESSABLE_ENTITY, result.code)
    body = result.body
    if not isinstance(body.get("data"), list):
        raise ServiceUnavailable(f"Pipeliner's answer is no page of {entity}")
    info, following = expanded(body, "page_info") or {}, None
    if flag_of(info, "has_next_page"):
        following = text_of(info, "end_cursor")
        if not following or following == after:
            raise ServiceUnavailable(f"Pipeliner says that more {entity} follow, but not where")
    records = tuple(record for record in elements(body, "data") if isinstance(record, dict))
    return Page(records, following, number_of(body, "total"))


async def every_record(
    client: PipelinerClient, entity: str, query: Query, after: str | None = None
) -> AsyncIterator[Record]:
    """Walk through a list from a cursor to its end."""
    page, walk = await read_page(client, entity, query, after), Walk(entity)
    while True:
        for record in page.records:
            yield record
        if walk.to(page.after) is None:
            return
        page = await read_page(client, entity, query, page.after)


async def in_order(items: Iterable[Item], call: Callable[[Item], Awaitable[Found | None]]) -> list[Found]:
    """Call for every item and keep what is found; the first error is raised once no call is under way any more."""
    permits = asyncio.Semaphore(AT_MOST_PARALLEL)
    failed: list[BaseException] = []

    async def one(item: Item) -> Found | None:
        async with permits:
            if failed:
                return None
            try:
                return await call(item)
            except SyncError as error:
                failed.append(error)
                return None

    found = await asyncio.gather(*(one(item) for item in items))
    if failed:
        raise failed[0]
    return [value for value in found if value is not None]


async def own_fault(client: PipelinerClient, error: SyncError) -> str:
    """Return why one record alone fails, as Pipeliner answers something else; raises what concerns it all."""
    if isinstance(error, RunStopped):
        raise error
    await read_page(client, CONTACTS, (*ordered("id"), ("load-only", "id")), size=1)
    return str(error)


async def each_outcome(
    client: PipelinerClient, items: Sequence[Item], write: Callable[[Item], Awaitable[PipelinerOutcome]]
) -> list[PipelinerOutcome]:
    """Write every item. Once Pipeliner has shown that it cannot now, the rest stays unfinished."""
    permits = asyncio.Semaphore(AT_MOST_PARALLEL)
    errors: list[SyncError] = []
    failed, is_taken = 0, False

    async def one(item: Item) -> PipelinerOutcome:
        nonlocal failed, is_taken
        async with permits:
            if errors or (failed >= MOST_FAILING and not is_taken):
                return Unfinished()
            try:
                outcome = await write(item)
            except RequestRejected as error:
                return rejected(error)
            except SyncError as error:
                failed += 1
                return await left_behind(client, error, errors)
            is_taken = True
            return outcome

    outcomes = await asyncio.gather(*(one(item) for item in items))
    if errors:
        raise_unless_written(errors, outcomes)
    return list(outcomes)


async def left_behind(client: PipelinerClient, error: SyncError, errors: list[SyncError]) -> PipelinerOutcome:
    """Return what an error of one write leaves behind; what concerns every other one as well is noted in `errors`."""
    try:
        why = await own_fault(client, error)
    except SyncError as of_all:
        errors.append(of_all)
        return after_error(error)
    if isinstance(error, Throttled):  # asked of this one alone, perhaps: the others wait as well
        errors.append(error)
        return Unfinished(error.retry_after_s, why)
    return OutcomeUnknown(why) if isinstance(error, RetryLater) else Unfinished(why=why)


def after_error(error: SyncError) -> PipelinerOutcome:
    """Return what an error leaves behind: a pause was asked for before the effect, a lost answer says nothing."""
    if isinstance(error, Throttled):
        return Unfinished(error.retry_after_s)
    return OutcomeUnknown() if isinstance(error, RetryLater) else Unfinished()


def raise_unless_written(errors: Sequence[SyncError], outcomes: Sequence[PipelinerOutcome]) -> None:
    """Raise what concerns the whole call, unless an outcome would be lost by it."""
    lasting = [error for error in errors if not isinstance(error, RetryLater)]
    if lasting and not any(isinstance(outcome, Written | Deleted | OutcomeUnknown) for outcome in outcomes):
        raise lasting[0]


def rejected(error: RequestRejected) -> Refused:
    """Let one contact that Pipeliner calls a wrong request not hold up the others."""
    return Refused(error.code or str(error.status), str(error))
