"""Scenarios: edits, conflicts, lists, companies, and fields of the customer's own."""

from __future__ import annotations

from tests.battery.sweep.scenario import Act, Said, Scenario, in_crm, in_outlook, mail, new_in_crm, new_in_outlook
from tests.scenarios.world import World

BOTH = (new_in_crm("Abel", phone2="1", city="Oslo"), new_in_crm("Baker"))
BIRTHDAY = {"pipeliner": "cf_birthday", "outlook": "birthday"}
DEPARTMENT = {"pipeliner": "cf_department", "outlook": "department"}


def _both_say(phone: str, city: str) -> tuple[Said, ...]:
    return (Said("Abel", (phone, city), (phone, city)),)


def _acme(world: World) -> None:
    world.crm.people.add_account(world.user_id, name="Acme")


def _at_acme(world: World) -> None:
    account = world.crm.people.add_account(world.user_id, name="Acme")
    world.crm.people.link_account(world.customer("Abel")["id"], account, position="Buyer")


def _acme_id(world: World) -> str:
    (account,) = world.crm.state("Accounts")["entities"]["Accounts"]
    return str(account["id"])


def _acme_renamed(world: World) -> None:
    world.crm.people.rename_account(_acme_id(world), "Acme International")


def _abel_left_acme(world: World) -> None:
    world.crm.people.unlink_account(world.customer("Abel")["id"], _acme_id(world))


def _abel_promoted(world: World) -> None:
    world.crm.people.change_position(world.customer("Abel")["id"], "Head")


def _own_fields(world: World) -> None:
    world.crm.people.add_field("cf_birthday", "date")
    world.crm.people.add_field("cf_department", "input")


def _conflict(rule: str, phone: str, *acts: Act) -> Scenario:
    said = _both_say(phone, "Oslo")
    return Scenario(f"conflict_{rule}", before=BOTH, acts=acts, said=said, settings={"conflict_rule": rule})


TWO_PHONES = (in_outlook("Abel", mobilePhone="2"), in_crm("Abel", phone2="3"))

