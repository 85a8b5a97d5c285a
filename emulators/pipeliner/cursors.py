"""Sort orders and the keyset cursors that go with them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulators.pipeliner.dates import read_time, wire_time
from emulators.pipeliner.errors import parameter_invalid
from emulators.pipeliner.schema import FieldSpec, Kind


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One sort key of a list request."""

    spec: FieldSpec
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Descending:
    """A sort value that compares the other way round."""

    value: Any

    def __lt__(self, other: Descending) -> bool:
        return bool(other.value < self.value)


SortKey = tuple[Any, ...]


def sort_key(order: Sequence[OrderKey], values: Sequence[Any], row_id: str) -> SortKey:
    """Return what a row sorts by: its values (nothing before something), then its id."""
    parts: list[Any] = []
    for key, value in zip(order, values, strict=True):
        comparable = (0,) if value is None else (1, value)
        parts.append(Descending(comparable) if key.is_descending else comparable)
    return (*parts, row_id)


def write_cursor(values: Sequence[Any], row_id: str) -> str:
    """Write a position as base64 of the JSON array of sort values and id, as decoded from real cursors."""
    written = [wire_time(value) if isinstance(value, datetime) else value for value in values]
    return base64.b64encode(json.dumps([*written, row_id], ensure_ascii=False).encode()).decode()


def read_cursor(order: Sequence[OrderKey], cursor: str) -> tuple[list[Any], str]:
    """Read a position back; raises a 400 when it is no cursor of this order."""
    try:
        *parts, row_id = json.loads(base64.b64decode(cursor, validate=True))
        values = [_value(key.spec, part) for key, part in zip(order, parts, strict=True)]
    except (binascii.Error, ValueError, TypeError) as error:
        raise parameter_invalid("malformed cursor") from error
    return values, str(row_id)


def _value(spec: FieldSpec, part: Any) -> Any:
    if part is None:
        return None
    if spec.kind is Kind.DATETIME:
        return read_time(part)
    expected: type | tuple[type, ...] = (int, float) if spec.kind in _NUMBERS else str
    if not isinstance(part, expected):
        raise TypeError("a cursor value of another kind")
    return part


_NUMBERS = frozenset({Kind.BOOLEAN, Kind.INTEGER, Kind.CHOICE, Kind.NUMBER})
