"""The state's tables, with a row that is written, read and deleted again; and the queue, which is only looked at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sync_core.doctor.findings import Finding, failed, good
from sync_core.doctor.probing import Line, Probe
from sync_core.doctor.remedies import Service
from sync_core.operations.ports import Operator
from sync_core.queues.messages import PASSES_QUEUE
from sync_core.queues.storage import StorageQueue
from sync_core.state.store import Put, Remove, Store, Table

PARTITION = "doctor"
"""No connection, space or registry has this partition."""
_KEY = "probe"
_BODY = "written by the doctor; it may be deleted"


def storage_probes(operator: Operator) -> list[Probe]:
    """Give a probe for each table and one for the queue."""
    state = Line(Service.STATE, operator.settings.sync_state_table_service_uri)
    tables = [
        Probe("state", f"table {table.value}", state, partial(_write_and_read, operator.store, table))
        for table in Table
    ]
    queue = Line(Service.QUEUE, operator.settings.queue_service_uri)
    return [*tables, Probe("queue", PASSES_QUEUE, queue, partial(_look_at_queue, operator))]


async def _write_and_read(store: Store, table: Table) -> Sequence[Finding]:
    subject = f"table {table.value}"
    await store.transact(table, PARTITION, [Put(_KEY, _BODY)])
    found = await store.get(table, PARTITION, _KEY)
    await store.transact(table, PARTITION, [Remove(_KEY)])
    if found is None or found.body != _BODY:
        return [failed("state", subject, "a row that was just written could not be read", "ask Azure's support")]
    return [good("state", subject, "a row was written, read and deleted")]


async def _look_at_queue(operator: Operator) -> Sequence[Finding]:
    if not isinstance(operator.queue, StorageQueue):
        return [good("queue", PASSES_QUEUE, "the command line keeps its queue in its own process")]
    waiting = await operator.queue.length()
    told = "the first message will make it" if waiting is None else f"it answers; about {waiting} messages wait"
    return [good("queue", PASSES_QUEUE, told)]
