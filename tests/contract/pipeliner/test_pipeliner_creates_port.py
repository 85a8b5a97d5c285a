"""Creating contacts through the port."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sync_core.domain import AccountRule, LinkId, custom_field
from sync_core.engine.ports import OutcomeUnknown, Refused, Unfinished, Written
from sync_core.errors import AccessDenied, CredentialsRejected
from tests.contract.pipeliner.pipeliner_scenarios import ERROR_BODY, World, written


async def test_one_draft_is_one_post_and_comes_back_whole(world: World) -> None:
    """All fields of the map arrive and are read back with owner, id and revision, without another request."""
    draft = world.draft(
        emails=("a@x.example", "b@x.example"),
        business_phones=("+1", "+2"),
        mobile_phone="+3",
        street="Musterweg 1\n2. Stock",
        company="Nordwind AG",
        job_title="Buyer",
        notes="tall",
    )
    contact = written((await world.contacts.create([draft]))[0])

    assert contact.contact == draft.contact
    assert contact.ownership.owner_id == world.olga
    assert contact.revision == world.record(contact.id)["revision"]
    assert world.count("POST") == 1
    assert world.count("GET", "Contacts") == 0


async def test_company_of_one_account_is_linked(world: World) -> None:
    """The account is found whatever its case, the job title goes to it, the contact shows the account's name."""
    account = world.people.add_account(world.paul, "Nordwind AG")
    draft = world.draft(company="NORDWIND ag", job_title="Buyer")
    contact = written((await world.contacts.create([draft]))[0])
    assert contact.account_id == account
    assert contact.contact.text("company") == "Nordwind AG"
    assert contact.contact.text("job_title") == "Buyer"
    assert world.record(contact.id)["primary_account_position"] == "Buyer"
    assert await world.shown(contact.id) == contact


@pytest.mark.parametrize("counterparts", [0, 2])
async def test_company_of_no_or_several_accounts_stays_free_text(near: World, counterparts: int) -> None:
    """Nothing is guessed and nothing is created by this rule."""
    for _ in range(counterparts):
        near.people.add_account(near.paul, "Nordwind AG")
    contact = written((await near.contacts.create([near.draft(company="Nordwind AG")]))[0])
    assert contact.account_id == ""
    assert near.record(contact.id)["quick_account_name"] == "Nordwind AG"
    assert len(near.stored("Accounts")) == counterparts


async def test_companies_that_differ_in_case_only_stay_as_they_were_typed(near: World) -> None:
    """They are looked up once, but a free text is nobody else's."""
    outcomes = await near.contacts.create([near.draft(number, company=name) for number, name in enumerate(["X", "x"])])
    assert [written(outcome).contact.text("company") for outcome in outcomes] == ["X", "x"]
    assert near.count("GET", "Accounts") == 1


async def test_missing_account_is_created_once_for_all_its_contacts(near: World) -> None:
    """The rule makes one account of the connection's user, also when lists lag behind writes."""
    near.model.switches.visible_after_s = 30.0
    port = near.port(AccountRule.CREATE)
    first = await port.create([near.draft(number, company=name) for number, name in enumerate(["Nova", "NOVA"])])
    second = await port.create([near.draft(3, company="Nova")])
    accounts = near.stored("Accounts")
    assert [(account["name"], account["owner_id"]) for account in accounts] == [("Nova", near.olga)]
    assert {written(outcome).account_id for outcome in (*first, *second)} == {accounts[0]["id"]}


async def test_account_that_was_renamed_meanwhile_is_not_used_for_its_old_name(near: World) -> None:
    """What was created before is asked for again before it is trusted."""
    port = near.port(AccountRule.CREATE)
    old = written((await port.create([near.draft(company="Nova")]))[0]).account_id
    near.people.rename_account(old, "Supernova")
    new = written((await port.create([near.draft(1, company="Nova")]))[0])
    assert new.account_id != old
    assert new.contact.text("company") == "Nova"


