"""Fixtures of the telemetry's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.scenarios.world import OPEN_WORLDS
from tests.telemetry.listening import Listener


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener, shut down at the end."""
    made = Listener()
    yield made
    made.meters.shutdown()
    made.traces.shutdown()


@pytest.fixture(autouse=True)
async def _close_worlds() -> AsyncIterator[None]:
    """Close the stores of all worlds that a test made."""
    yield
    while OPEN_WORLDS:
        await OPEN_WORLDS.pop().store.close()
