"""Running many interleavings of many scenarios, and what to say of those that went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

from tests.battery.figures import record
from tests.battery.interleaving.schedules import Plan, drawn_plan
from tests.battery.interleaving.trial import run_interleaving
from tests.battery.sweep.scenario import Scenario
from tests.battery.sweep.sweeping import quiet
from tests.battery.sweep.trial import Case, open_case

SHOWN = 5


async def interleave_at_random(scenarios: Sequence[Scenario], trials: int, seed: int) -> None:
    """Run so many drawn interleavings, evenly over scenarios; fail if one went wrong or no lease changed hands."""
    chooser = Random(seed)  # noqa: S311 - repeatable, not secret
    counts: Counter[str] = Counter()
    failed: list[str] = []
    with quiet():
        for place, scenario in enumerate(scenarios):
            mine = trials * (place + 1) // len(scenarios) - trials * place // len(scenarios)
            case = await open_case(scenario)
            failed += await run_plans(case, (drawn_plan(chooser) for _ in range(mine)), counts)
    record("interleavings", scenarios=len(scenarios), **counts)
    assert not failed, f"{len(failed)} of {trials} trials: " + "\n".join(failed[:SHOWN])
    assert counts["taken_over"] * 10 > trials, "leases hardly ever changed hands: this shows little"


async def run_plans(case: Case, plans: Iterable[Plan], counts: Counter[str]) -> list[str]:
    """Run plans on a case, count what happened, and tell what went wrong."""
    failed = []
    for plan in plans:
        outcome = await run_interleaving(case, plan.cast, plan.schedule, plan.edit)
        counts["trials"] += 1
        counts["turns"] += outcome.turns
        counts["taken_over"] += outcome.taken_over
        if outcome.problems:
            failed.append(f"{case.scenario.name}, {plan.told}: {outcome.problems}")
    return failed
