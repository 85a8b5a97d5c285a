"""Two people, one contact: what each of them wrote is found again, and who is not the same person stays apart."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import Action, Reason, RunMode
from sync_core.operations import ConnectionChange, change
from tests.scenarios.world import World, new_world


def _mail(*addresses: str) -> list[dict[str, str]]:
    return [{"address": address} for address in addresses]


async def _linked(**settings: Any) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", city="Berlin", phone1="1", email1="c@example.test", comments="Old")
    await world.connect(**settings)
    await world.sync()
    return world


def _addresses(world: World) -> tuple[list[str], list[str]]:
    customer = world.customer("Okafor")
    in_crm = [str(customer[f"email{slot}"]) for slot in range(1, 6) if customer[f"email{slot}"]]
    return sorted(item["address"] for item in world.person("Okafor")["emailAddresses"]), sorted(in_crm)


async def test_what_is_cleared_in_pipeliner_is_cleared_in_outlook() -> None:
    """A text, a list, a member of the address."""
    world = await _linked()
    world.edit_in_crm("Okafor", city="", phone1="", email1="", comments="")

    await world.sync()

    person = world.person("Okafor")
    assert (person["businessAddress"].get("city"), person["personalNotes"]) == (None, None)
    assert (person["businessPhones"], person["emailAddresses"]) == ([], [])
    assert (await world.sync()).run.counts.writes == 0


@pytest.mark.parametrize("last", ["outlook", "crm"])
@pytest.mark.parametrize("rule", ["newest", "pipeliner", "outlook"])
async def test_the_rule_decides_a_conflict_and_the_history_keeps_what_lost(rule: str, last: str) -> None:
    """Who edited last counts for one rule only."""
    world = await _linked(conflict_rule=rule)

    def in_outlook() -> None:
        world.edit_in_outlook("Okafor", businessAddress={"city": "Oslo"})

    def in_crm() -> None:
        world.edit_in_crm("Okafor", city="Rome")

    for edit in (in_crm, in_outlook) if last == "outlook" else (in_outlook, in_crm):
        edit()
        world.crm.clock.advance(60)

    await world.sync()

    by_time = {"outlook": "Oslo", "crm": "Rome"}[last]
    won = {"newest": by_time, "pipeliner": "Rome", "outlook": "Oslo"}[rule]
    assert (world.person("Okafor")["businessAddress"]["city"], world.customer("Okafor")["city"]) == (won, won)
    (conflict,) = await world.history(Action.CONFLICT)
    assert [(item.field, item.old, item.new) for item in conflict.entry.changes] == [
        ("city", "Rome" if won == "Oslo" else "Oslo", won)
    ]


async def test_two_people_who_add_an_address_each_lose_none() -> None:
    """Lists merge entry by entry."""
    world = await _linked()
    world.edit_in_outlook("Okafor", emailAddresses=_mail("c@example.test", "outlook@example.test"))
    world.edit_in_crm("Okafor", email2="crm@example.test")

    await world.sync()

    everything = ["c@example.test", "crm@example.test", "outlook@example.test"]
    assert _addresses(world) == (everything, everything)


async def test_an_edit_that_may_not_travel_does_so_once_it_may() -> None:
    """It was made while the connection went one way only, and is still a change afterwards."""
    world = await _linked(sync_type="to_outlook")
    world.edit_in_outlook("Okafor", mobilePhone="555")
    await world.sync()
    assert world.customer("Okafor")["phone2"] == ""

    two_way = ConnectionChange.model_validate({"settings": {"sync_type": "two_way"}})
    await change(world.deployment, world.record.id, two_way)
    await world.drain()

    assert (world.customer("Okafor")["phone2"], world.person("Okafor")["mobilePhone"]) == ("555", "555")


async def test_a_field_that_is_mapped_later_brings_what_outlook_has_already() -> None:
    """Nobody edits the contact: the full sync that follows the change of settings looks at its values."""
    world = await _linked()
    world.crm.people.add_field("cf_department", "input")
    world.edit_in_outlook("Okafor", department="Sales")
    await world.sync()
    mapped = {"settings": {"custom_fields": [{"pipeliner": "cf_department", "outlook": "department"}]}}

    await change(world.deployment, world.record.id, ConnectionChange.model_validate(mapped))
    await world.drain()

    assert world.customer("Okafor")["cf_department"] == "Sales"
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


async def test_a_new_name_is_shown_and_filed_in_outlook() -> None:
    """Lists of contacts show other properties than the name's parts."""
    world = await _linked()
    world.edit_in_crm("Okafor", first_name="Chidiebere")

    await world.sync()

    person = world.person("Okafor")
    assert (person["displayName"], person["fileAs"]) == ("Chidiebere Okafor", "Okafor, Chidiebere")


