"""The state store in one SQLite file: the same rows, etags and transactions as in Azure tables.

Every call runs to its end within the event loop, without a thread and without yielding: calls take
tens of microseconds, and a simulation over this store stays deterministic. Several processes may share
the file; a writer that finds it locked waits up to the busy timeout, and its event loop with it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sync_core.errors import RowConflict, StoreUnavailable
from sync_core.state.keys import encode_bound, encode_key
from sync_core.state.store import (
    MAX_LIMIT,
    Insert,
    Operation,
    Put,
    Remove,
    Row,
    Table,
    check_limit,
    check_operations,
)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS stored_rows (
    table_name TEXT NOT NULL,
    partition  TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (table_name, partition, key)
);
CREATE TABLE IF NOT EXISTS last_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL);
INSERT OR IGNORE INTO last_version VALUES (1, 0);
"""
_FIND = "SELECT key, body, version FROM stored_rows WHERE table_name = ? AND partition = ? AND key = ?"
_RANGE = (
    "SELECT key, body, version FROM stored_rows"
    " WHERE table_name = ? AND partition = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"
)
_PARTITIONS = "SELECT DISTINCT partition FROM stored_rows WHERE table_name = ? ORDER BY partition"
_VERSION = "SELECT version FROM stored_rows WHERE table_name = ? AND partition = ? AND key = ?"
_STORE = "INSERT OR REPLACE INTO stored_rows (table_name, partition, key, body, version) VALUES (?, ?, ?, ?, ?)"
_DELETE = "DELETE FROM stored_rows WHERE table_name = ? AND partition = ? AND key = ?"
_LAST_VERSION = "SELECT version FROM last_version"
_SET_LAST_VERSION = "UPDATE last_version SET version = ?"


class EmbeddedStore:
    """A `Store` in the SQLite file at `path` (made with its folders when missing), or in memory for ":memory:".

    Raises OSError when the file cannot be made or is not a SQLite database, StoreUnavailable when it stays locked.
    Etags are one counter for the whole file, which never goes back.
    """

    def __init__(self, path: str | Path, *, busy_timeout_s: float = 5.0) -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            self._database = _open(path, busy_timeout_s)
        except sqlite3.Error as error:
            name = _error_name(error)
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise StoreUnavailable(f"the SQLite file did not answer: {name}", retry_after_s=1.0) from error
            raise OSError(f"the SQLite file cannot be opened: {name}") from error

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """See `Store.get`."""
        return (await self.get_many(table, partition, [key])).get(key)

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """See `Store.get_many`."""
        _check_keys(partition, *keys)
        found = {}
        with self._lock, _answers():
            for key in dict.fromkeys(keys):
                record = self._database.execute(_FIND, (table, partition, key)).fetchone()
                if record is not None:
                    found[key] = _row(record)
        return found

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        """See `Store.read`."""
        check_limit(limit)
        _check_keys(partition)
        encode_bound(start + end)
        with self._lock, _answers():
            return [_row(record) for record in self._database.execute(_RANGE, (table, partition, start, end, limit))]

    async def partitions(self, table: Table) -> list[str]:
        """See `Store.partitions`."""
        with self._lock, _answers():
            return [partition for (partition,) in self._database.execute(_PARTITIONS, (table,))]

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """See `Store.transact`."""
        check_operations(operations)
        _check_keys(partition)
        with self._lock, _answers(), self._transaction():
            version: int = self._database.execute(_LAST_VERSION).fetchone()[0]
            for index, operation in enumerate(operations):
                self._check_row(table, partition, index, operation)
            etags = [
                self._apply(table, partition, operation, version + position)
                for position, operation in enumerate(operations, start=1)
            ]
            self._database.execute(_SET_LAST_VERSION, (version + len(operations),))
        return etags

    async def close(self) -> None:
        """See `Store.close`."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:  # SQLite has already rolled back after some faults, a full disk for one
                self._database.execute("ROLLBACK")
            raise

    def _check_row(self, table: Table, partition: str, index: int, operation: Operation) -> None:
        found = self._database.execute(_VERSION, (table, partition, operation.key)).fetchone()
        etag = None if found is None else str(found[0])
        match operation:
            case Insert():
                fault = etag and "is there already"
            case Put(etag=None):
                fault = None
            case Remove(etag=None):
                fault = None if etag else "is not there"
            case Put() | Remove():
                fault = None if etag == operation.etag else "is not the version named"
        if fault:
            raise RowConflict(f"row {operation.key!r} of {table} {fault}", index, operation.key)

    def _apply(self, table: Table, partition: str, operation: Operation, version: int) -> str:
        if isinstance(operation, Remove):
            self._database.execute(_DELETE, (table, partition, operation.key))
            return ""
        self._database.execute(_STORE, (table, partition, operation.key, operation.body, version))
        return str(version)


def _open(path: str | Path, busy_timeout_s: float) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA secure_delete = ON")  # what is removed is overwritten, not only unlinked
        known = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'last_version'").fetchone()[0]
        if not known:
            database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _row(record: tuple[str, str, int]) -> Row:
    key, body, version = record
    return Row(key, body, str(version))


def _check_keys(partition: str, *keys: str) -> None:
    for text in (partition, *keys):
        encode_key(text)


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"the SQLite file did not answer: {_error_name(error)}", retry_after_s=1.0) from error


def _error_name(error: sqlite3.Error) -> str:
    return str(getattr(error, "sqlite_errorname", "no code"))  # the sqlite3 module's own faults have none
