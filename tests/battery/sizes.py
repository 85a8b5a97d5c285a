"""How large each layer of the battery is: small enough for every test run, larger for a soak."""

from __future__ import annotations

import os

_SIZES = {
    "exhaustive_fields": {"test": 2, "soak": 3},
    "mapping_laws": {"test": 5_000, "soak": 2_000_000},
    "sweep_percent": {"test": 24, "soak": 100},
    "sweep_habits": {"test": 1, "soak": 8},
    "two_faults": {"test": 400, "soak": 1_000_000},
    "interleavings": {"test": 4_080, "soak": 500_000},
    "two_switches_stride": {"test": 69, "soak": 1},
    "colleagues": {"test": 200, "soak": 20_000},
    "shared_workload": {"test": 1, "soak": 3},
    "killed_rounds": {"test": 12, "soak": 500},
    "mutants": {"test": 25, "soak": 0},  # 0: all there are
    "simulator": {"test": 2_064, "soak": 200_000},
}


def size(name: str) -> int:
    """Return the number of trials of a layer, as the environment's SYNC_BATTERY asks; KeyError for an unknown one."""
    return _SIZES[name][os.environ.get("SYNC_BATTERY", "test")]


def shard_of(count: int, shard: int, shards: int) -> range:
    """Return the numbers of one of so many shards, which any worker may take: all of them together are `count`."""
    return range(count * shard // shards, count * (shard + 1) // shards)
