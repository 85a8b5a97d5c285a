"""The Azure Storage queue that the functions listen to; messages in base64, as host.json says."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DeserializationError,
    ResourceExistsError,
    ResourceNotFoundError,
    SerializationError,
)
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient

from sync_core.engine.ports import RunRequest
from sync_core.errors import AccessDenied, StoreUnavailable, SyncError
from sync_core.queues.messages import RUNS_QUEUE, QueueDepth, write_message

_FAILURES = (AzureError, DeserializationError, SerializationError)
"""The last two are no AzureError: an answer that the library cannot read, and a request that it cannot write."""
LONGEST_DELAY_S = 7 * 24 * 3600
"""A message may stay invisible for seven days at most (Put Message, Azure Storage)."""


class StorageQueue:
    """Puts requests into the queue, which it makes when there is none."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

    @classmethod
    def from_connection_string(cls, connection_string: str) -> StorageQueue:
        """Open by shared key. Raises ValueError for a malformed string."""
        return cls(
            QueueClient.from_connection_string(
                connection_string, RUNS_QUEUE, message_encode_policy=TextBase64EncodePolicy()
            )
        )

    @classmethod
    def from_identity(cls, service_uri: str, credential: AsyncTokenCredential) -> StorageQueue:
        """Open with a token."""
        return cls(
            QueueClient(service_uri, RUNS_QUEUE, credential=credential, message_encode_policy=TextBase64EncodePolicy())
        )

    async def put(self, request: RunRequest, delay_s: float = 0) -> None:
        """Enqueue a request. Raises StoreUnavailable or AccessDenied."""
        delay = min(math.ceil(delay_s), LONGEST_DELAY_S)
        text = write_message(request)
        try:
            try:
                await self._client.send_message(text, visibility_timeout=delay)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    await self._client.create_queue()
                await self._client.send_message(text, visibility_timeout=delay)
        except _FAILURES as error:
            raise _queue_error(error) from error

    async def length(self) -> int | None:
        """Count the waiting messages, roughly; None while there is no queue. Raises as `put` does."""
        try:
            return int((await self._client.get_queue_properties()).approximate_message_count or 0)
        except ResourceNotFoundError:
            return None
        except _FAILURES as error:
            raise _queue_error(error) from error

    async def depth(self) -> QueueDepth:
        """Return how much waits; nothing while there is no queue. Raises as `put` does."""
        waiting = await self.length()
        if not waiting:
            return QueueDepth()
        try:
            visible = await self._client.peek_messages(max_messages=1)
        except _FAILURES as error:
            raise _queue_error(error) from error
        ages = [datetime.now(UTC) - message.inserted_on for message in visible if message.inserted_on]
        return QueueDepth(waiting, max((age.total_seconds() for age in ages), default=0.0))

    async def close(self) -> None:
        """Free the connections."""
        await self._client.close()


def _queue_error(error: Exception) -> SyncError:
    if isinstance(error, ClientAuthenticationError) or getattr(error, "status_code", None) == HTTPStatus.FORBIDDEN:
        return AccessDenied(
            "the storage queue refused the app: give its identity the role Storage Queue Data Contributor"
        )
    return StoreUnavailable(f"the storage queue {RUNS_QUEUE} did not answer ({type(error).__name__})")
