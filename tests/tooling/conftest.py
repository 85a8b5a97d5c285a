"""A machine of the test's making."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tooling.fake_tools import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A project on a machine with Python 3.8 and nothing else."""
    workshop = Workshop(tmp_path)
    workshop.add_project()
    workshop.add_python("own/python", "3.8.18")
    return workshop
