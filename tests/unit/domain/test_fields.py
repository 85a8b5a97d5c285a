from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.domain import (
    CUSTOM_OUTLOOK_PROPERTIES,
    CUSTOM_TYPES,
    PHONE_FIELDS,
    PHONE_SLOTS,
    STANDARD_FIELDS,
    Contact,
    Direction,
    FieldMap,
    Kind,
    Level,
    Ownership,
    Reach,
    RunCounts,
    SafetyLimits,
    Scope,
    ShareMode,
    Side,
    UserId,
    UserRole,
    custom_field,
    field_map,
    in_scope,
    too_long,
)
from sync_core.domain.connection import has_left
from tests.unit.scenario import STRANGER, USER


def test_every_place_on_both_sides_is_mapped_once() -> None:
    """Two rows never share a name, a Graph property or a Pipeliner field."""
    for places in (
        [row.name for row in STANDARD_FIELDS],
        [row.outlook for row in STANDARD_FIELDS] + list(CUSTOM_OUTLOOK_PROPERTIES),
        [name for row in STANDARD_FIELDS for name in row.pipeliner],
    ):
        assert len(places) == len(set(places))


def test_single_values_have_room_for_one() -> None:
    """Only lists hold several entries on either side."""
    for row in STANDARD_FIELDS:
        assert row.kind.is_list or row.entries(Side.OUTLOOK) == 1
        assert row.kind.is_list or row.name in {"company", "job_title"} or row.entries(Side.PIPELINER) == 1
        assert row.entries(Side.PIPELINER) == len(row.pipeliner)


def test_phone_fields_use_phone_slots() -> None:
    """The phones of the map lie in the five slots that a connection may deal out anew."""
    used = [slot for name in PHONE_FIELDS for slot in FieldMap().field(name).pipeliner]

    assert set(used) <= set(PHONE_SLOTS)


@pytest.mark.parametrize(
    ("direction", "sides"),
    [
        (Direction.BOTH, {Side.OUTLOOK, Side.PIPELINER}),
        (Direction.TO_OUTLOOK, {Side.OUTLOOK}),
        (Direction.TO_PIPELINER, {Side.PIPELINER}),
        (Direction.NONE, set[Side]()),
    ],
)
def test_direction_reaches_the_sides_it_names(direction: Direction, sides: set[Side]) -> None:
    """A field is written where its direction points."""
    assert {side for side in Side if direction.reaches(side)} == sides


def test_field_without_direction_takes_no_part() -> None:
    """What does not travel is neither merged nor kept, but can still be named."""
    rows = FieldMap()

    assert "categories" not in {row.name for row in rows}
    assert rows.field("categories").direction is Direction.NONE
    assert rows.normalised(Contact({"categories": ("a",), "unknown": "x", "city": " Graz "})) == Contact(
        {"city": "Graz"}
    )
    with pytest.raises(KeyError):
        rows.field("unknown")


def test_connection_changes_directions_and_phone_slots() -> None:
    """A connection's map is the standard one with its own choices, and its custom fields at the end."""
    rows = field_map(
        {"notes": Direction.TO_PIPELINER, "cf_birthday": Direction.TO_OUTLOOK},
        {"home_phones": ("phone5",)},
        [custom_field("cf_birthday", "birthday"), custom_field("cf_nick", "nickName", Direction.TO_PIPELINER)],
    )

    assert rows.field("notes").direction is Direction.TO_PIPELINER
    assert rows.field("home_phones").pipeliner == ("phone5",)
    assert rows.field("mobile_phone").pipeliner == ("phone2",)
    assert [(row.name, row.kind, row.direction) for row in rows.fields[-2:]] == [
        ("cf_birthday", Kind.DATE, Direction.TO_OUTLOOK),
        ("cf_nick", Kind.LINE, Direction.TO_PIPELINER),
    ]


def test_custom_field_takes_known_properties_only() -> None:
    """A Graph property outside the list has no kind, and every kind in it has types that can hold it."""
    assert set(CUSTOM_OUTLOOK_PROPERTIES.values()) == set(CUSTOM_TYPES)
    with pytest.raises(KeyError):
        custom_field("cf_x", "photo")


def test_length_counts_per_text() -> None:
    """A value is too long when one of its texts is."""
    city, emails = FieldMap().field("city"), FieldMap().field("emails")

    assert [too_long(city, "x" * length) for length in (255, 256)] == [False, True]
    assert [too_long(emails, ("x" * 200, "x" * length)) for length in (255, 256)] == [False, True]


OWN = Ownership(USER.id)
EDITABLE = Ownership(STRANGER, editor_ids=frozenset({USER.id}))
WATCHED = Ownership(STRANGER, watcher_ids=frozenset({USER.id}))
IN_UNIT = Ownership(STRANGER, unit_id="unit-2")
PRIVATE_IN_UNIT = Ownership(STRANGER, unit_id="unit-2", share_mode=ShareMode.PRIVATE)
FOR_ALL = Ownership(STRANGER, unit_id="unit-9", share_mode=ShareMode.ALL_EDIT)
FOREIGN = Ownership(STRANGER, unit_id="unit-9")
EDITED_BY_UNIT = Ownership(STRANGER, unit_id="unit-9", editor_unit_ids=frozenset({"unit-2"}))
WATCHED_BY_UNIT = Ownership(STRANGER, unit_id="unit-9", watcher_unit_ids=frozenset({"unit-2"}))
ALL_KINDS = (*(OWN, EDITABLE, WATCHED, IN_UNIT, PRIVATE_IN_UNIT, FOREIGN, FOR_ALL, EDITED_BY_UNIT, WATCHED_BY_UNIT),)


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope.OWNED, {OWN}),
        (Scope.OWNED_OR_EDITABLE, {OWN, EDITABLE, EDITED_BY_UNIT}),
        (Scope.VISIBLE, {OWN, EDITABLE, WATCHED, IN_UNIT, FOR_ALL, EDITED_BY_UNIT, WATCHED_BY_UNIT}),
    ],
)
def test_scope_covers_what_its_name_says(scope: Scope, covered: set[Ownership]) -> None:
    """Each scope adds to the one before, and the private contacts of others are in none."""
    assert {ownership for ownership in ALL_KINDS if in_scope(ownership, USER, scope)} == covered


