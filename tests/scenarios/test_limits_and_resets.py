"""Surprises are held back, and lost cursors cost reading, never contacts."""

from __future__ import annotations

from emulators.faults import Fault
from sync_core.domain import Reason, Run, RunMode, RunState, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.operations import work
from sync_core.operations.asking import approve_removals
from sync_core.operations.feeding import read_feed
from tests.scenarios.world import MAILBOX, World, new_world


async def _crowd(count: int) -> World:
    world = new_world()
    for number in range(count):
        world.write_in_crm(f"Person{number:03}", "Ann")
    await world.connect(delete_protection=False)
    await world.sync()
    return world


async def test_a_mass_delete_is_held_while_everything_else_goes_on() -> None:
    """Twelve of thirty deleted at once: nothing is removed, the new contact still travels."""
    world = await _crowd(30)
    for number in range(12):
        world.delete_in_crm(f"Person{number:03}")
    world.write_in_crm("Newcomer", "Eva")

    result = await world.sync()

    assert (len(world.outlook()), result.run.counts.awaiting_approval) == (31, 12)
    (item,) = await world.attention()
    assert (item.reason, "12 of 31 contacts" in item.message) == (Reason.DELETES_AWAIT_APPROVAL, True)


async def test_approved_removals_are_carried_out_once() -> None:
    """The approval counts for what is held, not for later surprises."""
    world = await _crowd(30)
    for number in range(12):
        world.delete_in_crm(f"Person{number:03}")
    await world.sync()

    await approve_removals(world.deployment, world.record.id)
    await world.drain()
    first = len(world.outlook())
    for number in range(12, 24):
        world.delete_in_crm(f"Person{number:03}")
    await world.sync()

    assert (first, len(world.outlook())) == (18, 18)
    assert [item.reason for item in await world.attention()] == [Reason.DELETES_AWAIT_APPROVAL]


async def test_held_contacts_that_come_back_are_not_removed() -> None:
    """The administrator restores them instead of approving."""
    world = await _crowd(30)
    gone = [world.customer(f"Person{number:03}")["id"] for number in range(12)]
    for identifier in gone:
        world.crm.people.delete_contact(identifier)
    await world.sync()
    for identifier in gone:
        world.crm.people.restore_contact(identifier)
    await world.sync()

    await approve_removals(world.deployment, world.record.id)
    await world.drain()

    assert (len(world.outlook()), await world.attention()) == (30, [])


async def test_a_lost_delta_link_reads_the_folder_again_and_deletes_nothing() -> None:
    """410: the links stay, an edit and a delete made meanwhile are still noticed."""
    world = await _crowd(5)
    world.edit_in_outlook("Person001", mobilePhone="555")
    world.delete_in_outlook("Person002")
    world.graph.expire_delta_tokens()

    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (4, 4)
    assert world.customer("Person001")["phone2"] == "555"
    assert (await world.sync()).run.counts.writes == 0


async def test_a_delete_that_the_feed_never_told_is_found_by_a_full_round() -> None:
    """Pipeliner's DELETE may not move the time by which changes are listed."""
    world = new_world()
    world.crm.switches.delete_bumps_modified = False
    world.write_in_crm("Okafor", "Chidi")
    world.write_in_crm("Novak", "Eva")
    await world.connect()
    await world.sync()
    await world.deployment.clock.sleep(3600)
    await world.sync()
    world.delete_in_crm("Okafor")
    await world.sync()
    assert len(world.outlook()) == 2

    await world.sync(RunMode.FULL)

    assert [item["surname"] for item in world.outlook()] == ["Novak"]


async def test_a_listing_cut_short_deletes_nothing() -> None:
    """What a listing does not show is looked up one by one."""
    world = await _crowd(30)
    world.graph.switches.delta_omitted_share = 0.5
    world.graph.expire_delta_tokens()

    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (30, 30)


async def test_a_vanished_folder_pauses_the_connection_and_deletes_nothing() -> None:
    """The reason is told, and the connection is not asked for runs any more."""
    world = await _crowd(3)
    world.graph.delete_folder(MAILBOX, world.folder_id)

    result = await world.one_run()

    record = await world.deployment.registry.get(world.record.id)
    assert (record.status, record.reason, result.run.state) == ("paused", "folder_gone", RunState.FAILED)
    assert world.record.folder_id in record.message
    assert len(world.customers()) == 3


async def test_a_paused_connection_is_probed_and_goes_on_when_the_fault_is_gone() -> None:
    """Lost access comes back: nothing was lost meanwhile."""
    world = await _crowd(3)
    world.graph.drop_access(MAILBOX)
    await world.one_run()
    world.write_in_crm("Newcomer", "Eva")
    await world.tick()
    assert (await world.deployment.registry.get(world.record.id)).reason == "access_denied"

    world.graph.grant_access(MAILBOX)
    await world.deployment.clock.sleep(3600)
    await world.tick()

    record = await world.deployment.registry.get(world.record.id)
    assert (record.status, record.reason, len(world.outlook())) == ("active", "", 4)
    assert await world.attention() == []


async def test_pipelineers_outage_ends_the_run_and_the_next_one_catches_up() -> None:
    """The run says which service did not answer."""
    world = await _crowd(2)
    world.edit_in_outlook("Person001", mobilePhone="555")
    world.crm.faults.plant(Fault("entities/Contacts", times=None, status=503))
    result = await world.one_run()
    world.crm.faults.clear()

    await world.sync()

    assert (result.run.state, result.again, "Pipeliner" in result.run.message) == (RunState.FAILED, True, True)
    assert world.customer("Person001")["phone2"] == "555"


async def test_a_run_that_runs_out_of_time_continues_where_it_stopped() -> None:
    """A tiny budget: many runs, each contact created once."""
    world = new_world(app={"sync_pass_budget_s": 0.0001})
    for number in range(450):
        world.write_in_crm(f"Person{number:03}", "Ann")
    world.crm.clock.advance(3600)  # the feed tells of them no more
    await world.connect()
    await read_feed(world.deployment, world.records, until_space_is_known=True)

    first = await world.one_run()
    runs = len(world.results)
    await world.drain()

    assert first.run.state is RunState.CONTINUES
    assert (len(world.outlook()), world.results[-1].run.state) == (450, RunState.DONE)
    assert len(world.results) - runs >= 3
    assert sum(result.run.counts.created_in_outlook for result in world.results) == 450


async def test_two_workers_on_one_connection_never_both_run() -> None:
    """The second one leaves a wish; the first one's run is followed by another."""
    world = await _crowd(2)
    ports = world.deployment.run_ports(world.record, "first worker")
    opening = await ports.state.open("run-of-the-first")

    refused = await work(world.deployment, RunRequest(world.record.id, Trigger.COMMAND), "second worker")
    ended = Run("run-of-the-first", world.record.id, Trigger.COMMAND, RunMode.DELTA, RunState.DONE)
    woken = await ports.state.close(opening.cursor, ended)

    assert (refused, woken) == (None, True)
