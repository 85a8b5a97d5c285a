"""Creates into Pipeliner beyond a day's limit wait for a person: a folder may hold what nobody meant to share."""

from __future__ import annotations

from typing import Any

from sync_core.domain import Reason
from sync_core.operations import approve
from tests.scenarios.world import MAILBOX, World, new_world

DAY_S = 24 * 3600.0


async def _folder_of(cards: int, **settings: Any) -> World:
    world = new_world()
    folder_id = world.graph.add_folder(MAILBOX, "Private")
    for number in range(cards):
        body = {
            "surname": f"Friend{number:03}",
            "givenName": "Ann",
            "emailAddresses": [{"address": f"f{number}@home.test"}],
        }
        world.graph.create_contact(MAILBOX, body, folder_id)
    await world.connect(folder=folder_id, **settings)
    await world.sync()
    return world


async def test_a_chosen_folder_of_private_contacts_does_not_pour_into_pipeliner() -> None:
    """As many as the limit allows are created; the rest is told with its number."""
    world = await _folder_of(30, max_create_count=10)

    (item,) = await world.attention()
    assert len(world.customers()) == 10
    assert (item.reason, item.message.partition(" ")[0]) == (Reason.CREATES_AWAIT_APPROVAL, "20")


async def test_neither_a_day_nor_another_sync_lets_held_creates_go() -> None:
    """Time releases nothing; new cards of the next day have its room, and the held ones stay held."""
    world = await _folder_of(15, max_create_count=10)
    await world.sync()
    await world.deployment.clock.sleep(2 * DAY_S)
    world.write_in_outlook("Later", "Lea", emailAddresses=[{"address": "lea@acme.test"}])

    await world.sync()

    assert len(world.customers()) == 11
    assert [item.message.partition(" ")[0] for item in await world.attention()] == ["5"]


async def test_an_approval_creates_what_was_held() -> None:
    """All of it, and the item goes."""
    world = await _folder_of(30, max_create_count=10)

    await approve(world.deployment, world.record.id)
    await world.sync()

    assert len(world.customers()) == 30
    assert await world.attention() == []


async def test_slices_of_one_day_count_together() -> None:
    """Ten now and ten an hour later are twenty."""
    world = await _folder_of(10, max_create_count=10)
    await world.deployment.clock.sleep(3600)
    world.write_in_outlook("Later", "Lea", emailAddresses=[{"address": "lea@acme.test"}])
    await world.sync()
    assert len(world.customers()) == 10

    await world.deployment.clock.sleep(DAY_S)
    world.write_in_outlook("Next", "Nia", emailAddresses=[{"address": "nia@acme.test"}])
    await world.sync()

    assert [row["last_name"] for row in world.customers()][-1] == "Next"


async def test_a_held_card_that_finds_its_counterpart_is_paired_without_an_approval() -> None:
    """Somebody wrote the person into Pipeliner meanwhile: nothing is to be created any more."""
    world = await _folder_of(2, max_create_count=0)
    world.write_in_crm("Friend001", "Ann", email1="f1@home.test")

    await world.sync()
    world.graph.edit_contact(MAILBOX, world.person("Friend001")["id"], {"jobTitle": "CFO"})
    await world.sync()

    assert world.customer("Friend001")["position"] == "CFO"
    assert [item.message.partition(" ")[0] for item in await world.attention()] == ["1"]
