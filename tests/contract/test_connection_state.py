"""What a connection's state promises the engine, over SQLite and over Azure tables (Azurite)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync_core.domain import Absent, AbsentBy, Baselines, LinkId, OutlookId, PipelinerId, Side
from sync_core.engine.ports import (
    Awaited,
    ChangeSet,
    ConnectionState,
    Cursor,
    IndexEntry,
    OutlookLook,
    PipelinerLook,
    Step,
)
from sync_core.errors import LeaseLost, LeaseTaken
from sync_core.state import StoredConnectionState, StoredFeedState
from sync_core.storage import Store
from tests.connection_scenario import (
    CONNECTION,
    TestClock,
    all_rows,
    intent,
    link,
    new_change_set,
    opened,
    person,
    run,
    state_of,
)


@pytest.fixture
def clock() -> TestClock:
    """A clock that stands still."""
    return TestClock()


def as_the_engine_sees_it(state: StoredConnectionState) -> ConnectionState:
    """Be checked by mypy against the engine's port."""
    return state


async def test_a_new_connection_starts_with_a_full_round(store: Store, clock: TestClock) -> None:
    """Nothing is there yet."""
    opening = await as_the_engine_sees_it(state_of(store, clock)).open("run-1")
    assert opening.cursor == Cursor()
    assert (opening.intents, opening.removals_approved, opening.has_work) == ((), False, False)


async def test_a_link_is_found_by_its_own_id_and_from_both_sides(store: Store, clock: TestClock) -> None:
    """Link and index rows are stored together."""
    state = await opened(store, clock)
    differing = link(2, Baselines(person(2), person(2, notes="reformatted")))
    await state.commit([new_change_set(1), ChangeSet(after=differing)])
    one = link(1)
    assert await state.links([one.id, differing.id, LinkId("unknown")]) == {one.id: one, differing.id: differing}
    assert await state.outlook_index([one.outlook_id]) == {one.outlook_id: IndexEntry(one.id, "EQAA1")}
    assert await state.pipeliner_index([one.pipeliner_id]) == {one.pipeliner_id: IndexEntry(one.id, "1")}
    assert await state.links_page(None) == [one, differing]
    assert await state.links_page(one.id) == [differing]
    assert await state.links_page(differing.id) == []


async def test_a_link_that_changes_its_contact_leaves_no_old_index_behind(store: Store, clock: TestClock) -> None:
    """The contact was created again under a new id."""
    state = await opened(store, clock)
    before = link(1)
    after = replace(before, outlook_id=OutlookId("AAMkAD/new="), change_key="EQBB")
    await state.commit([ChangeSet(after=before)])
    await state.commit([ChangeSet(before=before, after=after)])
    found = await state.outlook_index([before.outlook_id, after.outlook_id])
    assert found == {after.outlook_id: IndexEntry(before.id, "EQBB")}


async def test_an_ended_link_leaves_no_row(store: Store, clock: TestClock) -> None:
    """Link and both index rows go."""
    state = await opened(store, clock)
    before = set(await all_rows(store))
    await state.commit([ChangeSet(after=link(1))])
    await state.commit([ChangeSet(before=link(1))])
    assert set(await all_rows(store)) == before


async def test_a_dormant_link_has_no_tokens_in_its_index(store: Store, clock: TestClock) -> None:
    """A contact that comes back is never taken for our own echo."""
    state = await opened(store, clock)
    dormant = replace(link(1), absent=Absent(Side.OUTLOOK, AbsentBy.UNKNOWN, clock.at, "delete protection"))
    await state.commit([ChangeSet(after=link(1))])
    await state.commit([ChangeSet(before=link(1), after=dormant)])
    assert await state.outlook_index([dormant.outlook_id]) == {dormant.outlook_id: IndexEntry(dormant.id, "")}
    assert await state.pipeliner_index([dormant.pipeliner_id]) == {dormant.pipeliner_id: IndexEntry(dormant.id, "")}
    assert await state.links([dormant.id]) == {dormant.id: dormant}


