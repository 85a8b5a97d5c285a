"""The adapter over the emulated Pipeliner: in process, and over HTTP with requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from emulators.http_face import HttpFace
from emulators.in_process import InProcessPipeliner
from emulators.pipeliner import PipelinerModel
from emulators.wire import Model
from sync_core.http import Transport
from sync_core.pipeliner.requests_transport import RequestsTransport
from tests.contract.pipeliner.pipeliner_scenarios import SKIP_KEY, World
from tests.openapi import CheckedModel, OpenApiChecker

_CHECKER = OpenApiChecker()


@pytest.fixture(params=["in_process", "over_http"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Yield a space behind each transport; at the end every exchange was as the vendor describes it."""
    model = PipelinerModel()
    checked = _CHECKER.wrap(model)
    async with _transport(str(request.param), checked) as transport:
        world = World(model, transport)
        yield world
    _check_exchanges(world, checked)


@asynccontextmanager
async def _transport(kind: str, model: Model) -> AsyncIterator[Transport]:
    if kind == "in_process":
        yield InProcessPipeliner(model)
        return
    with HttpFace(model) as face:
        transport = RequestsTransport(face.base_url, "emulator", "emulator", read_timeout_s=5.0)
        yield transport
        await transport.close()


def _check_exchanges(world: World, checked: CheckedModel) -> None:
    """Check what holds for every request: described, no time zone asked for, our own webhooks spared.

    A planted answer is the test's own and need not be described.
    """
    planted = ": status " if world.model.faults.fired else "\n"
    assert [words for words in checked.violations if planted not in words] == []
    for request in world.wire.sent:
        assert "timezone" not in {name.lower() for name in request.headers}
        assert request.method == "GET" or request.headers["Webhook-Skip-Key"] == SKIP_KEY


@pytest.fixture
def near() -> Iterator[World]:
    """Yield a space in process, for promises that no transport has a part in."""
    model = PipelinerModel()
    checked = _CHECKER.wrap(model)
    world = World(model, InProcessPipeliner(checked))
    yield world
    _check_exchanges(world, checked)
