"""What is known of a space's rights comes out of its rows as it went in, and a run reads its own user of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sync_core.domain import (
    Level,
    Member,
    PipelinerUser,
    Reach,
    RightsMode,
    SpaceRights,
    SpaceRole,
    UserId,
    UserRole,
    with_rights,
)
from sync_core.engine.ports import KnownRights, RightsList
from sync_core.state import rights_of, user_as_read
from sync_core.state.rights_rows import rights_operations
from sync_core.storage import Put, Remove, Row

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
USER = PipelinerUser(UserId("u-1"), "ada@example.test", "Ada", "n-9", frozenset({"n-9"}))
ROLE = UserRole(Level.AND_MANAGED, may_delete=True, opens_archive=False, type_ids=frozenset({"t-1"}))
SPACE = SpaceRights(
    {
        UserId("u-1"): Member("r-1", {"n-2": True, "n-3": False}),
        UserId("u-2"): Member("r-2", {}, is_stopped=True, is_recalculating=True),
        UserId("u-3"): Member("", None),
    },
    {"r-1": SpaceRole(ROLE, sees_above=True), "r-2": SpaceRole(replace(ROLE, reach=Reach.EVERYTHING, type_ids=None))},
    {"n-1": "", "n-2": "n-1", "n-3": "n-1", "n-4": "n-2", "n-5": "n-4", "n-8": "n-8"},
    {"r-1": frozenset({"phone1", "phone2"}), "r-7": frozenset({"phone3"})},
    {"r-1": frozenset({"phone2"})},
)
KNOWN = KnownRights(
    SPACE, dict.fromkeys(RightsList, AT), {RightsList.USERS: "3 u-1 then"}, as_of=AT, tried_at=AT, was_denied=True
)


def _stored(known: KnownRights, rows: list[Row] | None = None) -> list[Row]:
    """The rows after one more writing."""
    before = rows or []
    kept = {row.key: row for row in before}
    for operation in rights_operations(before, rights_of(before), known):
        if isinstance(operation, Put):
            kept[operation.key] = Row(operation.key, operation.body, "")
        elif isinstance(operation, Remove):
            del kept[operation.key]
    return [kept[key] for key in sorted(kept)]


def test_what_is_known_comes_back_whole() -> None:
    """Times, heads, users, roles, units and fields, also of roles that nobody has."""
    assert rights_of(_stored(KNOWN)) == KNOWN
    assert rights_of(_stored(KnownRights())) == KnownRights()


def test_pages_are_written_when_they_change_alone() -> None:
    """A quiet tick writes the head."""
    rows = _stored(KNOWN)
    later = replace(KNOWN, as_of=AT + timedelta(minutes=5))
    assert [one.key for one in rights_operations(rows, rights_of(rows), later)] == ["1.rights"]
    changed = replace(later, space=replace(SPACE, units={}))
    assert [one.key for one in rights_operations(rows, rights_of(rows), changed)] == ["1.rights", "1.rights.0000"]


def test_many_users_take_several_pages_and_fewer_leave_none_behind() -> None:
    """Each user stands in one of them."""
    many = {UserId(f"u-{number:05d}"): Member("r-1", {"n-2": False}) for number in range(4_500)}
    rows = _stored(replace(KNOWN, space=replace(SPACE, members=many)))
    assert [row.key for row in rows] == ["1.rights", *(f"1.rights.{number:04d}" for number in range(3))]
    assert rights_of(rows).space.members == many
    last = replace(USER, id=UserId("u-04499"))
    assert user_as_read(rows, last, AT) is not None
    assert [row.key for row in _stored(KNOWN, rows)] == ["1.rights", "1.rights.0000"]


@pytest.mark.parametrize("mode", RightsMode)
@pytest.mark.parametrize("user_id", ["u-1", "u-3", "u-4"])
def test_a_run_reads_of_its_user_what_the_lists_say(user_id: str, mode: RightsMode) -> None:
    """Without reading all of it; a user whom nothing lists is not known."""
    user = replace(USER, id=UserId(user_id))
    assert user_as_read(_stored(replace(KNOWN, mode=mode)), user, AT) == with_rights(user, SPACE, mode)


def test_the_units_that_a_user_sees_are_worked_out_for_the_run() -> None:
    """Above by the role, below by managing; a circle of units ends."""
    found = user_as_read(_stored(KNOWN), USER, AT)
    assert found is not None
    assert (found.unit_ids, found.managed_unit_ids) == (frozenset({"n-2", "n-3"}), frozenset({"n-2"}))
    assert found.further_unit_ids == {"n-1", "n-4", "n-5"}
    assert found.role == replace(ROLE, shut_fields=frozenset({"phone1", "phone2"}), hidden_fields=frozenset({"phone2"}))
    assert (found.email, found.name) == (USER.email, USER.name)


def test_rights_that_are_too_old_or_of_one_who_was_stopped_are_not_known() -> None:
    """Whatever they were."""
    rows = _stored(KNOWN)
    assert user_as_read(rows, USER, AT) is not None
    assert user_as_read(rows, USER, AT + timedelta(seconds=1)) is None
    assert user_as_read(rows, replace(USER, id=UserId("u-2")), AT) is None
    assert user_as_read(_stored(replace(KNOWN, as_of=None)), USER, AT) is None
    assert user_as_read([], USER, AT) is None


def test_a_role_of_a_kind_that_nobody_knows_makes_its_user_unknown() -> None:
    """By ownership it is not asked for."""
    space = replace(SPACE, roles={"r-1": SpaceRole(replace(ROLE, level=Level.UNKNOWN))})
    rows = _stored(replace(KNOWN, space=space))
    assert user_as_read(rows, USER, AT) is None
    assert user_as_read(_stored(replace(KNOWN, space=space, mode=RightsMode.OWNERSHIP)), USER, AT) is not None


@pytest.mark.parametrize("place", [0, 1])
def test_rows_of_another_version_count_for_nothing(place: int) -> None:
    """All is read anew from Pipeliner."""
    rows = _stored(KNOWN)
    rows[place] = replace(rows[place], body=json.dumps({**json.loads(rows[place].body), "version": 2}))
    assert rights_of(rows) == KnownRights()
    assert user_as_read(rows, USER, AT) is None


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"version":1}', '{"version":1,"checked":{"x":"y"},"heads":{}}'])
def test_rows_that_cannot_be_read_count_for_nothing(body: str) -> None:
    """The next tick writes them anew."""
    rows = _stored(KNOWN)
    assert rights_of([replace(rows[0], body=body), *rows[1:]]) == KnownRights()
    assert user_as_read([replace(rows[0], body=body), *rows[1:]], USER, AT) is None
