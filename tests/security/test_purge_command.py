from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.office import NearOffice, open_near_office, rows_of


@pytest.fixture
def near(tmp_path: Path) -> NearOffice:
    """An office with one connection and one contact in it."""
    office = open_near_office(tmp_path)
    office.people("Canarylast")
    office.connect()
    assert office.run("sync").status == 0
    return office


def connection_id(near: NearOffice) -> str:
    """Id of the only connection."""
    return str(near.run("status", "--json").document["connections"][0]["id"])


def test_a_connection_is_purged_with_a_proof(near: NearOffice) -> None:
    """One JSON object with the counts; the state's file holds no row afterwards, not even in its free pages."""
    ran = near.run("purge", "--connection", connection_id(near), "--yes", "--json")
    assert ran.status == 0
    purged = ran.document["purged"]
    assert (purged["is_proved"], purged["remaining"]) == (True, [])
    assert purged["rows"] > 5
    assert rows_of(near.state) == []
    assert b"Canarylast" not in near.state.read_bytes()


def test_nothing_is_purged_unasked(near: NearOffice) -> None:
    """Without a person to ask `--yes` is needed, and a no is a no."""
    before = rows_of(near.state)
    asked = near.run("purge", "--connection", connection_id(near))
    assert (asked.status, "add --yes" in asked.err) == (2, True)
    refused = near.type(["purge", "--connection", connection_id(near)], "n\n")
    assert (refused.status, "nothing was changed" in refused.err) == (2, True)
    assert rows_of(near.state) == before
    confirmed = near.type(["purge", "--connection", connection_id(near)], "y\n")
    assert confirmed.status == 0
    assert "0 rows left that mention it" in confirmed.out


def test_a_linked_person_needs_an_express_wish(near: NearOffice) -> None:
    """The refusal names the way; the wish erases, and the contact stays on both sides."""
    contact = str(near.crm.state("Contacts")["entities"]["Contacts"][0]["id"])
    refused = near.run("purge", "--person", contact, "--yes")
    assert refused.status == 2
    assert "delete it in Outlook and in Pipeliner" in refused.err
    ran = near.run("purge", "--person", contact, "--even-if-linked", "--yes", "--json")
    assert (ran.status, ran.document["purged"]["is_proved"]) == (0, True)
    assert b"Canarylast" not in near.state.read_bytes()
    assert near.run("sync", "--full").status == 0
    assert "Canarylast" in str(rows_of(near.state))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["purge", "--yes"], "one of the arguments --connection --person --erased --lift is required"),
        (["purge", "--connection", "a", "--person", "b", "--yes"], "not allowed with argument"),
        (["purge", "--connection", "../a", "--yes"], "connection: String should match pattern"),
        (["purge", "--connection", "0123456789abcdef", "--yes"], "nothing is stored of a connection"),
        (["purge", "--person", " ", "--yes"], "name either a connection or a person"),
    ],
)
def test_what_cannot_be_purged_is_told(near: NearOffice, typed: list[str], told: str) -> None:
    """With exit status 2 and nothing changed."""
    before = rows_of(near.state)
    ran = near.run(*typed)
    assert (ran.status, told in ran.err) == (2, True)
    assert rows_of(near.state) == before
