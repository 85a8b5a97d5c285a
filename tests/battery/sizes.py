"""How large each layer of the battery is: small enough for every test run, larger for a soak."""

from __future__ import annotations

import os

_SIZES = {
    "exhaustive_fields": {"test": 2, "soak": 3},
    "mapping_laws": {"test": 50_000, "soak": 2_000_000},
    "sweep_percent": {"test": 72, "soak": 100},
    "sweep_habits": {"test": 1, "soak": 7},
    "two_faults": {"test": 5_000, "soak": 1_000_000},
    "interleavings": {"test": 9_600, "soak": 500_000},
    "two_switches_stride": {"test": 23, "soak": 1},
    "killed_rounds": {"test": 20, "soak": 500},
    "mutants": {"test": 100, "soak": 0},  # 0: all there are
    "simulator": {"test": 5_000, "soak": 200_000},
}


def size(name: str) -> int:
    """Give the number of trials of a layer, as the environment's SYNC_BATTERY asks; KeyError for an unknown one."""
    return _SIZES[name][os.environ.get("SYNC_BATTERY", "test")]
