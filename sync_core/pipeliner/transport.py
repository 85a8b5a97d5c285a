"""What goes to Pipeliner and comes back, as values; and who carries them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
class PipelinerRequest:
    """One request; `path` starts with a slash and is percent-encoded, `query` is not yet."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """Path and encoded query, as they stand on the wire."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote)}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class PipelinerAnswer:
    """One whole answer; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Body as JSON; raises ValueError when it is not."""
        return json.loads(self.body)


class PipelinerTransport(Protocol):
    """Carries requests to one Pipeliner service with the credentials of one application."""

    async def send(self, request: PipelinerRequest) -> PipelinerAnswer:
        """Send once and give the answer, whatever its status; never follows a redirect, never repeats.

        Raises ServiceUnavailable when no whole answer came: connection error, time-out, truncated body.
        """
