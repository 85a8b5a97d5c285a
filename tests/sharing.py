"""Who runs which test when two workers share them, and in which order: slowest first, so that both end together."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

BATTERY = "tests/battery/"
SLOWEST_FIRST = (
    "tests/battery/test_kill.py",
    "tests/battery/test_mutants.py",
    "tests/battery/test_mapping_laws",
    "tests/battery/test_baseline_workload.py",
    "tests/battery/test_exhaustive",
    "tests/functions",
    "tests/package",
    "tests/demo",
    "tests/infra",
    "tests/cli",
    BATTERY,
    "tests/privacy",
    "tests/bench",
    "tests/security",
    "tests/doctor",
    "tests/telemetry",
)
"""Beginnings of node ids. What nothing can split comes first, then many shards, and at the end the small files."""


class Sharing(LoadScopeScheduling):
    """Gives a test of the battery to whichever worker is free, and those of another file to one worker together.

    A file shares what it started, Azurite or the worker of Azure; the tests of the battery are shards of one layer.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(BATTERY) else nodeid.partition("::")[0]


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Sort tests by `SLOWEST_FIRST`; those of one rank stay as they are."""
    return sorted(items, key=_rank)


def _rank(item: pytest.Item) -> int:
    ranks = (rank for rank, beginning in enumerate(SLOWEST_FIRST) if item.nodeid.startswith(beginning))
    return next(ranks, len(SLOWEST_FIRST))
