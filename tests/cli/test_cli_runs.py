"""Runs in the command's own process: interrupted, watched, approved, paused, and in somebody else's way."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from emulators.http_face import HttpFace
from emulators.in_process import InProcessGraph
from emulators.wire import Answer, Model, Reply, Request
from sync_core import http
from sync_core.errors import StoreUnavailable
from sync_core.state import StoredConnectionState
from sync_core.storage import SqliteStore
from tests.cli.office import (
    CONNECT,
    MAILBOX,
    NearOffice,
    Office,
    Ran,
    check_private,
    new_models,
    open_office,
    rows_of,
)


class _Interrupting:
    """A model that presses Ctrl-C in `process` when the first contacts have been created."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.process: int | None = None

    def handle(self, request: Request) -> Reply:
        """Answer; the key was pressed before."""
        reply = self._model.handle(request)
        if self.process and request.path.endswith("$batch"):
            os.kill(self.process, signal.SIGINT)
            self.process = None
        return reply

    def control(self, request: Request) -> Answer:
        """Answer one request below `/_control/`."""
        return self._model.control(request)


def _interrupted(office: Office, graph: _Interrupting) -> Ran:
    """Run a first sync that is broken off amid its creates."""
    command = subprocess.Popen(
        office.command(*CONNECT),
        cwd=office.folder,
        env=office.surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    graph.process = command.pid
    out, err = command.communicate(timeout=60)
    ran = Ran(command.returncode, out.decode(), err.decode())
    check_private(ran)
    return ran


def test_a_sync_that_is_interrupted_is_continued_by_the_next(tmp_path: Path) -> None:
    """Ctrl-C ends with 130 and a plain word; the next sync need not wait, and no contact is there twice."""
    models = new_models()
    graph = _Interrupting(models[0])
    surnames = [f"Person{number:02}" for number in range(15)]
    with HttpFace(graph) as graph_face, HttpFace(models[1]) as crm_face:
        office = open_office(tmp_path, graph_face, crm_face, models)
        office.people(*surnames)

        stopped = _interrupted(office, graph)
        synced = office.run("sync")
        (connection,) = office.run("status", "--json").document["connections"]

    assert (stopped.status, stopped.out) == (130, "")
    assert "interrupted; what is done is stored, and the next sync goes on from there" in stopped.err
    assert synced.status == 0, synced.err
    assert office.in_outlook(connection["folder"]["id"]) == surnames
    assert connection["links"] == 15


def test_a_run_of_somebody_else_is_not_disturbed(near: NearOffice) -> None:
    """The command says that another run has the connection, and does nothing."""
    near.people("Okafor")
    connection = near.connect()
    asyncio.run(_take_lease(near, connection))

    ran = near.run("sync", "--json")

    assert (ran.status, ran.document["error"]["type"]) == (2, "LeaseTaken")
    assert f"connection {connection}: another run has it" in ran.document["error"]["message"]
    assert near.run("status", "--json").document["connections"][0]["running"] == "elsewhere"
    near.clock.slept.clear()
    asyncio.run(near.clock.sleep(301))
    assert near.run("sync").status == 0


async def _take_lease(office: NearOffice, connection: str) -> None:
    store = SqliteStore(office.state)
    await StoredConnectionState(store, connection, office.clock, "another").open("elsewhere")
    await store.close()


class _Failing(InProcessGraph):
    """Fails amid a run."""

    error: Exception = ZeroDivisionError()

    async def send(self, request: http.Request) -> http.Answer:
        """Fail once the run has begun."""
        if "/contacts/delta" in request.target:
            raise self.error
        return await super().send(request)


@pytest.mark.parametrize("error", [ZeroDivisionError(), StoreUnavailable("the store did not answer")])
def test_a_run_that_breaks_off_leaves_nothing_locked(near: NearOffice, error: Exception) -> None:
    """Whatever the reason was, the next sync need not wait."""
    near.people("Okafor")
    near.connect()
    near.graph_transport = _Failing(near.graph)
    near.graph_transport.error = error

    failed = near.run("sync", "--json")
    near.graph_transport = None
    next_one = near.run("sync")

    assert (failed.status, failed.document["error"]["type"]) == (2, type(error).__name__)
    assert (next_one.status, "1 created in Outlook" in next_one.out) == (0, True)


def test_held_removals_are_carried_out_when_approved(near: NearOffice) -> None:
    """The sync names them and exits with 1, approving removes them; there is nothing to approve twice."""
    surnames = [f"Person{number:02}" for number in range(12)]
    near.people(*surnames)
    near.connect()
    near.run("sync")
    for customer in near.crm.state("Contacts")["entities"]["Contacts"]:
        near.crm.people.delete_contact(customer["id"])

    held = near.run("sync")
    near.run("pause")
    resting = near.run("approve")
    near.run("resume")
    approved = near.run("approve")
    again = near.run("approve")

    assert (held.status, "12 held back; 1 need attention" in held.out) == (1, True)
    assert (resting.status, "is paused" in resting.err) == (2, True)
    assert (approved.status, "12 deleted in Outlook" in approved.out) == (0, True)
    assert (again.status, "nothing to approve" in again.err) == (2, True)


def test_a_paused_connection_rests_until_it_is_resumed(near: NearOffice) -> None:
    """A sync of all passes it over, a sync of it is refused, resuming syncs it."""
    near.people("Okafor")
    connection = near.connect()

    paused = near.run("pause")
    of_all, of_it = near.run("sync"), near.run("sync", connection)
    resumed = near.run("resume", connection[:6])

    assert (paused.status, of_all.status, of_it.status, resumed.status) == (0, 0, 2, 0)
    assert of_all.out == "there is no connection to sync\n"
    assert f"connection {connection} is paused (paused_by_person): Paused on request" in of_it.err
    assert "1 created in Outlook" in resumed.out


def test_a_full_sync_reads_both_sides_again(near: NearOffice) -> None:
    """And writes nothing where nothing is missing."""
    near.people("Okafor")
    near.connect()
    near.run("sync")

    (run,) = near.run("sync", "--full", "--json").document["synced"][0]["runs"]

    assert (run["mode"], run["state"], run["counts"]["writes"]) == ("full", "done", 0)


class _Slow(InProcessGraph):
    """Takes a few turns of the event loop for each answer, so that somebody can watch."""

    async def send(self, request: http.Request) -> http.Answer:
        """Let others have their turn first."""
        for _ in range(3):
            await asyncio.sleep(0)
        return await super().send(request)


def test_a_person_at_a_terminal_sees_how_far_it_is(near: NearOffice) -> None:
    """In a line of its own on stderr; a file on stderr holds no such line."""
    near.people(*(f"Person{number:03}" for number in range(200)))
    near.graph_transport = _Slow(near.graph)

    watched = near.type(CONNECT)
    near.people("Okafor")
    unwatched = near.run("sync")

    assert "contacts linked so far" in watched.err
    assert "contacts linked so far" not in watched.out + unwatched.words
    assert "200 created in Outlook" in watched.out


def test_ctrl_c_is_an_answer_too(office: Office) -> None:
    """At the question whether to disconnect it ends the command at once, and nothing is changed."""
    office.run(*CONNECT, "--no-sync")
    before = rows_of(office.state)
    ours, theirs = pty.openpty()
    command = subprocess.Popen(
        office.command("disconnect"),
        cwd=office.folder,
        env=office.surroundings(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    asked = b""
    while b"[y/N]" not in asked:
        asked += os.read(ours, 1000)

    command.send_signal(signal.SIGINT)
    out, _ = command.communicate(timeout=60)
    os.close(ours)

    assert (command.returncode, out) == (130, b"")
    assert rows_of(office.state) == before


def test_disconnecting_asks_a_person_at_a_terminal(near: NearOffice) -> None:
    """Only a yes counts; the contacts stay."""
    near.people("Okafor")
    connection = near.connect()
    near.run("sync")

    silent = near.type(["disconnect"])
    agreed = near.type(["disconnect"], "Yes\n")

    assert (silent.status, "it was not confirmed; nothing was changed" in silent.err) == (2, True)
    assert f"End connection {connection} of {MAILBOX}?" in silent.err
    assert (agreed.status, f"connection {connection} has ended" in agreed.out) == (0, True)
    assert len(near.crm.state("Contacts")["entities"]["Contacts"]) == 1
