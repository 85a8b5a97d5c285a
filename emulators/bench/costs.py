"""What one run cost, and which of the three runs it was that belong to each situation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from emulators.bench.measuring import Used


class Step(StrEnum):
    """The runs that a change causes, each with the tick that asks for it."""

    RUN = "run"
    """Brings the change to the other side."""
    ECHO = "echo"
    """The one after it, in which our own writes come back."""
    IDLE = "idle"
    """The one after that, which has nothing to do."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one step of one situation cost."""

    situation: str
    contacts: int
    changed: int
    step: Step
    graph_requests: int
    pipeliner_requests: int
    state_operations: int
    state_transactions: int
    index_operations: int
    """Requests to the state store for the index of who is who alone."""
    cpu_s: float
    """User and system time of the process that runs the product."""
    seconds: float
    peak_mb: float | None
    """Most memory of that process so far; None where the system does not say."""
    graph: Mapping[str, int]
    """Graph requests by kind; the parts of a batch stand beside it as "part …"."""
    pipeliner: Mapping[str, int]

    @classmethod
    def of(cls, situation: str, contacts: int, changed: int, step: Step, used: Used) -> Self:
        """Name what was used."""
        return cls(
            situation=situation,
            contacts=contacts,
            changed=changed,
            step=step,
            graph_requests=used.graph_requests,
            pipeliner_requests=used.pipeliner_requests,
            state_operations=used.state_operations,
            state_transactions=used.storage["transactions"],
            index_operations=used.storage["index_operations"],
            cpu_s=used.cpu_s,
            seconds=used.seconds,
            peak_mb=used.peak_mb,
            graph=used.graph,
            pipeliner=used.pipeliner,
        )

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """What is the same each time: Graph requests, Pipeliner requests, state operations, transactions of them."""
        return self.graph_requests, self.pipeliner_requests, self.state_operations, self.state_transactions

    def as_json(self) -> dict[str, Any]:
        """The cost as it stands in the JSON report."""
        return asdict(self)
