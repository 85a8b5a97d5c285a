"""What is seen of a link, and that its decision is what the table's row says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain import (
    Absent,
    AbsentBy,
    Create,
    Direction,
    End,
    KeepDormant,
    Mark,
    OutlookState,
    Ownership,
    Pair,
    PipelinerState,
    Recreate,
    Remove,
    Resolution,
    Scope,
    Side,
    SyncType,
    Update,
    decide,
    field_map,
    rule_for,
    see_outlook,
    see_pipeliner,
    situation_of,
)
from tests.decided import created_on, resolution_of
from tests.situations import seen_situations
from tests.unit.domain.as_seen import (
    ALONE,
    IN_VIENNA,
    OUTLOOKS,
    PIPELINERS,
    connection_in,
    contacts_in,
    decided,
    decided_in,
    link_in,
    writes,
)
from tests.unit.scenario import (
    FOLDER,
    STRANGER,
    USER,
    a_connection,
    a_link,
    anna,
    dormant,
    in_outlook,
    in_pipeliner,
    ours,
)

STILL_EDITABLE = replace(in_pipeliner(), ownership=Ownership(STRANGER, editor_ids=frozenset({USER.id})))
"""Given to somebody else, and shared with Rita to edit."""


@pytest.mark.parametrize("state", sorted(ALONE))
def test_outlook_states_are_told_apart(state: OutlookState) -> None:
    """Gone, elsewhere, edited or as it was: each is seen for what it is."""
    assert see_outlook(a_connection(), FOLDER, a_link(), OUTLOOKS[state]) is state


@pytest.mark.parametrize("state", PipelinerState)
def test_pipeliner_states_are_told_apart(state: PipelinerState) -> None:
    """Out of sight, deleted, out of scope, edited or as it was: each is seen for what it is."""
    assert see_pipeliner(a_connection(), a_link(), PIPELINERS[state]) is state


@pytest.mark.parametrize(
    ("absent", "mark"),
    [
        (None, Mark.NONE),
        (ours(Side.OUTLOOK), Mark.OURS_IN_OUTLOOK),
        (ours(Side.PIPELINER), Mark.OURS_IN_PIPELINER),
        (Absent(Side.OUTLOOK, AbsentBy.US), Mark.OURS_IN_OUTLOOK),
        (dormant(side=Side.OUTLOOK), Mark.DORMANT),
        (dormant(side=Side.PIPELINER), Mark.DORMANT),
        (dormant("the connection ends, and the sync had created it", by=AbsentBy.US), Mark.DORMANT),
        (Absent(Side.OUTLOOK, AbsentBy.UNKNOWN, None, "as 0.1 wrote it"), Mark.DORMANT),
    ],
)
def test_a_mark_with_a_reason_is_a_dormant_link(absent: Absent | None, mark: Mark) -> None:
    """Whoever took the contact away: a reason to keep the other one makes the link dormant, else we began to remove."""
    link = a_link(absent=absent)

    assert situation_of(a_connection(), FOLDER, link, None, None).mark is mark
    assert link.is_dormant is (mark is Mark.DORMANT)


def test_every_situation_is_seen_for_what_it_is() -> None:
    """What both contacts, the link and the connection's rules come to is the situation that the table looks at."""
    for seen in seen_situations():
        assert situation_of(connection_in(seen), FOLDER, link_in(seen), *contacts_in(seen)) == seen


@pytest.mark.parametrize(
    ("city", "state"),
    [
        (Direction.BOTH, OutlookState.EDITED),
        (Direction.TO_PIPELINER, OutlookState.EDITED),
        (Direction.TO_OUTLOOK, OutlookState.EDIT_BLOCKED),
    ],
)
def test_an_edit_that_may_not_travel_is_blocked_once_the_contact_left(city: Direction, state: OutlookState) -> None:
    """It keeps no contact in the folder for ever; while the contact is in the scope it is an edit like any other."""
    connection = a_connection(field_map=field_map({"city": city}, {}, []))
    outlook, left = in_outlook(IN_VIENNA), STILL_EDITABLE

    assert situation_of(connection, FOLDER, a_link(), outlook, left).outlook is state
    assert situation_of(connection, FOLDER, a_link(), outlook, in_pipeliner()).outlook is OutlookState.EDITED


