from __future__ import annotations

import pytest

from tests.emulators.pipeliner.pipeliner_scenarios import Crm, Record, crm, refused_fields


def _at_account(position: str = "Buyer") -> tuple[Crm, Record, str]:
    """Return a space, a contact at an account, and its relation's id."""
    space = crm()
    account = space.model.people.add_account(space.owner, "Nordwerk")
    contact = space.create(last_name="Ahlers")
    return space, contact, space.model.people.link_account(contact["id"], account, position=position)


def test_a_new_contact_gets_what_the_service_fills_in() -> None:
    """ChangeSet, contact type and full name are set; the answer is the whole record."""
    space = crm()
    contact = space.create(first_name="Ada", middle_name="M.", last_name="Ahlers")

    assert contact["formatted_name"] == "Ada M. Ahlers"
    assert contact["unit_id"] == space.model.space.default_unit_id
    assert contact["contact_type_id"] == space.model.space.default_contact_type_id
    assert contact == space.get(contact["id"])


def test_the_unit_is_the_owners_unless_one_is_sent() -> None:
    """A record falls into its owner's default unit; a change of owner leaves it, unless the switch moves it."""
    space = crm()
    north = space.model.people.add_unit("North")
    other = space.model.people.add_user("otto@sales.example", unit_id=north)

    assert space.create(last_name="Ahlers", owner_id=other)["unit_id"] == north
    contact = space.create(last_name="Brandow")
    assert space.patch(contact["id"], owner_id=other)["unit_id"] == contact["unit_id"]
    space.model.switches.unit_follows_owner = True
    second = space.create(last_name="Corvin")
    assert space.patch(second["id"], owner_id=other)["unit_id"] == north


def test_an_update_changes_only_what_is_sent() -> None:
    """Other fields stay, text is cleared by an empty string, and time and revision move on."""
    space = crm()
    contact = space.create(last_name="Ahlers", city="Kiel", phone1="1")

    changed = space.patch(contact["id"], city="", phone1="2")

    assert (changed["last_name"], changed["city"], changed["phone1"]) == ("Ahlers", "", "2")
    assert changed["modified"] > contact["modified"]
    assert changed["revision"] > contact["revision"]
    assert changed["created"] == contact["created"]


@pytest.mark.parametrize("values", [{"city": "Kiel"}, {"city": "Kiel", "phone5": "", "is_archived": False}, {}])
def test_an_update_with_the_same_values_changes_nothing(values: Record) -> None:
    """Identical values move neither time nor revision, unless the switch says so."""
    space = crm()
    contact = space.create(last_name="Ahlers", city="Kiel")

    assert space.patch(contact["id"], **values) == contact
    space.model.switches.identical_patch_bumps = True
    assert space.patch(contact["id"], **values)["revision"] > contact["revision"]


def test_revisions_count_through_the_whole_space() -> None:
    """Each write of any entity takes the next number."""
    space = crm()
    account = space.create("Accounts", name="Nordwerk")
    contact = space.create(last_name="Ahlers")

    assert contact["revision"] == account["revision"] + 1
    assert space.patch(account["id"], "Accounts", city="Kiel")["revision"] == contact["revision"] + 1


def test_relations_and_sharing_come_along_on_create() -> None:
    """Nested records are made with the new contact's id; a wrong one refuses the whole contact."""
    space = crm()
    account = space.model.people.add_account(space.owner, "Nordwerk")
    contact = space.create(
        last_name="Ahlers",
        account_relations=[{"account_id": account, "is_primary": True}],
        sharing_clients=[{"client_id": space.owner, "role": 1}],
        account_position="Buyer",
    )
    wrong = {"owner_id": space.owner, "last_name": "X", "account_relations": [{"is_primary": True}]}

    relation = space.listed("ContactAccountRelations")["data"][0]
    assert (relation["contact_id"], relation["account_id"], relation["position"]) == (contact["id"], account, "Buyer")
    assert space.listed("ContactSharingClientRelations")["data"][0]["role"] == 1
    assert contact["account_position"] == contact["primary_account_position"] == "Buyer"
    assert contact["position"] == ""
    assert refused_fields(space.send("POST", "Contacts", wrong)) == ["account_relations"]
    assert space.listed(include_deleted="true")["total"] == 1


@pytest.mark.parametrize(("policy", "expected"), [("replace", 1), ("append", 2)])
def test_nested_lists_in_an_update_are_refused_by_default(policy: str, expected: int) -> None:
    """Nobody knows whether they replace or append, so by default neither can be relied upon."""
    space, contact, _ = _at_account()
    other = space.model.people.add_account(space.owner, "Suedwerk")
    body: Record = {"account_relations": [{"account_id": other, "is_primary": True}]}

    in_batch = [{"id": contact["id"], **body}]
    assert refused_fields(space.send("PATCH", f"Contacts/{contact['id']}", body)) == ["account_relations"]
    assert refused_fields(space.send("POST", "Contacts/batch-modify", in_batch)) == ["account_relations"]
    space.model.switches.change({"nested_lists_in_patch": policy})
    assert len(space.patch(contact["id"], **body)["account_relations"]) == expected


def test_the_job_title_is_the_primary_relations() -> None:
    """Written on the contact it lands on the relation; both move on; the quick position is untouched."""
    space, contact, relation = _at_account()
    before = space.get(relation, "ContactAccountRelations")

    changed = space.patch(contact["id"], account_position="Head of Buying")

    after = space.get(relation, "ContactAccountRelations")
    assert (after["position"], changed["account_position"], changed["position"]) == ("Head of Buying",) * 2 + ("",)
    assert after["revision"] > before["revision"]
    assert changed["modified"] > contact["modified"]
    assert space.patch(contact["id"], account_position="Head of Buying") == changed


