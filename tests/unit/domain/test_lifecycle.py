"""The truth table against the design's own rows, and what it may never do."""

from __future__ import annotations

import pytest

from sync_core.domain.contact import Side
from sync_core.domain.lifecycle import RULES, Fate, OutlookState, PipelinerState, Rule, decide, situations
from sync_core.domain.rules import SyncType

WRITES: dict[Fate, frozenset[Side]] = {
    Fate.MERGE: frozenset(),
    Fate.REST: frozenset(),
    Fate.END: frozenset(),
    Fate.DELETE_IN_PIPELINER: frozenset({Side.PIPELINER}),
    Fate.DELETE_IN_OUTLOOK: frozenset({Side.OUTLOOK}),
    Fate.REMOVE_FROM_OUTLOOK: frozenset({Side.OUTLOOK}),
    Fate.SEND_THEN_REMOVE: frozenset(Side),
    Fate.RECREATE_IN_OUTLOOK: frozenset({Side.OUTLOOK}),
    Fate.RECREATE_IN_PIPELINER: frozenset({Side.PIPELINER}),
}
"""Sides that a fate writes by itself; a merge is bound by the rules of merging."""
DELETES = {Fate.DELETE_IN_PIPELINER, Fate.DELETE_IN_OUTLOOK}

TWO_WAY = [
    # Outlook, Pipeliner, delete protection, fate
    ("edited", "unchanged", None, Fate.MERGE),
    ("unchanged", "edited", None, Fate.MERGE),
    ("edited", "edited", None, Fate.MERGE),
    ("unchanged", "unchanged", None, Fate.MERGE),
    ("deleted", "unchanged", True, Fate.REST),
    ("deleted", "unchanged", False, Fate.DELETE_IN_PIPELINER),
    ("deleted", "edited", None, Fate.RECREATE_IN_OUTLOOK),
    ("unchanged", "deleted", None, Fate.DELETE_IN_OUTLOOK),
    ("edited", "deleted", None, Fate.RECREATE_IN_PIPELINER),
    ("deleted", "deleted", None, Fate.END),
    ("moved", "unchanged", None, Fate.REST),
    ("moved", "edited", None, Fate.REST),
    ("moved", "deleted", None, Fate.END),
    ("moved", "left_scope", None, Fate.END),
    ("deleted", "left_scope", None, Fate.END),
    ("unchanged", "left_scope", None, Fate.REMOVE_FROM_OUTLOOK),
    ("edited", "left_scope", None, Fate.SEND_THEN_REMOVE),
]


def fate(outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, *, protected: bool) -> Fate:
    """What the table decides."""
    return decide(outlook, pipeliner, sync_type, delete_protection=protected).fate


@pytest.mark.parametrize(("outlook", "pipeliner", "protection", "expected"), TWO_WAY)
def test_two_way_links_fare_as_designed(
    outlook: str, pipeliner: str, expected: Fate, *, protection: bool | None
) -> None:
    """Each row of the design's table, with delete protection on and off where it does not matter."""
    for protected in (True, False) if protection is None else (protection,):
        states = OutlookState(outlook), PipelinerState(pipeliner)
        assert fate(*states, SyncType.TWO_WAY, protected=protected) is expected


def test_two_way_rows_leave_no_situation_out() -> None:
    """The table above speaks of every pair of states."""
    told = {(outlook, pipeliner) for outlook, pipeliner, _, _ in TWO_WAY}

    assert told == {(outlook.value, pipeliner.value) for outlook in OutlookState for pipeliner in PipelinerState}


def test_every_situation_is_decided() -> None:
    """No situation finds the table empty-handed, and all are listed."""
    told = list(situations())

    assert len(told) == len(set(told)) == len(OutlookState) * len(PipelinerState) * len(SyncType) * 2
    assert all(isinstance(fate(o, p, kind, protected=safe), Fate) for o, p, kind, safe in told)


def test_no_row_of_the_table_is_dead() -> None:
    """Each row decides some situation, and says why."""
    used = {id(decide(o, p, kind, delete_protection=safe)) for o, p, kind, safe in situations()}

    assert used == {id(rule) for rule in RULES}
    assert all(rule.why for rule in RULES)


