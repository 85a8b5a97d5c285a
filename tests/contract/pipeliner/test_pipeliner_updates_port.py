"""Changing and deleting contacts through the port."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync_core.domain import AccountRule, PipelinerId, custom_field
from sync_core.engine.ports import Deleted, OutcomeUnknown, PipelinerEdit, Refused, Stale, Unfinished, Written
from sync_core.errors import SpaceGone
from tests.contract.pipeliner.pipeliner_scenarios import ERROR_BODY, World, written


def _sent(world: World, method: str = "PATCH") -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in world.wire.sent if request.method == method]


async def test_only_changed_fields_are_sent_and_validated(world: World) -> None:
    """A field that became required meanwhile does not block the change of another."""
    contact = world.people.create_contact(world.olga, first_name="Ada", last_name="Ahlers", city="Bern")
    world.people.require_fields(["zip_code"])
    outcome = await world.edited(contact, city="Basel", given_name="")
    shown = written(outcome)
    assert (shown.contact.text("city"), shown.contact.text("given_name")) == ("Basel", "")
    assert shown == await world.shown(contact)
    assert _sent(world) == [{"first_name": "", "city": "Basel"}]
    assert world.count("PATCH", "validation-level=2") == 1


async def test_touched_list_is_written_into_all_its_slots_in_order(near: World) -> None:
    """Gaps close, the order of the list is the order of the slots, and what is left over is emptied."""
    contact = near.people.create_contact(near.olga, last_name="A", email1="a@x.example", email4="d@x.example")
    shown = written(await near.edited(contact, emails=("d@x.example", "n@x.example")))
    record = near.record(contact)
    assert [record[f"email{slot}"] for slot in range(1, 6)] == ["d@x.example", "n@x.example", "", "", ""]
    assert shown.contact["emails"] == ("d@x.example", "n@x.example")


async def test_phones_keep_to_the_slots_of_their_field(near: World) -> None:
    """Writing business phones leaves mobile and home phones alone."""
    contact = near.people.create_contact(near.olga, last_name="A", phone1="+1", phone2="+2", phone3="+3", phone5="+5")
    await near.edited(contact, business_phones=("+10", "+11"))
    record = near.record(contact)
    assert [record[f"phone{slot}"] for slot in range(1, 6)] == ["+10", "+2", "+3", "+11", "+5"]


async def test_custom_date_is_cleared_with_null(near: World) -> None:
    """An empty text is no date."""
    near.people.add_field("cf_birthday", "date")
    near.people.add_field("cf_nickname")
    port = near.port(custom=[custom_field("cf_birthday", "birthday"), custom_field("cf_nickname", "nickName")])
    contact = near.people.create_contact(near.olga, last_name="A", cf_birthday="1980-02-29", cf_nickname="Addi")
    shown = written(await near.edited(contact, port, cf_birthday="", cf_nickname=""))
    assert (shown.contact["cf_birthday"], shown.contact["cf_nickname"]) == ("", "")
    assert _sent(near) == [{"cf_birthday": None, "cf_nickname": ""}]


async def test_job_title_is_written_where_it_is_read(near: World) -> None:
    """At a linked account it goes there, and clearing it does not let the free one shine through."""
    account = near.people.add_account(near.olga, "Nordwind AG")
    linked = near.people.create_contact(near.olga, last_name="A", position="Clerk")
    near.people.link_account(linked, account, position="Director")
    free = near.people.create_contact(near.olga, last_name="B", position="Clerk")

    moved = written(await near.edited(linked, job_title="Chair"))
    assert near.record(linked)["position"] == "Clerk"
    cleared = written(await near.edited(linked, job_title=""))
    alone = written(await near.edited(free, job_title="Chair"))

    assert moved.contact.text("job_title") == "Chair"
    assert moved.contact.text("company") == "Nordwind AG"
    assert cleared.contact.text("job_title") == ""
    assert alone.contact.text("job_title") == near.record(free)["position"] == "Chair"


def _relations(world: World, contact_id: str) -> dict[str, bool]:
    return {
        relation["account_id"]: relation["is_primary"]
        for relation in world.stored("ContactAccountRelations")
        if relation["contact_id"] == contact_id
    }


async def test_new_company_becomes_primary_and_the_former_one_is_kept_beside_it(world: World) -> None:
    """The relation that a person made is demoted, never deleted; the job title comes along."""
    old, new = (world.people.add_account(world.olga, name) for name in ("Old GmbH", "New GmbH"))
    contact = world.people.create_contact(world.olga, last_name="A", city="Bern")
    world.people.link_account(contact, old, position="Director")

    shown = written(await world.edited(contact, company="New GmbH", city="Basel"))

    assert shown.account_id == new
    assert shown.contact.text("company") == "New GmbH"
    assert shown.contact.text("job_title") == "Director"
    assert shown.contact.text("city") == "Basel"
    assert _relations(world, contact) == {old: False, new: True}


async def test_former_company_is_promoted_again_instead_of_linked_twice(near: World) -> None:
    """Going back to a demoted account reuses its relation."""
    old, new = (near.people.add_account(near.olga, name) for name in ("Old GmbH", "New GmbH"))
    contact = near.people.create_contact(near.olga, last_name="A")
    near.people.link_account(contact, old, primary=False)
    near.people.link_account(contact, new)
    shown = written(await near.edited(contact, company="old gmbh", job_title="Chair"))
    assert (shown.account_id, shown.contact.text("job_title")) == (old, "Chair")
    assert _relations(near, contact) == {old: True, new: False}


async def test_company_without_account_is_kept_as_free_text(near: World) -> None:
    """The account is left, the name stands beside the contact, and the job title with it."""
    account = near.people.add_account(near.olga, "Old GmbH")
    contact = near.people.create_contact(near.olga, last_name="A", quick_account_name="Older")
    near.people.link_account(contact, account, position="Director")
    shown = written(await near.edited(contact, company="Unknown Ltd"))
    assert (shown.account_id, shown.contact.text("company")) == ("", "Unknown Ltd")
    assert shown.contact.text("job_title") == "Director"
    assert _relations(near, contact) == {account: False}


async def test_missing_account_is_created_by_the_rule_on_update(near: World) -> None:
    """The new account belongs to the connection's user and is linked."""
    contact = near.people.create_contact(near.paul, last_name="A", quick_account_name="Old")
    shown = written(await near.edited(contact, near.port(AccountRule.CREATE), company="Nova"))
    (account,) = near.stored("Accounts")
    assert (account["name"], account["owner_id"]) == ("Nova", near.olga)
    assert shown.account_id == account["id"]


