"""How a run's results are packed: what must be true together stays together, in few transactions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from emulators.counting import CountingStore, StoreCounts
from sync_core.domain import (
    Action,
    Baselines,
    Choice,
    FieldChange,
    HistoryEntry,
    OutlookId,
    PipelinerId,
    Reason,
    RunState,
    Side,
    link_subject,
    outlook_subject,
)
from sync_core.engine.context import BATCH
from sync_core.engine.ports import Awaited, ChangeSet, Cursor, PipelinerLook
from sync_core.errors import NotFound
from sync_core.state import ConnectionReading, StoredConnectionState, StoredFeedState
from tests.connection_scenario import (
    CONNECTION,
    START,
    FaultyStore,
    TestClock,
    all_rows,
    attention,
    created,
    intent,
    link,
    new_change_set,
    opened,
    person,
    run,
    state_of,
)


async def test_an_idle_run_costs_three_operations(counting: CountingStore, clock: TestClock) -> None:
    """One range and one transaction to open, one transaction to close, whatever is linked; it leaves no row."""
    state = await opened(counting, clock)
    await state.commit([new_change_set(number) for number in range(200)], Cursor("delta"))
    await state.close(Cursor("delta", links=200), run())
    rows, before = set(await all_rows(counting)), counting.counts
    idle = await opened(counting, clock, run_id="run-2")
    await idle.commit([], None, [])
    await idle.close(Cursor("delta"), run("run-2"))
    cost = counting.counts - before
    assert (cost.gets, cost.ranges, cost.transactions) == (0, 1, 2)
    assert set(await all_rows(counting)) == rows


async def test_a_batch_of_new_links_takes_seven_transactions(counting: CountingStore, clock: TestClock) -> None:
    """Journal included, so that a first sync takes at most one for every 24 contacts."""
    state = await opened(counting, clock)
    for start in range(0, 5 * BATCH, BATCH):
        numbers = range(start, start + BATCH)
        before = counting.counts
        await state.journal([intent(number) for number in numbers])
        change_sets = [replace(new_change_set(number), resolved=(link_subject(link(number).id),)) for number in numbers]
        await state.commit(change_sets, Cursor(listing_after=str(start)), [link(number).id for number in numbers])
        assert (counting.counts - before).transactions <= 7
    assert await state.close(Cursor(listing_after="end"), run()) is False
    opening = await state_of(counting, clock).open("run-2")
    assert (opening.cursor.links, opening.intents) == (5 * BATCH, ())


async def test_nothing_to_store_is_no_transaction(counting: CountingStore, clock: TestClock) -> None:
    """No units, no news of the cursor, no intents."""
    state = await opened(counting, clock)
    await state.commit([], Cursor("delta"))
    before = counting.counts
    await state.commit([], Cursor("delta"), [link(1).id])
    await state.commit([ChangeSet(before=link(1), after=link(1))])
    await state.journal([])
    assert counting.counts == before


async def test_dense_lookups_are_one_range_strewn_ones_point_reads(counting: CountingStore, clock: TestClock) -> None:
    """A page of a listing costs one request; a few contacts among many one request each."""
    state = await opened(counting, clock)
    await state.commit([ChangeSet(after=link(number)) for number in range(600)])
    before = counting.counts
    found = await state.pipeliner_index([link(number).pipeliner_id for number in range(100, 200)])
    assert len(found) == 100
    assert counting.counts - before == StoreCounts(ranges=1, rows_read=100)
    before = counting.counts
    found = await state.pipeliner_index([link(number).pipeliner_id for number in range(0, 600, 40)])
    assert len(found) == 15
    assert (counting.counts - before).ranges == 1
    assert (counting.counts - before).gets < 15
    before = counting.counts
    await state.outlook_index([link(number).outlook_id for number in range(0, 600, 120)])
    assert counting.counts - before == StoreCounts(gets=5, rows_read=5)


async def test_change_sets_on_one_row_are_stored_in_order(counting: CountingStore, clock: TestClock) -> None:
    """A contact passes from an ended link to a new one; the new one's index row is what is left."""
    state = await opened(counting, clock)
    old = link(1)
    new = replace(link(2), pipeliner_id=old.pipeliner_id)
    await state.commit([ChangeSet(after=old)])
    await state.commit([ChangeSet(before=old), ChangeSet(after=new)], Cursor("delta"))
    assert (await state.pipeliner_index([old.pipeliner_id]))[old.pipeliner_id].link_id == new.id
    assert await state.links_page(None) == [new]


async def test_a_cursor_that_finds_no_room_gets_a_transaction_of_its_own(
    counting: CountingStore, clock: TestClock
) -> None:
    """It is still the last, and the intents are resolved with it."""
    state = await opened(counting, clock)
    await state.journal([intent(1)])
    before = counting.counts
    await state.commit([ChangeSet(after=link(number)) for number in range(33)], Cursor("delta"), [intent(1).link_id])
    assert (counting.counts - before).transactions == 2
    opening = await state_of(counting, clock).open("run-2")
    assert (opening.cursor, opening.intents) == (Cursor("delta", links=33), ())


