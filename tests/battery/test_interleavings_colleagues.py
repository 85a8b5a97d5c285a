from __future__ import annotations

from itertools import islice

import pytest

from tests.battery.figures import record
from tests.battery.interleaving.colleagues import drawn_orders, problems_of
from tests.battery.sizes import shard_of, size
from tests.battery.sweep.sweeping import quiet

SHARDS = 4


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_two_colleagues_who_create_one_person_side_by_side_end_with_one(shard: int) -> None:
    """Promise 3: whatever the order of their steps, one contact, one account, one card each, nothing reserved."""
    trials = len(shard_of(size("colleagues"), shard, SHARDS))
    with quiet():
        failed = await problems_of(list(islice(drawn_orders(trials, seed=shard), trials)))
    record("interleavings of two colleagues", trials=trials)
    assert not failed, f"{len(failed)} of {trials} trials: " + "\n".join(failed[:5])
