from __future__ import annotations

import re
from typing import Any

import pytest

from emulators.pipeliner import PipelinerModel
from tests.emulators.pipeliner.pipeliner_scenarios import ROOT, Crm, Record, crm

HOST = "https://crm.example" + ROOT


def _linked() -> tuple[Crm, Record, str]:
    """Return a space, a contact at an account, and the account's id."""
    space = crm()
    account = space.model.people.add_account(space.owner, "Nordwerk", city="Kiel")
    relation = {"account_id": account, "is_primary": True, "position": "Buyer"}
    return space, space.create(last_name="Ahlers", account_relations=[relation]), account


def test_unset_values_read_as_the_service_writes_them() -> None:
    """Unset text is an empty string, unset ids and relations are null, lists are empty, flags are booleans."""
    contact = crm().create(last_name="Ahlers")

    assert (contact["first_name"], contact["email5"], contact["comments"]) == ("", "", "")
    assert (contact["picture_id"], contact["picture"], contact["modified_by_user"]) == (None, None, None)
    assert (contact["account_relations"], contact["sharing_clients"], contact["tags"]) == ([], [], [])
    assert (contact["is_archived"], contact["is_deleted"], contact["gender"]) == (False, False, 0)


def test_relations_read_as_absolute_uris_beside_their_ids() -> None:
    """A relation is the URI of the other record in this very service."""
    space, contact, account = _linked()

    assert contact["owner_id"] == space.owner
    assert contact["owner"] == f"{HOST}/entities/Clients/{space.owner}"
    assert contact["primary_account"] == f"{HOST}/entities/Accounts/{account}"
    (uri,) = contact["account_relations"]
    assert uri.startswith(f"{HOST}/entities/ContactAccountRelations/")


def test_uris_begin_with_the_host_asked_when_no_base_is_set() -> None:
    """Behind an HTTP face the URIs lead back to it."""
    space = crm(base_url=None)
    contact = space.create(last_name="Ahlers")

    shown = space.send("GET", f"Contacts/{contact['id']}", headers={"host": "127.0.0.1:8080"}).json()["data"]

    assert shown["owner"].startswith("http://127.0.0.1:8080/api/v100/")


def test_expand_puts_objects_in_place_of_uris() -> None:
    """Dots go deeper, also from the relations' side; ids stay beside them."""
    space, contact, account = _linked()
    space.model.people.share(contact["id"], space.owner)

    shown = space.listed(expand="account_relations.account,primary_account,sharing_clients,owner,unit")["data"][0]
    relation = space.listed("ContactAccountRelations", expand="contact.primary_account,contact.sharing_clients")[
        "data"
    ][0]

    assert shown["account_relations"][0]["account"]["name"] == "Nordwerk"
    assert shown["account_relations"][0]["position"] == "Buyer"
    assert shown["primary_account"]["id"] == account
    assert shown["sharing_clients"][0]["role"] == 2
    assert shown["owner"]["email"] == "rita@sales.example"
    assert shown["unit"]["name"] == "Company"
    assert relation["contact"]["primary_account"]["name"] == "Nordwerk"
    assert relation["contact"]["sharing_clients"][0]["client_id"] == space.owner
    assert isinstance(relation["account"], str)


def test_load_only_trims_records_and_expanded_parts() -> None:
    """Only the names asked for are returned, at every depth."""
    space, contact, account = _linked()

    shown = space.get(
        contact["id"], expand="account_relations.account", load_only="id,account_relations.account.name,primary_account"
    )

    assert shown == {
        "id": contact["id"],
        "account_relations": [{"account": {"name": "Nordwerk"}}],
        "primary_account": f"{HOST}/entities/Accounts/{account}",
    }


@pytest.mark.parametrize(
    "query", [{"expand": "dragon"}, {"expand": "city"}, {"load_only": "id,dragon"}, {"load_only": "city.x"}]
)
def test_unknown_names_in_expand_and_load_only_are_refused(query: dict[str, Any]) -> None:
    """A name that is no field, or no relation, is a 400."""
    assert crm().send("GET", "Contacts", **query).status == 400


def test_reading_one_record_may_ignore_parameters() -> None:
    """The description gives single reads no parameters, so a switch makes them have no effect."""
    space, contact, _ = _linked()
    space.model.switches.get_takes_parameters = False

    shown = space.get(contact["id"], load_only="id", expand="owner")

    assert "last_name" in shown
    assert isinstance(shown["owner"], str)


def test_a_deleted_record_is_read_by_id_only_when_allowed() -> None:
    """Reading a deleted record gives 404, or the record with include-deleted or with the switch."""
    space, contact, _ = _linked()
    space.send("DELETE", f"Contacts/{contact['id']}")
    path = f"Contacts/{contact['id']}"

    assert space.send("GET", path).status == 404
    assert space.get(contact["id"], include_deleted="true")["is_deleted"] is True
    space.model.switches.get_deleted = "accept"
    assert space.get(contact["id"])["is_deleted"] is True


def test_times_have_a_space_an_offset_and_no_zero_fraction() -> None:
    """A fraction appears only when there is one; on create `modified` lies microseconds before `created`."""
    space = crm()
    contact = space.create(last_name="Ahlers", created="2020-02-03T04:05:06")
    other = space.create(last_name="Brandow")

    assert contact["created"] == "2020-02-03 04:05:06+00:00"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00", contact["modified"])
    assert other["modified"] < other["created"]
    assert other["modified"][:19] == other["created"][:19]


def test_ids_begin_with_the_time_and_users_with_zeroes() -> None:
    """New ids start with 48 bits of milliseconds, so they sort by age; user ids count up from zero."""
    space = crm()
    first, second = space.create(last_name="Ahlers"), space.create(last_name="Brandow")

    milliseconds = int(first["id"].replace("-", "")[:12], 16)
    assert milliseconds == pytest.approx(space.model.clock.peek().timestamp() * 1000, abs=1000)
    assert first["id"] < second["id"]
    assert re.fullmatch(r"00000000-0000-0000-0000-0000000\d{5}", space.owner)


def test_the_same_history_gives_the_same_answers() -> None:
    """Two spaces with the same seed and clock are equal to the byte; another seed gives other ids."""
    assert crm().create(last_name="Ahlers") == crm().create(last_name="Ahlers")
    assert PipelinerModel(seed=1).generate_contacts(1) != PipelinerModel(seed=2).generate_contacts(1)
