"""What was measured, what it may be at most, and what the product's promises are in numbers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

IDLE_TICK_PIPELINER = 4
IDLE_PASS_GRAPH = 1
IDLE_PASS_PIPELINER = 0
IDLE_PASS_STORAGE = 4
PASS_MEMORY_MB = 150
TYPED_GRAPH_MODELS = 0


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
    """Bound of a first sync: pages of 100."""
    return math.floor(contacts / 100 + 5)


def most_batch_posts(contacts: int) -> int:
    """Bound of a first sync: 20 parts in a `$batch`."""
    return math.floor(contacts / 20 + 5)


def most_transactions(contacts: int) -> int:
    """Bound of a first sync: 24 contacts in one storage transaction."""
    return math.floor(contacts / 24 + 10)


def most_storage_operations(changed: int) -> int:
    """Bound of a tick and the passes after it: each changed contact is looked up in the index and in its link."""
    return 5 * changed + 20
