"""Each error becomes the problem that its caller can act upon, and the log learns no value."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sync_core.errors import (
    AccessDenied,
    BodyTooLarge,
    ContactsFailing,
    CredentialsRejected,
    DeltaExpired,
    EditionGone,
    FolderGone,
    IndexUnknown,
    InvalidRequest,
    InvalidSettings,
    KeepsFailing,
    LeaseLost,
    LeaseTaken,
    MailboxGone,
    NotAllowed,
    NotFound,
    NothingHeld,
    NotSignedIn,
    Paused,
    RequestRejected,
    RowConflict,
    RunInterrupted,
    ServiceUnavailable,
    SignInOff,
    SpaceChanged,
    SpaceGone,
    Stopped,
    StoreUnavailable,
    SyncError,
    Throttled,
    TooManyRequests,
    UnexpectedFailure,
    Unreadable,
    UserGone,
    UserStopped,
    WrongKindOfBody,
)
from sync_core.redaction import without_values
from sync_core.storage import SqliteStore
from sync_core.web import Admission, Answer, Request, respond
from sync_core.web.problems import problem_answer
from sync_core.web.routes import BY_NAME
from tests.connection_scenario import FaultyStore
from tests.scenarios.world import OPEN_WORLDS, new_world

EXPECTED: list[tuple[Exception, int, str]] = [
    (InvalidRequest(["mode: wrong"]), 400, "invalid-request"),
    (BodyTooLarge(["body: long"]), 413, "body-too-large"),
    (WrongKindOfBody(["body: not declared"]), 415, "not-json"),
    (Paused(["paused"]), 409, "paused"),
    (NotSignedIn("nobody"), 401, "not-signed-in"),
    (NotAllowed("not you"), 403, "not-allowed"),
    (TooManyRequests("slowly", 3), 429, "too-many-requests"),
    (NotFound("gone"), 404, "not-found"),
    (LeaseTaken("busy", 3), 409, "busy"),
    (RowConflict("changed", 0, "key"), 409, "changed-meanwhile"),
    (Throttled("slowly", 3), 503, "try-later"),
    (ServiceUnavailable("silent"), 503, "try-later"),
    (ContactsFailing({"c-1": "it failed"}, {}), 503, "try-later"),
    (StoreUnavailable("silent"), 503, "try-later"),
    (IndexUnknown("being built"), 503, "try-later"),
    (CredentialsRejected("expired"), 502, "service-refused"),
    (AccessDenied("denied"), 502, "service-refused"),
    (MailboxGone("gone"), 502, "service-refused"),
    (FolderGone("gone"), 502, "service-refused"),
    (UserGone("gone"), 502, "service-refused"),
    (UserStopped("stopped"), 502, "service-refused"),
    (SpaceGone("gone"), 502, "service-refused"),
    (SpaceChanged("another"), 502, "service-refused"),
    (KeepsFailing("again and again"), 502, "service-refused"),
    (RequestRejected("wrong", 418), 502, "service-refused"),
    (NothingHeld(["nothing"]), 409, "nothing-held"),
    (Unreadable("a newer version wrote it"), 409, "unreadable"),
    (InvalidSettings(["SYNC_STATE is missing"]), 500, "invalid-settings"),
    (SignInOff("off"), 500, "sign-in-off"),
    (DeltaExpired("never seen here"), 500, "unexpected"),
    (EditionGone("never seen here"), 500, "unexpected"),
    (LeaseLost("never seen here"), 500, "unexpected"),
    (RunInterrupted("never seen here"), 500, "unexpected"),
    (Stopped("never seen here"), 500, "unexpected"),
    (UnexpectedFailure("never seen here"), 500, "unexpected"),
    (ValueError("Lovelace"), 500, "unexpected"),
]


def read(answer: Answer) -> dict[str, Any]:
    """Read a problem."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    content: dict[str, Any] = json.loads(answer.body)
    assert content["status"] == answer.status
    return content


@pytest.mark.parametrize(("error", "status", "kind"), EXPECTED, ids=lambda value: type(value).__name__)
def test_an_error_has_its_status_and_its_name(error: Exception, status: int, kind: str) -> None:
    """The status is for HTTP, the type for programs, title and detail for people."""
    content = read(problem_answer(error, Request()))
    assert (content["status"], content["type"]) == (status, f"urn:outlook-pipeliner-sync:problem:{kind}")
    assert content["title"]
    assert (content["detail"] == str(error)) is (kind != "unexpected")


def every_error(kind: type[SyncError] = SyncError) -> set[type[SyncError]]:
    """All errors of ours that can be raised."""
    return {kind}.union(*(every_error(child) for child in kind.__subclasses__()))


def test_every_error_of_ours_was_thought_of() -> None:
    """A new leaf of the tree is given its status here, or is decided to be unexpected."""
    single = {kind for kind in every_error() if not kind.__subclasses__()}
    assert single <= {type(error) for error, _, _ in EXPECTED}


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (Throttled("", 2.1), "3"),
        (Throttled("", 0.0), "30"),
        (StoreUnavailable(""), "30"),
        (LeaseTaken("", 0.2), "1"),
        (NotFound(""), None),
    ],
    ids=str,
)
def test_a_wait_is_told_in_whole_seconds(error: Exception, wait: str | None) -> None:
    """Never less than was asked for, and never nothing."""
    assert problem_answer(error, Request()).headers.get("Retry-After") == wait


def test_the_log_names_type_and_ids_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Neither an error's text nor what is no id goes to the log; what the caller did wrong does not go there at all."""
    request = Request({"connection_id": "0123abcd", "other": "ada lovelace"})
    for error in (AccessDenied("mailbox ada@example.test"), ValueError("Lovelace"), NotFound("Lovelace")):
        problem_answer(error, request)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "a request about 0123abcd failed: AccessDenied"),
        (logging.ERROR, "a request about 0123abcd failed: ValueError"),
    ]


async def test_an_unforeseen_error_leaves_a_function_without_its_text() -> None:
    """Its type and the line of ours that led to it are told, its cause is not shown either; our own errors pass."""

    async def fail(error: Exception) -> None:
        raise error

    with pytest.raises(UnexpectedFailure, match=r"^a run failed: ValueError at sync_core/redaction\.py:\d+$") as caught:
        await without_values(fail(ValueError("Lovelace")), "a run")
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)
    with pytest.raises(NotFound):
        await without_values(fail(NotFound("run")), "a run")


@pytest.fixture(autouse=True)
async def _close_worlds() -> AsyncIterator[None]:
    """Close the stores of all worlds that a test made."""
    yield
    while OPEN_WORLDS:
        await OPEN_WORLDS.pop().store.close()


async def test_a_state_store_that_does_not_answer_is_told_with_the_wait() -> None:
    """A request that could not be stored is answered 503, and nothing of it is there."""
    store = FaultyStore(SqliteStore(":memory:"), before={2: StoreUnavailable("the state store is silent", 7.5)})
    world = new_world(store=store)
    body = {"mailbox": "ada@example.test", "user": "ada@example.test"}
    request = Request(body=json.dumps(body).encode(), headers={"content-type": "application/json"})
    answer = await respond(BY_NAME["connect"], lambda: world.deployment, request, Admission())
    assert (read(answer)["detail"], answer.headers["Retry-After"]) == ("the state store is silent", "8")
    assert (await world.deployment.registry.all(), world.queue.take()) == ([], None)
