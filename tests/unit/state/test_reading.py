"""What people see and do beside a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from emulators.counting import CountingStore
from sync_core.domain import CONNECTION_SUBJECT, PipelinerId, Reason, RunState, Trigger
from sync_core.engine.ports import Awaited, ChangeSet, Cursor, PipelinerLook
from sync_core.errors import NotFound
from sync_core.state import ConnectionReading, Waiting
from sync_core.storage import SqliteStore
from tests.connection_scenario import (
    CONNECTION,
    START,
    TestClock,
    all_rows,
    attention,
    created,
    link,
    new_change_set,
    opened,
    run,
)


@pytest.fixture
def reading(memory: SqliteStore, clock: TestClock) -> ConnectionReading:
    """The records of a connection."""
    return ConnectionReading(memory, CONNECTION, clock)


async def three_runs(memory: SqliteStore, clock: TestClock) -> None:
    """Link 70 contacts in each of three runs, at one and the same time."""
    for number in range(3):
        state = await opened(memory, clock, run_id=f"run-{number}")
        await state.commit([new_change_set(70 * number + place) for place in range(70)])
        await state.close(Cursor(), run(f"run-{number}", created_in_outlook=70))


async def test_history_is_paged_newest_first(memory: SqliteStore, clock: TestClock, reading: ConnectionReading) -> None:
    """Pages of any size join without a gap or a repeat, even when the clock stood still."""
    await three_runs(memory, clock)
    whole = await reading.history(1000)
    assert [item.entry for item in whole] == [created(link(number)) for number in range(209, -1, -1)]
    assert len({item.id for item in whole}) == 210
    paged, before = [], None
    while page := await reading.history(23, before):
        paged += page
        before = page[-1].id
    assert paged == whole


async def test_history_of_one_contact_or_one_run_is_found(
    memory: SqliteStore, clock: TestClock, reading: ConnectionReading
) -> None:
    """By either side's id or the link's, and by the run."""
    await three_runs(memory, clock)
    one = link(100)
    for contact_id in (one.id, one.outlook_id, one.pipeliner_id):
        (found,) = await reading.history(contact_id=contact_id)
        assert found.entry == created(one)
    assert {item.run_id for item in await reading.history(200, run_id="run-1")} == {"run-1"}
    assert len(await reading.history(200, run_id="run-1")) == 70


async def test_a_search_reads_so_many_rows_and_says_where_to_go_on(
    memory: SqliteStore, clock: TestClock, reading: ConnectionReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is not there costs a bounded page at a time; who is there is found by going on, once."""
    monkeypatch.setattr("sync_core.state.history_pages.MOST_ROWS", 100)
    for number in range(250):
        state = await opened(memory, clock, run_id=f"run-{number}")
        await state.commit([new_change_set(number)])
        await state.close(Cursor(), run(f"run-{number}", created_in_outlook=1))
    counting = CountingStore(memory)
    bounded = ConnectionReading(counting, CONNECTION, clock)
    pages = [await bounded.history_page(10, contact_id=link(20).id)]
    while pages[-1].next is not None:
        read = counting.counts
        pages.append(await bounded.history_page(10, pages[-1].next, contact_id=link(20).id))
        assert (counting.counts - read).rows_read <= 101
    assert [entry.entry for page in pages for entry in page.entries] == [created(link(20))]
    assert len(pages) == 3
    page = await bounded.history_page(7)
    whole = [*page.entries]
    while page.next is not None:
        page = await bounded.history_page(7, page.next)
        whole += page.entries
    assert [item.entry for item in whole] == [created(link(number)) for number in range(249, -1, -1)]
    assert len(await reading.history(3, contact_id="nobody")) == 0


async def test_one_history_entry_is_read_by_its_id(
    memory: SqliteStore, clock: TestClock, reading: ConnectionReading
) -> None:
    """Undo starts from it; what is no entry is not found."""
    await three_runs(memory, clock)
    recorded = (await reading.history(10))[7]
    assert await reading.recorded(recorded.id) == recorded
    for wrong in ("nonsense", "1-2-3-4", recorded.id + "9", f"{recorded.id[:-3]}-99"):
        with pytest.raises(NotFound):
            await reading.recorded(wrong)
    with pytest.raises(NotFound):
        await reading.history(before="nonsense")


