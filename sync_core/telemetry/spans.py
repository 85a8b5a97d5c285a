"""The span of a pass with a child per phase. Attributes are ids and counts; of errors the type and our own words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime

from opentelemetry.trace import Span, Status, StatusCode, Tracer

from sync_core.domain.contact import Side
from sync_core.domain.records import Run
from sync_core.engine.feed_port import PassRequest
from sync_core.engine.watching import Phase
from sync_core.errors import SyncError
from sync_core.operations.failures import told
from sync_core.telemetry.logs import under_way
from sync_core.telemetry.port import PassOutcome

SPAN = "pass"
"""Name of the span of a pass; its children are named after the phases."""
_WELL = frozenset({PassOutcome.DONE, PassOutcome.CONTINUES, PassOutcome.BUSY})


def pass_span(tracer: Tracer, request: PassRequest) -> AbstractContextManager[Span]:
    """Open the span of a pass. Nothing writes an exception into it by itself: its text may hold values."""
    attributes = {
        "connection_id": request.connection_id,
        "run_id": request.run_id,
        "mode": request.mode,
        "trigger": request.trigger,
    }
    return tracer.start_as_current_span(
        SPAN, attributes=attributes, record_exception=False, set_status_on_exception=False
    )


def describe_result(span: Span, outcome: PassOutcome, run: Run) -> None:
    """Write the outcome and the counts of a pass that came to its end."""
    counts = {name: count for name, count in asdict(run.counts).items() if count}
    span.set_attributes({"outcome": outcome.value, "writes": run.counts.writes, **counts})
    if outcome not in _WELL:
        span.set_status(Status(StatusCode.ERROR, run.message))


def describe_failure(span: Span, outcome: PassOutcome, error: Exception) -> None:
    """Write how a pass broke off: our own errors with their words, any other by type and place."""
    span.set_attributes({"outcome": outcome.value, "error.type": type(error).__name__})
    if outcome not in _WELL:
        span.set_status(Status(StatusCode.ERROR, str(error) if isinstance(error, SyncError) else told(error)))


class PassSpans:
    """Makes a span of each phase of one pass (`PassWatch`), below the span that is current when the phase begins."""

    def __init__(self, tracer: Tracer, arrived: Callable[[Side, datetime], None]) -> None:
        """`arrived` takes the edits that arrived."""
        self._tracer = tracer
        self._arrived = arrived
        self._phase: Span | None = None

    def phase(self, phase: Phase) -> None:
        """See `PassWatch.phase`."""
        self.ended()
        identity = under_way()
        attributes = {"connection_id": identity.connection_id, "run_id": identity.run_id}
        self._phase = self._tracer.start_span(phase.value, attributes=attributes)

    def arrived(self, side: Side, since: datetime) -> None:
        """See `PassWatch.arrived`."""
        self._arrived(side, since)

    def ended(self) -> None:
        """See `PassWatch.ended`."""
        if self._phase is not None:
            self._phase.end()
            self._phase = None
