"""The values that travel between an HTTP face (or a simulation) and an emulator's model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

_JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `path` and `query` are as on the wire, header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def line(self) -> str:
        """Method, path and query, as on the wire: what the patterns of planted faults are searched in."""
        return f"{self.method} {self.path}?{self.query}" if self.query else f"{self.method} {self.path}"

    @property
    def segments(self) -> tuple[str, ...]:
        """Path segments, percent-decoded one by one (so an id may hold a slash)."""
        return _segments(self.path)

    @property
    def parameters(self) -> dict[str, str]:
        """Query parameters, decoded; the last one of a name counts."""
        return dict(_parameters(self.query))

    def json(self) -> Any:
        """Body as JSON; raises ValueError when it is not."""
        return json.loads(self.body)


@lru_cache(maxsize=4096)
def _segments(path: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in path.split("/") if part)


@lru_cache(maxsize=4096)
def _parameters(query: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(query, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `delay_s` is slept by the HTTP face only; `cut_at` sends so many bytes and hangs up."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0.0
    cut_at: int | None = None

    def json(self) -> Any:
        """Body as JSON; raises ValueError when it is not."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Dropped:
    """The connection broke without an answer; `effect_done` says whether the service acted first."""

    effect_done: bool
    delay_s: float = 0.0


Reply = Answer | Dropped


class Model(Protocol):
    """What an HTTP face needs of an emulated service."""

    def handle(self, request: Request) -> Reply:
        """Answer one request of the emulated API."""

    def control(self, request: Request) -> Answer:
        """Answer one request below `/_control/`: the tests' own interface."""


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a JSON body."""
    encoded = _JSON.encode(body).encode()
    return Answer(status, {"Content-Type": "application/json", **(headers or {})}, encoded)
