"""The state store in one SQLite file: the same rows, etags and transactions as in Azure tables.

Every call runs to its end within the event loop, without a thread and without yielding: calls take
tens of microseconds, and a simulation over this store stays deterministic. Several processes may share
the file; a writer that finds it locked waits up to the busy timeout, and its event loop with it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from typing_extensions import override

from sync_core.errors import RowConflict, StoreUnavailable
from sync_core.storage.store import (
    MAX_LIMIT,
    Insert,
    Operation,
    Put,
    Remove,
    Row,
    Store,
    Table,
    check_limit,
    check_operations,
    encode_key,
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
_ASK_AGAIN_S = 0.01
_FIND = "SELECT key, body, version FROM stored_rows WHERE table_name = ? AND partition = ? AND key = ?"
_RANGE = (
    "SELECT key, body, version FROM stored_rows"
    " WHERE table_name = ? AND partition = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"
)
_PARTITIONS = "SELECT DISTINCT partition FROM stored_rows WHERE table_name = ? ORDER BY partition"
_INSERT = "INSERT OR IGNORE INTO stored_rows (version, body, table_name, partition, key) VALUES (?, ?, ?, ?, ?)"
_PUT = "INSERT OR REPLACE INTO stored_rows (version, body, table_name, partition, key) VALUES (?, ?, ?, ?, ?)"
_REPLACE = (
    "UPDATE stored_rows SET version = ?, body = ?"
    " WHERE table_name = ? AND partition = ? AND key = ? AND CAST(version AS TEXT) = ?"
)
_DELETE = "DELETE FROM stored_rows WHERE table_name = ? AND partition = ? AND key = ?"
_DELETE_VERSION = f"{_DELETE} AND CAST(version AS TEXT) = ?"
_LAST_VERSION = "SELECT version FROM last_version"
_SET_LAST_VERSION = "UPDATE last_version SET version = ?"


class SqliteStore(Store):
    """A `Store` in the SQLite file at `path` (made with its folders when missing), or in memory for ":memory:".

    The file and its logs are their owner's alone.
    Raises OSError when the file cannot be made or is not a SQLite database, StoreUnavailable when it stays locked.
    Etags are one counter for the whole file, which never goes back.
    """

    def __init__(self, path: str | Path, *, busy_timeout_s: float = 5.0) -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            _keep_private(Path(path))
        self._lock = threading.Lock()
        try:
            self._database = _open(path, busy_timeout_s)
        except sqlite3.Error as error:
            name = _error_name(error)
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise StoreUnavailable(f"the SQLite file did not answer: {name}", retry_after_s=1.0) from error
            raise OSError(f"the SQLite file cannot be opened: {name}") from error

    @override
    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        return (await self.get_many(table, partition, [key])).get(key)

    @override
    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        for text in (partition, *keys):
            encode_key(text)
        found = {}
        with self._lock, _answers():
            for key in dict.fromkeys(keys):
                for _, body, version in self._database.execute(_FIND, (table, partition, key)):
                    found[key] = Row(key, body, str(version))
        return found

    @override
    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        check_limit(limit)
        encode_key(partition)
        encode_key(start + end, is_bound=True)
        with self._lock, _answers():
            records = self._database.execute(_RANGE, (table, partition, start, end, limit)).fetchall()
        return [Row(key, body, str(version)) for key, body, version in records]

    @override
    async def partitions(self, table: Table) -> list[str]:
        with self._lock, _answers():
            return [partition for (partition,) in self._database.execute(_PARTITIONS, (table,))]

    @override
    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        check_operations(operations)
        encode_key(partition)
        with self._lock, _answers(), self._database:  # which commits at the end, or rolls back
            self._database.execute("BEGIN IMMEDIATE")
            version: int = self._database.execute(_LAST_VERSION).fetchone()[0]
            etags = []
            for index, operation in enumerate(operations):
                version += 1
                if fault := self._do(operation, (table, partition, operation.key), version):
                    raise RowConflict(f"row {operation.key!r} of {table} {fault}", index, operation.key)
                etags.append("" if isinstance(operation, Remove) else str(version))
            self._database.execute(_SET_LAST_VERSION, (version,))
        return etags

    @override
    async def close(self) -> None:
        with self._lock:
            self._database.close()

    def _do(self, operation: Operation, place: tuple[Table, str, str], version: int) -> str:
        """Do an operation where the row is as it demands, in one statement; else return what is wrong with the row."""
        run = self._database.execute
        match operation:
            case Insert(body=body):
                done, fault = run(_INSERT, (version, body, *place)), "is there already"
            case Put(body=body, etag=None):
                done, fault = run(_PUT, (version, body, *place)), ""
            case Put(body=body, etag=etag):
                done, fault = run(_REPLACE, (version, body, *place, etag)), "is not the version named"
            case Remove(etag=None):
                done, fault = run(_DELETE, place), "is not there"
            case Remove(etag=etag):
                done, fault = run(_DELETE_VERSION, (*place, etag)), "is not the version named"
        return "" if done.rowcount else fault


def _keep_private(path: Path) -> None:
    """Have the file be its owner's alone, also one that an earlier version made; SQLite gives its logs the same mode.

    It is never opened here: closing a file again gives up the locks that this process has on it.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        for each in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))):
            with suppress(OSError):  # not there, or another owner's
                if each.stat().st_mode & 0o077:
                    each.chmod(0o600)


def _open(path: str | Path, busy_timeout_s: float) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        _write_ahead(database, busy_timeout_s)
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA secure_delete = ON")  # what is removed is overwritten, not only unlinked
        known = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'last_version'").fetchone()[0]
        if not known:
            database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _write_ahead(database: sqlite3.Connection, busy_timeout_s: float) -> None:
    """Switch to the write-ahead log; while another opens the same new file SQLite is "busy" at once, so ask again."""
    give_up_at = time.monotonic() + busy_timeout_s
    while not _is_written_ahead(database, is_last_try=time.monotonic() > give_up_at):
        time.sleep(_ASK_AGAIN_S)


def _is_written_ahead(database: sqlite3.Connection, *, is_last_try: bool) -> bool:
    try:
        database.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if is_last_try or not _error_name(error).startswith("SQLITE_BUSY"):
            raise
        return False
    return True


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"the SQLite file did not answer: {_error_name(error)}", retry_after_s=1.0) from error


def _error_name(error: sqlite3.Error) -> str:
    return str(getattr(error, "sqlite_errorname", "no code"))  # the sqlite3 module's own faults have none
