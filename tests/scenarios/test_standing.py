"""A connection that cannot go on pauses itself, says why, and is probed until it can."""

from __future__ import annotations

import pytest

from emulators.faults import Fault
from sync_core.state import ConnectionRecord, ConnectionStatus
from tests.scenarios.world import MAILBOX, World, new_world


async def _connected() -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi")
    await world.connect()
    await world.sync()
    return world


async def _record(world: World) -> ConnectionRecord:
    return await world.deployment.registry.get(world.record.id)


async def test_an_outage_is_tried_again_soon_then_rarely_and_ends_in_a_pause() -> None:
    """Ten failed runs in a row; the reason names the service, and nobody sends messages in a circle."""
    world = await _connected()
    world.graph.faults.plant(Fault("contacts/delta", times=None, status=503))
    for _ in range(60):
        await world.tick()
        await world.deployment.clock.sleep(300)
        if (await _record(world)).status is ConnectionStatus.PAUSED:
            break

    record = await _record(world)
    assert (record.status, record.reason, record.failures) == (ConnectionStatus.PAUSED, "keeps_failing", 10)
    assert "10 runs in a row" in record.message
    world.graph.faults.clear()
    await world.deployment.clock.sleep(7 * 3600)
    await world.tick()
    assert ((await _record(world)).status, await world.attention()) == (ConnectionStatus.ACTIVE, [])


async def test_one_failed_run_is_forgotten_when_the_next_one_succeeds() -> None:
    """The count of failures begins anew."""
    world = await _connected()
    world.graph.faults.plant(Fault("contacts/delta", times=3, status=503))

    await world.tick()

    assert (await _record(world)).failures == 0


@pytest.mark.parametrize(
    ("break_it", "reason", "words"),
    [
        (lambda world: world.graph.drop_access(MAILBOX), "access_denied", "Contacts.ReadWrite"),
        (lambda world: world.graph.remove_mailbox(MAILBOX), "mailbox_gone", "mailbox"),
        (lambda world: world.graph.delete_folder(MAILBOX, world.folder_id), "folder_gone", "folder"),
        (lambda world: world.graph.revoke_tokens(), "credentials_rejected", "secret or certificate"),
    ],
    ids=["access", "mailbox", "folder", "credentials"],
)
async def test_each_kind_of_lost_access_is_told_apart(break_it: object, reason: str, words: str) -> None:
    """Each has its own reason and remedy, and deletes nothing."""
    world = await _connected()
    assert callable(break_it)
    break_it(world)

    await world.tick()

    record = await _record(world)
    assert (record.status, record.reason) == (ConnectionStatus.PAUSED, reason)
    assert words in record.message
    assert len(world.customers()) == 1


async def test_another_space_in_the_settings_pauses_the_connection() -> None:
    """It would find none of its contacts there, and must not take that for deletes."""
    world = await _connected()
    moved = new_world(old=world, store=world.store, app={"pipeliner_space_id": "em_Other"})
    moved.records.extend(world.records)

    await moved.tick()

    record = await _record(world)
    assert (record.reason, "em_Other" in record.message) == ("space_changed", True)
    assert len(world.outlook()) == 1
