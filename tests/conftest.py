"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.azurite import Azurite, running_azurite
from tests.left_out import reason_left_out


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """One Azurite for the session (for each worker, under pytest-xdist), started when first asked for."""
    if reason := reason_left_out("azurite"):
        pytest.skip(reason)
    with running_azurite() as running:
        yield running