def test_without_an_account_the_job_title_is_the_quick_position() -> None:
    """Then `account_position` reads and writes `position`."""
    space = crm()
    contact = space.create(last_name="Ahlers", account_position="Buyer")

    assert (contact["position"], contact["account_position"]) == ("Buyer", "Buyer")
    assert contact["primary_account_position"] == ""
    assert space.patch(contact["id"], account_position="Boss")["position"] == "Boss"


def test_an_empty_title_at_the_account_may_fall_back_to_the_quick_one() -> None:
    """Whether the quick position shows through is not documented, so a switch decides."""
    space, contact, _ = _at_account(position="")
    space.patch(contact["id"], position="Freelancer")

    assert space.get(contact["id"])["account_position"] == ""
    space.model.switches.position_falls_back_when_empty = True
    assert space.get(contact["id"])["account_position"] == "Freelancer"


def test_one_account_at_a_time_is_primary() -> None:
    """Making another relation primary demotes the former, whether it is created or changed."""
    space, contact, first = _at_account()
    other = space.model.people.add_account(space.owner, "Suedwerk")
    second = space.create(
        "ContactAccountRelations", contact_id=contact["id"], account_id=other, is_primary=True, position="Seller"
    )

    assert space.get(first, "ContactAccountRelations")["is_primary"] is False
    assert space.get(contact["id"])["account_position"] == "Seller"
    space.patch(first, "ContactAccountRelations", is_primary=True)
    assert space.get(second["id"], "ContactAccountRelations")["is_primary"] is False
    assert space.get(contact["id"])["account_position"] == "Buyer"


@pytest.mark.parametrize("bumps", [False, True])
def test_changes_of_children_move_the_contact_only_by_switch(bumps: bool) -> None:
    """A changed relation or share leaves the contact's time alone by default."""
    space, contact, relation = _at_account()
    before = space.get(contact["id"])
    space.model.switches.child_changes_bump_contact = bumps

    space.patch(relation, "ContactAccountRelations", comment="moved desks")
    space.create("ContactSharingClientRelations", contact_id=contact["id"], client_id=space.owner)

    assert (space.get(contact["id"])["modified"] > before["modified"]) is bumps


def test_deleting_keeps_the_record_and_moves_its_time() -> None:
    """A delete answers the id, keeps the values, and cannot be repeated or written to."""
    space = crm()
    contact = space.create(last_name="Ahlers")
    path = f"Contacts/{contact['id']}"

    assert space.send("DELETE", path).json() == {"success": True, "data": contact["id"]}
    kept = space.get(contact["id"], include_deleted="true")
    assert (kept["is_deleted"], kept["last_name"]) == (True, "Ahlers")
    assert kept["modified"] > contact["modified"]
    assert kept["revision"] > contact["revision"]
    assert space.send("DELETE", path).status == 404
    assert space.send("PATCH", path, {"city": "Kiel"}).status == 404
    assert space.send("DELETE", "Contacts/00000000-0000-0000-0000-000000000000").status == 404


def test_what_deleting_does_besides_is_switchable() -> None:
    """A delete may leave the time alone, be repeatable, and accept writes afterwards."""
    space = crm(delete_bumps_modified=False, second_delete="accept", patch_deleted="accept")
    contact = space.create(last_name="Ahlers")
    space.send("DELETE", f"Contacts/{contact['id']}")

    kept = space.get(contact["id"], include_deleted="true")
    assert (kept["modified"], kept["revision"]) == (contact["modified"], contact["revision"])
    assert space.send("DELETE", f"Contacts/{contact['id']}").status == 200
    assert space.send("PATCH", f"Contacts/{contact['id']}", {"city": "Kiel"}).status == 200


def test_protected_and_unarchived_records_may_refuse_deletion() -> None:
    """Both refusals are a 422 that concerns the record as a whole."""
    space = crm(delete_needs_archive=True)
    contact = space.create(last_name="Ahlers")
    path = f"Contacts/{contact['id']}"

    refusal = space.send("DELETE", path)
    assert (refusal.status, len(refusal.json()["entity_errors"])) == (422, 1)
    space.patch(contact["id"], is_archived=True)
    space.model.people.protect_contact(contact["id"])
    assert space.send("DELETE", path).status == 422
    space.model.people.protect_contact(contact["id"], protected=False)
    assert space.send("DELETE", path).status == 200


@pytest.mark.parametrize(
    ("switches", "sent", "stored"),
    [
        ({"trims_text": True}, {"last_name": " Ahlers "}, {"last_name": "Ahlers"}),
        ({"reformats_phones": True}, {"phone1": "+49 (30) 1234-56"}, {"phone1": "+493 012 345 6"}),
        ({"lowercases_emails": True}, {"email1": "A@B.example"}, {"email1": "a@b.example"}),
        ({"unifies_line_ends": True}, {"comments": "a\r\nb\rc"}, {"comments": "a\nb\nc"}),
        ({"four_byte_text": "strip"}, {"city": "Kiel\U0001f600"}, {"city": "Kiel"}),
        ({"over_length": "truncate"}, {"title": "Professor"}, {"title": "Prof"}),
    ],
)
def test_the_service_may_store_another_value_than_was_sent(switches: Record, sent: Record, stored: Record) -> None:
    """Each rewriting is done by switch only, and sending what was stored changes nothing."""
    plain, rewriting = crm(), crm(**switches)
    rewriting.model.people.limit_length("title", 4)

    contact = rewriting.create(**{"last_name": "Ahlers", **sent})

    assert {name: contact[name] for name in stored} == stored
    assert {name: plain.create(**{"last_name": "X", **sent})[name] for name in sent} == sent
    assert rewriting.patch(contact["id"], **stored) == contact
