"""What a state store promises: keyed rows, key ranges, and transactions within one partition.

The limits are those of Azure Table Storage, and hold for every implementation, so that what passes
on a laptop also passes in the cloud: a transaction takes at most 100 entities and 4 MiB, an entity
1 MiB, a property 64 KiB (Microsoft Learn: Understanding the Table Service Data Model; Performing
Entity Group Transactions).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from sync_core.state.keys import encode_key

MAX_OPERATIONS = 100
MAX_BODY_BYTES = 900_000
"""Of UTF-16, as Azure counts; the rest of the 1 MiB is for keys and property names."""
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024 - 256 * 1024
"""Of the request as it is sent; the margin is for the partition key, which every operation repeats."""
MAX_LIMIT = 1000
"""The most rows that one answer of Table Storage holds."""

_BYTES_AROUND_A_BODY = 1200  # part headers, address and JSON, without the keys
_BYTES_AROUND_A_PIECE = 64  # name and type of each property over which the body is divided
_LEAST_PIECE = 16_000  # characters


class Table(StrEnum):
    """The three tables; an implementation may put a prefix before the name."""

    CONNECTIONS = "connections"
    SYNC = "sync"
    SPACES = "spaces"


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row. `etag` names this version of it and is never used again for another."""

    key: str
    body: str = field(repr=False)
    etag: str


@dataclass(frozen=True, slots=True)
class Insert:
    """Store a row that must not be there yet."""

    key: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Put:
    """Store a row: with `etag` over exactly that version, without it whatever was there before."""

    key: str
    body: str = field(repr=False)
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a row that must be there: with `etag` exactly that version, without it any."""

    key: str
    etag: str | None = None


Operation = Insert | Put | Remove


class Store(Protocol):
    """Rows by table, partition and key. Keys and partitions are any text that `keys.encode_key` takes.

    All calls raise StoreUnavailable when no usable answer came, and ValueError for a key out of bounds.
    """

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """Read one row; None when it is not there."""
        ...

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """Read several rows side by side, as point reads; missing ones are left out."""
        ...

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        """Read rows with `start` <= key < `end`, ascending by key in code-point order, at most `limit` (1 to 1000)."""
        ...

    async def partitions(self, table: Table) -> list[str]:
        """List every partition that has a row, in order: what no key leads to any more is found by this alone."""
        ...

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Do all operations or none; return the new etags in order ("" for Remove).

        Raises RowConflict when a row is not as an operation demands, StoreUnavailable when the outcome is
        unknown (read again before repeating), ValueError for what `check_operations` refuses.
        """
        ...

    async def close(self) -> None:
        """Free connections and files; the store cannot be used afterwards."""
        ...


def body_bytes(body: str) -> int:
    """Size of a body in bytes of UTF-16; ValueError for half a surrogate pair, which no store can keep."""
    return len(body.encode("utf-16-le"))


def operation_bytes(operation: Operation) -> int:
    """Upper bound of what an operation adds to a transaction's request, in bytes; at most MAX_TRANSACTION_BYTES fit."""
    key_bytes = 4 * len(encode_key(operation.key))  # once in JSON, once percent-encoded in the address
    if isinstance(operation, Remove):
        return _BYTES_AROUND_A_BODY + key_bytes
    pieces = 1 + len(operation.body) // _LEAST_PIECE
    escaped_body_bytes = len(json.dumps(operation.body))  # the client library sends ASCII JSON
    return _BYTES_AROUND_A_BODY + key_bytes + _BYTES_AROUND_A_PIECE * pieces + escaped_body_bytes


def check_operations(operations: Sequence[Operation]) -> None:
    """Raise ValueError when a transaction is empty, too long or too large, or names a key twice."""
    if not operations:
        raise ValueError("a transaction needs at least one operation")
    if len(operations) > MAX_OPERATIONS:
        raise ValueError(f"a transaction takes at most {MAX_OPERATIONS} operations, not {len(operations)}")
    if len({operation.key for operation in operations}) < len(operations):
        raise ValueError("a transaction names each key at most once")
    for operation in operations:
        if not isinstance(operation, Insert) and operation.etag == "":
            raise ValueError(f"the etag of row {operation.key!r} is empty")
        if not isinstance(operation, Remove) and body_bytes(operation.body) > MAX_BODY_BYTES:
            raise ValueError(f"the body of row {operation.key!r} is over {MAX_BODY_BYTES} bytes of UTF-16")
    if sum(map(operation_bytes, operations)) > MAX_TRANSACTION_BYTES:
        raise ValueError(f"the transaction is over {MAX_TRANSACTION_BYTES} bytes; divide it by operation_bytes")


def check_limit(limit: int) -> None:
    """Raise ValueError when a range's limit is not 1 to 1000."""
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit is {limit}, must be 1 to {MAX_LIMIT}")
