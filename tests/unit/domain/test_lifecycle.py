"""The truth table against the design's own rows, and what it may never do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sync_core.domain import (
    RULES,
    Mark,
    OutlookState,
    PipelinerState,
    Resolution,
    Right,
    Rule,
    Side,
    Situation,
    SyncType,
    rule_for,
    situations,
)
from tests.situations import can_be_seen, rights_beside, seen_situations

WRITES: dict[Resolution, frozenset[Side]] = {
    Resolution.MERGE: frozenset(),
    Resolution.DORMANT: frozenset(),
    Resolution.END: frozenset(),
    Resolution.DELETE_IN_PIPELINER: frozenset({Side.PIPELINER}),
    Resolution.DELETE_IN_OUTLOOK: frozenset({Side.OUTLOOK}),
    Resolution.REMOVE_FROM_OUTLOOK: frozenset({Side.OUTLOOK}),
    Resolution.SEND_THEN_REMOVE: frozenset(Side),
    Resolution.RECREATE_IN_OUTLOOK: frozenset({Side.OUTLOOK}),
    Resolution.RECREATE_IN_PIPELINER: frozenset({Side.PIPELINER}),
}
"""Sides that a resolution writes by itself; a merge is bound by the rules of merging."""
DELETES = {Resolution.DELETE_IN_PIPELINER, Resolution.DELETE_IN_OUTLOOK}
REMOVALS = DELETES | {Resolution.REMOVE_FROM_OUTLOOK}

TWO_WAY = [
    # Outlook, Pipeliner, delete protection, resolution; of a link without a mark
    ("edited", "unchanged", None, Resolution.MERGE),
    ("unchanged", "edited", None, Resolution.MERGE),
    ("edited", "edited", None, Resolution.MERGE),
    ("unchanged", "unchanged", None, Resolution.MERGE),
    ("deleted", "unchanged", True, Resolution.DORMANT),
    ("deleted", "unchanged", False, Resolution.DELETE_IN_PIPELINER),
    ("deleted", "edited", None, Resolution.RECREATE_IN_OUTLOOK),
    ("unchanged", "deleted", None, Resolution.DELETE_IN_OUTLOOK),
    ("edited", "deleted", None, Resolution.RECREATE_IN_PIPELINER),
    ("edit_arrived", "deleted", None, Resolution.DELETE_IN_OUTLOOK),
    ("deleted", "deleted", None, Resolution.END),
    ("moved", "unchanged", None, Resolution.DORMANT),
    ("moved", "edited", None, Resolution.DORMANT),
    ("moved", "deleted", None, Resolution.END),
    ("moved", "left_scope", None, Resolution.END),
    ("deleted", "left_scope", None, Resolution.END),
    ("unchanged", "left_scope", None, Resolution.REMOVE_FROM_OUTLOOK),
    ("edited", "left_scope", None, Resolution.SEND_THEN_REMOVE),
    ("edit_blocked", "left_scope", None, Resolution.REMOVE_FROM_OUTLOOK),
    ("unchanged", "out_of_sight", None, Resolution.DORMANT),
    ("edited", "out_of_sight", None, Resolution.DORMANT),
    ("deleted", "out_of_sight", None, Resolution.DORMANT),
    ("moved", "out_of_sight", None, Resolution.DORMANT),
]

ONE_WAY = [
    # sync type, Outlook, Pipeliner, resolution; where two-way would write the side that is only read
    (SyncType.TO_PIPELINER, "deleted", "edited", Resolution.DORMANT),
    (SyncType.TO_PIPELINER, "unchanged", "deleted", Resolution.DORMANT),
    (SyncType.TO_PIPELINER, "edit_arrived", "deleted", Resolution.DORMANT),
    (SyncType.TO_PIPELINER, "unchanged", "left_scope", Resolution.DORMANT),
    (SyncType.TO_PIPELINER, "edited", "left_scope", Resolution.DORMANT),
    (SyncType.TO_PIPELINER, "edit_blocked", "left_scope", Resolution.DORMANT),
    (SyncType.TO_OUTLOOK, "deleted", "unchanged", Resolution.DORMANT),
    (SyncType.TO_OUTLOOK, "edited", "deleted", Resolution.DELETE_IN_OUTLOOK),
    (SyncType.TO_OUTLOOK, "edited", "left_scope", Resolution.REMOVE_FROM_OUTLOOK),
]

_BACK_IN_OUTLOOK = (Resolution.RECREATE_IN_OUTLOOK, Resolution.END, Resolution.RECREATE_IN_OUTLOOK)
_BACK_IN_PIPELINER = (Resolution.RECREATE_IN_PIPELINER, Resolution.RECREATE_IN_PIPELINER, Resolution.END)
_DORMANT, _END = (Resolution.DORMANT,) * 3, (Resolution.END,) * 3
MARKED: dict[tuple[Mark, str, str], tuple[Resolution, Resolution, Resolution]] = {
    # two-way, to Pipeliner, to Outlook; with delete protection on and off alike
    (Mark.DORMANT, "deleted", "unchanged"): _DORMANT,
    (Mark.DORMANT, "deleted", "edited"): _DORMANT,
    (Mark.OURS_IN_OUTLOOK, "deleted", "unchanged"): _BACK_IN_OUTLOOK,
    (Mark.OURS_IN_OUTLOOK, "deleted", "edited"): _BACK_IN_OUTLOOK,
    (Mark.OURS_IN_OUTLOOK, "deleted", "deleted"): _END,
    (Mark.OURS_IN_OUTLOOK, "deleted", "left_scope"): _END,
    (Mark.OURS_IN_PIPELINER, "unchanged", "deleted"): _BACK_IN_PIPELINER,
    (Mark.OURS_IN_PIPELINER, "edited", "deleted"): _BACK_IN_PIPELINER,
    (Mark.OURS_IN_PIPELINER, "edit_arrived", "deleted"): _BACK_IN_PIPELINER,
    (Mark.OURS_IN_PIPELINER, "deleted", "deleted"): _END,
    (Mark.OURS_IN_PIPELINER, "moved", "deleted"): _END,
}
"""What a mark says of the side that is missing; everywhere else it says nothing."""


def resolution(seen: Situation) -> Resolution:
    """What the table decides."""
    return rule_for(seen).resolution


def situation(
    outlook: str, pipeliner: str, sync_type: SyncType, *, protected: bool, mark: Mark = Mark.NONE
) -> Situation:
    """A situation by the names of its states."""
    return Situation(OutlookState(outlook), PipelinerState(pipeliner), mark, sync_type, protected)


def with_both_protections(seen: Situation) -> Iterator[Situation]:
    """The same situation with delete protection on and off."""
    return (replace(seen, delete_protection=protected) for protected in (True, False))


@pytest.mark.parametrize(("outlook", "pipeliner", "protection", "expected"), TWO_WAY)
def test_two_way_links_fare_as_designed(
    outlook: str, pipeliner: str, expected: Resolution, *, protection: bool | None
) -> None:
    """Each row of the design's table, with delete protection on and off where it does not matter."""
    for protected in (True, False) if protection is None else (protection,):
        assert resolution(situation(outlook, pipeliner, SyncType.TWO_WAY, protected=protected)) is expected


