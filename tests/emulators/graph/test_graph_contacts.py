"""Contacts: what an entity looks like, and what a write makes of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.emulators.graph.graph_client import IMMUTABLE, a_caller, error_of, message_of


def test_created_contact_has_every_property_in_the_services_conventions() -> None:
    """A create answers 201 with nulls, empty lists and empty objects for what is unset."""
    caller = a_caller()

    answer = caller.call("POST", "contacts", {"givenName": "Bea", "surname": "Best"})

    shown = answer.json()
    assert answer.status == 201
    assert (shown["displayName"], shown["jobTitle"], shown["fileAs"]) == ("Bea Best", None, "")
    assert (shown["businessPhones"], shown["homeAddress"], shown["birthday"]) == ([], {}, None)
    assert shown["@odata.etag"] == f'W/"{shown["changeKey"]}"'
    assert shown["@odata.context"].endswith("/$metadata#users('ann.archer%40example.test')/contacts/$entity")
    assert shown["parentFolderId"] == caller.model.default_folder(caller.user)
    assert "primaryEmailAddress" not in shown
    assert "singleValueExtendedProperties" not in shown


def test_contact_made_by_hand_has_empty_texts_instead_of_nulls() -> None:
    """Outlook leaves "" where the API leaves null."""
    caller = a_caller()

    by_hand = caller.model.create_contact(caller.user, {"surname": "Best"})
    by_api = caller.model.create_contact(caller.user, {"surname": "Best"}, by_hand=False)

    assert caller.model.contact(caller.user, by_hand)["jobTitle"] == ""
    assert caller.model.contact(caller.user, by_api)["jobTitle"] is None


def test_empty_contact_is_possible() -> None:
    """A contact without any value can be created."""
    assert a_caller().create()["displayName"] is None


def test_emails_are_mirrored_in_their_slots_and_the_reverse() -> None:
    """The three e-mail slots show the list, and writing a slot changes the list."""
    caller = a_caller()

    made = caller.create(emailAddresses=[{"address": "a@example.test"}, {"name": "B", "address": "b@example.test"}])
    changed = caller.patch(made["id"], secondaryEmailAddress=None, primaryEmailAddress={"address": "c@example.test"})

    assert made["primaryEmailAddress"] == {"name": "a@example.test", "address": "a@example.test"}
    assert made["secondaryEmailAddress"] == made["emailAddresses"][1]
    assert [email["address"] for email in changed.json()["emailAddresses"]] == ["c@example.test"]
    assert "secondaryEmailAddress" not in changed.json()


def test_unparsable_email_reads_back_with_its_name_only() -> None:
    """Exchange drops an address it cannot parse."""
    made = a_caller().create(emailAddresses=[{"name": "A", "address": "a@example.test,"}])

    assert made["emailAddresses"] == [{"name": "A"}]


@pytest.mark.parametrize(
    "written",
    ["1815-12-10T00:00:00Z", "1815-12-10", "1815-12-10T00:00:00+00:00", "1815-12-10T23:30:00.0000000Z"],
)
def test_birthday_reads_back_at_11_59(written: str) -> None:
    """Only the day of a birthday survives."""
    assert a_caller().create(birthday=written)["birthday"] == "1815-12-10T11:59:00Z"


def test_every_write_renews_change_key_and_time() -> None:
    """A PATCH answers 200 with a new version, also when nothing differs."""
    caller = a_caller()
    made = caller.create(jobTitle="Smith")
    caller.model.clock.advance(60)

    changed = caller.patch(made["id"], jobTitle="Smith")

    assert changed.status == 200
    assert changed.json()["id"] == made["id"]
    assert changed.json()["changeKey"] != made["changeKey"]
    assert changed.json()["lastModifiedDateTime"] > made["lastModifiedDateTime"]
    assert changed.json()["createdDateTime"] == made["createdDateTime"]


def test_display_name_is_made_anew_unless_the_write_sets_it() -> None:
    """A changed name overwrites displayName; other properties leave it alone."""
    caller = a_caller()
    made = caller.create(givenName="Bea", surname="Best", displayName="Best, Bea (home)")

    after_job = caller.patch(made["id"], jobTitle="Smith").json()
    after_same_name = caller.patch(made["id"], surname="Best").json()
    after_name = caller.patch(made["id"], surname="Beston").json()
    after_both = caller.patch(made["id"], surname="Bester", displayName="B").json()

    assert after_job["displayName"] == after_same_name["displayName"] == "Best, Bea (home)"
    assert after_name["displayName"] == "Bea Beston"
    assert after_both["displayName"] == "B"


def test_patch_clears_with_null_replaces_addresses_and_keeps_the_rest() -> None:
    """Null clears a text, an empty list a collection, and an address is replaced as a whole."""
    caller = a_caller()
    made = caller.create(
        jobTitle="Smith",
        mobilePhone="1",
        businessPhones=["2"],
        homeAddress={"street": "Long 1", "city": "Ulm"},
        otherAddress={"city": "Bonn"},
    )

    changed = caller.patch(
        made["id"], jobTitle=None, businessPhones=[], homeAddress={"city": "Kiel", "state": None}, otherAddress=None
    ).json()

    assert (changed["jobTitle"], changed["businessPhones"], changed["mobilePhone"]) == (None, [], "1")
    assert (changed["homeAddress"], changed["otherAddress"]) == ({"city": "Kiel"}, {})


def test_read_only_and_annotated_members_of_a_body_are_ignored() -> None:
    """Sending back what was read neither fails nor moves the contact."""
    caller = a_caller()
    made = caller.create(surname="Best")
    elsewhere = caller.model.add_folder(caller.user, "Clients")

    changed = caller.patch(made["id"], **{**made, "parentFolderId": elsewhere, "changeKey": "x"})

    assert changed.status == 200
    assert changed.json()["parentFolderId"] == made["parentFolderId"]


def test_unknown_property_is_refused_or_ignored_by_switch() -> None:
    """A snake_case name clears nothing: it is a visible 400 by default."""
    strict, lenient = a_caller(), a_caller(strict_properties=False)
    ids = [caller.create(mobilePhone="1")["id"] for caller in (strict, lenient)]

    refused = strict.patch(ids[0], mobile_phone=None)
    ignored = lenient.patch(ids[1], mobile_phone=None)

    assert error_of(refused) == (400, "RequestBodyRead")
    assert ignored.json()["mobilePhone"] == "1"


@pytest.mark.parametrize(
    ("name", "entry", "limit"),
    [
        ("emailAddresses", {"address": "a@example.test"}, 3),
        ("businessPhones", "1", 2),
        ("homePhones", "1", 2),
        ("imAddresses", "sip:a", 3),
    ],
)
def test_collections_have_their_limit(name: str, entry: Any, limit: int) -> None:
    """One entry more than the limit is refused in the service's words."""
    caller = a_caller()

    fits = caller.call("POST", "contacts", {name: [entry] * limit})
    refused = caller.call("POST", "contacts", {name: [entry] * (limit + 1)})

    shown = name[0].upper() + name[1:]
    assert (fits.status, refused.status) == (201, 400)
    assert message_of(refused) == (
        f"The multi value property {shown} has {limit + 1} entries, that exceeds the max allowed value of {limit}"
    )