async def test_cleared_company_leaves_neither_account_nor_free_text(near: World) -> None:
    """Nothing hidden comes to light when the account is left."""
    account = near.people.add_account(near.olga, "Old GmbH")
    contact = near.people.create_contact(near.olga, last_name="A", quick_account_name="Hidden")
    near.people.link_account(contact, account)
    shown = written(await near.edited(contact, company=""))
    assert (shown.account_id, shown.contact.text("company")) == ("", "")
    assert near.record(contact)["quick_account_name"] == ""


async def test_other_case_of_a_linked_company_changes_nothing(near: World) -> None:
    """The account keeps its name and the contact its account."""
    account = near.people.add_account(near.olga, "Old GmbH")
    contact = near.people.create_contact(near.olga, last_name="A")
    near.people.link_account(contact, account)
    shown = written(await near.edited(contact, company="OLD GMBH"))
    assert (shown.account_id, shown.contact.text("company")) == (account, "Old GmbH")
    assert near.count("PATCH") == near.count("POST") == 0


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_change_of_company_converges_after_a_break_at_any_request(near: World, nth: int) -> None:
    """Whatever was reached, the same edit planned anew ends in the same state."""
    old, new = (near.people.add_account(near.olga, name) for name in ("Old GmbH", "New GmbH"))
    contact = near.people.create_contact(near.olga, last_name="A")
    near.people.link_account(contact, old, position="Director")
    near.fault("(PATCH|POST) ", nth=nth, times=4, drop=True)

    outcome = await near.edited(contact, company="New GmbH", city="Bern")
    assert (await near.shown(contact)).contact.text("company") in {"Old GmbH", "New GmbH"}
    near.model.faults.clear()
    again = await near.edited(contact, company="New GmbH", city="Bern")

    assert isinstance(outcome, OutcomeUnknown | Written)
    assert written(again).contact.text("company") == "New GmbH"
    assert _relations(near, contact) == {old: False, new: True}


