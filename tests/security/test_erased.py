"""A person who was erased: one row that names nobody, by which nothing is created for them until it is lifted."""

from __future__ import annotations

import pytest

from sync_core.domain import Reason, RunMode
from sync_core.errors import NotFound
from sync_core.operations import disconnect, erased_people, lift_erased, purge
from sync_core.operations.purging import PurgeRequest, purge_person
from sync_core.storage import AFTER_ALL_KEYS, Table
from tests.scenarios.world import World, new_world

EMAIL = "canary.lovelace@example.test"
PHONE = "+49 170 5550199"
SPACE_ROWS = "erased."


async def erased_world() -> World:
    """A person who was linked, deleted on both sides, and then erased."""
    world = new_world()
    await world.connect()
    world.write_in_crm("Canarylast", "Canaryfirst", email1=EMAIL, phone2=PHONE)
    await world.sync()
    world.delete_in_crm("Canarylast")
    await world.sync()
    assert (await purge_person(world.deployment, EMAIL)).is_proved
    return world


async def rows_of(world: World) -> list[tuple[str, str]]:
    """Keys and bodies of the rows that say who was erased."""
    space_id = world.deployment.settings.pipeliner_space_id
    rows = await world.deployment.store.read(Table.SPACES, space_id, SPACE_ROWS, AFTER_ALL_KEYS)
    return [(row.key, row.body) for row in rows if row.key.startswith(SPACE_ROWS)]


async def reasons(world: World) -> list[Reason]:
    """Why contacts wait for a person."""
    return [item.reason for item in await world.attention()]


@pytest.mark.parametrize("known_by", [{"email1": EMAIL}, {"phone2": PHONE}])
async def test_whoever_was_erased_is_not_created_in_outlook_again(known_by: dict[str, str]) -> None:
    """Under another name, too: their address or number says who it is. The owner is told, without a name."""
    world = await erased_world()

    world.write_in_crm("Byron", "Ada", **known_by)
    await world.sync()

    assert world.outlook() == []
    assert await reasons(world) == [Reason.ERASED]


async def test_whoever_was_erased_is_not_created_in_pipeliner_again() -> None:
    """Not even by a full sync, nor by a connection that is made anew."""
    world = await erased_world()

    world.write_in_outlook("Canarylast", "Canaryfirst", emailAddresses=[{"address": EMAIL.upper()}])
    await world.sync()
    await world.sync(RunMode.FULL)
    assert world.customers() == []
    assert await reasons(world) == [Reason.ERASED]

    folder = world.record.folder_name
    await disconnect(world.deployment, world.record.id)
    await world.connect(folder=folder)
    await world.sync(record=world.records[1])
    assert world.customers() == []


async def test_others_are_created_as_ever() -> None:
    """Also a namesake, and somebody of the same household's address alone is not taken for them by name."""
    world = await erased_world()

    world.write_in_crm("Canarylast", "Canaryfirst", email1="another@example.test")
    await world.sync()

    assert [item["surname"] for item in world.outlook()] == ["Canarylast"]
    assert await world.attention() == []


async def test_one_row_is_left_and_it_names_nobody() -> None:
    """The proof names it; erasing once more adds none, and somebody who was never known gets none."""
    world = await erased_world()
    ((key, text),) = await rows_of(world)
    assert not any(word in text.casefold() for word in ("canary", "5550199", "example.test"))

    again = await purge(world.deployment, PurgeRequest(person=EMAIL))

    assert again.erased is not None
    assert again.erased.key == key
    assert [row for row, _ in await rows_of(world)] == [key]
    unknown = await purge(world.deployment, PurgeRequest(person="nobody@example.test"))
    assert unknown.erased is None
    assert [row for row, _ in await rows_of(world)] == [key]


async def test_an_administrator_lifts_it() -> None:
    """What waited for it is created by the run that this asks for."""
    world = await erased_world()
    world.write_in_crm("Canarylast", "Canaryfirst", email1=EMAIL)
    await world.sync()
    (erased,) = await erased_people(world.deployment).all()

    assert await lift_erased(world.deployment, erased.id) == erased
    await world.drain()

    assert [item["surname"] for item in world.outlook()] == ["Canarylast"]
    assert await world.attention() == []
    with pytest.raises(NotFound):
        await lift_erased(world.deployment, erased.id)


async def test_it_outlasts_the_last_connection_of_the_space() -> None:
    """Whose purge erases all else that is known of the space."""
    world = await erased_world()
    rows = await rows_of(world)

    purged = await purge(world.deployment, PurgeRequest(connection=world.record.id))

    assert purged.is_proved
    assert await rows_of(world) == rows
    await world.connect()
    world.write_in_crm("Canarylast", "Canaryfirst", email1=EMAIL)
    await world.sync(record=world.records[1])
    assert await reasons(world) == []
    assert not any(item["surname"] == "Canarylast" for item in world.graph.contacts(world.record.mailbox, None))
