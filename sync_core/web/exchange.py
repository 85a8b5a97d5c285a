"""HTTP requests and answers as values, and the reading of a JSON body."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NoReturn

from sync_core.errors import BodyTooLarge, InvalidRequest
from sync_core.web.callers import STRANGER, Caller

MAX_BODY_BYTES = 64 * 1024
JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"

_NOTHING: Mapping[str, str] = MappingProxyType({})
_SAFETY = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `route` holds the values of the route's placeholders, header names are in lower case."""

    route: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    query: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    body: bytes = field(default=b"", repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
    caller: Caller = field(default=STRANGER, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


def json_answer(
    status: HTTPStatus, content: Any, headers: Mapping[str, str] = _NOTHING, content_type: str = JSON_TYPE
) -> Answer:
    """Answer with JSON, which nobody on the way may keep."""
    encoded = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    return Answer(int(status), {"Content-Type": content_type, **_SAFETY, **headers}, encoded)


def empty_answer() -> Answer:
    """Answer that it is done, and no more."""
    return Answer(int(HTTPStatus.NO_CONTENT), dict(_SAFETY))


def check_size(request: Request) -> None:
    """Raise BodyTooLarge."""
    if len(request.body) > MAX_BODY_BYTES:
        raise BodyTooLarge([f"body: is {len(request.body)} bytes long; at most {MAX_BODY_BYTES} are taken"])


def json_object(request: Request, *, optional: bool = False) -> dict[str, Any]:
    """Read the body; raises BodyTooLarge, or InvalidRequest for anything but one JSON object.

    With `optional` an empty body reads as an empty object.
    """
    check_size(request)
    if optional and not request.body.strip():
        return {}
    try:
        content = json.loads(request.body, parse_constant=_refused, parse_float=_finite)
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair can be read, but never be stored
    except (ValueError, RecursionError):
        raise InvalidRequest(["body: is not JSON; send one JSON object, encoded in UTF-8"]) from None
    if not isinstance(content, dict):
        raise InvalidRequest([f"body: must be a JSON object, not {_KINDS.get(type(content), 'a number')}"])
    return content


_KINDS: Mapping[type, str] = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


def _refused(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    """Read a number; one beyond all bounds would be read as infinity, which JSON cannot write again."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