async def test_editors_are_still_known_after_an_update(near: World) -> None:
    """The answer to a write does not expand them, what was read right before does."""
    contact = near.people.create_contact(near.olga, last_name="A")
    near.people.share(contact, near.paul, 2)
    shown = written(await near.edited(contact, city="Bern"))
    assert shown.ownership.editor_ids == {near.paul}
    before = await near.shown(contact)
    near.people.unshare(contact, near.paul)
    later = written((await near.contacts.update([PipelinerEdit(before, {"city": "Basel"})]))[0])
    assert later.ownership.editor_ids == frozenset()
    assert later.contact.text("city") == "Basel"


async def test_editor_that_came_meanwhile_is_seen_where_reading_one_record_expands_nothing(near: World) -> None:
    """What stays unknown after the write is read from a list."""
    near.people.add_account(near.olga, "New GmbH")
    contact = near.people.create_contact(near.olga, last_name="A")
    near.model.switches.get_takes_parameters = False
    before = await near.shown(contact)
    near.people.share(contact, near.paul, 2)
    shown = written((await near.contacts.update([PipelinerEdit(before, {"company": "New GmbH"})]))[0])
    assert shown.ownership.editor_ids == {near.paul}
    assert shown.contact.text("company") == "New GmbH"


@pytest.mark.parametrize("accepts_deleted", [False, True])
async def test_deleted_contact_is_stale_on_update(world: World, accepts_deleted: bool) -> None:
    """Whether the service answers 404 or shows the deleted record."""
    if accepts_deleted:
        world.model.switches.patch_deleted = "accept"
    contact = world.people.create_contact(world.olga, last_name="A")
    before = await world.shown(contact)
    world.people.delete_contact(contact)
    outcomes = await world.contacts.update([PipelinerEdit(before, {"city": "Bern"})])
    assert list(outcomes) == [Stale()]


async def test_refused_update_names_the_field_and_holds_up_no_other(near: World) -> None:
    """Outcomes come in the order of the edits."""
    near.people.limit_length("city", 5)
    contacts = [near.people.create_contact(near.olga, last_name=str(number)) for number in range(5)]
    before = [await near.shown(contact) for contact in contacts]
    edits = [PipelinerEdit(one, {"city": "Wuppertal" if at == 2 else "Bern"}) for at, one in enumerate(before)]
    outcomes = await near.contacts.update(edits)
    assert [type(outcome) for outcome in outcomes] == [Written, Written, Refused, Written, Written]
    refused = outcomes[2]
    assert isinstance(refused, Refused)
    assert refused.fields == ("city",)
    assert "Wuppertal" not in refused.message
    assert [written(outcomes[at]).id for at in (0, 1, 3, 4)] == [contacts[at] for at in (0, 1, 3, 4)]


async def test_refused_link_of_a_company_is_told(near: World) -> None:
    """The account went away between look-up and link."""
    account = near.people.add_account(near.olga, "New GmbH")
    contact = near.people.create_contact(near.olga, last_name="A")
    before = await near.shown(contact)
    near.people.delete_account(account)
    near.fault("GET .*/Accounts", status=200, body=json.dumps(_page([{"id": account, "name": "New GmbH"}])))
    (outcome,) = await near.contacts.update([PipelinerEdit(before, {"company": "New GmbH"})])
    assert isinstance(outcome, Refused)
    assert outcome.fields == ("account_id",)


