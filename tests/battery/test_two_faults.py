from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.battery.figures import record
from tests.battery.sizes import shard_of, size
from tests.battery.sweep.catalogue import SCENARIOS
from tests.battery.sweep.kinds import Fault, Kind
from tests.battery.sweep.sweeping import quiet, told
from tests.battery.sweep.trial import Case, open_case, planned, run_trial

SEED = 20_260_105
SHARDS = 8
TRIALS_OF_A_CASE = 10
RECOVERY_STEPS = 45
"""Steps of a round that has something to do; a second fault planned later than the recovery's end does not happen."""


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_a_second_fault_while_the_first_is_being_mended_changes_nothing_in_the_end(shard: int) -> None:
    """Promises 1, 3, 7: the second fault hits the same worker later, or the worker that picks up the pieces."""
    chooser = random.Random(SEED + shard)  # noqa: S311 - repeatable, not secret
    trials = len(shard_of(size("two_faults"), shard, SHARDS))
    left = trials
    kinds: Counter[str] = Counter()
    failed: list[str] = []
    with quiet():
        while left > 0:
            case = await open_case(chooser.choice(SCENARIOS))
            for _ in range(min(left, TRIALS_OF_A_CASE)):
                faults, recovery = _drawn(case, chooser)
                kinds.update(fault.kind.value for fault in (*faults, *recovery))
                problems = await run_trial(case, faults, recovery)
                if problems:
                    after = ", ".join(f"{fault.kind} at {fault.at} of the recovery" for fault in recovery)
                    failed.append(f"{case.scenario.name}: {told(case, faults)}; {after}: {problems}")
            left -= TRIALS_OF_A_CASE
    record("two faults", trials=trials, **kinds)
    assert not failed, f"{len(failed)} trials: " + "\n".join(failed[:5])


def _drawn(case: Case, chooser: random.Random) -> tuple[list[Fault], list[Fault]]:
    """Draw a first fault, and a second one for the same worker or for the next."""
    everything = planned(case)
    first = chooser.choice(everything)
    later = [fault for fault in everything if fault.at > first.at]
    if later and chooser.random() < 0.4:
        return [first, chooser.choice(later)], []
    return [first], [Fault(chooser.randrange(RECOVERY_STEPS), chooser.choice(list(Kind)))]
