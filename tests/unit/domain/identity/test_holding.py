"""What a third contact that holds the same address says of two."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sync_core.domain import Side
from sync_core.domain.identity.holding import Holder, held_of
from sync_core.domain.identity.traits import Traits

MAIL = "mail:a"
PAIR: Mapping[str, Holder] = {
    "o": Holder(Side.OUTLOOK, "o", "jane"),
    "p": Holder(Side.PIPELINER, "p", "janet"),
}


@pytest.mark.parametrize(
    ("third", "is_shared"),
    [
        pytest.param(Holder(Side.OUTLOOK, "x", "jane"), False, id="a copy beside its own name"),
        pytest.param(Holder(Side.OUTLOOK, "x", "janet"), True, id="both names on one side"),
        pytest.param(Holder(Side.OUTLOOK, "x", "john"), True, id="a third name"),
        pytest.param(Holder(Side.OUTLOOK, "x", ""), False, id="no name"),
    ],
)
def test_an_address_is_shared_when_one_side_gives_it_to_two_names(third: Holder, *, is_shared: bool) -> None:
    """Two names of one person, one on each side, are no sharing."""
    one, other = (Traits(handles=frozenset({MAIL}), strong=frozenset({MAIL}), name=name) for name in ("jane", "janet"))
    holders = {MAIL: [*PAIR.values(), third]}

    held = held_of(one, other, frozenset(PAIR), holders, token=lambda name: name)

    assert held.shared == (frozenset({MAIL}) if is_shared else frozenset())
