from __future__ import annotations

import pytest

from tests.battery.sweep.catalogue import SCENARIOS
from tests.battery.sweep.scenario import Scenario
from tests.battery.sweep.sweeping import sweep


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario.name))
async def test_one_fault_at_any_step_changes_nothing_in_the_end(scenario: Scenario) -> None:
    """Promises 1, 3, 4, 7, 8: whatever breaks, and wherever, the end is that of the undisturbed run, and then rest."""
    await sweep(scenario)
