"""The commands that mend and clear: reconciliation, retry, and a disconnect that takes back what the sync created."""

from __future__ import annotations

from sync_core.cli import command_line
from tests.cli.office import NearOffice


def test_a_reconciliation_tells_what_it_found(near: NearOffice) -> None:
    """Nothing, on a healthy connection; for programs as counts."""
    connection_id = near.connect()
    told = near.run("reconcile")
    assert (told.status, f"connection {connection_id}: nothing was amiss" in told.words) == (0, True)
    document = near.run("reconcile", connection_id[:4], "--json").document
    assert document["reconcile"]["requested"] == [connection_id]
    assert document["synced"][0]["runs"][0]["trigger"] == "reconcile"


def test_the_reconciliation_still_answers_to_the_name_it_had(near: NearOffice) -> None:
    """Scripts of 0.1 typed sweep, and read what it requested under that name."""
    connection_id = near.connect()
    document = near.run("sweep", "--json").document
    assert document["sweep"] == document["reconcile"]
    assert document["sweep"]["requested"] == [connection_id]
    assert "reconcile (sweep)" in command_line().format_help()


def test_a_reconciliation_of_an_unknown_connection_cannot_run(near: NearOffice) -> None:
    """The message names what was typed."""
    near.connect()
    told = near.run("reconcile", "zzz")
    assert (told.status, "zzz" in told.words) == (2, True)


def test_retry_says_how_many_contacts_were_set_aside(near: NearOffice) -> None:
    """None, where nothing fails."""
    near.connect()
    told = near.run("retry")
    assert (told.status, "0 contacts that were set aside are tried again" in told.words) == (0, True)


def test_disconnect_takes_back_what_the_sync_created_when_asked_to(near: NearOffice) -> None:
    """The count is told; the connection is gone."""
    near.connect()
    ended = near.run("disconnect", "--remove-contacts", "--yes", "--json")
    assert (ended.status, ended.document["cleared"]["is_finished"]) == (0, True)
    assert ended.document["cleared"]["kept"] == 0
    assert near.run("status", "--json").document == {"connections": [], "stopped": None}
