"""People who were erased: one row each, in the space's partition, with keyed hashes of what identifies them.

Such a row tells nobody who it was. It says that nothing may be created for whoever has one of these identifiers, until
an administrator lifts it. It outlasts history, rulings and the last connection of its space.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sync_core.errors import NotFound, RowConflict
from sync_core.state.rows import body, parsed, reads_row
from sync_core.storage import Insert, Remove, Row, Store, Table, read_pages

ERASED = "erased."
"""Prefix of the keys in the space's partition; an id follows, which tells nothing."""
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Erased:
    """One person who was erased: the row's id, who erased them and when, and the hashes by which they are known."""

    id: str
    by: str
    at: datetime
    tokens: frozenset[str]

    @property
    def key(self) -> str:
        """Key of the row."""
        return ERASED + self.id


@dataclass(slots=True)
class ErasedPeople:
    """Those who were erased from one space. What was read once holds for as long as this object lives."""

    store: Store
    space_id: str
    token: Callable[[str], str]
    _tokens: frozenset[str] | None = None

    async def among(self, contacts: Mapping[str, Collection[str]]) -> frozenset[str]:
        """Return which contacts were erased: by their ids, or by any of the handles that identify them."""
        if self._tokens is None:
            self._tokens = frozenset[str]().union(*(one.tokens for one in await self.all()))
        known = self._tokens
        if not known:
            return frozenset()
        return frozenset(
            key for key, handles in contacts.items() if not known.isdisjoint(self._tokens_of([key], handles))
        )

    async def all(self) -> list[Erased]:
        """Return everybody, the latest first."""
        found: list[Erased] = []
        async for rows in read_pages(self.store, Table.SPACES, self.space_id, ERASED, rows=_PAGE):
            found += map(_erased_of, rows)
        return sorted(found, key=lambda one: (one.at, one.id), reverse=True)

    async def find(self, ids: Collection[str], handles: Collection[str]) -> Erased | None:
        """Return who was erased already by all of these ids and handles."""
        tokens = self._tokens_of(ids, handles)
        return next((one for one in await self.all() if tokens and tokens <= one.tokens), None)

    async def add(
        self, erased_id: str, by: str, at: datetime, ids: Collection[str], handles: Collection[str]
    ) -> Erased:
        """Write down that a person was erased, who is known by ids and by handles."""
        added = Erased(erased_id, by, at, self._tokens_of(ids, handles))
        text = body({"by": by, "at": at, "tokens": sorted(added.tokens)})
        await self.store.transact(Table.SPACES, self.space_id, [Insert(added.key, text)])
        return added

    async def lift(self, erased_id: str) -> Erased:
        """Let somebody be created again; raises NotFound."""
        found = next((one for one in await self.all() if one.id == erased_id), None)
        if found is None:
            raise NotFound(f"nobody was erased under {erased_id!r}; list them to see the ids")
        try:
            await self.store.transact(Table.SPACES, self.space_id, [Remove(found.key)])
        except RowConflict:  # somebody else has lifted it in this moment
            return found
        return found

    def _tokens_of(self, ids: Collection[str], handles: Collection[str]) -> frozenset[str]:
        return frozenset(self.token("\0erased\0" + one) for one in ids) | frozenset(map(self.token, handles))


@reads_row
def _erased_of(row: Row) -> Erased:
    stored = parsed(row.body)
    at = datetime.fromisoformat(stored["at"])
    return Erased(row.key.removeprefix(ERASED), stored["by"], at, frozenset(stored["tokens"]))
