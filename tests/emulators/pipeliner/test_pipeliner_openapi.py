from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emulators.wire import Answer, Request, json_answer
from tests.emulators.pipeliner.pipeliner_scenarios import Crm, crm
from tests.openapi import OpenApiChecker

CHECKER = OpenApiChecker()
ROOT = "/api/v100/rest/spaces/em_Emulated/entities"


def _checked() -> tuple[Crm, list[str]]:
    space = crm()
    checked = CHECKER.wrap(space.model)
    space.asked = checked
    return space, checked.violations


def test_a_contacts_life_conforms_to_the_vendors_description() -> None:
    """Every request of a contact's life, and every answer to it, is as described."""
    space, violations = _checked()
    account = space.create("Accounts", name="Nordwerk")["id"]
    relation = {"account_id": account, "is_primary": True, "position": "Buyer"}
    contact = space.create(last_name="Ahlers", email1="a@people.example", account_relations=[relation])["id"]
    space.patch(contact, account_position="Seller", phone2="")
    space.send("PATCH", f"Contacts/{contact}", {"city": "Kiel"}, validation_level="2")
    share = space.create("ContactSharingClientRelations", contact_id=contact, client_id=space.owner, role=2)["id"]
    unit = space.model.space.default_unit_id
    space.create("ContactSharingSalesUnitRelations", contact_id=contact, unit_id=unit, role=1)
    space.patch(share, "ContactSharingClientRelations", role=1)
    space.send("POST", "Contacts/batch-modify", [{"id": contact, "city": "Kiel"}, {"city": "x"}], rollback_method="1")
    other = space.create(last_name="Alers")["id"]
    space.send("POST", "Contacts/merge", {"master": {"id": contact}, "secondary_ids": [other]})
    space.send("POST", "Contacts/batch-delete", [contact], rollback_method="0")
    space.send("DELETE", f"Contacts/{contact}")

    assert violations == []


@pytest.mark.parametrize(
    "plural",
    [
        "Contacts",
        "Accounts",
        "ContactAccountRelations",
        "ContactSharingClientRelations",
        "ContactSharingSalesUnitRelations",
        "Clients",
        "SalesUnits",
        "ContactTypes",
        "Fields",
        "Data",
    ],
)
def test_lists_and_single_reads_of_every_entity_conform(plural: str) -> None:
    """Whatever is stored is shown with the described keys, types and formats."""
    space, violations = _checked()
    people = space.model.people
    contact = people.create_contact(space.owner, last_name="Ahlers")
    people.link_account(contact, people.add_account(space.owner, "Nordwerk"))
    people.share(contact, space.owner)
    people.add_field("cf_kind_id", "dropdown", options=["Hot"])
    space.create("ContactSharingSalesUnitRelations", contact_id=contact, unit_id=space.model.space.default_unit_id)

    ids = space.ids(plural, include_deleted="true", order_by="-modified,id", first="100")
    for row_id in ids[:5]:
        space.get(row_id, plural)
    changed = {"modified": ("gte", "2026-01-01T00:00:00Z")}
    space.listed(plural, changed, order_by="modified", include_deleted="true", load_only="id,modified,is_deleted")

    assert ids != []
    assert violations == []


def test_expanded_answers_conform() -> None:
    """An object in place of a URI is what the description's own prose announces."""
    space, violations = _checked()
    contact = space.model.people.create_contact(space.owner, last_name="Ahlers")
    account = space.model.people.add_account(space.owner, "Nordwerk")
    space.model.people.link_account(contact, account)

    space.listed(expand="account_relations.account,primary_account,owner,sharing_clients")
    space.listed("ContactAccountRelations", expand="contact.primary_account")

    assert violations == []


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/Dragons", "", b""),
        ("PUT", "/Contacts/x", "", b"{}"),
        ("GET", "/Contacts", "page=2", b""),
        ("GET", "/Contacts", "first=all", b""),
        ("GET", "/Contacts", "include-deleted=yes", b""),
        ("GET", "/Contacts", "filter%5Bdragon%5D=1", b""),
        ("GET", "/Contacts", "load-only=id,dragon", b""),
        ("POST", "/Contacts", "", b'{"last_name": "Ahlers"}'),
        ("POST", "/Contacts", "", b'{"owner_id": "Rita"}'),
        ("PATCH", "/Contacts/x", "", b'{"formatted_name": "A"}'),
        ("PATCH", "/Contacts/x", "", b'{"city": null}'),
        ("PATCH", "/Contacts/x", "", b'{"dragon": 1}'),
        ("POST", "/Contacts/batch-delete", "", b'{"ids": []}'),
    ],
)
def test_requests_outside_the_description_are_found(method: str, path: str, query: str, body: bytes) -> None:
    """Unknown paths, parameters, fields and keys, and values of the wrong kind, are violations."""
    answer = Answer(500)

    found = CHECKER.check(Request(method, ROOT + path, query, {}, body), answer)

    assert (len(found) > 0) is CHECKER.available


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"success": True, "data": {"id": "x"}}),
        (200, {"success": True, "data": None, "extra": 1}),
        (202, {}),
        (404, {"message": "gone"}),
    ],
)
def test_answers_outside_the_description_are_found(status: int, body: Any) -> None:
    """Missing and unknown keys and undescribed statuses are violations."""
    found = CHECKER.check(Request("GET", f"{ROOT}/Contacts/x"), json_answer(status, body))

    assert (len(found) > 0) is CHECKER.available


def test_without_the_description_the_checker_is_inert() -> None:
    """The repository stands alone: then nothing is checked and nothing is found."""
    inert = OpenApiChecker(Path("nowhere.json"))

    assert inert.available is False
    assert inert.check(Request("GET", "/nonsense"), Answer(200)) == []
