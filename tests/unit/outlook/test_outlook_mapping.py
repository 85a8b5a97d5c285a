"""From Graph's JSON to our contact."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sync_core.domain import Contact, Direction, FieldMap, custom_field, field_map
from sync_core.outlook.mapping import PROPERTY, read_contact, read_id, selected_properties

CUSTOM = field_map({}, {}, [custom_field("cf_born", "birthday"), custom_field("cf_home", "homeAddress.city")])


def read(fields: FieldMap = CUSTOM, **properties: Any) -> Contact:
    """Read a contact of these properties."""
    return read_contact({"id": "c-1", **properties}, fields, "us_Acme").contact


@pytest.mark.parametrize("blank", [{}, {"givenName": None}, {"givenName": ""}])
def test_null_blank_and_missing_are_alike(blank: dict[str, Any]) -> None:
    """API-made contacts have null where those made by hand have ""."""
    assert read(**blank) == Contact()


def test_texts_lists_and_members_are_read_by_their_row() -> None:
    """Each shape of a row finds its value, addresses their member."""
    contact = read(
        givenName="Anna",
        businessPhones=["1", "2"],
        businessAddress={"city": "Graz"},
        homeAddress={"city": "Linz"},
        personalNotes="a\nb",
    )
    assert dict(contact.values) == {
        "given_name": "Anna",
        "business_phones": ("1", "2"),
        "city": "Graz",
        "cf_home": "Linz",
        "notes": "a\nb",
    }


def test_a_birthday_is_its_day() -> None:
    """Graph moves the time to 11:59."""
    assert read(birthday="1815-12-10T11:59:00Z")["cf_born"] == "1815-12-10"


def test_lists_are_read_as_far_as_the_row_holds_entries() -> None:
    """A third home phone is not ours to sync."""
    assert read(homePhones=["1", "2", "3"])["home_phones"] == ("1", "2")


def test_an_email_that_graph_could_not_parse_is_no_address() -> None:
    """Such an entry reads back with a name only."""
    emails = [{"name": "A@msn.com,"}, {"name": "Anna", "address": "a@x.test"}, {"address": ""}]
    assert read(emailAddresses=emails)["emails"] == ("a@x.test",)


@pytest.mark.parametrize("odd", [5, {"a": 1}, ["x"], "text", True])
def test_a_value_of_an_unexpected_shape_is_blank_rather_than_an_error(odd: Any) -> None:
    """One odd contact must not stop a folder."""
    names = ("givenName", "businessAddress", "emailAddresses", "birthday")
    contact = read(**{name: odd for name in names if not (name in {"givenName", "birthday"} and odd == "text")})
    assert contact == Contact()


def test_fields_that_do_not_travel_are_not_read() -> None:
    """Direction none keeps a field out of the contact and of the request."""
    silent = field_map({"notes": Direction.NONE}, {}, ())
    assert read(silent, personalNotes="private") == Contact()
    assert "personalNotes" not in selected_properties(silent)


def test_the_request_names_each_property_once_with_those_for_echoes_and_moves() -> None:
    """Members share their address; version, time and place are always asked for."""
    selected = selected_properties(CUSTOM)
    assert len(selected) == len(set(selected))
    assert {"businessAddress", "homeAddress", "changeKey", "parentFolderId", "lastModifiedDateTime"} <= set(selected)
    assert "categories" not in selected


def test_version_place_and_time_are_read() -> None:
    """The change key is in the ETag as well, should it be missing."""
    told = read_contact(
        {
            "id": "c-1",
            "@odata.etag": 'W/"EQ=="',
            "parentFolderId": "f-1",
            "lastModifiedDateTime": "2026-01-05T08:00:00.1234567Z",
        },
        CUSTOM,
        "us_Acme",
    )
    assert (told.change_key, told.folder_id, told.stored_id) == ("EQ==", "f-1", None)
    assert told.modified == datetime(2026, 1, 5, 8, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("us_Acme/PY-1", "PY-1"),
        ("us_Acme/a/b1", None),
        ("us_Acme/..", None),
        ("us_Acme/batch-modify", None),
        ("us_Acme/" + "1" * 600, None),
        ("us_Other/PY-1", None),
        ("PY-1", None),
        ("us_Acme/", None),
    ],
)
def test_a_stored_id_counts_for_its_own_space_only(value: str, expected: str | None) -> None:
    """The space is part of the value."""
    item = {"singleValueExtendedProperties": [{"id": PROPERTY.upper(), "value": value}]}
    assert read_id(item, "us_Acme") == expected


def test_another_extended_property_is_no_stored_id() -> None:
    """Other programs' properties are none of ours."""
    item = {"singleValueExtendedProperties": [{"id": "String 0x3a00", "value": "us_Acme/PY-1"}]}
    assert read_id(item, "us_Acme") is None
