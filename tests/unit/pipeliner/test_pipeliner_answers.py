from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sync_core.engine.ports import Refused
from sync_core.errors import RequestRejected, RetryLater, ServiceUnavailable, SpaceGone, Throttled
from sync_core.http import Answer
from sync_core.pipeliner.answers import Done, NotThere, Target, read_answer

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
CONTACT = Target("Contacts", "aa-1")

VALIDATION = {
    "code": 40000,
    "name": "ERROR_ENTITY_VALIDATION",
    "message": "Contact nora@secret.example is wrong",
    "entity_errors": [{"code": 119, "name": "ERROR_PARAMETER_MISSING", "message": "Nora"}],
    "field_errors": [
        {
            "field_name": "owner_id",
            "name": "ERROR_FIELD_VALIDATION",
            "errors": [{"name": "ERROR_PARAMETER_MISSING", "message": "Nora", "field_name": "owner_id"}],
        },
        {"field_name": "not a name but nora@secret.example", "name": "ERROR_FIELD_VALIDATION", "errors": []},
    ],
    "http_status": 422,
    "success": False,
}


def _answer(status: int, body: Any, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(body).encode())


def _error(name: str, status: int = 404) -> dict[str, Any]:
    return {"success": False, "code": 1, "name": name, "message": "Nora", "http_status": status}


def test_any_success_is_done() -> None:
    """200 and 201 are both documented for a create."""
    for status in (200, 201):
        result = read_answer(_answer(status, {"success": True, "data": {"id": "aa-1"}}), "POST", CONTACT, NOW)
        assert result == Done({"success": True, "data": {"id": "aa-1"}})


def test_refusal_names_fields_and_codes_and_no_value() -> None:
    """Messages and odd names of the service stay behind."""
    result = read_answer(_answer(422, VALIDATION), "PATCH", CONTACT, NOW)
    assert isinstance(result, Refused)
    assert result.code == "ERROR_ENTITY_VALIDATION"
    assert result.fields == ("owner_id",)
    assert "owner_id ERROR_PARAMETER_MISSING" in result.message
    assert "ora" not in result.message.replace("ERROR", "")


def test_conflict_is_a_refusal() -> None:
    """409 is undocumented and read like 422."""
    assert isinstance(read_answer(_answer(409, _error("ERROR_X", 409)), "PATCH", CONTACT, NOW), Refused)


def test_404_of_a_record_is_a_value() -> None:
    """Only Pipeliner's own error shape says so."""
    assert read_answer(_answer(404, _error("ERROR_ENTITY_NOT_FOUND")), "PATCH", CONTACT, NOW) == NotThere()


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (Target("Contacts"), _error("ERROR_X")),
        (Target("Contacts", action="batch-modify"), _error("ERROR_X")),
        (CONTACT, {"status": 404, "message": "x", "errorcode": None, "traceback": None}),
    ],
)
def test_404_of_anything_else_is_the_space(target: Target, body: dict[str, Any]) -> None:
    """A collection exists as long as its space does."""
    with pytest.raises(SpaceGone):
        read_answer(_answer(404, body), "GET", target, NOW)


def test_unknown_entity_is_our_own_mistake() -> None:
    """It is told by its name among the codes."""
    with pytest.raises(RequestRejected) as caught:
        read_answer(_answer(404, _error("ERROR_UNKNOWN_TYPE")), "GET", Target("Contact"), NOW)
    assert caught.value.code == "ERROR_UNKNOWN_TYPE"


def test_success_that_says_it_failed_is_a_failure() -> None:
    """The body's own status counts."""
    with pytest.raises(ServiceUnavailable):
        read_answer(_answer(200, _error("ERROR_X", 503)), "GET", CONTACT, NOW)
    with pytest.raises(RequestRejected):
        read_answer(_answer(200, {"success": False}), "GET", CONTACT, NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("120,120", 120.0),
        ("-3", None),
        ("Mon, 05 Jan 2026 08:00:30 GMT", 20.0),
        ("Mon, 05 Jan 2026 07:00:00 GMT", 0.0),
        ("soon", None),
    ],
)
@pytest.mark.parametrize(("status", "error"), [(429, Throttled), (503, ServiceUnavailable)])
def test_pause_is_told_in_every_form(text: str, expected: float | None, status: int, error: type[RetryLater]) -> None:
    """A date counts from the service's own clock."""
    headers = {"retry-after": text, "date": "Mon, 05 Jan 2026 08:00:10 GMT"}
    with pytest.raises(error) as caught:
        read_answer(Answer(status, headers), "GET", CONTACT, NOW)
    assert caught.value.retry_after_s == expected


@pytest.mark.parametrize("code", ["Nora Secret", "nora@secret.example", "+43 1 111", "ERROR 'Nora'", "N" * 101])
def test_hostile_code_stays_out_of_every_message(code: str) -> None:
    """Whatever has no code's shape may quote a contact, in a refusal as well as in a detail of one."""
    detail = {"field_name": code, "errors": [{"name": code}]}
    refused = read_answer(_answer(422, {**_error(code, 422), "field_errors": [detail]}), "PATCH", CONTACT, NOW)
    assert isinstance(refused, Refused)
    assert code not in f"{refused.code} {refused.message} {refused.fields}"
    with pytest.raises(RequestRejected) as caught:
        read_answer(_answer(400, _error(code, 400)), "PATCH", CONTACT, NOW)
    assert code not in f"{caught.value} {caught.value.code}"