@pytest.mark.parametrize(
    ("sync_type", "ignored"), [(SyncType.TO_PIPELINER, Side.OUTLOOK), (SyncType.TO_OUTLOOK, Side.PIPELINER)]
)
def test_one_way_never_writes_the_ignored_direction(sync_type: SyncType, ignored: Side) -> None:
    """A connection in one direction never creates, deletes or removes on the side that it only reads."""
    assert set(WRITES) == set(Fate)
    for outlook, pipeliner, kind, protected in situations():
        if kind is sync_type:
            assert ignored not in WRITES[fate(outlook, pipeliner, kind, protected=protected)]


@pytest.mark.parametrize("sync_type", SyncType)
def test_one_way_does_what_two_way_does_where_it_may(sync_type: SyncType) -> None:
    """Ignoring a direction turns what would write it into rest or the leading side's own way, never into more."""
    for outlook, pipeliner, kind, protected in situations():
        two_way = fate(outlook, pipeliner, SyncType.TWO_WAY, protected=protected)
        if kind is sync_type and all(sync_type.reaches(side) for side in WRITES[two_way]):
            assert fate(outlook, pipeliner, kind, protected=protected) is two_way


ONE_WAY = [
    (SyncType.TO_PIPELINER, "deleted", "edited", Fate.REST),
    (SyncType.TO_PIPELINER, "unchanged", "deleted", Fate.REST),
    (SyncType.TO_PIPELINER, "unchanged", "left_scope", Fate.REST),
    (SyncType.TO_PIPELINER, "edited", "left_scope", Fate.REST),
    (SyncType.TO_OUTLOOK, "deleted", "unchanged", Fate.REST),
    (SyncType.TO_OUTLOOK, "edited", "deleted", Fate.DELETE_IN_OUTLOOK),
    (SyncType.TO_OUTLOOK, "edited", "left_scope", Fate.REMOVE_FROM_OUTLOOK),
]


@pytest.mark.parametrize(("sync_type", "outlook", "pipeliner", "expected"), ONE_WAY)
def test_one_way_links_fare_as_designed(sync_type: SyncType, outlook: str, pipeliner: str, expected: Fate) -> None:
    """Where two-way would write the ignored side, the leading side decides alone."""
    for protected in (True, False):
        assert fate(OutlookState(outlook), PipelinerState(pipeliner), sync_type, protected=protected) is expected


def test_deletes_follow_a_delete_only() -> None:
    """A contact is deleted only because its twin was; moving or leaving the scope never deletes."""
    for outlook, pipeliner, kind, protected in situations():
        decided = fate(outlook, pipeliner, kind, protected=protected)
        if decided is Fate.DELETE_IN_PIPELINER:
            assert outlook is OutlookState.DELETED
        if decided is Fate.DELETE_IN_OUTLOOK:
            assert pipeliner is PipelinerState.DELETED
        if OutlookState.MOVED is outlook:
            assert not WRITES[decided]
        if PipelinerState.LEFT_SCOPE is pipeliner:
            assert decided not in DELETES


def test_delete_protection_keeps_pipeliner_whole() -> None:
    """With protection on nothing is ever deleted in Pipeliner, and nothing else depends on it."""
    for outlook, pipeliner, kind, _ in situations():
        on, off = (fate(outlook, pipeliner, kind, protected=protected) for protected in (True, False))

        assert on is not Fate.DELETE_IN_PIPELINER
        assert on is off or (on, off) == (Fate.REST, Fate.DELETE_IN_PIPELINER)


def test_edit_is_never_deleted_in_two_way() -> None:
    """A side that was edited is not deleted from under the edit."""
    for outlook, pipeliner, kind, protected in situations():
        if kind is SyncType.TWO_WAY and "edited" in {outlook.value, pipeliner.value}:
            assert fate(outlook, pipeliner, kind, protected=protected) not in DELETES | {Fate.REMOVE_FROM_OUTLOOK}


def test_first_fitting_row_decides() -> None:
    """The row that is found is the first that fits, so that the table can be read from the top."""
    for outlook, pipeliner, kind, protected in situations():
        fitting = [rule for rule in RULES if _reads(rule, outlook, pipeliner, kind, protected=protected)]

        assert decide(outlook, pipeliner, kind, delete_protection=protected) is fitting[0]


def _reads(rule: Rule, outlook: OutlookState, pipeliner: PipelinerState, kind: SyncType, *, protected: bool) -> bool:
    wanted = (rule.sync_type in (None, kind), rule.delete_protection in (None, protected))
    return outlook in rule.outlook and pipeliner in rule.pipeliner and all(wanted)
