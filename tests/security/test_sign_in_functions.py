"""Sign-in through Azure's own worker library: what the deployed functions do behind App Service authentication."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest

from sync_core.web.routes import BY_NAME
from tests.azurite import Azurite
from tests.functions.invocation import HttpCall
from tests.functions.snapshot import PROJECT
from tests.functions.surroundings import Reply, settings
from tests.functions.worker_process import WorkerProcess
from tests.security.identities import OTHER_TENANT, TENANT, headers

pytestmark = pytest.mark.functions

ADMINISTRATOR = headers("Sync.Administrator")
NOWHERE = "http://127.0.0.1:9"


def environment(azurite: Azurite, **more: str) -> dict[str, str]:
    """App settings with Entra sign-in."""
    base = settings(NOWHERE, NOWHERE, azurite.connection_string)
    return {**base, "SYNC_SIGN_IN": "entra", "SYNC_TENANT_ID": TENANT, **more}


@pytest.fixture(scope="module")
def signed(azurite: Azurite) -> Iterator[WorkerProcess]:
    """The app behind App Service authentication."""
    with WorkerProcess(PROJECT, environment(azurite, WEBSITE_AUTH_ENABLED="True")) as worker:
        yield worker


@pytest.fixture(scope="module")
def unguarded(azurite: Azurite) -> Iterator[WorkerProcess]:
    """The app with SYNC_SIGN_IN=entra, but with nothing before it that signs anybody in."""
    with WorkerProcess(PROJECT, environment(azurite)) as worker:
        yield worker


def triggers(worker: WorkerProcess) -> dict[str, str]:
    """Authentication levels of the HTTP functions."""
    found = [(name, binding) for name, bindings in worker.functions.items() for binding in bindings]
    return {name: binding["authLevel"] for name, binding in found if binding["type"] == "httpTrigger"}


def call(worker: WorkerProcess, function: str, given: Mapping[str, str], body: bytes = b"") -> Reply:
    """Send a request to a function; every placeholder gets an id that nobody has."""
    kind = {"Content-Type": "application/json"} if body else {}
    params = {"connection_id": "0123456789abcdef", "run_id": "0123456789abcdef-0"}
    return Reply.of(worker.http(function, HttpCall("POST", "/api", params, {}, {**given, **kind}, body)).answer)


def test_behind_sign_in_no_key_is_wanted(signed: WorkerProcess) -> None:
    """The platform has asked who it is; every function is one of the access table."""
    assert set(triggers(signed)) == set(BY_NAME)
    assert set(triggers(signed).values()) == {"ANONYMOUS"}


@pytest.mark.parametrize("function", BY_NAME)
def test_who_is_not_signed_in_gets_nowhere(signed: WorkerProcess, function: str) -> None:
    """401 everywhere but at the probe, which learns one word; a key opens nothing."""
    reply = call(signed, function, {"x-functions-key": "some-key"})
    if function == "read_health":
        assert (reply.status, reply.content) == (200, {"ok": True})
    else:
        assert (reply.status, reply.content["title"]) == (401, "Nobody is signed in")


@pytest.mark.parametrize("function", [name for name in BY_NAME if name != "read_health"])
def test_a_role_is_needed_and_of_the_own_tenant(signed: WorkerProcess, function: str) -> None:
    """403 with the reason, in the answer of the deployed function."""
    assert call(signed, function, headers()).status == 403
    assert call(signed, function, headers("Sync.Administrator", tenant=OTHER_TENANT)).status == 403
    of_user = {"list_connections": 200, "connect": 400}  # which say no word of others
    assert call(signed, function, headers("Sync.User")).status == of_user.get(function, 403)


def test_an_administrator_gets_through(signed: WorkerProcess) -> None:
    """The header travels from the worker to the app under whatever case it has."""
    shouted = {name.upper(): value for name, value in ADMINISTRATOR.items()}
    assert (call(signed, "list_connections", shouted).status, call(signed, "read_run", shouted).status) == (200, 404)
    assert call(signed, "connect", shouted, b"{}").status == 400


def test_without_the_platforms_sign_in_everything_is_refused(unguarded: WorkerProcess) -> None:
    """A made-up identity is worth nothing, keys are demanded by the host, and answer and log say what to do."""
    assert set(triggers(unguarded).values()) == {"FUNCTION"}
    for function in BY_NAME:
        reply = call(unguarded, function, ADMINISTRATOR)
        assert (reply.status, reply.content["type"].rpartition(":")[2]) == (500, "sign-in-off")
    assert "App Service authentication is off: turn it on" in unguarded.log()


def test_the_log_names_nobody(signed: WorkerProcess) -> None:
    """Neither the identity nor its header is written down."""
    call(signed, "connect", headers("Sync.User", upn="ada@example.test"), json.dumps({"mailbox": "x"}).encode())
    log = signed.log()
    assert "ada@example.test" not in log
    assert ADMINISTRATOR["x-ms-client-principal"] not in log