def _page(records: list[dict[str, str]]) -> dict[str, Any]:
    return {"success": True, "data": records, "page_info": {"has_next_page": False}}


async def test_update_survives_a_passing_failure(world: World) -> None:
    """A PATCH may be repeated: it ends in the same state."""
    contact = world.people.create_contact(world.olga, last_name="A")
    world.fault("PATCH", drop=True, after_effect=True)
    world.fault("PATCH", nth=2, status=502, body="<html>bad gateway</html>")
    assert written(await world.edited(contact, city="Bern")).contact.text("city") == "Bern"
    assert world.count("PATCH") == 3


async def test_lasting_failure_leaves_the_rest_unfinished(near: World) -> None:
    """Once Pipeliner answers nothing at all, nothing more is sent."""
    contacts = [near.people.create_contact(near.olga, last_name=str(number)) for number in range(8)]
    edits = [PipelinerEdit(await near.shown(contact), {"city": "Bern"}) for contact in contacts]
    near.fault("", times=None, status=500)
    outcomes = await near.contacts.update(edits)
    assert OutcomeUnknown() in outcomes
    assert outcomes[-1] == Unfinished()
    assert near.count("PATCH") <= 4 * 4


async def test_deleting_is_soft_and_deleting_again_is_done_already(world: World) -> None:
    """An unknown id counts as gone, too."""
    contact = PipelinerId(world.people.create_contact(world.olga, last_name="A"))
    unknown = PipelinerId("00000000-0000-0000-0000-00000000ffff")
    assert list(await world.contacts.delete([contact, unknown])) == [Deleted(), Deleted()]
    assert list(await world.contacts.delete([contact])) == [Deleted()]
    assert (await world.shown(contact)).is_deleted


async def test_protected_contact_refuses_to_be_deleted(near: World) -> None:
    """Nothing is lost and the other deletes go on."""
    kept, gone = (PipelinerId(near.people.create_contact(near.olga, last_name=name)) for name in ("A", "B"))
    near.people.protect_contact(kept)
    outcomes = await near.contacts.delete([kept, gone])
    assert isinstance(outcomes[0], Refused)
    assert outcomes[1] == Deleted()


async def test_space_that_wants_contacts_archived_first_refuses(near: World) -> None:
    """The contact is still there afterwards."""
    near.model.switches.delete_needs_archive = True
    contact = PipelinerId(near.people.create_contact(near.olga, last_name="A"))
    (outcome,) = await near.contacts.delete([contact])
    assert isinstance(outcome, Refused)
    assert not (await near.shown(contact)).is_deleted


async def test_denied_delete_is_refused_for_that_contact(near: World) -> None:
    """Deleting may need a right that writing does not."""
    contact = PipelinerId(near.people.create_contact(near.olga, last_name="A"))
    near.fault("DELETE", status=403, body=ERROR_BODY)
    (outcome,) = await near.contacts.delete([contact])
    assert isinstance(outcome, Refused)
    assert outcome.code == "access_denied"


async def test_delete_whose_answer_was_lost_is_done_in_the_end(near: World) -> None:
    """The repeat finds it gone."""
    contact = PipelinerId(near.people.create_contact(near.olga, last_name="A"))
    near.fault("DELETE", drop=True, after_effect=True)
    assert list(await near.contacts.delete([contact])) == [Deleted()]


async def test_404_of_another_shape_is_no_deleted_contact(near: World) -> None:
    """A space that is gone must not look like contacts that are."""
    contact = PipelinerId(near.people.create_contact(near.olga, last_name="A"))
    body = json.dumps({"status": 404, "message": "not found", "errorcode": None, "traceback": None})
    near.fault("DELETE", status=404, body=body)
    [outcome] = await near.contacts.delete([contact])
    assert isinstance(outcome, Unfinished)
    assert "404" in outcome.why
    near.fault("", times=None, status=404, body=body)
    with pytest.raises(SpaceGone):
        await near.contacts.delete([contact])