def test_two_way_rows_leave_no_situation_out() -> None:
    """The table above speaks of every pair of states that can be seen."""
    told = {(outlook, pipeliner) for outlook, pipeliner, _, _ in TWO_WAY}

    assert told == {(seen.outlook.value, seen.pipeliner.value) for seen in seen_situations()}


@pytest.mark.parametrize(("sync_type", "outlook", "pipeliner", "expected"), ONE_WAY)
def test_one_way_links_fare_as_designed(
    sync_type: SyncType, outlook: str, pipeliner: str, expected: Resolution
) -> None:
    """Where two-way would write the ignored side, the leading side decides alone."""
    for protected in (True, False):
        assert resolution(situation(outlook, pipeliner, sync_type, protected=protected)) is expected


def test_one_way_rows_leave_no_situation_out() -> None:
    """The table above speaks of every situation in which two-way writes a side that this direction only reads."""
    told = {(sync_type, outlook, pipeliner) for sync_type, outlook, pipeliner, _ in ONE_WAY}

    assert told == {
        (seen.sync_type, seen.outlook.value, seen.pipeliner.value)
        for seen in seen_situations()
        if seen.mark is Mark.NONE and seen.right is max(rights_beside(seen.pipeliner)) and not _may_do_as_two_way(seen)
    }


@pytest.mark.parametrize(("key", "expected"), MARKED.items())
def test_marked_links_fare_as_designed(
    key: tuple[Mark, str, str], expected: tuple[Resolution, Resolution, Resolution]
) -> None:
    """A dormant link stays so; what we removed ourselves comes back when the other side has it again, else it ends."""
    mark, outlook, pipeliner = key
    for protected in (True, False):
        decided = [
            resolution(situation(outlook, pipeliner, sync_type, protected=protected, mark=mark))
            for sync_type in (SyncType.TWO_WAY, SyncType.TO_PIPELINER, SyncType.TO_OUTLOOK)
        ]
        assert tuple(decided) == expected


