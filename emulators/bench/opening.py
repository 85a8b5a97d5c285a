"""Opening a bench: fresh services, filled a day ago, and a fresh product connected with them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emulators.bench.measuring import Product, ProductInProcess, ProductProcess
from emulators.bench.people import Sides
from emulators.bench.situations import Bench, Fill
from emulators.seeds import EMPTY
from emulators.serving import SEEDED_BEFORE_S, Services, running_services, services_in_process

FOLDER = "Customers"
SETTINGS = {"delete_protection": False, "deletion_delay_minutes": 0, "max_create_count": 1_000_000}
"""So that deletes travel both ways."""
UNLIMITED = 10_000_000
"""Graph takes 10,000 requests of an app to a mailbox in ten minutes; waiting for that would measure nothing."""


@contextmanager
def bench_in_child(fill: Fill) -> Iterator[Bench]:
    """Services over HTTP and the product in a process of its own: time and memory are the product's alone."""
    with running_services(EMPTY) as services, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        sides = filled(services, fill)
        with ProductProcess(services, services.environment(Path(folder) / "state.sqlite")) as product:
            yield connected(services, sides, product)


@contextmanager
def bench_in_process(fill: Fill) -> Iterator[Bench]:
    """Everything in this process and in virtual time: the same counts, sooner."""
    services = services_in_process(EMPTY)
    sides = filled(services, fill)
    with ProductInProcess(services) as product:
        yield connected(services, sides, product)


def filled(services: Services, fill: Fill) -> Sides:
    """Make a folder and let people be on both sides since a day ago."""
    services.graph.switches.throttle_limit = UNLIMITED
    member = services.staff[0]
    services.advance(-SEEDED_BEFORE_S)
    sides = Sides(services.graph, services.crm, member, services.graph.add_folder(member.mailbox_id, FOLDER))
    fill(sides)
    services.advance(SEEDED_BEFORE_S)
    return sides


def connected(services: Services, sides: Sides, product: Product) -> Bench:
    """Connect the folder; the first run waits in the queue."""
    address = sides.member.address
    said = product.do("connect", mailbox=address, user=address, folder=sides.folder_id, settings=SETTINGS).said
    return Bench(sides, product, said["connection"], services.advance)
