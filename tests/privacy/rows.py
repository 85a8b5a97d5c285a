"""Which rows of the state exist to hold values of contacts, and why; every other row must be free of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sync_core.state.rows import HISTORY, JOURNAL, LINK
from sync_core.storage import Row, Store, Table

ROWS_THAT_HOLD_VALUES: Mapping[str, str] = {
    LINK: "baselines: what each side had at the last agreement; without them no edit could be told from an old value",
    JOURNAL: "drafts of creates under way: a create that was cut off is found again by what it held",
    HISTORY: "what was changed from which value to which, all values of a deleted contact; for people and undo",
}
"""Prefix of the row keys in the table `sync` to the reason."""


def may_hold(table: Table, key: str) -> bool:
    """Whether a row is one of those."""
    return table is Table.SYNC and key.startswith(tuple(ROWS_THAT_HOLD_VALUES))


async def stored(store: Store, partitions: Mapping[Table, list[str]]) -> Iterator[tuple[Table, Row]]:
    """Read every row of these partitions."""
    found = [
        (table, row)
        for table, names in partitions.items()
        for name in names
        for row in await store.read(table, name, "", "\U0010ffff")
    ]
    return iter(found)
