"""What makes a user see other contacts or fields than before: then all has to be looked at anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain import Level, PipelinerUser, Reach, UserId, UserRole
from sync_core.domain.standing import sees_otherwise

ROLE = UserRole(Level.OWN_AND_SHARED, may_delete=True, opens_archive=True)
USER = PipelinerUser(UserId("u"), "ada@example.test", "Ada", unit_ids=frozenset({"north"}), role=ROLE)


@pytest.mark.parametrize(
    "after",
    [
        replace(USER, unit_ids=frozenset()),
        replace(USER, managed_unit_ids=frozenset({"north"})),
        replace(USER, further_unit_ids=frozenset({"south"})),
        replace(USER, role=None),
        replace(USER, role=replace(ROLE, level=Level.READ)),
        replace(USER, role=replace(ROLE, reach=Reach.OWNED)),
        replace(USER, role=replace(ROLE, type_ids=frozenset({"customer"}))),
        replace(USER, role=replace(ROLE, hidden_fields=frozenset({"city"}))),
    ],
)
def test_whatever_shows_more_or_less_is_noticed(after: PipelinerUser) -> None:
    """Units, the role's level and direction, the types and the fields that it shows."""
    assert sees_otherwise(USER, after)
    assert sees_otherwise(after, USER)


@pytest.mark.parametrize(
    "after",
    [
        USER,
        replace(USER, name="Ada L.", is_recalculating=True),
        replace(USER, role=replace(ROLE, may_delete=False, opens_archive=False, shut_fields=frozenset({"city"}))),
    ],
)
def test_what_shows_the_same_asks_for_no_new_look(after: PipelinerUser) -> None:
    """What may be written is asked at each write anyway."""
    assert not sees_otherwise(USER, after)