def test_a_mark_counts_only_where_its_side_is_missing() -> None:
    """In every other situation a marked link is decided like one without a mark."""
    for seen in seen_situations():
        if (seen.mark, seen.outlook.value, seen.pipeliner.value) not in MARKED:
            assert resolution(seen) is resolution(replace(seen, mark=Mark.NONE))


def test_a_dormant_link_only_holds_back() -> None:
    """It keeps from being deleted or put back what an unmarked link would, and does nothing that one would not."""
    for seen in seen_situations():
        unmarked = resolution(replace(seen, mark=Mark.NONE))
        dormant = resolution(replace(seen, mark=Mark.DORMANT))
        held_back = {Resolution.DELETE_IN_PIPELINER, Resolution.RECREATE_IN_OUTLOOK}

        assert dormant is (Resolution.DORMANT if unmarked in held_back else unmarked)


def test_what_we_removed_ourselves_is_never_taken_for_a_persons_delete() -> None:
    """A side that is missing by our own hand has nothing removed on the other."""
    for seen in situations():
        is_ours = (seen.mark is Mark.OURS_IN_OUTLOOK and seen.outlook is OutlookState.DELETED) or (
            seen.mark is Mark.OURS_IN_PIPELINER and seen.pipeliner is PipelinerState.DELETED
        )
        if is_ours:
            assert resolution(seen) not in REMOVALS


def test_what_is_out_of_sight_is_left_alone() -> None:
    """Whatever Outlook shows and the link remembers: not seeing a contact is no reason to do anything."""
    for seen in situations():
        if seen.pipeliner is PipelinerState.OUT_OF_SIGHT:
            assert resolution(seen) is Resolution.DORMANT


@pytest.mark.parametrize(
    ("edit", "beside"),
    [
        (OutlookState.EDIT_ARRIVED, PipelinerState.DELETED),
        (OutlookState.EDIT_BLOCKED, PipelinerState.LEFT_SCOPE),
    ],
)
def test_an_edit_with_nothing_to_send_keeps_no_contact(edit: OutlookState, beside: PipelinerState) -> None:
    """It is decided like no edit at all, under every mark and rule."""
    told = [seen for seen in seen_situations() if seen.outlook is edit]

    assert {seen.pipeliner for seen in told} == {beside}
    for seen in told:
        assert resolution(seen) is resolution(replace(seen, outlook=OutlookState.UNCHANGED))


def test_every_situation_is_decided() -> None:
    """No situation finds the table empty-handed, and all are listed."""
    told = list(situations())

    states = len(OutlookState) * len(PipelinerState)
    assert len(told) == len(set(told)) == states * len(Mark) * len(SyncType) * 2 * len(Right)
    assert all(isinstance(resolution(seen), Resolution) for seen in told)


def test_no_row_of_the_table_is_dead() -> None:
    """Each row decides some situation that can be seen, and says why."""
    used = {id(rule_for(seen)) for seen in seen_situations()}

    assert used == {id(rule) for rule in RULES}
    assert all(rule.why for rule in RULES)


def test_the_table_asks_nothing_of_a_contact_that_is_not_there() -> None:
    """What Outlook does not show is not written there, and what a side still has is not created there again."""
    for seen in situations():
        decided = resolution(seen)
        if seen.outlook is OutlookState.DELETED:
            assert not {Side.OUTLOOK} & WRITES[decided] or decided is Resolution.RECREATE_IN_OUTLOOK
            assert decided not in {Resolution.MERGE, Resolution.RECREATE_IN_PIPELINER}
        else:
            assert decided not in {Resolution.RECREATE_IN_OUTLOOK, Resolution.DELETE_IN_PIPELINER}
        if seen.pipeliner is PipelinerState.DELETED:
            assert Side.PIPELINER not in WRITES[decided] or decided is Resolution.RECREATE_IN_PIPELINER
            assert decided not in {Resolution.MERGE, Resolution.RECREATE_IN_OUTLOOK}
        else:
            assert decided not in {Resolution.RECREATE_IN_PIPELINER, Resolution.DELETE_IN_OUTLOOK}


@pytest.mark.parametrize(
    ("sync_type", "ignored"), [(SyncType.TO_PIPELINER, Side.OUTLOOK), (SyncType.TO_OUTLOOK, Side.PIPELINER)]
)
def test_one_way_never_writes_the_ignored_direction(sync_type: SyncType, ignored: Side) -> None:
    """A connection in one direction never creates, deletes or removes on the side that it only reads."""
    assert set(WRITES) == set(Resolution)
    for seen in situations():
        if seen.sync_type is sync_type:
            assert ignored not in WRITES[resolution(seen)]


