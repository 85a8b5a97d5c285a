"""What is stored, beside the audit trail: that one tells of refusals too, which change nothing else."""

from __future__ import annotations

from sync_core.state import AUDIT
from sync_core.storage import Store, Table


async def rows_beside_audit(store: Store) -> dict[tuple[str, str, str], str]:
    """Every row of every table, by table, partition and key."""
    return {
        (table.value, partition, row.key): row.body
        for table in Table
        for partition in await store.partitions(table)
        if not partition.startswith(AUDIT)
        for row in await store.read(table, partition, "", "\U0010ffff")
    }
