"""What people ask for beside the timer is done, or its run says why not; pausing and resuming mean what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.domain import Reason, RunMode, RunState, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import StoreUnavailable
from sync_core.operations import ConnectionChange, change, find_run, request_sync, work
from sync_core.operations.working import poisoned
from sync_core.state import ConnectionStatus
from sync_core.storage import Table
from tests.scenarios.world import World, new_world


async def connected_world(**settings: Any) -> World:
    """One connection whose first run is over."""
    world = new_world()
    await world.connect(**settings)
    await world.drain()
    return world


async def connection_status(world: World) -> tuple[ConnectionStatus, str]:
    """Whether the connection syncs, and why not."""
    record = await world.deployment.registry.get(world.record.id)
    return record.status, record.reason


async def paused_by_fault() -> World:
    """A connection whose mailbox is out of the app's reach."""
    world = await connected_world()
    world.graph.drop_access(world.record.mailbox)
    await world.tick()
    assert await connection_status(world) == (ConnectionStatus.PAUSED, "access_denied")
    return world


async def ask(world: World, mode: str = "delta") -> str:
    """Ask for a run; returns the run's id."""
    return (await request_sync(world.deployment, world.record.id, mode, Trigger.COMMAND)).id


async def state_of(world: World, run_id: str) -> RunState:
    """How far a run is."""
    return (await find_run(world.deployment, run_id)).state


async def test_a_change_before_the_first_tick_of_a_space_is_seen() -> None:
    """The feed begins with the first connection, not with the first tick, which may come an hour later."""
    world = await connected_world()
    world.write_in_crm("Lovelace")
    world.crm.clock.advance(3600)
    await world.deployment.pipeliner.check()  # which tells the later time, as any request does
    await world.tick()
    await world.tick()
    assert [item["surname"] for item in world.outlook()] == ["Lovelace"]


async def test_a_run_is_queued_then_running_then_done() -> None:
    """Whoever asked can follow it by its id."""
    world = await connected_world()
    run_id = await ask(world)
    assert await state_of(world, run_id) is RunState.QUEUED
    ports = world.deployment.run_ports(world.record, "somebody")
    opening = await ports.state.open(run_id)
    assert await state_of(world, run_id) is RunState.RUNNING
    run = await find_run(world.deployment, run_id)
    await ports.state.close(opening.cursor, run)
    await world.drain()
    assert await state_of(world, run_id) is RunState.DONE


@pytest.mark.parametrize("mode", ["delta", "full"])
async def test_what_is_asked_for_during_a_run_is_done_after_it(mode: str) -> None:
    """The request waits for the lease instead of being forgotten."""
    world = await connected_world()
    run_id = await ask(world, mode)
    await world.deployment.run_ports(world.record, "another").state.open("another-run")
    taken = world.queue.take()
    assert taken is not None
    assert await work(world.deployment, taken[0], "worker") is None
    assert await state_of(world, run_id) is RunState.QUEUED
    await world.drain()
    assert await state_of(world, run_id) is RunState.DONE
    assert world.results[-1].run.mode == mode


async def test_requests_for_the_same_are_answered_by_one_run() -> None:
    """However often a full sync is asked for before it begins, one does it; one that began answers nobody who comes."""
    world = await connected_world()
    asked = [await ask(world, "full") for _ in range(121)]
    assert (await world.queue.depth()).waiting == 1
    other = await ask(world)
    await world.drain()
    assert [result.run.mode for result in world.results[1:]] == ["full", "delta"]
    assert {await state_of(world, run_id) for run_id in [*asked, other]} == {RunState.DONE}

    begun = await ask(world, "full")
    ports = world.deployment.run_ports(world.record, "somebody")
    opening = await ports.state.open(begun)
    later = await ask(world, "full")
    assert later not in {begun, *asked}
    await ports.state.close(opening.cursor, await find_run(world.deployment, begun))
    await world.drain()
    assert await state_of(world, later) is RunState.DONE


async def test_settings_changed_again_and_again_are_followed_by_one_full_sync() -> None:
    """It begins after the last change, and reads by the settings that stand then."""
    world = await connected_world()
    for count in range(1, 31):
        await change(world.deployment, world.record.id, ConnectionChange(settings={"max_delete_count": count}))
    await world.drain()
    assert [result.run.mode for result in world.results[1:]] == ["full"]


async def test_requests_that_meet_a_running_run_wait_as_one() -> None:
    """Those that another program put into the queue too: one is put back, and each id is answered by its run."""
    world = await connected_world()
    await world.deployment.run_ports(world.record, "another").state.open("another-run")
    ids = [f"{world.record.id}-q{number}" for number in range(50)]
    for run_id in [*ids, ""]:
        await work(world.deployment, RunRequest(world.record.id, Trigger.HTTP, RunMode.FULL, run_id), "worker")
    assert (await world.queue.depth()).waiting == 1
    assert await ask(world, "full") in ids
    await world.drain()
    assert [result.run.mode for result in world.results[1:]] == ["full"]
    assert {await state_of(world, run_id) for run_id in ids} == {RunState.DONE}
    assert not await world.store.read(Table.SYNC, world.record.id, "8.asked.with.", "8.asked.with/")


