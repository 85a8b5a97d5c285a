"""Fixtures for all tests."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.azurite import Azurite, running_azurite
from tests.left_out import not_run_here, reason_left_out

FIGURES = "SYNC_BATTERY_FIGURES"
"""Names the file to which the layers of the battery write their figures."""


def pytest_configure(config: pytest.Config) -> None:
    """Give all workers one file for the figures."""
    if not hasattr(config, "workerinput"):
        os.environ[FIGURES] = str(Path(tempfile.mkdtemp()) / "figures.jsonl")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what only tools of Azure could run, and print the figures of the battery, per layer."""
    if hasattr(terminalreporter.config, "workerinput"):  # the figures are not complete before the last worker ends
        return
    for what in not_run_here().values():
        terminalreporter.write_line(f"not run here: {what}")
    written = Path(os.environ.get(FIGURES, ""))
    if not written.is_file():
        return
    totals: dict[str, Counter[str]] = {}
    for line in written.read_text(encoding="utf-8").splitlines():
        figures = json.loads(line)
        totals.setdefault(figures.pop("layer"), Counter()).update(figures)
    shutil.rmtree(written.parent)
    terminalreporter.section("battery")
    for layer, counts in sorted(totals.items()):
        told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
        terminalreporter.write_line(f"{layer}: {told}")


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """One Azurite for the session (for each worker, under pytest-xdist), started when first asked for."""
    if reason := reason_left_out("azurite"):
        pytest.skip(reason)
    with running_azurite() as running:
        yield running
