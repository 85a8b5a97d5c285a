"""Probes: each asks one thing within a time limit, and any error becomes a finding.

They go through the app's own transports, and of the answers is remembered what the clients above them drop.

Where a host gave no answer at all, it is tried why: its name, the connection, TLS, or time.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from typing_extensions import override

from sync_core.doctor.findings import Finding, Service, Trouble, failed, remedy_for, trouble_of
from sync_core.engine.ports import Clock
from sync_core.errors import RetryLater, SyncError
from sync_core.http import Answer, Request, Transport, parse_http_date
from sync_core.redaction import redacted

PROBE_LIMIT_S = 20.0
CONNECT_LIMIT_S = 5.0
_PORTS = {"https": 443, "http": 80}


@dataclass(slots=True)
class Heard:
    """What a service's last answer told: its status, and how far its clock is ahead of ours, in seconds."""

    clock: Clock
    status: int = 0
    ahead_s: float | None = None

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Remember an answer; a missing or unreadable Date leaves the last one."""
        self.status = status
        told = parse_http_date(headers.get("date", ""))
        if told is not None:
            self.ahead_s = (told - self.clock.now()).total_seconds()


class ListeningTransport(Transport):
    """A transport over another one."""

    def __init__(self, transport: Transport, heard: Heard) -> None:
        self._transport = transport
        self._heard = heard

    @override
    async def send(self, request: Request) -> Answer:
        self._heard.status = 0
        answer = await self._transport.send(request)
        self._heard.note(answer.status, answer.headers)
        return answer

    @override
    async def close(self) -> None:
        """Leave the transport to its owner."""


@dataclass(frozen=True, slots=True)
class Line:
    """The way to a service: its address, where it has one that can be tried, and what it was heard to answer."""

    service: Service
    url: str = ""
    heard: Heard | None = None

    @property
    def is_silent(self) -> bool:
        """Whether the last request got no answer at all."""
        return bool(self.url) and (self.heard is None or not self.heard.status)


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to ask; `ask` returns findings, or raises what went wrong."""

    check: str
    subject: str
    line: Line
    ask: Callable[[], Awaitable[Sequence[Finding]]]


async def run_probe(probe: Probe, limit_s: float = PROBE_LIMIT_S) -> list[Finding]:
    """Ask within the limit; returns at least one finding and raises nothing but a cancellation."""
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
        return [_failed(probe, Trouble.UNEXPECTED, redacted(error))]


def _failed(probe: Probe, trouble: Trouble, detail: str) -> Finding:
    return failed(probe.check, probe.subject, f"{trouble.value}: {detail}", remedy_for(probe.line.service, trouble))


async def why_unanswered(url: str) -> Trouble:
    """Connect to the host of an address and return where it ends; OUTAGE when the connection itself is well."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            _, writer = await asyncio.open_connection(host, port, ssl=parts.scheme == "https" or None)
    except socket.gaierror:
        return Trouble.NAME_UNKNOWN
    except ssl.SSLError:
        return Trouble.NO_TLS
    except TimeoutError:
        return Trouble.TIMEOUT
    except OSError:
        return Trouble.UNREACHABLE
    writer.close()
    return Trouble.OUTAGE
