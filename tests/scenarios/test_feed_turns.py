"""One reader at a time reads the feed of a space: who waits, who takes over, and what nobody loses by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulators.faults import Fault
from sync_core.domain import Contact
from sync_core.engine.indexing import card_of
from sync_core.errors import LeaseLost
from sync_core.operations import tick
from sync_core.operations.feeding import read_feed
from sync_core.state.feed_turn import LEASE_S
from tests.scenarios.meddling import meet_meddlers
from tests.scenarios.test_index import who
from tests.scenarios.world import new_world


async def test_a_second_reader_of_the_feed_does_nothing() -> None:
    """Neither does it ask Pipeliner for anything, nor does it note that it polled; afterwards the next one reads."""
    world = new_world()
    await world.connect()
    await world.sync()
    first = world.deployment.feed_turn()
    assert await first.begin()
    polled_at = await world.deployment.run_ports(world.record, "looker").index.polled_at()
    before = world.crm.total_requests
    world.write_in_crm("Lovelace", "Ada")

    second = await read_feed(world.deployment, world.records)

    assert second.was_taken
    assert world.crm.total_requests == before
    assert await world.deployment.run_ports(world.record, "looker").index.polled_at() == polled_at
    await first.end()
    assert (await read_feed(world.deployment, world.records)).rows == 1


async def test_a_reader_whose_lease_was_taken_over_moves_no_watermark() -> None:
    """What it has read is read again by whoever took over; its index notes are stored by nobody."""
    world = new_world()
    await world.connect()
    await world.sync()
    slow = world.deployment.feed_turn()
    assert await slow.begin()
    world.crm.clock.advance(600)
    fast = world.deployment.feed_turn()
    assert await fast.begin()
    await slow.advance({stream: at + timedelta(days=1) for stream, at in slow.watermarks.items()})
    await slow.index.note([card_of(Contact({"surname": "Ghost"}), "ghost")], [])

    with pytest.raises(LeaseLost):
        await slow.end()

    await fast.end()
    again = world.deployment.feed_turn()
    assert await again.begin()
    assert again.watermarks == fast.watermarks
    await again.end()
    assert await who(world, *card_of(Contact({"surname": "Ghost"}), "").handles) == set()


async def test_an_outage_of_the_feed_gives_its_lease_back() -> None:
    """The next reader need not wait for its end, and only a whole reading counts as one."""
    world = new_world()
    await world.connect()
    await world.sync()
    index = world.deployment.run_ports(world.record, "looker").index
    before = await index.polled_at()
    world.crm.clock.advance(60)
    world.crm.faults.plant(Fault("GET .*Accounts", times=None, status=503))
    await tick(world.deployment)
    assert await index.polled_at() == before
    world.crm.faults.clear()
    began = world.deployment.clock.now()

    await tick(world.deployment)

    assert before is not None
    assert await index.polled_at() == began


async def test_a_reader_that_died_holds_up_the_others_for_half_a_minute() -> None:
    """After that the next one reads, and what waited for it goes on."""
    world = new_world()
    await world.connect()
    await world.sync()
    dead = world.deployment.feed_turn()
    assert await dead.begin()
    world.write_in_crm("Lovelace", "Ada")
    await world.deployment.clock.sleep(LEASE_S - 1)
    assert (await read_feed(world.deployment, world.records)).was_taken

    await world.deployment.clock.sleep(1)

    assert (await read_feed(world.deployment, world.records)).rows == 1


async def test_a_reader_that_is_slow_but_lives_keeps_its_turn() -> None:
    """Each of its requests takes most of the lease's time, and others try at every one of them."""
    world = new_world()
    await world.connect()
    await world.sync()
    world.write_in_crm("Lovelace", "Ada")
    meddlers = meet_meddlers(world)
    tries = list[bool]()

    async def wait_and_try() -> None:
        await world.deployment.clock.sleep(LEASE_S * 0.9)
        tries.append(await world.deployment.feed_turn().begin())
        meddlers.at("GET ", wait_and_try)

    meddlers.at("GET ", wait_and_try)

    assert (await read_feed(world.deployment, world.records)).rows == 1
    assert len(tries) >= 4
    assert not any(tries)
