"""Opens the office that the doctor is called to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.office import NearOffice, open_near_office


@pytest.fixture
def office(tmp_path: Path) -> NearOffice:
    """Open an office in process, with nothing connected yet."""
    return open_near_office(tmp_path)


@pytest.fixture
def connected(office: NearOffice) -> NearOffice:
    """Return the office with its colleague connected."""
    office.connect()
    return office
