"""The values that travel to Graph and back, and what carries them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """One HTTP request, without its Authorization, which is the transport's own matter.

    `repeatable` says that a second sending does no harm; nothing else may ever be sent twice.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """One HTTP answer of any status; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Body as JSON, None when it is not."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class GraphTransport(Protocol):
    """Carries requests to Graph: the SDK in production, the emulator's model in simulations."""

    async def send(self, request: GraphRequest) -> GraphAnswer:
        """Send a request and give the whole answer, whatever its status.

        Raises ServiceUnavailable when no whole answer came, CredentialsRejected when no token can be had.
        """

    async def close(self) -> None:
        """Free connections; the next request opens them anew."""
