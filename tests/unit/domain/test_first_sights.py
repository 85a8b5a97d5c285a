"""First sights: who was typed over, who takes the place of a missing half, and what waits before anything follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain import (
    Absent,
    AbsentBy,
    Action,
    Ask,
    End,
    OutlookId,
    Remove,
    Side,
    Wait,
    decide,
    decide_relink,
    wait_first,
)
from tests.unit.scenario import FOLDER, NOON, a_connection, a_link, anna, in_outlook, in_pipeliner

BOB = {"given_name": "Bob", "surname": "Stone"}


@pytest.mark.parametrize("side", Side)
def test_a_card_that_became_somebody_else_is_asked_about(side: Side) -> None:
    """On whichever side; nothing of it travels."""
    outlook = in_outlook(anna(**BOB)) if side is Side.OUTLOOK else in_outlook()
    pipeliner = in_pipeliner(anna(**BOB)) if side is Side.PIPELINER else in_pipeliner()

    decision = decide(a_connection(), FOLDER, a_link(), outlook, pipeliner)

    assert isinstance(decision, Ask)
    assert (decision.side, decision.why) == (side, "it shows another person than before")


def test_a_new_name_that_both_sides_show_is_no_question() -> None:
    """They agree on it."""
    assert not isinstance(
        decide(a_connection(), FOLDER, a_link(), in_outlook(anna(**BOB)), in_pipeliner(anna(**BOB))), Ask
    )


def test_a_newcomer_takes_the_place_and_its_blanks_clear_nothing() -> None:
    """The link names the new card; what the card lacks comes from the other half, what it edited goes there."""
    link = replace(a_link(absent=Absent(Side.OUTLOOK, AbsentBy.UNKNOWN, NOON)), created_on=Side.OUTLOOK)
    newcomer = replace(in_outlook(anna(city="Wien", notes="")), id=OutlookId("anew"))

    relink = decide_relink(a_connection(), link, Side.OUTLOOK, newcomer, in_pipeliner(anna(notes="a deal")))

    assert (relink.link, relink.moved.outlook_id, relink.moved.absent, relink.moved.created_on) == (
        link,
        "anew",
        None,
        None,
    )
    assert (dict(relink.merge.to_pipeliner), dict(relink.merge.to_outlook)) == ({"city": "Wien"}, {"notes": "a deal"})
    assert relink.why == "it took the place of the contact that was missing"


def test_a_removal_waits_with_its_reason_and_anything_else_does_not() -> None:
    """What is missing is on the other side of what would be removed."""
    link = a_link()
    removal = Remove(link, Side.OUTLOOK, in_outlook(), Action.REMOVED, "it left the user's scope")

    assert wait_first(removal) == Wait(link, Side.PIPELINER, AbsentBy.SCOPE, "it left the user's scope")
    assert wait_first(End(link, "over")) == End(link, "over")
