"""What telemetry can hold: names, attributes and values, each taken from the code that emits it.

The one module of the tests that knows where in the code they stand.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache

from sync_core.clock import SystemClock
from sync_core.domain import Reason, Run, RunCounts, RunMode, RunState, Trigger
from sync_core.engine.ports import RunRequest, Step
from sync_core.engine.run import RunResult
from sync_core.operations.reconciling import ReconcileReport
from sync_core.telemetry import ConnectionHealth, Metric, RequestOutcome, RunOutcome, Service, identified
from sync_core.telemetry.opening import PASS_IDS
from sync_core.telemetry.recording import SPAN, _changes
from tests.functions.snapshot import written
from tests.telemetry.listening import Listener

Values = frozenset[str] | None
"""The values that an attribute can have; None where there may be any, as of ids."""

_COUNTED_OUTCOMES = frozenset(outcome.value for outcome in RunOutcome if outcome is not RunOutcome.BUSY)
_DIRECTIONS = frozenset(direction for direction, _ in _changes(RunCounts()))

VALUES: Mapping[tuple[Metric, str], Values] = {
    (Metric.PASS_FINISHED, "outcome"): _COUNTED_OUTCOMES,
    (Metric.PASS_DURATION, "outcome"): _COUNTED_OUTCOMES,
    (Metric.CHANGES, "direction"): _DIRECTIONS,
    (Metric.CHANGES, "kind"): frozenset(kind for _, kind in _changes(RunCounts())),
    (Metric.ARRIVAL_LATENCY, "direction"): _DIRECTIONS,
    (Metric.REQUESTS, "service"): frozenset(service.value for service in Service),
    (Metric.REQUESTS, "outcome"): frozenset(outcome.value for outcome in RequestOutcome),
    (Metric.CONNECTIONS, "standing"): frozenset(health.value for health in ConnectionHealth),
    (Metric.ATTENTION, "reason"): frozenset(reason.value for reason in Reason),
    (Metric.SWEEP_REPAIRED, "kind"): frozenset(ReconcileReport().found),
}
"""The values of each attribute of each metric, but for `connection_id`."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """What one table of the workspace gets: attributes and their values, by the name of the row.

    `must_name`: rows of different names have nothing in common, so that a query has to choose.
    """

    by_name: Mapping[str, Mapping[str, Values]]
    must_name: bool = False


@cache
def vocabulary() -> Mapping[str, Emitted]:
    """Everything that our code writes into the tables of the workspace."""
    logs = {"": dict.fromkeys(_log_fields(), None)}
    return {
        "AppMetrics": Emitted({metric.value.name: _attributes_of(metric) for metric in Metric}, must_name=True),
        "AppRequests": Emitted({function: {} for function in functions()}),
        "AppDependencies": Emitted(_spans()),
        "AppTraces": Emitted(logs),
        "AppExceptions": Emitted(logs),
    }


@cache
def functions() -> frozenset[str]:
    """The functions of function_app.py, as Azure's worker finds them: the names of requests and operations."""
    return frozenset(written())


def _attributes_of(metric: Metric) -> Mapping[str, Values]:
    return {name: VALUES.get((metric, name)) for name in metric.value.attributes}


def _spans() -> Mapping[str, Mapping[str, Values]]:
    """The attributes of the spans of two runs: one with all counts and steps, and one that broke off."""
    listener = Listener()
    telemetry = listener.telemetry(SystemClock())
    request = RunRequest("connection", Trigger.TIMER)
    counts = RunCounts(**{field.name: 1 for field in fields(RunCounts)})
    with telemetry.running(request) as run:
        for step in (*Step, None):
            run.step(step)
        run.finished(RunResult(Run("run", "connection", Trigger.TIMER, RunMode.DELTA, RunState.DONE, counts=counts)))
    with suppress(ValueError), telemetry.running(request):
        raise ValueError
    found: dict[str, dict[str, Values]] = {}
    for span in listener.spans:
        found.setdefault(span.name, {}).update(dict.fromkeys(span.attributes or (), None))
    found[SPAN]["outcome"] = frozenset(outcome.value for outcome in RunOutcome)
    return found


def _log_fields() -> Iterable[str]:
    """What a line of the log carries within a run and not outside one."""
    record = logging.makeLogRecord({})
    before = set(vars(record))
    with identified("connection", "run"):
        PASS_IDS.filter(record)
    return set(vars(record)) - before
