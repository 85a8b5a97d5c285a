"""What 0.1 stored and queued is read by this version, and means what it meant.

`rows_of_0_1.txt` was written by 0.1 itself: a line for each row (table, partition, key, body), each place of a cursor
and each queue message. It is never written anew.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync_core.domain import (
    Absent,
    AbsentBy,
    Action,
    Baselines,
    Contact,
    FieldChange,
    HistoryEntry,
    Link,
    LinkId,
    OutlookId,
    Ownership,
    Pending,
    PipelinerId,
    Reason,
    RunMode,
    RunState,
    ShareMode,
    Side,
    Trigger,
    UserId,
)
from sync_core.engine.ports import (
    Awaited,
    Cursor,
    IndexEntry,
    Intent,
    OutlookLook,
    PipelinerLook,
    RunRequest,
    Seen,
    Step,
    Stream,
)
from sync_core.errors import InvalidRequest, LeaseTaken
from sync_core.queues import read_message
from sync_core.state import (
    ConnectionReading,
    ConnectionStatus,
    Registry,
    StoredConnectionState,
    StoredFeedState,
    clear_departed,
    is_clearing_wanted,
    next_remembered,
)
from sync_core.state.creates import journal_body, journal_of
from sync_core.state.record_rows import attention_body, attention_of, entry_text, history_body, recorded_of
from sync_core.state.rows import HISTORY, LINK, link_body, link_of
from sync_core.state.run_rows import cursor_body, cursor_of, outlook_look_of, pipeliner_look_of, work_body
from sync_core.storage import Insert, Row, SqliteStore, Table
from tests.connection_scenario import CONNECTION, TestClock

LINES = [line.split(" ", 3) for line in Path(__file__).with_name("rows_of_0_1.txt").read_text("utf-8").splitlines()]
ROWS = {(table, partition, key): Row(key, body, "etag") for table, partition, key, body in LINES if table in set(Table)}
CURSORS = {key: body for kind, _, key, body in LINES if kind == "cursor"}
MESSAGES = {key: body for kind, _, key, body in LINES if kind == "message"}
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def stored(key: str, partition: str = CONNECTION) -> Row:
    """A row as 0.1 stored it."""
    return ROWS["sync", partition, key]


def person(number: int, **values: str) -> Contact:
    """Make the contact that 0.1 stored."""
    names = {"given_name": f"Given{number}", "surname": "Example"}
    return Contact({**names, "emails": (f"person{number}@example.com",), **values})


@pytest.fixture
async def filled(memory: SqliteStore) -> SqliteStore:
    """A store with all rows of 0.1."""
    for (table, partition, key), row in ROWS.items():
        await memory.transact(Table(table), partition, [Insert(key, row.body)])
    return memory


@pytest.fixture
def state(filled: SqliteStore, clock: TestClock) -> StoredConnectionState:
    """The state that 0.1's last run left, with a lease that was given back."""
    return StoredConnectionState(filled, CONNECTION, clock, "worker-9")


@pytest.fixture
def reading(filled: SqliteStore, clock: TestClock) -> ConnectionReading:
    """The records that 0.1 wrote."""
    return ConnectionReading(filled, CONNECTION, clock)


async def test_the_next_run_goes_on_where_the_last_one_stood(state: StoredConnectionState) -> None:
    """With its cursor, the count of its links, its journal, its approval and its work."""
    opening = await state.open("run-9")
    assert opening.cursor == Cursor(
        "https://graph.example/delta?token=1",
        is_full=True,
        step=Step.LIST_PIPELINER,
        listing_after="after-1",
        links_after=LinkId("link-1"),
        look_for_missing=True,
        links=4,
        is_paging=True,
    )
    assert opening.intents == (
        Intent(LinkId("link-8"), Side.OUTLOOK, person(8), START, pipeliner_id=PipelinerId("PY-8")),
        Intent(LinkId("link-9"), Side.PIPELINER, person(9), START, OutlookId("o-9")),
    )
    assert opening.removals_approved
    assert opening.has_work


@pytest.mark.parametrize(
    ("stage", "step"),
    [
        ("outlook", Step.READ_OUTLOOK),
        ("pipeliner", Step.LIST_PIPELINER),
        ("missing", Step.LOOK_FOR_MISSING),
        ("work", Step.PIPELINER_WORK),
    ],
)
def test_each_stage_of_a_cursor_is_a_step(stage: str, step: Step) -> None:
    """And is written as it was."""
    cursor = cursor_of(Row("1.cursor", CURSORS[stage], "etag"), 7)
    assert cursor == Cursor("d", is_full=False, step=step, links=7)
    assert cursor_body(cursor) == CURSORS[stage]


