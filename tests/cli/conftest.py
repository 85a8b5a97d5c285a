"""Opens the office in which commands are run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.http_face import HttpFace
from tests.cli.office import Office, new_models, open_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Serve both services on loopback."""
    graph, crm, user_id = new_models()
    with HttpFace(graph) as graph_face, HttpFace(crm) as crm_face:
        yield open_office(tmp_path, graph_face, crm_face, (graph, crm, user_id))
