"""Our own model of a person, the normal forms in which values are compared, and what each side shows of a contact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
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

    other: Side
    """The opposite side."""


Side.OUTLOOK.other, Side.PIPELINER.other = Side.PIPELINER, Side.OUTLOOK


class Kind(StrEnum):
    """How a field's values are compared."""

    LINE = "line"
    TEXT = "text"
    NOTE = "note"
    """A text that merges by lines."""
    DATE = "date"
    PHONE = "phone"
    EMAILS = "emails"
    PHONES = "phones"
    TAGS = "tags"

    is_list: bool
    """Whether values are lists that merge entry by entry."""


for _kind in Kind:
    _kind.is_list = _kind in {Kind.EMAILS, Kind.PHONES, Kind.TAGS}


_TEXTS = frozenset({Kind.TEXT, Kind.NOTE})

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
        """Return the same person with some fields replaced; blank ones are dropped."""
        merged = {**self.values, **changes}
        return Contact({name: value for name, value in merged.items() if value})

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known of the person."""
        return not any(self.values.values())


EMAIL_ADDRESS = re.compile(
    r"(?!imceaex-|/o=|/ou=|/cn=)(?:[^\s@<>,;:\"()\\\[\]]+|\"[^\"]+\")@[^\s@<>,;:\"()\\\[\]]+", re.IGNORECASE
)
"""What a letter could reach. Anything else in a list of addresses is nobody's to send: it stays where it is."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
NO_BIRTHDAYS = frozenset({"1899-12-30", "1900-01-01"})
"""What programs write for no date at all."""
FIRST_YEAR, LAST_YEAR = "1850", "2200"
"""A year outside stands for none: 1604 where only day and month are known, 4501 and 0001 where nothing is."""
_SEPARATORS = re.compile(r"[\s()./\-\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u206f\ufeff]+")
_EXTENSION = re.compile(r"(?:;ext=|,?ext(?:ension|n)?:?|x:?|#)(\d{1,7})$", re.IGNORECASE)
_FEWEST_DIGITS = 7
_LONGEST_COUNTRY = 3


MOST_MARKS = 30
"""Marks on one letter that are put in order, as in Unicode's stream-safe form; no language needs more than a few."""


def pieces(text: str) -> list[tuple[str, bool]]:
    """Cut a text around letters with more marks than any script needs: to order those takes their number squared.

    Says of each piece whether it can be put in order.
    """
    found: list[tuple[str, bool]] = []
    done = letter = 0
    for at in range(len(text) + 1):
        if at < len(text) and unicodedata.combining(text[at]):
            continue
        if at - letter > MOST_MARKS:
            found += [(text[done:letter], True), (text[letter:at], False)]
            done = at
        letter = at
    return [*found, (text[done:], True)]


@lru_cache(maxsize=64)
def composed(text: str) -> str:
    """Bring a text into Unicode's normal form C; a long one comes again with every comparison.

    A letter with too many marks stays as it is.
    """
    return "".join(unicodedata.normalize("NFC", piece) if is_orderly else piece for piece, is_orderly in pieces(text))


def normal(kind: Kind, value: Value) -> Value:
    """Bring a value into the form that is stored and compared: what differs only in form is equal after it.

    Lines are trimmed and their white space folded, texts have plain line ends and no trailing space, dates
    lose their time and are blank where their year means none, lists lose blanks and repeats, lists of e-mail addresses
    what is none; all are Unicode NFC.
    """
    if kind.is_list:
        seen: dict[str, str] = {}
        for given in (value,) if isinstance(value, str) else value:
            entry = " ".join((given if given.isascii() else composed(given)).split())
            if entry and (kind is not Kind.EMAILS or EMAIL_ADDRESS.fullmatch(entry)):
                seen.setdefault(entry_key(kind, entry), entry)
        return tuple(seen.values())
    text = value if isinstance(value, str) else next(iter(value), "")
    text = text if text.isascii() else composed(text)
    if kind in _TEXTS:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return "\n".join(line.rstrip() for line in lines).strip("\n")
    line = " ".join(text.split())
    found = _DATE.match(line) if kind is Kind.DATE else None
    if found is None:
        return line
    day = found.group()
    return day if FIRST_YEAR <= day < LAST_YEAR and day not in NO_BIRTHDAYS else ""


