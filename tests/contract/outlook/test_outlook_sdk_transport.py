"""The production transport: what the SDK's pieces do and, above all, do not do with a request."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from emulators.faults import Fault
from emulators.graph import GraphModel
from emulators.http_face import HttpFace
from sync_core.errors import CredentialsRejected, ServiceUnavailable
from sync_core.http import Answer, Request
from sync_core.outlook.credentials import LoopbackCredential
from sync_core.outlook.sdk_transport import ReadRetries, SdkTransport

ROOT = Path(__file__).parents[3]
LIGHT_PATH = """
import asyncio, sys
from emulators.graph import GraphModel
from emulators.http_face import HttpFace
from sync_core.outlook.credentials import LoopbackCredential
from sync_core.outlook.sdk_transport import SdkTransport
from tests.contract.outlook.outlook_scenarios import World, draft

async def main(model, root):
    transport = SdkTransport(root, LoopbackCredential)
    world = World(model, transport, root)
    await world.folder.create([draft()])
    page = await world.round()
    await world.folder.read([contact.id for contact in page.changed])
    await transport.close()
    return len(page.changed)

model = GraphModel()
with HttpFace(model) as face:
    print(asyncio.run(main(model, face.base_url)))
print([name for name in sys.modules if name.startswith("msgraph.generated.models")])
"""


@pytest.fixture
def model() -> GraphModel:
    """Return a service with one user."""
    model = GraphModel()
    model.add_user("rita.rep@example.test", "Rita Rep")
    return model


@pytest.fixture
def face(model: GraphModel) -> Iterator[HttpFace]:
    """Yield the service over HTTP."""
    with HttpFace(model) as face:
        yield face


async def sent(face: HttpFace, method: str = "GET", path: str = "/v1.0/users", **how: Any) -> Answer:
    """Send one request through a transport of its own."""
    transport = SdkTransport(
        face.base_url, how.pop("credential", LoopbackCredential), timeout_s=how.pop("timeout_s", 5)
    )
    try:
        return await transport.send(Request(method, path, **how))
    finally:
        await transport.close()


async def test_the_answer_is_handed_over_as_it_is(face: HttpFace) -> None:
    """Status, headers and body are ours to read, also those of a refusal."""
    answer = await sent(face, path="/v1.0/users/nobody@example.test")
    assert answer.status == 404
    assert answer.headers["request-id"]
    assert answer.json()["error"]["code"] == "Request_ResourceNotFound"


async def test_a_repeatable_read_is_repeated_after_the_wait_in_any_form(model: GraphModel, face: HttpFace) -> None:
    """A throttled GET is sent again by the SDK, also after a fraction of a second."""
    model.faults.plant(Fault("GET", status=429, headers={"Retry-After": "0.01"}, times=2))
    assert (await sent(face, repeatable=True)).status == 200
    assert model.total_requests == 3


@pytest.mark.parametrize("status", [429, 503, 504])
async def test_nothing_but_a_repeatable_read_is_ever_repeated(model: GraphModel, face: HttpFace, status: int) -> None:
    """The SDK alone would send this POST four times."""
    model.faults.plant(Fault(status=status, headers={"Retry-After": "0"}, times=None))
    assert (await sent(face, "POST", "/v1.0/$batch", body=b"{}")).status == status
    assert (await sent(face, "GET")).status == status
    assert model.total_requests == 2


async def test_a_redirect_is_not_followed(model: GraphModel, face: HttpFace) -> None:
    """Where the token goes is not for an answer to decide."""
    model.faults.plant(Fault("users", status=302, headers={"Location": f"{face.base_url}/v1.0/elsewhere"}))
    assert (await sent(face, repeatable=True)).status == 302
    assert model.total_requests == 1


@pytest.mark.parametrize("fault", [Fault(drop=True), Fault(cut_at=5), Fault(delay_s=0.5)])
async def test_no_whole_answer_is_service_unavailable(model: GraphModel, face: HttpFace, fault: Fault) -> None:
    """A dropped connection, a truncated body and silence are one thing to the caller."""
    model.faults.plant(fault)
    with pytest.raises(ServiceUnavailable):
        await sent(face, timeout_s=0.2)


async def test_a_service_that_is_not_there_is_service_unavailable() -> None:
    """A refused connection is not our request's fault."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        root = f"http://127.0.0.1:{taken.getsockname()[1]}"
        transport = SdkTransport(root, LoopbackCredential, timeout_s=1.0)
        with pytest.raises(ServiceUnavailable):
            await transport.send(Request("GET", "/v1.0/users"))
        await transport.close()


@pytest.mark.parametrize("target", ["//evil.test/v1.0/users", "/@evil.test/v1.0/users", "/\\\\evil.test/users"])
async def test_a_token_never_goes_to_another_host(face: HttpFace, target: str) -> None:
    """Whatever a target looks like, it is a path below our own root: that service answers that it knows none."""
    assert (await sent(face, path=target)).status == 400


async def test_a_request_for_another_root_is_none() -> None:
    """An address instead of a target cannot even be asked for."""
    with pytest.raises(ValueError, match="slash"):
        Request("GET", "https://evil.test/v1.0/users")


class Refusing:
    """A credential that cannot give a token, for a reason of azure-identity's."""

    def __init__(self, reason: Exception) -> None:
        self._reason = reason

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Fail."""
        raise self._reason

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_refused_sign_in_is_about_the_credentials(face: HttpFace) -> None:
    """Entra's code is told, its text with ids is not."""
    reason = ClientAuthenticationError("AADSTS7000215: Invalid client secret for app 1234-app")
    with pytest.raises(CredentialsRejected, match="AADSTS7000215") as caught:
        await sent(face, credential=lambda: Refusing(reason))
    assert "1234-app" not in str(caught.value)


async def test_an_unreachable_sign_in_is_an_outage(face: HttpFace) -> None:
    """A network fault on the way to Entra must not pause a connection for good."""
    with pytest.raises(ServiceUnavailable):
        await sent(face, credential=lambda: Refusing(ServiceRequestError("unreachable")))


def test_one_transport_serves_one_event_loop_after_another(model: GraphModel, face: HttpFace) -> None:
    """A second asyncio.run does not meet the first one's closed loop."""
    transport = SdkTransport(face.base_url, LoopbackCredential)

    async def once() -> int:
        answer = await transport.send(Request("GET", "/v1.0/users"))
        await transport.close()
        return answer.status

    assert [asyncio.run(once()), asyncio.run(once())] == [200, 200]
    assert model.total_requests == 2


@pytest.mark.parametrize(
    ("told", "wait_s"),
    [("2", 2.0), ("2.128", 2.128), ("19", 19.0), ("21", 180.0), ("Mon, 01 Jan 2001 00:00:00 GMT", 0)],
)
def test_the_wait_before_a_repeated_read_is_what_graph_asks_up_to_a_limit(told: str, wait_s: float) -> None:
    """A long wait makes the SDK give up, which is what its MAX_DELAY means."""
    response = httpx.Response(429, headers={"Retry-After": told})
    assert ReadRetries().get_delay_time(1, response) == wait_s


def test_without_a_word_from_graph_the_sdk_backs_off() -> None:
    """The SDK's own back-off holds, and stays within the limit."""
    assert 0.5 <= ReadRetries().get_delay_time(1, httpx.Response(503), 0.0) <= 2.0


def test_a_delta_round_loads_no_typed_graph_model() -> None:
    """The SDK's 4,500 models would cost a Function more than a second and 40 MB at its first answer."""
    command = [sys.executable, "-c", LIGHT_PATH]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["1", "[]"]
