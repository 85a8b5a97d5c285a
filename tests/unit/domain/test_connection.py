"""What a connection does when nobody chose anything."""

from __future__ import annotations

import pytest

from sync_core.domain import STANDARD_FIELDS, ConflictRule, Connection, MergeRules, SafetyLimits, Scope, Side, SyncType
from tests.unit.scenario import USER


def test_a_connection_without_choices_is_careful() -> None:
    """It syncs what the user owns, both ways, deletes nothing in Pipeliner and lets the newest edit win."""
    connection = Connection("connection-1", USER)

    assert connection.sync_type is SyncType.TWO_WAY
    assert connection.scope is Scope.OWNED
    assert connection.delete_protection is True
    assert connection.conflict_rule is ConflictRule.NEWEST
    assert connection.field_map.fields == STANDARD_FIELDS
    assert connection.required_defaults == {}
    assert connection.limits == SafetyLimits()


def test_chosen_limits_count_their_own_numbers() -> None:
    """Each limit is its own: removals and equal changes are not measured by one another's."""
    limits = SafetyLimits(count=1, percent=20, change_count=3, change_percent=70)

    assert [limits.allows(removals, 10) for removals in (2, 3)] == [True, False]
    assert [limits.allows(removals, 0) for removals in (1, 2)] == [True, False]
    assert [limits.allows_changes(changes, 10) for changes in (7, 8)] == [True, False]
    assert [limits.allows_changes(changes, 0) for changes in (3, 4)] == [True, False]


@pytest.mark.parametrize(
    ("rules", "preferred"),
    [
        (MergeRules(), Side.PIPELINER),
        (MergeRules(newest=Side.OUTLOOK), Side.OUTLOOK),
        (MergeRules(conflict_rule=ConflictRule.OUTLOOK), Side.OUTLOOK),
        (MergeRules(conflict_rule=ConflictRule.PIPELINER, newest=Side.OUTLOOK), Side.PIPELINER),
    ],
)
def test_the_newest_edit_wins_unless_a_side_was_chosen(rules: MergeRules, preferred: Side) -> None:
    """A chosen side wins whoever was last; without a choice the last edit does."""
    assert rules.preferred is preferred
    assert rules.sync_type is SyncType.TWO_WAY