@pytest.mark.parametrize(
    ("reach", "covered"),
    [
        (Reach.OWNED, {OWN}),
        (Reach.SHARED, {OWN, EDITABLE, WATCHED, FOR_ALL, EDITED_BY_UNIT, WATCHED_BY_UNIT}),
        (Reach.UNITS, {OWN, EDITABLE, WATCHED, FOR_ALL, EDITED_BY_UNIT, WATCHED_BY_UNIT, IN_UNIT}),
        (Reach.EVERYTHING, set(ALL_KINDS) - {PRIVATE_IN_UNIT}),
    ],
)
def test_what_is_visible_is_what_the_role_reaches(reach: Reach, covered: set[Ownership]) -> None:
    """A private contact of others is reached by no role."""
    role = UserRole(Level.OWN_AND_SHARED, may_delete=True, opens_archive=True, reach=reach)
    user = replace(USER, role=role)

    assert {ownership for ownership in ALL_KINDS if in_scope(ownership, user, Scope.VISIBLE)} == covered


@pytest.mark.parametrize("of", ["managed_unit_ids", "further_unit_ids"])
def test_a_unit_that_a_user_manages_or_oversees_is_visible(of: str) -> None:
    """Whether they are a member of it or not; its private contacts are not."""
    units: dict[str, Any] = {of: frozenset({"unit-9"})}
    user = replace(USER, **units)

    assert in_scope(FOREIGN, user, Scope.VISIBLE)
    assert not in_scope(replace(FOREIGN, share_mode=ShareMode.PRIVATE), user, Scope.VISIBLE)


def test_a_role_of_some_types_or_of_no_contacts_covers_no_other_not_even_own_ones() -> None:
    """A type that is not told is no allowed one."""
    some = UserRole(Level.OWN_AND_SHARED, may_delete=True, opens_archive=True, type_ids=frozenset({"type-1"}))
    limited, shut = replace(USER, role=some), replace(USER, role=replace(some, level=Level.NONE, type_ids=None))

    assert [in_scope(replace(OWN, type_id=kind), limited, Scope.OWNED) for kind in ("type-1", "type-2", "")] == [
        True,
        False,
        False,
    ]
    assert not in_scope(OWN, shut, Scope.OWNED)


@pytest.mark.parametrize(
    ("role", "scope", "ownership", "is_sure"),
    [
        ({}, Scope.VISIBLE, FOREIGN, True),
        ({"reach": Reach.OWNED}, Scope.VISIBLE, FOREIGN, False),
        ({"reach": Reach.OWNED}, Scope.OWNED, FOREIGN, True),
        ({"type_ids": frozenset({"type-1"})}, Scope.OWNED, OWN, False),
        ({"type_ids": frozenset({"type-1"})}, Scope.OWNED, replace(OWN, type_id="type-2"), True),
        ({"level": Level.UNKNOWN}, Scope.OWNED, FOREIGN, False),
        ({"level": Level.NONE}, Scope.OWNED, OWN, True),
        ({}, Scope.VISIBLE, replace(FOREIGN, shares_unread=True), False),
    ],
)
def test_a_contact_has_left_only_where_the_role_leaves_no_doubt(
    role: dict[str, Any], scope: Scope, ownership: Ownership, *, is_sure: bool
) -> None:
    """A copy stays where the role says only that no new one comes, and where a type is not told."""
    known = replace(UserRole(Level.OWN_AND_SHARED, may_delete=True, opens_archive=True), **role)

    assert has_left(ownership, replace(USER, role=known), scope) is is_sure


def test_contact_without_a_unit_is_in_no_unit() -> None:
    """A user without sales units sees no contact for having none."""
    assert not in_scope(Ownership(UserId("user-9"), unit_id=""), USER, Scope.VISIBLE)


@pytest.mark.parametrize(
    ("removals", "links", "allowed"),
    [(10, 0, True), (11, 0, False), (11, 109, False), (11, 110, True), (100, 1000, True), (101, 1000, False)],
)
def test_guard_allows_the_larger_of_count_and_share(removals: int, links: int, *, allowed: bool) -> None:
    """Ten removals, or a tenth of the links when that is more, are no surprise."""
    assert SafetyLimits().allows(removals, links) is allowed


@pytest.mark.parametrize(
    ("changes", "links", "allowed"), [(20, 0, True), (21, 41, False), (21, 42, True), (501, 1000, False)]
)
def test_guard_allows_equal_changes_up_to_count_or_share(changes: int, links: int, *, allowed: bool) -> None:
    """Twenty equal changes, or half of the links when that is more, are no surprise."""
    assert SafetyLimits().allows_changes(changes, links) is allowed


def test_run_counts_every_kind_of_write() -> None:
    """Writes are the creates, updates and deletes on both sides, and nothing else."""
    counts = RunCounts(1, 2, 4, 8, 16, 32, linked=64, conflicts=64, echoes=64, attention=64, awaiting_approval=64)

    assert counts.writes == 63
