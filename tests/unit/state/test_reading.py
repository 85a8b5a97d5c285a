"""What people see and do beside a pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync_core.domain.contact import PipelinerId
from sync_core.domain.records import CONNECTION_SUBJECT, Reason, RunState
from sync_core.engine.state_port import Cursor, PipelinerWork, RemovalWork, Unit
from sync_core.errors import NotFound
from sync_core.state.embedded import EmbeddedStore
from sync_core.state.reading import ConnectionReading, Waiting
from tests.connection_scenario import (
    CONNECTION,
    START,
    TestClock,
    all_rows,
    attention,
    created,
    link,
    new_unit,
    opened,
    run,
)


@pytest.fixture
def reading(memory: EmbeddedStore, clock: TestClock) -> ConnectionReading:
    """The records of a connection."""
    return ConnectionReading(memory, CONNECTION, clock)


async def three_passes(memory: EmbeddedStore, clock: TestClock) -> None:
    """Link 70 contacts in each of three passes, at one and the same time."""
    for number in range(3):
        state = await opened(memory, clock, run_id=f"run-{number}")
        await state.commit([new_unit(70 * number + place) for place in range(70)])
        await state.close(Cursor(), run(f"run-{number}", created_in_outlook=70))


async def test_history_is_paged_newest_first(
    memory: EmbeddedStore, clock: TestClock, reading: ConnectionReading
) -> None:
    """Pages of any size join without a gap or a repeat, even when the clock stood still."""
    await three_passes(memory, clock)
    whole = await reading.history(1000)
    assert [item.entry for item in whole] == [created(link(number)) for number in range(209, -1, -1)]
    assert len({item.id for item in whole}) == 210
    paged, before = [], None
    while page := await reading.history(23, before):
        paged += page
        before = page[-1].id
    assert paged == whole


async def test_history_of_one_contact_or_one_run_is_found(
    memory: EmbeddedStore, clock: TestClock, reading: ConnectionReading
) -> None:
    """By either side's id or the link's, and by the run."""
    await three_passes(memory, clock)
    one = link(100)
    for contact_id in (one.id, one.outlook_id, one.pipeliner_id):
        (found,) = await reading.history(contact_id=contact_id)
        assert found.entry == created(one)
    assert {item.run_id for item in await reading.history(200, run_id="run-1")} == {"run-1"}
    assert len(await reading.history(200, run_id="run-1")) == 70


async def test_one_history_entry_is_read_by_its_id(
    memory: EmbeddedStore, clock: TestClock, reading: ConnectionReading
) -> None:
    """Undo starts from it; what is no entry is not found."""
    await three_passes(memory, clock)
    recorded = (await reading.history(10))[7]
    assert await reading.recorded(recorded.id) == recorded
    for wrong in ("nonsense", "1-2-3-4", recorded.id + "9", f"{recorded.id[:-3]}-99"):
        with pytest.raises(NotFound):
            await reading.recorded(wrong)
    with pytest.raises(NotFound):
        await reading.history(before="nonsense")


async def test_an_item_put_up_outside_a_pass_keeps_its_time(clock: TestClock, reading: ConnectionReading) -> None:
    """Until it is settled or its reason changes."""
    poison = attention(CONNECTION_SUBJECT, Reason.POISON)
    await reading.report(poison)
    clock.at += timedelta(hours=1)
    await reading.report(poison)
    assert await reading.attention() == [replace(poison, since=START)]
    await reading.report(replace(poison, reason=Reason.PAUSED))
    assert [item.since for item in await reading.attention()] == [clock.at]
    await reading.settle(CONNECTION_SUBJECT)
    await reading.settle(CONNECTION_SUBJECT)
    assert await reading.attention() == []


async def test_attention_lists_the_longest_waiting_first(clock: TestClock, reading: ConnectionReading) -> None:
    """Whatever the subjects are."""
    for subject in ("outlook:b", "outlook:a", "link:c"):
        await reading.report(attention(subject))
        clock.at += timedelta(hours=1)
    assert [item.subject for item in await reading.attention()] == ["outlook:b", "outlook:a", "link:c"]


async def test_a_run_that_was_asked_for_is_followed_to_its_end(
    memory: EmbeddedStore, clock: TestClock, reading: ConnectionReading
) -> None:
    """Queued, running, done; asking for the same run again changes nothing."""
    queued = replace(run("run-7", RunState.QUEUED, "http"), queued_at=START, started_at=None, ended_at=None)
    await reading.queue_run(queued)
    assert await reading.run("run-7") == queued
    await reading.mark_run(replace(queued, state=RunState.RUNNING))
    await reading.queue_run(queued)
    assert (await reading.run("run-7")).state is RunState.RUNNING
    state = await opened(memory, clock, run_id="run-7")
    await state.close(Cursor(), run("run-7", trigger="http"))
    assert await reading.run("run-7") == run("run-7", trigger="http")


@pytest.mark.parametrize(
    ("ended", "kept"),
    [
        (run(), False),
        (run(echoes=3), False),
        (run(state=RunState.CONTINUES), False),
        (run(trigger="http"), True),
        (run(state=RunState.FAILED), True),
        (run(deleted_in_outlook=1), True),
        (run(linked=1), True),
        (run(attention=1), True),
        (run(conflicts=1), True),
        (run(held=1), True),
    ],
)
async def test_only_runs_that_matter_leave_a_row(
    memory: EmbeddedStore, clock: TestClock, reading: ConnectionReading, ended: object, *, kept: bool
) -> None:
    """The last run is known in any case."""
    assert isinstance(ended, type(run()))
    state = await opened(memory, clock)
    await state.close(Cursor(), ended)
    assert ("8.run.run-1" in await all_rows(memory)) is kept
    assert await reading.run("run-1") == ended
    assert (await reading.status()).last == ended
    assert await reading.runs() == [ended] * kept


async def test_runs_are_listed_newest_first(clock: TestClock, reading: ConnectionReading) -> None:
    """Only as many as asked for."""
    for number in (3, 1, 2, 5, 4):
        at = START + timedelta(minutes=number)
        await reading.mark_run(replace(run(f"run-{9 - number}"), started_at=at, ended_at=clock.at))
    assert [item.id for item in await reading.runs(3)] == ["run-4", "run-5", "run-6"]


async def test_an_unknown_run_is_not_found(reading: ConnectionReading) -> None:
    """The message says where to look."""
    with pytest.raises(NotFound, match="list its runs"):
        await reading.run("run-9")


async def test_status_tells_how_the_connection_stands(
    memory: EmbeddedStore, clock: TestClock, reading: ConnectionReading
) -> None:
    """Nothing yet; a pass under way; after it; and an expired lease is no running pass."""
    empty = await reading.status()
    assert (empty.running, empty.last, empty.links, empty.waiting) == ("", None, 0, Waiting(0, 0, 0))
    state = await opened(memory, clock)
    work = (PipelinerWork(PipelinerId("p1")), RemovalWork(link(1).id), RemovalWork(link(2).id))
    await state.commit([new_unit(1), new_unit(2), Unit(put_work=work, attention=(attention("connection"),))])
    await reading.approve_removals()
    await reading.approve_removals()
    during = await reading.status()
    assert (during.running, during.links, during.waiting) == ("run-1", 2, Waiting(0, 1, 2))
    assert (during.attention, during.removals_approved) == (1, True)
    clock.at += timedelta(seconds=300)
    assert (await reading.status()).running == ""
    await state.close(Cursor("delta"), run())
    assert ((await reading.status()).running, (await reading.status()).cursor) == ("", Cursor("delta", links=2))
