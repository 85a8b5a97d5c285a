"""One poll for a whole space, and whose inbox a change goes to."""

from __future__ import annotations

from sync_core.operations import ConnectionChange, change, disconnect
from sync_core.state import ConnectionStatus
from tests.scenarios.world import COLLEAGUE, MAILBOX, World, new_world


async def _colleagues() -> World:
    world = new_world()
    world.write_in_crm("Mine", "Ann")
    world.write_in_crm("Theirs", "Bob", owner=world.colleague_id)
    await world.connect()
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE)
    await world.tick()
    await world.tick()
    return world


async def test_an_idle_tick_asks_pipeliner_seven_times_whatever_the_number_of_connections() -> None:
    """Four streams and three lists of who may do what, once for the space."""
    world = await _colleagues()
    for number in range(10):
        folder_id = world.graph.add_folder(MAILBOX, f"Folder {number}")
        await world.connect(folder=folder_id, sync_type="to_outlook")
    await world.drain()
    await world.deployment.clock.sleep(1200)
    await world.tick()
    await world.deployment.clock.sleep(1200)
    before = world.crm.total_requests

    await world.tick()

    assert world.crm.total_requests - before == 7


async def test_a_change_reaches_only_those_whom_it_concerns() -> None:
    """The colleague's folder is not even asked about my contact."""
    world = await _colleagues()
    runs = len(world.results)
    world.edit_in_crm("Mine", city="Oslo")

    await world.tick()

    touched = [result for result in world.results[runs:] if result.run.counts.writes]
    assert [result.run.connection_id for result in touched] == [world.record.id]


async def test_a_contact_handed_over_before_the_feed_ever_saw_it_leaves_the_former_folder() -> None:
    """The first change of a contact since the installation is its reassignment."""
    world = await _colleagues()
    await world.deployment.clock.sleep(3600)
    world.crm.people.reassign_contact(world.customer("Mine")["id"], world.colleague_id)

    await world.tick()
    await world.tick()

    assert world.outlook() == []
    theirs = world.graph.contacts(COLLEAGUE, world.records[1].folder_id)
    assert {item["surname"] for item in theirs} == {"Mine", "Theirs"}


async def test_what_happens_while_a_connection_is_paused_arrives_when_it_resumes() -> None:
    """Edits, new contacts and deletes on both sides."""
    world = await _colleagues()
    pause = ConnectionChange(status=ConnectionStatus.PAUSED)
    await change(world.deployment, world.record.id, pause)
    world.edit_in_crm("Mine", city="Oslo")
    world.write_in_crm("New", "Cid")
    world.write_in_outlook("Later", "Dag")
    await world.tick()
    await world.deployment.clock.sleep(7200)
    await world.tick()
    assert [item["surname"] for item in world.outlook()] == ["Later", "Mine"]

    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.ACTIVE))
    await world.drain()

    assert [item["surname"] for item in world.outlook()] == ["Later", "Mine", "New"]
    assert world.person("Mine")["businessAddress"]["city"] == "Oslo"
    assert world.customer("Later")["first_name"] == "Dag"


async def test_the_visible_scope_takes_the_users_units_and_leaves_private_contacts_out() -> None:
    """Watched contacts come too."""
    world = new_world()
    world.write_in_crm("Unit", "Ann", owner=world.colleague_id)
    world.write_in_crm("Private", "Bob", owner=world.colleague_id, share_mode=1)
    watched = world.write_in_crm("Watched", "Cid", owner=world.colleague_id, share_mode=1)
    world.crm.people.share(watched, world.user_id, role=1)
    world.write_in_crm("Own", "Dag")

    await world.connect(scope="visible")
    await world.sync()

    assert [item["surname"] for item in world.outlook()] == ["Own", "Unit", "Watched"]


async def test_a_wider_scope_brings_contacts_and_a_narrower_one_takes_them_away() -> None:
    """Without a delete travelling to Pipeliner."""
    world = await _colleagues()
    wide = ConnectionChange.model_validate({"settings": {"scope": "visible"}})
    await change(world.deployment, world.record.id, wide)
    await world.drain()
    assert [item["surname"] for item in world.outlook()] == ["Mine", "Theirs"]

    narrow = ConnectionChange.model_validate({"settings": {"scope": "owned"}})
    await change(world.deployment, world.record.id, narrow)
    await world.drain()

    assert [item["surname"] for item in world.outlook()] == ["Mine"]
    assert len(world.customers()) == 2


async def test_disconnecting_leaves_the_contacts_and_connecting_again_doubles_nothing() -> None:
    """The folder of that name is found again, and its contacts are linked by their stored ids."""
    world = await _colleagues()
    world.write_in_outlook("Novak", "Eva")
    await world.tick()
    before = world.outlook(), world.customers()
    await disconnect(world.deployment, world.record.id)
    await world.tick()

    world.records.insert(0, world.records[0])
    await world.connect()
    world.records[0] = world.records.pop()
    await world.drain()

    assert (world.outlook(), world.customers()) == before
