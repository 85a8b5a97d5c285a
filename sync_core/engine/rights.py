"""Reading what a space's users may do: once a tick for all connections, by what is new in each list.

The users are asked for at every tick; the other lists take turns. A list whose length or newest change is another one
is read whole: a membership that was deleted leaves no trace but a shorter list. What cannot be read stays as it was
known before, with its age.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

from sync_core.domain import RightsMode
from sync_core.engine.ports import KnownRights, RightsList, RightsPort, RightsUnknown, UsersPage
from sync_core.errors import AccessDenied, LeaseLost, RetryLater, SyncError

FRESH = timedelta(minutes=15)
"""So long rights count that were read once and could not be read again; after it they are not known."""
TURNS = 2
"""Lists beside the users' that are asked for at a tick."""

_SELDOM = {RightsList.FIELDS: 2, RightsList.UNIT_SHARES: 2}
"""Lists that take their turn half as often."""
_BY_MODE = {
    RightsMode.ROLES: tuple(RightsList),
    RightsMode.OWNERSHIP: (RightsList.USERS, RightsList.MEMBERSHIPS, RightsList.UNIT_SHARES),
}
_WITH_USERS = frozenset({RightsList.ROLES, RightsList.MEMBERSHIPS})
"""What a page of users shows beside them."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


async def no_lease() -> None:
    """Renew nothing."""


@dataclass(slots=True)
class RightsPoll:
    """One poll: what is known, and which lists had changed; with `whole` all of them are read.

    Only who reads the feed asks `with_shares`: what is new in that list has to be delivered.
    """

    port: RightsPort
    known: KnownRights
    mode: RightsMode
    now: datetime
    whole: bool = False
    with_shares: bool = False
    renew_lease: Callable[[], Awaitable[None]] = no_lease
    moved: set[RightsList] = field(default_factory=set)
    _had_shares: str = ""
    _seen: set[RightsList] = field(default_factory=set)

    async def run(self) -> KnownRights:
        """Ask for the users, and for the lists whose turn it is. What fails is noted. Raises LeaseLost alone."""
        self._had_shares = self.known.heads.get(RightsList.UNIT_SHARES, "")
        self.known = replace(self.known, tried_at=self.now, was_denied=False, mode=self.mode)
        if await self._try(RightsList.USERS):
            for of in list(self._due()):
                if not await self._try(of):
                    break
        self.known = replace(self.known, as_of=self._as_of())
        return self.known

    def lost_shares(self, told: int) -> bool:
        """Whether more shares with units are gone than records tell of: a delete may only leave a shorter list."""
        heads = (self._had_shares, self.known.heads.get(RightsList.UNIT_SHARES, ""))
        had, has = (int(head.partition(" ")[0] or -1) for head in heads)
        return had >= 0 <= has and had - has > told

    def _due(self) -> Iterator[RightsList]:
        """Return the lists to ask for beside the users': whose turn it is, and what is too old to count."""
        asked = {of: self.known.checked.get(of, _LONG_AGO) for of in _BY_MODE[self.mode] if of not in self._seen}
        in_turn = [*(of for of in self.known.checked if of in asked), *asked]  # of one moment the first one noted
        ages = {
            of: self.now - asked[of]
            for of in dict.fromkeys(in_turn)
            if self.with_shares or of is not RightsList.UNIT_SHARES
        }
        turns = {of: age / _SELDOM.get(of, 1) for of, age in ages.items()}
        late = {of for of, turn in turns.items() if turn > FRESH and of is not RightsList.UNIT_SHARES}
        by_turn = sorted(turns, key=lambda of: (of in late, turns[of]), reverse=True)
        for place, of in enumerate(by_turn):
            if self.whole or place < TURNS or of in late:
                yield of

    def _as_of(self) -> datetime | None:
        """Return since when all that counts is known; fields change seldom, so twice the age is forgiven there."""
        needed = [of for of in _BY_MODE[self.mode] if of is not RightsList.UNIT_SHARES]
        since = [self.known.checked[of] + FRESH * (_SELDOM.get(of, 1) - 1) for of in needed if of in self.known.checked]
        return min(*since, self.now) if len(since) == len(needed) else None

    async def _try(self, of: RightsList) -> bool:
        """Read a list, or note that it could not be; returns whether it is worth while to ask for another one."""
        await self.renew_lease()
        try:
            seen = await self._read(of)
        except LeaseLost:
            raise
        except SyncError as error:
            self._seen.add(of)
            is_denied = isinstance(error, AccessDenied) and of is not RightsList.UNIT_SHARES
            self.known = replace(self.known, was_denied=self.known.was_denied or is_denied)
            return not isinstance(error, RetryLater)
        self._seen |= seen
        before = {key: at for key, at in self.known.checked.items() if key not in seen}
        self.known = replace(self.known, checked={**before, **dict.fromkeys(sorted(seen), self.now)})
        return True

    async def _read(self, of: RightsList) -> frozenset[RightsList]:
        """Read a list where it is another one; returns all lists that this showed."""
        space = self.known.space
        if of is RightsList.USERS:
            page = await self._users_page(None)
            if page.after is None or page.head != self.known.heads.get(of) or self.whole:
                await self._take_users(page)
            return _WITH_USERS | {of} if page.after is None or self.whole else frozenset({of})
        head = await self.port.head(of)
        if head == self.known.heads.get(of) and not self.whole:
            return frozenset({of})
        await self.renew_lease()
        match of:
            case RightsList.ROLES | RightsList.MEMBERSHIPS:
                await self._take_users(await self._users_page(None))
            case RightsList.UNITS:
                self.known = replace(self.known, space=replace(space, units=await self.port.units()))
            case RightsList.FIELDS:
                shut, hidden = await self.port.shut_fields()
                self.known = replace(self.known, space=replace(space, shut=shut, hidden=hidden))
            case RightsList.UNIT_SHARES:  # the feed reads them
                pass
            case _ as never:
                assert_never(never)
        self.moved |= {of} if of in self.known.heads else set()  # one that was never seen has nothing new
        self.known = replace(self.known, heads={**self.known.heads, of: head})
        return frozenset({of})

    async def _users_page(self, after: str | None) -> UsersPage:
        with_roles = self.mode is RightsMode.ROLES
        await self.renew_lease()
        page = await self.port.users_page(after, with_roles=with_roles)
        if with_roles and not page.is_whole:
            raise AccessDenied("Pipeliner does not show the roles of its users to this application")
        return page

    async def _take_users(self, page: UsersPage) -> None:
        """Read on from the first page to the end; only a whole list takes the place of the one before."""
        head, members, roles = page.head, dict(page.members), dict(page.roles)
        while page.after is not None:
            page = await self._users_page(page.after)
            members |= page.members
            roles |= page.roles
        space = replace(self.known.space, members=members, roles=roles)
        self.known = replace(self.known, space=space, heads={**self.known.heads, RightsList.USERS: head})


def why_unknown(known: KnownRights) -> RightsUnknown:
    """Say why it is not known what a user may do, and what to do about it."""
    nothing = "Nothing is sent, created, paired or removed meanwhile, and nothing is lost."
    if known.was_denied and known.mode is RightsMode.ROLES:
        return RightsUnknown(
            f"The key may not read the roles of Pipeliner's users, so what this user may do is not known. {nothing}",
            "Give the application access to users, roles and units in Pipeliner; or have an administrator set the "
            "space to rights: ownership, which counts by ownership and sharing alone.",
        )
    if known.as_of is None or known.tried_at is None or known.as_of < known.tried_at - FRESH:
        return RightsUnknown(
            f"What Pipeliner's users may do could not be read for {FRESH.seconds // 60} minutes. {nothing}",
            "It ends by itself when Pipeliner answers again; else run the doctor.",
        )
    return RightsUnknown(
        f"Pipeliner does not list this connection's user, or tells nothing known of their role. {nothing}",
        "Look in Pipeliner whether the user is there, active, and has a role; it ends by itself when they are listed.",
    )
