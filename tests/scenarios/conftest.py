"""Closes what the scenarios open."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.world import OPEN_WORLDS


@pytest.fixture(autouse=True)
async def _close_worlds() -> AsyncIterator[None]:
    """Close the stores of all worlds that a test made."""
    yield
    while OPEN_WORLDS:
        await OPEN_WORLDS.pop().store.close()
