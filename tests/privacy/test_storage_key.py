"""The key of the storage account, its signatures and what is stored there, with Azure's own client libraries."""

from __future__ import annotations

import base64
import logging
from collections.abc import AsyncIterator

import pytest

from sync_core.domain import Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import SyncError
from sync_core.queues import QueueDepth
from sync_core.queues.storage import StorageQueue
from sync_core.storage import Insert, Table, open_store
from sync_core.telemetry.opening import LIBRARIES, quiet_libraries
from tests.azurite import ACCOUNT_KEY, Azurite
from tests.privacy.canaries import Canaries
from tests.privacy.witness import Witness


@pytest.fixture
async def queue(azurite: Azurite) -> AsyncIterator[StorageQueue]:
    """The queue of the runs, gone at the end."""
    opened = StorageQueue.from_connection_string(azurite.connection_string)
    yield opened
    await opened._client.clear_messages()
    await opened.close()


async def test_the_queue_tells_how_much_waits_and_how_long(queue: StorageQueue) -> None:
    """Delayed messages count as waiting, but are no worker's fault; an empty queue is of no age."""
    await queue.put(RunRequest("connection-1", Trigger.COMMAND))
    await queue._client.clear_messages()
    assert await queue.depth() == QueueDepth(0, 0.0)

    await queue.put(RunRequest("connection-1", Trigger.COMMAND), delay_s=600)
    assert await queue.depth() == QueueDepth(1, 0.0)
    await queue.put(RunRequest("connection-2", Trigger.COMMAND))
    depth = await queue.depth()

    assert depth.waiting == 2
    assert 0 <= depth.oldest_s < 60


# azure-data-tables asks for the truth value of an XML element, which Python is going to change.
@pytest.mark.filterwarnings("ignore:Testing an element's truth value:DeprecationWarning")
async def test_neither_key_nor_signature_nor_rows_are_told(
    azurite: Azurite, queue: StorageQueue, canaries: Canaries, witness: Witness
) -> None:
    """With every logger at DEBUG before; the account's true key, a wrong one, and a row with a value."""
    canaries.known("storage key", ACCOUNT_KEY)
    wrong = base64.b64encode(canaries.word("wrong key").encode()).decode()
    canaries.known("wrong key", wrong)
    canaries.known("signature", "SharedKey ")
    levels = {name: logging.getLogger(name).level for name in LIBRARIES}
    quiet_libraries()
    await queue.put(RunRequest("connection-1", Trigger.COMMAND))
    for key in (ACCOUNT_KEY, wrong):
        store = open_store(azurite.connection_string.replace(ACCOUNT_KEY, key))
        try:
            for _ in range(2):
                await store.transact(Table.SYNC, "privacy", [Insert("7.history.x", canaries.text("value"))])
        except SyncError as error:
            witness.say("error", str(error))
        finally:
            await store.close()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)

    assert [where for where, _ in witness.seen] == ["error", "error"]
    assert witness.leaks() == []
