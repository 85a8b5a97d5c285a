"""The index of one side as the one who holds the lease of its partition keeps it: noted, read as a whole, written anew.

A new edition is written beside the one in force, and takes its place in one transaction. What breaks off on the way
leaves rows that nothing leads to; the next reading of the whole side clears them away. Where rows are lost, nothing is
known any more, and the side has to be read anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from typing_extensions import override

from sync_core.engine.ports import Card, SideIndex
from sync_core.errors import EditionGone, IndexUnknown
from sync_core.state.index_edition import EditionWriter, Span, spans
from sync_core.state.index_lookup import ROWS_AT_ONCE, SideLookup
from sync_core.state.index_memory import Recent
from sync_core.state.index_rows import (
    MOST_RECENT,
    RECENT_SHARE,
    IndexState,
    Reading,
    Tokens,
    changed_body,
    changed_of,
    contact_texts_of,
    indexed_text,
    reference,
    state_body,
    state_of,
    tokens_of,
)
from sync_core.storage import Operation, Put, Remove, Row, batches, prefix_end, read_pages

FEW = 20
"""Contacts that change at once; with more, much is being changed, and a new edition can wait."""

StoreRows = Callable[[Sequence[Operation]], Awaitable[None]]
"""Stores rows in one transaction, under the lease of whoever writes."""


async def _may_not_write(_: Sequence[Operation]) -> None:
    raise IndexUnknown("the index is written only by whoever holds the lease")


@dataclass(eq=False, repr=False)
class StoredSideIndex(SideLookup, SideIndex):
    """`SideIndex` over a store. One instance serves one run, or one poll, from when it is `opened`."""

    _write: StoreRows = field(default_factory=lambda: _may_not_write, init=False)
    _unstored: dict[str, str] = field(default_factory=dict, init=False)

    def opened(self, state: Row | None, write: StoreRows) -> None:
        """Begin with the state row as the lease's holder has read it; only they read and write from here on."""
        self._state, self._write = state_of(state, self._keyed), write
        self._recent, self._growing, self._is_up_to_date = Recent(), None, False
        self._memory, self._unstored = None, {}

    @property
    @override
    def is_being_read(self) -> bool:
        return self._state.reading is not None

    @property
    @override
    def read_up_to(self) -> str:
        return self._state.reading.after if self._state.reading is not None else ""

    @property
    @override
    def has_unstored(self) -> bool:
        return bool(self._unstored)

    @property
    @override
    def differed(self) -> int:
        return self._state.differed

    # Noting

    @override
    async def note(self, cards: Sequence[Card], removed: Collection[str]) -> None:
        wanted = self._texts(cards, removed)
        try:
            known = await self._known(wanted) if self.is_known and wanted else {}
        except EditionGone:
            self._set(IndexState())
        if self.is_known:
            wanted = {contact_id: text for contact_id, text in wanted.items() if known.get(contact_id, "") != text}
        if not wanted:
            return
        if self.is_being_read:
            reading = self._reading
            self._unstored[self._place.seen_key(reading.seen)] = changed_body(wanted)
            self._set(replace(self._state, reading=replace(reading, seen=reading.seen + 1)))
        if self.is_known:
            await self._note_recent(wanted)

    async def _note_recent(self, changed: Mapping[str, str]) -> None:
        """Lay changes over the edition; where they have become many, another one is written."""
        recent = await self._changed()
        recent.add(changed)
        if len(recent.growing) > MOST_RECENT:
            self._unstored[self._place.full_key(recent.full)] = changed_body(recent.growing)
            recent.close_row()
            self._set(replace(self._state, full=recent.full))
        self._unstored[self._place.recent_key] = changed_body(recent.growing)
        most = self._state.contacts // RECENT_SHARE if len(changed) > FEW else 0
        if len(recent.texts) > max(MOST_RECENT, most):
            size = self._state.contacts + len(recent.texts)
            await self._put_in_force(await self._write_edition(self._known_in, size), self._state)

    async def _known(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Return what is known of contacts: of whom memory tells that they are as wanted, nothing is read."""
        recent = await self._changed()
        rest = {contact_id: text for contact_id, text in wanted.items() if contact_id not in recent.texts}
        known = {contact_id: recent.texts[contact_id] for contact_id in wanted if contact_id in recent.texts}
        if self._memory is not None:
            held = {key: text for key, text in rest.items() if text and self._memory.shows(key, Tokens.of_text(text))}
            known, rest = known | held, {key: text for key, text in rest.items() if not text}
        refs = {reference(self._keyed, contact_id) for contact_id in rest}
        return known | {one.id: one.tokens.text for one in (await self._contacts(refs)).values()}

    @override
    async def _reread(self) -> None:
        """Nobody else writes here: rows that are missing are lost."""
        self._set(IndexState())

    @override
    async def note_page(self, cards: Sequence[Card], removed: Collection[str] = (), after: str = "") -> None:
        reading = self._reading
        self._unstored[self._place.page_key(reading.pages)] = changed_body(self._texts(cards, removed))
        self._set(replace(self._state, reading=replace(reading, pages=reading.pages + 1, after=after)))

    @override
    async def store(self) -> None:
        for operations in batches(self.take_unstored()):
            await self._write(operations)

    def take_unstored(self) -> list[Operation]:
        """Return what stores everything that was noted; the caller stores it, or gives up."""
        operations: list[Operation] = [Put(key, text) for key, text in self._unstored.items()]
        self._unstored = {}
        return operations

    def _texts(self, cards: Sequence[Card], removed: Collection[str]) -> dict[str, str]:
        shown = {card.id: tokens_of(self._keyed, card.name, card.handles).text for card in cards}
        return dict.fromkeys(removed, "") | shown

    @property
    def _reading(self) -> Reading:
        return self._state.reading or Reading()

    def _set(self, state: IndexState) -> None:
        self._state = state
        self._unstored[self._place.state_key] = state_body(state)

    # Reading the whole side

    @override
    async def begin(self) -> None:
        """Begin anew, and clear away what an earlier reading or edition left that broke off."""
        place = self._place
        kept = place.edition(self._state.edition) if self.is_known else place.recent_key
        await self._clear(place.edition(0), kept)
        if self.is_known:
            await self._clear(prefix_end(kept), place.recent_key)
        left = place.full_key(self._state.full) if self.is_known else place.recent_key
        await self._clear(left, prefix_end(place.recent_key))
        self._unstored = {key: text for key, text in self._unstored.items() if not key.startswith(place.parts)}
        self._set(self._state.begun(self._keyed))

    @override
    async def finish(self) -> None:
        await self.store()
        parts, size, differed = list[str](), 0, 0
        async for row in self._pages(self._place.parts):
            parts.append(row.key)
            size += len(changed_of(row))
        if len(parts) != self._reading.pages + self._reading.seen:
            await self.begin()
            return

        async def compared(span: Span) -> dict[str, str]:
            nonlocal differed
            shown = await self._shown_in(span)
            try:
                known = await self._known_in(span) if self.is_known else shown
            except EditionGone:
                known = shown
            differed += sum(known.get(ref) != one for ref, one in shown.items()) + len(known.keys() - shown.keys())
            return shown

        written = await self._write_edition(compared, size)
        await self._put_in_force(written, replace(self._state, reading=None, differed=differed), parts)

    async def _shown_in(self, span: Span) -> dict[str, str]:
        """Return by reference the contacts of a span that the reading showed."""
        shown: dict[str, str] = {}
        async for row in self._pages(self._place.parts):
            self._lay_over(shown, span, changed_of(row))
        return shown

    async def _known_in(self, span: Span) -> dict[str, str]:
        """Return by reference the contacts of a span that are known."""
        known: dict[str, str] = {}
        async for row in self._edition_rows(span.rows_of(self._state.shape.contacts)):
            known |= {ref: text for ref, text in contact_texts_of(row).items() if span.holds(ref)}
        self._lay_over(known, span, (await self._changed()).texts)
        return known

    def _lay_over(self, contacts: dict[str, str], span: Span, changed: Mapping[str, str]) -> None:
        for contact_id, text in changed.items():
            ref = reference(self._keyed, contact_id)
            if text and span.holds(ref):
                contacts[ref] = indexed_text(contact_id, text)
            else:
                contacts.pop(ref, None)

    async def _write_edition(
        self, contacts_in: Callable[[Span], Awaitable[Mapping[str, str]]], size: int
    ) -> EditionWriter:
        """Write the rows of an edition of about so many contacts, beside the one in force."""
        self._memory = None
        writer = EditionWriter(self._place, self._state.edition + 1, size)
        for span in spans(writer.shape, size):
            await self._write_all(writer.contact_rows(span, await contacts_in(span)))
        edition, last = self._place.contacts(writer.edition), writer.shape.contacts - 1
        for part in writer.parts():  # no row beyond the last one, which an attempt that broke off may have left
            async for row in self._pages(edition, end=prefix_end(self._place.contact_key(writer.edition, last))):
                part.gather(row)
            await self._write_all(part.rows())
        return writer

    async def _put_in_force(self, written: EditionWriter, state: IndexState, parts: Sequence[str] = ()) -> None:
        """Let a written edition take the place of the one in force, then remove that one and the parts."""
        old, place = self._state, self._place
        over = [place.full_key(number) for number in range(old.full)]
        gone = [*parts, *(key for key in over if key not in self._unstored)]
        if old.edition:
            gone += [place.contact_key(old.edition, bucket) for bucket in range(old.shape.contacts)]
            gone += [place.handle_key(old.edition, bucket) for bucket in range(old.shape.handles)]
        self._unstored = {key: text for key, text in self._unstored.items() if key not in over}
        self._unstored[place.recent_key] = changed_body({})
        self._recent, self._is_up_to_date = Recent(), True
        edition = replace(state, edition=old.edition + 1, shape=written.shape, contacts=written.contacts, full=0)
        self._set(edition)
        await self.store()
        await self._write_all(map(Remove, gone))

    async def _write_all(self, operations: Iterable[Operation]) -> None:
        for some in batches(operations):
            await self._write(some)

    async def _clear(self, start: str, end: str) -> None:
        table, partition, prefix = self._place.table, self._place.partition, self._place.prefix
        async for rows in read_pages(self._store, table, partition, prefix, start=start, end=end, rows=ROWS_AT_ONCE):
            await self._write_all(Remove(row.key) for row in rows)
