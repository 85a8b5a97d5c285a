"""The situations that are measured, each against fresh services and with the product in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulators.bench import findings
from emulators.bench.findings import Finding
from emulators.bench.measuring import Product, Used, environ_of
from emulators.seeds import EMPTY, Member, add_member
from emulators.serving import Services, running_services

ROOT = Path(__file__).resolve().parents[2]
CHANGED = (0, 1, 100)
FEWEST_CONTACTS = 2 * max(CHANGED)
"""With fewer, more than half would change at once, which the product holds back for an approval."""
CONNECTIONS = (1, 10, 100)
GRAPH, PIPELINER, STORAGE = "Graph requests", "Pipeliner requests", "storage operations"
_PAUSE_S = 3600.0
_UNLIMITED = 10_000_000
"""Graph takes 10,000 requests of an app to a mailbox in ten minutes; waiting for that would measure nothing."""

_IMPORT = """
import json, sys, time
started = time.perf_counter()
import function_app
seconds = time.perf_counter() - started
from emulators.bench.product import peak_memory_mb
typed = [name for name in sys.modules if name.startswith("msgraph.generated.models")]
print(json.dumps({"typed": len(typed), "modules": len(sys.modules), "mb": peak_memory_mb(), "seconds": seconds}))
"""


class NotMeasured(Exception):
    """A situation did not come about; the message says why."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The services and the product of one situation, with one connection."""

    services: Services
    product: Product
    member: Member
    connection: str

    def settle(self) -> None:
        """Let echoes come back and pass by, and some time after them."""
        for _ in range(2):
            self.product.do("tick")
            self.product.do("drain")
        self.services.advance(_PAUSE_S)

    def contacts_in_outlook(self) -> list[dict[str, Any]]:
        """What the connected folder holds; the default one is empty."""
        mailbox = self.member.mailbox_id
        folders = self.services.graph.folder_ids(mailbox)
        return [contact for folder in sorted(folders) for contact in self.services.graph.contacts(mailbox, folder)]


@contextmanager
def _bench(contacts: int) -> Iterator[Bench]:
    with (
        running_services(EMPTY, contacts) as services,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Product(services, services.environment(Path(folder) / "state.sqlite")) as product,
    ):
        services.graph.switches.throttle_limit = _UNLIMITED
        member = services.staff[0]
        connected = product.do("connect", mailbox=member.address, user=member.address)
        yield Bench(services, product, member, connected.said["connection"])


def measure_size(contacts: int, tell: Callable[[str], None]) -> Iterator[Finding]:
    """Measure first sync, idle pass, changes and memory with so many contacts."""
    size = f"{contacts} contacts"
    with _bench(contacts) as bench:
        tell(f"{size}: first sync")
        yield from _first_sync(bench, contacts)
        bench.settle()
        tell(f"{size}: idle pass and changes")
        yield from _idle_pass(bench, size)
        for change, side in ((_edit_in_outlook, "Outlook"), (_edit_in_pipeliner, "Pipeliner")):
            for changed in CHANGED:
                change(bench, changed)
                used = _tick_and_pass(bench, changed)
                yield from _counts(f"{changed} changed in {side}, {size}", used, changed)
                bench.settle()
        peak = bench.product.do("forget").peak_mb
    if peak is not None:
        yield Finding(size, "peak memory of the process, MB", round(peak, 1), findings.PASS_MEMORY_MB)


def _first_sync(bench: Bench, contacts: int) -> Iterator[Finding]:
    used = bench.product.do("drain")
    filled = len(bench.contacts_in_outlook())
    if filled != contacts:
        raise NotMeasured(f"the first sync brought {filled} of {contacts} contacts: {dict(used.said)}")
    group = f"first sync of {contacts} contacts"
    yield Finding(group, "Pipeliner reads", used.pipeliner_requests, findings.most_pipeliner_reads(contacts))
    yield Finding(group, "Graph $batch posts", used.graph["POST $batch"], findings.most_batch_posts(contacts))
    yield Finding(group, "other Graph requests", used.graph_requests - used.graph["POST $batch"])
    yield Finding(group, "storage transactions", used.storage["transactions"], findings.most_transactions(contacts))
    yield Finding(group, "storage gets", used.storage["gets"])
    yield Finding(group, "storage range reads", used.storage["ranges"])
    yield Finding(group, "seconds", used.seconds)


