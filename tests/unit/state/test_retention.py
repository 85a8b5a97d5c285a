"""What is kept, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sync_core.domain.contact import PipelinerId
from sync_core.engine.state_port import Cursor, PipelinerWork, Unit
from sync_core.state.embedded import EmbeddedStore
from sync_core.state.reading import ConnectionReading
from sync_core.state.retention import trim
from tests.connection_scenario import (
    CONNECTION,
    START,
    FaultyStore,
    TestClock,
    all_rows,
    attention,
    new_unit,
    opened,
    run,
)


async def days_of_history(memory: EmbeddedStore, clock: TestClock, days: int) -> None:
    """Link one contact each day, in a run of its own."""
    for day in range(days):
        clock.at = START + timedelta(days=day)
        state = await opened(memory, clock, run_id=f"run-{day}")
        await state.commit([new_unit(day)])
        ended = replace(run(f"run-{day}", created_in_outlook=1), started_at=clock.at, ended_at=clock.at)
        await state.close(Cursor(), ended)


async def test_history_and_runs_go_when_they_are_old_enough(memory: EmbeddedStore, clock: TestClock) -> None:
    """Each after its own time; what is younger stays."""
    await days_of_history(memory, clock, 10)
    now = START + timedelta(days=9, hours=1)
    assert await trim(memory, CONNECTION, now, history_days=6, run_days=2) == 4 + 8
    reading = ConnectionReading(memory, CONNECTION, clock)
    assert len(await reading.history()) == 6
    assert [item.id for item in await reading.runs()] == ["run-9", "run-8"]
    assert await trim(memory, CONNECTION, now, history_days=6, run_days=2) == 0


async def test_nothing_but_history_and_runs_is_trimmed(memory: EmbeddedStore, clock: TestClock) -> None:
    """Links, work, attention and the lease know no age."""
    state = await opened(memory, clock)
    unit = Unit(put_work=(PipelinerWork(PipelinerId("p1")),), attention=(attention("outlook:o1"),))
    await state.commit([new_unit(1), unit], Cursor("delta"))
    await state.close(Cursor("delta"), run(created_in_outlook=1))
    before = await all_rows(memory)
    assert await trim(memory, CONNECTION, START + timedelta(days=4000)) == 2
    gone = set(before) - set(await all_rows(memory))
    assert {key.split(".")[0] for key in gone} == {"7", "8"}
    assert len(before) - len(gone) == 7


async def test_a_call_removes_a_bounded_number(memory: EmbeddedStore, clock: TestClock) -> None:
    """The next call goes on."""
    await days_of_history(memory, clock, 12)
    removed = []
    while count := await trim(memory, CONNECTION, START + timedelta(days=4000), limit=7):
        removed.append(count)
    assert removed == [7, 7, 7, 3]


async def test_two_trims_at_once_are_harmless(memory: EmbeddedStore, faulty: FaultyStore, clock: TestClock) -> None:
    """The slower one stops."""
    await days_of_history(memory, clock, 5)
    now = START + timedelta(days=4000)

    async def be_quicker(_: object) -> None:
        await trim(memory, CONNECTION, now)

    faulty.before[1] = be_quicker
    assert await trim(faulty, CONNECTION, now) == 0
    assert await ConnectionReading(memory, CONNECTION, clock).history() == []
