"""Writing an edition of an index, a span of it after another, so that no whole side is ever held with its ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from typing import NamedTuple

from sync_core.state.index_memory import Handles
from sync_core.state.index_rows import (
    MOST_HOLDERS,
    PLACES,
    Place,
    Shape,
    bucket_of,
    contact_texts_of,
    handles_body,
    tokens_in,
)
from sync_core.state.rows import body
from sync_core.storage import Put, Row

CONTACTS_A_SPAN = 10_000
"""That are held with their ids at once: some 5 MB."""
HANDLES_A_PART = 250_000
"""That are held at once: some 4 MB."""


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
    """The rows of one edition: those of its contacts span by span, then those of their handles part by part."""

    def __init__(self, place: Place, edition: int, contacts: int) -> None:
        self.contacts = 0
        self._rows, self._handles = Shape.of(contacts, 0).contacts, 0
        self.edition, self._place = edition, place
        self._entries = bytearray()

    @property
    def shape(self) -> Shape:
        """Into how many rows the edition is divided; whole once all contacts are written."""
        return Shape(self._rows, Shape.of(0, self._handles).handles)

    def contact_rows(self, span: Span, contacts: Mapping[str, str]) -> Iterator[Put]:
        """Write the rows of a span: by their references all contacts in it, each as its row has it."""
        rows: list[dict[str, str]] = [{} for _ in range(span.first, span.end)]
        for ref in sorted(contacts):
            rows[bucket_of(ref, span.rows) - span.first][ref] = contacts[ref]
        for bucket, row in enumerate(rows, span.first):
            for ref, text in row.items():
                name, *handles = tokens_in(text)
                self._entries += f"{ref} {name}".encode()
                self.contacts += 1
                self._handles += len(handles)
            yield Put(self._place.contact_key(self.edition, bucket), body(row))

    def parts(self) -> Iterator[HandlePart]:
        """Divide the handle rows; for each part all contact rows are read again, in their order."""
        rows = self.shape.handles
        count = min(self._handles // HANDLES_A_PART + 1, rows)
        return (HandlePart(self, part * rows // count, (part + 1) * rows // count) for part in range(count))

    def entry(self, number: int) -> str:
        """Return reference and name of a contact, by its number, as a handle row has them."""
        size = len(self._entries) // self.contacts
        return self._entries[number * size : (number + 1) * size].decode()

    def handle_key(self, bucket: int) -> str:
        """Key of a handle row."""
        return self._place.handle_key(self.edition, bucket)


class HandlePart:
    """Some handle rows of an edition, gathered from all its contact rows."""

    def __init__(self, writer: EditionWriter, first: int, end: int) -> None:
        self._writer, self._first, self._end = writer, first, end
        self._handles = Handles()
        self._contacts = 0

    def gather(self, row: Row) -> None:
        """Take what belongs here from the next contact row."""
        rows = self._writer.shape.handles
        for text in contact_texts_of(row).values():
            here = [token for token in tokens_in(text)[1:] if self._first <= bucket_of(token, rows) < self._end]
            self._handles.add(here, self._contacts)
            self._contacts += 1

    def rows(self) -> Iterator[Put]:
        """Write the rows."""
        self._handles.close()
        rows, written = self._writer.shape.handles, self._first
        for bucket, entries in groupby(self._handles, lambda entry: bucket_of(entry[0], rows)):
            yield from (self._row(empty, ()) for empty in range(written, bucket))
            yield self._row(bucket, entries)
            written = bucket + 1
        yield from (self._row(empty, ()) for empty in range(written, self._end))

    def _row(self, bucket: int, entries: Iterable[tuple[str, int]]) -> Put:
        held: dict[str, list[str]] = {}
        for token, owner in entries:
            owners = held.setdefault(token, [])
            if len(owners) < MOST_HOLDERS:
                owners.append(self._writer.entry(owner))
        return Put(self._writer.handle_key(bucket), handles_body(dict(sorted(held.items()))))