PENDING = Pending(
    Baselines(Contact({"notes": "old"}), Contact({"notes": "old"})),
    Baselines(Contact({"notes": "new"}), Contact({"notes": "new", "emails": ("a@example.com",)})),
    frozenset({"notes"}),
    frozenset({"notes", "emails"}),
    "EQAA1",
    1,
    frozenset({Side.OUTLOOK}),
)


def linked(number: int) -> Link:
    """Make a link whose sides are equal."""
    baselines = Baselines(person(number), person(number))
    ids = LinkId(f"link-{number}"), OutlookId(f"AAMkAD/{number}="), PipelinerId(f"PY-{number}")
    return Link(*ids, baselines, f"EQAA{number}", number)


@pytest.mark.parametrize(
    "link",
    [
        linked(1),
        replace(linked(2), created_on=Side.OUTLOOK, written=(START, START + timedelta(seconds=1)), pending=PENDING),
        replace(linked(3), absent=Absent(Side.PIPELINER, AbsentBy.US, shown=person(3, notes="seen then"))),
        replace(
            linked(4),
            baselines=Baselines(person(4), person(4, notes="differs")),
            created_on=Side.PIPELINER,
            absent=Absent(Side.OUTLOOK, AbsentBy.UNKNOWN, kept="delete protection"),
        ),
    ],
    ids=["plain", "announced write", "removed by us", "dormant"],
)
def test_a_link_is_what_it_was(link: Link) -> None:
    """Announced writes, removals under way and dormant links included; written again it means the same."""
    row = stored(LINK + link.id)
    assert link_of(row) == link
    assert link_of(replace(row, body=link_body(link))) == link


@pytest.mark.parametrize(
    ("why", "side", "by"),
    [
        ("moved to another folder: nothing is deleted", Side.OUTLOOK, AbsentBy.MOVE),
        ("edited in Pipeliner meanwhile: kept there", Side.OUTLOOK, AbsentBy.UNKNOWN),
        ("Outlook's changes do not travel in this direction", Side.OUTLOOK, AbsentBy.UNKNOWN),
        ("delete protection: kept in Pipeliner, not put back", Side.OUTLOOK, AbsentBy.UNKNOWN),
        ("Pipeliner's changes do not travel in this direction", Side.PIPELINER, AbsentBy.UNKNOWN),
        ("it left the user's scope; Outlook is not written", Side.PIPELINER, AbsentBy.SCOPE),
        ("Pipeliner does not show it any more; nothing is deleted", Side.PIPELINER, AbsentBy.SIGHT),
        ("the connection ends, and the sync had created it", Side.OUTLOOK, AbsentBy.US),
    ],
)
def test_a_link_that_rested_knows_which_side_is_away(why: str, side: Side, by: AbsentBy) -> None:
    """By the reason, which is all that 0.1 stored; these are all that it had."""
    row = stored("5.link.link-4")
    link = link_of(replace(row, body=row.body.replace("delete protection", why)))
    assert link.is_dormant
    assert link.absent == Absent(side, by, kept=why)


def test_a_compressed_row_is_read() -> None:
    """Its notes were too long to be stored as they are."""
    row = stored("5.link.link-5", "connection-3")
    assert row.body.startswith("z")
    assert link_of(row).baselines.outlook == person(5, notes="ж" * 500_000)


async def test_links_are_found_from_both_sides(state: StoredConnectionState) -> None:
    """A dormant one without a token."""
    ids = [1, 2, 3, 4]
    assert await state.outlook_index([OutlookId(f"AAMkAD/{number}=") for number in ids]) == {
        OutlookId(f"AAMkAD/{number}="): IndexEntry(LinkId(f"link-{number}"), f"EQAA{number}" if number < 4 else "")
        for number in ids
    }
    assert await state.pipeliner_index([PipelinerId(f"PY-{number}") for number in ids]) == {
        PipelinerId(f"PY-{number}"): IndexEntry(LinkId(f"link-{number}"), str(number) if number < 4 else "")
        for number in ids
    }
    assert [link.id for link in await state.links_page(None)] == [f"link-{number}" for number in ids]


def test_looks_wait_as_they_did() -> None:
    """With traits for matching, tries, the time until which they are set aside, and what waits for an approval."""
    looks = [outlook_look_of(stored(f"3.outlook.{name}")) for name in ("o-1", "o-2")]
    later = START + timedelta(hours=1)
    assert looks == [
        OutlookLook(OutlookId("o-1"), PipelinerId("PY-9"), is_new=True, tries=2, etag="etag", not_before=later),
        OutlookLook(OutlookId("o-2"), etag="etag"),
    ]
    inbox = [pipeliner_look_of(stored(f"3.pipeliner.PY-{number}")) for number in (5, 6, 7)]
    assert inbox == [
        PipelinerLook(PipelinerId("PY-5"), 3, "etag", START + timedelta(hours=2)),
        PipelinerLook(PipelinerId("PY-6"), 0, "etag", awaits_approval=True),
        PipelinerLook(PipelinerId("PY-7"), 0, "etag"),
    ]


