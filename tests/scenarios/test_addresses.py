"""An address is one value: it is never mixed from two sides into one that nobody has."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import Action, Reason, RunMode
from sync_core.operations import AnswerRequest, answer
from sync_core.operations.questions import item_id
from tests.scenarios.world import MAILBOX, World, new_world

PARTS = {
    "street": "address",
    "city": "city",
    "state": "state_province",
    "postalCode": "zip_code",
    "countryOrRegion": "country",
}
Address = dict[str, str]
VIENNA: Address = {"street": "Ring 1", "city": "Wien", "postalCode": "1010", "countryOrRegion": "Austria"}
PARIS: Address = {"street": "Rue 9", "city": "Paris", "postalCode": "75001", "countryOrRegion": "France"}
BERLIN: Address = {"street": "Allee 5", "city": "Berlin", "state": "BE", "postalCode": "10115"}


def _in_crm(address: Address) -> dict[str, str]:
    return {PARTS[part]: value for part, value in address.items()}


def _moved(address: Address) -> dict[str, str]:
    """What a person types who moves a contact: parts that the new address lacks are blank."""
    return {PARTS[part]: address.get(part, "") for part in PARTS}


def _shown(world: World) -> tuple[Address, Address]:
    (card,), (row,) = world.outlook(), world.customers()
    ours = {part: value for part, value in card["businessAddress"].items() if value}
    theirs = {part: str(row[name]) for part, name in PARTS.items() if row[name]}
    return ours, theirs


async def _linked(address: Address, **settings: Any) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", **_in_crm(address))
    await world.connect(**settings)
    await world.sync()
    return world


async def _paired(outlook: Address, crm: Address, **settings: Any) -> World:
    world = new_world()
    folder_id = world.graph.add_folder(MAILBOX, "Customers")
    world.write_in_crm("Okafor", "Chidi", email1="c@acme.test", **_in_crm(crm))
    body = {"surname": "Okafor", "givenName": "Chidi", "emailAddresses": [{"address": "c@acme.test"}]}
    world.graph.create_contact(MAILBOX, body | {"businessAddress": dict(outlook)}, folder_id)
    await world.connect(folder=folder_id, **settings)
    await world.sync()
    return world


@pytest.mark.parametrize(("rule", "won", "lost"), [("outlook", PARIS, BERLIN), ("pipeliner", BERLIN, PARIS)])
async def test_of_two_moves_one_wins_whole_and_the_other_stands_whole_in_the_history(
    rule: str, won: Address, lost: Address
) -> None:
    """Also where the winner has no country, and the other one has."""
    world = await _linked(VIENNA, conflict_rule=rule)
    world.edit_in_outlook("Okafor", businessAddress={part: PARIS.get(part) for part in PARTS})
    world.edit_in_crm("Okafor", **_moved(BERLIN))

    await world.sync()

    assert _shown(world) == (won, won)
    (told,) = await world.history(Action.CONFLICT)
    names = {"postal_code": "postalCode", "country": "countryOrRegion"}
    history = {names.get(change.field, change.field): change.old for change in told.entry.changes if change.old}
    assert history == lost
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


async def test_two_edits_of_one_address_are_not_mixed() -> None:
    """The street of one and the town of the other are no address."""
    world = await _linked(VIENNA, conflict_rule="outlook")
    world.edit_in_outlook("Okafor", businessAddress=VIENNA | {"street": "Gasse 2"})
    world.edit_in_crm("Okafor", city="Graz", zip_code="8010")

    await world.sync()

    assert _shown(world) == (VIENNA | {"street": "Gasse 2"},) * 2


async def test_an_edit_of_one_part_travels_alone() -> None:
    """What the other side has in its own form stays there."""
    world = await _linked(VIENNA)
    world.edit_in_crm("Okafor", address="Gasse 2")

    await world.sync()

    assert _shown(world) == (VIENNA | {"street": "Gasse 2"},) * 2
    assert await world.history(Action.CONFLICT) == []


async def test_who_completes_an_address_that_both_correct_wins() -> None:
    """What is the same but for a blank is no other address."""
    world = await _linked({"street": "Ring 1"}, conflict_rule="outlook")
    world.edit_in_outlook("Okafor", businessAddress={"street": "Ring 2"})
    world.edit_in_crm("Okafor", address="Ring 2", city="Wien")

    await world.sync()

    assert _shown(world) == ({"street": "Ring 2", "city": "Wien"},) * 2


@pytest.mark.parametrize(
    ("outlook", "crm", "first_sight", "both"),
    [
        ({"street": "Rue 9", "city": "Paris"}, {"city": "Berlin", "countryOrRegion": "Germany"}, "outlook", None),
        ({"street": "Rue 9", "city": "Paris"}, {"city": "Berlin", "countryOrRegion": "Germany"}, "pipeliner", None),
        ({"street": "Rue 9", "city": "Paris"}, {"city": "paris", "countryOrRegion": "France"}, "outlook", {
            "street": "Rue 9", "city": "Paris", "countryOrRegion": "France"}),
        ({"city": "Wien", "countryOrRegion": "Österreich"}, VIENNA, "outlook", VIENNA | {
            "countryOrRegion": "Österreich"}),
        ({}, VIENNA, "outlook", VIENNA),
    ],
)  # fmt: skip
async def test_at_first_sight_only_a_side_that_does_not_contradict_completes_an_address(
    outlook: Address, crm: Address, first_sight: str, both: Address | None
) -> None:
    """Upper and lower case do not contradict, nor does a country's name in another language; another town does."""
    world = await _paired(outlook, crm, first_sight=first_sight)

    expected = both or {"outlook": outlook, "pipeliner": crm}[first_sight]
    assert _shown(world) == (expected, expected)
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


