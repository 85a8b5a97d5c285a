"""What a message of the queue leads to, and one that was given up."""

from __future__ import annotations

import logging

from sync_core.errors import InvalidRequest, NotFound
from sync_core.operations.failures import without_values
from sync_core.operations.ports import Operator
from sync_core.operations.working import poisoned, work
from sync_core.queues.messages import read_message

_log = logging.getLogger(__name__)


async def work_message(operator: Operator, body: bytes, message_id: str) -> None:
    """Run the pass that a message asks for; whatever is raised makes the queue deliver the message again.

    The message's id is the name of the worker. So when a message comes again because its pass failed half-way,
    it takes its own lease over at once: it fails as often as it is tried, and ends visibly in the poison queue.
    A malformed message (InvalidRequest) ends there too.
    """
    try:
        request = read_message(body)
    except InvalidRequest:
        _log.warning("queue message %s is malformed and will be given up", message_id)
        raise
    await without_values(work(operator, request, message_id), f"a pass of connection {request.connection_id}")


async def poison_message(operator: Operator, body: bytes, message_id: str) -> None:
    """Show people that a message was given up; one that belongs to no connection is only logged."""
    operator.telemetry.poisoned()
    try:
        request = read_message(body)
        await without_values(poisoned(operator, request), f"giving up a pass of connection {request.connection_id}")
    except (InvalidRequest, NotFound) as error:
        _log.warning("queue message %s was given up and concerns no connection (%s)", message_id, type(error).__name__)
        return
    _log.error("connection %s: a pass failed too often and was given up", request.connection_id)
