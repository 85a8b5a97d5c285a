"""What Graph's refusals are in our errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sync_core.engine.ports import OutcomeUnknown, Refused, Stale, Unfinished
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
from sync_core.outlook import Subject
from sync_core.outlook.batch import Part, PartAnswer, create_failed, update_failed
from sync_core.outlook.refusals import ODD_CODE, Refusal, as_error, refusal_of

REQUEST_ID = "0f4a9c3e-7b1d-4e2a-9f60-5d8c21b7a411"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
FOLDER = Subject("read the changes of a folder", "m-1", "f-1")
MAILBOX = Subject("list contact folders", "m-1")


def error(status: int, code: str = "", message: str = "", subject: Subject = FOLDER, **headers: str) -> SyncError:
    """Error of one refusal; header names with underscores for hyphens."""
    body = {"error": {"code": code, "message": message, "innerError": {"request-id": REQUEST_ID}}}
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
        (404, "UnknownError", "", ServiceUnavailable),
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
    for part in ("read the changes of a folder", "m-1", "f-1", "403", "ErrorAccessDenied", REQUEST_ID, "grant"):
        assert part in text
    assert "Anna" not in text


@pytest.mark.parametrize("body", [None, "<html>", [], {}, {"error": "denied"}, {"error": {"code": 5}}, {"error": None}])
def test_an_answer_without_an_envelope_is_still_an_error(body: Any) -> None:
    """A gateway's own page has no code; its status counts."""
    refused = as_error(refusal_of(400, {}, body, NOW), FOLDER)
    assert isinstance(refused, RequestRejected)
    assert refused.status == 400


@pytest.mark.parametrize("code", ["Anna Berg", "anna@berg.example", "+43 1 111", "431111", "Error 'Anna'", "A" * 65])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 424, 429, 500])
def test_a_hostile_code_is_replaced(status: int, code: str) -> None:
    """Whatever has no code's shape may quote a contact; the message says that there was one."""
    refused = error(status, code, request_id=code)
    assert code not in str(refused)
    assert ODD_CODE in str(refused)
    assert "request-id" not in str(refused)
    assert not isinstance(refused, RequestRejected) or refused.code == ODD_CODE


def test_a_contact_that_is_refused_with_a_hostile_code_shows_none_of_it() -> None:
    """The refusal goes into an attention item, which people and the API see."""
    envelope = {"error": {"code": "Anna Berg", "message": "Anna Berg's jobTitle exceeds the max allowed value"}}
    refused = create_failed(
        Part("POST", "/contacts", {"jobTitle": "Buyer", "surname": "Berg"}), refusal_of(400, {}, envelope, NOW), FOLDER
    )
    assert isinstance(refused, Refused)
    assert (refused.code, refused.fields) == (ODD_CODE, ("jobTitle",))
    assert "Anna" not in refused.message


@pytest.mark.parametrize(
    ("status", "created", "updated"),
    [
        (0, OutcomeUnknown, OutcomeUnknown),
        (200, OutcomeUnknown, OutcomeUnknown),
        (302, Refused, Refused),
        (400, Refused, Refused),
        (401, CredentialsRejected, CredentialsRejected),
        (403, AccessDenied, AccessDenied),
        (404, ServiceUnavailable, ServiceUnavailable),
        (408, OutcomeUnknown, OutcomeUnknown),
        (409, Unfinished, Stale),
        (412, Unfinished, Stale),
        (424, Unfinished, Unfinished),
        (429, Unfinished, Unfinished),
        (503, OutcomeUnknown, OutcomeUnknown),
    ],
)
def test_every_refusal_of_a_write_has_its_outcome(status: int, created: type, updated: type) -> None:
    """What is known of the effect decides; whatever concerns the whole call is an error."""
    part, refusal = Part("PATCH", "/contacts/1", {"surname": "Berg"}), Refusal(status)
    assert type(create_failed(part, refusal, FOLDER)) is created
    assert type(update_failed(part, PartAnswer(status), refusal, FOLDER)) is updated


@pytest.mark.parametrize("status", [409, 412, 424, 429])
def test_after_a_try_that_may_be_done_a_refusal_says_nothing_of_the_effect(status: int) -> None:
    """The conflict may be with our own write."""
    answer = PartAnswer(status, may_be_done=True)
    assert update_failed(Part("PATCH", "/contacts/1"), answer, Refusal(status), FOLDER) == OutcomeUnknown()
