from __future__ import annotations

import pytest

from tests.battery.interleaving.interleaved import interleave_at_random
from tests.battery.interleaving.schedules import shared_out
from tests.battery.sizes import shard_of, size

SHARDS = 24


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_runs_side_by_side_end_like_one_after_the_other(shard: int) -> None:
    """Promises 3, 8: two or three runs, a tick, a person and a lease's end in any order; never two who both store."""
    trials = len(shard_of(size("interleavings"), shard, SHARDS))
    await interleave_at_random(shared_out(shard, SHARDS), trials, seed=shard)
