"""What an answer of Pipeliner means, in our own errors.

Two error shapes are known (`{success, code, name, message, http_status, ...}` and
`{status, message, errorcode, traceback}`), beside pages that are no JSON. Pipeliner's `message` may quote a
contact's values, so only statuses, code names and field names pass through here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from sync_core.engine.ports import Refused
from sync_core.errors import (
    AccessDenied,
    CredentialsRejected,
    RequestRejected,
    ServiceUnavailable,
    SpaceGone,
    Throttled,
)
from sync_core.pipeliner.dates import parse_http_date
from sync_core.pipeliner.records import Record, elements, number_of, text_of
from sync_core.pipeliner.targets import Target
from sync_core.pipeliner.transport import PipelinerAnswer

UNKNOWN_TYPE = "ERROR_UNKNOWN_TYPE"
_NAME = re.compile(r"[A-Za-z0-9_.]{1,100}")
_SUCCESSES = range(200, 300)
_REDIRECTS = range(300, 400)
_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
_REFUSALS = frozenset({HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT})


@dataclass(frozen=True, slots=True)
class Done:
    """The request was carried out; `body` is the whole answer."""

    body: Record

    @property
    def data(self) -> Any:
        """What the answer is about."""
        return self.body.get("data")

    @property
    def record(self) -> Record:
        """The record that the answer shows; raises ServiceUnavailable when it shows none."""
        if isinstance(self.data, dict) and text_of(self.data, "id"):
            return self.data
        raise ServiceUnavailable("Pipeliner's answer shows no record")


@dataclass(frozen=True, slots=True)
class NotThere:
    """There is no record of that id."""


Result = Done | NotThere | Refused


def read_answer(answer: PipelinerAnswer, method: str, target: Target, now: datetime) -> Result:
    """Tell what an answer means; raises the error that concerns the whole call.

    404 of a collection means that the space is gone, 404 of a record that only the record is, provided that
    Pipeliner's own error shape says so: another shape comes from outside the entity and so from the space.
    """
    body = _json_object(answer)
    status = _real_status(answer.status, body)
    what = f"{method} {target}"
    _raise_if_passing(answer, status, what, now)
    _raise_for_status(status, what, target.entity)
    if body is None:
        raise ServiceUnavailable(f"Pipeliner answered {what} with a page that is not JSON (status {status})")
    if status in _SUCCESSES:
        return Done(body)
    if status == HTTPStatus.NOT_FOUND:
        return _not_found(body, what, target)
    if status in _REFUSALS:
        return refusal(body)
    code = _safe_name(body, "name")
    raise RequestRejected(f"Pipeliner rejected {what}: status {status} {code}".rstrip(), status, code)


def _json_object(answer: PipelinerAnswer) -> Record | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _real_status(status: int, body: Record | None) -> int:
    """Trust `success: false` over a 2xx."""
    if body is None or status not in _SUCCESSES or body.get("success") is not False:
        return status
    return max(number_of(body, "http_status"), HTTPStatus.BAD_REQUEST)


def _raise_if_passing(answer: PipelinerAnswer, status: int, what: str, now: datetime) -> None:
    retry_after_s = retry_after(answer, now)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled(f"Pipeliner asked for a pause at {what}", retry_after_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _BUSY:
        raise ServiceUnavailable(f"Pipeliner failed at {what}: status {status}", retry_after_s)


def _raise_for_status(status: int, what: str, entity: str) -> None:
    """Raise what the status alone decides, whatever the body."""
    if status == HTTPStatus.UNAUTHORIZED:
        raise CredentialsRejected("Pipeliner refused the API token and password of the space")
    if status == HTTPStatus.FORBIDDEN:
        raise AccessDenied(f"Pipeliner denied {what}: the application lacks permission for {entity}")
    if status in _REDIRECTS:
        raise RequestRejected(f"Pipeliner answered {what} with a redirect, which is not followed", status, "redirect")


def _not_found(body: Record, what: str, target: Target) -> NotThere:
    if text_of(body, "name") == UNKNOWN_TYPE:
        raise RequestRejected(f"Pipeliner does not know the entity of {what}", HTTPStatus.NOT_FOUND, UNKNOWN_TYPE)
    if target.record_id and body.get("success") is False:
        return NotThere()
    raise SpaceGone("the Pipeliner space does not exist under this service URL; check its id and the URL")


def refusal(error: Record) -> Refused:
    """Read a validation error (422, or one element of a batch answer): its code and the fields it names."""
    details = list(_field_details(error))
    fields = tuple(dict.fromkeys(name for name, _ in details if name))
    words = ", ".join(f"{name} {code}".strip() for name, code in details) or "no field named"
    code = _safe_name(error, "name") or "refused"
    return Refused(code, f"Pipeliner refused it ({code}): {words}", fields)


def _field_details(error: Record) -> Iterator[tuple[str, str]]:
    for item in elements(error, "entity_errors"):
        if isinstance(item, dict):
            yield "", _safe_name(item, "name")
    for item in elements(error, "field_errors"):
        if isinstance(item, dict):
            inner = [entry for entry in elements(item, "errors") if isinstance(entry, dict)]
            codes = dict.fromkeys(_safe_name(entry, "name") for entry in inner or [item])
            yield _safe_name(item, "field_name"), " ".join(codes)


def _safe_name(record: Record, key: str) -> str:
    name = text_of(record, key)
    return name if _NAME.fullmatch(name) else ""


def retry_after(answer: PipelinerAnswer, now: datetime) -> float | None:
    """Least wait in seconds that the answer asks for: seconds, a fraction, or an HTTP date; None without one.

    A date is counted from the answer's own `Date`, so that clocks that differ do no harm.
    """
    text = answer.headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        until = parse_http_date(text)
        if until is None:
            return None
        seconds = (until - (parse_http_date(answer.headers.get("date", "")) or now)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None
