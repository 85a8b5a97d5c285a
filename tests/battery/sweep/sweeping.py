"""Sweeping a scenario: a trial for every fault at every step, and what to say of those that went wrong."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.battery.figures import record
from tests.battery.sizes import size
from tests.battery.sweep.habits import ALL_HABITS, USUAL, Habits
from tests.battery.sweep.kinds import Fault
from tests.battery.sweep.scenario import Scenario
from tests.battery.sweep.trial import Case, open_case, planned, run_trial

SHOWN = 3
"""Failed trials that a test's message tells in full."""


async def sweep(scenario: Scenario) -> None:
    """Run the trials of one scenario that the size asks for, record their figures, and fail if one went wrong."""
    for habits in ALL_HABITS[: size("sweep_habits")]:
        await _sweep(scenario, habits)


async def _sweep(scenario: Scenario, habits: Habits) -> None:
    with quiet():
        case = await open_case(scenario, habits)
        faults = _share(planned(case), size("sweep_percent"))
        failed: list[str] = []
        for fault in faults:
            problems = await run_trial(case, [fault])
            if problems:
                failed.append(f"{told(case, [fault])}: {problems}")
    kinds = Counter(fault.kind.value for fault in faults)
    record("fault sweep", scenarios=habits is USUAL, trials=len(faults), steps=len(case.steps), **kinds)
    assert {fault.at for fault in faults} == set(range(len(case.steps))), "a step was left out"
    assert not failed, f"{habits.name}: {len(failed)} of {len(faults)} trials: " + "\n".join(failed[:SHOWN])


def told(case: Case, faults: Sequence[Fault]) -> str:
    """Name faults and the steps that they hit."""
    return ", ".join(f"{fault.kind} at {fault.at} ({case.steps[fault.at].what})" for fault in faults)


@contextmanager
def quiet() -> Iterator[None]:
    """Let no log line of thousands of failing runs be formatted."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _share(faults: Sequence[Fault], percent: int) -> list[Fault]:
    """Take an even share, with at least one fault at every step."""
    taken = [fault for place, fault in enumerate(faults) if (place + 1) * percent // 100 > place * percent // 100]
    missing = {fault.at for fault in faults} - {fault.at for fault in taken}
    return taken + [next(fault for fault in faults if fault.at == at) for at in sorted(missing)]
