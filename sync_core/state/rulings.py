"""What people decided about who is who, as it binds one mailbox: kept when a connection ends, found by keyed hashes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from typing_extensions import override

from sync_core.domain import (
    CardKey,
    ContactKey,
    IdentifierKey,
    LinkId,
    PairKey,
    PairRuling,
    Ruling,
    RulingKey,
    RulingKind,
    counterpart_handle,
    handles_of,
    ranked_handles,
    supersedes,
    traces_of,
)
from sync_core.engine.ports import Rulings
from sync_core.errors import NotFound
from sync_core.state.erased import ErasedPeople
from sync_core.state.ruling_rows import RULING, RulingEntry, entries_of, rewrite_rulings
from sync_core.storage import Store, Table, find_rows, prefix_end, read_pages

Token = Callable[[str], str]


@dataclass(slots=True)
class StoredRulings(Rulings):
    """`Rulings` of one mailbox over a store. Rows are written without a lease: a ruling comes before its effect."""

    store: Store
    space_id: str
    mailbox_id: str
    token: Token
    _has_none: bool | None = None
    _erased: ErasedPeople | None = None

    # What the engine asks

    @override
    async def on_pairs(self, pairs: Collection[PairKey]) -> Mapping[PairKey, PairRuling]:
        ranks = {pair: tuple(ranked_handles(self.mailbox_id, pair)) for pair in pairs}
        found = await self._find(handle for ranked in ranks.values() for rank in ranked for handle in rank)
        ruled = {pair: _first_ruled(ranked, found) for pair, ranked in ranks.items()} if found else {}
        known = {pair: ruling for pair, ruling in ruled.items() if ruling is not None}
        same = {pair: rank for pair, (rank, ruling) in known.items() if ruling is PairRuling.SAME}
        return {pair: ruling for pair, (_, ruling) in known.items() if pair not in same or _is_surest(pair, same)}

    @override
    async def same_as(self, ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        handles = {counterpart_handle(self.mailbox_id, one): one for one in ids}
        said = {
            handles[handle]: [entry.ruling.about for entry in entries if entry.ruling.kind is RulingKind.SAME]
            for handle, entries in (await self._find(handles)).items()
        }
        others = {key: frozenset[str]().union(*(one.contact_ids for one in each)) - {key} for key, each in said.items()}
        return {key: counterparts for key, counterparts in others.items() if counterparts}

    @override
    async def left_out(self, contacts: Mapping[str, str]) -> frozenset[str]:
        return await self._ruled({key: ContactKey(key, name) for key, name in contacts.items()})

    @override
    async def shared(self, handles: Collection[str]) -> frozenset[str]:
        return await self._ruled({handle: IdentifierKey(handle) for handle in handles})

    @override
    async def erased(self, contacts: Mapping[str, Collection[str]]) -> frozenset[str]:
        self._erased = self._erased or ErasedPeople(self.store, self.space_id, self.token)
        return await self._erased.among(contacts)

    @override
    async def renamed(self, link_id: LinkId, name: str) -> bool:
        return bool(await self._ruled({name: CardKey(link_id, name)}))

    @override
    async def void(self, ids: Collection[str]) -> None:
        gone = frozenset(ids)
        if gone and not await self._is_empty():
            await self._remove(lambda entry: not gone.isdisjoint(entry.ruling.about.ids))

    async def _ruled(self, keys: Mapping[str, RulingKey]) -> frozenset[str]:
        handles = {name: handles_of(self.mailbox_id, key, for_space=True) for name, key in keys.items()}
        found = await self._find(handle for each in handles.values() for handle in each)
        return frozenset(name for name, each in handles.items() if not found.keys().isdisjoint(each))

    async def _find(self, handles: Iterable[str]) -> dict[str, tuple[RulingEntry, ...]]:
        """Read the entries of handles; those without any are left out."""
        if await self._is_empty():
            return {}
        keys = {RULING + self.token(handle): handle for handle in handles}
        rows = await find_rows(self.store, Table.SPACES, self.space_id, keys)
        return {keys[key]: entries_of(row) for key, row in rows.items()}

    async def _is_empty(self) -> bool:
        """Whether nobody has ruled on anything, which one read tells for as long as this object lives."""
        if self._has_none is None:
            rows = await self.store.read(Table.SPACES, self.space_id, RULING, prefix_end(RULING), 1)
            self._has_none = not rows
        return self._has_none

    # What people do

    async def rule(self, decided: Sequence[tuple[RulingKey, Ruling]]) -> None:
        """Store what was decided on each key; what they supersede goes.

        Rulings on several keys that share an id are one: they are listed and forgotten together.
        """
        added: dict[str, list[RulingEntry]] = {}
        mailbox = self.token(self.mailbox_id)
        for key, ruling in decided:
            entry = RulingEntry(ruling, mailbox, frozenset(map(self.token, traces_of(key))))
            handles = handles_of(self.mailbox_id, key, for_space=ruling.for_space)
            if ruling.kind is RulingKind.SAME and isinstance(key, PairKey):
                handles += tuple(counterpart_handle(self.mailbox_id, one) for one in (key.outlook_id, key.pipeliner_id))
            for handle in handles:
                added.setdefault(RULING + self.token(handle), []).append(entry)
        concerned = frozenset(one for _, ruling in decided for one in ruling.about.ids)

        def without_superseded(entry: RulingEntry) -> RulingEntry | None:
            if entry.mailbox != mailbox or concerned.isdisjoint(entry.ruling.about.ids):
                return entry
            return None if any(supersedes(ruling, entry.ruling) for _, ruling in decided) else entry

        await rewrite_rulings(self.store, self.space_id, without_superseded, added)
        self._has_none = None

    async def rulings(self, seen_before: datetime | None = None) -> list[Ruling]:
        """Return the rulings that were made in this mailbox, the newest first, each with all whom it is about.

        With `seen_before` only those whose contacts were last seen before that time.
        """
        mailbox = self.token(self.mailbox_id)
        found: dict[str, Ruling] = {}
        async for rows in read_pages(self.store, Table.SPACES, self.space_id, RULING):
            for entry in (entry for row in rows for entry in entries_of(row) if entry.mailbox == mailbox):
                if seen_before is None or entry.last_seen < seen_before:
                    known = found.get(entry.ruling.id, entry.ruling)
                    found[entry.ruling.id] = replace(entry.ruling, about=known.about + entry.ruling.about)
        return sorted(found.values(), key=lambda ruling: (ruling.at, ruling.id), reverse=True)

    async def mark_seen(self, ruling_ids: Collection[str], now: datetime) -> None:
        """Write down that contacts of these rulings are there now."""
        ids = frozenset(ruling_ids)

        def seen(entry: RulingEntry) -> RulingEntry:
            return replace(entry, seen=now) if entry.ruling.id in ids else entry

        await rewrite_rulings(self.store, self.space_id, seen)

    async def forget(self, ruling_id: str) -> Ruling:
        """Remove a ruling of this mailbox and return what it was; raises NotFound."""
        known = next((ruling for ruling in await self.rulings() if ruling.id == ruling_id), None)
        if known is None:
            raise NotFound(f"there is no ruling {ruling_id!r} of this mailbox: list them to see their ids")
        await self._remove(lambda entry: entry.ruling.id == ruling_id)
        return known

    async def _remove(self, goes: Callable[[RulingEntry], bool]) -> None:
        await rewrite_rulings(self.store, self.space_id, lambda entry: None if goes(entry) else entry)


def _first_ruled(
    ranked: Sequence[Sequence[str]], found: Mapping[str, tuple[RulingEntry, ...]]
) -> tuple[int, PairRuling] | None:
    """Return what the surest handles say, and how sure they are, 0 most; None where they contradict each other."""
    for number, rank in enumerate(ranked):
        kinds = {entry.ruling.kind for handle in rank for entry in found.get(handle, ())}
        if kinds:
            return (number, PairRuling(kinds.pop().value)) if len(kinds) == 1 else None
    return None


def _is_surest(pair: PairKey, same: Mapping[PairKey, int]) -> bool:
    """Whether no other pair with one of these contacts is the same more surely: *same* is one to one."""
    return not any(
        rank < same[pair] and (other.outlook_id == pair.outlook_id) is not (other.pipeliner_id == pair.pipeliner_id)
        for other, rank in same.items()
    )
