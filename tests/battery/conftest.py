"""The battery is run for what it finds, not for coverage, which would double its time."""

from __future__ import annotations

from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pytest-cov look away from the tests of this folder."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker("no_cover")