@pytest.mark.parametrize("sync_type", SyncType)
def test_one_way_does_what_two_way_does_where_it_may(sync_type: SyncType) -> None:
    """Ignoring a direction leaves a link dormant or to the leading side's own way, and never does more."""
    for seen in situations():
        if seen.sync_type is sync_type and _may_do_as_two_way(seen):
            assert resolution(seen) is resolution(replace(seen, sync_type=SyncType.TWO_WAY))


def test_deletes_follow_a_delete_only() -> None:
    """A contact is deleted only because its counterpart was; moving or leaving the scope never deletes."""
    for seen in situations():
        decided = resolution(seen)
        if decided is Resolution.DELETE_IN_PIPELINER:
            assert seen.outlook is OutlookState.DELETED
        if decided is Resolution.DELETE_IN_OUTLOOK:
            assert seen.pipeliner is PipelinerState.DELETED
        if seen.outlook is OutlookState.MOVED:
            assert not WRITES[decided]
        if seen.pipeliner is PipelinerState.LEFT_SCOPE:
            assert decided not in DELETES


def test_delete_protection_keeps_pipeliner_whole() -> None:
    """With protection on nothing is ever deleted in Pipeliner, and nothing else depends on it."""
    for seen in situations():
        on, off = map(resolution, with_both_protections(seen))

        assert on is not Resolution.DELETE_IN_PIPELINER
        assert on is off or (on, off) == (Resolution.DORMANT, Resolution.DELETE_IN_PIPELINER)


def test_edit_is_never_deleted_in_two_way() -> None:
    """A side that was edited is not deleted from under the edit, whatever the link remembers.

    Only what the user owned is created again: the edit of a contact that was not theirs goes with it, and is told.
    """
    for seen in situations():
        if seen.sync_type is SyncType.TWO_WAY and "edited" in {seen.outlook.value, seen.pipeliner.value}:
            was_not_theirs = seen.pipeliner is PipelinerState.DELETED and seen.right is not Right.DELETE
            assert resolution(seen) not in REMOVALS or was_not_theirs


def test_nothing_is_deleted_or_created_in_pipeliner_that_is_not_the_users() -> None:
    """Whatever is seen and remembered: the space's key lends nobody rights."""
    lent = {Resolution.DELETE_IN_PIPELINER, Resolution.RECREATE_IN_PIPELINER}
    for seen in situations():
        if seen.right is not Right.DELETE:
            assert resolution(seen) not in lent


def test_a_narrower_right_changes_nothing_else() -> None:
    """What does not write to Pipeliner is decided alike for everybody; what may not be deleted there is kept."""
    instead = {
        Resolution.DELETE_IN_PIPELINER: {Resolution.DORMANT},
        Resolution.RECREATE_IN_PIPELINER: {Resolution.DELETE_IN_OUTLOOK, Resolution.DORMANT, Resolution.END},
    }
    for seen in situations():
        unbound = resolution(replace(seen, right=Right.DELETE))
        assert resolution(seen) in {unbound} | instead.get(unbound, set())


def test_first_fitting_row_decides() -> None:
    """The row that is found is the first that fits, so that the table can be read from the top."""
    for seen in situations():
        fitting = [rule for rule in RULES if _reads(rule, seen)]

        assert rule_for(seen) is fitting[0]
        assert [rule.fits(seen) for rule in RULES] == [rule in fitting for rule in RULES]


def test_only_two_states_are_bound_to_a_neighbour() -> None:
    """Every other pair of states can be seen."""
    unseen = {(o, p) for o in OutlookState for p in PipelinerState if not can_be_seen(o, p)}

    assert {outlook for outlook, _ in unseen} == {OutlookState.EDIT_ARRIVED, OutlookState.EDIT_BLOCKED}
    assert len(unseen) == 2 * (len(PipelinerState) - 1)


def _may_do_as_two_way(seen: Situation) -> bool:
    two_way = resolution(replace(seen, sync_type=SyncType.TWO_WAY))
    return all(seen.sync_type.reaches(side) for side in WRITES[two_way])


def _reads(rule: Rule, seen: Situation) -> bool:
    return (
        (rule.outlook is None or seen.outlook in rule.outlook)
        and (rule.pipeliner is None or seen.pipeliner in rule.pipeliner)
        and rule.mark in (None, seen.mark)
        and rule.sync_type in (None, seen.sync_type)
        and rule.delete_protection in (None, seen.delete_protection)
        and (rule.right is None or seen.right in rule.right)
    )
