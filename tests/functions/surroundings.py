"""Everything around the deployed app: both services over HTTP, storage in Azurite, and the app in its worker."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableEntity, TableServiceClient
from azure.storage.queue import QueueServiceClient

from emulators.graph import GraphModel
from emulators.http_face import HttpFace
from emulators.pipeliner import PipelinerModel
from sync_core.queues import POISON_QUEUE, RUNS_QUEUE
from sync_core.state import AUDIT
from sync_core.storage import Table, decode_key, encode_key
from tests.azurite import Azurite
from tests.functions.invocation import HttpAnswer, HttpCall
from tests.functions.mini_host import MiniHost
from tests.functions.snapshot import PROJECT
from tests.functions.worker_process import WorkerProcess

SECRET: Final = "emulator"
MOST_IN_A_TRANSACTION: Final = 100
IDENTITY_KEY: Final = "emulator-identity-key-of-no-worth"

Stored = Mapping[tuple[str, str, str], str]
"""Table, partition and key to the row's text."""


@dataclass(slots=True)
class Surroundings:
    """One deployed app, and what a test may do around it."""

    graph: GraphModel
    crm: PipelinerModel
    worker: WorkerProcess
    host: MiniHost
    tables: TableServiceClient
    mailbox: str = ""
    user_id: str = ""
    _tests: int = 0
    _logged: int = 0

    def begin(self) -> None:
        """Forget what an earlier test left, and hire a salesman: a mailbox, and a user of the same address."""
        self._clear()
        self._logged = len(self.worker.log())
        self._tests += 1
        self.mailbox = f"ada{self._tests}@example.test"
        self.graph.add_user(self.mailbox)
        self.user_id = self.crm.people.add_user(self.mailbox)

    def log(self) -> str:
        """All that the app has logged since."""
        return self.worker.log()[self._logged :]

    # The API

    def call(self, function: str, *, route: str = "", query: Mapping[str, str] | None = None, body: Any = b"") -> Reply:
        """Send a request to an HTTP function; `route` holds the values of its placeholders, a body may be JSON."""
        bindings = self.worker.functions[function]
        trigger = next(binding for binding in bindings if binding["type"] == "httpTrigger")
        names = re.findall("{([a-z_]+)}", trigger["route"])
        params = dict(zip(names, route.split("/", len(names) - 1), strict=False))
        path = "/api/" + trigger["route"].format_map(params)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if content else {}
        call = HttpCall(trigger["methods"][0], path, params, query or {}, headers, content)
        return Reply.of(self.worker.http(function, call).answer)

    def connect(self, **more: Any) -> str:
        """Connect the salesman's mailbox; returns the connection's id."""
        at_once = {"deletion_delay_minutes": 0} | more.pop("settings", {})
        body = {"mailbox": self.mailbox, "user": self.mailbox, "settings": at_once, **more}
        reply = self.call("connect", body=body)
        assert reply.status == 201, reply.content
        return str(reply.content["id"])

    def connected(self, **more: Any) -> str:
        """Connect and let the first run come."""
        connection_id = self.connect(**more)
        self.drain()
        return connection_id

    # The host

    def tick(self) -> None:
        """Let the timer fire."""
        outcome = self.host.fire("tick")
        assert outcome.succeeded, outcome.stack_trace

    def drain(self) -> int:
        """Work off the queue; returns the number of messages."""
        outcomes = self.host.drain("sync_connection")
        assert all(outcome.succeeded for outcome in outcomes), [outcome.stack_trace for outcome in outcomes]
        return len(outcomes)

    def send(self, text: str) -> None:
        """Put a message into the queue of runs."""
        self.host.queue(RUNS_QUEUE).send_message(base64.b64encode(text.encode()).decode())

    def waiting(self, queue: str = RUNS_QUEUE) -> list[str]:
        """Texts that a queue shows."""
        return [base64.b64decode(message.content).decode() for message in self.host.queue(queue).peek_messages(32)]

    # The storage

    def stored(self) -> Stored:
        """All rows of all tables, but the audit trail, which tells of refusals too."""
        rows: dict[tuple[str, str, str], str] = {}
        for table in Table:
            for entity in self._entities(table):
                pieces = sorted((name for name in entity if name.startswith("p")), key=lambda name: int(name[1:]))
                rows[(table.value, *_place(entity))] = "".join(entity[name] for name in pieces)
        return {place: text for place, text in rows.items() if not place[1].startswith(AUDIT)}

    def _entities(self, table: Table) -> list[TableEntity]:
        """All of a table; a table that was never used is empty."""
        try:
            return list(self.tables.get_table_client(table.value).list_entities())
        except ResourceNotFoundError:
            return []

    def put_row(self, table: Table, partition: str, key: str, text: str) -> None:
        """Put a row that is not there, past the app."""
        place = {"PartitionKey": encode_key(partition), "RowKey": encode_key(key)}
        self.tables.get_table_client(table.value).create_entity({**place, "p0": text})

    def overwrite(self, table: str, partition: str, key: str, text: str) -> None:
        """Put any text into a row, past the app."""
        client = self.tables.get_table_client(table)
        found = next(item for item in client.list_entities() if _place(item) == (partition, key))
        client.upsert_entity({**found, "p0": text})

    def _clear(self) -> None:
        self.graph.faults.clear()
        self.crm.faults.clear()
        for table in Table:
            entities = sorted(self._entities(table), key=_partition)
            for _, rows in groupby(entities, key=_partition):
                self._delete(table, list(rows))
        for queue in (RUNS_QUEUE, POISON_QUEUE):
            self.host.queue(queue).clear_messages()

    def _delete(self, table: Table, rows: Sequence[TableEntity]) -> None:
        """Delete rows of one partition, as many at once as a transaction takes."""
        for first in range(0, len(rows), MOST_IN_A_TRANSACTION):
            some = rows[first : first + MOST_IN_A_TRANSACTION]
            self.tables.get_table_client(table.value).submit_transaction([("delete", row) for row in some])


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API, read."""

    status: int
    headers: Mapping[str, str]
    content: Any

    @classmethod
    def of(cls, answer: HttpAnswer) -> Reply:
        """Read an answer."""
        return cls(answer.status, answer.headers, json.loads(answer.body) if answer.body else None)

    @property
    def words(self) -> str:
        """All that a problem says, for reading it like a person."""
        assert self.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail"} <= set(self.content)
        assert self.content["status"] == self.status
        return "; ".join([self.content["title"], self.content["detail"], *self.content.get("faults", ())])


def _partition(entity: Mapping[str, str]) -> str:
    return entity["PartitionKey"]


def _place(entity: Mapping[str, str]) -> tuple[str, str]:
    return decode_key(entity["PartitionKey"]), decode_key(entity["RowKey"])


def settings(graph_url: str, crm_url: str, storage: str) -> dict[str, str]:
    """The app settings of a deployment on the emulators."""
    return {
        "PIPELINER_SERVICE_URL": crm_url,
        "PIPELINER_SPACE_ID": "em_Emulated",
        "PIPELINER_API_TOKEN": SECRET,
        "PIPELINER_API_PASSWORD": SECRET,
        "PIPELINER_REQUESTS_PER_SECOND": "1000",
        "SYNC_MAX_REQUESTS_PER_MINUTE": "6000",
        "GRAPH_BASE_URL": graph_url,
        "SYNC_STATE": storage,
        "SYNC_IDENTITY_KEY": IDENTITY_KEY,
        "AzureWebJobsStorage": storage,
        "SYNC_SCHEDULE": "0 */5 * * * *",
    }


@contextmanager
def surroundings(azurite: Azurite) -> Iterator[Surroundings]:
    """Start both services and the app."""
    graph, crm = GraphModel(), PipelinerModel()
    with ExitStack() as opened:
        graph_face, crm_face = opened.enter_context(HttpFace(graph)), opened.enter_context(HttpFace(crm))
        env = settings(graph_face.base_url, crm_face.base_url, azurite.connection_string)
        worker = opened.enter_context(WorkerProcess(PROJECT, env))
        queues = opened.enter_context(QueueServiceClient.from_connection_string(azurite.connection_string))
        tables = opened.enter_context(TableServiceClient.from_connection_string(azurite.connection_string))
        yield Surroundings(graph, crm, worker, MiniHost(worker, queues), tables)
