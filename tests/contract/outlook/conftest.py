"""The adapter over the emulated Graph: in process, and over HTTP with the SDK's transport."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from emulators.graph import GraphModel
from emulators.http_face import HttpFace
from emulators.in_process import GRAPH_ROOT, InProcessGraph
from sync_core.outlook.credentials import LoopbackCredential
from sync_core.outlook.sdk_transport import SdkTransport
from tests.contract.outlook.outlook_scenarios import World


@pytest.fixture(params=["in_process", "over_http"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Yield a mailbox behind each transport."""
    model = GraphModel()
    if request.param == "in_process":
        yield World(model, InProcessGraph(model), GRAPH_ROOT)
        return
    with HttpFace(model) as face:
        transport = SdkTransport(face.base_url, LoopbackCredential, timeout_s=5.0)
        yield World(model, transport, face.base_url)
        await transport.close()


@pytest.fixture
def near() -> World:
    """Return a mailbox in process, for promises that no transport has a part in."""
    model = GraphModel()
    return World(model, InProcessGraph(model), GRAPH_ROOT)
