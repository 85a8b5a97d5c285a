"""Our own model of a person, in neither vendor's shape, and the normal forms in which values are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

OutlookId = NewType("OutlookId", str)
PipelinerId = NewType("PipelinerId", str)
UserId = NewType("UserId", str)
LinkId = NewType("LinkId", str)

Value = str | tuple[str, ...]
"""A field's value: text, or an ordered list of texts. Blank is "" or ()."""


class Side(StrEnum):
    """One of the two services."""

    OUTLOOK = "outlook"
    PIPELINER = "pipeliner"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.PIPELINER if self is Side.OUTLOOK else Side.OUTLOOK


class Kind(StrEnum):
    """How a field's values are compared."""

    LINE = "line"
    TEXT = "text"
    DATE = "date"
    EMAILS = "emails"
    PHONES = "phones"
    TAGS = "tags"

    @property
    def is_list(self) -> bool:
        """Whether values are lists that merge entry by entry."""
        return self in {Kind.EMAILS, Kind.PHONES, Kind.TAGS}


_NO_VALUES: Mapping[str, Value] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Contact:
    """A person: field name to value. A field that is absent is blank."""

    values: Mapping[str, Value] = field(default_factory=lambda: _NO_VALUES)

    def __getitem__(self, name: str) -> Value:
        """Value of a field, blank when it is absent."""
        return self.values.get(name, "")

    def __iter__(self) -> Iterator[str]:
        """Names of the fields that are not blank, in order."""
        return iter(sorted(name for name, value in self.values.items() if value))

    def text(self, name: str) -> str:
        """Value of a text field; a list gives its first entry."""
        value = self[name]
        return value if isinstance(value, str) else next(iter(value), "")

    def entries(self, name: str) -> tuple[str, ...]:
        """Value of a list field; a text gives a list of one."""
        value = self[name]
        return ((value,) if value else ()) if isinstance(value, str) else value

    def with_values(self, changes: Mapping[str, Value]) -> Contact:
        """Give the same person with some fields replaced; blank ones are dropped."""
        merged = {**self.values, **changes}
        return Contact({name: value for name, value in merged.items() if value})

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known of the person."""
        return not any(self.values.values())


_LINE_SPACE = re.compile(r"\s+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SEPARATORS = re.compile(r"[\s()./\-\u2010-\u2015]+")


def normal(kind: Kind, value: Value) -> Value:
    """Bring a value into the form that is stored and compared: what differs only in form is equal after it.

    Lines are trimmed and their white space folded, texts have plain line ends and no trailing space, dates
    lose their time (Outlook keeps a birthday at 11:59), lists lose blanks and repeats; all are Unicode NFC.
    """
    if kind.is_list:
        return _normal_list(kind, (value,) if isinstance(value, str) else value)
    text = value if isinstance(value, str) else next(iter(value), "")
    if kind is Kind.TEXT:
        return _normal_text(text)
    line = _normal_line(text)
    found = _DATE.match(line) if kind is Kind.DATE else None
    return found.group() if found else line


def _normal_line(text: str) -> str:
    return _LINE_SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def _normal_text(text: str) -> str:
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _normal_list(kind: Kind, entries: tuple[str, ...]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for entry in entries:
        plain = _normal_line(entry)
        if plain:
            seen.setdefault(entry_key(kind, plain), plain)
    return tuple(seen.values())


def entry_key(kind: Kind, entry: str) -> str:
    """Give what makes two entries of a list the same: case does not, nor how a phone number is grouped."""
    key = _SEPARATORS.sub("", entry) if kind is Kind.PHONES else ""
    return (key or entry).casefold()


def same(kind: Kind, one: Value, other: Value) -> bool:
    """Whether two values mean the same, ignoring form."""
    if one == other:
        return True
    left, right = normal(kind, one), normal(kind, other)
    if isinstance(left, tuple) and isinstance(right, tuple):
        keys_left, keys_right = ([entry_key(kind, entry) for entry in side] for side in (left, right))
        return sorted(keys_left) == sorted(keys_right) if kind is Kind.TAGS else keys_left == keys_right
    return left == right