async def test_namesakes_of_different_companies_stay_two_people() -> None:
    """Each has an address of their own."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", quick_account_name="Acme", email1="chidi@acme.test")
    await world.connect()
    world.write_in_outlook("Okafor", "Chidi", companyName="Initech", emailAddresses=_mail("c.okafor@initech.test"))

    await world.sync()

    companies = ["Acme", "Initech"]
    assert sorted(item["companyName"] for item in world.outlook()) == companies
    assert sorted(row["quick_account_name"] for row in world.customers()) == companies


async def test_a_shared_address_alone_makes_nobody_the_same_person() -> None:
    """The office's address stands with two people of wholly different names."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="office@example.test", city="Berlin")
    await world.connect()
    world.write_in_outlook("Novak", "Eva", emailAddresses=_mail("office@example.test"), mobilePhone="555")

    await world.sync()

    assert world.person("Novak")["businessAddress"].get("city") is None
    assert [(row["last_name"], row["phone2"]) for row in world.customers()] == [("Novak", "555"), ("Okafor", "")]


@pytest.mark.parametrize("first", ["outlook", "crm"])
async def test_two_who_look_the_same_find_one_counterpart_each_or_wait(first: str) -> None:
    """One contact in one place, two equal ones in the other: nobody is linked twice."""
    world = new_world()
    for _ in range(1 if first == "outlook" else 2):
        world.write_in_crm("Okafor", "Chidi", email1="c@example.test")
    await world.connect()
    for _ in range(2 if first == "outlook" else 1):
        world.write_in_outlook("Okafor", "Chidi", emailAddresses=_mail("c@example.test"))

    await world.sync()
    await world.sync()

    assert len(world.outlook()) == len(world.customers()) or await world.attention()
    pairs = [(item.entry.outlook_id, item.entry.pipeliner_id) for item in await world.history()]
    assert len({pair[0] for pair in pairs}) == len({pair[1] for pair in pairs}) == len(pairs)


async def test_a_double_of_a_linked_contact_is_told_and_not_created_again() -> None:
    """Somebody writes the same person into Outlook once more: the first pair stays as it is."""
    world = await _linked()
    await world.touch_in_outlook("Okafor")
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=_mail("c@example.test"), mobilePhone="555")

    await world.sync()
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (2, 1)
    assert [item.reason for item in await world.attention()] == [Reason.DOUBLE]
    assert (await world.deployment.reader(world.record.id).status()).links == 1


async def test_two_doubles_in_outlook_wait_for_a_person() -> None:
    """A customer appears at the same time, and fits both of them."""
    world = new_world()
    await world.connect()
    await world.sync()
    world.write_in_crm("Okafor", "Chidi", email1="c@example.test")
    for _ in range(2):
        world.write_in_outlook("Okafor", "Chidi", emailAddresses=_mail("c@example.test"))

    await world.one_run()
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (2, 1)
    assert {item.reason for item in await world.attention()} == {Reason.COUNTERPART_UNCLEAR}


@pytest.mark.parametrize(("tie_side", "won"), [("outlook", "222"), ("pipeliner", "111")])
async def test_a_record_s_time_speaks_for_no_field_when_another_one_was_edited_too(tie_side: str, won: str) -> None:
    """An automation touched the city last; the number was typed in Outlook after the one in Pipeliner."""
    world = await _linked(tie_side=tie_side)
    world.edit_in_crm("Okafor", phone2="111")
    world.crm.clock.advance(60)
    world.edit_in_outlook("Okafor", mobilePhone="222")
    world.crm.clock.advance(60)
    world.edit_in_crm("Okafor", city="Linz")

    await world.sync()

    assert (world.person("Okafor")["mobilePhone"], world.customer("Okafor")["phone2"]) == (won, won)
    assert world.person("Okafor")["businessAddress"]["city"] == "Linz"
    (conflict,) = await world.history(Action.CONFLICT)
    assert [(change.old, change.new) for change in conflict.entry.changes] == [("111" if won == "222" else "222", won)]
