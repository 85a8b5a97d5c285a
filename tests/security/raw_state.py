"""The state as a stranger with a disk or an account key would read it, past all of our own reading code."""

from __future__ import annotations

from pathlib import Path

from azure.data.tables.aio import TableServiceClient

from sync_core.storage import SqliteStore, Store, decode_key
from sync_core.storage.azure_tables import TableStore
from tests.azurite import Azurite


async def raw_text(store: Store, folder: Path, azurite: Azurite | None) -> str:
    """Return all bytes of the SQLite files, or all entities of all tables with their keys decoded."""
    if isinstance(store, SqliteStore):
        return _text_of_files(folder)
    assert isinstance(store, TableStore)
    assert azurite is not None
    found: list[str] = []
    async with TableServiceClient.from_connection_string(azurite.connection_string) as service:
        async for table in service.list_tables():
            if table.name.startswith(store._prefix):
                async for entity in service.get_table_client(table.name).list_entities():
                    found += [decode_key(entity["PartitionKey"]), decode_key(entity["RowKey"])]
                    found.append("".join(str(entity[name]) for name in sorted(entity) if name.startswith("p")))
    return "\n".join(found)


def _text_of_files(folder: Path) -> str:
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in sorted(folder.glob("state.sqlite*")))
