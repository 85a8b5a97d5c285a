"""Where things go wrong: transports, store and queue that break, wait or let somebody in at a chosen moment."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from emulators.clock import ServiceClock
from emulators.faults import FaultPlan
from emulators.in_process import InProcessGraph, InProcessPipeliner
from emulators.wire import Answer, Dropped, Model, Reply, Request
from sync_core import http
from sync_core.engine.ports import RunRequest
from sync_core.errors import StoreUnavailable
from sync_core.storage import Operation, Row, Store, Table
from tests.battery.simulation.chronicle import Chronicle
from tests.battery.simulation.story import Json
from tests.battery.simulation.witness import Witness


class Crash(BaseException):
    """The process is gone; nothing of ours may catch this."""


@dataclass(slots=True)
class Armed:
    """Something that happens at the n-th matching moment from now: a request, or a transaction of the store."""

    where: str
    left: int
    after: bool
    then: Json
    pattern: re.Pattern[str]


@dataclass(slots=True)
class Moments:
    """Knows every request and transaction, and lets armed things happen; nothing nests deeper than one."""

    chronicle: Chronicle
    witness: Witness
    run_time: Callable[[], None]
    perform: Callable[[Json], Awaitable[None]] | None = None
    armed: list[Armed] = field(default_factory=list)
    noted: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    writes: int = 0
    changes: int = 0
    """Writes that a service took."""
    _is_nested: bool = False
    _trace: hashlib._Hash = field(default_factory=hashlib.sha256)

    @property
    def trace(self) -> str:
        """Hash of everything that was sent so far."""
        return self._trace.hexdigest()

    def note(self, *words: object) -> None:
        """Add to the trace."""
        self._trace.update("\x1f".join(map(str, words)).encode())

    def arm(self, where: str, nth: int, then: Json, *, after: bool, pattern: str = "") -> None:
        """Let something happen at the n-th moment from now."""
        self.armed.append(Armed(where, nth, after, then, re.compile(pattern)))

    def disarm(self) -> None:
        """Forget everything that has not happened."""
        self.armed.clear()

    async def moment(self, where: str, line: str, *, after: bool) -> None:
        """Let what is due happen. Raises Crash, or StoreUnavailable for a store that does not answer."""
        if not self.armed or self._is_nested or self.perform is None:
            return
        for item in list(self.armed):
            if item.where != where or item.after is not after or not item.pattern.search(line):
                continue
            item.left -= 1
            if item.left == 0:
                self.armed.remove(item)
                await self._happen(item, line)

    async def _happen(self, item: Armed, line: str) -> None:
        when = "after" if item.after else "before"
        action = item.then["action"]
        self.noted[f"at {item.where}: {action}"] += 1
        if action == "crash":
            self.noted[f"crash {when} {item.where}"] += 1
            self.noted["crash after the journal"] += item.where == "store" and item.after and "2.journal" in line
            raise Crash
        if action == "silence":
            self.noted[f"store silent {when} effect"] += 1
            raise StoreUnavailable("the store did not answer")
        if self.perform is None:
            return
        self._is_nested = True
        try:
            await self.perform(item.then)
        finally:
            self._is_nested = False


def _has_changed(answer: Answer) -> bool:
    """Whether a write was accepted; of a batch (a list of ids and errors) at least one part."""
    if answer.status >= HTTPStatus.BAD_REQUEST:
        return False
    data = answer.json().get("data") if answer.body else None
    return not isinstance(data, list) or any(isinstance(part, str) for part in data)


class NotingFaults(FaultPlan):
    """A fault plan that says what it hit, counts writes, and shows them to the chronicle."""

    def __init__(self, service: str, moments: Moments, is_guarded: Callable[[], bool]) -> None:
        super().__init__()
        self._service = service
        self._moments = moments
        self._is_guarded = is_guarded

    def apply(self, request: Request, perform: Callable[[], Answer]) -> Reply:
        """Perform the request under the first fault that is due, or plainly."""
        is_write = request.method != "GET" and not request.path.endswith("$batch")
        self._moments.requests[self._service] += 1
        before = self.fired
        witness = self._moments.witness
        witness.observe()
        if not is_write:
            reply = super().apply(request, perform)
            self._moments.chronicle.sync_reads(request)
            witness.looks(request, reply)
        else:
            self._moments.writes += 1
            guarded = self._is_guarded() and "if-match" in request.headers
            with self._moments.chronicle.sync_writes(is_guarded=guarded), witness.writes():
                reply = super().apply(request, perform)
            has_changed = isinstance(reply, Dropped) or _has_changed(reply)
            self._moments.changes += has_changed
            if has_changed:
                witness.wrote(self._service)
        if self.fired > before:
            self._note(request, reply)
        elif isinstance(reply, Answer) and reply.status == HTTPStatus.PRECONDITION_FAILED:
            self._moments.noted["status 412"] += 1
        return reply

    def _note(self, request: Request, reply: Reply) -> None:
        noted = self._moments.noted
        kind = _kind(request)
        noted[f"fault {self._service}"] += 1
        if isinstance(reply, Dropped):
            when = "after" if reply.effect_done else "before"
            noted[f"dropped {when} {kind} in {self._service}"] += 1
            return
        if reply.cut_at is not None:
            noted[f"cut {kind} in {self._service}"] += 1
        if reply.status >= HTTPStatus.BAD_REQUEST:
            noted[f"{self._service} {reply.status} {kind}"] += 1
            noted[f"status {reply.status}"] += 1
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            noted[f"retry-after {_form(reply.headers.get('Retry-After', ''))}"] += 1


def _kind(request: Request) -> str:
    if request.path.endswith("$batch"):
        return "batch"
    if "delta" in request.path:
        return "delta"
    return {"GET": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}.get(request.method, "other")


def _form(text: str) -> str:
    if not text:
        return "missing"
    if text.isdigit():
        return "long" if int(text) >= 100 else "whole"
    return "fraction" if "." in text else "date"


class MomentousGraph(InProcessGraph):
    """The in-process transport with moments before and after every request."""

    def __init__(self, moments: Moments, model: Model) -> None:
        super().__init__(model)
        self._moments = moments

    async def send(self, request: http.Request) -> http.Answer:
        """Let the model answer."""
        line = f"{request.method} {request.target}"
        self._moments.note(line, request.body)
        self._moments.run_time()
        await self._moments.moment("graph", line, after=False)
        try:
            answer = await super().send(request)
        finally:
            self.sent.clear()
        await self._moments.moment("graph", line, after=True)
        return answer


class MomentousPipeliner(InProcessPipeliner):
    """The in-process transport with moments before and after every request."""

    def __init__(self, moments: Moments, model: Model) -> None:
        super().__init__(model)
        self._moments = moments

    async def send(self, request: http.Request) -> http.Answer:
        """Let the model answer."""
        line = f"{request.method} {request.target}"
        self._moments.note(line, request.body)
        self._moments.run_time()
        await self._moments.moment("pipeliner", line, after=False)
        try:
            answer = await super().send(request)
        finally:
            self.sent.clear()
        await self._moments.moment("pipeliner", line, after=True)
        return answer


class MomentousStore:
    """A store with moments before and after every transaction."""

    def __init__(self, store: Store, moments: Moments) -> None:
        self._store = store
        self._moments = moments

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """Run on."""
        return await self._store.get(table, partition, key)

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """Run on."""
        return await self._store.get_many(table, partition, keys)

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = 1000) -> list[Row]:
        """Run on."""
        return await self._store.read(table, partition, start, end, limit)

    async def partitions(self, table: Table) -> list[str]:
        """Run on."""
        return await self._store.partitions(table)

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Run on, unless something is due."""
        line = " ".join(operation.key for operation in operations) if self._moments.armed else ""
        await self._moments.moment("store", line, after=False)
        etags = await self._store.transact(table, partition, operations)
        await self._moments.moment("store", line, after=True)
        return etags

    async def close(self) -> None:
        """Run on."""
        await self._store.close()


