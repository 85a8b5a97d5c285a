"""Reservations of creates in Pipeliner: of persons by one connection, and of accounts by whoever makes them.

Many creates are entered in one transaction. Whoever finds one of its hashes held by another create enters nothing at
all, so nobody ever waits while holding something.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from typing_extensions import override

from sync_core.domain import LinkId, PipelinerId, Side
from sync_core.domain.identity import Holder
from sync_core.engine.ports import (
    AccountNames,
    Claim,
    Clock,
    OtherCreate,
    Reservations,
    Reserved,
    TakenName,
)
from sync_core.state.keyed import KeyedHash
from sync_core.state.reservation_rows import ACCOUNT, Held, Reservation, ReservedRows, ended, entered
from sync_core.storage import Store

ACCOUNT_TAKES = timedelta(minutes=2)
"""An account that is not found by its name so long after its name was reserved was not made."""
KEPT = timedelta(days=1)
"""So long an id stands in a reservation that the feed does not show: the index has been read as a whole since."""
ORPHANS_KEPT = timedelta(minutes=2)
"""So long after it was reserved a create that nobody can recover may still arrive; then the feed has shown it."""
_SHORT_WAIT_S = 5.0


class StoredReservations(Reservations):
    """`Reservations` of one connection over a store, for one run."""

    def __init__(self, store: Store, space_id: str, connection_id: str, keyed: KeyedHash, clock: Clock) -> None:
        self._rows = ReservedRows(store, space_id, keyed.id)
        self._owner = connection_id
        self._keyed = keyed
        self._clock = clock
        self._told: set[tuple[str, str]] = set()

    @override
    async def look(self, claims: Sequence[Claim]) -> Reserved:
        self._told = set()
        held = await self._rows.read({token for claim in claims for token in self._tokens(claim)}) if claims else {}
        waits: dict[str, OtherCreate] = {}
        holders: dict[str, dict[str, Holder]] = {}
        for claim in claims if held else ():
            named = frozenset(map(self._keyed.token, claim.named))
            for token in self._tokens(claim):
                for one in self._others(held, token):
                    if not one.id:
                        waits[claim.key] = _other_create(one)
                        continue
                    self._told.add((token, one.link))
                    found_by = self._keyed.token(claim.name) if token in named else token
                    holders.setdefault(found_by, {})[one.id] = Holder(Side.PIPELINER, one.id, one.name)
        return Reserved(waits, {token: tuple(found.values()) for token, found in holders.items()})

    @override
    async def reserve(self, claims: Sequence[Claim]) -> Mapping[str, OtherCreate]:
        told = await self._rows.change(claims, self._tokens, self._enter)
        return {claim.key: _other_create(one) for claim, one in zip(claims, told, strict=True) if one is not None}

    @override
    async def record(self, made: Sequence[tuple[Claim, PipelinerId]], freed: Sequence[Claim]) -> None:
        ids = {claim.key: str(pipeliner_id) for claim, pipeliner_id in made}
        claims = [*(claim for claim, _ in made), *freed]

        def record_one(held: Held, claim: Claim) -> None:
            for token in self._tokens(claim):
                for one in held.get(token, ()):
                    if one.link == claim.key and claim.key in ids:
                        entered(held, token, one._replace(id=ids[claim.key]))
                    elif one.link == claim.key:
                        ended(held, token, one.link)

        await self._rows.change(claims, self._tokens, record_one)

    @override
    async def end_others(self, still_open: Collection[LinkId]) -> Sequence[LinkId]:
        def goes(_token: str, one: Reservation) -> bool:
            return is_under_way(one) and one.owner == self._owner and one.link not in still_open

        gone = await self._rows.drop(await self._rows.read_all(), goes)
        return [LinkId(link) for link in sorted({one.link for one in gone})]

    def _enter(self, held: Held, claim: Claim) -> Reservation | None:
        """Enter a claim; returns whoever keeps it out."""
        tokens = self._tokens(claim)
        for token in tokens:
            for one in self._others(held, token):
                if not one.id or (token, one.link) not in self._told:
                    return one
        entry = Reservation(claim.key, self._owner, self._clock.now(), self._keyed.token(claim.name))
        for token in tokens:
            entered(held, token, entry)
        return None

    def _tokens(self, claim: Claim) -> frozenset[str]:
        return frozenset(map(self._keyed.token, claim.strong | claim.named))

    def _others(self, held: Held, token: str) -> list[Reservation]:
        return [one for one in held.get(token, ()) if one.owner != self._owner]


def is_under_way(one: Reservation) -> bool:
    """Whether it is of a person's create of which nobody knows yet what came of it."""
    return not one.id and one.link != ACCOUNT


