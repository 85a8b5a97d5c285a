"""All scenarios of the fault sweep."""

from __future__ import annotations

from tests.battery.sweep.comings_and_goings import CONNECTIONS, GUARDS, MOVES, RESETS, SCOPES
from tests.battery.sweep.field_changes import COMPANIES, EDITS
from tests.battery.sweep.first_sights import CREATES, FIRST_SYNCS
from tests.battery.sweep.scenario import Scenario
from tests.battery.sweep.truth_rows import truth_rows

SCENARIOS: tuple[Scenario, ...] = (
    *truth_rows(),
    *FIRST_SYNCS,
    *CREATES,
    *EDITS,
    *COMPANIES,
    *SCOPES,
    *MOVES,
    *RESETS,
    *GUARDS,
    *CONNECTIONS,
)
