"""The index of one side as the one who holds the lease of its partition keeps it: noted, read as a whole, written anew.

A new edition is written beside the one in force, and takes its place in one transaction. What breaks off on the way
leaves rows that nothing leads to; the next reading of the whole side clears them away. Where rows are lost, nothing is
known any more, and the side has to be read anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from typing_extensions import override

from sync_core.engine.ports import Card, SideIndex
from sync_core.errors import EditionGone, IndexUnknown
from sync_core.state.index_lookup import ROWS_AT_ONCE, SideLookup
from sync_core.state.index_memory import edition_rows, shape_of
from sync_core.state.index_rows import (
    MOST_RECENT,
    IndexState,
    Reading,
    Tokens,
    changed_body,
    changed_of,
    contacts_of,
    reference,
    state_body,
    state_of,
    tokens_of,
)
from sync_core.storage import Operation, Put, Remove, Row, batches, prefix_end, read_pages

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
        self._recent, self._memory, self._unstored = None, None, {}

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
        wanted = self._tokens(cards, removed)
        before: Mapping[str, Tokens | None] = {}
        try:
            before = await self._known(wanted) if self.is_known and wanted else {}
        except EditionGone:
            self._set(IndexState())
        if self.is_known:
            wanted = {contact_id: tokens for contact_id, tokens in wanted.items() if before.get(contact_id) != tokens}
        if not wanted:
            return
        if self.is_being_read:
            reading = self._reading
            self._unstored[self._place.seen_key(reading.seen)] = changed_body(wanted)
            self._set(replace(self._state, reading=replace(reading, seen=reading.seen + 1)))
        if self.is_known:
            recent = self._recent = await self._changed() | wanted
            self._unstored[self._place.recent_key] = changed_body(recent)
            if len(recent) > MOST_RECENT:
                await self._write_edition(await self._all(), self._state)

    async def _known(self, ids: Collection[str]) -> Mapping[str, Tokens | None]:
        recent = await self._changed()
        refs = {reference(self._keyed, contact_id) for contact_id in ids if contact_id not in recent}
        stored: dict[str, Tokens | None] = {one.id: one.tokens for one in (await self._contacts(refs)).values()}
        return stored | recent

    @override
    async def _reread(self) -> None:
        """Nobody else writes here: rows that are missing are lost."""
        self._set(IndexState())

    @override
    async def note_page(self, cards: Sequence[Card], removed: Collection[str] = (), after: str = "") -> None:
        reading = self._reading
        self._unstored[self._place.page_key(reading.pages)] = changed_body(self._tokens(cards, removed))
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

    def _tokens(self, cards: Sequence[Card], removed: Collection[str]) -> dict[str, Tokens | None]:
        gone: dict[str, Tokens | None] = dict.fromkeys(removed)
        return gone | {card.id: tokens_of(self._keyed, card.name, card.handles) for card in cards}

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
        self._unstored = {key: text for key, text in self._unstored.items() if not key.startswith(place.parts)}
        self._set(self._state.begun(self._keyed))

    @override
    async def finish(self) -> None:
        await self.store()
        shown: dict[str, str] = {}
        parts: list[str] = []
        async for row in self._pages(self._place.parts):
            parts.append(row.key)
            for contact_id, tokens in changed_of(row).items():
                if tokens is None:
                    shown.pop(contact_id, None)
                else:
                    shown[contact_id] = tokens.text
        if len(parts) != self._reading.pages + self._reading.seen:
            await self.begin()
            return
        try:
            known = await self._all() if self.is_known else shown
        except EditionGone:
            known = shown
        differing = sum(known.get(contact_id) != text for contact_id, text in shown.items())
        differed = differing + sum(contact_id not in shown for contact_id in known)
        await self._write_edition(shown, replace(self._state, reading=None, differed=differed), parts)

    async def _all(self) -> dict[str, str]:
        """Return all contacts that are known: by id the texts of their tokens."""
        contacts = {one.id: one.tokens.text async for row in self._edition_rows() for one in contacts_of(row).values()}
        for contact_id, tokens in (await self._changed()).items():
            if tokens is None:
                contacts.pop(contact_id, None)
            else:
                contacts[contact_id] = tokens.text
        return contacts

    async def _write_edition(self, contacts: Mapping[str, str], state: IndexState, parts: Sequence[str] = ()) -> None:
        """Write an edition of these contacts, put it in force, and then remove the old one and the parts."""
        old, place = self._state, self._place
        new = replace(state, edition=old.edition + 1, shape=shape_of(contacts), contacts=len(contacts))
        for operations in batches(edition_rows(place, new.edition, new.shape, contacts, self._keyed)):
            await self._write(operations)
        self._recent, self._memory = {}, None
        self._unstored[place.recent_key] = changed_body({})
        self._set(new)
        await self.store()
        gone = list(parts)
        if old.edition:
            gone += [place.contact_key(old.edition, bucket) for bucket in range(old.shape.contacts)]
            gone += [place.handle_key(old.edition, bucket) for bucket in range(old.shape.handles)]
        for operations in batches(map(Remove, gone)):
            await self._write(operations)

    async def _clear(self, start: str, end: str) -> None:
        table, partition, prefix = self._place.table, self._place.partition, self._place.prefix
        async for rows in read_pages(self._store, table, partition, prefix, start=start, end=end, rows=ROWS_AT_ONCE):
            for operations in batches(Remove(row.key) for row in rows):
                await self._write(operations)
