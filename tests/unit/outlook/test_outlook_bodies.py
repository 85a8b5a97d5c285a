"""From our contact and its changes to the JSON that Graph is sent."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import Contact, Value, custom_field, field_map
from sync_core.outlook.mapping import changed_body, current_properties, display_name, file_as, needs_current, new_body

FIELDS = field_map({}, {}, [custom_field("cf_born", "birthday"), custom_field("cf_home", "homeAddress.city")])
NO_ADDRESS = dict.fromkeys(("street", "city", "state", "postalCode", "countryOrRegion"))


def body(current: dict[str, Any] | None = None, **changes: Value) -> dict[str, Any]:
    """Body of an update of a contact that has `current`."""
    return changed_body(changes, FIELDS, current or {})


def test_a_blank_value_clears_by_null_and_a_list_by_an_empty_one() -> None:
    """Graph keeps what a body leaves out, so blank has to be said."""
    assert body(job_title="", business_phones=()) == {"jobTitle": None, "businessPhones": []}


def test_a_day_is_written_as_a_time() -> None:
    """Graph holds a birthday as a DateTimeOffset."""
    assert body(cf_born="1815-12-10") == {"birthday": "1815-12-10T00:00:00Z"}
    assert body(cf_born="") == {"birthday": None}


def test_several_members_of_one_address_make_one_address_with_its_other_members() -> None:
    """Graph replaces an address as a whole."""
    home = {"street": "Ring 1", "state": "Wien"}
    written = body({"businessAddress": home, "homeAddress": {}}, city="Graz", postal_code="8010", cf_home="Linz")
    assert written["businessAddress"] == NO_ADDRESS | home | {"city": "Graz", "postalCode": "8010"}
    assert written["homeAddress"] == NO_ADDRESS | {"city": "Linz"}


def test_an_email_entry_that_is_no_address_stays_where_it_is() -> None:
    """Graph takes three entries: an address that comes gives way to it, before one that is there."""
    current = {"emailAddresses": [{"name": "broken,"}, {"name": "B", "address": "b@x.test"}]}
    emails = ("a@x.test", "c@x.test", "b@x.test")
    written = [{"name": "broken,"}, {"address": "a@x.test"}, {"address": "b@x.test", "name": "B"}]
    assert body(current, emails=emails)["emailAddresses"] == written
    assert body(current, emails=())["emailAddresses"] == [{"name": "broken,"}]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("job_title", False),
        ("mobile_phone", False),
        ("notes", False),
        ("cf_born", False),
        ("city", True),
        ("cf_home", True),
        ("emails", True),
        ("home_phones", True),
        ("surname", True),
        ("company", True),
    ],
)
def test_only_what_shares_a_property_or_a_name_is_written_on_top_of_the_present(name: str, *, expected: bool) -> None:
    """Plain texts cost no read before the write."""
    assert needs_current({name: ""}, FIELDS) is expected


def test_what_is_written_on_top_of_is_asked_for() -> None:
    """All that a body is composed from is read."""
    wanted = {"businessAddress", "homePhones", "emailAddresses", "middleName", "displayName", "fileAs", "changeKey"}
    assert wanted <= set(current_properties(FIELDS))


@pytest.mark.parametrize(
    ("item", "shown", "filed"),
    [
        ({"givenName": "Anna", "middleName": "M.", "surname": "Berg"}, "Anna M. Berg", "Berg, Anna M."),
        ({"surname": "Berg", "companyName": "Acme"}, "Berg", "Berg"),
        ({"givenName": "Anna"}, "Anna", "Anna"),
        ({"companyName": "Acme", "emailAddresses": [{"address": "a@x.test"}]}, "Acme", "Acme"),
        ({"emailAddresses": [{"name": "x"}, {"address": "a@x.test"}]}, "a@x.test", "a@x.test"),
        ({"givenName": " ", "surname": None}, "", ""),
    ],
)
def test_names_for_show_come_from_the_person_the_company_or_the_address(
    item: dict[str, Any], shown: str, filed: str
) -> None:
    """A contact without a person's name is still found in a list."""
    assert (display_name(item), file_as(item)) == (shown, filed)


def test_a_new_contact_has_names_for_show_and_no_blank_properties() -> None:
    """A create says nothing of what is not known."""
    made = new_body(Contact({"company": "Acme", "emails": ("a@x.test",), "city": ""}), FIELDS)
    assert made == {
        "companyName": "Acme",
        "emailAddresses": [{"address": "a@x.test"}],
        "displayName": "Acme",
        "fileAs": "Acme",
    }


def test_every_change_of_a_name_part_says_the_whole_name() -> None:
    """Left out, Graph would compose the display name by its own rules."""
    current = {"givenName": "Anna", "surname": "Berg", "displayName": "Anna (fair)", "fileAs": "Berg, Anna"}
    assert body(current, given_name="Anne") == {
        "givenName": "Anne",
        "displayName": "Anna (fair)",
        "fileAs": "Berg, Anne",
    }
    assert body({"givenName": "Anna", "displayName": "Anna"}, given_name="")["displayName"] is None


def test_a_company_names_a_contact_that_has_no_name_unless_a_person_chose_one() -> None:
    """What the sync composed follows the company, what a person wrote stays."""
    current = {"companyName": "Acme", "displayName": "Acme", "fileAs": "Plumber"}
    assert body(current, company="Acme Ltd") == {"companyName": "Acme Ltd", "displayName": "Acme Ltd"}
    assert "displayName" not in body(current | {"displayName": "Plumber"}, company="Acme Ltd")
    assert "displayName" not in body(current | {"surname": "Berg"}, company="Acme Ltd")