async def test_the_next_run_finds_cursor_intents_and_work(store: Store, clock: TestClock) -> None:
    """All that one run leaves for the next survives the round trip."""
    first = await opened(store, clock)
    work = (OutlookLook(OutlookId("o1"), PipelinerId("p9"), is_new=True, tries=2), PipelinerLook(PipelinerId("p1"), 1))
    cursor = Cursor(
        "https://graph/delta",
        is_full=False,
        step=Step.LOOK_FOR_MISSING,
        listing_after="after-1",
        links_after=LinkId("l"),
        look_for_missing=True,
    )
    await first.journal([intent(1), intent(2)])
    await first.commit(
        [ChangeSet(put_work=(*work, Awaited(LinkId("l1")))), new_change_set(1)], cursor, [intent(1).link_id]
    )
    await first.close(cursor, run())
    second = state_of(store, clock, "worker-2")
    opening = await second.open("run-2")
    assert opening.cursor == replace(cursor, links=1)
    assert opening.intents == (intent(2),)
    assert opening.has_work
    (outlook,), (pipeliner,) = await second.waiting(OutlookLook), await second.waiting(PipelinerLook)
    assert (replace(outlook, etag=""), replace(pipeliner, etag="")) == work
    assert [item.link_id for item in await second.waiting(Awaited)] == ["l1"]
    assert outlook.etag
    assert pipeliner.etag


async def test_finished_work_goes_and_rewritten_work_stays(store: Store, clock: TestClock) -> None:
    """What the feed delivered while a run looked at the older version is looked at again."""
    feed = StoredFeedState(store, "space_1")
    await feed.deliver(CONNECTION, [PipelinerId("p1"), PipelinerId("p2"), PipelinerId("p1")])
    state = await opened(store, clock)
    work = await state.waiting(PipelinerLook)
    assert [item.id for item in work] == ["p1", "p2"]
    await feed.deliver(CONNECTION, [PipelinerId("p2")])
    await state.commit([ChangeSet(after=link(1), done_work=(work[0],)), ChangeSet(after=link(2), done_work=(work[1],))])
    left = await state.waiting(PipelinerLook)
    assert [item.id for item in left] == ["p2"]
    assert len(await state.links_page(None)) == 2
    await state.commit([ChangeSet(done_work=tuple(left))])
    assert await state.waiting(PipelinerLook) == []


async def test_work_put_in_this_run_can_be_finished_unread(store: Store, clock: TestClock) -> None:
    """Its version is remembered; an item that was never stored is no fault."""
    state = await opened(store, clock)
    await state.commit([ChangeSet(put_work=(PipelinerLook(PipelinerId("p1")),))])
    await state.commit([ChangeSet(done_work=(PipelinerLook(PipelinerId("p1")), PipelinerLook(PipelinerId("p2"))))])
    assert await state.waiting(PipelinerLook) == []


async def test_a_running_run_keeps_others_out_and_learns_of_them(store: Store, clock: TestClock) -> None:
    """The one that comes meanwhile is told when to come again, and the running run that it is wanted."""
    first = await opened(store, clock)
    with pytest.raises(LeaseTaken) as taken:
        await state_of(store, clock, "worker-2").open("run-2")
    assert taken.value.retry_after_s == 300
    await first.commit([new_change_set(1)])
    assert await first.close(Cursor(), run()) is True
    second = await opened(store, clock, "worker-2", "run-2")
    assert await second.close(Cursor(), run("run-2")) is False


async def test_a_run_whose_lease_was_taken_over_stores_nothing(store: Store, clock: TestClock) -> None:
    """Commit, journal and close of the slower run all fail."""
    first = await opened(store, clock)
    clock.at += timedelta(seconds=301)
    second = await opened(store, clock, "worker-2", "run-2")
    await second.commit([new_change_set(1)])
    before = await all_rows(store)
    with pytest.raises(LeaseLost):
        await first.commit([new_change_set(2)], Cursor("elsewhere"))
    with pytest.raises(LeaseLost):
        await first.journal([intent(2)])
    with pytest.raises(LeaseLost):
        await first.close(Cursor("elsewhere"), run())
    assert await all_rows(store) == before


async def test_index_lookups_of_many_ids_find_the_same_as_of_few(store: Store, clock: TestClock) -> None:
    """Read as ranges or one by one, what is there is found."""
    state = await opened(store, clock)
    await state.commit([ChangeSet(after=link(number)) for number in range(0, 120, 2)])
    ids = [link(number).pipeliner_id for number in range(120)]
    found = await state.pipeliner_index(ids)
    assert set(found) == {link(number).pipeliner_id for number in range(0, 120, 2)}
    assert await state.outlook_index([link(4).outlook_id, link(5).outlook_id]) == {
        link(4).outlook_id: IndexEntry(link(4).id, "EQAA4")
    }
