"""Numbers that have a bound, and what the product's promises are in numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import Any

from emulators.bench.costs import Cost, Step
from emulators.bench.situations import (
    CHANGES,
    DELETED_IN_PIPELINER,
    FROM_PIPELINER,
    IDLE_RUN,
    LABELS,
    SAME_AT_EVERY_SIZE,
)

IDLE_TICK_PIPELINER = 7
IDLE_RUN_GRAPH = 1
IDLE_RUN_PIPELINER = 0
IDLE_RUN_STATE = 4
RUN_MEMORY_MB = 150
BOTH_SIDES_MEMORY_MB = 170
TYPED_GRAPH_MODELS = 0
_BOUND_IN_MEMORY = frozenset({FROM_PIPELINER.name, IDLE_RUN, *(change.name for change in CHANGES)})
"""What one process does after the other; first syncs that read both sides may take somewhat more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One number; without a bound it is only told."""

    group: str
    what: str
    measured: float
    bound: int | None = None

    @property
    def ok(self) -> bool:
        """Whether it keeps its bound."""
        return self.bound is None or self.measured <= self.bound

    def as_json(self) -> dict[str, Any]:
        """The number as it stands in the JSON report."""
        return {**asdict(self), "ok": self.ok}


def most_pipeliner_reads(contacts: int) -> int:
    """Bound of a first sync: pages of 100, of the user's contacts and of the space for its index; feed and rights."""
    return math.floor(contacts / 50 + 11)


def most_batch_posts(contacts: int) -> int:
    """Bound of a first sync: 20 parts in a `$batch`."""
    return math.floor(contacts / 20 + 5)


def most_transactions(contacts: int) -> int:
    """Bound of a first sync: 24 contacts in one storage transaction."""
    return math.floor(contacts / 24 + 10)


def most_index_operations(contacts: int) -> int:
    """Bound of a first sync: both sides are read into the index, which is written anew as it grows, and asked."""
    return math.floor(contacts / 16 + 200)


def most_state_operations(changed: int, *, are_sought: bool = False) -> int:
    """Bound of a tick and the runs after it: each changed contact is looked up in the index and in its link.

    Who is gone from Pipeliner may live on in another contact, so those who share something are looked up as well.
    """
    return (7 if are_sought else 5) * changed + 20


def judge(costs: Sequence[Cost]) -> Iterator[Finding]:
    """Hold costs against the bounds that are known at every size."""
    for size in sorted({cost.contacts for cost in costs}):
        yield from _judge_size([cost for cost in costs if cost.contacts == size], f"{size:,} contacts")
    yield from compare_sizes(costs)


def _judge_size(costs: Sequence[Cost], size: str) -> Iterator[Finding]:
    for cost in costs:
        contacts, posts = cost.contacts, cost.graph.get("POST $batch", 0)
        if (cost.situation, cost.step) == (FROM_PIPELINER.name, Step.RUN):
            group = f"{LABELS[cost.situation]}, {size}"
            yield Finding(group, "Pipeliner reads", cost.pipeliner_requests, most_pipeliner_reads(contacts))
            yield Finding(group, "Graph $batch posts", posts, most_batch_posts(contacts))
            yield Finding(group, "state transactions", cost.state_transactions, most_transactions(contacts))
            yield Finding(group, "index operations", cost.index_operations, most_index_operations(contacts))
        if cost.situation == IDLE_RUN:
            group = f"{LABELS[cost.situation]}, {size}"
            yield Finding(group, "Graph requests", cost.graph_requests, IDLE_RUN_GRAPH)
            yield Finding(group, "Pipeliner requests", cost.pipeliner_requests, IDLE_RUN_PIPELINER)
            yield Finding(group, "state operations", cost.state_operations, IDLE_RUN_STATE)
        if cost.situation in SAME_AT_EVERY_SIZE and cost.step is Step.RUN:
            most = most_state_operations(cost.changed, are_sought=cost.situation == DELETED_IN_PIPELINER)
            yield Finding(
                f"changes, {size}", f"state operations, {LABELS[cost.situation]}", cost.state_operations, most
            )
    for what, is_meant, most in (
        ("peak memory of the process, MB", True, RUN_MEMORY_MB),
        ("peak memory of first syncs that read both sides, MB", False, BOTH_SIDES_MEMORY_MB),
    ):
        peaks = [one.peak_mb for one in costs if one.peak_mb and (one.situation in _BOUND_IN_MEMORY) is is_meant]
        if peaks:
            yield Finding(size, what, max(peaks), most)


def compare_sizes(costs: Sequence[Cost]) -> Iterator[Finding]:
    """Return by how much the requests for the same changes differ between the sizes, at most, in any of the runs."""
    changes = [cost for cost in costs if cost.situation in SAME_AT_EVERY_SIZE]
    if len({cost.contacts for cost in changes}) <= 1:
        return
    for situation in dict.fromkeys(cost.situation for cost in changes):
        same = [cost for cost in changes if cost.situation == situation]
        for what in ("Graph", "Pipeliner"):
            count = attrgetter(f"{what.lower()}_requests")
            by_step = [[count(cost) for cost in same if cost.step is step] for step in Step]
            yield Finding(
                "requests do not depend on the number of contacts",
                f"difference in {what} requests, {LABELS[situation]}",
                max(max(counts) - min(counts) for counts in by_step),
                0,
            )
