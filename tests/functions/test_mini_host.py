"""The mini host moves messages as Azure's host is documented to."""

import base64
import uuid
from collections.abc import Iterator

import pytest
from azure.storage.queue import QueueServiceClient

from tests.azurite import Azurite
from tests.functions.mini_host import MiniHost
from tests.functions.sample_app import SAMPLE_APP, write_app
from tests.functions.worker_process import WorkerProcess

pytestmark = pytest.mark.functions


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """The sample app, on a queue that no other run uses."""
    queue = f"work-{uuid.uuid4().hex[:8]}"
    app_dir = write_app(
        tmp_path_factory.mktemp("app"), SAMPLE_APP.replace('queue_name="work"', f'queue_name="{queue}"')
    )
    with WorkerProcess(app_dir, {"WORK_QUEUE": queue}) as process:
        yield process


@pytest.fixture
def host(worker: WorkerProcess, azurite: Azurite) -> Iterator[MiniHost]:
    """A host with empty queues."""
    with QueueServiceClient.from_connection_string(azurite.connection_string) as storage:
        host = MiniHost(worker, storage)
        for name in ("%WORK_QUEUE%", "%WORK_QUEUE%-poison"):
            host.queue(name).clear_messages()
        yield host


def send(host: MiniHost, *texts: str) -> None:
    """Put messages into the sample app's queue."""
    for text in texts:
        host.queue("%WORK_QUEUE%").send_message(base64.b64encode(text.encode()).decode())


def contents(host: MiniHost, queue: str) -> list[str]:
    """The texts a queue shows now."""
    return [base64.b64decode(message.content).decode() for message in host.queue(queue).peek_messages(32)]


def test_a_handled_message_is_gone(host: MiniHost) -> None:
    """Success removes the message and nothing goes to the poison queue."""
    send(host, "good", "grüße")
    assert [outcome.succeeded for outcome in host.drain("work")] == [True, True]
    assert (contents(host, "%WORK_QUEUE%"), contents(host, "%WORK_QUEUE%-poison")) == ([], [])


def test_a_failing_message_ends_in_the_poison_queue(host: MiniHost) -> None:
    """Five tries, each with a higher dequeue count, while other messages go through."""
    send(host, "bad", "good")
    outcomes = host.drain("work")
    assert [outcome.error[-1] for outcome in outcomes if not outcome.succeeded] == ["1", "2", "3", "4", "5"]
    assert sum(outcome.succeeded for outcome in outcomes) == 1
    assert (contents(host, "%WORK_QUEUE%"), contents(host, "%WORK_QUEUE%-poison")) == ([], ["bad"])


def test_outputs_reach_their_queue(host: MiniHost) -> None:
    """What a timer or a queue function puts into its output binding is the next message."""
    assert host.fire("fan").succeeded
    assert sorted(contents(host, "%WORK_QUEUE%")) == ["one", "two"]
    send(host, "again")
    assert len(host.drain("work")) == 4


def test_a_circle_of_messages_is_found(host: MiniHost) -> None:
    """Draining is bounded."""
    send(host, "good", "good", "good")
    with pytest.raises(AssertionError, match="after 2 invocations"):
        host.drain("work", limit=2)