def _idle_pass(bench: Bench, size: str) -> Iterator[Finding]:
    used = bench.product.do("pass", connection=bench.connection)
    group = f"idle pass, {size}"
    yield Finding(group, GRAPH, used.graph_requests, findings.IDLE_PASS_GRAPH)
    yield Finding(group, PIPELINER, used.pipeliner_requests, findings.IDLE_PASS_PIPELINER)
    yield Finding(group, STORAGE, used.storage_operations, findings.IDLE_PASS_STORAGE)


def _edit_in_outlook(bench: Bench, changed: int) -> None:
    for contact in _spread(bench.contacts_in_outlook(), changed):
        change = {"mobilePhone": f"{contact['mobilePhone']} ext. {changed}"}
        bench.services.graph.edit_contact(bench.member.mailbox_id, contact["id"], change)


def _edit_in_pipeliner(bench: Bench, changed: int) -> None:
    rows = bench.services.crm.state("Contacts")["entities"]["Contacts"]
    for row in _spread(rows, changed):
        bench.services.crm.people.edit_contact(row["id"], city=f"{row['city']} {changed}")


def _spread(items: Sequence[dict[str, Any]], count: int) -> Sequence[dict[str, Any]]:
    """Take so many, as far from each other as possible."""
    return items[:: max(1, len(items) // count)][:count] if count else ()


def _tick_and_pass(bench: Bench, changed: int) -> tuple[Used, Used]:
    ticked = bench.product.do("tick")
    passed = bench.product.do("drain")
    if passed.said["writes"] != changed:
        raise NotMeasured(f"{passed.said['writes']} of {changed} changes travelled: {dict(passed.said)}")
    return ticked, passed


def _counts(group: str, used: tuple[Used, Used], changed: int) -> Iterator[Finding]:
    ticked, passed = used
    yield Finding(group, GRAPH, ticked.graph_requests + passed.graph_requests)
    yield Finding(group, PIPELINER, ticked.pipeliner_requests + passed.pipeliner_requests)
    operations = ticked.storage_operations + passed.storage_operations
    yield Finding(group, STORAGE, operations, findings.most_storage_operations(changed))


def compare_sizes(measured: Sequence[Finding], sizes: Sequence[int]) -> Iterator[Finding]:
    """Say by how much the requests for the same changes differ between the sizes."""
    by_group: Mapping[tuple[str, str], float] = {(item.group, item.what): item.measured for item in measured}
    for side in ("Outlook", "Pipeliner"):
        for changed in CHANGED:
            for what in (GRAPH, PIPELINER):
                counts = [by_group[f"{changed} changed in {side}, {size} contacts", what] for size in sizes]
                yield Finding(
                    "requests do not depend on the number of contacts",
                    f"difference in {what}, {changed} changed in {side}",
                    max(counts) - min(counts),
                    0,
                )


def measure_ticks(tell: Callable[[str], None]) -> Iterator[Finding]:
    """Measure the idle tick of one space with ever more connections."""
    with _bench(0) as bench:
        made = 1
        for wanted in CONNECTIONS:
            tell(f"idle tick with {wanted} connections")
            for number in range(made, wanted):
                colleague = add_member(bench.services.graph, bench.services.crm, "Colleague", f"No{number}")
                bench.product.do("connect", mailbox=colleague.address, user=colleague.address)
            made = wanted
            for _ in range(2):
                bench.product.do("tick")
                bench.product.do("forget")
            ticked = bench.product.do("tick")
            group = f"idle tick, {wanted} connections"
            yield Finding(group, PIPELINER, ticked.pipeliner_requests, findings.IDLE_TICK_PIPELINER)
            yield Finding(group, STORAGE, ticked.storage_operations)


def measure_import(tell: Callable[[str], None]) -> Iterator[Finding]:
    """Measure the import of the deployed app in a fresh process. Raises NotMeasured."""
    tell("import of function_app")
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", _IMPORT], cwd=ROOT, env=environ_of({}), capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        raise NotMeasured(f"function_app cannot be imported: {' '.join(ended.stderr.split()[-40:])}")
    said = json.loads(ended.stdout)
    group = "import of function_app"
    yield Finding(group, "typed Graph models", said["typed"], findings.TYPED_GRAPH_MODELS)
    yield Finding(group, "modules", said["modules"])
    if said["mb"] is not None:
        yield Finding(group, "memory, MB", round(said["mb"], 1))
    yield Finding(group, "seconds", round(said["seconds"], 2))
