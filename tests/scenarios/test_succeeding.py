"""A person writes somebody down for whom the sync has made a card: their own card takes its place."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import Action, OutlookId, Reason
from sync_core.operations import ConnectionChange, change
from tests.scenarios.world import MAILBOX, World, new_world

ADDRESS = "chidi@example.test"


async def with_our_card(**settings: Any) -> tuple[World, str, str]:
    """A contact of Pipeliner and the card that the sync has made of it; returns both ids, the card's first."""
    world = new_world()
    await world.connect(**settings)
    contact = world.write_in_crm("Okafor", "Chidi", email1=ADDRESS, city="Lagos")
    await world.sync()
    return world, str(world.person("Okafor")["id"]), contact


def write_own(world: World, **more: Any) -> str:
    """Write the same person down once more in Outlook; returns the card's id."""
    return world.write_in_outlook("Okafor", "Chidi", emailAddresses=[{"address": ADDRESS}], **more)


async def linked(world: World, card: str) -> str | None:
    """The Pipeliner contact with which a card is linked."""
    link = await world.deployment.reader(world.record.id).link_of(OutlookId(card))
    return link.pipeliner_id if link is not None else None


async def reasons(world: World) -> list[Reason]:
    """What waits for a person."""
    return [item.reason for item in await world.attention()]


async def test_a_persons_own_card_takes_the_place_of_ours() -> None:
    """The link moves, what the new card lacks is filled, what it has travels, and the history holds what went."""
    world, ours, contact = await with_our_card()
    own = write_own(world, mobilePhone="+49 170 1111111")

    await world.sync()

    assert [one["id"] for one in world.outlook()] == [own]
    assert await linked(world, own) == contact
    assert world.person("Okafor")["businessAddress"]["city"] == "Lagos"
    assert (world.customer("Okafor")["phone2"], len(world.customers())) == ("+49 170 1111111", 1)
    assert await world.attention() == []
    (removed,) = [item.entry for item in await world.history(Action.REMOVED)]
    assert removed.outlook_id == ours
    assert ("city", "Lagos") in {(change.field, change.old) for change in removed.changes}
    assert (await world.sync()).run.counts.writes == 0


async def test_until_a_deletes_delay_is_over_it_is_told_as_a_double() -> None:
    """Till then somebody may make another person of it; each edit has it wait anew."""
    world, ours, contact = await with_our_card(deletion_delay_minutes=15)
    await world.deployment.clock.sleep(20 * 60)
    own = write_own(world)
    await world.sync()
    assert await reasons(world) == [Reason.DOUBLE]
    await world.deployment.clock.sleep(10 * 60)
    world.graph.edit_contact(MAILBOX, own, {"jobTitle": "Baker"})
    await world.sync()
    await world.deployment.clock.sleep(10 * 60)
    await world.sync()
    assert {one["id"] for one in world.outlook()} == {ours, own}

    await world.deployment.clock.sleep(6 * 60)
    await world.sync()

    assert [one["id"] for one in world.outlook()] == [own]
    assert await linked(world, own) == contact
    assert await world.attention() == []


@pytest.mark.parametrize("edit", [{"jobTitle": "Baker"}, {"categories": ["Friends"]}])
async def test_a_card_of_ours_that_somebody_touched_stays(edit: dict[str, Any]) -> None:
    """Also where what they changed is not synced; the double is told."""
    world, ours, contact = await with_our_card()
    world.graph.edit_contact(MAILBOX, ours, edit)
    own = write_own(world)

    await world.sync()
    await world.sync()

    assert {one["id"] for one in world.outlook()} == {ours, own}
    assert await linked(world, ours) == contact
    assert await reasons(world) == [Reason.DOUBLE]


async def test_a_card_that_a_person_wrote_is_never_removed() -> None:
    """However often the same person is written down."""
    world = new_world()
    await world.connect()
    first = write_own(world)
    await world.sync()
    second = write_own(world)

    await world.sync()

    assert {one["id"] for one in world.outlook()} == {first, second}
    assert len(world.customers()) == 1
    assert await reasons(world) == [Reason.DOUBLE]


async def test_of_two_own_cards_neither_takes_the_place() -> None:
    """Which of them it is, only a person can say: both are told, and ours stays."""
    world, ours, contact = await with_our_card()
    own = {write_own(world), write_own(world)}

    await world.sync()

    assert {one["id"] for one in world.outlook()} == own | {ours}
    assert await linked(world, ours) == contact
    assert await reasons(world) == [Reason.DOUBLE, Reason.DOUBLE]


async def test_where_outlook_is_only_read_no_card_goes() -> None:
    """Also one that the sync made while the connection was two-way."""
    world, ours, _ = await with_our_card()
    change_to = ConnectionChange.model_validate({"settings": {"sync_type": "to_pipeliner"}})
    await change(world.deployment, world.record.id, change_to)
    world.records[0] = await world.deployment.registry.get(world.record.id)
    own = write_own(world)

    await world.sync()

    assert {one["id"] for one in world.outlook()} == {ours, own}
    assert len(world.customers()) == 1


async def test_somebody_else_with_the_same_address_takes_nobodys_place() -> None:
    """Two people who share an address are two."""
    world, ours, _ = await with_our_card()
    other = world.write_in_outlook("Okafor", "Ngozi", emailAddresses=[{"address": ADDRESS}])

    await world.sync()

    assert {one["id"] for one in world.outlook()} >= {ours, other}
