"""Two fields that both sides had agreed on (three in a soak): every state, in every direction and under every rule."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync_core.domain import SyncType
from tests.battery.exhaustive.families import agreed_pairs, is_soak, three_fields
from tests.battery.exhaustive.trial import Tally

FAMILIES = {"two fields": agreed_pairs, **({"three fields": three_fields} if is_soak() else {})}
LEAST_CASES = 9_000
"""Per sync type; together with the other families at least 36,000 in a test run."""


@pytest.mark.parametrize("sync_type", SyncType)
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_nothing_is_lost_whatever_becomes_of_the_writes(
    family: Callable[[SyncType], Tally], sync_type: SyncType
) -> None:
    """Edits arrive, lose a conflict that the history names, or stay noticed; and then all is quiet."""
    tally = family(sync_type)

    assert tally.failures == 0, tally.examples
    assert tally.cases >= LEAST_CASES
    assert tally.conflicts > 0
    assert tally.retried > 0
