from __future__ import annotations

import pytest

from tests.emulators.pipeliner.pipeliner_scenarios import crm


def test_a_batch_creates_and_updates_in_order() -> None:
    """Elements with an id update, those without create; the ids come back in request order and share one time."""
    space = crm()
    contact = space.create(last_name="Ahlers")
    body = [{"owner_id": space.owner, "last_name": "Brandow"}, {"id": contact["id"], "city": "Kiel"}]

    answer = space.send("POST", "Contacts/batch-modify", body)

    created, updated = answer.json()["data"]
    assert answer.status == 200
    assert updated == contact["id"]
    assert space.get(created)["last_name"] == "Brandow"
    assert space.get(updated)["city"] == "Kiel"
    assert space.get(created)["created"] == space.get(updated)["modified"]


def test_by_default_one_failure_takes_all_back() -> None:
    """The answer is one 422 Error that names the first failing position, and nothing was written."""
    space = crm()
    contact = space.create(last_name="Ahlers")
    good = {"owner_id": space.owner, "last_name": "Brandow"}
    body = [good, {"id": contact["id"], "city": "Kiel"}, {"owner_id": space.owner}, {"id": "nowhere"}]

    answer = space.send("POST", "Contacts/batch-modify", body)

    assert (answer.status, answer.json()["entity_index"], answer.json()["http_status"]) == (422, 2, 422)
    assert space.listed()["total"] == 1
    assert space.get(contact["id"]) == contact


def test_the_other_rollback_method_skips_the_failures_only() -> None:
    """Failing elements come back as Errors in their places, without a trace of what they began."""
    space = crm()
    nested = [{"account_id": "00000000-0000-0000-0000-000000000001", "is_primary": True}]
    body = [
        {"owner_id": space.owner, "last_name": "Brandow"},
        {"owner_id": space.owner, "last_name": "Corvin", "account_relations": nested},
        {"id": "00000000-0000-0000-0000-000000000002", "city": "Kiel"},
        {"owner_id": space.owner, "last_name": "Dahlke"},
    ]

    answer = space.send("POST", "Contacts/batch-modify", body, rollback_method="1")

    first, second, third, fourth = answer.json()["data"]
    assert answer.status == 200
    assert (second["http_status"], second["entity_index"]) == (422, 1)
    assert (third["http_status"], third["entity_index"]) == (404, 2)
    assert sorted(space.ids(include_deleted="true")) == sorted([first, fourth])


@pytest.mark.parametrize(("rollback", "status", "left"), [("0", 422, 2), ("1", 200, 1)])
def test_batch_delete_obeys_the_rollback_method(rollback: str, status: int, left: int) -> None:
    """A record that refuses holds back the others only with method 0."""
    space = crm()
    ids = [space.create(last_name="Ahlers")["id"], space.create(last_name="Brandow")["id"]]
    space.model.people.protect_contact(ids[1])

    answer = space.send("POST", "Contacts/batch-delete", ids, rollback_method=rollback)

    assert answer.status == status
    assert len(space.ids()) == left


@pytest.mark.parametrize("body", [{}, "x", [{}] * 101])
def test_batches_of_the_wrong_shape_or_size_are_parameter_errors(body: object) -> None:
    """Anything but a list, or more than the cap, is a 400."""
    assert crm().send("POST", "Contacts/batch-modify", body).status == 400


def test_the_batch_cap_is_a_switch() -> None:
    """The largest batch is not documented."""
    space = crm(batch_cap=1)

    assert space.send("POST", "Contacts/batch-delete", ["a", "b"]).status == 400


def test_merging_fills_gaps_moves_links_and_deletes_the_others() -> None:
    """The master keeps its own values, gets what it lacked, takes over links it did not have."""
    space = crm()
    people = space.model.people
    north, south = people.add_account(space.owner, "Nordwerk"), people.add_account(space.owner, "Suedwerk")
    master = space.create(last_name="Ahlers", email1="a@people.example")["id"]
    other = space.create(last_name="Alers", city="Kiel", email1="b@people.example")["id"]
    people.link_account(master, north)
    people.link_account(other, north)
    people.link_account(other, south)
    people.share(other, space.owner)

    answer = space.send("POST", "Contacts/merge", {"master": {"id": master, "title": "Dr."}, "secondary_ids": [other]})

    merged = answer.json()["data"]
    assert (answer.status, merged["id"], merged["title"]) == (200, master, "Dr.")
    assert (merged["last_name"], merged["email1"], merged["city"]) == ("Ahlers", "a@people.example", "Kiel")
    links = space.listed("ContactAccountRelations", filters={"contact_id": ("eq", master)})["data"]
    assert {(link["account_id"], link["is_primary"]) for link in links} == {(north, True), (south, False)}
    assert len(merged["sharing_clients"]) == 1
    gone = space.get(other, include_deleted="true")
    assert (gone["is_deleted"], gone["city"]) == (True, "Kiel")


def test_accounts_are_merged_with_their_contacts() -> None:
    """Contacts of the account that goes belong to the one that stays."""
    space = crm()
    people = space.model.people
    north, south = people.add_account(space.owner, "Nordwerk"), people.add_account(space.owner, "Suedwerk")
    contact = space.create(last_name="Ahlers")["id"]
    people.link_account(contact, south)

    space.send("POST", "Accounts/merge", {"master": {"id": north}, "secondary_ids": [south]})

    assert space.get(contact, expand="primary_account")["primary_account"]["name"] == "Nordwerk"


@pytest.mark.parametrize(("body", "status"), [({}, 400), ({"master": {"id": "x"}, "secondary_ids": []}, 404)])
def test_a_merge_needs_a_living_master(body: object, status: int) -> None:
    """A malformed merge is a 400, an unknown record a 404."""
    assert crm().send("POST", "Contacts/merge", body).status == status


def test_a_record_cannot_be_merged_into_itself() -> None:
    """The master among the secondaries is refused, and stays."""
    space = crm()
    contact = space.create(last_name="Ahlers")["id"]

    answer = space.send("POST", "Contacts/merge", {"master": {"id": contact}, "secondary_ids": [contact]})

    assert answer.status == 422
    assert space.ids() == [contact]