async def test_account_that_was_deleted_meanwhile_is_created_anew(near: World) -> None:
    """A deleted account is nobody's company."""
    port = near.port(AccountRule.CREATE)
    old = written((await port.create([near.draft(company="Nova")]))[0]).account_id
    near.people.delete_account(old)
    assert written((await port.create([near.draft(1, company="Nova")]))[0]).account_id not in {"", old}


async def test_account_that_pipeliner_refuses_leaves_the_name_as_free_text(near: World) -> None:
    """The contact is created all the same."""
    near.people.limit_length("name", 3, "Accounts")
    contact = written((await near.port(AccountRule.CREATE).create([near.draft(company="Nordwind AG")]))[0])
    assert contact.contact.text("company") == "Nordwind AG"
    assert contact.account_id == ""


async def test_defaults_fill_only_what_the_contact_leaves_unset(near: World) -> None:
    """A required field outside the map gets its default, a mapped one keeps the person's value."""
    near.people.add_field("cf_source")
    near.people.require_fields(["cf_source", "city"])
    draft = replace(near.draft(city="Bern"), defaults={"cf_source": "Outlook", "city": "Nowhere"})
    contact = written((await near.contacts.create([draft]))[0])
    assert near.record(contact.id)["cf_source"] == "Outlook"
    assert contact.contact.text("city") == "Bern"


async def test_refused_create_names_the_fields_and_no_value(world: World) -> None:
    """A required field that nobody fills is told by its name."""
    world.people.add_field("cf_source")
    world.people.require_fields(["cf_source"])
    (outcome,) = await world.contacts.create([world.draft(surname="Secret")])
    assert isinstance(outcome, Refused)
    assert outcome.code == "ERROR_ENTITY_VALIDATION"
    assert outcome.fields == ("cf_source",)
    assert "cf_source ERROR_PARAMETER_MISSING" in outcome.message
    assert "Secret" not in outcome.message


async def test_key_is_stored_with_the_create(near: World) -> None:
    """The create can be found again by its link's id."""
    near.people.add_field("cf_sync_key")
    port = near.port(key_field="cf_sync_key")
    contact = written((await port.create([near.draft(4)]))[0])
    found = await port.by_key([LinkId("link-4")])
    assert found == {"link-4": contact}


async def test_more_addresses_than_slots_are_refused_before_anything_is_sent(near: World) -> None:
    """Nothing is cut off in silence."""
    emails = tuple(f"{number}@x.example" for number in range(6))
    (outcome,) = await near.contacts.create([near.draft(emails=emails)])
    assert isinstance(outcome, Refused)
    assert outcome.fields[:2] == ("email1", "email2")
    assert near.count("POST") == 0


async def test_many_drafts_go_in_batches_and_are_read_back_by_pages(world: World) -> None:
    """250 creates cost three writes and a few reads, and every contact comes back whole and in order."""
    world.people.add_account(world.olga, "Nordwind AG")
    companies = ("Nordwind AG", "Free")
    drafts = [world.draft(number, company=companies[number % 2], job_title="Buyer") for number in range(250)]
    world.wire.sent.clear()

    outcomes = await world.contacts.create(drafts)

    shown = [written(outcome) for outcome in outcomes]
    assert [contact.contact for contact in shown] == [draft.contact for draft in drafts]
    assert len({contact.id for contact in shown}) == len(world.stored()) == 250
    assert world.count("POST") == world.count("POST", "batch-modify", "rollback-method=1") == 3
    assert world.count("GET", "/Contacts") <= 250 / 100 + 2


async def test_read_back_survives_lists_that_lag_behind(near: World) -> None:
    """What no list shows yet is read one by one by its own address, with its company."""
    near.people.add_account(near.olga, "Nordwind AG")
    near.model.switches.visible_after_s = 600.0
    near.model.switches.get_takes_parameters = False
    outcomes = await near.contacts.create([near.draft(number, company="Nordwind AG") for number in range(3)])
    assert [written(outcome).contact.text("company") for outcome in outcomes] == ["Nordwind AG"] * 3


