"""What a change costs with its echo and the run after it: nothing may get dearer; what gets cheaper is entered here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import groupby

import pytest

from emulators.bench.costs import Cost, Step
from emulators.bench.opening import bench_in_process
from emulators.bench.situations import (
    CHANGES,
    DIRECTIONS,
    FIRST_SYNCS,
    IDLE_RUN,
    MIGRATIONS,
    NotMeasured,
    measure_first_sync,
)

Counts = tuple[int, int, int, int]
"""Graph requests, Pipeliner requests, state operations, and how many of those were transactions."""

FEW: Mapping[str, tuple[Counts, ...]] = {
    "first_sync_from_pipeliner": ((11, 11, 23, 12), (2, 7, 11, 5), (1, 7, 8, 4)),
    "idle_run": ((1, 0, 4, 2),),
    "one_edited_in_outlook": ((2, 9, 23, 7), (2, 8, 23, 7), (1, 7, 9, 4)),
    "hundred_edited_in_outlook": ((6, 207, 29, 13), (6, 107, 26, 10), (1, 7, 9, 4)),
    "one_edited_in_pipeliner": ((4, 8, 24, 8), (1, 7, 10, 4), (1, 7, 9, 4)),
    "hundred_edited_in_pipeliner": ((16, 107, 31, 15), (1, 7, 10, 4), (1, 7, 9, 4)),
    "ten_deleted_in_outlook": ((5, 27, 49, 7), (1, 27, 52, 7), (1, 7, 18, 4)),
    "ten_deleted_in_pipeliner": ((4, 47, 68, 9), (1, 7, 29, 4), (1, 7, 18, 4)),
    "mixed_changes": ((10, 31, 93, 21), (2, 12, 48, 8), (1, 7, 18, 4)),
    "migrated_with_ids": ((67, 7, 55, 27), (1, 7, 8, 4), (1, 7, 8, 4)),
    "migrated_without_ids": ((77, 7, 56, 28), (2, 7, 11, 5), (1, 7, 8, 4)),
    "first_sync_from_outlook": ((32, 180, 44, 22), (24, 408, 63, 17), (1, 8, 10, 4)),
    "first_sync_mixed": ((27, 84, 89, 21), (6, 87, 27, 9), (1, 7, 9, 4)),
    "first_sync_equal": ((42, 11, 39, 19), (2, 7, 11, 5), (1, 7, 8, 4)),
    "first_sync_apart": ((22, 98, 98, 21), (7, 107, 30, 12), (1, 7, 9, 4)),
}
"""At most, with 200 contacts: the run, its echo, the one after it; the first tick also reads the space to index it."""

MORE_CONTACTS = 300
MORE: Mapping[str, tuple[Counts, ...]] = {
    "first_sync_from_outlook": ((48, 262, 51, 28), (35, 609, 51, 23), (1, 9, 11, 4)),
    "first_sync_mixed": ((40, 118, 93, 25), (9, 128, 36, 15), (1, 8, 10, 4)),
    "first_sync_equal": ((64, 13, 61, 27), (3, 7, 13, 6), (1, 7, 8, 4)),
}
"""The same with more contacts, which come in several pages and batches."""


def measured(direction: str, contacts: int) -> dict[str, list[Counts]]:
    """Measure a first sync in process, and what belongs to it."""
    ours = logging.getLogger("sync_core")
    before = ours.level
    ours.setLevel(logging.ERROR)
    try:
        costs = list(measure_first_sync(DIRECTIONS[direction], contacts, bench_in_process, lambda _: None))
    finally:
        ours.setLevel(before)
    return {name: [cost.counts for cost in steps] for name, steps in groupby(costs, key=lambda cost: cost.situation)}


def dearer(found: Mapping[str, list[Counts]], bounds: Mapping[str, tuple[Counts, ...]]) -> dict[str, list[Counts]]:
    """Name the situations of which a step costs more than it may."""
    return {
        name: counts
        for name, counts in found.items()
        if any(is_more for pair in zip(counts, bounds[name], strict=True) for is_more in map(int.__gt__, *pair))
    }


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_nothing_has_become_dearer(direction: str) -> None:
    """A first sync in this direction; after the one from Pipeliner also an idle run and every kind of change."""
    found = measured(direction, 200)
    assert dearer(found, FEW) == {}


def test_a_folder_whose_cards_all_got_new_ids_costs_no_more_than_twice_a_first_sync() -> None:
    """Than one that finds the same people on both sides. Both are as before in the end, so nothing was created."""
    found, equal = measured("from_pipeliner", 200), measured("equal", 200)["first_sync_equal"]
    most = 2 * sum(sum(step[:2]) for step in equal)
    for change in MIGRATIONS:
        assert sum(sum(step[:2]) for step in found[change.name]) <= most


@pytest.mark.parametrize("direction", [first.direction for first in FIRST_SYNCS if first.name in MORE])
def test_nothing_has_become_dearer_in_pages(direction: str) -> None:
    """The first syncs that find people on both sides, or only in Outlook."""
    assert dearer(measured(direction, MORE_CONTACTS), MORE) == {}


def test_every_situation_has_a_bound() -> None:
    """None is measured and not held."""
    assert set(FEW) == {IDLE_RUN, *(situation.name for situation in (*FIRST_SYNCS, *CHANGES))}


def test_a_dearer_step_is_found() -> None:
    """One request more in one of the steps is enough; fewer are no fault."""
    bounds: dict[str, tuple[Counts, ...]] = {"calm": ((1, 4, 8, 3), (1, 4, 8, 3)), "busy": ((1, 4, 8, 3),)}
    found = {"calm": [(1, 4, 8, 3), (1, 4, 9, 3)], "busy": [(1, 3, 8, 3)]}
    assert dearer(found, bounds) == {"calm": [(1, 4, 8, 3), (1, 4, 9, 3)]}


def test_sides_that_differ_in_the_end_are_not_measured() -> None:
    """A change that does not travel is no cheap change."""
    with bench_in_process(lambda sides: DIRECTIONS["from_pipeliner"].fill(200, sides)) as bench:
        list(bench.measure("first sync", 200, 200, is_asked_for=True))
        bench.sides.graph.drop_access(bench.sides.member.mailbox_id)
        bench.sides.edit_in_pipeliner(bench.sides.pipeliner()[:1], "unreachable")
        with pytest.raises(NotMeasured, match="edit, run, with 200 contacts"):
            list(bench.measure("edit", 200, 1))


def test_steps_come_in_the_order_of_time() -> None:
    """The run, its echo, the next one, each with its own costs and the number of changes."""
    with bench_in_process(lambda sides: DIRECTIONS["from_pipeliner"].fill(200, sides)) as bench:
        costs: list[Cost] = list(bench.measure("first sync", 200, 200, is_asked_for=True))
    assert [cost.step for cost in costs] == [Step.RUN, Step.ECHO, Step.IDLE]
    assert {(cost.contacts, cost.changed) for cost in costs} == {(200, 200)}
    assert costs[0].graph["POST $batch"] == 10
