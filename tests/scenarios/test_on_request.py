"""What people ask for beside the timer is done, or its run says why not; pausing and resuming mean what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.domain.records import Reason, RunState
from sync_core.engine.feed_port import PassRequest
from sync_core.errors import StoreUnavailable
from sync_core.operations.asking import find_run, request_sync
from sync_core.operations.connecting import ConnectionChange, change
from sync_core.operations.working import poisoned, work
from sync_core.state.registry import Standing
from tests.scenarios.world import World, new_world


async def connected_world(**settings: Any) -> World:
    """One connection whose first pass is over."""
    world = new_world()
    await world.connect(**settings)
    await world.drain()
    return world


async def standing(world: World) -> tuple[Standing, str]:
    """Whether the connection syncs, and why not."""
    record = await world.operator.registry.get(world.record.id)
    return record.status, record.reason


async def paused_by_fault() -> World:
    """A connection whose mailbox is out of the app's reach."""
    world = await connected_world()
    world.graph.drop_access(world.record.mailbox)
    await world.tick()
    assert await standing(world) == (Standing.PAUSED, "access_denied")
    return world


async def ask(world: World, mode: str = "delta") -> str:
    """Ask for a pass; gives the run's id."""
    return (await request_sync(world.operator, world.record.id, mode, "test")).id


async def state_of(world: World, run_id: str) -> RunState:
    """How far a run is."""
    return (await find_run(world.operator, run_id)).state


async def test_a_change_before_the_first_tick_of_a_space_is_seen() -> None:
    """The feed begins with the first connection, not with the first tick, which may come an hour later."""
    world = await connected_world()
    world.write_in_crm("Lovelace")
    world.crm.clock.advance(3600)
    await world.operator.pipeliner.check()  # which tells the later time, as any request does
    await world.tick()
    await world.tick()
    assert [item["surname"] for item in world.outlook()] == ["Lovelace"]


async def test_a_run_is_queued_then_running_then_done() -> None:
    """Whoever asked can follow it by its id."""
    world = await connected_world()
    run_id = await ask(world)
    assert await state_of(world, run_id) is RunState.QUEUED
    ports = world.operator.pass_ports(world.record, "somebody")
    opening = await ports.state.open(run_id)
    assert await state_of(world, run_id) is RunState.RUNNING
    run = await find_run(world.operator, run_id)
    await ports.state.close(opening.cursor, run)
    await world.drain()
    assert await state_of(world, run_id) is RunState.DONE


@pytest.mark.parametrize("mode", ["delta", "full"])
async def test_what_is_asked_for_during_a_pass_is_done_after_it(mode: str) -> None:
    """The request waits for the lease instead of being forgotten."""
    world = await connected_world()
    run_id = await ask(world, mode)
    await world.operator.pass_ports(world.record, "another").state.open("another-run")
    taken = world.queue.take()
    assert taken is not None
    assert await work(world.operator, taken[0], "worker") is None
    assert await state_of(world, run_id) is RunState.QUEUED
    await world.drain()
    assert await state_of(world, run_id) is RunState.DONE
    assert world.results[-1].run.mode == mode


async def test_the_timers_request_during_a_pass_is_answered_by_the_next_pass() -> None:
    """It asks the holder of the lease for another pass, and is not put back itself."""
    world = await connected_world()
    await world.operator.pass_ports(world.record, "another").state.open("another-run")
    assert await work(world.operator, PassRequest(world.record.id, "timer"), "worker") is None
    assert world.queue.take() is None


async def test_a_run_whose_connection_was_paused_meanwhile_says_so() -> None:
    """Nobody waits for it in vain."""
    world = await connected_world()
    run_id = await ask(world)
    await change(world.operator, world.record.id, ConnectionChange(status=Standing.PAUSED))
    await world.drain()
    run = await find_run(world.operator, run_id)
    assert (run.state, run.message) == (RunState.FAILED, "The connection was paused before the pass began.")


class SilentQueue:
    """A queue service that does not answer."""

    async def put(self, request: PassRequest, delay_s: float = 0) -> None:
        """Lose the request."""
        raise StoreUnavailable(f"the queue did not take the request of {request.connection_id}", delay_s)


async def test_a_lost_queue_leaves_no_run_behind() -> None:
    """Who was told that it failed finds no run that never comes."""
    world = await connected_world()
    before = await world.operator.reader(world.record.id).runs()
    with pytest.raises(StoreUnavailable):
        await request_sync(replace(world.operator, queue=SilentQueue()), world.record.id, "delta", "test")
    assert await world.operator.reader(world.record.id).runs() == before


async def test_a_pause_by_fault_ends_by_itself_but_not_by_an_outage() -> None:
    """A probe that gets no answer proves nothing; one that goes through resumes and takes the notice down."""
    world = await paused_by_fault()
    world.graph.grant_access(world.record.mailbox)
    await world.operator.clock.sleep(3600)
    world.graph.switches.throttle_limit = 0
    await world.one_pass()
    assert await standing(world) == (Standing.PAUSED, "access_denied")
    world.graph.switches.throttle_limit = 10_000
    await world.drain()
    await world.one_pass()
    assert await standing(world) == (Standing.ACTIVE, "")
    assert await world.attention() == []


async def test_a_pause_by_a_person_is_not_ended_by_a_probe() -> None:
    """Also when a fault had paused the connection before."""
    world = await paused_by_fault()
    await change(world.operator, world.record.id, ConnectionChange(status=Standing.PAUSED))
    world.graph.grant_access(world.record.mailbox)
    await world.operator.clock.sleep(24 * 3600)
    await world.tick()
    assert await standing(world) == (Standing.PAUSED, "paused_by_person")


async def test_resuming_takes_the_notice_of_the_pause_down() -> None:
    """What was mended does not go on asking for attention."""
    world = await paused_by_fault()
    assert [item.reason for item in await world.attention()] == [Reason.PAUSED]
    world.graph.grant_access(world.record.mailbox)
    await change(world.operator, world.record.id, ConnectionChange(status=Standing.ACTIVE))
    await world.drain()
    assert (await standing(world), await world.attention()) == ((Standing.ACTIVE, ""), [])


async def test_the_notice_of_a_poisoned_message_goes_with_the_next_good_pass() -> None:
    """Until then it stands, and the run that was given up has failed."""
    world = await connected_world()
    run_id = await ask(world)
    taken = world.queue.take()
    assert taken is not None
    await poisoned(world.operator, taken[0])
    assert [item.reason for item in await world.attention()] == [Reason.POISON]
    assert await state_of(world, run_id) is RunState.FAILED
    await world.tick()
    assert (await standing(world), await world.attention()) == ((Standing.ACTIVE, ""), [])
