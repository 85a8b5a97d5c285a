"""What is stored before a request goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync_core.domain import (
    Absent,
    AbsentBy,
    Action,
    Create,
    Decision,
    End,
    FieldChange,
    KeepDormant,
    OutlookContact,
    PipelinerContact,
    Recreate,
    Remove,
    Side,
    Update,
    decide_create,
    decide_pair,
    draft_of,
)
from sync_core.engine.applying import announce, intent_of
from sync_core.engine.ports import Intent
from sync_core.engine.removed import marked_for_removal
from tests.unit.engine.outcomes import LATER, NEW_LINK, decided
from tests.unit.scenario import (
    LINK,
    NOON,
    OUTLOOK,
    PIPELINER,
    a_connection,
    a_link,
    anna,
    dormant,
    in_outlook,
    in_pipeliner,
    ours,
)

IN_VIENNA, IN_LINZ = anna(city="Wien"), anna(city="Linz")


@pytest.mark.parametrize(
    ("decision", "kind"),
    [
        (decided(in_outlook(), None), KeepDormant),
        (decided(None, in_pipeliner(is_deleted=True)), End),
        (decided(in_outlook(), in_pipeliner(is_deleted=True)), Remove),
        (decided(in_outlook(), in_pipeliner()), Update),
        (decided(None, in_pipeliner(IN_LINZ)), Recreate),
        (decide_create(a_connection(), in_outlook()), Create),
    ],
)
def test_what_overwrites_nothing_is_not_announced(decision: Decision, kind: type[Decision]) -> None:
    """A create has its journal, a removal its mark, and the others write to no service."""
    assert isinstance(decision, kind)
    assert announce(a_connection(), decision, LINK) is None


def test_a_write_is_pending_before_it_goes_out() -> None:
    """With the loser of a conflict, which is overwritten by it."""
    decision = decided(in_outlook(IN_VIENNA, modified=NOON - timedelta(hours=1)), in_pipeliner(IN_LINZ))

    announced = announce(a_connection(), decision, LINK)

    assert announced is not None
    assert announced.before == a_link()
    assert announced.after is not None
    assert announced.after.pending is not None
    assert replace(announced.after, pending=None) == a_link()
    assert announced.after.pending.to_outlook == {"city"}
    assert [(entry.action, entry.changes) for entry in announced.history] == [
        (Action.CONFLICT, (FieldChange("city", "Wien", "Linz"),))
    ]


def test_a_pair_is_linked_before_it_is_written() -> None:
    """Its link has blank baselines and the pending write; both contacts are told to be linked."""
    decision = decide_pair(a_connection(), in_outlook(anna(title="Dr.")), in_pipeliner())

    announced = announce(a_connection(), decision, NEW_LINK)

    assert announced is not None
    assert announced.before is None
    assert announced.after is not None
    assert (announced.after.id, announced.after.outlook_id, announced.after.pipeliner_id) == (
        NEW_LINK,
        OUTLOOK,
        PIPELINER,
    )
    assert announced.after.baselines.outlook.is_empty
    assert announced.after.baselines.pipeliner.is_empty
    assert [(entry.action, entry.why) for entry in announced.history] == [
        (Action.LINKED, "the same person on both sides")
    ]
    assert announced.resolved == (f"outlook:{OUTLOOK}", f"pipeliner:{PIPELINER}")


@pytest.mark.parametrize(
    ("side", "source"), [(Side.OUTLOOK, in_pipeliner(IN_LINZ)), (Side.PIPELINER, in_outlook(IN_LINZ))]
)
def test_a_create_is_journalled_with_what_finds_it_again(side: Side, source: OutlookContact | PipelinerContact) -> None:
    """The side that creates, what it creates, when by its own clock, and the contact that wants the counterpart."""
    create = decide_create(a_connection(), source)
    ids = (None, PIPELINER) if side is Side.OUTLOOK else (OUTLOOK, None)

    assert draft_of(create) == IN_LINZ
    assert intent_of(create, NEW_LINK, LATER) == Intent(NEW_LINK, side, IN_LINZ, LATER, *ids)


@pytest.mark.parametrize("earlier", [None, dormant(), ours(Side.PIPELINER)])
def test_a_removal_is_marked_with_what_the_contact_showed(earlier: Absent | None) -> None:
    """If it is missing later, no person deleted it; the link is not dormant, for it is to end."""
    link = a_link(absent=earlier)
    decision = Remove(link, Side.OUTLOOK, in_outlook(IN_VIENNA), Action.DELETED, "deleted in Pipeliner")

    marked = marked_for_removal(decision, LATER)

    after = a_link(absent=Absent(Side.OUTLOOK, AbsentBy.US, LATER, shown=IN_VIENNA))
    assert marked == after
    assert not after.is_dormant