EDITS = (
    Scenario("edit_in_outlook", before=BOTH, acts=(in_outlook("Abel", mobilePhone="2"),), said=_both_say("2", "Oslo")),
    Scenario("edit_in_pipeliner", before=BOTH, acts=(in_crm("Abel", city="Rome"),), said=_both_say("1", "Rome")),
    Scenario(
        "edits_on_both_sides",
        before=BOTH,
        acts=(in_outlook("Abel", mobilePhone="2"), in_crm("Abel", city="Rome")),
        said=_both_say("2", "Rome"),
    ),
    Scenario(
        "edits_of_several",
        before=(*BOTH, new_in_crm("Cole")),
        acts=(in_outlook("Abel", mobilePhone="2"), in_outlook("Baker", mobilePhone="3"), in_crm("Cole", city="Rome")),
        outlook="Abel Baker Cole",
        customers="Abel Baker Cole",
        said=_both_say("2", "Oslo"),
    ),
    Scenario(
        "cleared_in_outlook", before=BOTH, acts=(in_outlook("Abel", mobilePhone=None),), said=_both_say("", "Oslo")
    ),
    Scenario("cleared_in_pipeliner", before=BOTH, acts=(in_crm("Abel", city=""),), said=_both_say("1", "")),
    Scenario("renamed", before=BOTH, acts=(in_outlook("Abel", givenName="Anna"),), said=_both_say("1", "Oslo")),
    _conflict("newest", "3", *TWO_PHONES),
    _conflict("pipeliner", "3", *reversed(TWO_PHONES)),
    _conflict("outlook", "2", *TWO_PHONES),
    Scenario(
        "blank_against_value",
        before=BOTH,
        acts=(in_outlook("Abel", mobilePhone=None), in_crm("Abel", phone2="3")),
        said=_both_say("3", "Oslo"),
        settings={"conflict_rule": "outlook"},
    ),
    Scenario(
        "the_same_edit_on_both_sides",
        before=BOTH,
        acts=(in_outlook("Abel", mobilePhone="2"), in_crm("Abel", phone2="2")),
        said=_both_say("2", "Oslo"),
    ),
    Scenario(
        "parts_of_an_address_on_both_sides",
        before=BOTH,
        acts=(in_outlook("Abel", businessAddress={"city": "Oslo", "postalCode": "0150"}), in_crm("Abel", city="Rome")),
        said=_both_say("1", "Rome"),
    ),
    Scenario(
        "an_address_added_on_each_side",
        before=(new_in_crm("Abel", email1="a@example.test"), new_in_crm("Baker")),
        acts=(
            in_outlook("Abel", emailAddresses=mail("a@example.test", "o@example.test")),
            in_crm("Abel", email2="p@example.test"),
        ),
    ),
    Scenario(
        "five_addresses",
        before=(new_in_crm("Abel", **{f"email{slot}": f"{slot}@example.test" for slot in range(1, 6)}), BOTH[1]),
        acts=(in_outlook("Abel", emailAddresses=mail("new@example.test", "1@example.test", "2@example.test")),),
    ),
    Scenario(
        "phones_on_both_sides",
        before=(new_in_crm("Abel", phone1="1", phone4="4", phone3="3"), BOTH[1]),
        acts=(in_outlook("Abel", businessPhones=["5", "4"]), in_crm("Abel", phone3="6")),
    ),
    Scenario(
        "too_long_for_outlook",
        before=BOTH,
        acts=(in_crm("Abel", position="x" * 300, city="Rome"),),
        said=_both_say("1", "Rome"),
    ),
    Scenario(
        "a_field_of_one_direction",
        before=BOTH,
        acts=(in_outlook("Abel", businessAddress={"city": "Rome"}, mobilePhone="2"),),
        said=(Said("Abel", ("2", "Rome"), ("2", "Oslo")),),
        settings={"field_directions": {"city": "to_outlook"}},
    ),
    Scenario(
        "another_phone_slot",
        before=(new_in_crm("Abel", phone5="1"), BOTH[1]),
        acts=(in_outlook("Abel", mobilePhone="2"),),
        settings={"phone_slots": {"mobile_phone": ["phone5"]}},
    ),
    Scenario(
        "own_fields",
        before=(_own_fields, new_in_crm("Abel", cf_birthday="1990-02-03", cf_department="Sales"), BOTH[1]),
        acts=(in_outlook("Abel", birthday="1991-02-03T00:00:00Z"), in_crm("Abel", cf_department="Service")),
        settings={"custom_fields": [BIRTHDAY, DEPARTMENT]},
    ),
    Scenario(
        "a_field_of_a_service_that_reformats",
        before=BOTH,
        acts=(in_outlook("Abel", mobilePhone="+49 (30) 1", personalNotes="One\r\nTwo "), in_crm("Abel", city=" Rome ")),
    ),
)

COMPANIES = (
    Scenario(
        "company_like_an_account",
        before=(_acme, *BOTH),
        acts=(in_outlook("Abel", companyName="ACME", jobTitle="Buyer"),),
    ),
    Scenario("company_as_text", before=(_acme, *BOTH), acts=(in_outlook("Abel", companyName="Initech"),)),
    Scenario(
        "company_becomes_an_account",
        before=BOTH,
        acts=(in_outlook("Abel", companyName="Initech"),),
        settings={"account_rule": "create"},
    ),
    Scenario(
        "born_with_a_new_account",
        before=(BOTH[1],),
        acts=(new_in_outlook("Abel", companyName="Initech", jobTitle="Buyer"),),
        settings={"account_rule": "create"},
    ),
    Scenario("born_with_a_known_account", before=(_acme, BOTH[1]), acts=(new_in_outlook("Abel", companyName="Acme"),)),
    Scenario("company_leaves_its_account", before=(*BOTH, _at_acme), acts=(in_outlook("Abel", companyName="Initech"),)),
    Scenario("company_cleared_in_outlook", before=(*BOTH, _at_acme), acts=(in_outlook("Abel", companyName=None),)),
    Scenario("job_title_at_an_account", before=(*BOTH, _at_acme), acts=(in_outlook("Abel", jobTitle="Head"),)),
    Scenario("account_renamed", before=(*BOTH, _at_acme), acts=(_acme_renamed,)),
    Scenario("account_left_in_pipeliner", before=(*BOTH, _at_acme), acts=(_abel_left_acme,)),
    Scenario("position_changed_on_the_relation", before=(*BOTH, _at_acme), acts=(_abel_promoted,)),
    Scenario(
        "account_and_company_change_at_once",
        before=(*BOTH, _at_acme),
        acts=(_acme_renamed, in_outlook("Abel", companyName="Initech")),
        settings={"conflict_rule": "outlook"},
    ),
)
