"""A store in memory for each test, as it is, counted, or with faults."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from emulators.counting import CountingStore
from sync_core.storage import SqliteStore
from tests.connection_scenario import FaultyStore, TestClock


@pytest.fixture
def clock() -> TestClock:
    """A clock that stands still."""
    return TestClock()


@pytest.fixture
async def memory() -> AsyncIterator[SqliteStore]:
    """Yield an empty store."""
    store = SqliteStore(":memory:")
    yield store
    await store.close()


@pytest.fixture
def counting(memory: SqliteStore) -> CountingStore:
    """A store that counts."""
    return CountingStore(memory)


@pytest.fixture
def faulty(memory: SqliteStore) -> FaultyStore:
    """A store without faults yet."""
    return FaultyStore(memory)
