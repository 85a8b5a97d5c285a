"""Reading single values out of Pipeliner's JSON: unset text is "", unset ids are null, ids ignore case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sync_core.errors import ServiceUnavailable
from sync_core.pipeliner.dates import parse_time

Record = Mapping[str, Any]


def text_of(record: Record, name: str) -> str:
    """Text of a key, "" when it is unset; numbers are written out."""
    value = record.get(name)
    if isinstance(value, bool) or value is None:
        return ""
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def id_of(record: Record, name: str = "id") -> str:
    """Id of a key in lower case, "" when it is unset."""
    return text_of(record, name).lower()


def flag_of(record: Record, name: str) -> bool:
    """Truth of a key; unset is false."""
    return record.get(name) is True


def number_of(record: Record, name: str) -> int:
    """Whole number of a key; unset is -1."""
    value = record.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def time_of(record: Record, name: str) -> datetime:
    """Time of a key; raises ServiceUnavailable when it is missing or unreadable, for nothing works without."""
    try:
        return parse_time(text_of(record, name))
    except ValueError:
        raise ServiceUnavailable(f"Pipeliner's record {id_of(record)} has no readable {name}") from None


def expanded(record: Record, name: str) -> Record | None:
    """Give a relation's record when it was expanded, else None."""
    value = record.get(name)
    return value if isinstance(value, dict) else None


def relation_id(record: Record, name: str) -> str:
    """Id that a relation leads to, expanded or as the URI that ends in it; "" when it is unset."""
    value = record.get(name)
    if isinstance(value, dict):
        return id_of(value)
    return value.rstrip("/").rpartition("/")[2].lower() if isinstance(value, str) else ""


def elements(record: Record, name: str) -> Iterator[Any]:
    """Elements of a list; nothing when it is none."""
    value = record.get(name)
    return iter(value if isinstance(value, list) else ())
