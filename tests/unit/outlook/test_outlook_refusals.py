"""What Graph's refusals are in our errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sync_core.errors import (
    AccessDenied,
    CredentialsRejected,
    DeltaExpired,
    FolderGone,
    MailboxGone,
    RequestRejected,
    RetryLater,
    ServiceUnavailable,
    SyncError,
    Throttled,
)
from sync_core.outlook.refusals import Subject, as_error, refusal_of

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
FOLDER = Subject("read the changes of a folder", "m-1", "f-1")
MAILBOX = Subject("list contact folders", "m-1")


def error(status: int, code: str = "", message: str = "", subject: Subject = FOLDER, **headers: str) -> SyncError:
    """Error of one refusal; header names with underscores for hyphens."""
    body = {"error": {"code": code, "message": message, "innerError": {"request-id": "r-1"}}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return as_error(refusal_of(status, named, body, NOW), subject)


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (401, "InvalidAuthenticationToken", "", CredentialsRejected),
        (403, "ErrorAccessDenied", "", AccessDenied),
        (404, "ErrorItemNotFound", "", FolderGone),
        (404, "MailboxNotEnabledForRESTAPI", "", MailboxGone),
        (404, "Request_ResourceNotFound", "", MailboxGone),
        (404, "SyncStateNotFound", "", DeltaExpired),
        (404, "UnknownError", "", RequestRejected),
        (410, "SyncStateNotFound", "", DeltaExpired),
        (410, "somethingElse", "", DeltaExpired),
        (400, "BadRequest", "Badly formed token.", DeltaExpired),
        (400, "resyncrequired", "", DeltaExpired),
        (400, "BadRequest", "other", RequestRejected),
        (405, "Request_BadRequest", "", RequestRejected),
        (302, "", "", RequestRejected),
        (408, "", "", ServiceUnavailable),
        (412, "ErrorIrresolvableConflict", "", ServiceUnavailable),
        (429, "ApplicationThrottled", "", Throttled),
        (500, "InternalServerError", "", ServiceUnavailable),
        (503, "serviceNotAvailable", "", ServiceUnavailable),
        (504, "", "", ServiceUnavailable),
        (0, "", "", ServiceUnavailable),
    ],
)
def test_every_refusal_is_the_error_its_caller_can_act_on(
    status: int, code: str, message: str, expected: type[SyncError]
) -> None:
    """Status and code decide, the code in any case."""
    assert type(error(status, code, message)) is expected
    assert type(error(status, code.upper(), message)) is expected


def test_not_found_without_a_folder_is_not_about_a_folder() -> None:
    """The same code means something else where no folder was asked for."""
    assert type(error(404, "ErrorItemNotFound", subject=MAILBOX)) is RequestRejected


def test_a_pause_is_told_with_its_length() -> None:
    """Throttling and outages carry the wait."""
    for status in (429, 503):
        refused = error(status, retry_after="2.5")
        assert isinstance(refused, RetryLater)
        assert refused.retry_after_s == 2.5


def test_a_message_names_ids_code_request_and_remedy_but_not_graphs_words() -> None:
    """Graph's text may quote a contact's values, so it stays out."""
    text = str(error(403, "ErrorAccessDenied", "Anna Berg is out of scope"))
    for part in ("read the changes of a folder", "m-1", "f-1", "403", "ErrorAccessDenied", "r-1", "grant"):
        assert part in text
    assert "Anna" not in text


@pytest.mark.parametrize("body", [None, "<html>", [], {}, {"error": "denied"}, {"error": {"code": 5}}, {"error": None}])
def test_an_answer_without_an_envelope_is_still_an_error(body: Any) -> None:
    """A gateway's own page has no code; its status counts."""
    refused = as_error(refusal_of(400, {}, body, NOW), FOLDER)
    assert isinstance(refused, RequestRejected)
    assert refused.status == 400
