"""Extended properties: written inline, read only when asked for, found by value."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.emulators.graph.graph_client import IMMUTABLE, KEY_ID, GraphCaller, a_caller, error_of

OTHER_ID = "String {00020329-0000-0000-c000-000000000046} Name other"
LOUD_ID = "STRING {00020329-0000-0000-C000-000000000046} NAME pipelinerId"


def stamped(caller: GraphCaller, value: str = "Abc-1") -> str:
    """Immutable id of a new contact with a key."""
    made = caller.create(IMMUTABLE, singleValueExtendedProperties=[{"id": KEY_ID, "value": value}])
    return str(made["id"])


def found(caller: GraphCaller, name: str, value: str) -> list[str]:
    """Ids the filter finds in the default folder."""
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{name}' and ep/value eq '{value}')"
    page = caller.call("GET", "contacts", prefer=IMMUTABLE, filter=condition).json()
    return [entry["id"] for entry in page["value"]]


def test_value_is_shown_only_when_expanded() -> None:
    """GET and list show the asked ids, in normal form, on the contacts that have them."""
    caller = a_caller()
    contact = stamped(caller)
    caller.create()
    expand = f"singleValueExtendedProperties($filter=id eq '{LOUD_ID}' or id eq '{OTHER_ID}')"

    plain = caller.call("GET", f"contacts/{quote(contact)}").json()
    asked = caller.call("GET", f"contacts/{quote(contact)}", expand=expand).json()
    listed = caller.call("GET", "contacts", expand=expand).json()["value"]

    assert "singleValueExtendedProperties" not in plain
    assert asked["singleValueExtendedProperties"] == [{"id": KEY_ID, "value": "Abc-1"}]
    assert [entry.get("singleValueExtendedProperties") for entry in listed] == [
        [{"id": KEY_ID, "value": "Abc-1"}],
        None,
    ]


def test_filter_compares_values_in_any_case_and_names_exactly() -> None:
    """The Name of an id is case-sensitive, the value is not."""
    caller = a_caller()
    contact = stamped(caller)

    assert found(caller, KEY_ID, "aBC-1") == [contact]
    assert found(caller, KEY_ID.replace("pipelinerId", "PIPELINERID"), "Abc-1") == []
    assert found(caller, KEY_ID, "Abc") == []


def test_filter_follows_changes_copies_and_deletes_and_stays_in_its_folder() -> None:
    """What the filter finds is always the present state of that folder."""
    caller = a_caller()
    contact = stamped(caller, "one")
    folder = caller.model.add_folder(caller.user, "Clients")

    copy = caller.model.copy_contact(caller.user, contact)
    away = caller.model.copy_contact(caller.user, contact, folder)
    assert found(caller, KEY_ID, "one") == [contact, copy]
    assert away not in (contact, copy)
    caller.patch(contact, singleValueExtendedProperties=[{"id": KEY_ID, "value": "it's"}])
    caller.model.delete_contact(caller.user, copy)

    assert found(caller, KEY_ID, "one") == []
    assert found(caller, KEY_ID, "it''s") == [contact]


def test_contacts_are_found_by_email_address() -> None:
    """The one documented e-mail filter works; others are refused."""
    caller = a_caller()
    contact = caller.create(emailAddresses=[{"address": "Bea@example.test"}])
    caller.create(emailAddresses=[{"address": "bob@example.test"}])

    page = caller.call("GET", "contacts", filter="emailAddresses/any(a:a/address eq 'bea@example.test')").json()

    assert [entry["id"] for entry in page["value"]] == [contact["id"]]
    assert caller.call("GET", "contacts", filter="emailAddresses/any(a:a/name eq 'b')").status == 400


@pytest.mark.parametrize(
    "entries",
    [{"id": KEY_ID}, [{"value": "x"}], [{"id": "nonsense", "value": "x"}], [{"id": KEY_ID, "value": 5}]],
    ids=str,
)
def test_malformed_extended_property_is_refused(entries: object) -> None:
    """Ids and values have to have their documented form."""
    assert a_caller().call("POST", "contacts", {"singleValueExtendedProperties": entries}).status == 400


@pytest.mark.parametrize(
    "expand", ["photo", "singleValueExtendedProperties", "singleValueExtendedProperties($filter=x)"]
)
def test_other_expansions_are_refused(expand: str) -> None:
    """Only the documented form of `$expand` is understood."""
    assert error_of(a_caller().call("GET", "contacts", expand=expand))[0] == 400


@pytest.mark.parametrize(("shown", "expected"), [(True, 1), (False, 0)])
def test_change_of_nothing_but_an_extended_property_shows_in_delta_by_switch(shown: bool, expected: int) -> None:
    """Whether such a change travels is unknown of the real service, so both are possible."""
    caller = a_caller(extended_property_in_delta=shown)
    contact = stamped(caller)
    _, link = caller.round(caller.delta())

    caller.patch(contact, singleValueExtendedProperties=[{"id": KEY_ID, "value": "two"}])

    assert len(caller.follow(link).json()["value"]) == expected
