"""Output that fits where it goes: terminals of any width and code page, files, and programs."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import UTC, datetime
from typing import cast

import pytest
from rich.console import Console

from sync_core.cli.output import Answer, Problem, Screen, Streams
from sync_core.cli.shown import Rows, history_table, line
from sync_core.domain import Action, FieldChange, HistoryEntry, LinkId, Recorded, Side
from tests.cli.office import MAILBOX, NearOffice, Window


def _history(old: str, new: str) -> Rows:
    entry = HistoryEntry(Action.UPDATED, Side.OUTLOOK, LinkId("link-1"), changes=(FieldChange("city", old, new),))
    return history_table([Recorded("1-0", datetime(2026, 1, 5, 8, tzinfo=UTC), "run", entry)])


def _drawn(rows: Rows, width: int) -> str:
    stream = Window(terminal=True)
    Console(file=stream, force_terminal=True, color_system=None, width=width).print(rows)
    return stream.getvalue()


@pytest.mark.parametrize("width", [20, 40, 61, 80, 200])
def test_a_table_fits_the_terminal_and_loses_nothing(width: int) -> None:
    """Long values fold within their column; where columns have no room, a list takes their place."""
    value = "".join(f"{number:04}" for number in range(30))
    rows = Rows(*("Heading",) * 5)
    rows.add("one\nmore", "a longer cell of several words", "three", value, "five")

    drawn = _drawn(rows, width)

    assert max(len(row) for row in drawn.splitlines()) <= width
    assert "".join(char for char in drawn if char.isdigit()) == value
    assert {"one", "more", "several", "three", "five"} <= set(drawn.split())


def test_a_value_cannot_command_the_terminal() -> None:
    """Escape sequences, line ends, markup and directions of writing that strangers put into contacts are inert."""
    drawn = _drawn(_history("\x1b[2J[red]bold[/red]\r\n\x07", "\u202egpj.exe\x9b31m"), 120)

    assert not {"\x1b", "\r", "\x07", "\u202e", "\x9b"} & set(drawn)
    assert "city: [2J[red]bold[/red] -> gpj.exe 31m" in drawn


ODD = "a\x1b]0;pwn\x07\x1b[2J\x9b31m\r\nFORGED\u202e\x7f@x"
COMMANDS = {"\x1b", "\x9b", "\x07", "\r", "\u202e", "\x7f"}


@pytest.mark.parametrize("as_json", [True, False])
def test_no_way_to_the_screen_lets_a_name_command_the_terminal(*, as_json: bool) -> None:
    """Questions, notices, problems and JSON are as inert as tables are."""
    streams = Streams(Window("y\n", terminal=True), Window(), Window(terminal=True))
    screen = Screen(streams, as_json=as_json)
    assert screen.ask(f"End connection 1 of {ODD}?")
    screen.notice(ODD)
    screen.fail(Problem("x", (ODD,)))
    screen.show(Answer({"mailbox": ODD}, (), problems=(Problem("x", (ODD,)),)))
    with screen.progress() as tell:
        tell(ODD)

    shown = "".join(cast("Window", each).getvalue() for each in (streams.stdout, streams.stderr))
    own = re.compile(r"\x1b\[[0-9;?]*[mhlKA]|\r")  # those of the library that draws
    assert not COMMANDS & set(own.sub("", shown))
    assert "]0;pwn" in shown


def test_a_very_long_value_is_shortened_for_people_only(near: NearOffice) -> None:
    """The table shows its beginning, the JSON all of it."""
    near.people("Okafor")
    near.connect()
    near.run("sync")
    (customer,) = near.crm.state("Contacts")["entities"]["Contacts"]
    near.crm.people.edit_contact(customer["id"], comments="note " * 500)
    near.run("sync")

    shown, told = near.run("history").out, near.run("history", "--json").document

    assert "-> note note" in shown
    assert "note ..." in shown
    assert max(len(row) for row in shown.splitlines()) < 400
    assert len(told["entries"][0]["changes"][0]["new"]) == 2499


@pytest.mark.parametrize("as_json", [True, False])
def test_no_code_page_stops_the_output(as_json: bool) -> None:
    """What a terminal cannot show is replaced, and JSON needs ASCII only."""
    written = io.BytesIO()
    streams = Streams(Window(), io.TextIOWrapper(written, encoding="ascii", write_through=True), Window())
    streams.encode_anything()

    Screen(streams, as_json=as_json).show(Answer({"name": "Žižek \udc80 →"}, (line("Žižek →"),)))

    text = written.getvalue().decode("ascii")
    assert json.loads(text)["name"] == "Žižek \udc80 →" if as_json else text == "?i?ek ?\n"


def test_an_answer_with_problems_keeps_what_was_done() -> None:
    """Programs find both in the one object, people the problem on stderr."""
    out, err = Window(), Window()
    answer = Answer({"done": 1}, (line("1 done"),), problems=(Problem("Throttled", ("later",)), Problem("X", ("y",))))

    Screen(Streams(Window(), out, err), as_json=True).show(answer)
    Screen(Streams(Window(), Window(), err), as_json=False).show(answer)

    error = {"type": "Throttled", "message": "later; y", "faults": ["later", "y"]}
    assert json.loads(out.getvalue()) == {"done": 1, "error": error}
    assert (err.getvalue(), answer.status) == ("error: later\nerror: y\n", 2)


def test_logging_is_asked_for(near: NearOffice) -> None:
    """With -v our own words go to stderr, without values and without the libraries'; otherwise nothing does."""
    near.people("Okafor")
    near.connect()
    handlers = list(logging.getLogger().handlers)

    loud, quiet = near.run("sync", "--json", "-v"), near.run("sync")

    assert "INFO sync_core.operations.working: connection" in loud.err
    assert "Okafor" not in loud.words
    assert loud.document["synced"][0]["attention"] == 0
    assert quiet.err == ""
    assert logging.getLogger().handlers == handlers


def test_the_detail_of_one_connection_shows_its_settings(near: NearOffice) -> None:
    """All of them, also those that stand at their default."""
    connection = near.connect("--delete-protection", "off", "--setting", "max_delete_count=3")

    shown = near.type(["status", connection]).out

    assert [word in shown for word in (connection, MAILBOX, "never")] == [True] * 3
    for setting, value in (("delete_protection", "off"), ("max_delete_count", "3"), ("key_field", "-")):
        assert any(setting in row and value in row for row in shown.splitlines())


def test_history_is_read_page_by_page(near: NearOffice) -> None:
    """Until there is no next one; unknown ids find nothing."""
    near.people("Okafor", "Novak", "Haddad")
    near.connect()
    near.run("sync")

    first = near.run("history", "--limit", "2", "--json").document
    second = near.run("history", "--limit", "2", "--before", first["next"], "--json").document
    run_id = first["entries"][0]["run_id"]

    assert (len(first["entries"]), len(second["entries"]), second["next"]) == (2, 1, None)
    assert len(near.run("history", "--run", run_id, "--json").document["entries"]) == 3
    assert near.run("history", "--contact", "nobody").out == "there is nothing of that in the history\n"
