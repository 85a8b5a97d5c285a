from __future__ import annotations

import asyncio

import pytest

from sync_core.engine.ports import Deleted, OutcomeUnknown, PipelinerOutcome, Refused, Unfinished
from sync_core.errors import AccessDenied, RequestRejected, ServiceUnavailable, SyncError, Throttled
from sync_core.pipeliner.client import each_outcome, in_order


async def _outcomes(*script: SyncError | None) -> list[PipelinerOutcome]:
    async def write(error: SyncError | None) -> PipelinerOutcome:
        if error is not None:
            raise error
        return Deleted()

    return await each_outcome(script, write)


async def test_one_lost_answer_does_not_hold_up_the_rest() -> None:
    """It may be one record's own fault."""
    assert await _outcomes(ServiceUnavailable("x"), None, None) == [OutcomeUnknown(), Deleted(), Deleted()]


async def test_second_lost_answer_halts() -> None:
    """Then it is the service's."""
    lost = ServiceUnavailable("x")
    assert await _outcomes(lost, lost, None) == [OutcomeUnknown(), OutcomeUnknown(), Unfinished()]


async def test_pause_halts_at_once_and_says_how_long() -> None:
    """Nothing was done."""
    assert await _outcomes(Throttled("x", 9.0), None) == [Unfinished(9.0), Unfinished()]


async def test_rejected_request_is_that_items_own() -> None:
    """One odd contact must not stop all others for ever."""
    outcomes = await _outcomes(RequestRejected("x", 400, "ERROR_X"), None)
    assert outcomes == [Refused("ERROR_X", "x"), Deleted()]


async def test_lasting_error_is_raised_only_while_nothing_was_written() -> None:
    """No outcome is lost."""
    with pytest.raises(AccessDenied):
        await _outcomes(AccessDenied("x"), None)
    assert await _outcomes(None, AccessDenied("x"), None) == [Deleted(), Unfinished(), Unfinished()]


async def test_found_things_come_in_the_order_of_the_items_whatever_is_faster() -> None:
    """The slowest first item still comes first."""
    first_done = asyncio.Event()

    async def call(item: int) -> int | None:
        if item == 0:
            await first_done.wait()
        first_done.set()
        return None if item == 2 else item

    assert await in_order(range(4), call) == [0, 1, 3]


async def test_first_error_of_reads_is_raised_and_no_more_are_begun() -> None:
    """A broken service is not asked on."""
    begun: list[int] = []

    async def call(item: int) -> int:
        begun.append(item)
        raise ServiceUnavailable(str(item))

    with pytest.raises(ServiceUnavailable, match="0"):
        await in_order(range(10), call)
    assert begun == [0]