async def test_what_waits_is_read_by_a_run(state: StoredConnectionState, reading: ConnectionReading) -> None:
    """Looks, removals, and the contacts that wait for a person; the counts for people are the same."""
    assert [look.id for look in await state.waiting(OutlookLook)] == ["o-1", "o-2"]
    assert [look.id for look in await state.waiting(PipelinerLook)] == ["PY-5", "PY-6", "PY-7"]
    (removal,) = await state.waiting(Awaited)
    assert removal == Awaited(LinkId("link-4"), etag=removal.etag)
    assert await state.waiting_outlook() == ["o-1"]
    assert await reading.held(removals=True) == 2


async def test_attention_stands_with_its_reasons(reading: ConnectionReading) -> None:
    """And since when."""
    items = {item.subject: item for item in await reading.attention()}
    assert {subject: item.reason for subject, item in items.items()} == {
        "held:removals": Reason.DELETES_AWAIT_APPROVAL,
        "link:link-1": Reason.REQUIRED_FIELD,
        "outlook:o-1": Reason.COUNTERPART_UNCLEAR,
    }
    one = items["outlook:o-1"]
    assert (one.outlook_id, one.pipeliner_id, one.link_id, one.fields) == ("o-1", "PY-9", "link-1", ("notes",))
    assert (one.message, one.remedy, one.since) == ("The service refused it.", "Correct the contact.", START)


async def test_history_is_told_as_it_was(reading: ConnectionReading) -> None:
    """Each action by its old word, newest first, under the id that it had."""
    found = await reading.history()
    assert [item.entry.action for item in found] == [*Action][::-1]
    assert {(item.at, item.run_id) for item in found} == {(START, "run-1")}
    changes = (FieldChange("notes", "old", "new"), FieldChange("emails", ("a@example.com",), ()))
    ids = (LinkId("link-1"), OutlookId("AAMkAD/1="), PipelinerId("PY-1"))
    recorded = await reading.recorded("998227561600000000-9999999997-99-1")
    assert recorded.entry == HistoryEntry(Action.UPDATED, Side.OUTLOOK, *ids, changes, "why")
    assert found[2].entry == HistoryEntry(Action.DORMANT, Side.OUTLOOK, *ids, why="why")


def test_erased_entries_stay_away() -> None:
    """Those that are left keep their places, of which their ids are made."""
    left = list(recorded_of(stored("7.history.998227561600000000-9999999997-99", "connection-3")))
    assert [(item.entry.action, item.id[-2:]) for item in left] == [
        (Action.ENDED, "-6"),
        (Action.REMOVED, "-3"),
        (Action.CREATED, "-0"),
    ]


async def test_runs_are_listed_as_they_were(reading: ConnectionReading) -> None:
    """A sweep of 0.1 is a reconciliation; what was held waits for an approval."""
    runs = {run.id: run for run in await reading.runs()}
    swept = runs["run-1"]
    assert (swept.trigger, swept.mode, swept.state) == (Trigger.RECONCILE, RunMode.RECONCILE, RunState.CONTINUES)
    assert (swept.queued_at, swept.started_at, swept.ended_at) == (START, START, START + timedelta(minutes=1))
    assert (swept.counts.awaiting_approval, swept.counts.writes, swept.counts.linked) == (11, 21, 7)
    assert swept.message == "a message"
    asked, broken = runs["run-2"], runs["run-3"]
    assert (asked.trigger, asked.mode, asked.state) == (Trigger.HTTP, RunMode.FULL, RunState.QUEUED)
    assert (broken.trigger, broken.mode, broken.state) == (Trigger.BROKEN_OFF, RunMode.DELTA, RunState.FAILED)
    assert (await reading.status()).last == swept


async def test_a_lease_that_0_1_holds_keeps_others_out_until_it_ends(filled: SqliteStore, clock: TestClock) -> None:
    """It was asked for another run already; who comes after its end takes it over."""
    before = await filled.get(Table.SYNC, "connection-2", "1.lease")
    state = StoredConnectionState(filled, "connection-2", clock, "worker-9")
    with pytest.raises(LeaseTaken) as taken:
        await state.open("run-9")
    assert taken.value.retry_after_s == 300
    assert await filled.get(Table.SYNC, "connection-2", "1.lease") == before
    assert (await ConnectionReading(filled, "connection-2", clock).status()).running == "run-4"
    clock.at += timedelta(seconds=300)
    assert (await state.open("run-9")).cursor == Cursor()