@dataclass(slots=True)
class Message:
    """A queue message and when it becomes visible."""

    due: float
    serial: int
    request: RunRequest
    tries: int = 0


class DisorderlyQueue:
    """A queue in virtual time that loses, doubles and reorders messages when it is told to."""

    def __init__(self, clock: ServiceClock) -> None:
        self.waiting: list[Message] = []
        self._clock = clock
        self._serial = 0
        self._habit = ""

    async def put(self, request: RunRequest, delay_s: float = 0) -> None:
        """Enqueue a request, visible after a delay."""
        habit, self._habit = self._habit, ""
        if habit == "lose":
            return
        self._add(request, delay_s)
        if habit == "double":
            self._add(request, delay_s + 1)
        if habit == "late":
            self.waiting[-1].due += 200

    def expect(self, habit: str) -> None:
        """Do something to the next message: lose, double or late."""
        self._habit = habit

    def again(self, message: Message, delay_s: float) -> None:
        """Show a message that was not finished once more, as a queue does."""
        message.due = self._now() + delay_s
        message.tries += 1
        self.waiting.append(message)

    def take(self, until: float) -> Message | None:
        """Take the message that is due first, if it is due by then; the clock goes on to its time."""
        first = min(self.waiting, key=lambda item: (item.due, item.serial), default=None)
        if first is None or max(first.due, self._now()) > until:
            return None
        self.waiting.remove(first)
        self._clock.advance(max(0.0, first.due - self._now()))
        return first

    def _add(self, request: RunRequest, delay_s: float) -> None:
        self._serial += 1
        self.waiting.append(Message(self._now() + delay_s, self._serial, request))

    def _now(self) -> float:
        return self._clock.peek().timestamp()
