"""The world of a story: both services with their habits, one deployment between them, and its connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from emulators.clock import ServiceClock
from emulators.graph import GraphModel, GraphSwitches
from emulators.in_process import PassingClock
from emulators.memory_store import MemoryStore
from emulators.pipeliner import PipelinerModel, PipelinerSwitches
from sync_core.app import Parts, build
from sync_core.connection_settings import ConnectionSettings
from sync_core.operations import ConnectRequest, Deployment, connect
from sync_core.state import ConnectionRecord
from tests.battery.simulation.chronicle import Chronicle
from tests.battery.simulation.faults import (
    DisorderlyQueue,
    MomentousGraph,
    MomentousPipeliner,
    MomentousStore,
    Moments,
    NotingFaults,
)
from tests.battery.simulation.sight import Sight
from tests.battery.simulation.story import Json
from tests.battery.simulation.witness import Witness
from tests.scenarios.world import SETTINGS

ADDRESSES = ("ada@example.test", "ben@example.test")


@dataclass(slots=True)
class Office:
    """Everything that a story happens to."""

    graph: GraphModel
    crm: PipelinerModel
    store: MemoryStore
    queue: DisorderlyQueue
    moments: Moments
    chronicle: Chronicle
    deployment: Deployment
    user_ids: tuple[str, ...]
    unit_ids: tuple[str, str]
    records: list[ConnectionRecord] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    births: list[Json] = field(default_factory=list)
    worker: int = 1
    answers_questions: bool = False
    """Whether people say in the end what every question is about."""

    @property
    def clock(self) -> ServiceClock:
        """The time of everybody."""
        return self.crm.clock


class _Minted:
    """Ids in order."""

    def __init__(self) -> None:
        self._count: Iterator[int] = iter(range(1, 1_000_000))

    def __call__(self) -> str:
        return f"{next(self._count):08x}"


async def open_office(world: Json) -> Office:
    """Build the world of a story, without its people and connections."""
    clock = ServiceClock()
    graph = GraphModel(clock, GraphSwitches(**world.get("graph", {})))
    crm = PipelinerModel(clock, PipelinerSwitches())
    for address in ADDRESSES:
        graph.add_user(address)
    user_ids = tuple(crm.people.add_user(address) for address in ADDRESSES)
    unit_ids = crm.space.default_unit_id or "", crm.people.add_unit("Elsewhere")
    if world.get("key_field"):
        crm.people.add_field("cf_sync_key")
    crm.switches.change(world.get("crm", {}))
    chronicle = Chronicle(Sight(graph, crm), lambda: clock.peek().timestamp(), lambda: crm.switches.visible_after_s)
    latency_s = world.get("latency_s", 0.0)
    moments = Moments(chronicle, Witness(crm), lambda: clock.advance(latency_s))
    graph.faults = NotingFaults("graph", moments, lambda: graph.switches.if_match_enforced)
    crm.faults = NotingFaults("pipeliner", moments, lambda: False)
    store = MemoryStore()
    queue = DisorderlyQueue(clock)
    parts = Parts(
        MomentousStore(store, moments),
        MomentousGraph(moments, graph),
        MomentousPipeliner(moments, crm),
        queue,
        PassingClock(clock),
    )
    settings = SETTINGS.model_copy(update=world.get("app", {}))
    deployment = replace(build(settings, parts).deployment, mint_id=_Minted())
    answers = world.get("answers", False)
    parties = user_ids, unit_ids
    return Office(graph, crm, store, queue, moments, chronicle, deployment, *parties, answers_questions=answers)


async def add_connection(office: Office, given: Json) -> None:
    """Connect a salesman's folder as the story says."""
    address = ADDRESSES[given["mailbox"]]
    folder = given.get("folder", "new")
    if folder != "new":
        folder = office.graph.add_folder(address, folder)
    at_once = {"deletion_delay_minutes": 0, "max_create_count": 1_000}
    settings = ConnectionSettings.model_validate(at_once | given.get("settings", {}))
    request = ConnectRequest(mailbox=address, user=ADDRESSES[given["user"]], folder=folder, settings=settings)
    office.records.append(await connect(office.deployment, request))
