"""What the indexes say against what a plain look at every record says, after a random history."""

from __future__ import annotations

import random
from typing import Any

import pytest
import requests

from emulators.http_face import HttpFace
from emulators.pipeliner import PipelinerModel
from tests.emulators.pipeliner.pipeliner_scenarios import Crm, Record, crm


def _live_a_little(space: Crm, choice: random.Random, owners: list[str], contacts: list[str]) -> None:
    """Do one thing to one contact."""
    people = space.model.people
    contact = choice.choice(contacts)
    acts: list[Any] = [
        lambda: contacts.append(
            people.create_contact(choice.choice(owners), last_name="New", email1="n@people.example")
        ),
        lambda: people.edit_contact(
            contact, city=choice.choice(["Kiel", "Jena"]), email1=choice.choice(["", "X@y.example"])
        ),
        lambda: people.reassign_contact(contact, choice.choice(owners)),
        lambda: people.delete_contact(contact),
        lambda: people.restore_contact(contact),
        lambda: people.hide(contact, hidden=choice.random() < 0.5),
    ]
    choice.choice(acts)()


def _expected(space: Crm, keep: Any, *, order: str = "id") -> list[str]:
    """Return the ids that a list must hold, found by looking at every record."""
    hidden = space.model.space.tables["Contacts"].hidden
    records: list[Record] = space.model.state("Contacts")["entities"]["Contacts"]
    shown = [record for record in records if record["id"] not in hidden and keep(record)]
    return [record["id"] for record in sorted(shown, key=lambda record: (record[order], record["id"]))]


@pytest.mark.parametrize("seed", range(5))
def test_lists_agree_with_a_look_at_every_record(seed: int) -> None:
    """Every way to list gives the same records as reading them all, whatever happened before."""
    space = crm(delete_bumps_modified=seed % 2 == 0)
    choice = random.Random(seed)  # noqa: S311 - seeded, not secret
    owners = [space.owner, space.model.people.add_user("otto@sales.example")]
    contacts = space.model.generate_contacts(10, owners)
    for _ in range(12):
        for _ in range(10):
            _live_a_little(space, choice, owners, contacts)
        since = space.get(choice.choice(space.ids()), include_deleted="true")["modified"]
        changed = {"modified": ("gte", since)}
        every = {"include_deleted": "true", "first": "100"}

        assert space.ids(first="100") == _expected(space, lambda row: not row["is_deleted"])
        assert space.ids(filters=changed, order_by="modified", **every) == _expected(
            space, lambda row, since=since: row["modified"] >= since, order="modified"
        )
        assert space.ids(filters={"owner_id": ("eq", owners[1]), **changed}, **every) == _expected(
            space, lambda row, since=since: row["owner_id"] == owners[1] and row["modified"] >= since
        )
        assert space.ids(filters={"email1": ("ieq", "x@Y.example")}, **every) == _expected(
            space, lambda row: row["email1"].lower() == "x@y.example"
        )
        page = space.listed(filters=changed, order_by="modified", first="2")
        assert page["total"] == len(
            _expected(space, lambda row, since=since: not row["is_deleted"] and row["modified"] >= since)
        )


def test_the_model_answers_over_http() -> None:
    """Behind an HTTP face the same requests give the same answers, with URIs that lead back there."""
    model = PipelinerModel()
    owner = model.people.add_user("rita@sales.example")
    with HttpFace(model) as face, requests.Session() as session:
        session.auth = ("emulator", "emulator")
        root = f"{face.base_url}/api/v100/rest/spaces/em_Emulated/entities"
        made = session.post(f"{root}/Contacts", json={"owner_id": owner, "last_name": "Ahlers"}, timeout=10)
        uri = made.json()["data"]["owner"]
        followed = session.get(uri, timeout=10)
        counted = session.get(f"{face.base_url}/_control/requests", timeout=10).json()

    assert made.status_code == 201
    assert uri == f"{root}/Clients/{owner}"
    assert followed.json()["data"]["email"] == "rita@sales.example"
    assert counted["total"] == 2


def test_a_page_of_a_plain_walk_looks_at_a_page_of_records() -> None:
    """Lists by id and by time of change do not read the whole table."""
    space = crm()
    space.model.generate_contacts(2000, [space.owner])
    since = space.listed(order_by="-modified", first="1")["data"][0]["modified"]
    read: list[str] = []
    rows = space.model.space.listed("Contacts").rows

    class Watched(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            read.append(key)
            return rows[key]

    space.model.space.listed("Contacts").rows = Watched(rows)
    space.listed(first="100")
    space.listed(filters={"modified": ("gte", "2026-01-01T00:00:00Z")}, order_by="modified", include_deleted="true")
    space.listed(filters={"modified": ("gte", since)}, order_by="modified", include_deleted="true")

    assert 0 < len(read) < 500
