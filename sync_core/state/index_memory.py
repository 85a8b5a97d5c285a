"""Who holds which handle of a whole side, in memory: in few bytes, because there are a million of them."""

from __future__ import annotations

import binascii
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct

from sync_core.state.index_rows import Indexed, Tokens
from sync_core.state.keyed import TOKEN_CHARACTERS

_TOKEN = Struct(">QB")
"""A token's bytes: a number by which it is sorted, and what is left."""
_SLICE_BITS = 6
"""Handles lie in so many slices, by their first bits: a slice is sorted in little room."""
_SHIFT = 64 - _SLICE_BITS
_STEP = 16
_MOST_SHARED = 224
"""Characters of an id, compared by steps; a byte counts them."""


def _decoded(tokens: str) -> bytes:
    return binascii.a2b_base64(tokens.replace("-", "+").replace("_", "/"))


def _encoded(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode().replace("+", "-").replace("/", "_")


class _Slice:
    __slots__ = ("lasts", "numbers", "owners")

    def __init__(self) -> None:
        self.numbers = array("Q")
        self.lasts = array("B")
        self.owners = array("I")

    def sort(self) -> None:
        order = sorted(range(len(self.numbers)), key=self.numbers.__getitem__)
        self.numbers = array("Q", map(self.numbers.__getitem__, order))
        self.lasts = array("B", map(self.lasts.__getitem__, order))
        self.owners = array("I", map(self.owners.__getitem__, order))


class Handles:
    """Owners by number, under the tokens of handles: added in any order, found after `close`."""

    __slots__ = ("_slices",)

    def __init__(self) -> None:
        self._slices = [_Slice() for _ in range(2**_SLICE_BITS)]

    def add(self, tokens: Iterable[str], owner: int) -> None:
        """Add an owner of some handles."""
        for number, last in _TOKEN.iter_unpack(_decoded("".join(tokens))):
            one = self._slices[number >> _SHIFT]
            one.numbers.append(number)
            one.lasts.append(last)
            one.owners.append(owner)

    def close(self) -> None:
        """Bring the handles into order."""
        for one in self._slices:
            one.sort()

    def owners(self, token: str) -> list[int]:
        """Return who owns a handle."""
        number, last = _TOKEN.unpack(_decoded(token))
        one, found = self._slices[number >> _SHIFT], []
        place = bisect_left(one.numbers, number)
        while place < len(one.numbers) and one.numbers[place] == number:
            if one.lasts[place] == last:
                found.append(one.owners[place])
            place += 1
        return found

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Go through all handles with their owners, in the order of the tokens' values."""
        for one in self._slices:
            text = _encoded(b"".join(map(_TOKEN.pack, one.numbers, one.lasts)))
            for place, owner in enumerate(one.owners):
                yield text[place * TOKEN_CHARACTERS : (place + 1) * TOKEN_CHARACTERS], owner


class HeldSide:
    """Who holds which handle. Ids lie there without what the first one begins with as well: much, of Graph's."""

    __slots__ = ("_counts", "_ends", "_first", "_handles", "_ids", "_names", "_shared")

    def __init__(self) -> None:
        self._handles = Handles()
        self._first = ""
        self._shared = array("B")
        self._ids = bytearray()
        self._ends = array("I")
        self._names = bytearray()
        self._counts = array("B")

    def add(self, contact: Indexed) -> None:
        """Add a contact; after the last one `close` it."""
        self._handles.add(contact.tokens.handles, len(self._ends))
        self._first = self._first or contact.id
        shared = 0
        while shared < _MOST_SHARED and contact.id.startswith(self._first[shared : shared + _STEP], shared):
            shared += _STEP
        shared = min(shared, len(self._first), len(contact.id))
        self._shared.append(shared)
        self._ids += contact.id[shared:].encode()
        self._ends.append(len(self._ids))
        self._names += contact.tokens.name.encode()
        self._counts.append(len(contact.tokens.handles))

    def close(self) -> None:
        """Bring the handles into order, so that they can be found."""
        self._handles.close()

    def holders(self, token: str) -> list[tuple[str, str]]:
        """Return id and name of all who hold a handle."""
        return [(self._id(one), self._name(one)) for one in self._handles.owners(token)]

    def shows(self, contact_id: str, tokens: Tokens) -> bool:
        """Whether a contact is held with just this name and these handles; of one without handles that is not told."""
        if not tokens.handles:
            return False
        alike = [one for one in self._handles.owners(tokens.handles[0]) if self._id(one) == contact_id]
        return any(
            self._name(one) == tokens.name
            and self._counts[one] == len(tokens.handles)
            and all(one in self._handles.owners(token) for token in tokens.handles)
            for one in alike
        )

    def _id(self, number: int) -> str:
        own = self._ids[self._ends[number - 1] if number else 0 : self._ends[number]].decode()
        return self._first[: self._shared[number]] + own

    def _name(self, number: int) -> str:
        return self._names[number * TOKEN_CHARACTERS : (number + 1) * TOKEN_CHARACTERS].decode()


@dataclass(slots=True)
class Recent:
    """What has changed on a side since its edition was written: rows that are full, and one that still grows.

    `texts` has by id the text of the tokens that count now, "" for a contact that is gone.
    """

    texts: dict[str, str] = field(default_factory=dict)
    growing: dict[str, str] = field(default_factory=dict)
    full: int = 0
    etag: str = ""
    """Version of the growing row that this was read from."""
    _layers: list[tuple[Handles, Sequence[str]]] = field(default_factory=list)
    _holders: dict[str, list[str]] = field(default_factory=dict)
    """Ids by token, of the growing row."""

    def add(self, changed: Mapping[str, str]) -> None:
        """Add what has changed to the row that grows."""
        for contact_id, text in changed.items():
            if self.growing.get(contact_id) == text:
                continue
            self.growing[contact_id] = self.texts[contact_id] = text
            for token in text.split(" ")[1:]:
                self._holders.setdefault(token, []).append(contact_id)

    def close_row(self) -> None:
        """Begin another row: the one that grew is full."""
        handles, ids = Handles(), list(self.growing)
        for owner, text in enumerate(self.growing.values()):
            handles.add(text.split(" ")[1:], owner)
        handles.close()
        self._layers.append((handles, ids))
        self.growing, self._holders, self.full = {}, {}, self.full + 1

    def holders(self, token: str) -> set[str]:
        """Return the ids of those who hold a handle now."""
        found = set(self._holders.get(token, ()))
        for handles, ids in self._layers:
            found.update(ids[owner] for owner in handles.owners(token))
        return {one for one in found if " " + token in self.texts[one]}
