"""Fixtures of the privacy proof."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.privacy.canaries import Canaries
from tests.privacy.scenes import Stage, new_stage
from tests.privacy.witness import Witness
from tests.scenarios.world import OPEN_WORLDS


@pytest.fixture
def canaries() -> Canaries:
    """Values to look for."""
    return Canaries()


@pytest.fixture
def witness(canaries: Canaries) -> Iterator[Witness]:
    """A witness that hears every logger at DEBUG."""
    made = Witness(canaries)
    with made.listening():
        yield made
    made.listener.meters.shutdown()
    made.listener.traces.shutdown()


@pytest.fixture
def stage(canaries: Canaries, witness: Witness) -> Stage:
    """A world that is watched."""
    return new_stage(canaries, witness)


@pytest.fixture(autouse=True)
async def _close_worlds() -> AsyncIterator[None]:
    """Close the stores of all worlds that a test made."""
    yield
    while OPEN_WORLDS:
        await OPEN_WORLDS.pop().store.close()
