"""A whole deployment in one process: the real product over the emulators' models, and people who edit on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulators.clock import ServiceClock
from emulators.counting import CountingStore
from emulators.graph import GraphModel, GraphSwitches
from emulators.in_process import GRAPH_ROOT, InProcessGraph, InProcessPipeliner, MintedInOrder, PassingClock
from emulators.pipeliner import PipelinerModel, PipelinerSwitches
from sync_core.app import Parts, build
from sync_core.connection_settings import ConnectionSettings
from sync_core.domain import Action, AttentionItem, Recorded, RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.engine.run import RunResult
from sync_core.operations import ConnectRequest, Deployment, connect, tick, work
from sync_core.queues import LocalQueue
from sync_core.settings import AppSettings
from sync_core.state import ConnectionRecord
from sync_core.storage import SqliteStore, Store

MAILBOX = "ada@example.test"
SALESMAN = "ada@example.test"
COLLEAGUE = "ben@example.test"
MOST_RUNS = 25
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
        "sync_identity_key": "emulator-identity-key-of-no-worth",
        "sync_pass_budget_s": 540,
    }
)


@dataclass(slots=True)
class World:
    """Both services, the deployment between them, and one connection of one salesman."""

    graph: GraphModel
    crm: PipelinerModel
    store: CountingStore
    deployment: Deployment
    queue: LocalQueue
    user_id: str
    colleague_id: str
    records: list[ConnectionRecord] = field(default_factory=list)
    results: list[RunResult] = field(default_factory=list)

    @property
    def record(self) -> ConnectionRecord:
        """The connection of the story."""
        return self.records[0]

    # What the deployment does

    async def connect(self, mailbox: str = MAILBOX, user: str = SALESMAN, folder: str = "new", **settings: Any) -> str:
        """Connect, without running a run yet; returns the connection's id. A delete travels at once, unless asked."""
        chosen = ConnectionSettings.model_validate({"deletion_delay_minutes": 0, "max_create_count": 1_000} | settings)
        request = ConnectRequest(mailbox=mailbox, user=user, folder=folder, settings=chosen)
        self.records.append(await connect(self.deployment, request))
        return self.records[-1].id

    async def tick(self) -> None:
        """Let the timer fire once, and work off what it asks for."""
        await tick(self.deployment)
        await self.drain()

    async def sync(self, mode: RunMode = RunMode.DELTA, record: ConnectionRecord | None = None) -> RunResult:
        """Poll the feed, then run one run and what follows from it; returns the first result."""
        await tick(self.deployment)
        while self.queue.take() is not None:
            pass
        result = await self.one_run(mode, record)
        await self.drain()
        return result

    async def one_run(self, mode: RunMode = RunMode.DELTA, record: ConnectionRecord | None = None) -> RunResult:
        """Run exactly one run."""
        request = RunRequest((record or self.record).id, Trigger.COMMAND, mode)
        result = await work(self.deployment, request, "worker")
        if result is None:
            raise AssertionError("the run did not run")
        self.results.append(result)
        return result

    async def drain(self) -> None:
        """Work off the queue; waits move the clock."""
        for _ in range(MOST_RUNS):
            taken = self.queue.take()
            if taken is None:
                return
            request, delay_s = taken
            await self.deployment.clock.sleep(delay_s)
            result = await work(self.deployment, request, "worker")
            if result is not None:
                self.results.append(result)
        raise AssertionError("the runs do not come to rest")

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

    async def history(self, action: Action | None = None) -> list[Recorded]:
        """History of the connection, newest first."""
        entries = await self.deployment.reader(self.record.id).history(limit=1000)
        return [item for item in entries if action is None or item.entry.action is action]

    async def attention(self) -> list[AttentionItem]:
        """What waits for a person."""
        return await self.deployment.reader(self.record.id).attention()

    # What people do

    def write_in_outlook(self, surname: str, given: str = "", **properties: Any) -> str:
        """Create a contact in the connected folder by hand."""
        body = {"surname": surname, "givenName": given, **properties}
        return self.graph.create_contact(self.record.mailbox, body, self.folder_id)

    def edit_in_outlook(self, surname: str, **changes: Any) -> None:
        """Edit a contact in the connected folder."""
        self.graph.edit_contact(self.record.mailbox, self.person(surname)["id"], changes)

    async def touch_in_outlook(self, surname: str) -> None:
        """Let a person put a card into a category, and the sync notice: it is theirs from then on."""
        self.edit_in_outlook(surname, categories=["Friends"])
        await self.sync()

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
    counting = CountingStore(store or SqliteStore(":memory:"))
    queue = LocalQueue()
    services = (InProcessGraph(graph_model), InProcessPipeliner(crm_model))
    parts = Parts(counting, *services, queue, PassingClock(clock))
    settings = SETTINGS.model_copy(update=dict(app or {}))
    deployment = replace(build(settings, parts).deployment, mint_id=MintedInOrder())
    world = World(graph_model, crm_model, counting, deployment, queue, *users)
    OPEN_WORLDS.append(world)
    return world


def _add_people(graph: GraphModel, crm: PipelinerModel) -> tuple[str, str]:
    for address in (MAILBOX, COLLEAGUE):
        graph.add_user(address)
    return crm.people.add_user(SALESMAN), crm.people.add_user(COLLEAGUE)