async def test_history_of_a_transaction_shares_a_row(counting: CountingStore, clock: TestClock) -> None:
    """Entries are read back newest first, each with its run and time."""
    state = await opened(counting, clock)
    await state.commit([new_change_set(number) for number in range(30)])
    clock.at += timedelta(seconds=1)
    await state.commit([new_change_set(30)])
    assert sum(key.startswith("7.history.") for key in await all_rows(counting)) == 2
    recorded = await ConnectionReading(counting, CONNECTION, clock).history(100)
    assert [item.entry for item in recorded] == [created(link(number)) for number in range(30, -1, -1)]
    assert {item.run_id for item in recorded} == {"run-1"}
    assert [item.at for item in recorded[:2]] == [START + timedelta(seconds=1), START]


async def test_long_history_is_divided_over_rows_and_transactions(counting: CountingStore, clock: TestClock) -> None:
    """No entry is lost or cut, whatever its length and script."""
    state = await opened(counting, clock)
    texts = ["long " * 20_000, "ж" * 100_000, 'quote " and \\ ' * 10_000, "漢" * 30_000] * 6
    entries = [
        HistoryEntry(Action.UPDATED, Side.OUTLOOK, link(number).id, changes=(FieldChange("notes", "", text),))
        for number, text in enumerate(texts)
    ]
    await state.commit([replace(new_change_set(number), history=(entry,)) for number, entry in enumerate(entries)])
    recorded = await ConnectionReading(counting, CONNECTION, clock).history(100)
    assert [item.entry for item in recorded] == entries[::-1]
    rows = await all_rows(counting)
    assert all(rows[key].startswith("{") for key in rows if key.startswith("7.history."))


async def test_a_contact_of_a_book_s_length_is_stored(counting: CountingStore, clock: TestClock) -> None:
    """A value beyond what a row holds does not stop the run, nor does half a surrogate pair."""
    state = await opened(counting, clock)
    both = person(1, notes="chapter and verse " * 40_000, street="broken \ud83d text")
    one = link(1, Baselines(both, both))
    entry = HistoryEntry(
        Action.DELETED, Side.OUTLOOK, one.id, changes=(FieldChange("notes", both["notes"], both["notes"]),)
    )
    await state.commit([ChangeSet(after=one, history=(entry,))])
    assert await state.links_page(None) == [one]
    assert (await ConnectionReading(counting, CONNECTION, clock).history())[0].entry == entry


async def test_links_are_counted_whatever_the_engine_says(counting: CountingStore, clock: TestClock) -> None:
    """New ones add, ended ones subtract, changed ones do neither."""
    state = await opened(counting, clock)
    await state.commit([new_change_set(number) for number in range(5)], Cursor(links=77))
    await state.commit([ChangeSet(before=link(1)), ChangeSet(before=link(2), after=replace(link(2), revision=9))])
    await state.close(Cursor(links=99), run())
    assert (await state_of(counting, clock).open("run-2")).cursor.links == 4


async def test_intents_stay_until_they_are_resolved(counting: CountingStore, clock: TestClock) -> None:
    """Over several rows, runs and commits."""
    first = await opened(counting, clock)
    await first.journal([intent(1), intent(2)])
    await first.journal([intent(3)])
    await first.commit([new_change_set(1)], None, [intent(1).link_id])
    await first.close(Cursor(), run())
    second = state_of(counting, clock)
    assert (await second.open("run-2")).intents == (intent(2), intent(3))
    await second.journal([intent(4)])
    await second.commit([], None, [intent(2).link_id, intent(3).link_id])
    assert (await state_of(counting, clock).open("run-3")).intents == (intent(4),)
    assert sum(key.startswith("2.") for key in await all_rows(counting)) == 1


async def test_very_long_drafts_take_several_journal_rows(counting: CountingStore, clock: TestClock) -> None:
    """All of them are found again."""
    state = await opened(counting, clock)
    intents = [replace(intent(number), draft=person(number, notes="note " * 6_000)) for number in range(150)]
    await state.journal(intents)
    assert (await state_of(counting, clock).open("run-2")).intents == tuple(intents)


async def test_an_answer_stands_while_the_question_stays(counting: CountingStore, clock: TestClock) -> None:
    """A run that asks the same again keeps what a person said; another question has no answer yet."""
    reading = ConnectionReading(counting, CONNECTION, clock)
    asked = replace(attention("outlook:a"), choices=(Choice.KEEP, Choice.LATER), candidates=("p1",), evidence=("name",))
    first = await opened(counting, clock)
    await first.commit([ChangeSet(attention=(asked,))])
    await first.close(Cursor(), run())
    await reading.mark(replace(asked, chosen=Choice.KEEP, later=clock.at))
    second = await opened(counting, clock, "run-2")

    await second.commit([ChangeSet(attention=(asked,))])
    assert await reading.attention() == [replace(asked, since=START, chosen=Choice.KEEP, later=START)]
    other = replace(asked, candidates=("p1", "p2"))
    await second.commit([ChangeSet(attention=(other,))])
    assert await reading.attention() == [replace(other, since=START)]

    with pytest.raises(NotFound, match="asks something else"):
        await reading.mark(replace(asked, chosen=Choice.KEEP))
    with pytest.raises(NotFound, match="gone"):
        await reading.mark(replace(asked, subject="outlook:b"))


