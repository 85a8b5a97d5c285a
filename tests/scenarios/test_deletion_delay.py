"""A delete waits: a contact that comes back, or an edit, is in time to be noticed before anything follows."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import Action, Reason
from sync_core.operations import approve, overview
from tests.scenarios.world import MAILBOX, World, new_world

DELAY_S = 15 * 60.0


async def _linked(*surnames: str, **settings: Any) -> World:
    world = new_world()
    for surname in surnames or ("Okafor",):
        world.write_in_crm(surname, "Chidi", city="Berlin")
    await world.connect(**{"deletion_delay_minutes": 15, "delete_protection": False} | settings)
    await world.sync()
    return world


async def _later(world: World, seconds: float) -> None:
    await world.deployment.clock.sleep(seconds)
    await world.sync()


async def test_a_contact_deleted_in_outlook_is_deleted_in_pipeliner_only_after_the_delay() -> None:
    """A minute too early nothing happens, however often the sync looks."""
    world = await _linked()
    world.delete_in_outlook("Okafor")
    await world.sync()

    await _later(world, DELAY_S - 60)
    assert len(world.customers()) == 1

    await _later(world, 120)
    assert world.customers() == []
    assert [item.entry.action for item in await world.history(Action.DELETED)] == [Action.DELETED]


async def test_a_contact_deleted_in_pipeliner_is_deleted_in_outlook_only_after_the_delay() -> None:
    """The same the other way."""
    world = await _linked()
    world.delete_in_crm("Okafor")
    await world.sync()

    await _later(world, DELAY_S - 60)
    assert len(world.outlook()) == 1

    await _later(world, 120)
    assert world.outlook() == []


async def test_a_contact_that_left_the_users_scope_leaves_the_folder_only_after_the_delay() -> None:
    """Reassigned by mistake and given back within the quarter of an hour, nobody notices anything."""
    world = await _linked()
    world.edit_in_crm("Okafor", owner_id=world.colleague_id)
    await world.sync()
    assert len(world.outlook()) == 1
    world.edit_in_crm("Okafor", owner_id=world.user_id)

    await _later(world, DELAY_S + 60)

    assert len(world.outlook()) == 1
    assert (await overview(world.deployment, world.record)).removals_due is None


@pytest.mark.parametrize("side", ["outlook", "pipeliner"])
async def test_a_contact_that_comes_back_within_the_delay_is_linked_as_before(side: str) -> None:
    """Deleted and restored: nothing is deleted, nothing is created, and edits travel again."""
    world = await _linked()
    outlook_id, pipeliner_id = world.person("Okafor")["id"], world.customer("Okafor")["id"]
    if side == "outlook":
        world.graph.delete_contact(MAILBOX, outlook_id)
    else:
        world.delete_in_crm("Okafor")
    await world.sync()
    if side == "outlook":
        world.graph.restore_contact(MAILBOX, outlook_id, world.folder_id)
    else:
        world.crm.people.restore_contact(pipeliner_id)

    await _later(world, DELAY_S + 60)
    world.edit_in_crm("Okafor", city="Oslo")
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"


async def test_an_edit_meanwhile_wins_and_creates_the_contact_again_after_the_delay() -> None:
    """Not sooner, since the contact may come back, or another one take its place."""
    world = await _linked()
    world.delete_in_outlook("Okafor")
    await world.sync()
    world.edit_in_crm("Okafor", city="Oslo")

    await _later(world, 60)
    assert world.outlook() == []

    await _later(world, DELAY_S)
    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    assert len(world.customers()) == 1


async def test_the_safety_limits_count_all_that_wait_so_that_slices_are_held() -> None:
    """Two by two, each pair below the limit; what waits together is above it, and all of it is held."""
    world = await _linked("Abara", "Bello", "Chika", "Dike", "Eze", "Femi", max_delete_count=3, max_delete_percent=0)
    for pair in (("Abara", "Bello"), ("Chika", "Dike")):
        for surname in pair:
            world.delete_in_outlook(surname)
        await _later(world, 60)

    await _later(world, DELAY_S + 60)

    assert len(world.customers()) == 6
    (item,) = await world.attention()
    assert item.reason is Reason.DELETES_AWAIT_APPROVAL
    await approve(world.deployment, world.record.id)
    await world.sync()
    assert len(world.customers()) == 2


async def test_an_approval_given_within_the_delay_counts_when_the_delay_is_over() -> None:
    """It is not used up by a run for which nothing was due yet."""
    world = await _linked("Abara", "Bello", "Chika", max_delete_count=1, max_delete_percent=0)
    for surname in ("Abara", "Bello"):
        world.delete_in_outlook(surname)
    await world.sync()
    await approve(world.deployment, world.record.id)
    await world.sync()
    assert len(world.customers()) == 3

    await _later(world, DELAY_S + 60)

    assert [row["last_name"] for row in world.customers()] == ["Chika"]
    assert await world.attention() == []


async def test_the_status_says_how_many_wait_and_until_when() -> None:
    """The time is the first one's."""
    world = await _linked("Abara", "Bello")
    world.delete_in_outlook("Abara")
    await world.sync()
    first = world.deployment.clock.now()
    world.delete_in_outlook("Bello")
    await _later(world, 60)

    found = await overview(world.deployment, world.record)

    assert found.summary is not None
    assert found.removals_due is not None
    assert found.summary.waiting.removals == 2
    assert DELAY_S - 30 < (found.removals_due - first).total_seconds() <= DELAY_S
