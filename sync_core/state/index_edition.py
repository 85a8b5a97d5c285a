"""Writing an edition of an index, a span of it after another, so that no whole side is ever held with its ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from typing import NamedTuple

from sync_core.state.index_memory import HeldSide
from sync_core.state.index_rows import (
    MOST_HOLDERS,
    PLACES,
    Place,
    Shape,
    bucket_of,
    handles_body,
    indexed_of,
)
from sync_core.state.keyed import TOKEN_CHARACTERS
from sync_core.state.rows import body
from sync_core.storage import Put

CONTACTS_A_SPAN = 10_000
"""That are held with their ids at once: some 5 MB."""


class Span(NamedTuple):
    """Contact rows of an edition that are written at once: from `first` up to but without `end`, of so many in all."""

    first: int
    end: int
    rows: int

    def holds(self, ref: str) -> bool:
        """Whether a contact with this reference lies in it."""
        return self.first <= bucket_of(ref, self.rows) < self.end

    def rows_of(self, other: int) -> range:
        """Return which rows of another edition, of so many in all, hold some of these contacts."""
        lowest = -(-self.first * PLACES // self.rows)
        highest = -(-self.end * PLACES // self.rows) - 1
        return range(lowest * other // PLACES, highest * other // PLACES + 1)


def spans(shape: Shape, contacts: int) -> Iterator[Span]:
    """Divide the contact rows of an edition of about so many contacts."""
    count = min(contacts // CONTACTS_A_SPAN + 1, shape.contacts)
    ends = [number * shape.contacts // count for number in range(count + 1)]
    return (Span(first, end, shape.contacts) for first, end in pairwise(ends))


class EditionWriter:
    """The rows of one edition: those of its contacts span by span, then those of all their handles.

    `held` is the same side in memory.
    """

    def __init__(self, place: Place, edition: int, contacts: int) -> None:
        self.shape = Shape.of(contacts, 0)
        self.held = HeldSide()
        self._place, self._edition = place, edition
        self._refs = bytearray()

    def contact_rows(self, span: Span, contacts: Mapping[str, str]) -> Iterator[Put]:
        """Write the rows of a span: by their references all contacts in it, each as its row has it."""
        rows: list[dict[str, str]] = [{} for _ in range(span.first, span.end)]
        for ref in sorted(contacts):
            rows[bucket_of(ref, span.rows) - span.first][ref] = contacts[ref]
        for bucket, row in enumerate(rows, span.first):
            for ref, text in row.items():
                self.held.add(indexed_of(text))
                self._refs += ref.encode()
            yield Put(self._place.contact_key(self._edition, bucket), body(row))

    def handle_rows(self) -> Iterator[Put]:
        """Write the rows of the handles of all contacts that were written."""
        self.held.close()
        self.shape = Shape(self.shape.contacts, Shape.of(0, len(self.held.handles)).handles)
        written = 0
        for bucket, entries in groupby(self.held.handles, lambda entry: bucket_of(entry[0], self.shape.handles)):
            yield from (self._handle_row(empty, ()) for empty in range(written, bucket))
            yield self._handle_row(bucket, entries)
            written = bucket + 1
        yield from (self._handle_row(empty, ()) for empty in range(written, self.shape.handles))

    def _handle_row(self, bucket: int, entries: Iterable[tuple[str, int]]) -> Put:
        held: dict[str, list[str]] = {}
        for token, owner in entries:
            owners = held.setdefault(token, [])
            if len(owners) < MOST_HOLDERS:
                owners.append(f"{self._ref(owner)} {self.held.name(owner)}")
        return Put(self._place.handle_key(self._edition, bucket), handles_body(dict(sorted(held.items()))))

    def _ref(self, number: int) -> str:
        return self._refs[number * TOKEN_CHARACTERS : (number + 1) * TOKEN_CHARACTERS].decode()