def _other_create(one: Reservation) -> OtherCreate:
    return OtherCreate(one.owner, LinkId(one.link), one.at, is_known=bool(one.id))


class StoredAccountNames(AccountNames):
    """`AccountNames` over a store. Whoever asks has just found no account of the name.

    So a reservation without an id needs no owner: after two minutes the next one takes it over.
    """

    def __init__(self, store: Store, space_id: str, connection_id: str, keyed: KeyedHash, clock: Clock) -> None:
        self._rows = ReservedRows(store, space_id, keyed.id)
        self._owner = connection_id
        self._keyed = keyed
        self._clock = clock

    @override
    async def reserve(self, names: Sequence[str], gone: Collection[str] = ()) -> Mapping[str, TakenName]:
        now = self._clock.now()

        def enter(held: Held, name: str) -> TakenName | None:
            token = account_token(self._keyed, name)
            for one in held.get(token, ()):
                if one.id and one.id not in gone:
                    return TakenName(one.id)
                if not one.id and now - one.at < ACCOUNT_TAKES:
                    return TakenName(wait_s=_wait_s(now - one.at))
            entered(held, token, Reservation(ACCOUNT, self._owner, now))
            return None

        told = await self._rows.change(names, lambda name: (account_token(self._keyed, name),), enter)
        return {name: taken for name, taken in zip(names, told, strict=True) if taken is not None}

    @override
    async def record(self, made: Mapping[str, str]) -> None:
        def record_one(held: Held, name: str) -> None:
            token = account_token(self._keyed, name)
            for one in held.get(token, ()):
                if one.owner == self._owner and made[name]:
                    entered(held, token, one._replace(id=made[name]))
                elif one.owner == self._owner:
                    ended(held, token, ACCOUNT)

        await self._rows.change(list(made), lambda name: (account_token(self._keyed, name),), record_one)


def account_token(keyed: KeyedHash, name: str) -> str:
    """Return the hash of an account's name; never that of a person's identifier."""
    return keyed.token("\0account\0" + name.casefold())


def _wait_s(age: timedelta) -> float:
    """How long to wait for an account that is being made: one that takes longer was perhaps never made."""
    return _SHORT_WAIT_S if age.total_seconds() < 2 * _SHORT_WAIT_S else (ACCOUNT_TAKES - age).total_seconds() + 1


# What is done without a run of the owner


def is_shown(one: Reservation, shown: Collection[str], now: datetime) -> bool:
    """Whether the index knows by now what was created: the feed has shown it, or could have for a day."""
    return bool(one.id) and (one.id in shown or now - one.at > KEPT)


async def reservations_of(store: Store, space_id: str, connection_id: str) -> Sequence[Reservation]:
    """Return the creates of a connection of which nobody knows yet what came of them; reads all rows."""
    held = await ReservedRows(store, space_id).read_all()
    found = {one.link: one for entries in held.values() for one in entries if is_under_way(one)}
    return [one for one in found.values() if one.owner == connection_id]


async def end_reservations(
    store: Store, space_id: str, *, owner: str = "", ids: Collection[str] = (), tokens: Collection[str] = ()
) -> int:
    """End what a connection holds, or what is held of contacts, links and hashes; returns how many entries went."""
    rows = ReservedRows(store, space_id)

    def goes(token: str, one: Reservation) -> bool:
        return one.owner == owner or one.id in ids or one.link in ids or token in tokens

    return len(await rows.drop(await rows.read_all(), goes))


async def end_old_reservations(store: Store, space_id: str, owners: Collection[str], now: datetime) -> int:
    """End what nothing ends any more: of connections that are gone, and what the index knows for long.

    Returns how many entries went.
    """
    rows = ReservedRows(store, space_id)

    def goes(_token: str, one: Reservation) -> bool:
        kept = ORPHANS_KEPT if is_under_way(one) and one.owner not in owners else KEPT
        return now - one.at > kept and not (is_under_way(one) and one.owner in owners)

    return len(await rows.drop(await rows.read_all(), goes))
