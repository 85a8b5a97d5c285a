"""Opens the office in which commands are run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.http_face import HttpFace
from tests.cli.office import NearOffice, Office, new_models, open_near_office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve both services on loopback."""
    graph, crm, user_id = new_models()
    with HttpFace(graph) as graph_face, HttpFace(crm) as crm_face:
        yield open_office(tmp_path, graph_face, crm_face, (graph, crm, user_id))


@pytest.fixture
def near(tmp_path: Path) -> NearOffice:
    """Open an office in process, with nothing connected yet."""
    return open_near_office(tmp_path)
