"""Stores of both kinds, and the closing of worlds."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from sync_core.storage import SqliteStore, Store
from sync_core.storage.azure_tables import TableStore
from tests.azurite import Azurite
from tests.scenarios.world import OPEN_WORLDS


@pytest.fixture(autouse=True)
async def _close_worlds() -> AsyncIterator[None]:
    """Close the stores of all worlds that a test made."""
    yield
    while OPEN_WORLDS:
        await OPEN_WORLDS.pop().store.close()


@pytest.fixture(params=["sqlite", "azurite"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Open an empty store of each kind; the world that takes it is closed after the test."""
    if request.param == "sqlite":
        return SqliteStore(tmp_path / "state.sqlite")
    azurite = cast("Azurite", request.getfixturevalue("azurite"))
    return TableStore.from_connection_string(azurite.connection_string, prefix=f"p{uuid.uuid4().hex[:12]}")
