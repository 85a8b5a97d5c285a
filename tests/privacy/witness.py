"""Takes down everything that leaves the deployment or is stored by it, to be searched afterwards."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Protocol

from sync_core.engine.ports import RunRequest
from sync_core.operations import Deployment, work
from sync_core.queues import LocalQueue, write_message
from sync_core.redaction import without_values
from sync_core.settings import HttpSignIn
from sync_core.state.rows import parsed
from sync_core.storage import Table
from sync_core.web import Admission, Answer, Request, respond
from sync_core.web.routes import BY_NAME, Endpoint
from tests.privacy.canaries import Canaries, Leak
from tests.privacy.rows import may_hold, stored
from tests.scenarios.world import World
from tests.telemetry.listening import Listener, Point, listened

ANSWERS_THAT_SHOW_VALUES: Mapping[str, str] = {"read_history": "the history shows the old and the new values"}
"""Endpoints whose purpose it is, and why."""


class _Log(logging.Handler):
    """Every line as a careless operator would write it: with arguments, extra fields and the traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self._plain = logging.Formatter("%(levelname)s %(name)s: %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, and all that belongs to the record."""
        self.lines.append(f"{self._plain.format(record)} {vars(record)}")


class ToldQueue(LocalQueue):
    """A queue that keeps its messages as they stand on the wire."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    async def put(self, request: RunRequest, delay_s: float = 0) -> None:
        """Enqueue."""
        self.messages.append(write_message(request))
        await super().put(request, delay_s)


class Deployed(Protocol):
    """A deployment that answers requests."""

    deployment: Deployment


@dataclass(slots=True)
class Witness:
    """What was seen, by where it was seen."""

    canaries: Canaries
    listener: Listener = field(default_factory=Listener)
    queue: ToldQueue = field(default_factory=ToldQueue)
    seen: list[tuple[str, str]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """What may show values, because that is what it is for."""
    log: _Log = field(default_factory=_Log)
    admission: Admission = field(default_factory=lambda: Admission(HttpSignIn()))

    def attach(self, world: World) -> World:
        """Have a world's deployment told about, and its messages kept."""
        world.queue = self.queue
        return listened(world, self.listener)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear every logger at DEBUG meanwhile, whatever its own level."""
        root = logging.getLogger()
        named = [item for item in logging.Logger.manager.loggerDict.values() if isinstance(item, logging.Logger)]
        levels = {item: item.level for item in (root, *named)}
        for item in named:
            item.setLevel(logging.NOTSET)
        root.setLevel(logging.DEBUG)
        root.addHandler(self.log)
        try:
            yield
        finally:
            root.removeHandler(self.log)
            for item, level in levels.items():
                item.setLevel(level)

    async def ask(
        self,
        deployed: Deployed,
        endpoint: Endpoint,
        body: object = None,
        query: Mapping[str, str] | None = None,
        **route: str,
    ) -> Answer:
        """Send a request to the API and take down the answer."""
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if content else {}
        request = Request(route, query or {}, content, "POST" if content else "GET", headers)
        answer = await respond(BY_NAME[endpoint.__name__], lambda: deployed.deployment, request, self.admission)
        self.say(f"answer of {endpoint.__name__}", f"{answer.status} {dict(answer.headers)}")
        if answer.status < 400 and endpoint.__name__ in ANSWERS_THAT_SHOW_VALUES:
            self.shown.append(answer.body.decode())
        else:
            self.say(f"answer of {endpoint.__name__}", answer.body.decode())
        return answer

    async def invoke(self, world: World, request: RunRequest) -> None:
        """Run a run as its function does; what it raises the worker writes to the log, traceback and all."""
        try:
            await without_values(work(world.deployment, request, "worker"), "a run")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is taken down as the worker shows it
            self.say("raised to the worker", "".join(traceback.format_exception(error)))

    def say(self, where: str, text: str) -> None:
        """Take something down."""
        self.seen.append((where, text))

    async def look(self, world: World) -> None:
        """Take down what is stored now: every row but those that exist to hold values."""
        ids = [record.id for record in world.records]
        partitions = {
            Table.CONNECTIONS: await world.store.partitions(Table.CONNECTIONS),  # the audit trail among them
            Table.SYNC: ids,
            Table.SPACES: [world.deployment.settings.pipeliner_space_id],
        }
        for table, row in await stored(world.store, partitions):
            text = f"{row.key} {_readable(row.body)}"
            if may_hold(table, row.key):
                self.shown.append(text)
            else:
                self.say(f"row {table} {row.key}", text)
        for result in world.results:
            self.say("run record", str(asdict(result.run)))

    def evidence(self) -> Sequence[tuple[str, str]]:
        """Everything, also what the exporters got."""
        metrics = json.dumps({name: [asdict(point) for point in points] for name, points in self.told().items()})
        return [
            *self.seen,
            *(("log", line) for line in self.log.lines),
            *(("span", span.to_json()) for span in self.listener.spans),
            *(("queue message", message) for message in self.queue.messages),
            ("metrics", metrics),
        ]

    def told(self) -> Mapping[str, list[Point]]:
        """All metrics."""
        return self.listener.told()

    def leaks(self) -> list[Leak]:
        """Every canary that was found where it must not be."""
        return [leak for where, text in self.evidence() for leak in self.canaries.leaks(text, where)]


def _readable(body: str) -> str:
    """A row's body as it is read; a large one is stored compressed, where nothing would be found."""
    return json.dumps(parsed(body)) if body.startswith("z") else body


def printed(error: BaseException) -> str:
    """An error with all that led to it, as a traceback prints it."""
    text = io.StringIO()
    traceback.print_exception(error, file=text)
    return text.getvalue()
