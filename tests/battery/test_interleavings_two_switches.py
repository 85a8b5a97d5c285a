from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from tests.battery.figures import record
from tests.battery.interleaving.interleaved import run_plans
from tests.battery.interleaving.schedules import SMALLEST, two_switches
from tests.battery.sizes import size
from tests.battery.sweep.catalogue import SCENARIOS
from tests.battery.sweep.sweeping import quiet
from tests.battery.sweep.trial import open_case


@pytest.mark.parametrize("name", SMALLEST)
async def test_every_order_of_two_runs_with_two_switches_ends_like_one_run(name: str) -> None:
    """Promise 8, exhaustive in a soak: one run is overtaken at any step, and goes on at any step of the other."""
    (scenario,) = [one for one in SCENARIOS if one.name == name]
    counts: Counter[str] = Counter()
    with quiet():
        case = await open_case(scenario)
        failed = await run_plans(case, islice(two_switches(), 0, None, size("two_switches_stride")), counts)
    record("interleavings of two with two switches", **counts)
    assert not failed, f"{len(failed)} trials: " + "\n".join(failed[:5])
