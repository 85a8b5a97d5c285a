"""Where requests for runs wait: an Azure Storage queue, or the memory of one process.

`StorageQueue` is not named here: its client library is slow to load, and only who opens it needs it.
"""

from sync_core.queues.messages import (
    POISON_QUEUE,
    RUNS_QUEUE,
    LocalQueue,
    MeasuredQueue,
    QueueDepth,
    read_message,
    write_message,
)

__all__ = [
    "POISON_QUEUE",
    "RUNS_QUEUE",
    "LocalQueue",
    "MeasuredQueue",
    "QueueDepth",
    "read_message",
    "write_message",
]
