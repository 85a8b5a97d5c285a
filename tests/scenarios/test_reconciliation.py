"""The nightly reconciliation finds what the feeds have missed and what lies wrong in the state, and fixes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from emulators.faults import Fault
from sync_core.domain import Action, Link, Ownership, PipelinerId, Reason, Run, RunMode, RunState, Side, Trigger, UserId
from sync_core.engine.ports import ChangeSet, RunRequest, Seen, Stream
from sync_core.errors import NotFound, Paused
from sync_core.operations import ConnectionChange, change, disconnect, find_run, reconcile_all, retry_set_aside, work
from sync_core.operations.reconciling import Nightly, Reconciled, ReconcileReport, reconcile
from sync_core.queues import read_message, write_message
from sync_core.state import ConnectionStatus, Repairs, note_departure
from sync_core.state.repair import index_rows
from sync_core.state.rows import APPROVAL, AWAITED, CURSOR, INDEX, LINK, body, link_of
from sync_core.state.run_rows import cursor_body
from sync_core.state.trimming import WATCHED
from sync_core.storage import Operation, Put, Remove, Table
from tests.scenarios.world import COLLEAGUE, MAILBOX, World, new_world

NAMES = ("Abel", "Baker", "Cole", "Dahl", "Evans")


async def _five(**settings: Any) -> World:
    """Five contacts from Pipeliner and one from Outlook, synced."""
    world = new_world()
    for name in NAMES:
        world.write_in_crm(name, "Ann")
    await world.connect(**settings)
    await world.sync()
    world.write_in_outlook("Novak", "Eva")
    await world.sync()
    return world


async def _swept(world: World) -> Reconciled:
    """Reconciliation the connection of the story."""
    run_id = f"{world.record.id}-{world.deployment.mint_id()}"
    record = await world.deployment.registry.get(world.record.id)
    return await reconcile(
        world.deployment, record, RunRequest(record.id, Trigger.COMMAND, RunMode.RECONCILE, run_id), "sweeper"
    )


async def _damage(world: World, *operations: Operation) -> None:
    await world.store.transact(Table.SYNC, world.record.id, operations)


async def _link(world: World, surname: str) -> Link:
    """The link of a contact, as it is stored."""
    customer_id = world.customer(surname)["id"]
    rows = await world.store.read(Table.SYNC, world.record.id, LINK, f"{LINK}~")
    return next(link for link in map(link_of, rows) if link.pipeliner_id == customer_id)


@dataclass(frozen=True)
class _Writes:
    """How often each service was written to."""

    graph: int
    crm: int


def _writes(world: World) -> _Writes:
    graph = sum(count for kind, count in world.graph.requests.items() if kind.startswith("part ") and "GET" not in kind)
    crm = sum(count for kind, count in world.crm.requests.items() if not kind.startswith("GET"))
    return _Writes(graph, crm)


async def _miss_everything(world: World) -> None:
    """Let the delta link and the watermarks pass over what happened, as lost events do."""
    ports = world.deployment.run_ports(world.record, "thief")
    opening = await ports.state.open("thief-run")
    page = await ports.folder.delta(opening.cursor.delta_link)
    while not page.is_last:
        page = await ports.folder.delta(page.link)
    run = Run("thief-run", world.record.id, Trigger.TIMER, RunMode.DELTA, RunState.DONE)
    await ports.state.close(replace(opening.cursor, delta_link=page.link), run)
    await _damage(world, Put(CURSOR, cursor_body(replace(opening.cursor, delta_link=page.link))))
    world.crm.clock.advance(3600)
    await world.deployment.pipeliner.check()
    await world.deployment.feed_state.watermarks()
    await world.deployment.feed_state.advance(dict.fromkeys(Stream, await world.deployment.pipeliner.server_time()))


# A healthy connection


async def test_a_healthy_connections_reconciliation_writes_nothing_and_reports_nothing() -> None:
    """Linked, resting and waiting contacts included; the run says so in words."""
    world = await _five()
    world.delete_in_outlook("Abel")
    world.graph.move_contact(MAILBOX, world.person("Baker")["id"], world.graph.add_folder(MAILBOX, "Private"))
    world.graph.create_contact(MAILBOX, {"companyName": "Nameless"}, world.folder_id)
    await world.sync()
    before, writes = await world.attention(), _writes(world)
    history = len(await world.history())

    swept = await _swept(world)

    assert swept.report == ReconcileReport()
    assert swept.report.is_clean
    assert _writes(world) == writes
    assert (await world.attention(), len(await world.history())) == (before, history)
    run = await find_run(world.deployment, swept.result.run.id)
    assert (run.trigger, run.state, run.message) == (Trigger.RECONCILE, RunState.DONE, "nothing was amiss")


async def test_a_reconciliation_costs_requests_for_listings_not_for_each_contact() -> None:
    """A hundred contacts are compared in a few pages."""
    world = new_world()
    for number in range(100):
        world.write_in_crm(f"Person{number:03}", "Ann")
    await world.connect()
    await world.sync()
    graph, crm = world.graph.total_requests, world.crm.requests.total()

    await _swept(world)

    assert world.graph.total_requests - graph < 15
    assert world.crm.requests.total() - crm < 10


# What the feeds have missed


async def test_missed_deletes_are_found_on_both_sides() -> None:
    """A delete in Pipeliner travels, one in Outlook rests under delete protection; nobody is doubled."""
    world = await _five()
    world.delete_in_crm("Abel")
    world.delete_in_outlook("Baker")
    await _miss_everything(world)
    assert (await world.sync()).run.counts.writes == 0

    report = (await _swept(world)).report

    assert (report.removed_contacts, report.vanished_contacts) == (1, 1)
    assert [item["surname"] for item in world.outlook()] == ["Cole", "Dahl", "Evans", "Novak"]
    assert [row["last_name"] for row in world.customers()] == ["Baker", "Cole", "Dahl", "Evans", "Novak"]
    assert (await _swept(world)).report.is_clean


async def test_a_missed_delete_in_outlook_travels_without_protection() -> None:
    """It is the same as if the delta had told it."""
    world = await _five(delete_protection=False)
    world.delete_in_outlook("Baker")
    await _miss_everything(world)

    report = (await _swept(world)).report

    assert (report.removed_contacts, "Baker" in {row["last_name"] for row in world.customers()}) == (1, False)


async def test_a_link_whose_contacts_have_both_vanished_ends() -> None:
    """Nothing is left of it."""
    world = await _five()
    link = await _link(world, "Cole")
    world.delete_in_crm("Cole")
    world.delete_in_outlook("Cole")
    await _miss_everything(world)

    assert (await _swept(world)).report.vanished_contacts == 1

    rows = await world.store.read(Table.SYNC, world.record.id, "", "~")
    assert [row.key for row in rows if link.id in row.body and not row.key.startswith(("7.", "1."))] == []
    assert (await _swept(world)).report.is_clean


async def test_contacts_that_never_got_a_link_get_one() -> None:
    """One in the folder without a counterpart, one whose counterpart carries its id, one in Pipeliner only."""
    world = await _five()
    link = await _link(world, "Abel")
    await _damage(world, Remove(LINK + link.id), *map(Remove, index_rows(link)))
    world.write_in_outlook("Lost", "Lea")
    world.write_in_crm("Missed", "Max")
    await _miss_everything(world)

    report = (await _swept(world)).report

    assert (report.new_links, report.repairs) == (3, Repairs(miscounted_links=1))
    names = [*sorted((*NAMES, "Lost", "Missed")), "Novak"]
    assert [item["surname"] for item in world.outlook()] == names
    assert [row["last_name"] for row in world.customers()] == names
    assert (await _swept(world)).report.is_clean


async def test_missed_edits_travel() -> None:
    """On both sides."""
    world = await _five()
    world.edit_in_outlook("Abel", mobilePhone="555")
    world.edit_in_crm("Baker", city="Oslo")
    await _miss_everything(world)

    report = (await _swept(world)).report

    assert report.updated_contacts == 2
    assert world.customer("Abel")["phone2"] == "555"
    assert world.person("Baker")["businessAddress"]["city"] == "Oslo"


async def test_missed_mass_deletes_are_held_by_the_guard() -> None:
    """The reconciliation is no way around it."""
    world = new_world()
    for number in range(30):
        world.write_in_crm(f"Person{number:03}", "Ann")
    await world.connect()
    await world.sync()
    for number in range(12):
        world.delete_in_crm(f"Person{number:03}")
    await _miss_everything(world)

    report = (await _swept(world)).report

    assert (report.held, len(world.outlook())) == (12, 30)
    assert [item.reason for item in await world.attention()] == [Reason.DELETES_AWAIT_APPROVAL]


# What lies wrong in the state


async def test_an_index_row_without_link_hid_a_contact_which_is_linked_now() -> None:
    """Without repair the contact would look linked for ever, and no edit of it would travel."""
    world = await _five()
    link = await _link(world, "Abel")
    await _damage(world, Remove(LINK + link.id))

    report = (await _swept(world)).report

    assert (report.repairs, report.new_links) == (Repairs(stray_index_rows=2, miscounted_links=1), 1)
    world.edit_in_outlook("Abel", mobilePhone="555")
    await world.sync()
    assert (len(world.outlook()), len(world.customers())) == (6, 6)
    assert world.customer("Abel")["phone2"] == "555"


async def test_a_link_without_index_rows_doubles_nobody() -> None:
    """A run would take both contacts for new; the reconciliation puts the rows back first."""
    world = await _five()
    link = await _link(world, "Abel")
    await _damage(world, *map(Remove, index_rows(link)))

    report = (await _swept(world)).report

    assert report == ReconcileReport(repairs=Repairs(restored_index_rows=2))
    assert (len(world.outlook()), len(world.customers())) == (6, 6)


async def test_of_two_links_to_one_contact_one_ends_with_history() -> None:
    """And the contact that only the wrong one had gets a counterpart of its own."""
    world = await _five()
    right, lone = await _link(world, "Abel"), await _link(world, "Baker")
    wrong = replace(lone, outlook_id=right.outlook_id)
    state = world.deployment.run_ports(world.record, "planter").state
    opening = await state.open("plant")
    await state.commit([ChangeSet(before=lone, after=wrong)])
    await state.close(opening.cursor, Run("plant", world.record.id, Trigger.TIMER, RunMode.DELTA, RunState.DONE))
    await _damage(world, Put(INDEX[Side.OUTLOOK] + right.outlook_id, body({"link": right.id, "token": "old"})))

    report = (await _swept(world)).report

    assert report.repairs.double_links == 1
    ended = await world.history(Action.ENDED)
    assert [(item.entry.link_id, item.run_id != "") for item in ended] == [(lone.id, True)]
    assert (len(world.outlook()), len(world.customers())) == (6, 6)
    assert (await _swept(world)).report.is_clean


async def test_rows_that_refer_to_nothing_go_and_the_run_lists_them() -> None:
    """A removal of a link that is gone, and an approval of nothing; the message has counts and no ids of people."""
    world = await _five()
    await _damage(world, Put(f"{AWAITED}ghost", body({})), Put(APPROVAL, body({"at": ""})))
    run_id = f"{world.record.id}-reconciliation"

    result = await work(
        world.deployment, RunRequest(world.record.id, Trigger.COMMAND, RunMode.RECONCILE, run_id), "sweeper"
    )

    assert result is not None
    assert result.run.message == "stray removals: 1, void approvals: 1"
    assert (await find_run(world.deployment, run_id)).message == result.run.message


# The Pipeliner user


async def test_a_user_who_was_removed_pauses_the_connection() -> None:
    """With their own reason; nothing is deleted, and the repairs that were made stand in the run."""
    world = await _five()
    world.crm.people.deactivate_user(world.user_id)
    await _damage(world, Put(f"{AWAITED}ghost", body({})))

    await world.one_run(RunMode.RECONCILE)  # before any tick sees it

    record = await world.deployment.registry.get(world.record.id)
    assert (record.status, record.reason, record.not_before) == (ConnectionStatus.PAUSED, "user_deactivated", None)
    (item,) = await world.attention()
    assert item.reason is Reason.PAUSED
    assert "was deactivated or removed" in world.results[-1].run.message
    assert "stray removals: 1" in world.results[-1].run.message
    assert (len(world.outlook()), len(world.customers())) == (6, 6)
    assert (await world.deployment.reader(record.id).status()).running == ""


async def test_the_users_units_are_refreshed_and_count_for_the_scope_at_once() -> None:
    """They join a unit: what is visible there comes into a folder of that scope."""
    world = new_world()
    change_set = world.crm.people.add_unit("North")
    north = world.crm.people.add_user("nora@example.test", unit_id=change_set)
    world.write_in_crm("Hansen", "Hal", owner=north)
    await world.connect(scope="visible")
    await world.sync()
    assert world.outlook() == []
    world.crm.people._set("Clients", world.user_id, {"default_unit_id": change_set})
    world.crm.people.join_unit(world.user_id, change_set)

    report = (await _swept(world)).report

    record = await world.deployment.registry.get(world.record.id)
    assert (report.user_changes, record.default_unit_id) == (1, change_set)
    assert [item["surname"] for item in world.outlook()] == ["Hansen"]
    assert (await _swept(world)).report.is_clean


async def test_a_busy_pipeliner_does_not_stop_the_repair() -> None:
    """The user cannot be looked up; the run that follows comes back by itself."""
    world = await _five()
    await _damage(world, Put(f"{AWAITED}ghost", body({})))
    world.crm.faults.plant(Fault(r"GET .*/Clients", times=8, status=503))

    report = (await _swept(world)).report

    assert report.repairs == Repairs(stray_removals=1)
    assert (await world.deployment.registry.get(world.record.id)).status is ConnectionStatus.ACTIVE


# Old rows


async def test_old_history_and_runs_go() -> None:
    """After a year; they do not make a healthy connection look ill."""
    world = await _five()
    world.crm.clock.advance(timedelta(days=400).total_seconds())

    swept = await _swept(world)

    assert swept.report.trimmed_rows > 0
    assert swept.report.is_clean
    assert await world.history() == []
    assert (await find_run(world.deployment, swept.result.run.id)).state is RunState.DONE


async def test_rows_of_connections_that_are_gone_are_cleared_away() -> None:
    """The feed delivered after the connection had ended; once nothing can come any more the note goes too."""
    world = await _five()
    gone = world.record.id
    await disconnect(world.deployment, gone)
    await world.deployment.feed_state.deliver(gone, [PipelinerId("late-1"), PipelinerId("late-2")])

    assert (await reconcile_all(world.deployment)).orphaned_rows == 2
    world.crm.clock.advance((WATCHED + timedelta(days=1)).total_seconds())
    assert (await reconcile_all(world.deployment)).orphaned_rows == 0

    assert await world.store.read(Table.SYNC, gone, "", "~") == []
    assert await world.store.read(Table.SPACES, world.record.space_id, "3.", "4.") == []


async def test_a_note_of_a_departure_that_did_not_happen_clears_nothing() -> None:
    """The process died between the note and the end; the connection is still there, with all its rows."""
    world = await _five()
    await note_departure(world.store, world.record.space_id, world.record.id, world.deployment.clock.now())

    assert (await reconcile_all(world.deployment)).orphaned_rows == 0

    assert (await _swept(world)).report.is_clean


async def test_the_feed_forgets_contacts_that_are_deleted_for_long() -> None:
    """And records of other streams, which matter for minutes; living contacts and fresh deletes stay remembered."""
    world = await _five()
    for name in NAMES:
        world.edit_in_crm(name, city="Oslo")
    await world.sync()
    world.delete_in_crm("Abel")
    await world.sync()
    world.crm.clock.advance(timedelta(days=8).total_seconds())
    world.delete_in_crm("Baker")
    await world.sync()
    relation = Seen("1")
    await world.deployment.feed_state.remember(Stream.ACCOUNTS, {"an-account": relation})
    await world.deployment.feed_state.remember(Stream.CONTACTS, {"unknown": Seen("1", Ownership(UserId("somebody")))})

    first = await reconcile_all(world.deployment)

    assert first.forgotten_rows == 3
    seen = await world.store.read(Table.SPACES, world.record.space_id, "2.", "3.")
    assert len(seen) == 5
    assert (await reconcile_all(world.deployment)).forgotten_rows == 0
    await world.drain()
    assert (await world.sync()).run.counts.writes == 0


async def test_what_the_feed_forgot_still_reaches_whom_it_concerns() -> None:
    """A contact leaves the user after its row was trimmed: the links tell who had it."""
    world = await _five()
    world.edit_in_crm("Abel", city="Oslo")
    await world.sync()
    for row in await world.store.read(Table.SPACES, world.record.space_id, "2.", "3."):
        await world.store.transact(Table.SPACES, world.record.space_id, [Remove(row.key)])

    world.crm.people.reassign_contact(world.customer("Abel")["id"], world.colleague_id)
    await world.sync()

    assert "Abel" not in {item["surname"] for item in world.outlook()}


# Who is reconciled


async def test_every_active_connection_is_swept_and_paused_ones_are_not() -> None:
    """One message each; a paused one that is named is refused, and so is an unknown one."""
    world = await _five()
    other = await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE)
    await world.drain()
    await change(world.deployment, other, ConnectionChange(status=ConnectionStatus.PAUSED))

    assert await reconcile_all(world.deployment) == Nightly((world.record.id,))

    assert world.queue.take() == (RunRequest(world.record.id, Trigger.RECONCILE, RunMode.RECONCILE), 0)
    with pytest.raises(Paused):
        await reconcile_all(world.deployment, [other])
    with pytest.raises(NotFound):
        await reconcile_all(world.deployment, ["nobody"])


def test_a_reconciliation_travels_through_the_queue_as_one() -> None:
    """Each mode is read as it was written."""
    for mode in (RunMode.DELTA, RunMode.FULL, RunMode.RECONCILE):
        request = RunRequest("c1", Trigger.RECONCILE, mode, "c1-run")
        assert read_message(write_message(request)) == request


async def test_a_reconciliation_waits_for_the_run_that_runs() -> None:
    """Its message comes back when the lease is free."""
    world = await _five()
    await world.deployment.run_ports(world.record, "slow").state.open("slow-run")

    result = await work(world.deployment, RunRequest(world.record.id, Trigger.RECONCILE, RunMode.RECONCILE), "sweeper")
    await world.drain()

    assert result is None
    assert [item.run.trigger for item in world.results][-1] is Trigger.RECONCILE


async def test_a_reconciliation_that_runs_out_of_time_is_gone_on_with() -> None:
    """The round continues in further runs, to its end."""
    world = new_world(app={"sync_pass_budget_s": 10})
    for number in range(30):
        world.write_in_crm(f"Person{number:03}", "Ann")
    await world.connect()
    await world.sync()
    for number in range(3):
        world.delete_in_crm(f"Person{number:03}")
    await _miss_everything(world)
    world.crm.faults.plant(Fault(r"GET .*/Clients", delay_s=60))

    await reconcile_all(world.deployment)
    await world.drain()

    assert len(world.outlook()) == 27
    assert world.results[-1].run.state is RunState.DONE


# Retries on demand


async def test_a_contact_that_was_set_aside_is_tried_again_on_demand() -> None:
    """Long before its time, once the cause is mended; what was not set aside is left alone."""
    world = await _five()
    world.graph.faults.plant(Fault(r"PATCH .*/contacts/", times=None, status=503))
    world.edit_in_crm("Abel", city="Rome")
    for _ in range(6):
        await world.tick()
        await world.deployment.clock.sleep(1)
    assert [item.reason for item in await world.attention()] == [Reason.KEEPS_FAILING]
    world.graph.faults.clear()
    await world.deployment.feed_state.deliver(world.record.id, [PipelinerId(world.customer("Baker")["id"])])

    called = await retry_set_aside(world.deployment, world.record.id)
    await world.drain()

    assert (called, await world.attention()) == (1, [])
    assert world.person("Abel")["businessAddress"]["city"] == "Rome"
    assert await retry_set_aside(world.deployment, world.record.id) == 0


async def test_a_retry_of_a_paused_or_unknown_connection_is_refused() -> None:
    """It would do nothing."""
    world = await _five()
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.PAUSED))
    with pytest.raises(Paused):
        await retry_set_aside(world.deployment, world.record.id)
    with pytest.raises(NotFound):
        await retry_set_aside(world.deployment, "nobody")


def test_the_message_holds_counts_in_words_and_nothing_else() -> None:
    """It is written to the log."""
    report = ReconcileReport(Repairs(double_links=2), removed_contacts=1)
    assert report.message == "double links: 2, removed contacts: 1"
    assert not report.is_clean
