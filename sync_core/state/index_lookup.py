"""Who holds which handle on one side, or on both: looked up in the rows of the index, or in memory when much is asked.

Whoever does not hold the lease of the side may look up while a new edition takes the place of the one that they read:
they find rows missing, and read the state anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import override

from sync_core.domain import Side
from sync_core.domain.identity import Holder
from sync_core.engine.ports import IdentityIndex
from sync_core.errors import EditionGone, IndexUnknown
from sync_core.state.index_memory import HeldSide, Recent
from sync_core.state.index_rows import (
    Indexed,
    IndexState,
    Place,
    bucket_of,
    changed_of,
    contact_texts_of,
    entries_of,
    handles_of,
    indexed_of,
    state_of,
)
from sync_core.state.keyed import KeyedHash
from sync_core.storage import Row, Store, find_rows, prefix_end, read_pages

ROWS_AT_ONCE = 40
"""Of an edition or of parts: some 60,000 characters each."""
_LEAST_FOR_MEMORY = 16


@dataclass(eq=False, repr=False)
class SideLookup:
    """What is known of one side. Without the lease, `refresh` before each question."""

    _store: Store
    _place: Place
    _side: Side
    _keyed: KeyedHash
    _state: IndexState = field(default_factory=IndexState, init=False)
    _recent: Recent = field(default_factory=Recent, init=False)
    _growing: Row | None = field(default=None, init=False)
    """The row of recent changes that still grows, as `refresh` read it."""
    _is_up_to_date: bool = field(default=False, init=False)
    _memory: HeldSide | None = field(default=None, init=False)

    @property
    def is_known(self) -> bool:
        """Whether the whole side is known, by the key in force."""
        return self._state.edition > 0

    async def refresh(self) -> None:
        """Read the state, and what has changed since the edition, as they are now."""
        keys = [self._place.state_key, self._place.recent_key]
        rows = await self._store.get_many(self._place.table, self._place.partition, keys)
        state = state_of(rows.get(self._place.state_key), self._keyed)
        if state.edition != self._state.edition:
            self._memory, self._recent = None, Recent()
        self._state, self._growing = state, rows.get(self._place.recent_key)
        is_same = self._growing is not None and self._growing.etag == self._recent.etag
        self._is_up_to_date = is_same and state.full == self._recent.full

    async def holders(self, tokens: Collection[str]) -> dict[str, list[Holder]]:
        """Return who holds these handles, by their tokens. Raises IndexUnknown while the side is not known."""
        for _ in range(2):
            if not self.is_known:
                break
            try:
                return await self._holders(tokens)
            except EditionGone:
                await self._reread()
        raise IndexUnknown("who is who is not known as a whole yet")

    async def ids_of(self, tokens: Collection[str]) -> set[str]:
        """Return who holds any of these handles, also by a reading that is under way, or by none that is in force."""
        await self.refresh()
        found = {one.id for held in (await self.holders(tokens)).values() for one in held} if self.is_known else set()
        parts: dict[str, str] = {}
        async for row in self._pages(self._place.parts):
            parts |= changed_of(row)
        return found | {key for key, text in parts.items() if not frozenset(text.split(" ")[1:]).isdisjoint(tokens)}

    async def _reread(self) -> None:
        await self.refresh()

    async def _holders(self, tokens: Collection[str]) -> dict[str, list[Holder]]:
        recent = await self._changed()
        buckets = {bucket_of(token, self._state.shape.handles) for token in tokens}
        if self._memory is None and len(buckets) > max(_LEAST_FOR_MEMORY, self._state.shape.handles // 2):
            self._memory = await self._in_memory()
        if self._memory is not None:
            found = {token: self._memory.holders(token) for token in tokens}
        else:
            found = await self._stored_holders(tokens, buckets)
        held: dict[str, list[Holder]] = {
            token: [
                *(Holder(self._side, key, name) for key, name in holders if key not in recent.texts),
                *(Holder(self._side, key, recent.texts[key].split(" ", 1)[0]) for key in recent.holders(token)),
            ]
            for token, holders in found.items()
        }
        return {token: sorted(holders, key=lambda one: one.id) for token, holders in held.items() if holders}

    async def _in_memory(self) -> HeldSide:
        held = HeldSide()
        async for row in self._edition_rows():
            for text in contact_texts_of(row).values():
                held.add(indexed_of(text))
        held.close()
        return held

    async def _stored_holders(
        self, tokens: Collection[str], buckets: Collection[int]
    ) -> dict[str, list[tuple[str, str]]]:
        """Find holders as (id, name) in handle rows, and their ids in contact rows."""
        rows = await self._rows([self._place.handle_key(self._state.edition, bucket) for bucket in buckets])
        texts = {token: text for row in rows for token, text in handles_of(row).items() if token in tokens}
        entries = {token: list(entries_of(text)) for token, text in texts.items()}
        refs = {entry.ref for found in entries.values() for entry in found}
        known = await self._contacts(refs)
        return {
            token: [(known[entry.ref].id, entry.name) for entry in entries.get(token, ()) if entry.ref in known]
            for token in tokens
        }

    async def _contacts(self, refs: Collection[str]) -> dict[str, Indexed]:
        """Read contacts of the edition by their references."""
        buckets = {bucket_of(ref, self._state.shape.contacts) for ref in refs}
        rows = await self._rows([self._place.contact_key(self._state.edition, bucket) for bucket in buckets])
        return {ref: indexed_of(text) for row in rows for ref, text in contact_texts_of(row).items() if ref in refs}

    async def _rows(self, keys: Sequence[str]) -> list[Row]:
        rows = await find_rows(self._store, self._place.table, self._place.partition, keys) if keys else {}
        if len(rows) != len(keys):
            raise EditionGone(f"edition {self._state.edition} of an index is no longer whole")
        return list(rows.values())

    async def _changed(self) -> Recent:
        """Return what lies over the edition. Raises EditionGone where a row of it is missing."""
        recent = self._recent
        if self._is_up_to_date:
            return recent
        keys = [self._place.full_key(number) for number in range(recent.full, self._state.full)]
        wanted = [*keys, *([self._place.recent_key] if self._growing is None else [])]
        rows = await self._store.get_many(self._place.table, self._place.partition, wanted) if wanted else {}
        for key in keys:
            if key not in rows:
                raise EditionGone("a row of what lies over an edition of an index is missing")
            recent.add(changed_of(rows[key]))
            recent.close_row()
        growing = self._growing or rows.get(self._place.recent_key)
        recent.add(changed_of(growing))
        recent.etag, self._is_up_to_date = growing.etag if growing is not None else "", True
        return recent

    async def _pages(self, prefix: str, start: str = "", end: str = "") -> AsyncIterator[Row]:
        place = self._place
        async for rows in read_pages(
            self._store, place.table, place.partition, prefix, start=start, end=end, rows=ROWS_AT_ONCE
        ):
            for row in rows:
                yield row

    async def _edition_rows(self, buckets: range | None = None) -> AsyncIterator[Row]:
        """Read contact rows of the edition in force, all or some. Raises EditionGone where one is missing."""
        wanted, place, edition = buckets or range(self._state.shape.contacts), self._place, self._state.edition
        start, end = place.contact_key(edition, wanted[0]), prefix_end(place.contact_key(edition, wanted[-1]))
        count = 0
        async for row in self._pages(place.contacts(edition), start, end):
            count += 1
            yield row
        if count < len(wanted):
            raise EditionGone(f"edition {edition} of an index is no longer whole")


@dataclass(frozen=True, eq=False, repr=False)
class StoredIdentityIndex(IdentityIndex):
    """Both sides for one run: its own folder, which it keeps itself, and the space, which the feed's reader keeps."""

    _keyed: KeyedHash
    _folder: SideLookup
    _space: SideLookup
    _polled_at: Callable[[], Awaitable[datetime | None]]

    @override
    def token(self, handle: str) -> str:
        return self._keyed.token(handle)

    @override
    async def is_complete(self) -> bool:
        if self._folder.is_known:
            await self._space.refresh()
        return self._folder.is_known and self._space.is_known

    @override
    async def holders(self, handles: Collection[str]) -> Mapping[str, tuple[Holder, ...]]:
        tokens = frozenset(map(self._keyed.token, handles))
        if not tokens:
            return {}
        await self._space.refresh()
        in_folder, in_space = await self._folder.holders(tokens), await self._space.holders(tokens)
        return {
            token: (*in_folder.get(token, ()), *in_space.get(token, ()))
            for token in tokens
            if token in in_folder or token in in_space
        }

    @override
    async def polled_at(self) -> datetime | None:
        return await self._polled_at()
