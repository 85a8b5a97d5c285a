"""The seeds are the same each time, show every oddity, and touch nobody real."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest

from emulators.graph import GraphModel
from emulators.pipeliner import PipelinerModel
from emulators.seeds import PRIVATE, Member, plant

INVENTED_DOMAIN = re.compile(r"(^|\.)(example|test|invalid)$")
SCRIPTS = (
    "GREEK",
    "CYRILLIC",
    "ARABIC",
    "HEBREW",
    "CJK",
    "HIRAGANA",
    "HANGUL",
    "DEVANAGARI",
    "LATIN SMALL LETTER E WITH",
)


def filled(seed: str, contacts: int = 0) -> tuple[GraphModel, PipelinerModel, tuple[Member, ...]]:
    """Both services after planting."""
    graph, crm = GraphModel(), PipelinerModel()
    return graph, crm, plant(seed, graph, crm, contacts)


def rows(crm: PipelinerModel, plural: str = "Contacts") -> list[dict[str, Any]]:
    """All records of an entity."""
    found: list[dict[str, Any]] = crm.state(plural)["entities"][plural]
    return found


@pytest.mark.parametrize("seed", ["empty", "office", "7"])
def test_a_seed_is_the_same_each_time(seed: str) -> None:
    """Down to every id and time."""
    (one, one_crm, _), (two, two_crm, _) = filled(seed, 20), filled(seed, 20)
    assert (one.state(), one_crm.state()) == (two.state(), two_crm.state())


def test_another_number_deals_the_people_anew() -> None:
    """The same oddities, other people."""
    (_, one, _), (_, two, _) = filled("7"), filled("8")
    assert len(rows(one)) == len(rows(two))
    assert {row["email1"] for row in rows(one)} != {row["email1"] for row in rows(two)}


def test_no_address_leads_to_anybody() -> None:
    """Every mail domain is one of those that are kept for examples."""
    graph, crm, _ = filled("office", 200)
    text = json.dumps([graph.state(), crm.state()], ensure_ascii=False)
    domains = {found.lower() for found in re.findall(r"[\w.+'-]+@([\w.-]+)", text)}
    assert domains
    assert [domain for domain in domains if not INVENTED_DOMAIN.search(domain)] == []


def test_many_scripts_are_there() -> None:
    """Names in each of the scripts that a sales team meets."""
    _, crm, _ = filled("office")
    letters = {unicodedata.name(letter, "") for row in rows(crm) for letter in f"{row['first_name']}{row['last_name']}"}
    assert [script for script in SCRIPTS if not any(name.startswith(script) for name in letters)] == []


def test_every_oddity_is_there() -> None:
    """What trips up a careless program is in the office."""
    _, crm, _ = filled("office")
    people = rows(crm)
    names = [f"{row['first_name']}{row['last_name']}" for row in people]
    accounts = [row["name"] for row in rows(crm, "Accounts")]
    assert any(row["share_mode"] == PRIVATE for row in people)
    assert any(row["is_archived"] for row in people)
    assert {row["role"] for row in rows(crm, "ContactSharingClientRelations")} == {1, 2}
    assert len(set(accounts)) == len(accounts) - 1
    assert any(not row["email1"] for row in people)
    assert any(row["email5"] for row in people)
    assert any(not row["quick_account_name"] and not row["primary_account"] for row in people)
    assert any(len(row["comments"]) > 5000 for row in people)
    assert any("\r" in row["comments"].replace("\r\n", "") for row in people)
    assert any(name != unicodedata.normalize("NFC", name) for name in names)
    assert any(row["last_name"] != row["last_name"].strip() for row in people)
    assert any("'" in name for name in names)
    assert any(ord(letter) > 0xFFFF for name in names for letter in name)


def test_the_default_outlook_folder_has_some_counterparts() -> None:
    """Three of its six contacts are in Pipeliner too, by a differently written address."""
    graph, crm, staff = filled("office")
    known = {row["email1"].lower() for row in rows(crm) if row["owner_id"] == staff[0].user_id}
    kept = graph.contacts(staff[0].mailbox_id)
    addresses = [mail["address"].lower() for contact in kept for mail in contact["emailAddresses"]]
    assert (len(kept), len(known & set(addresses))) == (6, 3)


def test_more_contacts_are_different_people_of_the_first_user() -> None:
    """Each has an address of its own."""
    _, crm, staff = filled("empty", 300)
    people = rows(crm)
    assert {row["owner_id"] for row in people} == {staff[0].user_id}
    assert len({row["email1"] for row in people}) == 300
