"""All scenarios of the sweep, in shares of about equal weight."""

from __future__ import annotations

from collections.abc import Mapping

from tests.battery.sweep.comings_and_goings import CONNECTIONS, GUARDS, MOVES, RESETS, SCOPES
from tests.battery.sweep.field_changes import COMPANIES, EDITS
from tests.battery.sweep.first_sights import CREATES, FIRST_SYNCS
from tests.battery.sweep.scenario import Scenario
from tests.battery.sweep.truth_rows import truth_rows

SHARES: Mapping[str, tuple[Scenario, ...]] = {
    "truth_table": tuple(truth_rows()),
    "first_sights": FIRST_SYNCS + CREATES,
    "field_changes": EDITS + COMPANIES,
    "comings_and_goings": SCOPES + MOVES + RESETS + GUARDS + CONNECTIONS,
}
SCENARIOS: tuple[Scenario, ...] = tuple(scenario for share in SHARES.values() for scenario in share)
