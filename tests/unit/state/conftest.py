"""A store in memory for each test, as it is, counted, or with faults."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sync_core.state.counting import CountingStore
from sync_core.state.embedded import EmbeddedStore
from tests.connection_scenario import FaultyStore, TestClock


@pytest.fixture
def clock() -> TestClock:
    """A clock that stands still."""
    return TestClock()


@pytest.fixture
async def memory() -> AsyncIterator[EmbeddedStore]:
    """Yield an empty store."""
    store = EmbeddedStore(":memory:")
    yield store
    await store.close()


@pytest.fixture
def counting(memory: EmbeddedStore) -> CountingStore:
    """A store that counts."""
    return CountingStore(memory)


@pytest.fixture
def faulty(memory: EmbeddedStore) -> FaultyStore:
    """A store without faults yet."""
    return FaultyStore(memory)