async def test_a_run_that_fails_fails_for_all_whom_it_would_answer() -> None:
    """Nobody waits for it in vain."""
    world = await connected_world()
    await world.deployment.run_ports(world.record, "another").state.open("another-run")
    ids = [f"{world.record.id}-q{number}" for number in range(3)]
    for run_id in ids:
        await work(world.deployment, RunRequest(world.record.id, Trigger.HTTP, RunMode.FULL, run_id), "worker")
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.PAUSED))
    await world.drain()
    assert {await state_of(world, run_id) for run_id in ids} == {RunState.FAILED}


async def test_a_lost_message_keeps_nobody_waiting_for_ever() -> None:
    """A run that was asked for long ago and never began answers nobody any more."""
    world = await connected_world()
    lost = await ask(world, "full")
    world.queue.take()
    world.crm.clock.advance(16 * 60)
    await world.deployment.pipeliner.check()
    again = await ask(world, "full")
    assert again != lost
    await world.drain()
    assert await state_of(world, again) is RunState.DONE


async def test_the_timers_request_during_a_run_is_answered_by_the_next_run() -> None:
    """It asks the holder of the lease for another run, and is not put back itself."""
    world = await connected_world()
    await world.deployment.run_ports(world.record, "another").state.open("another-run")
    assert await work(world.deployment, RunRequest(world.record.id, Trigger.TIMER), "worker") is None
    assert world.queue.take() is None


async def test_a_run_whose_connection_was_paused_meanwhile_says_so() -> None:
    """Nobody waits for it in vain."""
    world = await connected_world()
    run_id = await ask(world)
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.PAUSED))
    await world.drain()
    run = await find_run(world.deployment, run_id)
    assert (run.state, run.message) == (RunState.FAILED, "The connection was paused before the run began.")


class SilentQueue:
    """A queue service that does not answer."""

    async def put(self, request: RunRequest, delay_s: float = 0) -> None:
        """Lose the request."""
        raise StoreUnavailable(f"the queue did not take the request of {request.connection_id}", delay_s)


async def test_a_lost_queue_leaves_no_run_behind() -> None:
    """Who was told that it failed finds no run that never comes."""
    world = await connected_world()
    before = await world.deployment.reader(world.record.id).runs()
    with pytest.raises(StoreUnavailable):
        await request_sync(replace(world.deployment, queue=SilentQueue()), world.record.id, "delta", Trigger.COMMAND)
    assert await world.deployment.reader(world.record.id).runs() == before


async def test_a_pause_by_fault_ends_by_itself_but_not_by_an_outage() -> None:
    """A probe that gets no answer proves nothing; one that goes through resumes and takes the notice down."""
    world = await paused_by_fault()
    world.graph.grant_access(world.record.mailbox)
    await world.deployment.clock.sleep(3600)
    world.graph.switches.throttle_limit = 0
    await world.one_run()
    assert await connection_status(world) == (ConnectionStatus.PAUSED, "access_denied")
    world.graph.switches.throttle_limit = 10_000
    await world.drain()
    await world.one_run()
    assert await connection_status(world) == (ConnectionStatus.ACTIVE, "")
    assert await world.attention() == []


async def test_a_pause_by_a_person_is_not_ended_by_a_probe() -> None:
    """Also when a fault had paused the connection before."""
    world = await paused_by_fault()
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.PAUSED))
    world.graph.grant_access(world.record.mailbox)
    await world.deployment.clock.sleep(24 * 3600)
    await world.tick()
    assert await connection_status(world) == (ConnectionStatus.PAUSED, "paused_by_person")


async def test_resuming_takes_the_notice_of_the_pause_down() -> None:
    """What was mended does not go on asking for attention."""
    world = await paused_by_fault()
    assert [item.reason for item in await world.attention()] == [Reason.PAUSED]
    world.graph.grant_access(world.record.mailbox)
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.ACTIVE))
    await world.drain()
    assert (await connection_status(world), await world.attention()) == ((ConnectionStatus.ACTIVE, ""), [])


async def test_the_notice_of_a_poisoned_message_goes_with_the_next_good_run() -> None:
    """Until then it stands, and the run that was given up has failed."""
    world = await connected_world()
    run_id = await ask(world)
    taken = world.queue.take()
    assert taken is not None
    await poisoned(world.deployment, taken[0])
    assert [item.reason for item in await world.attention()] == [Reason.POISON]
    assert await state_of(world, run_id) is RunState.FAILED
    await world.tick()
    assert (await connection_status(world), await world.attention()) == ((ConnectionStatus.ACTIVE, ""), [])
