"""How reservations lie in rows: at most 64 of them a space, each with the hashes that begin with its character.

A row says under each hash who creates, or has just created, what that hash tells: a person or an account. It is changed
only over exactly the version that was read. So of two that enter the same hash one fails, reads again and sees the
other. Rows stand among those that a reader of the feed opens with, and one in which nothing is left goes.

The times are those of the host that reserved, like the lease's: a row of Azure tables has one time of its own for many
entries, and SQLite has none. No promise rests on them: a reservation of a person ends by no time while its owner is
there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from sync_core.errors import RowConflict, StoreUnavailable, Unreadable
from sync_core.state.rows import body, parsed, reads_row
from sync_core.storage import (
    MAX_TRANSACTION_BYTES,
    Insert,
    Operation,
    Put,
    Remove,
    Row,
    Store,
    Table,
    find_rows,
    operation_bytes,
    prefix_end,
)

RESERVED = "1.reserved."
"""What the keys begin with; one character of a hash follows."""
ACCOUNT = "account"
"""Stands for the link of whoever makes an account, which has none."""

_VERSION = 1
_TRIES = 40
_UNANSWERED = 2

Item = TypeVar("Item")
Told = TypeVar("Told")


class Reservation(NamedTuple):
    """Who holds a hash: the link that will come of it, its connection, since when, the hash of the name, the id."""

    link: str
    owner: str
    at: datetime
    name: str = ""
    id: str = ""


Held = dict[str, tuple[Reservation, ...]]
"""Reservations by hash."""


def reserved_key(token: str) -> str:
    """Key of the row in which a hash lies."""
    return RESERVED + token[0]


def reserved_body(held: Mapping[str, Sequence[Reservation]], key_id: str) -> str:
    """Write a row; `key_id` tells the key of the hashes."""
    texts = {
        token: [[one.link, one.owner, one.at.isoformat(), one.name, one.id] for one in held[token]]
        for token in sorted(held)
    }
    return body({"v": _VERSION, "key": key_id, "held": texts})


@reads_row
def reserved_of(row: Row) -> tuple[str, Held]:
    """Read a row: what tells the key of its hashes, and who holds which."""
    stored = parsed(row.body)
    if stored["v"] != _VERSION:
        raise ValueError("it is of another version")
    return stored["key"], {
        token: tuple(Reservation(link, owner, datetime.fromisoformat(at), *rest) for link, owner, at, *rest in entries)
        for token, entries in stored["held"].items()
    }


class ReservedRows:
    """The rows of one space, as whoever holds this has read them; a change that rests on older ones is done anew.

    With `key_id` what another key has hashed holds nothing; without it, hashes are no matter.
    """

    def __init__(self, store: Store, space_id: str, key_id: str = "") -> None:
        self._place = (store, Table.SPACES, space_id)
        self._store = store
        self._space_id = space_id
        self._key_id = key_id
        self._etags: dict[str, str | None] = {}
        self._held: dict[str, Held] = {}
        self._key_ids: dict[str, str] = {}

    async def read(self, tokens: Collection[str]) -> Held:
        """Return who holds these hashes now, looked up by their keys."""
        keys = {reserved_key(token) for token in tokens}
        await self._load(keys)
        return {token: found for token in tokens if (found := self._held[reserved_key(token)].get(token))}

    def take(self, rows: Sequence[Row]) -> Held:
        """Take rows that were read elsewhere; returns what they hold. One that cannot be read is passed over."""
        found: Held = {}
        for row in rows:
            try:
                self._note(row.key, row)
            except Unreadable:
                continue
            found |= self._held[row.key]
        return found

    async def read_all(self) -> Held:
        """Return all reservations of the space: for the few who know no hash."""
        return self.take(await self._store.read(Table.SPACES, self._space_id, RESERVED, prefix_end(RESERVED)))

    async def change(
        self, items: Sequence[Item], tokens_of: Callable[[Item], Collection[str]], edit: Callable[[Held, Item], Told]
    ) -> list[Told]:
        """Edit what is held under the items' hashes, each item's in one transaction, and return what `edit` returned.

        Once more from the start where somebody else was faster; so `edit` changes nothing but what it is given.
        Raises StoreUnavailable, and Unreadable for a row of a newer version.
        """
        keys = {reserved_key(token) for item in items for token in tokens_of(item)}
        unanswered = 0
        for _ in range(_TRIES):
            await self._load(keys - self._etags.keys())
            held: Held = {token: found for key in keys for token, found in self._held[key].items()}
            told = [edit(held, item) for item in items]
            operations = self._operations(keys, held)
            if len(items) > 1 and sum(map(operation_bytes, operations)) > MAX_TRANSACTION_BYTES:
                half = len(items) // 2
                first = await self.change(items[:half], tokens_of, edit)
                return first + await self.change(items[half:], tokens_of, edit)
            try:
                await self._store_all(operations, held)
            except RowConflict:
                self._forget(keys)
            except StoreUnavailable:
                self._forget(keys)
                unanswered += 1
                if unanswered == _UNANSWERED:
                    raise
            else:
                return told
        raise StoreUnavailable("the reservations of the space keep changing")

    async def drop(self, held: Held, goes: Callable[[str, Reservation], bool]) -> list[Reservation]:
        """End the reservations of `held` that go; returns them, one for each hash."""
        tokens = [token for token, found in held.items() if any(goes(token, one) for one in found)]

        def without(now_held: Held, token: str) -> list[Reservation]:
            gone = [one for one in now_held.get(token, ()) if goes(token, one)]
            _put(now_held, token, [one for one in now_held.get(token, ()) if one not in gone])
            return gone

        dropped = await self.change(tokens, lambda token: (token,), without) if tokens else []
        return [one for gone in dropped for one in gone]

    async def _load(self, keys: Collection[str]) -> None:
        rows = await find_rows(*self._place, keys) if keys else {}
        for key in keys:
            self._note(key, rows.get(key))

    def _note(self, key: str, row: Row | None) -> None:
        key_id, held = reserved_of(row) if row is not None else (self._key_id, Held())
        is_ours = not self._key_id or key_id == self._key_id
        self._held[key], self._key_ids[key] = held if is_ours else {}, self._key_id or key_id
        self._etags[key] = row.etag if row is not None else None

    def _forget(self, keys: Collection[str]) -> None:
        for key in keys:
            self._etags.pop(key, None)

    def _operations(self, keys: Collection[str], held: Held) -> list[Operation]:
        operations: list[Operation] = []
        by_row = _by_row(held)
        for key in sorted(keys):
            here, etag = by_row.get(key, {}), self._etags[key]
            if here == self._held[key]:
                continue
            text = reserved_body(here, self._key_ids[key])
            if etag is None:
                operations.append(Insert(key, text))
            else:
                operations.append(Put(key, text, etag) if here else Remove(key, etag))
        return operations

    async def _store_all(self, operations: Sequence[Operation], held: Held) -> None:
        etags = await self._store.transact(Table.SPACES, self._space_id, operations) if operations else []
        by_row = _by_row(held)
        for operation, etag in zip(operations, etags, strict=True):
            self._etags[operation.key], self._held[operation.key] = etag or None, by_row.get(operation.key, {})


def _by_row(held: Held) -> dict[str, Held]:
    rows: dict[str, Held] = {}
    for token, found in held.items():
        rows.setdefault(reserved_key(token), {})[token] = found
    return rows


def _put(held: Held, token: str, found: Sequence[Reservation]) -> None:
    if found:
        held[token] = tuple(found)
    else:
        held.pop(token, None)


def entered(held: Held, token: str, entry: Reservation) -> None:
    """Enter a reservation in the place of an earlier one of the same link."""
    _put(held, token, [*(one for one in held.get(token, ()) if one.link != entry.link), entry])


def ended(held: Held, token: str, link: str) -> None:
    """End the reservation of a link under a hash."""
    _put(held, token, [one for one in held.get(token, ()) if one.link != link])
