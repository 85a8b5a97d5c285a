"""A wrong pair is parted: values that went from one to the other are offered back, and no later edit is lost."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import AttentionItem, OutlookId, PipelinerId, Reason
from sync_core.errors import InvalidRequest
from sync_core.operations import AnswerRequest, answer, link_contacts, unlink_contact
from sync_core.operations.questions import item_id
from tests.scenarios.meddling import meet_meddlers
from tests.scenarios.world import World, new_world


async def wrongly_paired(**settings: Any) -> tuple[World, OutlookId, PipelinerId]:
    """Two people who were linked by hand: Pipeliner's values went into the card, the card's phone into Pipeliner."""
    world = new_world()
    await world.connect(**settings)
    await world.sync()
    card = OutlookId(world.write_in_outlook("Maddox", "Lee", jobTitle="Baker", mobilePhone="+49 170 1111111"))
    contact = PipelinerId(world.write_in_crm("Ferreira", "Rosa", position="Lawyer", city="Porto"))
    await link_contacts(world.deployment, world.record.id, card, contact, by="somebody")
    await world.sync()
    shown = card_of(world, card)
    assert (shown["surname"], shown["jobTitle"], shown["mobilePhone"]) == ("Ferreira", "Lawyer", "+49 170 1111111")
    return world, card, contact


def card_of(world: World, card: OutlookId) -> dict[str, Any]:
    """What the card shows now."""
    return next(one for one in world.outlook() if one["id"] == card)


def contact_of(world: World, contact: PipelinerId) -> dict[str, Any]:
    """What the Pipeliner contact shows now."""
    return next(one for one in world.customers() if one["id"] == contact)


async def parted(world: World, contact: PipelinerId) -> AttentionItem:
    """Part the two; returns the item that offers the values from before."""
    await unlink_contact(world.deployment, world.record.id, contact, by="somebody")
    await world.drain()
    (item,) = [one for one in await world.attention() if one.reason is Reason.VALUES_CROSSED]
    return item


async def give(world: World, item: AttentionItem, choice: str) -> None:
    """Answer, and let the run come that is asked for."""
    await answer(world.deployment, world.record.id, AnswerRequest(item=item_id(item), choice=choice), by="somebody")
    await world.drain()


async def test_the_values_from_before_come_back_on_both_sides_and_in_their_new_counterparts() -> None:
    """Each of the two has a counterpart of its own by then, which gets them too."""
    world, card, contact = await wrongly_paired()
    item = await parted(world, contact)
    assert {"surname", "given_name", "job_title", "mobile_phone"} <= set(item.fields)

    await give(world, item, "put_back")

    lee, rosa = card_of(world, card), contact_of(world, contact)
    assert (lee["surname"], lee["givenName"], lee["jobTitle"]) == ("Maddox", "Lee", "Baker")
    assert (rosa["last_name"], rosa["phone2"] or "", rosa["city"]) == ("Ferreira", "", "Porto")
    assert sorted(one["last_name"] for one in world.customers()) == ["Ferreira", "Maddox"]
    assert sorted(one["surname"] for one in world.outlook()) == ["Ferreira", "Maddox"]
    assert Reason.VALUES_CROSSED not in [one.reason for one in await world.attention()]
    before = world.graph.total_requests + world.crm.total_requests
    writes = len(await world.history())
    await world.sync()
    assert len(await world.history()) == writes
    assert world.graph.total_requests + world.crm.total_requests > before


async def test_what_was_edited_since_stays() -> None:
    """An edit after the parting is somebody's own."""
    world, card, contact = await wrongly_paired()
    item = await parted(world, contact)
    world.graph.edit_contact(world.record.mailbox, card, {"jobTitle": "Miller"})
    await world.sync()

    await give(world, item, "put_back")

    lee = card_of(world, card)
    assert (lee["surname"], lee["jobTitle"]) == ("Maddox", "Miller")


@pytest.mark.parametrize("nth", range(1, 7))
async def test_an_edit_in_the_middle_of_putting_back_is_on_both_sides_in_the_end(nth: int) -> None:
    """Whichever request of the run it comes before."""
    world, card, contact = await wrongly_paired()
    item = await parted(world, contact)
    meddlers = meet_meddlers(world)
    left = nth

    def edit_at_last() -> None:
        nonlocal left
        left -= 1
        if left:
            meddlers.at(r"\$batch", edit_at_last)
        else:
            world.graph.edit_contact(world.record.mailbox, card, {"middleName": "Quinn"})

    meddlers.at(r"\$batch", edit_at_last)

    await give(world, item, "put_back")
    await world.sync()
    await world.sync()

    lee = card_of(world, card)
    assert (lee["surname"], lee["jobTitle"]) == ("Maddox", "Baker")
    if not left:
        (other,) = [one for one in world.customers() if one["last_name"] == "Maddox"]
        assert (lee["middleName"], other["middle_name"]) == ("Quinn", "Quinn")


async def test_keeping_them_writes_nothing() -> None:
    """And the item goes."""
    world, card, contact = await wrongly_paired()
    item = await parted(world, contact)

    await give(world, item, "keep")

    assert card_of(world, card)["surname"] == "Ferreira"
    assert Reason.VALUES_CROSSED not in [one.reason for one in await world.attention()]


async def test_a_card_that_gets_no_counterpart_gets_its_values_back_all_the_same() -> None:
    """Nothing is created in Pipeliner in a one-way sync; the history tells the edit."""
    world, card, contact = await wrongly_paired(sync_type="to_outlook")
    item = await parted(world, contact)

    await give(world, item, "put_back")

    assert card_of(world, card)["surname"] == "Maddox"
    assert [one["last_name"] for one in world.customers()] == ["Ferreira"]
    told = [one.entry for one in await world.history() if one.entry.outlook_id == card and one.entry.changes]
    assert "Maddox" in {change.new for change in told[0].changes}


async def test_parting_two_who_took_nothing_from_each_other_offers_nothing() -> None:
    """An item without a value would only be noise."""
    world = new_world()
    await world.connect()
    contact = world.write_in_crm("Ferreira", "Rosa")
    await world.sync()

    await unlink_contact(world.deployment, world.record.id, contact, by="somebody")
    await world.drain()

    assert await world.attention() == []


@pytest.mark.parametrize("choice", ["same", "different"])
async def test_other_answers_are_refused(choice: str) -> None:
    """With the choices that there are."""
    world, _, contact = await wrongly_paired()
    item = await parted(world, contact)

    with pytest.raises(InvalidRequest, match="takes one of put_back, keep, later"):
        await give(world, item, choice)
