from __future__ import annotations

from typing import Any

import pytest

from tests.emulators.pipeliner.pipeliner_scenarios import Crm, crm, refused_fields


def _post(space: Crm, level: int = 0, **values: Any) -> Any:
    return space.send("POST", "Contacts", {"owner_id": space.owner, **values}, validation_level=str(level))


def _patch(space: Crm, contact_id: str, level: int = 0, **values: Any) -> Any:
    return space.send("PATCH", f"Contacts/{contact_id}", values, validation_level=str(level))


def test_a_refusal_has_the_recorded_shape() -> None:
    """A 422 names record, entity and every field with its inner errors, one line of message per problem."""
    space = crm()

    answer = space.send("POST", "Contacts", {"email1": 5})

    body = answer.json()
    assert (answer.status, body["code"], body["name"], body["success"]) == (
        422,
        40000,
        "ERROR_ENTITY_VALIDATION",
        False,
    )
    assert (body["entity_name"], body["entity_index"], body["step_checklist_errors"]) == ("Contact", None, [])
    assert refused_fields(answer) == ["email1", "owner_id", "last_name"]
    assert body["entity_errors"] == []
    assert len(body["message"].splitlines()) == 3
    owner = body["field_errors"][1]
    assert (owner["code"], owner["name"]) == (40002, "ERROR_FIELD_VALIDATION")
    assert owner["errors"][0]["code"] == 119
    assert owner["field_id"] == owner["errors"][0]["field_id"] != ""
    assert body["message"].splitlines()[1] == f"Missing value for Contact({body['entity_id']}).owner_id"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email1": ["a"]}, "email1"),
        ({"is_archived": "yes"}, "is_archived"),
        ({"gender": 9}, "gender"),
        ({"share_mode": True}, "share_mode"),
        ({"created": "soon"}, "created"),
        ({"owner_id": "Rita"}, "owner_id"),
        ({"owner_id": "00000000-0000-0000-0000-000000000001"}, "owner_id"),
        ({"contact_type_id": "00000000-0000-0000-0000-000000000001"}, "contact_type_id"),
        ({"dragon": 1}, "dragon"),
        ({"formatted_name": "A B"}, "formatted_name"),
        ({"is_deleted": True}, "is_deleted"),
        ({"exchange_entity_id": "x"}, "exchange_entity_id"),
        ({"account_relations": {}}, "account_relations"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_field(values: dict[str, Any], field: str) -> None:
    """Wrong types, unknown choices, ids and keys, and read-only keys name the field at fault."""
    assert refused_fields(_post(crm(), **{"last_name": "Ahlers", **values})) == [field]


def test_unknown_and_read_only_keys_may_be_ignored_instead() -> None:
    """By switch they have no effect; level 8 lifts the refusal of read-only keys alone."""
    space = crm()
    assert _post(space, 8, last_name="Ahlers", formatted_name="X").json()["data"]["formatted_name"] == "Ahlers"
    assert _post(space, 8, last_name="Ahlers", dragon=1).status == 422

    space.model.switches.change({"unknown_keys": "ignore", "read_only_keys": "ignore"})
    contact = _post(space, last_name="Ahlers", dragon=1, is_deleted=True).json()["data"]

    assert (contact["is_deleted"], "dragon" in contact) == (False, False)


def test_a_name_part_is_enough() -> None:
    """First or last name will do, neither will not, also when an update clears the last of them."""
    space = crm()
    contact = _post(space, first_name="Ada").json()["data"]

    assert refused_fields(_post(space)) == ["last_name"]
    assert refused_fields(_patch(space, contact["id"], first_name="")) == ["last_name"]
    assert refused_fields(_patch(space, contact["id"], owner_id=None)) == ["owner_id"]


def test_the_form_of_the_contact_type_demands_fields() -> None:
    """Required fields hold for their type; level 2 looks at sent fields only, level 4 at the system's own."""
    space = crm()
    strict = space.model.people.add_contact_type("Key contact")
    easy = _post(space, last_name="Ahlers").json()["data"]["id"]
    old = _post(space, last_name="Brandow", contact_type_id=strict).json()["data"]["id"]
    space.model.people.require_fields(["city", "account_position"], strict)

    assert _patch(space, easy, title="Dr.").status == 200
    assert refused_fields(_patch(space, old, title="Dr.")) == ["city", "account_position"]
    assert _patch(space, old, 2, title="Dr.").status == 200
    assert refused_fields(_patch(space, old, 2, city="")) == ["city"]
    assert _patch(space, old, 4, city="").status == 200
    assert refused_fields(_post(space, last_name="Corvin", contact_type_id=strict)) == ["city", "account_position"]
    filled: dict[str, Any] = {"contact_type_id": strict, "city": "Kiel", "account_position": "Buyer"}
    assert _post(space, last_name="Corvin", **filled).status == 201
    form = space.get(strict, "ContactTypes")["form_edit_api"]
    assert {"api_name": "city", "required": True} in form["fields"]


def test_unique_fields_hold_one_living_record_each() -> None:
    """Case does not make a value another; deleting the holder frees it; its own record may keep it."""
    space = crm()
    space.model.people.make_unique("Contact", "email1")
    first = _post(space, last_name="Ahlers", email1="a@people.example").json()["data"]["id"]

    assert refused_fields(_post(space, last_name="Brandow", email1="A@people.example")) == ["email1"]
    assert _post(space, last_name="Brandow").status == _post(space, last_name="Corvin").status == 201
    assert _patch(space, first, city="Kiel").status == 200
    space.send("DELETE", f"Contacts/{first}")
    assert _post(space, last_name="Brandow", email1="a@people.example").status == 201


def test_deleted_targets_are_refused_unless_level_16_allows_them() -> None:
    """A relation may point to a deleted record only on request; other fields stay writable with level 2."""
    space = crm()
    other = space.model.people.add_user("otto@sales.example")
    contact = _post(space, last_name="Ahlers", owner_id=other).json()["data"]["id"]
    space.model.people.deactivate_user(other)

    assert refused_fields(_post(space, last_name="Brandow", owner_id=other)) == ["owner_id"]
    assert _post(space, 16, last_name="Brandow", owner_id=other).status == 201
    assert refused_fields(_patch(space, contact, city="Kiel")) == ["owner_id"]
    assert _patch(space, contact, 2, city="Kiel").status == 200


@pytest.mark.parametrize(
    ("switches", "values", "field"),
    [
        ({"four_byte_text": "reject"}, {"city": "Kiel\U0001f600"}, "city"),
        ({"email_format_checked": True}, {"email2": "nonsense"}, "email2"),
        ({"null_clears_text": False}, {"city": None}, "city"),
        ({"over_length": "reject"}, {"title": "Professor"}, "title"),
    ],
)
def test_stricter_readings_are_switches(switches: dict[str, Any], values: dict[str, Any], field: str) -> None:
    """What may or may not be refused is refused by switch only."""
    lenient, strict = crm(), crm(**switches)
    strict.model.people.limit_length("title", 4)

    assert _post(lenient, last_name="Ahlers", **values).status == 201
    assert refused_fields(_post(strict, last_name="Ahlers", **values)) == [field]


def test_two_records_are_linked_once() -> None:
    """A second live link between the same two is refused, unless the switch allows it; deleting frees the pair."""
    space = crm()
    account = space.model.people.add_account(space.owner, "Nordwerk")
    contact = space.create(last_name="Ahlers")
    body = {"contact_id": contact["id"], "account_id": account, "is_primary": False}
    first = space.create("ContactAccountRelations", **body)

    assert space.send("POST", "ContactAccountRelations", body).status == 422
    space.model.switches.duplicate_relations = "accept"
    assert space.send("POST", "ContactAccountRelations", body).status == 201
    space.model.switches.duplicate_relations = "reject"
    share = {"contact_id": contact["id"], "client_id": space.owner}
    space.create("ContactSharingClientRelations", **share)
    assert space.send("POST", "ContactSharingClientRelations", share).status == 422
    assert space.send("DELETE", f"ContactAccountRelations/{first['id']}").status == 200


@pytest.mark.parametrize(
    ("plural", "fields"),
    [
        ("Accounts", ["owner_id", "name"]),
        ("ContactAccountRelations", ["account_id", "contact_id", "is_primary"]),
        ("ContactSharingClientRelations", ["contact_id", "client_id"]),
        ("ContactSharingSalesUnitRelations", ["contact_id", "unit_id"]),
        ("SalesUnits", ["name"]),
    ],
)
def test_each_entity_demands_its_own_fields(plural: str, fields: list[str]) -> None:
    """An empty create names everything the description requires."""
    assert sorted(refused_fields(crm().send("POST", plural, {}))) == sorted(fields)
