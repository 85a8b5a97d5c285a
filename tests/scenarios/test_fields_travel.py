"""Every field of the map, its corners, and what the other side cannot hold."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.graph import GraphSwitches
from emulators.pipeliner import PipelinerSwitches
from sync_core.domain import Reason
from sync_core.operations import ConnectionChange, change
from tests.scenarios.world import MAILBOX, World, new_world

FULL_IN_CRM = {
    "middle_name": "A.",
    "title": "Dr.",
    "position": "Buyer",
    "quick_account_name": "Acme",
    "email1": "one@example.test",
    "email2": "two@example.test",
    "email3": "three@example.test",
    "email4": "four@example.test",
    "email5": "five@example.test",
    "phone1": "1",
    "phone2": "2",
    "phone3": "3",
    "phone4": "4",
    "phone5": "5",
    "address": "Line 1\nLine 2",
    "city": "Oslo",
    "state_province": "Oslo fylke",
    "zip_code": "0150",
    "country": "Norway",
    "comments": "First\nSecond",
}


async def _quiet(world: World) -> bool:
    return (await world.sync()).run.counts.writes == 0


async def test_every_field_arrives_in_outlook() -> None:
    """Each in its place; the fourth and fifth address wait in Pipeliner."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", **FULL_IN_CRM)
    await world.connect()

    await world.sync()

    person = world.person("Okafor")
    assert [entry["address"] for entry in person["emailAddresses"]] == [
        "one@example.test",
        "two@example.test",
        "three@example.test",
    ]
    assert (person["businessPhones"], person["mobilePhone"], person["homePhones"]) == (["1", "4"], "2", ["3"])
    assert person["businessAddress"] == {
        "street": "Line 1\nLine 2",
        "city": "Oslo",
        "state": "Oslo fylke",
        "postalCode": "0150",
        "countryOrRegion": "Norway",
    }
    names = [person[name] for name in ("givenName", "middleName", "title", "jobTitle", "companyName", "personalNotes")]
    assert names == ["Chidi", "A.", "Dr.", "Buyer", "Acme", "First\nSecond"]
    assert person["displayName"] == "Dr. Chidi A. Okafor"


@pytest.mark.parametrize(
    ("graph", "crm"),
    [
        (GraphSwitches(), PipelinerSwitches()),
        (GraphSwitches(if_match_enforced=True), PipelinerSwitches(trims_text=True, reformats_phones=True)),
        (GraphSwitches(delta_duplicate_share=0.5, delta_shuffled=True), PipelinerSwitches(lowercases_emails=True)),
        (GraphSwitches(delta_empty_pages=True), PipelinerSwitches(unifies_line_ends=True, visible_after_s=2)),
    ],
    ids=["plain", "reformatting", "unordered", "late"],
)
async def test_every_field_travels_both_ways_whatever_the_services_do_to_values(
    graph: GraphSwitches, crm: PipelinerSwitches
) -> None:
    """After the last edit two runs bring rest, with the edit on both sides."""
    world = new_world(graph=graph, crm=crm)
    world.write_in_crm("Okafor", "Chidi", **FULL_IN_CRM)
    await world.deployment.clock.sleep(10)
    await world.connect()
    await world.sync()
    world.edit_in_outlook(
        "Okafor",
        givenName="  Chidi  B. ",
        emailAddresses=[{"address": "New@Example.test"}, {"address": "one@example.test"}],
        businessPhones=["+49 (30) 1"],
        personalNotes="Third\r\nFourth",
        businessAddress={"city": "Bergen", "street": "Line 3"},
    )
    for _ in range(3):
        await world.deployment.clock.sleep(10)
        await world.sync()

    customer = world.customer("Okafor")
    assert customer["first_name"] == "Chidi B."
    emails = [customer[f"email{slot}"] for slot in range(1, 6)]
    assert [email.casefold() for email in emails] == [
        "new@example.test",
        "one@example.test",
        "four@example.test",
        "five@example.test",
        "",
    ]
    assert (customer["city"], customer["country"], customer["phone4"]) == ("Bergen", "", "")
    assert customer["comments"].splitlines() == ["Third", "Fourth"]
    assert await _quiet(world)


async def test_clearing_a_field_travels_and_a_blank_never_beats_a_value() -> None:
    """A person clears the note on one side while nobody edits the other."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", comments="Old", phone2="1", city="Oslo")
    await world.connect(conflict_rule="outlook")
    await world.sync()
    world.edit_in_outlook("Okafor", personalNotes=None, mobilePhone=None)
    world.edit_in_crm("Okafor", phone2="2")

    await world.sync()

    assert world.customer("Okafor")["comments"] == ""
    assert world.person("Okafor")["mobilePhone"] == "2"
    assert await _quiet(world)


async def test_a_value_too_long_for_the_other_side_waits_uncut() -> None:
    """The item names field and limit; the other fields travel; once shortened it goes."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", position="x" * 300, phone2="1")
    await world.connect()
    await world.sync()
    (item,) = await world.attention()
    assert (item.reason, item.fields) == (Reason.TOO_LONG, ("job_title",))
    assert "255 characters" in item.message
    assert "Pipeliner" in item.remedy
    assert (world.person("Okafor")["jobTitle"], world.person("Okafor")["mobilePhone"]) == (None, "1")
    assert world.customer("Okafor")["position"] == "x" * 300
    assert await _quiet(world)

    world.edit_in_crm("Okafor", position="Chief")
    await world.sync()

    assert world.person("Okafor")["jobTitle"] == "Chief"
    assert await world.attention() == []


