"""Both emulated services, with what a client must know of them: on loopback HTTP in real time, or in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from emulators.clock import ServiceClock
from emulators.graph import GraphModel
from emulators.http_face import HttpFace
from emulators.in_process import GRAPH_ROOT, PIPELINER_ROOT
from emulators.pipeliner import PipelinerModel
from emulators.seeds import Member, plant

SPACE_ID = "demo_Lighthouse"
SPACE_NAME = "Lighthouse"
API_TOKEN = "emulator-token"  # noqa: S105 - the emulator's own, no secret
API_PASSWORD = "emulator-password"  # noqa: S105 - the emulator's own, no secret
REQUESTS_PER_SECOND = 1000
"""Pipeliner's real allowance would only slow a demo down."""
SEEDED_BEFORE_S = 86_400.0
"""What is there at the start was written a day ago."""


class PortTaken(Exception):
    """A port that was asked for cannot be had; the message says which."""


@dataclass(frozen=True, slots=True)
class Services:
    """The running services; the models may be used directly while no request is under way."""

    graph: GraphModel
    crm: PipelinerModel
    graph_url: str
    crm_url: str
    staff: tuple[Member, ...]

    def environment(self, state: Path) -> dict[str, str]:
        """App settings that point the product at these services, with its state in a SQLite file."""
        return {
            "GRAPH_BASE_URL": self.graph_url,
            "PIPELINER_SERVICE_URL": self.crm_url,
            "PIPELINER_SPACE_ID": SPACE_ID,
            "PIPELINER_API_TOKEN": API_TOKEN,
            "PIPELINER_API_PASSWORD": API_PASSWORD,
            "PIPELINER_REQUESTS_PER_SECOND": str(REQUESTS_PER_SECOND),
            "SYNC_STATE": f"sqlite:///{state}",
        }

    def advance(self, seconds: float) -> None:
        """Let both services' clocks run ahead, or the one that they share."""
        for clock in {self.graph.clock, self.crm.clock}:
            clock.advance(seconds)


@contextmanager
def running_services(seed: str, contacts: int = 0, graph_port: int = 0, pipeliner_port: int = 0) -> Iterator[Services]:
    """Serve both until the block ends; port 0 takes a free one. Raises PortTaken, ValueError for an unknown seed."""
    graph = GraphModel(_real_time())
    crm = PipelinerModel(_real_time(), space_id=SPACE_ID, username=API_TOKEN, password=API_PASSWORD)
    for clock in (graph.clock, crm.clock):
        clock.advance(-SEEDED_BEFORE_S)
    staff = plant(seed, graph, crm, contacts)
    for clock in (graph.clock, crm.clock):
        clock.advance(SEEDED_BEFORE_S)
    with _face("Graph", graph, graph_port) as graph_face, _face("Pipeliner", crm, pipeliner_port) as crm_face:
        yield Services(graph, crm, graph_face.base_url, crm_face.base_url, staff)


def services_in_process(seed: str) -> Services:
    """Both at addresses where nobody listens, sharing one virtual time. Raises ValueError for an unknown seed."""
    clock = ServiceClock()
    graph = GraphModel(clock)
    crm = PipelinerModel(clock, space_id=SPACE_ID, username=API_TOKEN, password=API_PASSWORD)
    services = Services(graph, crm, GRAPH_ROOT, PIPELINER_ROOT, plant(seed, graph, crm))
    services.advance(SEEDED_BEFORE_S)
    return services


def _real_time() -> ServiceClock:
    return ServiceClock(source=lambda: datetime.now(UTC))


def _face(name: str, model: GraphModel | PipelinerModel, port: int) -> HttpFace:
    try:
        return HttpFace(model, port)
    except (OSError, OverflowError) as error:
        raise PortTaken(f"the emulator of {name} cannot have port {port}: choose another or free it") from error
