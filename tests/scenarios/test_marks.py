"""Whom the stored id on an Outlook contact names, and whom it does not."""

from __future__ import annotations

from sync_core.domain import PipelinerId, Reason, RunMode
from sync_core.operations import disconnect
from sync_core.outlook.mapping import written_id
from tests.scenarios.world import MAILBOX, World, new_world


async def test_a_contact_born_in_outlook_is_known_again_by_its_mark_alone() -> None:
    """All state is lost, and a mere last name could not be matched."""
    world = new_world()
    await world.connect()
    world.write_in_outlook("Solo")
    world.write_in_outlook("Solo")
    await world.sync()

    reborn = new_world(old=world)
    await reborn.connect()
    result = await reborn.one_run()

    assert (len(reborn.outlook()), len(reborn.customers())) == (2, 2)
    assert (result.run.counts.writes, result.run.counts.linked) == (0, 2)


async def test_the_mark_of_another_space_names_nobody() -> None:
    """The mailbox was connected to another space before, where the same id is somebody else."""
    world = new_world()
    unlinked_one = world.write_in_crm("Okafor", "Chidi", city="Berlin")
    await world.connect()
    await world.sync()
    world.delete_in_outlook("Okafor")
    await world.sync()
    await disconnect(world.deployment, world.record.id)
    reborn = new_world(old=world)
    await reborn.connect()
    reborn.write_in_outlook("Novak", "Eva", **written_id("em_Elsewhere", PipelinerId(unlinked_one)))

    await reborn.drain()

    assert [item["surname"] for item in reborn.outlook()] == ["Novak", "Okafor"]
    assert [row["last_name"] for row in reborn.customers()] == ["Novak", "Okafor"]


async def test_a_contact_deleted_in_pipeliner_while_nobody_watched_does_not_come_back() -> None:
    """It waits for a person, who may delete it in Outlook too."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="c@example.test")
    await world.connect()
    await world.sync()
    await disconnect(world.deployment, world.record.id)
    world.delete_in_crm("Okafor")

    reborn = new_world(old=world)
    await reborn.connect()
    await reborn.sync()

    assert (len(reborn.outlook()), reborn.customers()) == (1, [])
    assert [item.reason for item in await reborn.attention()] == [Reason.COUNTERPART_DELETED]


async def _moved_away() -> tuple[World, str]:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", city="Berlin")
    await world.connect()
    await world.sync()
    identifier = world.person("Okafor")["id"]
    world.graph.move_contact(MAILBOX, identifier, world.graph.add_folder(MAILBOX, "Private"))
    await world.sync()
    return world, identifier


async def test_a_contact_in_another_folder_is_neither_read_nor_written() -> None:
    """What a person keeps elsewhere is their own."""
    world, identifier = await _moved_away()
    world.graph.edit_contact(MAILBOX, identifier, {"personalNotes": "Private"})
    world.edit_in_crm("Okafor", city="Oslo")

    await world.sync()
    await world.sync(RunMode.FULL)

    assert world.graph.contact(MAILBOX, identifier)["businessAddress"]["city"] == "Berlin"
    assert world.customer("Okafor")["comments"] == ""