async def test_an_address_that_lost_at_first_sight_comes_back_whole_or_not_at_all() -> None:
    """Where a part of what won was edited since, the rest of what lost would make a third address."""
    for edited in (False, True):
        world = await _paired(PARIS, BERLIN)
        if edited:
            world.edit_in_crm("Okafor", address="Allee 7")
            await world.sync()
        (item,) = await world.attention()
        assert item.reason is Reason.VALUES_REPLACED

        request = AnswerRequest(item=item_id(item), choice="put_back")
        await answer(world.deployment, world.record.id, request, by="somebody")
        await world.drain()

        assert _shown(world) == ((BERLIN | {"street": "Allee 7"},) * 2 if edited else (PARIS, PARIS))


async def test_where_one_part_does_not_fit_the_whole_address_stays() -> None:
    """A street without its town is no address; an item names the part."""
    world = await _linked(VIENNA)
    long = "s" * 300
    world.edit_in_crm("Okafor", position="Buyer", **_moved(PARIS | {"street": long}))

    await world.sync()

    assert _shown(world) == (VIENNA, PARIS | {"street": long})
    assert world.person("Okafor")["jobTitle"] == "Buyer"
    (item,) = await world.attention()
    assert (item.reason, item.fields) == (Reason.TOO_LONG, ("street",))
    world.edit_in_crm("Okafor", address="Rue 9")
    await world.sync()
    assert _shown(world) == (PARIS, PARIS)


async def test_in_one_direction_the_leading_side_s_address_stays_whole() -> None:
    """An edit that may not travel does not end up in what comes from the other side."""
    world = await _linked(VIENNA, sync_type="to_outlook")
    world.edit_in_outlook("Okafor", businessAddress=VIENNA | {"street": "Gasse 2"})
    await world.sync()
    assert _shown(world)[1] == VIENNA
    world.edit_in_crm("Okafor", **_moved(BERLIN))

    await world.sync()

    assert _shown(world) == (BERLIN, BERLIN)


async def test_a_private_address_in_custom_fields_is_one_value_too() -> None:
    """Whatever fields of the space its parts stand in."""
    world = new_world()
    custom = {"street": "cf_street", "city": "cf_city"}
    for name in custom.values():
        world.crm.people.add_field(name, "input")
    world.write_in_crm("Okafor", "Chidi", cf_street="Ring 1", cf_city="Wien")
    mapped = [{"pipeliner": name, "outlook": f"homeAddress.{part}"} for part, name in custom.items()]
    await world.connect(custom_fields=mapped, conflict_rule="outlook")
    await world.sync()
    world.edit_in_outlook("Okafor", homeAddress={"street": "Rue 9", "city": "Wien"})
    world.edit_in_crm("Okafor", cf_city="Graz")

    await world.sync()

    row = world.customer("Okafor")
    assert (row["cf_street"], row["cf_city"]) == ("Rue 9", "Wien")
    home = world.person("Okafor")["homeAddress"]
    assert (home["street"], home["city"]) == ("Rue 9", "Wien")
