"""What an answer of Graph that is no success means, in our own errors.

Codes are compared without case: documentation and service differ in it (`SyncStateNotFound`, `syncStateNotFound`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, assert_never

from sync_core.errors import (
    AccessDenied,
    CredentialsRejected,
    DeltaExpired,
    FolderGone,
    MailboxGone,
    RequestRejected,
    ServiceUnavailable,
    SyncError,
    Throttled,
)
from sync_core.http import retry_after_s, safe_name

MAILBOX_CODES = frozenset(
    {
        "mailboxnotenabledforrestapi",
        "mailboxnotsupportedforrestapi",
        "mailboxnothostedinexchangeonline",
        "request_resourcenotfound",
        "errorinvaliduser",
        "errornonexistentmailbox",
        "errormailboxnotfound",
        "resourcenotfound",
    }
)
GONE_CODES = frozenset(
    {
        "erroritemnotfound",
        "itemnotfound",
        "errorfoldernotfound",
        "errorparentfoldernotfound",
        "errorsyncfoldernotfound",
    }
)
"""Only these say that an item or folder is not there: Graph answers 404 without a code for contacts that exist."""
RESET_CODES = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
ODD_CODE = "unreadable_code"
"""Stands for a code that has no code's shape, and so may quote what was sent."""
NOT_DONE = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.FAILED_DEPENDENCY})
"""The service says that it did not even try. 424: how throttled batches were once answered (throttling.md)."""
CONFLICTS = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})
_ID = re.compile(r"[A-Za-z0-9_=-]{1,255}")
"""What a mailbox may be named by in messages. Its address, which stands for its id where the directory is closed, has
an `@`."""
_REQUEST_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about: for the text of an error, and for what a 404 says.

    In words it holds ids alone: a mailbox that is known, or asked for, by its address is not named.
    """

    operation: str
    mailbox_id: str = ""
    folder_id: str = ""

    def __str__(self) -> str:
        places = (("mailbox", self.mailbox_id), ("folder", self.folder_id))
        where = ", ".join(f"{kind} {place}" for kind, place in places if _ID.fullmatch(place))
        return f"{self.operation} ({where})" if where else self.operation


class RefusalKind(Enum):
    """All that a refusal can be about."""

    CREDENTIALS = auto()
    ACCESS = auto()
    THROTTLED = auto()
    NOT_TRIED = auto()
    OUTAGE = auto()
    """No usable answer came (status 0: none at all), so that the effect of a write is not known."""
    DELTA_EXPIRED = auto()
    """The delta link leads nowhere any more (410; a malformed token is a 400, ECSE recordings)."""
    MAILBOX_GONE = auto()
    """There is no such user, or none with a mailbox in Exchange Online."""
    GONE = auto()
    """There is no such contact or folder, and the code says so."""
    NOT_FOUND = auto()
    """A 404 that does not say so: an outage of what was asked for."""
    CONFLICT = auto()
    REJECTED = auto()


_BY_STATUS: Mapping[int, RefusalKind] = {
    HTTPStatus.UNAUTHORIZED: RefusalKind.CREDENTIALS,
    HTTPStatus.FORBIDDEN: RefusalKind.ACCESS,
    HTTPStatus.TOO_MANY_REQUESTS: RefusalKind.THROTTLED,
    HTTPStatus.FAILED_DEPENDENCY: RefusalKind.NOT_TRIED,
    HTTPStatus.GONE: RefusalKind.DELTA_EXPIRED,
    **dict.fromkeys(CONFLICTS, RefusalKind.CONFLICT),
}


def is_outage(status: int) -> bool:
    """Whether a status, when it is no success, leaves open what the service did."""
    is_refused = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return not is_refused or status == HTTPStatus.REQUEST_TIMEOUT


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success. `told` is Graph's own text: it may hold values, so it is never shown."""

    status: int
    code: str = ""
    told: str = field(default="", repr=False)
    request_id: str = ""
    retry_after_s: float | None = None

    @property
    def kind(self) -> RefusalKind:
        """What the refusal is about: by its status, then by its code."""
        code, by_status = self.code.casefold(), _BY_STATUS.get(self.status)
        if is_outage(self.status):
            return RefusalKind.OUTAGE
        if by_status is not None and by_status is not RefusalKind.CONFLICT:
            return by_status
        is_malformed = self.status == HTTPStatus.BAD_REQUEST and "badly formed token" in self.told.casefold()
        if is_malformed or code in RESET_CODES:
            return RefusalKind.DELTA_EXPIRED
        if self.status == HTTPStatus.NOT_FOUND:
            if code in MAILBOX_CODES:
                return RefusalKind.MAILBOX_GONE
            return RefusalKind.GONE if code in GONE_CODES else RefusalKind.NOT_FOUND
        return by_status or RefusalKind.REJECTED


def refusal_of(status: int, headers: Mapping[str, str], body: Any, now: datetime) -> Refusal:
    """Read an answer's error envelope; whatever is missing in it stays blank.

    Code and request id reach messages, so they are taken over only where they have the shape of one.
    """
    error = body.get("error") if isinstance(body, dict) else None
    envelope = error if isinstance(error, dict) else {}
    inner = envelope.get("innerError") or envelope.get("innererror")
    request_id = _text(headers.get("request-id") or (inner.get("request-id") if isinstance(inner, dict) else ""))
    code = _text(envelope.get("code"))
    return Refusal(
        status=status,
        code=safe_name(code) or (ODD_CODE if code else ""),
        told=_text(envelope.get("message")),
        request_id=request_id if _REQUEST_ID.fullmatch(request_id) else "",
        retry_after_s=retry_after_s(headers, now),
    )


def as_error(refusal: Refusal, subject: Subject) -> SyncError:
    """Choose the error that a refusal of a whole request is."""
    error: SyncError
    request_id = f", request-id {refusal.request_id}" if refusal.request_id else ""
    text = f"Graph answered {refusal.status} {refusal.code or 'without a code'} to: {subject}{request_id}"
    if not refusal.status:
        text = f"Graph gave no answer to: {subject}"
    match refusal.kind:
        case RefusalKind.CREDENTIALS:
            remedy = "check the app registration's secret or certificate, or the managed identity (AZURE_ settings)"
            error = CredentialsRejected(f"{text}; {remedy}")
        case RefusalKind.ACCESS:
            remedy = "grant the app Contacts.ReadWrite here; a new grant may take more than an hour to count"
            error = AccessDenied(f"{text}; {remedy}")
        case RefusalKind.THROTTLED:
            error = Throttled(text, refusal.retry_after_s)
        case RefusalKind.OUTAGE | RefusalKind.CONFLICT | RefusalKind.NOT_FOUND:
            # Exchange answers reads with a spurious 412 now and then (Q&A 271870).
            error = ServiceUnavailable(text, refusal.retry_after_s)
        case RefusalKind.DELTA_EXPIRED:
            error = DeltaExpired(f"{text}; the folder is read from the start")
        case RefusalKind.MAILBOX_GONE:
            error = MailboxGone(f"{text}; check that the user exists and has a mailbox in Exchange Online")
        case RefusalKind.GONE if subject.folder_id:
            error = FolderGone(f"{text}; the folder was deleted: connect again to another one or restore it")
        case RefusalKind.GONE | RefusalKind.NOT_TRIED | RefusalKind.REJECTED:
            error = RequestRejected(f"{text}; repeating it is pointless", refusal.status, refusal.code)
        case _ as never:
            assert_never(never)
    return error


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
