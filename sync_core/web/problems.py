"""Errors as `application/problem+json` (RFC 9457): what is wrong, where, and the remedy."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sync_core.errors import (
    BodyTooLarge,
    ConnectionBroken,
    InvalidRequest,
    InvalidSettings,
    LeaseTaken,
    NotAllowed,
    NotFound,
    NothingHeld,
    NotSignedIn,
    Paused,
    RequestRejected,
    RetryLater,
    RowConflict,
    SignInOff,
    TooManyRequests,
    Unreadable,
    WrongKindOfBody,
)
from sync_core.redaction import redacted
from sync_core.web.exchange import PROBLEM_TYPE, Answer, Request, json_answer

_log = logging.getLogger(__name__)

DEFAULT_RETRY_AFTER_S = 30.0
MOST_FAULTS = 20
MOST_CHARACTERS = 300
"""Of one fault: a fault may name a part of the request by the words that were sent."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of problem; `name` is stable, for programs."""

    name: str
    status: HTTPStatus
    title: str


_UNEXPECTED = Kind("unexpected", HTTPStatus.INTERNAL_SERVER_ERROR, "Something unexpected went wrong")
_KINDS: Mapping[type[Exception], Kind] = {
    NotSignedIn: Kind("not-signed-in", HTTPStatus.UNAUTHORIZED, "Nobody is signed in"),
    NotAllowed: Kind("not-allowed", HTTPStatus.FORBIDDEN, "The caller may not do this"),
    SignInOff: Kind("sign-in-off", HTTPStatus.INTERNAL_SERVER_ERROR, "Sign-in is demanded but switched off"),
    TooManyRequests: Kind("too-many-requests", HTTPStatus.TOO_MANY_REQUESTS, "The caller asks too often"),
    WrongKindOfBody: Kind("not-json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not declared as JSON"),
    BodyTooLarge: Kind("body-too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large"),
    Paused: Kind("paused", HTTPStatus.CONFLICT, "The connection is paused"),
    NothingHeld: Kind("nothing-held", HTTPStatus.CONFLICT, "There is nothing to approve"),
    InvalidRequest: Kind("invalid-request", HTTPStatus.BAD_REQUEST, "The request is not valid"),
    NotFound: Kind("not-found", HTTPStatus.NOT_FOUND, "There is no such thing"),
    LeaseTaken: Kind("busy", HTTPStatus.CONFLICT, "A run is running on this connection"),
    RowConflict: Kind("changed-meanwhile", HTTPStatus.CONFLICT, "It was changed by somebody else meanwhile"),
    RetryLater: Kind("try-later", HTTPStatus.SERVICE_UNAVAILABLE, "A service did not answer; try again later"),
    Unreadable: Kind("unreadable", HTTPStatus.CONFLICT, "What is stored of the connection cannot be read"),
    ConnectionBroken: Kind("service-refused", HTTPStatus.BAD_GATEWAY, "A service refused the app"),
    RequestRejected: Kind("service-refused", HTTPStatus.BAD_GATEWAY, "A service rejected the app's request"),
    InvalidSettings: Kind("invalid-settings", HTTPStatus.INTERNAL_SERVER_ERROR, "The app's settings are not valid"),
}


def problem_answer(error: Exception, request: Request) -> Answer:
    """Answer with what is wrong; of an error that nobody foresaw nothing is told but that it is in the log."""
    kind = kind_of(type(error))
    detail = "; ".join(_faults(error)) if isinstance(error, InvalidRequest) else str(error)
    if kind is _UNEXPECTED:
        detail = "The app's log names its type and place."
    content: dict[str, Any] = {
        "type": f"urn:outlook-pipeliner-sync:problem:{kind.name}",
        "title": kind.title,
        "status": int(kind.status),
        "detail": detail,
    }
    if isinstance(error, InvalidRequest | InvalidSettings):
        content["faults"] = _faults(error)
    if isinstance(error, ConnectionBroken):
        content["reason"] = error.reason
    _write_log(error, kind, request)
    return json_answer(kind.status, content, _headers(error), PROBLEM_TYPE)


def _faults(error: InvalidRequest | InvalidSettings) -> list[str]:
    """Return the faults; of a request only as many and as long as help, without control characters."""
    if isinstance(error, InvalidSettings):
        return list(error.faults)
    shown = ("".join(char if char.isprintable() else " " for char in fault) for fault in error.faults[:MOST_FAULTS])
    return [fault if len(fault) <= MOST_CHARACTERS else f"{fault[:MOST_CHARACTERS]}..." for fault in shown]


def kind_of(error: type[Exception]) -> Kind:
    """Find the kind of the nearest class; each error has its own before its parent's."""
    return next((_KINDS[kind] for kind in error.__mro__ if kind in _KINDS), _UNEXPECTED)


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, NotSignedIn):
        return {"WWW-Authenticate": "Bearer"}
    if not isinstance(error, RetryLater):
        return {}
    return {"Retry-After": str(max(1, math.ceil(error.retry_after_s or DEFAULT_RETRY_AFTER_S)))}


def _write_log(error: Exception, kind: Kind, request: Request) -> None:
    if kind.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    subject = ", ".join(value for value in request.route.values() if _ID.fullmatch(value)) or "-"
    if isinstance(error, InvalidSettings | SignInOff):
        _log.error("the app cannot start: %s", error)
    elif kind is _UNEXPECTED:
        _log.error("a request about %s failed: %s", subject, redacted(error))
    else:
        _log.warning("a request about %s failed: %s", subject, type(error).__name__)