def test_an_edit_that_does_not_fit_is_blocked_once_the_contact_left() -> None:
    """What Pipeliner cannot hold never gets there; one edit that fits is enough to wait for."""
    too_long = in_outlook(anna(job_title="x" * 256))
    and_more = in_outlook(anna(job_title="x" * 256, city="Wien"))
    left = STILL_EDITABLE

    assert isinstance(decided(too_long, left), Remove)
    assert resolution_of(decided(and_more, left)) is Resolution.SEND_THEN_REMOVE
    assert writes(decided(and_more, left)) == {Side.OUTLOOK: {}, Side.PIPELINER: {"city": "Wien"}}


@pytest.mark.parametrize("sync_type", SyncType)
def test_whether_an_edit_is_blocked_does_not_go_by_the_sync_type(sync_type: SyncType) -> None:
    """The table has a column for that; here only the field, the value and the other side count."""
    connection = a_connection(sync_type)
    edited, left = in_outlook(IN_VIENNA), STILL_EDITABLE

    assert situation_of(connection, FOLDER, a_link(), edited, left).outlook is OutlookState.EDITED


@pytest.mark.parametrize(
    ("scope", "state"),
    [(Scope.OWNED, PipelinerState.LEFT_SCOPE), (Scope.OWNED_OR_EDITABLE, PipelinerState.UNCHANGED)],
)
def test_the_connections_scope_says_what_has_left(scope: Scope, state: PipelinerState) -> None:
    """A contact that was given away but may still be edited stays only where that is enough."""
    given_away = replace(in_pipeliner(), ownership=Ownership(STRANGER, editor_ids=frozenset({USER.id})))

    assert see_pipeliner(replace(a_connection(), scope=scope), a_link(), given_away) is state


@pytest.mark.parametrize(
    ("scope", "state"),
    [(Scope.OWNED, PipelinerState.LEFT_SCOPE), (Scope.OWNED_OR_EDITABLE, PipelinerState.OUT_OF_SIGHT)],
)
def test_a_contact_has_left_only_if_it_is_known_with_whom_it_is_shared(scope: Scope, state: PipelinerState) -> None:
    """Where that decides and could not be read, it counts as out of sight: nothing is sent, removed or deleted."""
    unread = replace(in_pipeliner(), ownership=Ownership(STRANGER, shares_unread=True))
    connection = replace(a_connection(delete_protection=False), scope=scope)

    assert see_pipeliner(connection, a_link(), unread) is state
    for outlook in (None, in_outlook(), in_outlook(IN_VIENNA)) if state is PipelinerState.OUT_OF_SIGHT else ():
        assert isinstance(decide(connection, FOLDER, a_link(), outlook, unread), KeepDormant)


def test_deleted_contact_of_somebody_else_is_deleted() -> None:
    """A delete counts, whoever owns the contact by now."""
    assert (
        see_pipeliner(a_connection(), a_link(), in_pipeliner(is_deleted=True, owner_id=STRANGER))
        is PipelinerState.DELETED
    )


# What the table says is what is decided


def test_every_situation_is_decided_as_its_row_says() -> None:
    """The kind of the decision is the row's resolution, about this link, in the row's words."""
    for seen in seen_situations():
        rule, decision = rule_for(seen), decided_in(seen)

        assert resolution_of(decision) is rule.resolution
        assert decision.link == link_in(seen)
        assert not isinstance(decision, Pair | Create)
        assert decision.why == ("delete protection" if rule.mark is Mark.DORMANT else rule.why)


def test_a_decision_holds_the_contacts_that_applying_it_needs() -> None:
    """Both for a merge, what goes for a removal, what is copied for a create; none where nothing is written."""
    kinds = set()
    for seen in seen_situations():
        outlook, pipeliner = contacts_in(seen)
        decision = decided_in(seen)
        kinds.add(type(decision))
        if isinstance(decision, Update):
            assert (decision.outlook, decision.pipeliner) == (outlook, pipeliner)
        elif isinstance(decision, Recreate):
            assert decision.source == (pipeliner if decision.side is Side.OUTLOOK else outlook)
        elif isinstance(decision, Remove):
            assert decision.contact == (outlook if decision.side is Side.OUTLOOK else pipeliner)
        else:
            assert isinstance(decision, KeepDormant | End)

    assert kinds == {Update, Recreate, Remove, KeepDormant, End}


def test_no_decision_writes_against_the_sync_type() -> None:
    """Whatever is seen and remembered, a one-way connection writes, creates and removes nothing where it only reads."""
    for seen in seen_situations():
        decision = decided_in(seen)

        for side in Side:
            if not seen.sync_type.reaches(side):
                assert not writes(decision)[side]
                assert created_on(decision) is not side
                assert not (isinstance(decision, Remove) and decision.side is side)
