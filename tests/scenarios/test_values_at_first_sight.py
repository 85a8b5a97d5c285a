"""Nothing is destroyed at first sight: which value lost stands by name, and comes back with one answer."""

from __future__ import annotations

from typing import Any

from sync_core.domain import Reason
from sync_core.operations import AnswerRequest, ConnectionChange, answer, change
from sync_core.operations.questions import item_id
from tests.scenarios.world import MAILBOX, World, new_world


async def _paired(people: int = 1, **settings: Any) -> World:
    """People whose job titles differ on the two sides."""
    world = new_world()
    folder_id = world.graph.add_folder(MAILBOX, "Customers")
    for number in range(people):
        address = f"ann{number}@acme.test"
        world.write_in_crm(f"Person{number}", "Ann", email1=address, position="Chief")
        body = {"surname": f"Person{number}", "givenName": "Ann", "emailAddresses": [{"address": address}]}
        world.graph.create_contact(MAILBOX, body | {"jobTitle": "Buyer"}, folder_id)
    await world.connect(folder=folder_id, **settings)
    await world.sync()
    return world


def _titles(world: World) -> list[tuple[str, str]]:
    return [(card["jobTitle"], row["position"]) for card, row in zip(world.outlook(), world.customers(), strict=True)]


async def _reply(world: World, choice: str, candidate: str = "") -> None:
    (item,) = await world.attention()
    request = AnswerRequest(item=item_id(item), choice=choice, candidate=candidate)
    await answer(world.deployment, world.record.id, request, by="somebody")
    await world.drain()


async def test_the_tended_crm_wins_over_an_old_address_book_and_one_item_tells_who_lost() -> None:
    """On both sides, whoever edited last; one item for the whole run."""
    world = await _paired(3)

    (item,) = await world.attention()
    assert _titles(world) == [("Chief", "Chief")] * 3
    assert (item.reason, item.fields, len(item.candidates)) == (Reason.VALUES_REPLACED, ("job_title",), 3)


async def test_the_address_book_wins_where_that_is_chosen() -> None:
    """By the setting, not by the rule for later conflicts."""
    world = await _paired(first_sight="outlook", conflict_rule="pipeliner")

    assert _titles(world) == [("Buyer", "Buyer")]


async def test_lost_values_are_put_back_on_both_sides() -> None:
    """All with one answer; later edits travel as ever."""
    world = await _paired(2)

    await _reply(world, "put_back")

    assert _titles(world) == [("Buyer", "Buyer")] * 2
    assert await world.attention() == []
    world.edit_in_crm("Person0", position="CFO")
    await world.sync()
    assert _titles(world)[0] == ("CFO", "CFO")


async def test_one_contacts_values_are_put_back_and_the_others_go_on_waiting() -> None:
    """The answer names the contact."""
    world = await _paired(3)

    await _reply(world, "put_back", world.customer("Person1")["id"])

    assert _titles(world) == [("Chief", "Chief"), ("Buyer", "Buyer"), ("Chief", "Chief")]
    (item,) = await world.attention()
    assert len(item.candidates) == 2


async def test_what_was_edited_since_is_not_put_back() -> None:
    """The person's last word stands."""
    world = await _paired(2)
    world.edit_in_outlook("Person0", jobTitle="CFO")
    await world.sync()

    await _reply(world, "put_back")

    assert _titles(world) == [("CFO", "CFO"), ("Buyer", "Buyer")]


async def test_keeping_them_ends_the_item() -> None:
    """Nothing is written."""
    world = await _paired()

    await _reply(world, "keep")

    assert _titles(world) == [("Chief", "Chief")]
    assert await world.attention() == []


async def test_in_one_direction_a_lost_value_is_put_back_where_it_was_and_stays_different() -> None:
    """Outlook gets its own value again, Pipeliner is not written, and no full sync changes that."""
    world = await _paired(sync_type="to_outlook")
    assert _titles(world) == [("Chief", "Chief")]

    await _reply(world, "put_back")
    await world.sync()

    assert _titles(world) == [("Buyer", "Chief")]
    assert await world.attention() == []


async def test_what_else_was_edited_meanwhile_travels_as_well() -> None:
    """Putting values back agrees on nothing but these: another field that nobody has looked at yet is still an edit."""
    world = await _paired()
    world.edit_in_crm("Person0", city="Oslo")
    world.edit_in_outlook("Person0", personalNotes="a note")

    await _reply(world, "put_back")
    await world.sync()

    assert _titles(world) == [("Buyer", "Buyer")]
    assert world.person("Person0")["businessAddress"].get("city") == "Oslo"
    assert world.customer("Person0")["comments"] == "a note"


async def test_values_of_a_contact_that_the_user_may_not_edit_come_back_in_outlook_alone() -> None:
    """What a person may not type in Pipeliner no answer of theirs writes there."""
    world = await _paired()
    contact_id = world.customer("Person0")["id"]
    world.crm.people.reassign_contact(contact_id, world.colleague_id)
    wide = ConnectionChange.model_validate({"settings": {"scope": "visible"}})
    await change(world.deployment, world.record.id, wide)
    await world.drain()

    await _reply(world, "put_back")

    assert _titles(world) == [("Buyer", "Chief")]
