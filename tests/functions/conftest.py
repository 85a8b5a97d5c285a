"""Leaves out the tests of Azure's worker library where dev.py said that it cannot be had."""

from collections.abc import Iterator

import pytest

from tests.azurite import Azurite
from tests.functions.surroundings import Surroundings, surroundings
from tests.left_out import reason_left_out


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "functions: needs azure-functions-runtime, thus Python 3.13")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip with a reason, which pytest reports at the end."""
    reason = reason_left_out("functions")
    for item in items:
        if reason and item.get_closest_marker("functions"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def deployment(azurite: Azurite) -> Iterator[Surroundings]:
    """The deployed app with all around it, started once, as Azure keeps it running."""
    with surroundings(azurite) as started:
        yield started


@pytest.fixture
def around(deployment: Surroundings) -> Surroundings:
    """The deployed app with empty storage, working services, and a new salesman."""
    deployment.begin()
    return deployment
