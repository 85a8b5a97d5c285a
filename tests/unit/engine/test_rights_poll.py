"""How the rights of a space are asked for: which lists at a tick, what is read whole, and how old it may grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from sync_core.domain import Level, Member, RightsMode, SpaceRole, UserId, UserRole
from sync_core.engine.ports import KnownRights, RightsList, RightsPort, UsersPage
from sync_core.engine.rights import FRESH, RightsPoll
from sync_core.errors import AccessDenied, LeaseLost, ServiceUnavailable, SyncError

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
TICK = timedelta(minutes=5)
SEVEN_LESS_THE_FEED = 3
ROLE = SpaceRole(UserRole(Level.OWN_AND_SHARED, may_delete=True, opens_archive=True))


@dataclass
class Space(RightsPort):
    """A space of so many pages of users; `asked` counts requests."""

    pages: int = 1
    heads: dict[RightsList, str] = field(default_factory=dict)
    failing: dict[RightsList, SyncError] = field(default_factory=dict)
    asked: list[RightsList] = field(default_factory=list)
    is_whole: bool = True

    def _ask(self, of: RightsList) -> None:
        self.asked.append(of)
        if of in self.failing:
            raise self.failing[of]

    @override
    async def head(self, of: RightsList) -> str:
        self._ask(of)
        return self.heads.get(of, "1 x then")

    @override
    async def users_page(self, after: str | None, *, with_roles: bool) -> UsersPage:
        self._ask(RightsList.USERS)
        number = int(after or 0)
        members = {UserId(f"u-{number}"): Member("r-1")}
        following = str(number + 1) if number + 1 < self.pages else None
        head = self.heads.get(RightsList.USERS, "1 u then")
        return UsersPage(members, {"r-1": ROLE} if with_roles else {}, head, self.is_whole, following)

    @override
    async def units(self) -> Mapping[str, str]:
        self._ask(RightsList.UNITS)
        return {"n-1": ""}

    @override
    async def shut_fields(self) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
        self._ask(RightsList.FIELDS)
        return {}, {}


async def _polled(space: Space, known: KnownRights, now: datetime, *, whole: bool = False) -> RightsPoll:
    poll = RightsPoll(space, known, RightsMode.ROLES, now, whole, with_shares=True)
    space.asked.clear()
    await poll.run()
    return poll


@pytest.mark.parametrize("pages", [1, 2, 120])
@pytest.mark.parametrize("every", [timedelta(), timedelta(minutes=1), TICK])
async def test_a_quiet_tick_asks_three_times_and_nothing_grows_too_old(pages: int, every: timedelta) -> None:
    """Also where the clock stands still; each list gets its turn."""
    space, known, seen = Space(pages), KnownRights(), set[RightsList]()
    for number in range(40):
        now = START + number * every
        known = (await _polled(space, known, now)).known
        if number:
            assert len(space.asked) <= SEVEN_LESS_THE_FEED
            seen |= set(space.asked)
        assert known.as_of is not None
        assert now - known.as_of < FRESH
    assert seen >= set(RightsList) - ({RightsList.ROLES, RightsList.MEMBERSHIPS} if pages == 1 else set())


@pytest.mark.parametrize("of", [RightsList.ROLES, RightsList.MEMBERSHIPS, RightsList.USERS])
async def test_a_large_list_of_users_is_read_whole_when_one_of_three_lists_is_another_one(of: RightsList) -> None:
    """A membership that was deleted moves no user: only its own list has become shorter."""
    space = Space(3)
    known = (await _polled(space, KnownRights(), START)).known
    assert len(known.space.members) == 3
    space.heads[of] = "0 x then"
    for number in range(1, 4):
        known = (await _polled(space, known, START + number * TICK)).known
        if space.asked.count(RightsList.USERS) >= 3:
            return
    raise AssertionError(f"{of} was another one, and the users were not read")


async def test_all_lists_are_read_at_night_however_quiet_they_are() -> None:
    """What no head tells is found then."""
    space = Space(3)
    known = (await _polled(space, KnownRights(), START)).known
    await _polled(space, known, START + TICK, whole=True)
    assert space.asked.count(RightsList.USERS) >= 3
    assert {RightsList.UNITS, RightsList.FIELDS} <= set(space.asked)


async def test_what_fails_keeps_what_was_known_and_grows_old() -> None:
    """As of when it was read last."""
    space = Space()
    known = (await _polled(space, KnownRights(), START)).known
    space.failing[RightsList.UNITS] = AccessDenied("no")
    for number in range(1, 5):
        known = (await _polled(space, known, START + number * TICK)).known
    assert (known.as_of, known.space.units, known.was_denied) == (START, {"n-1": ""}, True)


async def test_roles_that_are_not_shown_are_not_read_as_roles_of_nobody() -> None:
    """The list that is not whole takes the place of none."""
    space = Space()
    known = (await _polled(space, KnownRights(), START)).known
    space.is_whole = False
    after = (await _polled(space, known, START + TICK)).known
    assert (after.space, after.as_of, after.was_denied) == (known.space, START, True)


async def test_an_outage_is_not_asked_about_list_by_list() -> None:
    """The next tick asks again."""
    space = Space(failing={RightsList.USERS: ServiceUnavailable("down")})
    known = (await _polled(space, KnownRights(), START)).known
    assert (space.asked, known.as_of, known.tried_at, known.was_denied) == ([RightsList.USERS], None, START, False)


async def test_a_reader_that_lost_its_turn_stops() -> None:
    """It would store what another one knows better."""
    space = Space(failing={RightsList.UNITS: LeaseLost("gone")})
    with pytest.raises(LeaseLost):
        await _polled(space, KnownRights(), START)


@pytest.mark.parametrize(
    ("had", "has", "told", "is_lost"),
    [("5 a t", "4 a t", 0, True), ("5 a t", "4 a t", 1, False), ("5 a t", "6 b u", 0, False), ("", "4 a t", 0, False)],
)
async def test_a_shorter_list_of_shares_tells_of_deletes_that_no_record_does(
    had: str, has: str, told: int, *, is_lost: bool
) -> None:
    """Where no length is told, nothing can be said."""
    before = KnownRights(heads={RightsList.UNIT_SHARES: had} if had else {})
    poll = await _polled(Space(heads={RightsList.UNIT_SHARES: has}), before, START, whole=True)
    assert poll.lost_shares(told) is is_lost


async def test_a_space_that_counts_by_ownership_asks_for_users_and_shares_alone() -> None:
    """And for memberships, where the users' list does not show them all."""
    space = Space(2)
    poll = RightsPoll(space, KnownRights(), RightsMode.OWNERSHIP, START, with_shares=True)
    known = await poll.run()
    assert set(space.asked) == {RightsList.USERS, RightsList.MEMBERSHIPS, RightsList.UNIT_SHARES}
    assert known.as_of == START
