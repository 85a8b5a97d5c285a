"""Runs the steps of a demo one after the other and judges each by what was found."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, Protocol, Self, TypeVar


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and what was found in its place."""

    what: str
    expected: str
    found: str
    ok: bool


def equal(what: str, expected: object, found: object) -> Check:
    """Expect exactly this."""
    return Check(what, str(expected), str(found), expected == found)


def at_most(what: str, bound: float, found: float) -> Check:
    """Expect no more than this."""
    return Check(what, f"at most {bound}", str(found), found <= bound)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the product asked of others; None was not counted. Reading for the tables is not part of it."""

    graph_requests: int = 0
    pipeliner_requests: int = 0
    storage_operations: int | None = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.graph_requests + other.graph_requests,
            self.pipeliner_requests + other.pipeliner_requests,
            _sum(self.storage_operations, other.storage_operations),
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else one + other


@dataclass(frozen=True, slots=True)
class Sides:
    """What both services showed at one moment, in words."""

    outlook: str
    pipeliner: str


@dataclass(frozen=True, slots=True)
class Told:
    """What happened in a step: the persons' action, both sides before and after it, and the checks."""

    action: str
    before: Sides
    after: Sides
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()


class Metered(Protocol):
    """A story that counts what the product used."""

    def take_usage(self) -> Usage:
        """Return what was used since the last taking."""


S = TypeVar("S", bound=Metered)


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """One step of the demo."""

    name: str
    play: Callable[[S], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class StepReport:
    """How a step came out; `problem` says why it did not come to its end."""

    name: str
    usage: Usage
    seconds: float
    told: Told | None = None
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything was as expected."""
        return self.told is not None and not self.problem and all(check.ok for check in self.told.checks)

    def as_json(self) -> dict[str, Any]:
        """The step as it stands in the JSON report."""
        told = asdict(self.told) if self.told else None
        usage = asdict(self.usage)
        return {
            "name": self.name,
            "ok": self.ok,
            **usage,
            "seconds": self.seconds,
            "problem": self.problem,
            "told": told,
        }

    @classmethod
    def from_json(cls, report: Mapping[str, Any]) -> Self:
        """The step that `as_json` wrote down."""
        told = report["told"]
        return cls(
            report["name"],
            Usage(*(report[name] for name in ("graph_requests", "pipeliner_requests", "storage_operations"))),
            report["seconds"],
            _told(told) if told else None,
            report["problem"],
        )


def _told(told: Mapping[str, Any]) -> Told:
    checks = tuple(Check(**check) for check in told["checks"])
    return Told(told["action"], Sides(**told["before"]), Sides(**told["after"]), checks, tuple(told["notes"]))


@dataclass(slots=True)
class Report:
    """The whole demo."""

    steps: list[StepReport] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether there were steps and every one came out."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """The one JSON report."""
        total = Usage()
        for step in self.steps:
            total += step.usage
        seconds = round(sum(step.seconds for step in self.steps), 3)
        return {
            "ok": self.ok,
            "steps": [step.as_json() for step in self.steps],
            "totals": {"steps": len(self.steps), **asdict(total), "seconds": seconds},
            "left_out": self.left_out,
        }


async def run_steps(
    story: S,
    steps: Sequence[Step[S]],
    tell: Callable[[StepReport], None],
    failures: tuple[type[Exception], ...],
) -> list[StepReport]:
    """Play all steps and tell of each; `failures` end a step, not the demo."""
    reports = []
    for step in steps:
        story.take_usage()
        reports.append(await _played(story, step, failures))
        tell(reports[-1])
    return reports


async def _played(story: S, step: Step[S], failures: tuple[type[Exception], ...]) -> StepReport:
    started = time.perf_counter()
    told, problem = None, ""
    try:
        told = await step.play(story)
    except failures as error:
        problem = f"{type(error).__name__}: {error}"
    seconds = round(time.perf_counter() - started, 3)
    return StepReport(step.name, story.take_usage(), seconds, told, problem)
