from __future__ import annotations

import pytest

from emulators.wire import Answer, Request
from tests.emulators.pipeliner.pipeliner_scenarios import AUTHORIZATION, ROOT, crm


def _raw(method: str, path: str, authorization: str = AUTHORIZATION) -> Answer:
    reply = crm().model.handle(Request(method, path, "", {"authorization": authorization}))
    assert isinstance(reply, Answer)
    return reply


@pytest.mark.parametrize("authorization", ["", "Basic d3Jvbmc6d3Jvbmc=", "Bearer token"])
def test_only_the_application_key_is_let_in(authorization: str) -> None:
    """Missing and wrong credentials are answered 401 with the realm of the service."""
    answer = _raw("GET", f"{ROOT}/entities/Contacts", authorization)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="restapi"'
    assert answer.json()["success"] is False


@pytest.mark.parametrize("name", ["Contact", "Dragons"])
def test_singular_and_unknown_entities_are_unknown_types(name: str) -> None:
    """An entity that does not exist is answered 404 with code 2006."""
    answer = _raw("GET", f"{ROOT}/entities/{name}")

    assert answer.status == 404
    assert answer.json() == {
        "code": 2006,
        "name": "ERROR_UNKNOWN_TYPE",
        "message": f"cannot determine entity type from {name}",
        "http_status": 404,
        "success": False,
    }


@pytest.mark.parametrize(
    "path",
    ["/", "/api/v99/x", ROOT, "/api/v100/rest/spaces/xx_Other/entities/Contacts", f"{ROOT}/entities/Contacts/a/b"],
)
def test_paths_outside_the_api_have_the_other_error_shape(path: str) -> None:
    """An unknown route or space is answered 404 without `success` and `code`."""
    answer = _raw("GET", path)

    assert answer.status == 404
    assert set(answer.json()) == {"status", "message", "errorcode", "traceback"}


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "Contacts/x"), ("PUT", "Contacts"), ("DELETE", "Contacts"), ("GET", "Contacts/merge")]
)
def test_methods_the_api_lacks_are_refused(method: str, path: str) -> None:
    """There is no PUT anywhere, and a collection cannot be deleted."""
    assert _raw(method, f"{ROOT}/entities/{path}").status == 405


def test_every_answer_tells_the_time_of_the_service() -> None:
    """The Date header follows the service's clock, also on errors and planted faults."""
    space = crm()
    space.model.clock.advance(-3600)

    assert space.send("GET", "Contacts").headers["Date"] == "Mon, 05 Jan 2026 07:00:00 GMT"
    assert space.send("GET", "Nothing").headers["Date"] == "Mon, 05 Jan 2026 07:00:00 GMT"


def test_times_are_converted_to_the_zone_asked_for() -> None:
    """The Timezone header moves every time of the answer; an unknown zone is refused."""
    space = crm()
    contact = space.create(last_name="Ahlers")

    shown = space.send("GET", f"Contacts/{contact['id']}", headers={"timezone": "Europe/Berlin"}).json()["data"]

    assert contact["created"].startswith("2026-01-05 08:")
    assert contact["created"].endswith("+00:00")
    assert shown["created"].startswith("2026-01-05 09:")
    assert shown["created"].endswith("+01:00")
    assert space.send("GET", "Contacts", headers={"timezone": "Mars/Base"}).status == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"'])
def test_a_body_that_is_no_object_is_a_parameter_error(body: bytes) -> None:
    """Malformed JSON and the wrong shape are answered 400 with code 117."""
    reply = crm().model.handle(Request("POST", f"{ROOT}/entities/Contacts", "", {"authorization": AUTHORIZATION}, body))

    assert isinstance(reply, Answer)
    assert (reply.status, reply.json()["code"]) == (400, 117)


def test_requests_are_counted_by_what_they_ask_for() -> None:
    """Counts tell lists from single reads and name batch verbs, without ids."""
    space = crm()
    contact = space.create(last_name="Ahlers")
    space.listed()
    space.get(contact["id"])
    space.patch(contact["id"], city="Kiel")
    space.send("POST", "Contacts/batch-delete", [contact["id"]])
    space.send("DELETE", f"Contacts/{contact['id']}")

    assert space.model.requests == {
        "POST Contacts": 1,
        "GET Contacts list": 1,
        "GET Contacts": 1,
        "PATCH Contacts": 1,
        "POST Contacts/batch-delete": 1,
        "DELETE Contacts": 1,
    }
    assert space.model.total_requests == 6
