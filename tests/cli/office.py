"""An office with both services on loopback, and the command line as an administrator runs it there."""

from __future__ import annotations

import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emulators.clock import ServiceClock
from emulators.graph import GraphModel
from emulators.http_face import HttpFace
from emulators.in_process import GRAPH_ROOT, InProcessGraph, InProcessPipeliner, PassingClock
from emulators.pipeliner import PipelinerModel
from sync_core.app import App, Parts, build
from sync_core.cli import Surroundings, main
from sync_core.cli.output import Streams
from sync_core.http import Transport
from sync_core.pipeliner.requests_transport import RequestsTransport
from sync_core.queues import LocalQueue
from sync_core.settings import AppSettings
from sync_core.storage import open_store

MAILBOX = "ada@example.test"
USER = "ada@example.test"
TOKEN, PASSWORD = "canary-token-7f3a", "canary-password-91bc"
STATE_FILE = "state.sqlite"
PROJECT = Path(__file__).resolve().parents[2]
CONNECT = ("connect", "--mailbox", MAILBOX, "--user", USER)
NEAR_PIPELINER = "https://emulated.example"
Models = tuple[GraphModel, PipelinerModel, str]
_INHERITED = ("PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "COVERAGE_PROCESS_CONFIG")


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON object on stdout; nothing may stand beside it."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def words(self) -> str:
        """Everything a person sees."""
        return self.out + self.err


@dataclass(slots=True)
class Office:
    """Two services, their people, and one folder in which commands are run."""

    folder: Path
    graph: GraphModel
    crm: PipelinerModel
    user_id: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The state's SQLite file."""
        return self.folder / STATE_FILE

    def command(self, *typed: str) -> list[str]:
        """Return the command as an operating system starts it."""
        return [sys.executable, "-m", "sync_core", *typed]

    def surroundings(self, **changes: str) -> dict[str, str]:
        """Return the environment of a command; a change to blank is like a missing variable."""
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**inherited, "PYTHONPATH": str(PROJECT), **self.environment, **changes}

    def run(self, *typed: str, **changes: str) -> Ran:
        """Run a command in a process of its own."""
        done = subprocess.run(
            self.command(*typed),
            cwd=self.folder,
            env=self.surroundings(**changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
        check_private(ran)
        return ran

    def people(self, *surnames: str) -> None:
        """Let the user have customers of these names."""
        for surname in surnames:
            self.crm.people.create_contact(self.user_id, last_name=surname, first_name="Kim", city="Berlin")

    def in_outlook(self, folder_id: str) -> list[str]:
        """Last names in an Outlook folder."""
        return sorted(str(item["surname"]) for item in self.graph.contacts(MAILBOX, folder_id))


class Window(io.StringIO):
    """A stream of a terminal, or of none."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        """Whether somebody sits in front of it."""
        return self._terminal


@dataclass(slots=True)
class NearOffice(Office):
    """The same without processes and network: services answer in process, and waiting moves the clock."""

    graph_token: str = "issued"
    graph_transport: Transport | None = None
    open_app: Callable[[AppSettings, LocalQueue], App] | None = None
    clock: PassingClock = field(default_factory=PassingClock)

    def run(self, *typed: str, **changes: str) -> Ran:
        """Run a command in this process, away from any terminal."""
        return self._run(typed, Window(), changes)

    def type(self, typed: Sequence[str], answer: str = "") -> Ran:
        """Run a command at a terminal, where a person answers one question."""
        return self._run(typed, Window(answer, terminal=True), {})

    def _run(self, typed: Sequence[str], stdin: Window, changes: Mapping[str, str]) -> Ran:
        out, err = Window(terminal=stdin.isatty()), Window(terminal=stdin.isatty())
        streams = Streams(stdin, out, err)
        environment = self.surroundings(**changes)
        status = main(typed, Surroundings(environment, streams, self.open_app or self._open, progress_interval_s=0.0))
        ran = Ran(status, out.getvalue(), err.getvalue())
        check_private(ran)
        return ran

    def connect(self, *options: str) -> str:
        """Connect the user's mailbox without a sync; returns the connection's id."""
        ran = self.run(*CONNECT, "--setting", "deletion_delay_minutes=0", *options, "--no-sync", "--json")
        return str(ran.document["connection"]["id"])

    def _open(self, settings: AppSettings, queue: LocalQueue) -> App:
        store = open_store(settings.sync_state.get_secret_value())
        url = settings.pipeliner_service_url
        token, password = settings.pipeliner_api_token.get_secret_value(), settings.pipeliner_api_password
        pipeliner: Transport
        if url == NEAR_PIPELINER:
            pipeliner = InProcessPipeliner(self.crm, token, password.get_secret_value())
        else:
            pipeliner = RequestsTransport(url, token, password.get_secret_value())
        graph = self.graph_transport or InProcessGraph(self.graph, self.graph_token)
        app = build(settings, Parts(store, graph, pipeliner, queue, self.clock))
        app.closers.extend([store.close, pipeliner.close])
        return app


def check_private(ran: Ran) -> None:
    """Fail when a secret or a traceback is in what a person sees."""
    assert TOKEN not in ran.words
    assert PASSWORD not in ran.words
    assert "Traceback" not in ran.words


def rows_of(state: Path) -> list[tuple[str, str, str, str]]:
    """Read everything that is stored, but the audit trail, which tells of refusals too."""
    if not state.exists():
        return []
    with closing(sqlite3.connect(state)) as database:
        query = (
            "SELECT table_name, partition, key, body FROM stored_rows WHERE partition NOT LIKE 'audit.%' "
            "ORDER BY table_name, partition, key"
        )
        return list(database.execute(query))


def settings_of(graph_url: str, pipeliner_url: str, state: Path) -> dict[str, str]:
    """Return the settings of a deployment."""
    return {
        "GRAPH_BASE_URL": graph_url,
        "PIPELINER_SERVICE_URL": pipeliner_url,
        "PIPELINER_SPACE_ID": "em_Emulated",
        "PIPELINER_API_TOKEN": TOKEN,
        "PIPELINER_API_PASSWORD": PASSWORD,
        "PIPELINER_REQUESTS_PER_SECOND": "1000",
        "SYNC_STATE": f"sqlite:///{state}",
    }


def new_models() -> Models:
    """Build both services with one colleague; returns their Pipeliner id too."""
    clock = ServiceClock(source=lambda: datetime.now(UTC))
    graph = GraphModel(clock)
    crm = PipelinerModel(clock, username=TOKEN, password=PASSWORD)
    graph.add_user(MAILBOX)
    return graph, crm, crm.people.add_user(USER)


def open_office(folder: Path, graph: HttpFace, pipeliner: HttpFace, models: Models) -> Office:
    """Open an office whose services are served already."""
    return Office(folder, *models, settings_of(graph.base_url, pipeliner.base_url, folder / STATE_FILE))


def open_near_office(folder: Path) -> NearOffice:
    """Open an office whose services answer in process."""
    models = new_models()
    settings = settings_of(GRAPH_ROOT, NEAR_PIPELINER, folder / STATE_FILE)
    return NearOffice(folder, *models, settings, clock=PassingClock(models[0].clock))


def closed_port() -> str:
    """Return an address on loopback where nothing answers."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}"
