"""Incoming values: is the key known and writable, does the value fit, and what the service makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from emulators.pipeliner.dates import read_time
from emulators.pipeliner.entities import ENTITIES
from emulators.pipeliner.errors import Problem
from emulators.pipeliner.schema import TEXT_KINDS, FieldSpec, Kind
from emulators.pipeliner.space import Space
from emulators.pipeliner.switches import PipelinerSwitches

CHANGED_ONLY, SYSTEM_ONLY, READ_ONLY_TOO, DELETED_TARGETS = 2, 4, 8, 16

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FOUR_BYTE = re.compile("[\U00010000-\U0010ffff]")


class Refused(ValueError):
    """A value does not fit its field; the text says why, without the value."""


@dataclass(slots=True)
class Taken:
    """What was understood of a body: values to store, lists of records sent along, and problems."""

    values: dict[str, Any] = field(default_factory=dict)
    nested: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class Intake:
    """Reads bodies of creates and updates against the schema and the switches."""

    def __init__(self, space: Space) -> None:
        """Read against this space."""
        self._space = space

    def take(self, plural: str, body: Mapping[str, Any], access: str, level: int) -> Taken:
        """Understand a body; `access` is `c`, `u` or `cu` (a batch element may hold either's keys)."""
        taken = Taken()
        for name, value in body.items():
            spec = self._space.spec(plural, name)
            if spec is None:
                if self._space.switches.unknown_keys == "reject":
                    taken.problems.append(self.problem(plural, name, "is not known"))
            elif not spec.is_ignored:
                self._take_field(plural, spec, value, access, level, taken)
        return taken

    def problem(self, plural: str, name: str, words: str) -> Problem:
        """Return a problem of one field."""
        return Problem(f"{ENTITIES[plural].singular}.{name} {words}", name, self._space.field_id(plural, name))

    def _take_field(self, plural: str, spec: FieldSpec, value: Any, access: str, level: int, taken: Taken) -> None:
        if not set(spec.access) & set(access):
            may_write = level & READ_ONLY_TOO or self._space.switches.read_only_keys == "ignore"
            if not may_write:
                taken.problems.append(self.problem(plural, spec.name, "is read-only"))
            elif level & READ_ONLY_TOO and plural == "Clients" and spec.kind is Kind.TEXT:
                taken.values[spec.name] = value
            return
        try:
            if spec.kind in {Kind.CHILDREN, Kind.EMPTY_LIST}:
                taken.nested[spec.name] = _records(spec, value)
            else:
                taken.values[spec.name] = self._converted(plural, spec, value)
        except Refused as refusal:
            taken.problems.append(self.problem(plural, spec.name, str(refusal)))

    def _converted(self, plural: str, spec: FieldSpec, value: Any) -> Any:
        if value is None:
            if spec.kind in TEXT_KINDS and not self._space.switches.null_clears_text:
                raise Refused("is a text")
            return spec.default
        if spec.kind in TEXT_KINDS:
            return self._text(plural, spec, value)
        return _CONVERTERS[spec.kind](spec, value)

    def _text(self, plural: str, spec: FieldSpec, value: Any) -> str | None:
        if not isinstance(value, str):
            raise Refused("is a text")
        switches = self._space.switches
        if _FOUR_BYTE.search(value) and switches.four_byte_text != "accept":
            if switches.four_byte_text == "reject":
                raise Refused("holds characters outside the basic plane")
            value = _FOUR_BYTE.sub("", value)
        value = rewritten(switches, spec.kind, value)
        if spec.kind is Kind.EMAIL and value and switches.email_format_checked and not _EMAIL.fullmatch(value):
            raise Refused("is not an e-mail address")
        limit = self._space.max_lengths.get((plural, spec.name))
        if limit is not None and len(value) > limit:
            if switches.over_length == "reject":
                raise Refused(f"is longer than {limit} characters")
            value = value[:limit]
        return value or (None if spec.is_custom else "")


def _records(spec: FieldSpec, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Refused("is a list of objects")
    if value and spec.kind is Kind.EMPTY_LIST:
        raise Refused("cannot be written here")
    return value


def rewritten(switches: PipelinerSwitches, kind: Kind, text: str) -> str:
    """Return the text as the service stores it; storing the result again changes nothing."""
    if switches.unifies_line_ends:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if switches.trims_text:
        text = text.strip()
    if kind is Kind.EMAIL and switches.lowercases_emails:
        text = text.lower()
    if kind is Kind.PHONE and switches.reformats_phones:
        digits = re.sub(r"\D", "", text)
        groups = " ".join(digits[start : start + 3] for start in range(0, len(digits), 3))
        text = "+" + groups if text.strip().startswith("+") and digits else groups or text
    return text


def _boolean(_spec: FieldSpec, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused("is a boolean")
    return value


def _integer(_spec: FieldSpec, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("is a whole number")
    return value


def _number(_spec: FieldSpec, value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Refused("is a number")
    return float(value)


def _choice(spec: FieldSpec, value: Any) -> int:
    if _integer(spec, value) not in spec.choices:
        raise Refused("is none of the known values")
    return int(value)


def _datetime(_spec: FieldSpec, value: Any) -> Any:
    try:
        return read_time(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused("is a date and time") from error


def _date(_spec: FieldSpec, value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (ValueError, TypeError) as error:
        raise Refused("is a date") from error


def _reference(_spec: FieldSpec, value: Any) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise Refused("is an id")
    return value.lower()


def _json(_spec: FieldSpec, value: Any) -> Any:
    if not isinstance(value, dict):
        raise Refused("is an object")
    return value


_CONVERTERS: dict[Kind, Callable[[FieldSpec, Any], Any]] = {
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.CHOICE: _choice,
    Kind.DATETIME: _datetime,
    Kind.DATE: _date,
    Kind.REFERENCE: _reference,
    Kind.OPTION: _reference,
    Kind.JSON: _json,
}
