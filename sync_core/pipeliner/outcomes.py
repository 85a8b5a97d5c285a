"""Many calls at once, few in parallel, with one outcome each and in the order of the items."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from sync_core.engine.ports import Deleted, OutcomeUnknown, PipelinerOutcome, Refused, Unfinished, Written
from sync_core.errors import RequestRejected, RetryLater, ServiceUnavailable, SyncError, Throttled

AT_MOST_PARALLEL = 3
LOST_ANSWERS_TO_HALT = 2

Item = TypeVar("Item")
Found = TypeVar("Found")


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


async def each_outcome(
    items: Sequence[Item], write: Callable[[Item], Awaitable[PipelinerOutcome]]
) -> list[PipelinerOutcome]:
    """Write every item. Once Pipeliner has shown that it cannot now, the rest stays unfinished.

    An error that concerns the whole call is raised only while nothing was written, so that no outcome is
    lost; otherwise it comes with the next call.
    """
    permits = asyncio.Semaphore(AT_MOST_PARALLEL)
    errors: list[SyncError] = []

    async def one(item: Item) -> PipelinerOutcome:
        async with permits:
            if must_halt(errors):
                return Unfinished()
            try:
                return await write(item)
            except RequestRejected as error:
                return rejected(error)
            except SyncError as error:
                errors.append(error)
                return after_error(error)

    outcomes = await asyncio.gather(*(one(item) for item in items))
    raise_unless_written(errors, outcomes)
    return list(outcomes)


def must_halt(errors: Sequence[SyncError]) -> bool:
    """Whether to send no more: one lost answer may be one record's own fault, two are the service's."""
    lost = sum(isinstance(error, ServiceUnavailable) for error in errors)
    return lost >= LOST_ANSWERS_TO_HALT or lost < len(errors)


def after_error(error: SyncError) -> PipelinerOutcome:
    """Tell what an error leaves behind: a pause was asked for before the effect, a lost answer says nothing."""
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