async def test_invalid_items_of_a_batch_do_not_hold_up_the_others(world: World) -> None:
    """Each item has its own outcome, in the order of the drafts."""
    world.people.limit_length("city", 5)
    drafts = [world.draft(number, city="Wuppertal" if number in {1, 3} else "Bern") for number in range(5)]
    outcomes = await world.contacts.create(drafts)
    assert [type(outcome) for outcome in outcomes] == [Written, Refused, Written, Refused, Written]
    refused = outcomes[1]
    assert isinstance(refused, Refused)
    assert refused.fields == ("city",)
    assert [written(outcomes[number]).contact for number in (0, 2, 4)] == [
        drafts[number].contact for number in (0, 2, 4)
    ]


async def test_batches_that_are_too_large_for_the_service_go_one_by_one(near: World) -> None:
    """A batch refused as a whole has stored nothing, so its items may be sent alone."""
    near.model.switches.batch_cap = 2
    outcomes = await near.contacts.create([near.draft(number) for number in range(4)])
    assert [type(outcome) for outcome in outcomes] == [Written] * 4
    assert len(near.stored()) == 4


async def test_lost_answer_among_single_creates_concerns_that_contact_alone(near: World) -> None:
    """The others are written, each of them once."""
    near.fault("batch-modify", status=422, body=ERROR_BODY)
    near.fault("POST .*/Contacts$", nth=2, drop=True, after_effect=True)
    near.fault("POST .*/Contacts$", nth=3, status=400, body=ERROR_BODY)
    outcomes = await near.contacts.create([near.draft(number) for number in range(4)])
    assert [type(outcome) for outcome in outcomes] == [Written, OutcomeUnknown, Refused, Written]
    assert len(near.stored()) == 3


async def test_batches_stay_below_a_megabyte(near: World) -> None:
    """Long notes make more and smaller batches."""
    outcomes = await near.contacts.create([near.draft(number, notes="ä" * 30_000) for number in range(40)])
    assert [type(outcome) for outcome in outcomes] == [Written] * 40
    sizes = [len(request.body) for request in near.wire.sent if "batch-modify" in request.path]
    assert len(sizes) == 3
    assert max(sizes) <= 1_000_000


@pytest.mark.parametrize("after_effect", [False, True])
async def test_lost_answer_to_a_create_is_unknown_and_never_sent_again(world: World, after_effect: bool) -> None:
    """Exactly one POST reaches the service, whether it acted or not."""
    world.fault("POST .*/Contacts", drop=True, after_effect=after_effect)
    assert list(await world.contacts.create([world.draft()])) == [OutcomeUnknown()]
    assert world.model.requests["POST Contacts"] == 1
    assert len(world.stored()) == after_effect


async def test_truncated_answer_to_a_create_is_unknown(world: World) -> None:
    """Half an answer is none."""
    world.fault("POST .*/Contacts", cut_at=20)
    assert list(await world.contacts.create([world.draft()])) == [OutcomeUnknown()]
    assert len(world.stored()) == 1


async def test_server_error_to_a_batch_makes_the_whole_chunk_unknown(near: World) -> None:
    """The next chunk is still tried while Pipeliner answers; once it does not, nothing more is sent."""
    near.fault("batch-modify", times=2, status=500, body="<html>oops</html>", after_effect=True)
    near.fault("GET .*/Contacts", nth=2, times=4, status=503)
    outcomes = await near.contacts.create([near.draft(number) for number in range(300)])
    assert outcomes == [OutcomeUnknown()] * 200 + [Unfinished()] * 100
    assert near.model.requests["POST Contacts/batch-modify"] == 2