async def test_a_connection_is_registered_as_it_was(filled: SqliteStore) -> None:
    """With its settings, why it is paused, and its folder taken."""
    record = await Registry(filled).get(CONNECTION)
    assert (record.status, record.reason, record.failures) == (ConnectionStatus.PAUSED, "disconnecting", 2)
    assert (record.space_id, record.default_unit_id, record.unit_ids) == ("space_1", "unit-1", ("unit-1", "unit-2"))
    assert record.settings.phone_slots == {"mobile_phone": ("phone2",)}
    assert not record.settings.delete_protection
    assert (record.not_before, record.created_at) == (START, START)
    with pytest.raises(InvalidRequest, match="connection connection-1 syncs it already"):
        await Registry(filled).add(record.model_copy(update={"id": "another"}))
    assert await is_clearing_wanted(filled, CONNECTION)


async def test_the_feed_remembers_what_it_did(filled: SqliteStore) -> None:
    """Watermarks, who had which contact, and how far the memory was trimmed."""
    feed = StoredFeedState(filled, "space_1")
    streams = (Stream.CONTACTS, Stream.ACCOUNT_RELATIONS, Stream.SHARING, Stream.ACCOUNTS)
    assert await feed.watermarks() == {stream: START + timedelta(minutes=late) for late, stream in enumerate(streams)}
    editors, watchers = frozenset({UserId("u-2"), UserId("u-3")}), frozenset({UserId("u-4")})
    assert await feed.seen(Stream.CONTACTS, ["PY-1", "PY-2", "PY-3"]) == {
        "PY-1": Seen("7", Ownership(UserId("u-1"), editors, watchers, "unit-1", ShareMode.ALL_EDIT)),
        "PY-2": Seen("1", Ownership(UserId("u-1"))),
    }
    assert await feed.seen(Stream.ACCOUNT_RELATIONS, ["rel-1"]) == {"rel-1": Seen("2026-03-02")}
    assert await feed.linked(CONNECTION, [PipelinerId("PY-1"), PipelinerId("PY-9")]) == {"PY-1"}
    remembered = await next_remembered(filled, "space_1")
    assert (set(remembered.contacts), remembered.others) == ({"PY-2"}, ())


async def test_a_departure_is_watched_for_as_long_as_it_was(filled: SqliteStore) -> None:
    """The note of a connection that is gone goes after two days."""
    await clear_departed(filled, "space_1", START + timedelta(days=2))
    assert await filled.get(Table.SPACES, "space_1", "3.gone.connection-0") is not None
    await clear_departed(filled, "space_1", START + timedelta(days=2, seconds=1))
    assert await filled.get(Table.SPACES, "space_1", "3.gone.connection-0") is None


def test_rows_that_are_written_again_are_the_same() -> None:
    """So that a row that 0.1 wrote and one of this version cannot be told apart."""
    journal = stored("2.journal.00000001")
    assert journal_body(journal_of(journal)) == journal.body
    for name in ("outlook.o-1", "outlook.o-2", "pipeliner.PY-5", "pipeliner.PY-6", "pipeliner.PY-7"):
        look = stored(f"3.{name}")
        read = outlook_look_of if name.startswith("outlook") else pipeliner_look_of
        again = replace(look, body=work_body(read(look)))
        assert read(again) == read(look)
        assert again.body == look.body or "traits" in look.body  # which are in the index now
    for subject in ("held:removals", "link:link-1", "outlook:o-1"):
        item = stored(f"6.attention.{subject}")
        assert attention_body(attention_of(item)) == item.body
    history = stored(f"{HISTORY}998227561600000000-9999999997-99")
    entries = [entry_text(item.entry) for item in recorded_of(history)][::-1]
    assert history_body(START, "run-1", entries) == history.body


@pytest.mark.parametrize(
    ("name", "trigger", "mode", "run_id"),
    [
        ("timer", Trigger.TIMER, RunMode.DELTA, ""),
        ("sweep", Trigger.RECONCILE, RunMode.RECONCILE, ""),
        ("disconnect", Trigger.DISCONNECT, RunMode.RECONCILE, ""),
        ("http", Trigger.HTTP, RunMode.FULL, "run-7"),
        ("command", Trigger.COMMAND, RunMode.FULL, "run-8"),
        ("connect", Trigger.CONNECT, RunMode.DELTA, ""),
        ("change", Trigger.CHANGE, RunMode.FULL, ""),
        ("approve", Trigger.APPROVE, RunMode.DELTA, ""),
        ("retry", Trigger.RETRY, RunMode.DELTA, ""),
        ("continue", Trigger.CONTINUE, RunMode.DELTA, ""),
    ],
)
def test_a_queued_message_asks_for_the_same_run(name: str, trigger: Trigger, mode: RunMode, run_id: str) -> None:
    """Whatever waits in the queue while a new version comes."""
    assert read_message(MESSAGES[name]) == RunRequest(CONNECTION, trigger, mode, run_id)
