"""What a state store promises: keyed rows, key ranges, and transactions within one partition.

The limits are those of Azure Table Storage, and hold for every implementation, so that what passes
on a laptop also runs in the cloud: a transaction takes at most 100 entities and 4 MiB, an entity
1 MiB, a property 64 KiB (Microsoft Learn: Understanding the Table Service Data Model; Performing
Entity Group Transactions). Keys are written so that Azure takes them, in the order of the texts that they stand for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

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
_SURELY_FITTING = 200_000
"""Characters of all bodies of a transaction: each takes 12 bytes of ASCII JSON at most, and what is around has room."""


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
    """Rows by table, partition and key. Keys and partitions are any text that `encode_key` takes.

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
    characters = 0
    for operation in operations:
        encode_key(operation.key)
        if not isinstance(operation, Insert) and operation.etag == "":
            raise ValueError(f"the etag of row {operation.key!r} is empty")
        body = "" if isinstance(operation, Remove) else operation.body
        if (2 * len(body) if body.isascii() else body_bytes(body)) > MAX_BODY_BYTES:
            raise ValueError(f"the body of row {operation.key!r} is over {MAX_BODY_BYTES} bytes of UTF-16")
        characters += len(body)
    if characters > _SURELY_FITTING and sum(map(operation_bytes, operations)) > MAX_TRANSACTION_BYTES:
        raise ValueError(f"the transaction is over {MAX_TRANSACTION_BYTES} bytes; divide it by operation_bytes")


def check_limit(limit: int) -> None:
    """Raise ValueError when a range's limit is not 1 to 1000."""
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit is {limit}, must be 1 to {MAX_LIMIT}")


# Keys
#
# Table keys must not hold / \ # ? or control characters, and are at most 1 KiB of UTF-16 (Microsoft
# Learn: Understanding the Table Service Data Model); % and ' are known to make trouble in addresses.
# Ids of Graph hold / and =. So every character that is not plain is written as a lead and its code point
# in hex. Each lead is the plain character below the group it stands for, and is itself written that way,
# so that no encoding is the start of another and code-point order is kept:
#
#     U+0000 to ,    !00 to !2C          [ \             [5B [5C
#     . /            .2E .2F             ~ and beyond   ~27E, ~2E9, ~46F22: lead, number of digits, digits
#     > ?            >3E >3F             empty text     !
#
# All other ASCII characters (letters, digits, - : ; < = @ ] ^ _ ` { | }) stand for themselves. The result is
# ASCII, so ordinal UTF-16 order (Azure), code-point order (Python) and byte order (SQLite) agree.

MAX_ENCODED_KEY = 512
_LONGEST_PREFIX = 64
"""Of what stands before an id in a key."""
"""UTF-16 code units, which are 1 KiB."""
BEHIND = "\0"
"""With this behind a key comes the least text greater than it: where the range behind that key starts."""
AFTER_ALL_KEYS = chr(0x10FFFF) * 65
"""Greater than every key that can be stored: as a key it would be too long."""

_EMPTY = "!"
_SPECIAL = re.compile(r"[\x00-,./>?\[\\~-\U0010ffff]")
_ESCAPE = re.compile(r"~2[0-9A-F]{2}|~3[0-9A-F]{3}|~4[0-9A-F]{4}|~5[0-9A-F]{5}|~6[0-9A-F]{6}|[!.>\[][0-9A-F]{2}")
_ENCODED = re.compile(rf"(?:{_ESCAPE.pattern}|[-0-9:;<=@A-Z\]^_`a-z{{|}}])+")
_SURROGATES = range(0xD800, 0xE000)


def _escape(character: str) -> str:
    code = ord(character)
    if code in _SURROGATES:
        raise ValueError("a key holds half a surrogate pair")
    if code >= ord("~"):
        digits = f"{code:X}"
        return f"~{len(digits)}{digits}"
    lead = "!" if code < ord("-") else character if character in ".>[" else chr(code - 1)
    return f"{lead}{code:02X}"


_ESCAPES = {character: _escape(character) for character in map(chr, range(ord("~"))) if _SPECIAL.match(character)}
"""Of the characters that are common in keys; the others are worked out as they come."""


@lru_cache(maxsize=8192)
def encode_key(key: str, *, is_bound: bool = False) -> str:
    """Encode a key; ValueError when it is too long or holds half a surrogate pair.

    The start or end of a range (`is_bound`) may have any length; it compares with encoded keys as the texts do.
    """
    encoded = _SPECIAL.sub(lambda found: _ESCAPES.get(found[0]) or _escape(found[0]), key) or _EMPTY
    if len(encoded) > MAX_ENCODED_KEY and not is_bound:
        raise ValueError(f"a key takes at most {MAX_ENCODED_KEY} characters when encoded, not {len(encoded)}")
    return encoded


def fits_key(text: str) -> bool:
    """Whether a text, behind any of our prefixes, may be a key."""
    try:
        return len(encode_key(text)) <= MAX_ENCODED_KEY - _LONGEST_PREFIX
    except ValueError:
        return False


def decode_key(encoded: str) -> str:
    """Return the text that was encoded; ValueError when this is no encoded key."""
    if encoded == _EMPTY:
        return ""
    if not _ENCODED.fullmatch(encoded):
        raise ValueError("a stored key is not in this program's encoding: the table holds rows of another program")
    return _ESCAPE.sub(lambda found: chr(int(found[0][2 if found[0][0] == "~" else 1 :], 16)), encoded)


def prefix_end(prefix: str) -> str:
    """Return the least text greater than all that start with `prefix`: the end of that prefix's range."""
    head = prefix.rstrip(chr(0x10FFFF))
    if not head:
        return AFTER_ALL_KEYS
    following = ord(head[-1]) + 1
    return head[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