@pytest.mark.parametrize("data", ["lost", [], ["aa-1"], [7, 7]])
async def test_batch_answer_that_does_not_match_the_request_is_unknown(near: World, data: object) -> None:
    """An id is never given to the wrong contact."""
    body = json.dumps({"success": True, "data": data})
    near.fault("batch-modify", status=200, body=body, after_effect=True)
    assert list(await near.contacts.create([near.draft(0), near.draft(1)])) == [OutcomeUnknown()] * 2
    assert near.count("POST") == 1


async def test_throttled_create_is_repeated_for_nothing_was_done(near: World) -> None:
    """A pause that fits into the waiting is taken, and the contact is created once."""
    near.fault("POST .*/Contacts", status=429, headers={"Retry-After": "3"})
    (outcome,) = await near.contacts.create([near.draft()])
    assert isinstance(outcome, Written)
    assert len(near.stored()) == 1


async def test_longer_pause_leaves_the_drafts_unfinished(near: World) -> None:
    """The caller learns how long to wait, and no later chunk is tried."""
    near.fault("batch-modify", times=None, status=429, headers={"Retry-After": "300"})
    outcomes = await near.contacts.create([near.draft(number) for number in range(150)])
    assert outcomes == [Unfinished(300.0)] * 100 + [Unfinished()] * 50
    assert near.stored() == []


async def test_company_that_cannot_be_looked_up_leaves_its_contact_unfinished(near: World) -> None:
    """Contacts without that company are created all the same."""
    near.fault("GET .*/Accounts", times=None, status=503)
    outcomes = await near.contacts.create([near.draft(0), near.draft(1, company="Nova")])
    assert isinstance(outcomes[0], Written)
    assert outcomes[1] == Unfinished()


async def test_denied_create_is_raised_where_all_is_denied(near: World) -> None:
    """A missing permission concerns the whole connection and names the entity."""
    near.fault("/Contacts", times=None, status=403, body=ERROR_BODY)
    with pytest.raises(AccessDenied, match="Contacts") as caught:
        await near.contacts.create([near.draft()])
    assert "Secret" not in str(caught.value)


async def test_denied_create_is_that_contacts_own_while_others_are_shown(near: World) -> None:
    """It counts as a try of that contact, and says why."""
    near.fault("POST .*/Contacts", times=None, status=403, body=ERROR_BODY)
    [outcome] = await near.contacts.create([near.draft()])
    assert isinstance(outcome, Unfinished)
    assert ("403" in outcome.why, "Secret" in outcome.why) == (True, False)


async def test_error_in_a_later_chunk_loses_no_outcome_of_an_earlier_one(near: World) -> None:
    """What is written is reported; the error comes with the next call."""
    near.fault("batch-modify", nth=2, times=None, status=401, body=ERROR_BODY)
    near.fault("order-by=id", times=None, status=401, body=ERROR_BODY)
    outcomes = await near.contacts.create([near.draft(number) for number in range(150)])
    assert [type(outcome) for outcome in outcomes] == [Written] * 100 + [Unfinished] * 50
    with pytest.raises(CredentialsRejected):
        await near.contacts.create([near.draft(number) for number in range(2)])


async def test_created_contact_that_cannot_be_shown_counts_as_unknown(near: World) -> None:
    """The caller looks it up, instead of creating it again."""
    near.fault("GET .*/Contacts", times=None, status=500)
    outcomes = await near.contacts.create([near.draft(number) for number in range(2)])
    assert list(outcomes) == [OutcomeUnknown()] * 2
    assert len(near.stored()) == 2


async def test_custom_fields_are_created_in_their_own_form(near: World) -> None:
    """Texts and dates of custom fields are ordinary keys of the record."""
    near.people.add_field("cf_birthday", "date")
    port = near.port(custom=[custom_field("cf_birthday", "birthday")])
    contact = written((await port.create([near.draft(cf_birthday="1980-02-29")]))[0])
    assert contact.contact["cf_birthday"] == "1980-02-29"
    sent = json.loads(near.wire.sent[-1].body)
    assert sent["cf_birthday"] == "1980-02-29"
    assert "city" not in sent
