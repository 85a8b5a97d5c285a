"""`$batch`: up to twenty requests in one, each answered on its own (json-batching.md)."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulators.graph.call import API_PREFIX
from emulators.graph.errors import GraphError, bad_request
from emulators.wire import Answer, Dropped, Reply, Request

MAX_PARTS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch; `request` is None when its own form is wrong, and `refusal` says why."""

    id: str
    depends_on: tuple[str, ...]
    request: Request | None
    refusal: GraphError | None = None


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """Answer to one part."""

    id: str
    answer: Answer

    def as_json(self) -> dict[str, Any]:
        """Entry of `responses`."""
        shown: dict[str, Any] = {"id": self.id, "status": self.answer.status, "headers": dict(self.answer.headers)}
        if self.answer.body:
            shown["body"] = _body_of(self.answer)
        return shown


def read_batch(outer: Request) -> list[Part]:
    """Parts of a batch; raises GraphError 400 when the whole cannot be accepted."""
    try:
        body = outer.json()
        items = body["requests"]
    except (ValueError, TypeError, KeyError):
        raise bad_request("Invalid batch payload format.") from None
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise bad_request("Invalid batch payload format.")
    if len(items) > MAX_PARTS:
        message = f"Number of batch request steps exceeds the maximum value of {MAX_PARTS}."
        raise GraphError(400, "MaximumValueExceeded", message)
    parts = [_read_part(item, outer) for item in items]
    _check_ids(parts)
    return parts


def run_parts(
    parts: Sequence[Part], perform: Callable[[Request], Reply], refuse: Callable[[GraphError], Answer]
) -> list[PartAnswer]:
    """Answer every part, after those it depends on; a part behind a failed one gets 424."""
    answers: dict[str, PartAnswer] = {}
    waiting = list(parts)
    while waiting:
        ready = [part for part in waiting if all(name in answers for name in part.depends_on)]
        for part in ready:
            failed = any(answers[name].answer.status >= 400 for name in part.depends_on)
            answers[part.id.lower()] = PartAnswer(part.id, _run_part(part, perform, refuse, failed=failed))
        waiting = [part for part in waiting if part.id.lower() not in answers]
    return list(answers.values())


def _run_part(
    part: Part, perform: Callable[[Request], Reply], refuse: Callable[[GraphError], Answer], *, failed: bool
) -> Answer:
    if failed:
        return refuse(GraphError(424, "FailedDependency", "A request this one depends on has failed."))
    if part.request is None:
        return refuse(part.refusal or bad_request("Invalid batch payload format."))
    reply = perform(part.request)
    if isinstance(reply, Dropped):
        return refuse(GraphError(504, "UnknownError", "The request timed out."))
    return reply


def _read_part(item: Mapping[str, Any], outer: Request) -> Part:
    name, method, url = item.get("id"), item.get("method"), item.get("url")
    if not (isinstance(name, str) and name and isinstance(method, str) and isinstance(url, str)):
        raise bad_request("Each request of a batch needs id, method and url.")
    depends_on = tuple(str(other).lower() for other in item.get("dependsOn") or ())
    try:
        return Part(name, depends_on, _request_of(item, method.upper(), url, outer))
    except GraphError as refusal:
        return Part(name, depends_on, None, refusal)


def _request_of(item: Mapping[str, Any], method: str, url: str, outer: Request) -> Request:
    if "://" in url:
        raise bad_request(f"Resource not found for the segment '{url.split('/', 1)[0]}'.")
    headers = {str(name).lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    if item.get("body") is not None and "content-type" not in headers:
        raise bad_request("Content-Type header is required when a body is present.")
    inherited = {name: outer.headers[name] for name in ("authorization", "host") if name in outer.headers}
    path, _, query = url.partition("?")
    body = json.dumps(item["body"]).encode() if item.get("body") is not None else b""
    return Request(method, f"{API_PREFIX}/{path.lstrip('/')}", query, {**inherited, **headers}, body)


def _check_ids(parts: Sequence[Part]) -> None:
    names = [part.id.lower() for part in parts]
    if len(set(names)) < len(names):
        raise bad_request("Request ids of a batch have to be unique.")
    settled: set[str] = set()
    while len(settled) < len(parts):
        ready = {part.id.lower() for part in parts if settled.issuperset(part.depends_on)} - settled
        if not ready:
            raise bad_request("The dependsOn of a batch has to name other requests of it, without a circle.")
        settled |= ready


def _body_of(answer: Answer) -> Any:
    try:
        body = answer.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else b64encode(answer.body).decode()
