"""Fixtures for all tests, how two workers share them, and what is told at the end."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.workermanage import WorkerController

from tests.azurite import Azurite, running_azurite
from tests.battery.totals import faults_of, told, totals_of
from tests.left_out import not_run_here, reason_left_out
from tests.progress import Measure, Progress
from tests.sharing import Sharing, in_order

FIGURES = "SYNC_BATTERY_FIGURES"
"""Names the file to which the layers of the battery write their figures."""
OBJECTS_BETWEEN_COLLECTIONS = 50_000

# How long an example takes says how busy the machine is.
settings.register_profile("without wall times", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without wall times")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give all workers one file for the figures, and measure what each layer takes."""
    config.pluginmanager.register(Measure(), "measure")
    if _is_worker(config):
        return
    os.environ[FIGURES] = str(Path(tempfile.mkdtemp()) / "figures.jsonl")
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        config.pluginmanager.register(Progress(reporter), "progress")


@pytest.fixture(autouse=True)
def _own_log_level() -> Iterator[None]:
    """Leave the product's logger as the test found it: the demo and the bench, run in process, make it quiet."""
    ours = logging.getLogger("sync_core")
    before = ours.level
    yield
    ours.setLevel(before)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    """Share tests as `tests/sharing.py` says."""
    config.option.loadscopereorder = False  # the order is ours
    return Sharing(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest tests first."""
    items[:] = in_order(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Expect what was collected, in a run without workers; and look for garbage only in what the tests make.

    All modules and tests are there by now, and stay: to go through them again and again takes a tenth of the time.
    """
    _expect(session.config, [item.nodeid for item in session.items])
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 20, 50)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: WorkerController, ids: Sequence[str]) -> None:
    """Expect what the workers have collected."""
    _expect(node.config, ids)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for what only all shards of the battery together can show."""
    if not _is_worker(session.config) and any(faults_of(totals_of(_figures()))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what only tools of Azure could run, and print the figures of the battery, and what each layer took."""
    if _is_worker(terminalreporter.config):  # the figures are not complete before the last worker ends
        return
    for what in not_run_here().values():
        terminalreporter.write_line(f"not run here: {what}")
    totals = totals_of(_figures())
    shutil.rmtree(_figures().parent)
    if totals:
        terminalreporter.section("battery")
        for line in told(totals):
            terminalreporter.write_line(line)
        for fault in faults_of(totals):
            terminalreporter.write_line(f"FAILED: {fault}", red=True)
    progress = terminalreporter.config.pluginmanager.get_plugin("progress")
    if isinstance(progress, Progress):
        progress.tell(workers=int(terminalreporter.config.getoption("numprocesses", None) or 1))


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """One Azurite for the session (for each worker, under pytest-xdist), started when first asked for."""
    if reason := reason_left_out("azurite"):
        pytest.skip(reason)
    with running_azurite() as running:
        yield running


def _expect(config: pytest.Config, nodeids: Sequence[str]) -> None:
    progress = config.pluginmanager.get_plugin("progress")
    if isinstance(progress, Progress):
        progress.expect(nodeids)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _figures() -> Path:
    return Path(os.environ[FIGURES])
