"""Settings of a connection and of the space, the stop switch and the audit trail, as an administrator types them."""

from __future__ import annotations

import pytest

from sync_core.cli.commands import ALL
from tests.cli.office import MAILBOX, NearOffice, rows_of


def test_a_setting_is_changed_by_its_name(near: NearOffice) -> None:
    """JSON, a word, on and off; followed by a full sync at once."""
    near.people("Lovelace")
    connection_id = near.connect()

    ran = near.run("set", connection_id[:6], "scope=visible", "delete_protection=off", "max_delete_count=3", "--json")

    settings = ran.document["connection"]["settings"]
    assert (settings["scope"], settings["delete_protection"], settings["max_delete_count"]) == ("visible", False, 3)
    assert [run["mode"] for story in ran.document["synced"] for run in story["runs"]][-1:] == ["full"]
    assert ran.status == 0
    assert near.run("set", "delete_protection=on").status == 0
    assert near.run("status", "--json").document["connections"][0]["settings"]["delete_protection"] is True


def test_the_space_is_set_and_locked(near: NearOffice) -> None:
    """A lock holds against the command line too, and says how it is taken back."""
    connection_id = near.connect()

    ran = near.run("set", "--space", "max_change_count=4", "rights=ownership", "--lock", "max_change_count", "--json")
    space = ran.document["space"]
    assert (space["settings"], space["locks"], space["rights"]) == (
        {"max_change_count": 4},
        ["max_change_count"],
        "ownership",
    )
    refused = near.run("set", connection_id, "max_change_count=9")
    assert (refused.status, "an administrator has locked it for the whole space; unlock it" in refused.err) == (2, True)
    near.run("set", "--space", "--unlock", "max_change_count", "max_change_count=null")
    assert near.run("set", connection_id, "max_change_count=9").status == 0


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("set",), "NAME=VALUE is missing"),
        (("set", "--space"), "NAME=VALUE is missing"),
        (("set", "--space", MAILBOX, "scope=owned"), "leave CONNECTION out"),
        (("set", "scoop=1"), "there is no such setting"),
        (("set", "scope=wide"), "scope"),
        (("set", "scope=owned", "scope=visible"), "given twice"),
        (("set", "rights=roles"), "add --space"),
        (("set", "--lock", "scope"), "add --space"),
        (("set", "--space", "--lock", "scoop"), "there is no such setting"),
        (("set", "nobody@example.test", "scope=owned"), "there is no connection"),
        (("pause", MAILBOX, "--all"), "leave CONNECTION out"),
        (("resume", MAILBOX, "--all"), "leave CONNECTION out"),
    ],
)
def test_what_is_typed_wrong_is_named(near: NearOffice, typed: tuple[str, ...], says: str) -> None:
    """And nothing changes."""
    near.connect()
    before = rows_of(near.state)

    ran = near.run(*typed)

    assert (ran.status, says in ran.err) == (2, True), ran.err
    assert rows_of(near.state) == before


def test_everything_is_stopped_and_goes_on(near: NearOffice) -> None:
    """The status says so; what runs on request is refused; afterwards all is synced."""
    connection_id = near.connect()
    near.run("sync")
    assert near.run("pause", "--all").status == 0
    near.people("Lovelace")

    told = near.run("status")
    assert "all connections are stopped since" in told.out
    assert near.run("status", "--json").document["stopped"]
    for typed in (("sync",), ("sync", connection_id), ("reconcile",), ("retry", connection_id)):
        refused = near.run(*typed)
        assert (refused.status, "all connections are stopped" in refused.err) == (2, True)

    ran = near.run("resume", "--all", "--json")
    assert (ran.status, ran.document["space"]["status"]) == (0, "active")
    near.run("sync")
    assert near.run("status", "--json").document["connections"][0]["links"] == 1


def test_the_trail_tells_what_was_done_at_the_command_line(near: NearOffice) -> None:
    """By `cli`, refusals too, in pages."""
    connection_id = near.connect()
    near.run("pause", connection_id)
    near.run("resume", connection_id)
    near.run("approve", connection_id)

    told = near.run("audit", "--json").document
    acts = [(entry["act"], entry["result"]) for entry in told["entries"] if entry["act"] != "approve"]
    assert acts == [("resume", "done"), ("pause", "done"), ("connect", "done")]
    assert ("approve", "refused") in [(entry["act"], entry["result"]) for entry in told["entries"]]
    assert {(entry["who"], entry["from"]) for entry in told["entries"]} == {("cli", "cli")}
    first = near.run("audit", "--limit", "2", "--json").document
    rest = near.run("audit", "--before", first["next"], "--json").document
    assert [*first["entries"], *rest["entries"]] == told["entries"]
    shown = near.run("audit").out
    assert ("pause" in shown, connection_id in shown, MAILBOX in shown) == (True, True, False)


ACTING: dict[str, tuple[str, ...]] = {
    "connect": ("connect", "--mailbox", MAILBOX, "--user", MAILBOX, "--no-sync"),
    "set": ("set", "max_delete_count=3"),
    "sync": ("sync",),
    "approve": ("approve",),
    "retry": ("retry",),
    "reconcile": ("reconcile",),
    "pause": ("pause",),
    "resume": ("resume",),
    "disconnect": ("disconnect", "--yes"),
    "purge": ("purge", "--person", "nobody@example.test", "--yes"),
    "answer": ("answer", "x", "same", "--connection", "ID"),
    "link": ("link", "ID", "x", "y"),
    "unlink": ("unlink", "ID", "x"),
}
LOOKING: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "history": ("history",),
    "attention": ("attention",),
    "audit": ("audit",),
    "duplicates": ("duplicates",),
    "doctor": ("doctor",),
}


def test_every_command_is_one_or_the_other() -> None:
    """A new one is tried too."""
    assert {command.name for command in ALL} == set(ACTING) | set(LOOKING)


@pytest.mark.parametrize("name", ACTING)
def test_every_command_that_does_something_leaves_its_row(near: NearOffice, name: str) -> None:
    """Whoever types is an administrator, called `cli`; 0 or 1 when it is done, 2 when it is not."""
    connection_id = near.connect()
    before = len(near.run("audit", "--json").document["entries"])

    ran = near.run(*(connection_id if word == "ID" else word for word in ACTING[name]))

    entries = near.run("audit", "--json").document["entries"]
    assert len(entries) > before
    assert ran.status == (2 if any(entry["result"] == "refused" for entry in entries) else 0)
    assert all(entry["who"] == "cli" for entry in entries)


@pytest.mark.parametrize("name", LOOKING)
def test_every_command_that_looks_leaves_none(near: NearOffice, name: str) -> None:
    """And changes nothing."""
    near.connect()
    before = near.run("audit", "--json").document

    assert near.run(*LOOKING[name]).status in {0, 1}

    assert near.run("audit", "--json").document == before
