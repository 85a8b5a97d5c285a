"""Probes: each asks one thing within a time limit, and any error becomes a finding."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sync_core.doctor.findings import Finding, failed
from sync_core.doctor.listening import Heard
from sync_core.doctor.network import why_unanswered
from sync_core.doctor.remedies import Service, Trouble, remedy_for, trouble_of
from sync_core.errors import RetryLater, SyncError
from sync_core.operations.failures import told

PROBE_LIMIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Line:
    """The way to a service: its address, where it has one that can be tried, and what it was heard to answer."""

    service: Service
    url: str = ""
    heard: Heard | None = field(default=None)

    @property
    def is_silent(self) -> bool:
        """Whether the last request got no answer at all."""
        return bool(self.url) and (self.heard is None or not self.heard.status)


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to ask; `ask` gives findings, or raises what went wrong."""

    check: str
    subject: str
    line: Line
    ask: Callable[[], Awaitable[Sequence[Finding]]]


async def run_probe(probe: Probe, limit_s: float = PROBE_LIMIT_S) -> list[Finding]:
    """Ask within the limit; gives at least one finding and raises nothing but a cancellation."""
    try:
        async with asyncio.timeout(limit_s):
            return list(await probe.ask())
    except TimeoutError:
        return [_failed(probe, Trouble.TIMEOUT, f"no answer within {limit_s:g} s")]
    except SyncError as error:
        trouble = trouble_of(error)
        if isinstance(error, RetryLater) and probe.line.is_silent:
            trouble = await why_unanswered(probe.line.url)
        return [_failed(probe, trouble, str(error))]
    except Exception as error:  # noqa: BLE001 - one probe must not end the examination; its text may hold values
        return [_failed(probe, Trouble.UNEXPECTED, told(error))]


def _failed(probe: Probe, trouble: Trouble, detail: str) -> Finding:
    return failed(probe.check, probe.subject, f"{trouble.value}: {detail}", remedy_for(probe.line.service, trouble))
