"""The demo's chapter on Azure Functions: `python -m tests.functions.demo_chapter` prints its steps as JSON.

The app runs in Azure's own worker library, with its queue and tables in Azurite and both services over HTTP.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from emulators.demo.runner import Report, Sides, StepReport, Told, Usage, equal
from emulators.demo.story import ABSENT
from emulators.remote import Outside
from emulators.seeds import EMPTY
from emulators.serving import Services, running_services
from tests.azurite import Azurite, running_azurite
from tests.functions.mini_host import MiniHost
from tests.functions.snapshot import PROJECT
from tests.functions.surroundings import IDENTITY_KEY, Surroundings
from tests.functions.worker_process import WorkerProcess

RUN_FINISHED = "done"
NOTHING = Usage(storage_operations=None)
"""Azurite does not say how often it was asked."""
T = TypeVar("T")


@dataclass(slots=True)
class Chapter:
    """The deployed app, both services from outside, and the connection between them."""

    services: Services
    outside: Outside
    around: Surroundings
    connection_id: str = ""
    folder_id: str = ""
    usage: Usage = NOTHING

    def connect(self) -> Told:
        """Connect over the HTTP API and let the queue function run the first run."""
        self.outside.crm.act("create_contact", self._user, first_name="Édith", last_name="Courbet")
        before = self._sides("Courbet")
        self.connection_id = self._counted(self.around.connect)
        messages = self._counted(self.around.drain)
        connection = self.around.call("read_connection", route=self.connection_id).content
        self.folder_id = connection["folder"]["id"]
        return Told(
            "POST /api/connections; the queue function sync_connection runs the first run.",
            before,
            self._sides("Courbet"),
            (
                equal("one queue message was worked off", 1, messages),
                equal("Édith is in Outlook", "Édith Courbet", self._in_outlook("Courbet")),
            ),
        )

    def both_ways(self) -> Told:
        """Let the timer bring one new contact each way."""
        before = Sides(self._in_outlook("Halvorsen"), self._in_pipeliner("Okonkwo"))
        mailbox = self.services.staff[0].mailbox_id
        self.outside.graph.act(
            "create_contact",
            user=mailbox,
            fields={"givenName": "Chiamaka", "surname": "Okonkwo"},
            folder_id=self.folder_id,
        )
        self.outside.crm.act("create_contact", self._user, first_name="Bjørn", last_name="Halvorsen")
        self._counted(self.around.tick)
        self._counted(self.around.drain)
        after = Sides(self._in_outlook("Halvorsen"), self._in_pipeliner("Okonkwo"))
        rows = [text for (table, _, _), text in self.around.stored().items() if table == "sync"]
        linked = [name for name in ("Okonkwo", "Halvorsen") if any(name in text for text in rows)]
        return Told(
            "Chiamaka is written down in Outlook, Bjørn in Pipeliner; the timer function tick fires.",
            before,
            after,
            (
                equal("both travelled", Sides("Bjørn Halvorsen", "Chiamaka Okonkwo"), after),
                equal("both are in the Azure table", ["Okonkwo", "Halvorsen"], linked),
            ),
        )

    def on_request(self) -> Told:
        """Follow a manual sync by its run."""
        before = self._sides("Courbet")
        contact_id = next(
            item["id"] for item in self.outside.crm.contacts(self._user) if item["last_name"] == "Courbet"
        )
        self.outside.crm.act("edit_contact", contact_id, first_name="Edith-Marie")
        self._counted(self.around.tick)
        accepted = self.around.call("request_sync", route=self.connection_id)
        self._counted(self.around.drain)
        run_id = accepted.headers["location"].rpartition("/")[2]
        run = self.around.call("read_run", route=run_id).content
        return Told(
            "POST /api/connections/{id}/sync after an edit in Pipeliner; GET /api/runs/{id} follows it.",
            before,
            self._sides("Courbet"),
            (
                equal("the request is accepted", 202, accepted.status),
                equal("its run ended", RUN_FINISHED, run["state"]),
                equal("the edit is in Outlook", "Edith-Marie Courbet", self._in_outlook("Courbet")),
            ),
        )

    def _counted(self, work: Callable[[], T]) -> T:
        before = self.services.graph.total_requests, self.services.crm.total_requests
        result = work()
        after = self.services.graph.total_requests, self.services.crm.total_requests
        self.usage += Usage(after[0] - before[0], after[1] - before[1], None)
        return result

    @property
    def _user(self) -> str:
        return self.services.staff[0].user_id

    def _sides(self, surname: str) -> Sides:
        return Sides(self._in_outlook(surname), self._in_pipeliner(surname))

    def _in_outlook(self, surname: str) -> str:
        if not self.folder_id:
            return ABSENT
        contacts = self.outside.graph.contacts(self.services.staff[0].mailbox_id, self.folder_id)
        return _only([f"{item['givenName']} {item['surname']}" for item in contacts if item["surname"] == surname])

    def _in_pipeliner(self, surname: str) -> str:
        contacts = self.outside.crm.contacts(self._user)
        return _only([f"{item['first_name']} {item['last_name']}" for item in contacts if item["last_name"] == surname])


def _only(names: list[str]) -> str:
    return ", ".join(names) or ABSENT


def play() -> Report:
    """Start everything, play the steps, stop everything; a step that fails ends the chapter."""
    with ExitStack() as opened:
        services = opened.enter_context(running_services(EMPTY))
        azurite = opened.enter_context(running_azurite())
        worker = opened.enter_context(WorkerProcess(PROJECT, _environment(services, azurite)))
        queues = opened.enter_context(QueueServiceClient.from_connection_string(azurite.connection_string))
        tables = opened.enter_context(TableServiceClient.from_connection_string(azurite.connection_string))
        member = services.staff[0]
        around = Surroundings(
            services.graph, services.crm, worker, MiniHost(worker, queues), tables, member.address, member.user_id
        )
        chapter = Chapter(services, opened.enter_context(Outside(services)), around)
        steps = (
            ("Azure Functions: connected over HTTP", chapter.connect),
            ("Azure Functions: the timer, both ways", chapter.both_ways),
            ("Azure Functions: a sync on request", chapter.on_request),
        )
        return Report([_played(name, step, chapter) for name, step in steps])


def _environment(services: Services, azurite: Azurite) -> dict[str, str]:
    storage = azurite.connection_string
    return {
        **services.environment(PROJECT),
        "SYNC_STATE": storage,
        "SYNC_IDENTITY_KEY": IDENTITY_KEY,
        "AzureWebJobsStorage": storage,
        "SYNC_SCHEDULE": "0 */5 * * * *",
    }


def _played(name: str, play_step: Callable[[], Told], chapter: Chapter) -> StepReport:
    chapter.usage, started = NOTHING, time.perf_counter()
    told = play_step()
    return StepReport(name, chapter.usage, round(time.perf_counter() - started, 3), told)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(play().as_json()) + "\n")
