"""A whole deployment in one process: the real product over the emulators' models, and people who edit on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulators.clock import ServiceClock
from emulators.graph import GraphModel, GraphSwitches
from emulators.pipeliner import PipelinerModel, PipelinerSwitches
from sync_core.app import Parts, build
from sync_core.connection_settings import ConnectionSettings
from sync_core.domain.records import AttentionItem, Deed, Recorded
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.passes import PassResult
from sync_core.operations.connecting import ConnectRequest, connect
from sync_core.operations.ports import Operator
from sync_core.operations.working import tick, work
from sync_core.queues.local import LocalQueue
from sync_core.settings import AppSettings
from sync_core.state.counting import CountingStore
from sync_core.state.embedded import EmbeddedStore
from sync_core.state.registry import ConnectionRecord
from sync_core.state.store import Store
from tests.in_process_graph import GRAPH_ROOT, InProcessGraph
from tests.in_process_pipeliner import InProcessPipeliner, PassingClock

MAILBOX = "ada@example.test"
SALESMAN = "ada@example.test"
COLLEAGUE = "ben@example.test"
MOST_PASSES = 25
OPEN_WORLDS: list[World] = []
"""Worlds whose store the fixture of this folder closes."""

SETTINGS = AppSettings.model_validate(
    {
        "pipeliner_service_url": "https://emulated.example",
        "pipeliner_space_id": "em_Emulated",
        "pipeliner_api_token": "emulator",
        "pipeliner_api_password": "emulator",
        "pipeliner_requests_per_second": 1000,
        "graph_base_url": GRAPH_ROOT,
        "sync_state": "sqlite:///:memory:",
        "sync_pass_budget_s": 540,
    }
)


@dataclass(slots=True)
class World:
    """Both services, the deployment between them, and one connection of one salesman."""

    graph: GraphModel
    crm: PipelinerModel
    store: CountingStore
    operator: Operator
    queue: LocalQueue
    user_id: str
    colleague_id: str
    records: list[ConnectionRecord] = field(default_factory=list)
    results: list[PassResult] = field(default_factory=list)

    @property
    def record(self) -> ConnectionRecord:
        """The connection of the story."""
        return self.records[0]

    # What the deployment does

    async def connect(self, mailbox: str = MAILBOX, user: str = SALESMAN, folder: str = "new", **settings: Any) -> str:
        """Connect, without running a pass yet; gives the connection's id."""
        request = ConnectRequest(
            mailbox=mailbox, user=user, folder=folder, settings=ConnectionSettings.model_validate(settings)
        )
        self.records.append(await connect(self.operator, request))
        return self.records[-1].id

    async def tick(self) -> None:
        """Let the timer fire once, and work off what it asks for."""
        await tick(self.operator)
        await self.drain()

    async def sync(self, mode: str = "delta", record: ConnectionRecord | None = None) -> PassResult:
        """Poll the feed, then run one pass and what follows from it; gives the first result."""
        await tick(self.operator)
        while self.queue.take() is not None:
            pass
        result = await self.one_pass(mode, record)
        await self.drain()
        return result

    async def one_pass(self, mode: str = "delta", record: ConnectionRecord | None = None) -> PassResult:
        """Run exactly one pass."""
        request = PassRequest((record or self.record).id, "test", mode)
        result = await work(self.operator, request, "worker")
        if result is None:
            raise AssertionError("the pass did not run")
        self.results.append(result)
        return result

    async def drain(self) -> None:
        """Work off the queue; waits move the clock."""
        for _ in range(MOST_PASSES):
            taken = self.queue.take()
            if taken is None:
                return
            request, delay_s = taken
            await self.operator.clock.sleep(delay_s)
            result = await work(self.operator, request, "worker")
            if result is not None:
                self.results.append(result)
        raise AssertionError("the passes do not come to rest")

    # What people see

    @property
    def folder_id(self) -> str:
        """The connected folder."""
        return self.record.folder_id

    def outlook(self) -> list[dict[str, Any]]:
        """Contacts in the connected folder, by name."""
        return sorted(self.graph.contacts(self.record.mailbox, self.folder_id), key=_name)

    def person(self, surname: str) -> dict[str, Any]:
        """The one contact in the folder of that last name."""
        found = [item for item in self.outlook() if item["surname"] == surname]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} contacts named {surname} in Outlook")
        return found[0]

    def customers(self, *, deleted: bool = False) -> list[dict[str, Any]]:
        """Contacts in Pipeliner, by name."""
        rows = self.crm.state("Contacts")["entities"]["Contacts"]
        return sorted((row for row in rows if row["is_deleted"] is deleted), key=lambda row: str(row["last_name"]))

    def customer(self, surname: str) -> dict[str, Any]:
        """The one living contact in Pipeliner of that last name."""
        found = [row for row in self.customers() if row["last_name"] == surname]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} contacts named {surname} in Pipeliner")
        return found[0]

    async def history(self, deed: Deed | None = None) -> list[Recorded]:
        """History of the connection, newest first."""
        entries = await self.operator.reader(self.record.id).history(limit=1000)
        return [item for item in entries if deed is None or item.entry.deed is deed]

    async def attention(self) -> list[AttentionItem]:
        """What waits for a person."""
        return await self.operator.reader(self.record.id).attention()

    # What people do

    def write_in_outlook(self, surname: str, given: str = "", **properties: Any) -> str:
        """Create a contact in the connected folder by hand."""
        body = {"surname": surname, "givenName": given, **properties}
        return self.graph.create_contact(self.record.mailbox, body, self.folder_id)

    def edit_in_outlook(self, surname: str, **changes: Any) -> None:
        """Edit a contact in the connected folder."""
        self.graph.edit_contact(self.record.mailbox, self.person(surname)["id"], changes)

    def delete_in_outlook(self, surname: str) -> None:
        """Delete a contact in the connected folder."""
        self.graph.delete_contact(self.record.mailbox, self.person(surname)["id"])

    def write_in_crm(self, surname: str, given: str = "", *, owner: str = "", **values: Any) -> str:
        """Create a contact in Pipeliner."""
        return self.crm.people.create_contact(owner or self.user_id, last_name=surname, first_name=given, **values)

    def edit_in_crm(self, surname: str, **values: Any) -> None:
        """Edit a contact in Pipeliner."""
        self.crm.people.edit_contact(self.customer(surname)["id"], **values)

    def delete_in_crm(self, surname: str) -> None:
        """Delete a contact in Pipeliner."""
        self.crm.people.delete_contact(self.customer(surname)["id"])


