"""The doctor through Azure's own worker library: over HTTP, with the deployed app's storage and settings."""

import pytest

from tests.functions.surroundings import Surroundings

pytestmark = pytest.mark.functions


def test_deep_health_examines_the_deployment(around: Surroundings) -> None:
    """Every check is answered, the storage queue among them, and a fault turns 200 into 503 with its remedy."""
    connection_id = around.connected()
    well = around.call("read_health", query={"deep": "1"})
    around.graph.remove_mailbox(around.mailbox)
    ill = around.call("read_health", query={"deep": "1"})

    assert (well.status, well.content["ok"], ill.status, ill.content["ok"]) == (200, True, 503, False)
    assert {"settings", "state", "queue", "sign-in", "graph", "pipeliner", "clock", "mailbox", "required fields"} <= {
        finding["check"] for finding in well.content["findings"]
    }
    (failure,) = [finding for finding in ill.content["findings"] if finding["verdict"] == "FAILED"]
    assert (failure["check"], failure["subject"]) == ("mailbox", f"connection {connection_id}")
    assert failure["remedy"]
