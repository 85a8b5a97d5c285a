from __future__ import annotations

import pytest

from sync_core.domain import PipelinerUser, Scope, UserId
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
    ]


@pytest.mark.parametrize(
    ("written", "kind", "what", "cursor"),
    [
        ('[0, "", null]', SliceKind.OWNED, "", None),
        ('[1, "2", "abc"]', SliceKind.SHARED, "2", "abc"),
        ('[2, "n-1", "x"]', SliceKind.UNIT, "n-1", "x"),
    ],
)
def test_cursors_are_written_as_ever(written: str, kind: SliceKind, what: str, cursor: str | None) -> None:
    """They are stored between runs, also by an older version."""
    position = Position(Slice(kind, what), cursor)
    assert position.text() == written
    assert Position.parse(written) == position


@pytest.mark.parametrize("written", ["", "{}", '[3, "", null]', '["x", "", null]'])
def test_a_cursor_of_nobody_is_refused(written: str) -> None:
    """The walk starts anew rather than somewhere."""
    with pytest.raises(ValueError, match=r"."):
        Position.parse(written)