@pytest.mark.parametrize(
    "body",
    [
        {"jobTitle": 5},
        {"businessPhones": "1"},
        {"businessPhones": [None]},
        {"businessPhones": None},
        {"emailAddresses": ["a@example.test"]},
        {"emailAddresses": [{"mail": "a@example.test"}]},
        {"homeAddress": "Ulm"},
        {"homeAddress": {"planet": "Earth"}},
        {"birthday": "soon"},
        {"birthday": 5},
        ["not an object"],
    ],
    ids=str,
)
def test_value_of_a_wrong_type_is_refused(body: Any) -> None:
    """A body that does not fit the type is a 400 and creates nothing."""
    caller = a_caller()

    answer = caller.call("POST", "contacts", body)

    assert error_of(answer) == (400, "RequestBodyRead")
    assert caller.model.contacts(caller.user) == []


def test_long_texts_are_refused_by_switch() -> None:
    """Texts end at 255 characters and notes at 32,768, unless the switch is off."""
    strict, lenient = a_caller(), a_caller(length_limits=False)

    assert strict.call("POST", "contacts", {"surname": "x" * 255, "personalNotes": "x" * 32768}).status == 201
    assert strict.call("POST", "contacts", {"surname": "x" * 256}).status == 400
    assert strict.call("POST", "contacts", {"personalNotes": "x" * 32769}).status == 400
    assert strict.call("POST", "contacts", {"homeAddress": {"city": "x" * 256}}).status == 400
    assert lenient.call("POST", "contacts", {"surname": "x" * 256}).status == 201


def test_deleted_contact_is_gone_and_deleting_again_is_404() -> None:
    """A delete answers 204 once and ErrorItemNotFound from then on."""
    caller = a_caller()
    path = f"contacts/{quote(caller.create()['id'])}"

    answers = [caller.call("DELETE", path) for _ in range(2)]

    assert answers[0].status == 204
    assert answers[0].body == b""
    assert error_of(answers[1]) == error_of(caller.call("GET", path)) == (404, "ErrorItemNotFound")


def test_deleted_contact_can_be_read_by_immutable_id_by_switch() -> None:
    """With the switch on, Deleted Items is just another place an immutable id leads to."""
    caller = a_caller(deleted_items_readable=True)
    made = caller.create(IMMUTABLE)
    caller.model.delete_contact(caller.user, made["id"])

    answer = caller.call("GET", f"contacts/{quote(made['id'])}", prefer=IMMUTABLE)

    assert answer.status == 200
    assert answer.json()["parentFolderId"] != made["parentFolderId"]


def test_permanent_delete_cannot_be_restored() -> None:
    """A purged contact is not in Deleted Items."""
    caller = a_caller()

    answer = caller.call("POST", f"contacts/{quote(caller.create()['id'])}/permanentDelete")

    assert answer.status == 204
    assert caller.model.state()["mailboxes"][0]["deleted"] == []


def test_if_match_is_ignored_or_enforced_by_switch() -> None:
    """A stale If-Match is a 412 only where the service enforces it."""
    lenient, strict = a_caller(), a_caller(if_match_enforced=True)
    for caller in (lenient, strict):
        caller.headers["if-match"] = 'W/"stale"'
    ids = [caller.create()["id"] for caller in (lenient, strict)]

    assert lenient.patch(ids[0], surname="B").status == 200
    assert error_of(strict.patch(ids[1], surname="B")) == (412, "ErrorIrresolvableConflict")
    assert error_of(strict.call("DELETE", f"contacts/{quote(ids[1])}")) == (412, "ErrorIrresolvableConflict")
    strict.headers["if-match"] = strict.call("GET", f"contacts/{quote(ids[1])}").json()["@odata.etag"]
    assert strict.patch(ids[1], surname="B").status == 200
