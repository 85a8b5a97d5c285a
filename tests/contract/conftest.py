"""The stores that the contract suite runs over."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

import pytest

from emulators.memory_store import MemoryStore
from sync_core.storage import SqliteStore, Store
from sync_core.storage.azure_tables import TableStore
from tests.azurite import Azurite

OpenStore = Callable[[], Store]


def _opener(kind: str, request: pytest.FixtureRequest) -> OpenStore:
    if kind == "simulated":
        return MemoryStore
    if kind == "memory":
        return lambda: SqliteStore(":memory:")
    if kind == "file":
        path = cast("Path", request.getfixturevalue("tmp_path")) / "new" / "folders" / "state.sqlite"
        return lambda: SqliteStore(path, busy_timeout_s=0.05)
    azurite = cast("Azurite", request.getfixturevalue("azurite"))
    prefix = f"t{uuid.uuid4().hex[:12]}"
    return lambda: TableStore.from_connection_string(azurite.connection_string, prefix=prefix)


@pytest.fixture(params=["simulated", "memory", "file", "azurite"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """Yield an empty store of each kind."""
    opened = _opener(request.param, request)()
    yield opened
    await opened.close()


@pytest.fixture(params=["file", "azurite"])
async def two_stores(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Store, Store]]:
    """Yield two stores over the same rows, as two processes would open them."""
    open_store = _opener(request.param, request)
    first, second = open_store(), open_store()
    yield first, second
    await first.close()
    await second.close()