async def test_attention_keeps_its_time_while_the_reason_stays(counting: CountingStore, clock: TestClock) -> None:
    """A new reason starts a new time; a settled item goes, one that never was is no fault."""
    reading = ConnectionReading(counting, CONNECTION, clock)
    one, two = link_subject(link(1).id), outlook_subject(OutlookId("o2"))
    first = await opened(counting, clock)
    await first.commit([ChangeSet(attention=(attention(one), attention(two)))])
    await first.close(Cursor(), run())
    clock.at += timedelta(days=1)
    second = await opened(counting, clock, run_id="run-2")
    assert list(await second.waiting_outlook()) == ["o2"]
    await second.commit(
        [ChangeSet(attention=(attention(one), attention(two, Reason.TOO_LONG)), resolved=(one, "never"))]
    )
    assert {item.subject: item.since for item in await reading.attention()} == {one: START, two: clock.at}
    await second.commit([ChangeSet(resolved=(one, two))])
    await second.commit([ChangeSet(resolved=(one, two))])
    assert await reading.attention() == []


async def test_work_put_and_done_in_one_change_set_is_put(counting: CountingStore, clock: TestClock) -> None:
    """Another try replaces the one before."""
    state = await opened(counting, clock)
    await state.commit([ChangeSet(put_work=(PipelinerLook(PipelinerId("p1")),))])
    (work,) = await state.waiting(PipelinerLook)
    await state.commit([ChangeSet(done_work=(work,), put_work=(replace(work, tries=1),))])
    (again,) = await state.waiting(PipelinerLook)
    assert again.tries == 1
    await state.commit([ChangeSet(done_work=(again,), put_work=(Awaited(link(1).id),))])
    assert await state.waiting(PipelinerLook) == []
    assert [item.link_id for item in await state.waiting(Awaited)] == [link(1).id]


async def test_work_that_the_feed_rewrote_is_finished_once_it_was_read_again(
    counting: CountingStore, clock: TestClock
) -> None:
    """The version that was looked at last is the one that goes."""
    state = await opened(counting, clock)
    await state.commit([ChangeSet(put_work=(PipelinerLook(PipelinerId("p1")),))])
    await StoredFeedState(counting, "space_1").deliver(CONNECTION, [PipelinerId("p1")])
    await state.commit([ChangeSet(done_work=(PipelinerLook(PipelinerId("p1")),))])
    (work,) = await state.waiting(PipelinerLook)
    await state.commit([ChangeSet(put_work=(work,))])
    await StoredFeedState(counting, "space_1").deliver(CONNECTION, [PipelinerId("p1")])
    (work,) = await state.waiting(PipelinerLook)
    await state.commit([ChangeSet(done_work=(work,))])
    assert await state.waiting(PipelinerLook) == []


@pytest.mark.parametrize(
    ("ended", "left"),
    [
        (run("run-2"), False),
        (run("run-2", RunState.DONE, awaiting_approval=3), True),
        (run("run-2", RunState.CONTINUES), True),
        (run("run-2", RunState.FAILED), True),
    ],
    ids=["done", "held again", "not done yet", "failed"],
)
async def test_an_approval_is_used_up_by_the_run_that_needed_it(
    counting: CountingStore, clock: TestClock, ended: object, *, left: bool
) -> None:
    """Only a run that came to its end without holding anything takes it away."""
    await ConnectionReading(counting, CONNECTION, clock).approve_removals()
    state = state_of(counting, clock)
    assert (await state.open("run-2")).removals_approved
    assert isinstance(ended, type(run()))
    await state.close(Cursor(), ended)
    assert (await state_of(counting, clock).open("run-3")).removals_approved is left


async def test_a_change_set_is_in_one_transaction(faulty: FaultyStore, clock: TestClock) -> None:
    """Whatever else is committed with it, all its rows come together."""
    seen: list[set[str]] = []

    async def note(operations: object) -> None:
        assert isinstance(operations, list)
        seen.append({operation.key for operation in operations})

    faulty.after = dict.fromkeys(range(2, 20), note)
    state: StoredConnectionState = await opened(faulty, clock)
    change_sets = [replace(new_change_set(number), put_work=(Awaited(link(number).id),)) for number in range(100)]
    await state.commit(change_sets, Cursor("delta"))
    for number in range(100):
        keys = {f"5.link.{link(number).id}", f"5.outlook.{link(number).outlook_id}", f"3.removal.{link(number).id}"}
        assert sum(keys <= transaction for transaction in seen) == 1
    assert all("1.lease" in transaction and len(transaction) <= 100 for transaction in seen)
    assert ["1.cursor" in transaction for transaction in seen] == [False] * (len(seen) - 1) + [True]
