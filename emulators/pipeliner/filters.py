"""The nineteen filter operators, and how a filter's text is read for each kind of field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulators.pipeliner.dates import read_time
from emulators.pipeliner.errors import parameter_invalid
from emulators.pipeliner.schema import FieldSpec, Kind

Test = Callable[[Any, Any], bool]

UNARY = frozenset({"null", "not-null", "empty", "not-empty"})


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _fold(value: Any) -> str:
    return _text(value).casefold()


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


TESTS: dict[str, Test] = {
    "eq": lambda held, wanted: bool(held == wanted),
    "not-eq": lambda held, wanted: bool(held != wanted),
    "ieq": lambda held, wanted: _fold(held) == _fold(wanted),
    "not-ieq": lambda held, wanted: _fold(held) != _fold(wanted),
    "contains": lambda held, wanted: _text(wanted) in _text(held),
    "starts": lambda held, wanted: _text(held).startswith(_text(wanted)),
    "ends": lambda held, wanted: _text(held).endswith(_text(wanted)),
    "icontains": lambda held, wanted: _fold(wanted) in _fold(held),
    "istarts": lambda held, wanted: _fold(held).startswith(_fold(wanted)),
    "iends": lambda held, wanted: _fold(held).endswith(_fold(wanted)),
    "null": lambda held, _: held is None,
    "not-null": lambda held, _: held is not None,
    "empty": lambda held, _: _is_empty(held),
    "not-empty": lambda held, _: not _is_empty(held),
    "gt": lambda held, wanted: held is not None and held > wanted,
    "gte": lambda held, wanted: held is not None and held >= wanted,
    "lt": lambda held, wanted: held is not None and held < wanted,
    "lte": lambda held, wanted: held is not None and held <= wanted,
    "between": lambda held, wanted: held is not None and wanted[0] <= held <= wanted[1],
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition of a list request; the conditions of a request all hold."""

    spec: FieldSpec
    operator: str
    wanted: Any

    def accepts(self, held: Any) -> bool:
        """Whether a record whose field holds this value passes."""
        return TESTS[self.operator](held, self.wanted)


def filter_from(spec: FieldSpec, operator: str, text: str | None) -> Filter:
    """Read a filter; raises a 400 for an unknown operator or a value that does not fit the field."""
    if operator not in TESTS:
        raise parameter_invalid(f"unknown filter operator {operator}")
    if operator in UNARY:
        return Filter(spec, operator, None)
    if text is None:
        raise parameter_invalid(f"filter-op without a filter for {spec.name}")
    if operator == "between":
        ends = text.split(",")
        if len(ends) != 2:
            raise parameter_invalid(f"between needs two values for {spec.name}")
        return Filter(spec, operator, (value_from(spec, ends[0]), value_from(spec, ends[1])))
    return Filter(spec, operator, value_from(spec, text))


def value_from(spec: FieldSpec, text: str) -> Any:
    """Read the text of a filter or cursor as the field's own value; raises a 400 when it does not fit."""
    reader = _READERS.get(spec.kind)
    if reader is None:
        return text
    try:
        return reader(text)
    except ValueError as error:
        raise parameter_invalid(f"value does not fit field {spec.name}") from error


def _boolean(text: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise ValueError("not a boolean")
    return known[text.lower()]


def _date(text: str) -> str:
    return datetime.fromisoformat(text).date().isoformat()


_READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: int,
    Kind.CHOICE: int,
    Kind.NUMBER: float,
    Kind.DATETIME: read_time,
    Kind.DATE: _date,
    Kind.REFERENCE: str.lower,
    Kind.OPTION: str.lower,
}