def _name(item: Mapping[str, Any]) -> str:
    return str(item["surname"])


def new_world(
    *,
    store: Store | None = None,
    graph: GraphSwitches | None = None,
    crm: PipelinerSwitches | None = None,
    app: Mapping[str, Any] | None = None,
    old: World | None = None,
) -> World:
    """Build both services with two colleagues each (or take those of `old`), and a deployment without connections."""
    clock = old.crm.clock if old else ServiceClock()
    graph_model, crm_model = (old.graph, old.crm) if old else (GraphModel(clock, graph), PipelinerModel(clock, crm))
    users = (old.user_id, old.colleague_id) if old else _add_people(graph_model, crm_model)
    counting = CountingStore(store or EmbeddedStore(":memory:"))
    queue = LocalQueue()
    parts = Parts(counting, InProcessGraph(graph_model), InProcessPipeliner(crm_model), queue, PassingClock(clock))
    settings = SETTINGS.model_copy(update=dict(app or {}))
    operator = replace(build(settings, parts).operator, mint_id=_Minted())
    world = World(graph_model, crm_model, counting, operator, queue, *users)
    OPEN_WORLDS.append(world)
    return world


def _add_people(graph: GraphModel, crm: PipelinerModel) -> tuple[str, str]:
    for address in (MAILBOX, COLLEAGUE):
        graph.add_user(address)
    return crm.people.add_user(SALESMAN), crm.people.add_user(COLLEAGUE)


class _Minted:
    """Ids in order, so that a story is the same each time."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return f"{self._count:08x}"
