"""What goes into a function and what comes out of it, as values that travel as JSON lines."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


class AppRejectedError(Exception):
    """The worker refused the app while importing or indexing it; the message is the worker's own."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request as the host hands it over; `params` are the route's values."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def to_wire(self) -> dict[str, Any]:
        """The call as JSON."""
        return {**asdict(self), "body": base64.b64encode(self.body).decode()}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """The call that `to_wire` wrote down."""
        return cls(**{**wire, "body": base64.b64decode(wire["body"])})


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What an HTTP function answered; header names are in lower case, cookies stand as Set-Cookie lines."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    set_cookies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended; `outputs` holds the messages of each output binding by its parameter name."""

    succeeded: bool
    error: str = ""
    stack_trace: str = ""
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    http: HttpAnswer | None = None

    @property
    def answer(self) -> HttpAnswer:
        """The HTTP answer; AssertionError where the function failed or is none for HTTP."""
        if self.http is None:
            raise AssertionError(f"no HTTP answer: {self.error or 'not an HTTP function'}\n{self.stack_trace}")
        return self.http

    def to_wire(self) -> dict[str, Any]:
        """The outcome as JSON."""
        wire = asdict(self)
        if self.http is not None:
            wire["http"]["body"] = base64.b64encode(self.http.body).decode()
        return wire

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """The outcome that `to_wire` wrote down."""
        http = wire["http"]
        if http is not None:
            http = HttpAnswer(
                http["status"], http["headers"], base64.b64decode(http["body"]), tuple(http["set_cookies"])
            )
        outputs = {name: tuple(messages) for name, messages in wire["outputs"].items()}
        return cls(wire["succeeded"], wire["error"], wire["stack_trace"], outputs, http)
