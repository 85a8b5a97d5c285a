"""The administrator's story with a state file: the real command over HTTP in processes of its own, and in this one."""

from __future__ import annotations

from typing import Any

from tests.cli.office import CONNECT, MAILBOX, NearOffice, Office, rows_of


def _one(found: list[dict[str, Any]], key: str, value: str) -> dict[str, Any]:
    (item,) = [item for item in found if item[key] == value]
    return item


def test_the_whole_story_as_json(office: Office) -> None:
    """Connecting syncs at once, edits travel, history and attention tell, and disconnecting leaves the contacts."""
    office.people("Okafor", "Novak")

    connected = office.run(*CONNECT, "--conflict-rule", "pipeliner", "--json")
    assert (connected.status, connected.document["synced"][0]["runs"][0]["counts"]["writes"]) == (0, 2)
    connection = connected.document["connection"]
    folder = connection["folder"]["id"]
    assert office.in_outlook(folder) == ["Novak", "Okafor"]

    person = _one(office.graph.contacts(MAILBOX, folder), "surname", "Okafor")
    office.graph.edit_contact(MAILBOX, person["id"], {"jobTitle": "Owner"})
    office.graph.create_contact(MAILBOX, {"emailAddresses": [{"address": "who@example.test"}]}, folder)

    synced = office.run("sync", connection["id"][:5], "--json")
    assert synced.status == 1
    assert synced.document["synced"][0]["attention"] == 1
    assert synced.document["synced"][0]["runs"][0]["counts"]["updated_in_pipeliner"] == 1

    (status,) = office.run("status", "--json").document["connections"]
    assert (status["links"], status["attention"], status["last_run"]["state"]) == (2, 1, "done")
    assert status["settings"]["conflict_rule"] == "pipeliner"

    history = office.run("history", "--contact", person["id"], "--json")
    newest = history.document["entries"][0]
    assert (newest["deed"], newest["side"]) == ("updated", "pipeliner")
    assert newest["changes"] == [{"field": "job_title", "old": "", "new": "Owner"}]

    attention = office.run("attention", "--json")
    assert (attention.status, attention.document["items"][0]["reason"]) == (1, "name_missing")

    ended = office.run("disconnect", "--yes", "--json")
    assert (ended.status, ended.document["disconnected"]["id"]) == (0, connection["id"])
    assert [row for row in rows_of(office.state) if row[0] in {"connections", "sync"}] == []
    assert office.in_outlook(folder) == ["", "Novak", "Okafor"]


def test_the_whole_story_for_a_person(near: NearOffice) -> None:
    """The same is told in plain words and columns where no terminal is, without colours or lines."""
    near.people("Okafor")

    connected = near.run(*CONNECT, "--no-sync")
    assert f"connected {MAILBOX}, folder Pipeliner (Emulated), with" in connected.out
    first = near.run("sync")
    assert (first.status, "1 created in Outlook" in first.out) == (0, True)
    (customer,) = near.crm.state("Contacts")["entities"]["Contacts"]
    near.crm.people.edit_contact(customer["id"], city="Oslo")
    assert "1 updated in Outlook" in near.run("sync").out

    history = near.run("history", "--limit", "1")
    assert "city: Berlin -> Oslo" in history.out
    assert "for older entries: --before " in history.out

    before = rows_of(near.state)
    refused = near.run("disconnect")
    assert (refused.status, "nobody to ask: add --yes" in refused.err) == (2, True)
    assert rows_of(near.state) == before
    status = near.run("status")
    assert [word in status.out for word in ("Connection", MAILBOX, "active")] == [True] * 3
    assert not {"\x1b", "─", "│"} & set(status.out + history.out)


def test_without_a_setting_the_state_is_a_file_in_the_current_folder(office: Office) -> None:
    """SYNC_STATE may be left out."""
    ran = office.run("status", SYNC_STATE="")

    assert (ran.status, ran.out) == (0, "there is no connection yet; make one with connect\n")
    assert (office.folder / "sync-state.sqlite").exists()
