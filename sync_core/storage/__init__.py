"""How rows are kept: in Azure tables or in a SQLite file, under one interface.

`TableStore` is not named here: its client library is slow to load, and only `open_store` knows whether it is needed.
"""

from sync_core.storage.bulk import MAX_ROW_CHARACTERS, Batch, batches, find_rows, read_pages, remove_rows
from sync_core.storage.opening import embedded_file, open_store
from sync_core.storage.sqlite import SqliteStore
from sync_core.storage.store import (
    AFTER_ALL_KEYS,
    BEHIND,
    MAX_BODY_BYTES,
    MAX_LIMIT,
    MAX_TRANSACTION_BYTES,
    Insert,
    Operation,
    Put,
    Remove,
    Row,
    Store,
    Table,
    body_bytes,
    decode_key,
    encode_key,
    fits_key,
    operation_bytes,
    prefix_end,
)

__all__ = [
    "AFTER_ALL_KEYS",
    "BEHIND",
    "MAX_BODY_BYTES",
    "MAX_LIMIT",
    "MAX_ROW_CHARACTERS",
    "MAX_TRANSACTION_BYTES",
    "Batch",
    "Insert",
    "Operation",
    "Put",
    "Remove",
    "Row",
    "SqliteStore",
    "Store",
    "Table",
    "batches",
    "body_bytes",
    "decode_key",
    "embedded_file",
    "encode_key",
    "find_rows",
    "fits_key",
    "open_store",
    "operation_bytes",
    "prefix_end",
    "read_pages",
    "remove_rows",
]
