"""`--journeys`: the files of three journeys through the product, in the order in which a reader meets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from emulators.bench.measuring import ProductInProcess
from emulators.bench.opening import connected, filled
from emulators.bench.situations import FROM_PIPELINER, PAUSE_S, Bench, NotMeasured
from emulators.bench.tracing import Tracer, Trail
from emulators.seeds import EMPTY
from emulators.serving import services_in_process
from sync_core.operations import tick, work_message
from sync_core.queues import write_message
from sync_core.web import Admission, Request, respond
from sync_core.web.routes import BY_NAME

PEOPLE = 3
MESSAGE_ID = "message-1"


@dataclass(frozen=True, slots=True)
class Bound:
    """How long a journey may be."""

    files: int
    functions: int
    depth: int


@dataclass(frozen=True, slots=True)
class Journey:
    """A way through the product, walked once in a connection that is in sync."""

    name: str
    label: str
    walk: Callable[[Bench, ProductInProcess], Trail]
    bound: Bound | None = None


@dataclass(frozen=True, slots=True)
class Walked:
    """A journey and what it went through."""

    journey: Journey
    trail: Trail

    @property
    def ok(self) -> bool:
        """Whether it keeps its bound."""
        bound, trail = self.journey.bound, self.trail
        if bound is None:
            return True
        return len(trail.files) <= bound.files and trail.functions <= bound.functions and trail.depth <= bound.depth

    def as_json(self) -> dict[str, Any]:
        """The journey as it stands in the JSON report."""
        bound = self.journey.bound
        return {
            "name": self.journey.name,
            "label": self.journey.label,
            "files": {name: sorted(entered) for name, entered in self.trail.files.items()},
            "functions": self.trail.functions,
            "depth": self.trail.depth,
            "bound": asdict(bound) if bound else None,
            "ok": self.ok,
        }


def _tick_to_inbox(bench: Bench, product: ProductInProcess) -> Trail:
    bench.sides.edit_in_pipeliner(bench.sides.pipeliner()[:1], "anew")
    with Tracer() as tracer:
        ticked = product.run(tick(product.local.deployment))
    if ticked.rows != 1:
        raise NotMeasured(f"the tick brought {ticked.rows} rows for one edit in Pipeliner")
    return tracer.trail


def _message_to_row(bench: Bench, product: ProductInProcess) -> Trail:
    bench.sides.retitle_in_outlook(bench.sides.outlook()[:1], "anew")
    product.do("tick")
    request = product.local.take_request()
    if request is None:
        raise NotMeasured("the tick asked for no run")
    body = write_message(request).encode()
    with Tracer() as tracer:
        product.run(work_message(product.local.deployment, body, MESSAGE_ID))
    if not bench.sides.are_equal():
        raise NotMeasured("the edit in Outlook did not travel")
    return tracer.trail


def _patch_over_http(bench: Bench, product: ProductInProcess) -> Trail:
    admission, body = Admission(), b'{"settings": {"delete_protection": true}}'
    headers = {"content-type": "application/json"}
    request = Request({"connection_id": bench.connection}, body=body, method="PATCH", headers=headers)
    with Tracer() as tracer:
        answering = respond(BY_NAME["change_connection"], lambda: product.local.deployment, request, admission)
        answer = product.run(answering)
    if answer.status != 200 or b'"delete_protection": true' not in answer.body:
        raise NotMeasured(f"the settings were not changed: status {answer.status}")
    return tracer.trail


MESSAGE_TO_ROW = Journey(
    "message_to_row", "one Outlook edit, queue message to stored row", _message_to_row, Bound(45, 220, 18)
)
JOURNEYS = (
    Journey("tick_to_inbox", "one Pipeliner edit, timer tick to inbox row", _tick_to_inbox),
    MESSAGE_TO_ROW,
    Journey("patch_over_http", "one change of settings, HTTP request to answer", _patch_over_http),
)


def walk_all(journeys: Sequence[Journey] = JOURNEYS) -> Iterator[Walked]:
    """Walk each journey in services and a deployment of its own. Raises NotMeasured."""
    for journey in journeys:
        services = services_in_process(EMPTY)
        sides = filled(services, partial(FROM_PIPELINER.fill, PEOPLE))
        with ProductInProcess(services) as product:
            bench = connected(services, sides, product)
            for _ in range(2):
                bench.tick_and_drain()
            bench.advance(PAUSE_S)
            bench.tick_and_drain()
            yield Walked(journey, journey.walk(bench, product))


def told(walked: Sequence[Walked]) -> str:
    """Return the journeys as text: the numbers, then each file with the number of its functions that are entered."""
    return "\n\n".join("\n".join(_lines(item)) for item in walked)


def _lines(item: Walked) -> Iterator[str]:
    trail, bound = item.trail, item.journey.bound
    limits = "" if bound is None else f" (at most {bound.files}, {bound.functions}, {bound.depth})"
    yield f"{item.journey.label}: {len(trail.files)} files, {trail.functions} functions, depth {trail.depth}{limits}"
    yield from (f"{len(entered):5}  {name}" for name, entered in trail.files.items())
