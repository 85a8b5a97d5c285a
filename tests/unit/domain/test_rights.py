"""Who may do what with a Pipeliner contact: the table row by row, and that what is not known gives nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.domain import (
    RIGHTS,
    Claim,
    Level,
    Ownership,
    PipelinerUser,
    Reach,
    Relation,
    Right,
    ShareMode,
    UserId,
    UserRole,
    claims,
    relation_of,
    right_on,
    right_rule,
)
from sync_core.domain.rights import NO_ROLE
from tests.unit.scenario import STRANGER, USER, in_pipeliner

OWN = Claim(
    Relation.OWNER, ShareMode.STANDARD, Level.OWN_AND_SHARED, may_delete=True, is_protected=False, is_shut_away=False
)
EDITED, WATCHED = OWN._replace(relation=Relation.EDITOR), OWN._replace(relation=Relation.WATCHER)
IN_UNIT, STRANGE = OWN._replace(relation=Relation.UNIT), OWN._replace(relation=Relation.OUTSIDER)
PRIVATE, ALL_VIEW, ALL_EDIT = ShareMode.PRIVATE, ShareMode.ALL_VIEW, ShareMode.ALL_EDIT

MANAGED, BEYOND = OWN._replace(relation=Relation.MANAGER), OWN._replace(relation=Relation.OUT_OF_REACH)

ROWS = [
    # a claim, what it gives, and the row that says so
    (OWN._replace(level=Level.NONE), Right.NONE, 1),
    (OWN._replace(level=Level.UNKNOWN), Right.NONE, 1),
    (OWN._replace(is_type_allowed=False), Right.NONE, 2),
    (EDITED._replace(is_type_allowed=None), Right.NONE, 2),
    (BEYOND._replace(share_mode=ALL_EDIT), Right.NONE, 3),
    (OWN._replace(relation=Relation.UNKNOWN), Right.NONE, 4),
    (IN_UNIT._replace(share_mode=PRIVATE), Right.NONE, 5),
    (MANAGED._replace(share_mode=PRIVATE, level=Level.EVERYTHING_SEEN), Right.NONE, 5),
    (STRANGE._replace(share_mode=None), Right.NONE, 5),
    (STRANGE, Right.NONE, 6),
    (STRANGE._replace(level=Level.EVERYTHING_SEEN), Right.NONE, 6),
    (OWN._replace(level=Level.READ), Right.SEE, 7),
    (EDITED._replace(level=Level.READ), Right.SEE, 7),
    (OWN._replace(is_shut_away=True), Right.SEE, 8),
    (OWN._replace(may_delete=False), Right.EDIT, 9),
    (OWN._replace(is_protected=True), Right.EDIT, 10),
    (OWN._replace(is_protected=None), Right.EDIT, 10),
    (OWN, Right.DELETE, 11),
    (OWN._replace(share_mode=PRIVATE), Right.DELETE, 11),
    (EDITED, Right.EDIT, 12),
    (EDITED._replace(share_mode=PRIVATE), Right.EDIT, 12),
    (WATCHED, Right.SEE, 13),
    (WATCHED._replace(level=Level.EVERYTHING_SEEN), Right.SEE, 13),
    (STRANGE._replace(share_mode=ALL_EDIT), Right.EDIT, 14),
    (MANAGED._replace(level=Level.AND_MANAGED), Right.EDIT, 15),
    (MANAGED._replace(level=Level.EVERYTHING_SEEN), Right.EDIT, 15),
    (IN_UNIT._replace(level=Level.EVERYTHING_SEEN), Right.EDIT, 16),
    (STRANGE._replace(share_mode=ALL_VIEW, level=Level.EVERYTHING_SEEN), Right.EDIT, 16),
    (IN_UNIT, Right.SEE, 17),
    (IN_UNIT._replace(level=Level.AND_MANAGED), Right.SEE, 17),
    (MANAGED, Right.SEE, 17),
    (STRANGE._replace(share_mode=ALL_VIEW), Right.SEE, 17),
]


@pytest.mark.parametrize(("claim", "right", "row"), ROWS)
def test_a_row_gives_what_it_says(claim: Claim, right: Right, row: int) -> None:
    """Each claim finds its own row."""
    assert (right_rule(claim).right, RIGHTS.index(right_rule(claim)) + 1) == (right, row)


def test_every_row_is_told_and_says_why() -> None:
    """No row is dead, and none is left out of the rows above."""
    assert {row for _, _, row in ROWS} == set(range(1, len(RIGHTS) + 1))
    assert all(rule.why for rule in RIGHTS)
    assert {right_rule(claim) for claim in claims()} == set(RIGHTS)


def test_what_is_not_known_never_gives_more() -> None:
    """Whatever takes the place of what nobody could tell, the user may then go at least as far."""
    unknown: dict[str, Any] = {"relation": Relation.UNKNOWN, "level": Level.UNKNOWN}
    every = list(claims())
    for name in Claim._fields:
        by_rest: dict[Claim, list[Claim]] = {}
        for claim in every:
            untold: dict[str, Any] = {name: unknown.get(name)}
            by_rest.setdefault(claim._replace(**untold), []).append(claim)
        for least, others in by_rest.items():
            assert right_rule(least).right <= min(right_rule(other).right for other in others)


def test_only_who_owns_a_contact_may_delete_it() -> None:
    """Whatever the role, the mode and the shares."""
    assert {claim.relation for claim in claims() if right_rule(claim).right is Right.DELETE} == {Relation.OWNER}


def test_who_only_watches_or_only_reads_edits_nothing() -> None:
    """A share to watch is no share to edit, and a role that reads writes not even what its user owns."""
    for claim in claims():
        if claim.relation is Relation.WATCHER or claim.level is Level.READ:
            assert right_rule(claim).right <= Right.SEE


def test_each_right_holds_those_before_it() -> None:
    """Who may delete may edit, and who may edit sees."""
    assert sorted(Right) == [Right.NONE, Right.SEE, Right.EDIT, Right.DELETE]


# What a contact and a user come to


@pytest.mark.parametrize(
    ("ownership", "relation"),
    [
        (Ownership(USER.id, editor_ids=frozenset({USER.id})), Relation.OWNER),
        (Ownership(STRANGER, frozenset({USER.id}), frozenset({USER.id})), Relation.EDITOR),
        (Ownership(STRANGER, watcher_ids=frozenset({USER.id}), unit_id="unit-1"), Relation.WATCHER),
        (Ownership(STRANGER, unit_id="unit-2"), Relation.UNIT),
        (Ownership(STRANGER, unit_id="unit-9"), Relation.OUTSIDER),
        (Ownership(STRANGER), Relation.OUTSIDER),
        (Ownership(UserId("")), Relation.UNKNOWN),
        (Ownership(STRANGER, unit_id="unit-2", shares_unread=True), Relation.UNKNOWN),
        (Ownership(STRANGER, frozenset({USER.id}), shares_unread=True), Relation.EDITOR),
        (Ownership(STRANGER, unit_id="unit-9", editor_unit_ids=frozenset({"unit-2"})), Relation.EDITOR),
        (Ownership(STRANGER, unit_id="unit-9", watcher_unit_ids=frozenset({"unit-2"})), Relation.WATCHER),
        (Ownership(STRANGER, unit_id="unit-9", editor_unit_ids=frozenset({"unit-8"})), Relation.OUTSIDER),
    ],
)
def test_the_closest_relation_counts(ownership: Ownership, relation: Relation) -> None:
    """Owner before editor before watcher before the unit; a record without an owner tells nothing."""
    assert relation_of(USER, ownership) is relation


def test_a_contact_of_the_users_own_is_theirs_to_delete_unless_it_is_protected_or_that_is_not_told() -> None:
    """Where nobody asks for roles, who owns it decides."""
    own = in_pipeliner()

    assert right_on(USER, own) is Right.DELETE
    assert right_on(USER, replace(own, is_protected=True)) is Right.EDIT
    assert right_on(USER, replace(own, is_protected=None)) is Right.EDIT
    assert right_on(USER, replace(own, is_protected=True, is_deleted=True)) is Right.DELETE


def test_who_has_no_role_that_was_asked_for_counts_by_ownership_alone() -> None:
    """No row about a role is about them."""
    assert (NO_ROLE.level, NO_ROLE.may_delete, NO_ROLE.opens_archive) == (Level.NOT_ASKED, True, True)


@pytest.mark.parametrize(
    ("mode", "right"), [(PRIVATE, Right.NONE), (ShareMode.STANDARD, Right.SEE), (ALL_EDIT, Right.EDIT)]
)
def test_the_share_mode_of_a_contact_counts(mode: ShareMode, right: Right) -> None:
    """Of one that lies in a unit of theirs."""
    contact = replace(in_pipeliner(), ownership=Ownership(STRANGER, unit_id="unit-2", share_mode=mode))

    assert right_on(USER, contact) is right


def test_the_archive_is_shut_only_to_a_role_that_does_not_open_it() -> None:
    """An archived contact is a contact like any other, unless the role is known and says otherwise."""
    archived, user = in_pipeliner(is_archived=True), _with(opens_archive=False)

    assert right_on(USER, archived) is Right.DELETE
    assert (right_on(user, archived), right_on(user, in_pipeliner())) == (Right.SEE, Right.DELETE)


def _with(*, opens_archive: bool) -> PipelinerUser:
    return replace(USER, role=UserRole(Level.OWN_AND_SHARED, may_delete=True, opens_archive=opens_archive))


@pytest.mark.parametrize(
    ("reach", "unit_id", "relation"),
    [
        (Reach.OWNED, "unit-2", Relation.OUT_OF_REACH),
        (Reach.SHARED, "unit-2", Relation.OUTSIDER),
        (Reach.SHARED, "unit-7", Relation.MANAGER),
        (Reach.SHARED, "unit-8", Relation.UNIT),
        (Reach.UNITS, "unit-2", Relation.UNIT),
        (Reach.UNITS, "unit-8", Relation.UNIT),
        (Reach.UNITS, "unit-9", Relation.OUTSIDER),
        (Reach.EVERYTHING, "unit-9", Relation.UNIT),
        (Reach.EVERYTHING, "unit-7", Relation.MANAGER),
    ],
)
def test_what_a_unit_gives_depends_on_the_roles_reach_and_on_who_manages_it(
    reach: Reach, unit_id: str, relation: Relation
) -> None:
    """They are in unit-2, manage unit-7, and see unit-8, which lies below."""
    units: dict[str, Any] = {"managed_unit_ids": frozenset({"unit-7"}), "further_unit_ids": frozenset({"unit-8"})}
    role = UserRole(Level.OWN_AND_SHARED, may_delete=True, opens_archive=True, reach=reach)
    user = replace(USER, role=role, **units)

    assert relation_of(user, Ownership(STRANGER, unit_id=unit_id)) is relation
    assert relation_of(user, Ownership(USER.id, unit_id=unit_id)) is Relation.OWNER


@pytest.mark.parametrize(("type_id", "right"), [("type-1", Right.DELETE), ("type-2", Right.NONE), ("", Right.NONE)])
def test_a_role_of_some_contact_types_shows_no_other_one(type_id: str, right: Right) -> None:
    """Nor one whose type is not told."""
    role = UserRole(Level.OWN_AND_SHARED, may_delete=True, opens_archive=True, type_ids=frozenset({"type-1"}))
    contact = in_pipeliner()
    typed = replace(contact, ownership=replace(contact.ownership, type_id=type_id))

    assert right_on(replace(USER, role=role), typed) is right


def test_who_may_not_delete_may_create_again_what_they_owned() -> None:
    """Nobody need delete what is deleted already; who only reads creates nothing."""
    owner = UserRole(Level.OWN_AND_SHARED, may_delete=False, opens_archive=True)
    gone = in_pipeliner(is_deleted=True)

    assert right_on(replace(USER, role=owner), in_pipeliner()) is Right.EDIT
    assert right_on(replace(USER, role=owner), gone) is Right.DELETE
    assert right_on(replace(USER, role=replace(owner, level=Level.READ)), gone) is Right.SEE