async def test_an_item_put_up_outside_a_run_keeps_its_time(clock: TestClock, reading: ConnectionReading) -> None:
    """Until it is settled or its reason changes."""
    poison = attention(CONNECTION_SUBJECT, Reason.POISON)
    await reading.report(poison)
    clock.at += timedelta(hours=1)
    await reading.report(poison)
    assert await reading.attention() == [replace(poison, since=START)]
    await reading.report(replace(poison, reason=Reason.PAUSED))
    assert [item.since for item in await reading.attention()] == [clock.at]
    await reading.resolve(CONNECTION_SUBJECT)
    await reading.resolve(CONNECTION_SUBJECT)
    assert await reading.attention() == []


async def test_attention_lists_the_longest_waiting_first(clock: TestClock, reading: ConnectionReading) -> None:
    """Whatever the subjects are."""
    for subject in ("outlook:b", "outlook:a", "link:c"):
        await reading.report(attention(subject))
        clock.at += timedelta(hours=1)
    assert [item.subject for item in await reading.attention()] == ["outlook:b", "outlook:a", "link:c"]


async def test_a_run_that_was_asked_for_is_followed_to_its_end(
    memory: SqliteStore, clock: TestClock, reading: ConnectionReading
) -> None:
    """Queued, running, done; asking for the same run again changes nothing."""
    queued = replace(run("run-7", RunState.QUEUED, Trigger.HTTP), queued_at=START, started_at=None, ended_at=None)
    await reading.queue_run(queued)
    assert await reading.run("run-7") == queued
    await reading.mark_run(replace(queued, state=RunState.RUNNING))
    await reading.queue_run(queued)
    assert (await reading.run("run-7")).state is RunState.RUNNING
    state = await opened(memory, clock, run_id="run-7")
    await state.close(Cursor(), run("run-7", trigger=Trigger.HTTP))
    assert await reading.run("run-7") == run("run-7", trigger=Trigger.HTTP)


@pytest.mark.parametrize(
    ("ended", "kept"),
    [
        (run(), False),
        (run(echoes=3), False),
        (run(state=RunState.CONTINUES), False),
        (run(trigger=Trigger.HTTP), True),
        (run(state=RunState.FAILED), True),
        (run(deleted_in_outlook=1), True),
        (run(linked=1), True),
        (run(attention=1), True),
        (run(conflicts=1), True),
        (run(awaiting_approval=1), True),
    ],
)
async def test_only_runs_that_matter_leave_a_row(
    memory: SqliteStore, clock: TestClock, reading: ConnectionReading, ended: object, *, kept: bool
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
    memory: SqliteStore, clock: TestClock, reading: ConnectionReading
) -> None:
    """Nothing yet; a run under way; after it; and an expired lease is no running run."""
    empty = await reading.status()
    assert (empty.running, empty.last, empty.links, empty.waiting) == ("", None, 0, Waiting(0, 0, 0))
    state = await opened(memory, clock)
    work = (PipelinerLook(PipelinerId("p1")), Awaited(link(1).id), Awaited(link(2).id))
    await state.commit(
        [new_change_set(1), new_change_set(2), ChangeSet(put_work=work, attention=(attention("connection"),))]
    )
    await reading.approve_removals()
    await reading.approve_removals()
    during = await reading.status()
    assert (during.running, during.links, during.waiting) == ("run-1", 2, Waiting(0, 1, 2))
    assert (during.attention, during.removals_approved) == (1, True)
    clock.at += timedelta(seconds=300)
    assert (await reading.status()).running == ""
    await state.close(Cursor("delta"), run())
    assert ((await reading.status()).running, (await reading.status()).cursor) == ("", Cursor("delta", links=2))