def entry_key(kind: Kind, entry: str) -> str:
    """Return what makes two entries of a list the same: case does not, nor the notation of a phone number.

    Of a number that is what shows without its country.
    """
    if kind is not Kind.PHONES:
        return entry.casefold()
    plain = entry if entry.isascii() else unicodedata.normalize("NFKC", entry)
    digits = _SEPARATORS.sub("", plain.replace("(0)", "") if plain.lstrip().startswith(("+", "00")) else plain)
    if not digits.isdigit():
        digits = _EXTENSION.sub(r";\1", digits)
    if digits.startswith("00") and len(digits) > _FEWEST_DIGITS + 1:
        digits = f"+{digits[2:]}"
    return (digits or entry).casefold()


def number_key(text: str) -> str:
    """Return what makes two notations of a telephone number the same."""
    return entry_key(Kind.PHONES, text)


def is_same_number(one: str, other: str) -> bool:
    """Whether two keys of numbers are one number: a number without its country is that one with it."""
    if one == other:
        return True
    whole, local = (one, other) if one.startswith("+") else (other, one)
    if not whole.startswith("+") or local.startswith("+") or len(local) < _FEWEST_DIGITS:
        return False
    ends = [end for end in {local, local.removeprefix("0")} if whole.endswith(end)]
    return any(1 <= len(whole) - 1 - len(end) <= _LONGEST_COUNTRY for end in ends)


def same(kind: Kind, one: Value, other: Value) -> bool:
    """Whether two values mean the same, ignoring form."""
    if one == other:
        return True
    left, right = normal(kind, one), normal(kind, other)
    if isinstance(left, tuple) and isinstance(right, tuple):
        keys_left, keys_right = ([entry_key(kind, entry) for entry in side] for side in (left, right))
        if kind is Kind.PHONES and keys_left != keys_right:
            return len(left) == len(right) and all(map(is_same_number, keys_left, keys_right))
        return sorted(keys_left) == sorted(keys_right) if kind is Kind.TAGS else keys_left == keys_right
    if kind is Kind.PHONE and left and right and isinstance(left, str) and isinstance(right, str):
        return is_same_number(number_key(left), number_key(right))
    return left == right


@dataclass(frozen=True, slots=True)
class OutlookContact:
    """A contact as Outlook showed it. `stored_id` is known only when it was asked for (delta cannot ask)."""

    id: OutlookId
    change_key: str
    contact: Contact
    folder_id: str = ""
    modified: datetime | None = None
    stored_id: PipelinerId | None = None


class ShareMode(StrEnum):
    """Who sees a Pipeliner record beside its owner (`share_mode`)."""

    STANDARD = "standard"
    PRIVATE = "private"
    ALL_VIEW = "all_view"
    ALL_EDIT = "all_edit"


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who has a Pipeliner contact: what decides on a connection's scope, and on what its user may do.

    With `shares_unread` it could not be read with whom it is shared: whoever is not named may be so all the same.
    It may be shared with whole units, too. `type_id` is its contact type, "" where that was not told.
    """

    owner_id: UserId
    editor_ids: frozenset[UserId] = frozenset()
    watcher_ids: frozenset[UserId] = frozenset()
    unit_id: str = ""
    share_mode: ShareMode = ShareMode.STANDARD
    shares_unread: bool = False
    editor_unit_ids: frozenset[str] = frozenset()
    watcher_unit_ids: frozenset[str] = frozenset()
    type_id: str = ""


@dataclass(frozen=True, slots=True)
class PipelinerContact:
    """A contact as Pipeliner showed it; `revision` is an equality token only.

    `is_protected`, it refuses to be deleted; None where that was not told.
    """

    id: PipelinerId
    revision: int
    modified: datetime
    contact: Contact
    ownership: Ownership
    account_id: str = ""
    is_deleted: bool = False
    is_archived: bool = False
    is_protected: bool | None = None
    occupied: frozenset[str] = frozenset()
    """Slots of e-mail addresses that hold something else, which nobody overwrites."""
