"""Dormant links -> the rows to store: told once, dated once, and again when the reason is another."""

from __future__ import annotations

from dataclasses import replace

from sync_core.domain import Absent, AbsentBy, Action, KeepDormant, Merge, Side, pending_of
from sync_core.engine.ports import (
    ChangeSet,
)
from tests.unit.engine.outcomes import (
    LATER,
    WORK,
    decided,
    recorded,
)
from tests.unit.scenario import (
    NOON,
    a_link,
    dormant,
    in_outlook,
    in_pipeliner,
    ours,
)

OUT_OF_SIGHT = "Pipeliner does not show it any more; nothing is deleted"


def test_a_dormant_link_is_told_once() -> None:
    """A link becomes dormant with its reason in the history; staying so for that reason is nothing new."""
    change_set = recorded(decided(in_outlook(), None), now=NOON)
    assert change_set.after is not None
    again = recorded(decided(in_outlook(), None, change_set.after), now=LATER)

    assert change_set.after == a_link(absent=Absent(Side.PIPELINER, AbsentBy.SIGHT, NOON, OUT_OF_SIGHT))
    assert [(entry.action, entry.side, entry.why) for entry in change_set.history] == [
        (Action.DORMANT, None, OUT_OF_SIGHT)
    ]
    assert again == ChangeSet(done_work=(WORK,))


def test_another_reason_is_told_and_dated_anew() -> None:
    """People read why a contact is kept now, and since when for that reason."""
    link = a_link(absent=dormant("delete protection"))

    change_set = recorded(decided(in_outlook(), None, link), now=LATER)

    assert (change_set.before, change_set.after) == (
        link,
        a_link(absent=Absent(Side.PIPELINER, AbsentBy.SIGHT, LATER, OUT_OF_SIGHT)),
    )
    assert [(entry.action, entry.why) for entry in change_set.history] == [(Action.DORMANT, OUT_OF_SIGHT)]


def test_the_same_reason_keeps_its_date() -> None:
    """Whatever else is stored of the link: here that a pending write is known by now."""
    link = a_link(absent=dormant("moved", by=AbsentBy.MOVE))
    pending = pending_of(Merge({}, {"city": "Wien"}), in_outlook(), in_pipeliner())
    decision = KeepDormant(replace(link, pending=pending), Side.OUTLOOK, AbsentBy.MOVE, "moved", both_seen=True)

    change_set = recorded(decision, now=LATER)

    assert (change_set.after, change_set.history) == (link, ())


def test_a_pending_write_of_a_dormant_link_stays_open_while_a_contact_is_not_seen() -> None:
    """What nobody could look at is asked again when both are back."""
    pending = pending_of(Merge({}, {"city": "Wien"}), in_outlook(), in_pipeliner())

    change_set = recorded(decided(None, in_pipeliner(), replace(a_link(), pending=pending)))

    assert change_set.after is not None
    assert change_set.after.pending == pending


def test_a_mark_of_0_1_has_no_date_and_gets_none_for_its_old_reason() -> None:
    """Nobody knows since when; a link that stays as it is costs no write."""
    why = "delete protection: kept in Pipeliner, not put back"
    link = a_link(absent=Absent(Side.OUTLOOK, AbsentBy.UNKNOWN, None, why))

    assert recorded(decided(None, in_pipeliner(), link)) == ChangeSet(done_work=(WORK,))


def test_a_removal_that_was_begun_gives_way_to_a_dormant_link() -> None:
    """The contact that we were deleting is still in another folder, say: it is kept, and no removal is told."""
    link = a_link(absent=ours(Side.OUTLOOK))

    change_set = recorded(decided(in_outlook(folder_id="folder-9"), in_pipeliner(), link), now=LATER)

    assert change_set.after is not None
    assert change_set.after.absent == Absent(
        Side.OUTLOOK, AbsentBy.MOVE, LATER, "moved to another folder: nothing is deleted"
    )
    assert [entry.action for entry in change_set.history] == [Action.DORMANT]
