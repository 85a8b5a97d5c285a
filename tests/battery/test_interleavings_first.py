from __future__ import annotations

import pytest

from tests.battery.interleaving.interleaved import interleave_at_random
from tests.battery.interleaving.schedules import shared_out
from tests.battery.sizes import size

RUNS = 4


@pytest.mark.parametrize("run", range(RUNS))
async def test_passes_side_by_side_end_like_one_after_the_other(run: int) -> None:
    """Promises 3, 8: two or three passes, a tick, a person and a lease's end in any order; never two who both store."""
    await interleave_at_random(shared_out(0 * RUNS + run, 3 * RUNS), size("interleavings") // 12, seed=0 * RUNS + run)
