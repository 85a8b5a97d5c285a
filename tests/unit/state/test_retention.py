"""What is kept, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync_core.domain import PipelinerId, RunMode, Trigger
from sync_core.engine.ports import ChangeSet, Cursor, PipelinerLook
from sync_core.state import ConnectionReading, trim
from sync_core.storage import SqliteStore
from tests.connection_scenario import (
    CONNECTION,
    START,
    FaultyStore,
    TestClock,
    all_rows,
    attention,
    new_change_set,
    opened,
    run,
)


async def days_of_history(memory: SqliteStore, clock: TestClock, days: int) -> None:
    """Link one contact each day, in a run of its own."""
    for day in range(days):
        clock.at = START + timedelta(days=day)
        state = await opened(memory, clock, run_id=f"run-{day}")
        await state.commit([new_change_set(day)])
        ended = replace(run(f"run-{day}", created_in_outlook=1), started_at=clock.at, ended_at=clock.at)
        await state.close(Cursor(), ended)


async def test_history_and_runs_go_when_they_are_old_enough(memory: SqliteStore, clock: TestClock) -> None:
    """Each after its own time; what is younger stays."""
    await days_of_history(memory, clock, 10)
    now = START + timedelta(days=9, hours=1)
    assert await trim(memory, CONNECTION, now, history_days=6, run_days=2) == 4 + 8
    reading = ConnectionReading(memory, CONNECTION, clock)
    assert len(await reading.history()) == 6
    assert [item.id for item in await reading.runs()] == ["run-9", "run-8"]
    assert await trim(memory, CONNECTION, now, history_days=6, run_days=2) == 0


async def test_nothing_but_history_and_runs_is_trimmed(memory: SqliteStore, clock: TestClock) -> None:
    """Links, work, attention and the lease know no age."""
    state = await opened(memory, clock)
    change_set = ChangeSet(put_work=(PipelinerLook(PipelinerId("p1")),), attention=(attention("outlook:o1"),))
    await state.commit([new_change_set(1), change_set], Cursor("delta"))
    await state.close(Cursor("delta"), run(created_in_outlook=1))
    before = await all_rows(memory)
    assert await trim(memory, CONNECTION, START + timedelta(days=4000)) == 2
    gone = set(before) - set(await all_rows(memory))
    assert {key.split(".")[0] for key in gone} == {"7", "8"}
    assert len(before) - len(gone) == 7


async def test_a_call_removes_a_bounded_number(memory: SqliteStore, clock: TestClock) -> None:
    """The next call goes on."""
    await days_of_history(memory, clock, 12)
    removed = []
    while count := await trim(memory, CONNECTION, START + timedelta(days=4000), limit=7):
        removed.append(count)
    assert removed == [7, 7, 7, 3]


async def test_records_of_runs_are_bounded_by_their_number_too(
    memory: SqliteStore, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However young they are, and whatever their ids: the latest stay, and one trim after another gets there."""
    monkeypatch.setattr("sync_core.state.trimming.MOST_RUNS", 20)
    reading = ConnectionReading(memory, CONNECTION, clock)
    for number in range(90):
        at = START + timedelta(seconds=number)
        await reading.mark_run(replace(run(f"run-{number * 7 % 90}"), started_at=at, ended_at=at))
    removed = []
    while count := await trim(memory, CONNECTION, START + timedelta(days=1), limit=32):
        removed.append(count)
    assert removed == [32, 32, 6]
    assert [item.id for item in await reading.runs(100)] == [f"run-{n * 7 % 90}" for n in range(89, 69, -1)]


@pytest.mark.parametrize("trigger", Trigger)
async def test_an_idle_run_leaves_a_row_only_where_somebody_may_look_after_it(
    memory: SqliteStore, clock: TestClock, trigger: Trigger
) -> None:
    """Whoever approves, retries or answers is told no run's id; a full sync is kept whoever asked for it."""
    nobody = {"timer", "approve", "retry", "answer", "change", "continue", "recover"}
    for mode, leaves_one in ((RunMode.DELTA, trigger not in nobody), (RunMode.FULL, True)):
        state = await opened(memory, clock, run_id=f"run-{mode}")
        await state.close(Cursor(), replace(run(f"run-{mode}"), trigger=trigger, mode=mode))
        assert (f"8.run.run-{mode}" in await all_rows(memory)) is leaves_one


async def test_two_trims_at_once_are_harmless(memory: SqliteStore, faulty: FaultyStore, clock: TestClock) -> None:
    """The slower one stops."""
    await days_of_history(memory, clock, 5)
    now = START + timedelta(days=4000)

    async def be_quicker(_: object) -> None:
        await trim(memory, CONNECTION, now)

    faulty.before[1] = be_quicker
    assert await trim(faulty, CONNECTION, now) == 0
    assert await ConnectionReading(memory, CONNECTION, clock).history() == []
