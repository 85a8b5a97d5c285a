from __future__ import annotations

import asyncio

import pytest

from emulators.clock import ServiceClock
from emulators.faults import Fault
from emulators.in_process import InProcessPipeliner, PassingClock
from emulators.pipeliner import PipelinerModel
from sync_core.engine.ports import Deleted, OutcomeUnknown, PipelinerOutcome, Refused, Unfinished
from sync_core.errors import AccessDenied, LeaseLost, RequestRejected, ServiceUnavailable, SyncError, Throttled
from sync_core.pipeliner.client import AT_MOST_PARALLEL, MOST_FAILING, PipelinerClient, each_outcome, in_order


def _client(*, is_silent: bool = False) -> PipelinerClient:
    """A client of a space that answers lists, unless it `is_silent`."""
    model = PipelinerModel(ServiceClock())
    if is_silent:
        model.faults.plant(Fault("", times=None, status=503))
    return PipelinerClient(InProcessPipeliner(model), "em_Emulated", PassingClock(model.clock))


async def _outcomes(*script: SyncError | None, is_silent: bool = False) -> list[PipelinerOutcome]:
    async def write(error: SyncError | None) -> PipelinerOutcome:
        if error is not None:
            raise error
        return Deleted()

    return await each_outcome(_client(is_silent=is_silent), script, write)


async def test_lost_answers_do_not_hold_up_the_rest_while_pipeliner_answers() -> None:
    """They are those records' own fault, and the outcome says why."""
    lost = ServiceUnavailable("odd")
    outcomes = await _outcomes(None, lost, lost, lost, None)
    assert outcomes == [Deleted(), OutcomeUnknown(), OutcomeUnknown(), OutcomeUnknown(), Deleted()]
    assert isinstance(outcomes[1], OutcomeUnknown)
    assert outcomes[1].why == "odd"


async def test_a_lost_answer_halts_when_pipeliner_answers_nothing_else() -> None:
    """Then it is the service's, and those that were not sent are not blamed."""
    lost = ServiceUnavailable("x")
    *sent, last = await _outcomes(*[lost] * 4, None, is_silent=True)
    assert {type(outcome) for outcome in sent} <= {OutcomeUnknown, Unfinished}
    assert last == Unfinished()
    assert all(outcome.why == "" for outcome in sent if isinstance(outcome, OutcomeUnknown | Unfinished))


async def test_records_that_all_fail_are_left_to_the_next_run_after_some() -> None:
    """Each costs all tries; what was not sent is no try."""
    outcomes = await _outcomes(*[ServiceUnavailable("x")] * 40)
    unsent = [outcome for outcome in outcomes if isinstance(outcome, Unfinished)]
    assert len(outcomes) - len(unsent) <= MOST_FAILING + AT_MOST_PARALLEL
    assert {outcome.why for outcome in unsent} == {""}


async def test_pause_halts_at_once_and_says_how_long() -> None:
    """Nothing was done."""
    assert await _outcomes(Throttled("x", 9.0), None, is_silent=True) == [Unfinished(9.0), Unfinished()]


async def test_rejected_request_is_that_items_own() -> None:
    """One odd contact must not stop all others for ever."""
    outcomes = await _outcomes(RequestRejected("x", 400, "ERROR_X"), None)
    assert outcomes == [Refused("ERROR_X", "x"), Deleted()]


async def test_denied_access_is_one_records_own_while_the_space_answers() -> None:
    """What one user may not do with one contact says nothing of the others."""
    outcomes = await _outcomes(AccessDenied("x"), None)
    assert outcomes == [Unfinished(), Deleted()]
    assert isinstance(outcomes[0], Unfinished)
    assert outcomes[0].why == "x"


async def test_lasting_error_is_raised_only_while_nothing_was_written() -> None:
    """No outcome is lost."""
    with pytest.raises(LeaseLost):
        await _outcomes(LeaseLost("x"), None)
    assert await _outcomes(None, LeaseLost("x"), None) == [Deleted(), Unfinished(), Unfinished()]


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