class TestCompany:
    """The account rule: a company is never lost."""

    async def _edited(self, company: str, **settings: Any) -> World:
        world = new_world()
        world.crm.people.add_account(world.user_id, name="Acme")
        await world.connect(**settings)
        world.write_in_outlook("Okafor", "Chidi", companyName=company, jobTitle="Buyer")
        await world.sync()
        return world

    async def test_a_company_named_like_one_account_links_to_it(self) -> None:
        """The job title goes with the account."""
        world = await self._edited("ACME")
        customer = world.customer("Okafor")
        assert customer["primary_account"] is not None
        assert customer["account_position"] == "Buyer"
        assert await _quiet(world)

    async def test_an_unknown_company_is_kept_as_text_by_default(self) -> None:
        """No account appears out of nothing."""
        world = await self._edited("Initech")
        assert world.customer("Okafor")["quick_account_name"] == "Initech"
        assert len(world.crm.state("Accounts")["entities"]["Accounts"]) == 1

    async def test_an_unknown_company_becomes_an_account_when_the_rule_says_so(self) -> None:
        """And the contact is linked to it."""
        world = await self._edited("Initech", account_rule="create")
        assert len(world.crm.state("Accounts")["entities"]["Accounts"]) == 2
        assert world.customer("Okafor")["primary_account"] is not None

    async def test_a_changed_company_moves_the_contact_and_comes_to_rest(self) -> None:
        """From the account to another name and back."""
        world = await self._edited("Acme")
        world.edit_in_outlook("Okafor", companyName="Initech")
        await world.sync()
        assert world.customer("Okafor")["quick_account_name"] == "Initech"
        assert world.customer("Okafor")["primary_account"] is None
        assert await _quiet(world)

        world.edit_in_outlook("Okafor", companyName="Acme", jobTitle="Head")
        await world.sync()

        customer = world.customer("Okafor")
        assert (customer["primary_account"] is not None, customer["account_position"]) == (True, "Head")
        assert world.person("Okafor")["companyName"] == "Acme"
        assert await _quiet(world)


async def test_custom_fields_map_to_further_outlook_properties() -> None:
    """A birthday and a department, with the type checked when connecting."""
    world = new_world()
    world.crm.people.add_field("cf_birthday", "date")
    world.crm.people.add_field("cf_department", "input")
    world.write_in_crm("Okafor", "Chidi", cf_birthday="1990-02-03", cf_department="Sales")
    custom = [
        {"pipeliner": "cf_birthday", "outlook": "birthday"},
        {"pipeliner": "cf_department", "outlook": "department"},
    ]
    await world.connect(custom_fields=custom)
    await world.sync()
    assert world.person("Okafor")["birthday"].startswith("1990-02-03")
    world.edit_in_outlook("Okafor", department=None, birthday="1991-02-03T00:00:00Z")

    await world.sync()

    assert world.customer("Okafor")["cf_birthday"] == "1991-02-03"
    assert world.customer("Okafor")["cf_department"] in (None, "")
    assert await _quiet(world)


async def test_a_required_field_outside_the_map_blocks_the_create_until_it_has_a_default() -> None:
    """The item names the field; linked contacts go on being updated; a default lets it through."""
    world = new_world()
    world.crm.people.add_field("cf_source", "input")
    world.write_in_crm("Linked", "Ann", cf_source="web")
    await world.connect()
    await world.sync()
    world.crm.people.require_fields(["cf_source"])
    world.write_in_outlook("Okafor", "Chidi")
    world.edit_in_outlook("Linked", mobilePhone="555")
    await world.sync()
    (item,) = await world.attention()
    assert (item.reason, item.fields) == (Reason.REQUIRED_FIELD, ("cf_source",))
    assert "required_defaults" in item.remedy
    assert [row["last_name"] for row in world.customers()] == ["Linked"]
    assert world.customer("Linked")["phone2"] == "555"

    wanted = ConnectionChange.model_validate({"settings": {"required_defaults": {"cf_source": "outlook"}}})
    await change(world.deployment, world.record.id, wanted)
    await world.drain()

    assert world.customer("Okafor")["cf_source"] == "outlook"
    assert await world.attention() == []


async def test_directions_and_phone_slots_are_the_connections_own() -> None:
    """Notes go nowhere, the mobile phone lives in the fifth slot, the city only travels to Outlook."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", comments="Secret", phone5="5", city="Oslo")
    await world.connect(
        field_directions={"notes": "none", "city": "to_outlook"}, phone_slots={"mobile_phone": ["phone5"]}
    )
    await world.sync()
    assert (world.person("Okafor")["personalNotes"], world.person("Okafor")["mobilePhone"]) == (None, "5")
    world.edit_in_outlook("Okafor", businessAddress={"city": "Bergen"}, personalNotes="Mine", mobilePhone="6")

    await world.sync()

    customer = world.customer("Okafor")
    assert (customer["city"], customer["comments"], customer["phone5"]) == ("Oslo", "Secret", "6")
    world.edit_in_crm("Okafor", city="Rome")
    await world.sync()
    assert world.person("Okafor")["businessAddress"]["city"] == "Rome"
    assert await _quiet(world)


async def test_things_that_the_sync_does_not_map_stay_untouched() -> None:
    """Further home phones, the name of an address, a home address."""
    world = new_world()
    await world.connect()
    identifier = world.write_in_outlook(
        "Okafor",
        "Chidi",
        homePhones=["1", "2"],
        homeAddress={"city": "Lagos"},
        emailAddresses=[{"name": "Chidi at work", "address": "c@example.test"}],
    )
    await world.sync()
    world.edit_in_crm("Okafor", phone3="9", email1="d@example.test", email2="c@example.test", city="Oslo")

    await world.sync()

    person = world.graph.contact(MAILBOX, identifier)
    assert (person["homePhones"], person["homeAddress"]) == (["9", "2"], {"city": "Lagos"})
    assert {"name": "Chidi at work", "address": "c@example.test"} in person["emailAddresses"]
