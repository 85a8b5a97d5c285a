"""Telephone numbers are compared as numbers and kept as they are typed."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import Action, Reason, RunMode
from tests.scenarios.world import MAILBOX, World, new_world

NOTATIONS = [
    "+43 664 1234567",
    "0043 664 1234567",
    "+43 (0)664 / 123-45-67",
    "0664 1234567",
    "\u202a+43664 1234567\u202c",
]


async def _linked(settings: dict[str, Any] | None = None, /, **values: str) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", **values)
    await world.connect(**(settings or {}))
    await world.sync()
    return world


def _shown(world: World) -> tuple[list[str], list[str]]:
    (card,), (row,) = world.outlook(), world.customers()
    numbers = [card["mobilePhone"] or "", *card["businessPhones"], *card["homePhones"]]
    return [one for one in numbers if one], [row[f"phone{slot}"] for slot in range(1, 6) if row[f"phone{slot}"]]


@pytest.mark.parametrize("other", NOTATIONS)
@pytest.mark.parametrize("mobile", [True, False])
async def test_another_notation_of_a_number_is_no_edit(other: str, *, mobile: bool) -> None:
    """Neither side is written, and each keeps its own; what is edited beside it travels."""
    slot, card = ("phone2", {"mobilePhone": other}) if mobile else ("phone1", {"businessPhones": [other]})
    world = await _linked(**{slot: NOTATIONS[0]})
    world.edit_in_outlook("Okafor", **card)
    assert (await world.sync()).run.counts.writes == 0

    world.edit_in_crm("Okafor", phone4="+49 30 111222")
    await world.sync()

    assert _shown(world) == ([other, "+49 30 111222"], [NOTATIONS[0], "+49 30 111222"])
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


@pytest.mark.parametrize("other", NOTATIONS)
async def test_one_number_that_both_sides_typed_in_two_notations_is_one(other: str) -> None:
    """At first sight and later, in either slot."""
    world = await _linked(phone1="+49 30 111222", phone2="+49 171 7654321")
    world.edit_in_outlook("Okafor", businessPhones=[NOTATIONS[0]], mobilePhone=other)
    world.edit_in_crm("Okafor", phone1=other, phone2=NOTATIONS[0])

    await world.sync()

    assert _shown(world) == ([other, NOTATIONS[0]], [other, NOTATIONS[0]])
    assert await world.history(Action.CONFLICT) == []


@pytest.mark.parametrize("other", ["+43 664 1234568", "+43 664 1234567 ext. 7", "1234567", "+49 664 1234567"])
async def test_another_number_or_an_extension_is_an_edit(other: str) -> None:
    """However much of it is the same."""
    world = await _linked(phone1=NOTATIONS[0], phone2=NOTATIONS[0])
    world.edit_in_outlook("Okafor", businessPhones=[other], mobilePhone=other)

    await world.sync()

    assert _shown(world) == ([other, other], [other, other])


async def test_a_number_that_finds_no_room_stays_and_is_told() -> None:
    """Pipeliner has one slot for a home phone; it takes the second when the first is gone."""
    world = await _linked(phone3="+49 30 111222")
    world.edit_in_outlook("Okafor", homePhones=["+49 30 111222", "+49 30 999888"])

    await world.sync()

    assert _shown(world) == (["+49 30 111222", "+49 30 999888"], ["+49 30 111222"])
    (item,) = await world.attention()
    assert (item.reason, item.fields) == (Reason.TOO_MANY, ("home_phones",))
    world.edit_in_crm("Okafor", phone3="")
    await world.sync()
    assert _shown(world) == (["+49 30 999888"], ["+49 30 999888"])
    assert await world.attention() == []


@pytest.mark.parametrize(
    ("typed", "country", "shown"),
    [
        ("0664 1234567", "Austria", "+43 664 1234567"),
        ("0043 664 1234567", "", "+43 664 1234567"),
        ("0664 1234567", "", "0664 1234567"),
        ("call reception", "Austria", "call reception"),
    ],
)
async def test_numbers_are_written_with_their_country_into_outlook_alone(typed: str, country: str, shown: str) -> None:
    """As a setting; what is typed in Outlook stays, and another form of a number never travels back."""
    settings = {"phone_format": "international"}
    world = await _linked(settings, phone1=typed, phone2=typed, country=country)

    assert _shown(world) == ([shown, shown], [typed, typed])
    world.edit_in_crm("Okafor", phone4="0043 1 2345678")
    world.edit_in_outlook("Okafor", title="Dr.")
    await world.sync()
    assert _shown(world) == ([shown, shown, "+43 1 2345678"], [typed, typed, "0043 1 2345678"])
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


async def test_a_number_in_two_notations_at_first_sight_loses_nothing() -> None:
    """Nobody is told of a value that was replaced: none was."""
    world = new_world()
    folder_id = world.graph.add_folder(MAILBOX, "Customers")
    world.write_in_crm("Okafor", "Chidi", email1="c@acme.test", phone1="0043 1 2345678", phone2="0664 1234567")
    body = {"surname": "Okafor", "givenName": "Chidi", "emailAddresses": [{"address": "c@acme.test"}]}
    numbers = {"businessPhones": ["+43 1 2345678"], "mobilePhone": "+43 664 1234567"}
    world.graph.create_contact(MAILBOX, body | numbers, folder_id)
    await world.connect(folder=folder_id)
    await world.sync()

    assert _shown(world) == (["+43 664 1234567", "+43 1 2345678"], ["0043 1 2345678", "0664 1234567"])
    assert await world.attention() == []
