"""Log lines say which run they belong to, and libraries say nothing of what they carry."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from sync_core.telemetry.opening import LIBRARIES, OURS, PASS_IDS, label_logs, quiet_libraries
from tests.scenarios.world import World, new_world


class _Kept(logging.Handler):
    """Keeps every record."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)


@pytest.fixture
def kept() -> Iterator[_Kept]:
    """The root logger's handler, as the worker has one; everything is put back afterwards."""
    handler, root = _Kept(), logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", OURS, *LIBRARIES)}
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for other in root.handlers:
        other.removeFilter(PASS_IDS)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


async def _synced() -> World:
    world = new_world()
    world.write_in_crm("Abel", "Ann")
    await world.connect()
    await world.sync()
    return world


async def test_every_line_about_a_run_carries_its_ids(kept: _Kept) -> None:
    """As fields, for whoever searches by them; also where no telemetry is sent anywhere. Other lines carry none."""
    label_logs()
    world = await _synced()
    world.graph.drop_access(world.record.mailbox)
    kept.records.clear()

    result = await world.one_run()
    logging.getLogger(f"{OURS}.test").info("outside a run")

    ids = [(item.name, getattr(item, "connection_id", ""), getattr(item, "run_id", "")) for item in kept.records]
    assert ids == [
        ("sync_core.operations.working", world.record.id, result.run.id),
        ("sync_core.operations.connection_status", world.record.id, result.run.id),
        (f"{OURS}.test", "", ""),
    ]


def test_labelling_twice_labels_once(kept: _Kept) -> None:
    """Each event loop opens the app anew."""
    label_logs()
    label_logs()
    assert kept.filters == [PASS_IDS]


@pytest.mark.parametrize("name", ["httpx", "urllib3.connectionpool", "azure.core.pipeline.policies", "kiota_http"])
def test_a_library_logs_errors_only_whatever_the_level(kept: _Kept, name: str) -> None:
    """What goes over the wire is told at DEBUG and INFO, addresses with the values in their queries among it."""
    logging.getLogger().setLevel(logging.DEBUG)
    log = logging.getLogger(name)
    log.info("GET /Contacts?filter=ada@example.test")
    quiet_libraries()

    log.debug("GET /Contacts?filter=ada@example.test")
    log.info("GET /Contacts?filter=ada@example.test")
    log.warning("retrying /Contacts?filter=ada@example.test")
    log.error("no certificate")

    assert [record.levelname for record in kept.records] == ["INFO", "ERROR"]
