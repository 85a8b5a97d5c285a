"""The part of Azure's host that moves queue messages, over a real queue service.

It follows the documented rules: messages are base64, a failed message comes back with a higher dequeue count, and one
that failed `maxDequeueCount` times goes to `<queue>-poison`. That makes it a re-implementation: it tests our functions
with real queues, not Azure's host.
"""

import base64
import re
from contextlib import suppress
from typing import Any, Final

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient, QueueServiceClient

from tests.functions.invocation import Outcome
from tests.functions.worker_process import WorkerProcess

MAX_DEQUEUE_COUNT: Final = 5  # as host.json says
_BEING_WORKED_ON: Final = 600  # seconds a message stays hidden while its function runs


class MiniHost:
    """Moves messages between the queues of a storage account and the functions of one app."""

    def __init__(self, worker: WorkerProcess, storage: QueueServiceClient) -> None:
        self._worker = worker
        self._storage = storage
        self._queues: dict[str, QueueClient] = {}

    def fire(self, timer: str) -> Outcome:
        """Let a timer fire and send what it put into its output bindings."""
        outcome = self._worker.timer(timer)
        self._deliver(timer, outcome)
        return outcome

    def drain(self, function: str, limit: int = 100) -> list[Outcome]:
        """Invoke a queue function until its queue shows no message; answers every outcome in order.

        A failed message is visible again at once, so that nothing has to wait; delayed messages stay where they are.

        Raises:
            AssertionError: there were still messages after `limit` invocations.
        """
        queue = self.queue(_binding(self._worker, function, "queueTrigger")["queueName"])
        outcomes: list[Outcome] = []
        while (message := queue.receive_message(visibility_timeout=_BEING_WORKED_ON)) is not None:
            if len(outcomes) == limit:
                raise AssertionError(f"{function} still has messages after {limit} invocations")
            text = base64.b64decode(message.content, validate=True).decode()
            outcome = self._worker.queue(function, text, message.dequeue_count or 1, message.id)
            outcomes.append(outcome)
            self._settle(queue, message, outcome)
            self._deliver(function, outcome)
        return outcomes

    def queue(self, name: str) -> QueueClient:
        """The queue of that name (a `%SETTING%` is looked up in the app's environment), made where it is missing."""
        resolved = re.sub("%([^%]+)%", lambda setting: self._worker.env[setting[1]], name)
        if resolved not in self._queues:
            self._queues[resolved] = self._storage.get_queue_client(resolved)
            with suppress(ResourceExistsError):
                self._queues[resolved].create_queue()
        return self._queues[resolved]

    def _settle(self, queue: QueueClient, message: Any, outcome: Outcome) -> None:
        if not outcome.succeeded and message.dequeue_count < MAX_DEQUEUE_COUNT:
            queue.update_message(message, visibility_timeout=0)
            return
        if not outcome.succeeded:
            self.queue(f"{queue.queue_name}-poison").send_message(message.content)
        queue.delete_message(message)

    def _deliver(self, function: str, outcome: Outcome) -> None:
        for parameter, messages in outcome.outputs.items():
            queue = self.queue(_binding(self._worker, function, "queue", parameter)["queueName"])
            for text in messages:
                queue.send_message(base64.b64encode(text.encode()).decode())


def _binding(worker: WorkerProcess, function: str, kind: str, parameter: str | None = None) -> dict[str, Any]:
    for binding in worker.functions[function]:
        if binding["type"] == kind and parameter in {None, binding["name"]}:
            return binding
    raise LookupError(f"{function} has no {kind} binding {parameter or ''}")
