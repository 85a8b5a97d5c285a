"""The emulator behind its HTTP face, called with httpx and with Microsoft's own SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from emulators.graph import GraphModel
from emulators.http_face import HttpFace
from tests.emulators.graph.graph_client import ANN, IMMUTABLE


@pytest.fixture
def face() -> Iterator[HttpFace]:
    """Serve a model with one user and one contact."""
    model = GraphModel()
    model.add_user(ANN)
    model.create_contact(ANN, {"surname": "Best"})
    with HttpFace(model) as serving:
        yield serving


def test_links_lead_back_to_the_port(face: HttpFace) -> None:
    """A delta link read over HTTP can be followed verbatim."""
    with httpx.Client(headers={"Authorization": "Bearer t"}) as client:
        first = client.get(f"{face.base_url}/v1.0/users/{ANN}/contacts/delta")
        link = first.json()["@odata.deltaLink"]
        again = client.get(link)

    assert link.startswith(f"{face.base_url}/v1.0/")
    assert [entry["surname"] for entry in first.json()["value"]] == ["Best"]
    assert again.json()["value"] == []


def test_control_and_sign_in_work_over_http(face: HttpFace) -> None:
    """A token is fetched with a form, switches are set with JSON."""
    with httpx.Client(base_url=face.base_url) as client:
        client.post("/_control/switches", json={"accept_any_token": False})
        form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
        token = client.post("/tenant/oauth2/v2.0/token", data=form).json()["access_token"]
        refused = client.get("/v1.0/users")
        accepted = client.get("/v1.0/users?$top=1", headers={"Authorization": f"Bearer {token}"})
        deleted = client.delete(
            f"/v1.0/users/{ANN}/contacts/{quote('unknown=', safe='')}", headers={"Authorization": f"Bearer {token}"}
        )

    assert (refused.status_code, accepted.status_code, deleted.status_code) == (401, 200, 404)


@pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning")
async def test_microsofts_sdk_reads_a_round_without_its_models(face: HttpFace) -> None:
    """The SDK's own request for `delta()` is understood, its joined preferences too."""
    async with httpx.AsyncClient(headers={"Authorization": "Bearer t"}) as http:
        state = await http.get(f"{face.base_url}/_control/state")
        folder = state.json()["mailboxes"][0]["folders"][0]
        adapter = GraphRequestAdapter(AnonymousAuthenticationProvider(), http)
        adapter.base_url = f"{face.base_url}/v1.0"
        folders = GraphServiceClient(request_adapter=adapter).users.by_user_id(ANN).contact_folders
        settings: RequestConfiguration[Any] = RequestConfiguration()
        settings.headers.add("Prefer", "odata.maxpagesize=50")
        settings.headers.add("Prefer", IMMUTABLE)
        wanted = folders.by_contact_folder_id(folder["id"]).contacts.delta.to_get_request_information(settings)

        raw = await adapter.send_primitive_async(wanted, "bytes", {})

    assert isinstance(raw, bytes)
    page = json.loads(raw)
    assert [entry["id"] for entry in page["value"]] == [folder["contacts"][0]["immutable_id"]]
    assert "$deltatoken=" in page["@odata.deltaLink"]
