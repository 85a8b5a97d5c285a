"""A whole side in memory: to write a new edition of it, and to answer many questions at once."""

from __future__ import annotations

import base64
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping

from sync_core.state.index_rows import (
    MOST_HOLDERS,
    Entry,
    Indexed,
    Place,
    Shape,
    Tokens,
    bucket_of,
    contacts_body,
    handles_body,
    reference,
)
from sync_core.state.keyed import KeyedHash
from sync_core.storage import Put

_NUMBER_BYTES = 8
"""Of a token; that two of a million agree in so many happens once in 30 million sides."""
_SLICES = 64
"""That are sorted one after the other, because what sorts them takes ten times the room of what is sorted."""


class HeldSide:
    """Who holds which handle, in some 250 bytes a contact."""

    __slots__ = ("_holders", "_ids", "_names", "_numbers")

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._names: list[str] = []
        self._numbers = array("Q")
        self._holders = array("L")

    def add(self, contact: Indexed) -> None:
        """Add a contact; after the last one `close` it."""
        for token in contact.tokens.handles:
            self._numbers.append(_number(token))
            self._holders.append(len(self._ids))
        self._ids.append(contact.id)
        self._names.append(contact.tokens.name)

    def close(self) -> None:
        """Bring the handles into order, so that they can be found."""
        slices = [array("L") for _ in range(_SLICES)]
        for place, number in enumerate(self._numbers):
            slices[number // (2 ** (8 * _NUMBER_BYTES) // _SLICES)].append(place)
        numbers, holders = array("Q"), array("L")
        for one in slices:
            order = sorted(one, key=self._numbers.__getitem__)
            numbers.extend(map(self._numbers.__getitem__, order))
            holders.extend(map(self._holders.__getitem__, order))
        self._numbers, self._holders = numbers, holders

    def holders(self, token: str) -> list[tuple[str, str]]:
        """Return id and name of all who hold a handle."""
        number, found = _number(token), []
        place = bisect_left(self._numbers, number)
        while place < len(self._numbers) and self._numbers[place] == number:
            holder = self._holders[place]
            found.append((self._ids[holder], self._names[holder]))
            place += 1
        return found


def _number(token: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(token)[:_NUMBER_BYTES], "big")


def shape_of(contacts: Mapping[str, str]) -> Shape:
    """Return into how many rows these contacts (ids with the texts of their tokens) are divided."""
    return Shape.of(len(contacts), sum(text.count(" ") for text in contacts.values()))


def edition_rows(
    place: Place, edition: int, shape: Shape, contacts: Mapping[str, str], keyed: KeyedHash
) -> Iterator[Put]:
    """Write all rows of an edition, one after the other: contacts by id with the texts of their tokens."""
    ordered = sorted((reference(keyed, contact_id), contact_id) for contact_id in contacts)
    in_contact_rows = [array("L") for _ in range(shape.contacts)]
    in_handle_rows = [array("L") for _ in range(shape.handles)]
    for number, (ref, contact_id) in enumerate(ordered):
        in_contact_rows[bucket_of(ref, shape.contacts)].append(number)
        handles = Tokens.of_text(contacts[contact_id]).handles
        for bucket in {bucket_of(token, shape.handles) for token in handles}:
            in_handle_rows[bucket].append(number)
    for bucket, numbers in enumerate(in_contact_rows):
        here = {
            ref: Indexed(contact_id, Tokens.of_text(contacts[contact_id]))
            for ref, contact_id in (ordered[number] for number in numbers)
        }
        yield Put(place.contact_key(edition, bucket), contacts_body(here))
    for bucket, numbers in enumerate(in_handle_rows):
        entries: dict[str, list[Entry]] = {}
        for ref, contact_id in (ordered[number] for number in numbers):
            tokens = Tokens.of_text(contacts[contact_id])
            for token in tokens.handles:
                if bucket_of(token, shape.handles) == bucket:
                    entries.setdefault(token, []).append(Entry(ref, tokens.name))
        few = {token: found[:MOST_HOLDERS] for token, found in entries.items()}
        yield Put(place.handle_key(edition, bucket), handles_body(few))
