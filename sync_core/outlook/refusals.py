"""What an answer of Graph that is no success means, in our own errors.

Codes are compared without case: documentation and service differ in it (`SyncStateNotFound`, `syncStateNotFound`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

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
from sync_core.outlook.retry_after import retry_after_s

MAILBOX_CODES = frozenset(
    {
        "mailboxnotenabledforrestapi",
        "mailboxnotsupportedforrestapi",
        "mailboxnothostedinexchangeonline",
        "request_resourcenotfound",
        "errorinvaliduser",
        "errornonexistentmailbox",
        "errormailboxnotfound",
    }
)
FOLDER_CODES = frozenset({"erroritemnotfound", "errorfoldernotfound", "errorparentfoldernotfound", "itemnotfound"})
RESET_CODES = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
NOT_DONE = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.FAILED_DEPENDENCY})
"""The service says that it did not even try. 424: how throttled batches were once answered (throttling.md)."""
CONFLICTS = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about: for the text of an error, and for what a 404 says."""

    operation: str
    mailbox_id: str = ""
    folder_id: str = ""

    def __str__(self) -> str:
        places = (("mailbox", self.mailbox_id), ("folder", self.folder_id))
        where = ", ".join(f"{kind} {place}" for kind, place in places if place)
        return f"{self.operation} ({where})" if where else self.operation


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success. `told` is Graph's own text: it may hold values, so it is never shown."""

    status: int
    code: str = ""
    told: str = field(default="", repr=False)
    request_id: str = ""
    retry_after_s: float | None = None

    @property
    def is_mailbox_gone(self) -> bool:
        """Whether there is no such user, or none with a mailbox in Exchange Online."""
        return self.status == HTTPStatus.NOT_FOUND and self.code.casefold() in MAILBOX_CODES

    @property
    def is_delta_expired(self) -> bool:
        """Whether the delta link leads nowhere any more (410; a malformed token is a 400, ECSE recordings)."""
        malformed = self.status == HTTPStatus.BAD_REQUEST and "badly formed token" in self.told.casefold()
        return self.status == HTTPStatus.GONE or malformed or self.code.casefold() in RESET_CODES

    @property
    def is_outage(self) -> bool:
        """Whether no usable answer came (0: none at all), so that the effect of a write is not known."""
        is_refused = HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR
        return not is_refused or self.status == HTTPStatus.REQUEST_TIMEOUT


def refusal_of(status: int, headers: Mapping[str, str], body: Any, now: datetime) -> Refusal:
    """Read an answer's error envelope; whatever is missing in it stays blank."""
    error = body.get("error") if isinstance(body, dict) else None
    told = error if isinstance(error, dict) else {}
    inner = told.get("innerError") or told.get("innererror")
    request_id = headers.get("request-id") or (inner.get("request-id", "") if isinstance(inner, dict) else "")
    return Refusal(
        status=status,
        code=_text(told.get("code")),
        told=_text(told.get("message")),
        request_id=_text(request_id),
        retry_after_s=retry_after_s(headers, now),
    )


def as_error(refusal: Refusal, subject: Subject) -> SyncError:
    """Choose the error that a refusal of a whole request is."""
    text = _described(refusal, subject)
    match refusal.status:
        case HTTPStatus.UNAUTHORIZED:
            remedy = "check the app registration's secret or certificate, or the managed identity (AZURE_ settings)"
            return CredentialsRejected(f"{text}; {remedy}")
        case HTTPStatus.FORBIDDEN:
            remedy = "grant the app Contacts.ReadWrite here; a new grant may take more than an hour to count"
            return AccessDenied(f"{text}; {remedy}")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Throttled(text, refusal.retry_after_s)
    if refusal.is_outage:
        return ServiceUnavailable(text, refusal.retry_after_s)
    return _error_of_place(refusal, subject, text)


def _error_of_place(refusal: Refusal, subject: Subject, text: str) -> SyncError:
    if refusal.is_delta_expired:
        return DeltaExpired(f"{text}; the folder is read from the start")
    if refusal.is_mailbox_gone:
        return MailboxGone(f"{text}; check that the user exists and has a mailbox in Exchange Online")
    is_folder_code = refusal.code.casefold() in FOLDER_CODES
    if refusal.status == HTTPStatus.NOT_FOUND and is_folder_code and subject.folder_id:
        return FolderGone(f"{text}; the folder was deleted: connect again to another one or restore it")
    if refusal.status in CONFLICTS:
        # Exchange answers reads with a spurious 412 now and then (Q&A 271870).
        return ServiceUnavailable(text, refusal.retry_after_s)
    return RequestRejected(f"{text}; repeating it is pointless", refusal.status, refusal.code)


def _described(refusal: Refusal, subject: Subject) -> str:
    if not refusal.status:
        return f"Graph gave no answer to: {subject}"
    request_id = f", request-id {refusal.request_id}" if refusal.request_id else ""
    return f"Graph answered {refusal.status} {refusal.code or 'without a code'} to: {subject}{request_id}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
