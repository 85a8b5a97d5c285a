"""First sights, rewriting services, values that do not fit, lists, and contacts that are away: every state of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync_core.domain import SyncType
from tests.battery.exhaustive.families import (
    absences,
    addresses,
    diverged_lists,
    diverged_pairs,
    first_pairs,
    lists,
    long_pairs,
    narrow_lists,
    notes,
)
from tests.battery.exhaustive.trial import Tally

FAMILIES: dict[str, tuple[Callable[[SyncType], Tally], int]] = {
    "first sight": (first_pairs, 1_000),
    "rewriting services": (diverged_pairs, 5_000),
    "values too long": (long_pairs, 4_000),
    "lists": (lists, 3_000),
    "diverged lists": (diverged_lists, 2_000),
    "lists with less room": (narrow_lists, 2_000),
    "addresses": (addresses, 3_000),
    "notes": (notes, 1_000),
}


@pytest.mark.parametrize("sync_type", SyncType)
@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_lost_in_any_state(family: str, sync_type: SyncType) -> None:
    """Edits arrive, lose a conflict that the history names, or stay noticed; and then all is quiet."""
    run, least = FAMILIES[family]

    tally = run(sync_type)

    assert tally.failures == 0, tally.examples
    assert tally.cases >= least


@pytest.mark.parametrize("sync_type", SyncType)
def test_nobody_is_removed_without_a_delete_or_a_change_of_scope(sync_type: SyncType) -> None:
    """Whoever is missing, a contact goes only for one of these reasons, and never with an edit that can be sent."""
    tally = absences(sync_type)

    assert tally.failures == 0, tally.examples
    assert tally.cases >= 10_000
