from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain import Level, PipelinerUser, Reach, Scope, UserId, UserRole
from sync_core.pipeliner.contact_lists import Position, Slice, SliceKind, slices

USER = PipelinerUser(UserId("u-1"), "", "", unit_ids=frozenset({"n-2", "n-1"}))


def test_a_scope_is_walked_in_a_fixed_order() -> None:
    """A cursor names its slice, so that the next page goes on behind it."""
    owned, edited = Slice(SliceKind.OWNED), Slice(SliceKind.SHARED, "2")
    assert slices(USER, Scope.OWNED) == [owned]
    assert slices(USER, Scope.VISIBLE) == [
        owned,
        Slice(SliceKind.SHARED, "1"),
        edited,
        Slice(SliceKind.UNIT, "n-1"),
        Slice(SliceKind.UNIT, "n-2"),
        *(Slice(SliceKind.UNIT_SHARED, f"{role}.{unit}") for role in (1, 2) for unit in ("n-1", "n-2")),
        Slice(SliceKind.MODE, "2"),
        Slice(SliceKind.MODE, "3"),
    ]


@pytest.mark.parametrize(
    ("reach", "seen"),
    [
        (Reach.OWNED, []),
        (Reach.SHARED, ["n-7", "n-8"]),
        (Reach.UNITS, ["n-1", "n-2", "n-7", "n-8"]),
        (Reach.EVERYTHING, None),
    ],
)
def test_the_walk_goes_as_far_as_the_role_reaches(reach: Reach, seen: list[str] | None) -> None:
    """Units are walked that the user is in, manages or oversees; one list has everything where all is seen."""
    role = UserRole(Level.OWN_AND_SHARED, may_delete=True, opens_archive=True, reach=reach)
    user = replace(USER, role=role, managed_unit_ids=frozenset({"n-7"}), further_unit_ids=frozenset({"n-8"}))
    walk = slices(user, Scope.VISIBLE)

    assert walk[0] == Slice(SliceKind.OWNED)
    if seen is None:
        assert Slice(SliceKind.EVERYTHING) in walk
    assert [one.what for one in walk if one.kind is SliceKind.UNIT] == (seen or [])
    assert slices(user, Scope.OWNED) == walk[:1]


@pytest.mark.parametrize(
    ("written", "kind", "what", "cursor"),
    [
        ('[0, "", null]', SliceKind.OWNED, "", None),
        ('[1, "2", "abc"]', SliceKind.SHARED, "2", "abc"),
        ('[2, "n-1", "x"]', SliceKind.UNIT, "n-1", "x"),
        ('[3, "2.n-1", "x"]', SliceKind.UNIT_SHARED, "2.n-1", "x"),
        ('[4, "3", "x"]', SliceKind.MODE, "3", "x"),
        ('[5, "", "x"]', SliceKind.EVERYTHING, "", "x"),
    ],
)
def test_cursors_are_written_as_ever(written: str, kind: SliceKind, what: str, cursor: str | None) -> None:
    """They are stored between runs, also by an older version."""
    position = Position(Slice(kind, what), cursor)
    assert position.text() == written
    assert Position.parse(written) == position


@pytest.mark.parametrize("written", ["", "{}", '[9, "", null]', '["x", "", null]'])
def test_a_cursor_of_nobody_is_refused(written: str) -> None:
    """The walk starts anew rather than somewhere."""
    with pytest.raises(ValueError, match=r"."):
        Position.parse(written)
