from __future__ import annotations

from typing import Any

import pytest

from tests.emulators.pipeliner.pipeliner_scenarios import Crm, crm, refused_fields

TYPES: dict[str, tuple[str, Any, Any]] = {
    "cf_note": ("input", None, "text"),
    "cf_story": ("text_area", None, "two\nlines"),
    "cf_page": ("url", None, "https://people.example"),
    "cf_mail": ("email", None, "a@people.example"),
    "cf_line": ("phone", None, "123"),
    "cf_vip": ("checkbox", False, True),
    "cf_birthday": ("date", None, "1990-05-06"),
    "cf_seen": ("datetime", None, "2026-01-02 03:04:05+00:00"),
    "cf_score": ("float", None, 1.5),
    "cf_count": ("integer", None, 7),
}


def _space() -> Crm:
    space = crm()
    for name, (type_id, _, _) in TYPES.items():
        space.model.people.add_field(name, type_id)
    return space


def test_custom_fields_are_ordinary_keys_that_are_null_when_unset() -> None:
    """Each type reads back what was written; unset it is null, a checkbox false; empty text is unset."""
    space = _space()
    empty = space.create(last_name="Ahlers")
    full = space.create(last_name="Brandow", **{name: value for name, (_, _, value) in TYPES.items()})

    assert {name: empty[name] for name in TYPES} == {name: unset for name, (_, unset, _) in TYPES.items()}
    assert {name: full[name] for name in TYPES} == {name: value for name, (_, _, value) in TYPES.items()}
    assert space.patch(full["id"], cf_note="")["cf_note"] is None


@pytest.mark.parametrize("name", list(TYPES))
def test_custom_values_of_another_type_are_refused(name: str) -> None:
    """A list fits none of the types."""
    space = _space()

    answer = space.send("POST", "Contacts", {"owner_id": space.owner, "last_name": "Ahlers", name: ["x"]})

    assert refused_fields(answer) == [name]


@pytest.mark.parametrize(("name", "value"), [("cf_birthday", "06.05.1990"), ("cf_count", 1.5), ("cf_seen", "soon")])
def test_custom_values_are_checked_against_their_type(name: str, value: Any) -> None:
    """Dates, numbers and times have to be such."""
    space = _space()

    answer = space.send("POST", "Contacts", {"owner_id": space.owner, "last_name": "Ahlers", name: value})

    assert refused_fields(answer) == [name]


def test_a_dropdown_holds_the_id_of_one_of_its_own_options() -> None:
    """Options are listed through the field's data set; another data set's option leads nowhere."""
    space = crm()
    space.model.people.add_field("cf_kind_id", "dropdown", options=["Hot", "Cold"])
    space.model.people.add_field("cf_else_id", "dropdown", options=["Other"])
    fields = space.listed(
        "Fields",
        filters={"api_name": ("starts", "cf_")},
        expand="data_set",
        load_only="api_name,data_set.option_name,data_set.id",
        order_by="-api_name",
    )["data"]
    kind, other = ([option["id"] for option in field["data_set"]] for field in fields)

    contact = space.create(last_name="Ahlers", cf_kind_id=kind[1])

    assert [option["option_name"] for option in fields[0]["data_set"]] == ["Hot", "Cold"]
    assert (contact["cf_kind_id"], contact["cf_else_id"]) == (kind[1], None)
    answer = space.send("PATCH", f"Contacts/{contact['id']}", {"cf_kind_id": other[0]})
    assert refused_fields(answer) == ["cf_kind_id"]


def test_fields_describe_the_contacts_own_and_custom_fields() -> None:
    """The Fields records name api_name, type, uniqueness and what the system requires."""
    space = crm()
    space.model.people.add_field("cf_key", "input", is_unique=True)

    fields = {
        field["api_name"]: field
        for field in space.listed("Fields", {"entity_name": ("eq", "Contact")}, first="100")["data"]
    }

    assert (fields["cf_key"]["type_id"], fields["cf_key"]["is_unique"]) == ("input", True)
    assert (fields["owner_id"]["system_required"], fields["city"]["system_required"]) == (True, False)
    assert (fields["email1"]["type_id"], fields["phone1"]["type_id"]) == ("email", "phone")
    assert fields["formatted_name"]["system_readonly"] is True


def test_a_unique_custom_field_refuses_a_second_holder() -> None:
    """So a space can hold the other system's id; the field can be filtered by."""
    space = crm()
    space.model.people.add_field("cf_key", "input", is_unique=True)
    contact = space.create(last_name="Ahlers", cf_key="k1")

    answer = space.send("POST", "Contacts", {"owner_id": space.owner, "last_name": "B", "cf_key": "k1"})

    assert refused_fields(answer) == ["cf_key"]
    assert space.ids(filters={"cf_key": ("eq", "k1")}) == [contact["id"]]


def test_required_and_read_only_custom_fields_are_enforced() -> None:
    """A system-required one must be sent, one that is filled by the server must not."""
    space = crm()
    space.model.people.add_field("cf_must", "input", system_required=True)
    space.model.people.add_field("cf_sum", "float", system_readonly=True)

    answer = space.send("POST", "Contacts", {"owner_id": space.owner, "last_name": "Ahlers", "cf_sum": 1.0})

    assert sorted(refused_fields(answer)) == ["cf_must", "cf_sum"]


def test_a_field_made_through_the_api_works_and_goes_when_deleted() -> None:
    """The api_name is generated from the label."""
    space = crm()
    body = {"entity_name": "Contact", "name": "Shoe size", "type_id": "integer", "name_translations": ""}
    field = space.create("Fields", **body)

    assert field["api_name"] == "cf_shoe_size"
    contact = space.create(last_name="Ahlers", cf_shoe_size=44)
    assert contact["cf_shoe_size"] == 44
    space.send("DELETE", f"Fields/{field['id']}")
    assert "cf_shoe_size" not in space.get(contact["id"])
