from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sync_core.domain import (
    Absent,
    Baselines,
    ConflictRule,
    Contact,
    FieldMap,
    FirstSight,
    OutlookContact,
    Ownership,
    PipelinerContact,
    Side,
    SyncType,
    Value,
    changed_fields,
    new_baseline,
)
from sync_core.domain.connection import TieSide
from sync_core.domain.link import baselines_with_newcomer, merge_link
from tests.unit.scenario import (
    FOLDER,
    NOON,
    OUTLOOK,
    PIPELINER,
    USER,
    a_connection,
    a_link,
    anna,
    dormant,
    in_outlook,
    in_pipeliner,
    ours,
)

ROWS = FieldMap()
NONE = frozenset[str]()
OLD = Contact({"city": "Graz", "state": "Styria", "notes": "old"})
READ = Contact({"city": "Wien", "state": "Vienna", "notes": "read"})
SHOWN = Contact({"city": "WIEN", "state": "moved", "notes": "shown"})


def test_baseline_takes_what_was_read() -> None:
    """A field that was not written is agreed on as it was read, so that a later edit is still noticed."""
    assert new_baseline(ROWS, OLD, READ, SHOWN, NONE, NONE) == READ


def test_baseline_takes_what_the_write_left() -> None:
    """A written field is agreed on as the service shows it, whatever it made of the value; the others are not."""
    baseline = new_baseline(ROWS, OLD, READ, SHOWN, frozenset({"city"}), NONE)

    assert baseline == Contact({"city": "WIEN", "state": "Vienna", "notes": "read"})


def test_baseline_of_a_field_without_agreement_stays() -> None:
    """What is not in agreement keeps its old baseline, written or not; of an address all parts do."""
    baseline = new_baseline(ROWS, OLD, READ, SHOWN, frozenset({"city", "state"}), frozenset({"city", "notes"}))

    assert baseline == Contact({"city": "Graz", "state": "Styria", "notes": "old"})


def test_baseline_of_a_cleared_field_is_blank() -> None:
    """A field that the write emptied leaves the baseline, and what is outside the map never enters it."""
    read = READ.with_values({"unknown": "x", "categories": ("red",)})
    baseline = new_baseline(ROWS, OLD, read, Contact(), frozenset({"city"}), NONE)

    assert baseline == Contact({"state": "Vienna", "notes": "read"})


def test_edit_between_read_and_write_is_noticed() -> None:
    """The answer to a write that shows another field changed is a person's edit."""
    written = frozenset({"city", "notes"})

    assert changed_fields(ROWS, SHOWN, READ) - written == {"state"}


def test_another_form_of_a_value_is_no_edit() -> None:
    """A field that comes back in other white space has not moved."""
    assert not changed_fields(ROWS, READ.with_values({"notes": "read  \r\n"}), READ)


@pytest.mark.parametrize(
    ("absent", "expected"), [(None, False), (ours(Side.OUTLOOK), False), (dormant(), True), (dormant("x"), True)]
)
def test_a_link_is_dormant_when_it_has_a_reason_to_be_kept(absent: Absent | None, *, expected: bool) -> None:
    """A removal that was begun has none: the link is to end."""
    assert a_link(absent=absent).is_dormant is expected


HOUR = timedelta(hours=1)


def winner(
    outlook: dict[str, Value],
    pipeliner: dict[str, Value],
    later: Side,
    *,
    written: tuple[datetime, ...] = (),
    tie: TieSide = TieSide.OUTLOOK,
) -> set[Side]:
    """Who wins the conflicts of two edits, of which that of `later` moved its record's time at noon."""
    times = {later: NOON, later.other: NOON - HOUR}
    link = replace(a_link(), baselines=Baselines(anna(), anna()), written=written)
    card = OutlookContact(OUTLOOK, "key", anna(**outlook), FOLDER, times[Side.OUTLOOK], PIPELINER)
    contact = PipelinerContact(PIPELINER, 1, times[Side.PIPELINER], anna(**pipeliner), Ownership(USER.id))
    connection = replace(a_connection(), tie_side=tie)
    return {one.winner for one in merge_link(connection, link, card, contact, SyncType.TWO_WAY).conflicts}


@pytest.mark.parametrize("later", Side)
@pytest.mark.parametrize("tie", TieSide)
def test_the_later_record_has_the_newest_value_where_nothing_else_was_edited(later: Side, tie: TieSide) -> None:
    """Of an address all parts are one value."""
    assert winner({"city": "Linz"}, {"city": "Wien"}, later, tie=tie) == {later}
    assert winner({"city": "Linz"}, {"city": "Wien", "street": "Ring"}, later, tie=tie) == {later}


@pytest.mark.parametrize("later", Side)
@pytest.mark.parametrize("tie", TieSide)
def test_where_times_cannot_speak_the_tie_side_wins(later: Side, tie: TieSide) -> None:
    """Something else was edited as well, on either side, or the later time may be that of our own write."""
    side = Side(tie.value)

    assert winner({"city": "Linz", "title": "Dr."}, {"city": "Wien"}, later, tie=tie) == {side}
    assert winner({"city": "Linz"}, {"city": "Wien", "title": "Dr."}, later, tie=tie) == {side}
    assert winner({"city": "Linz"}, {"city": "Wien"}, later, tie=tie, written=(NOON,)) == {side}
    assert winner({"city": "Linz"}, {"city": "Wien"}, later, tie=tie, written=(NOON - HOUR,)) == {later}


@pytest.mark.parametrize(
    ("first_sight", "city"), [(FirstSight.PIPELINER, {"outlook": "Graz"}), (FirstSight.OUTLOOK, {"pipeliner": "Wien"})]
)
def test_the_rule_of_first_sight_decides_where_no_baseline_does(first_sight: FirstSight, city: dict[str, str]) -> None:
    """Not that of conflicts, which is about edits."""
    connection = replace(a_connection(), first_sight=first_sight, conflict_rule=ConflictRule.NEWEST)
    link = a_link(Contact(), Contact())
    shown = in_outlook(anna(city="Wien")), in_pipeliner(anna(city="Graz"))

    merge = merge_link(connection, link, *shown, connection.sync_type)

    written = {"outlook": merge.to_outlook.get("city"), "pipeliner": merge.to_pipeliner.get("city")}
    assert {side: value for side, value in written.items() if value is not None} == city


def test_entries_of_a_newcomer_are_told_from_those_that_it_lacks() -> None:
    """What it has and the baseline had is agreed on, also where it is written otherwise; the rest is to be filled."""
    had = Contact({"emails": ("ann@example.test", "old@example.test"), "city": "Graz"})
    link = replace(a_link(), baselines=Baselines(had, had))

    baselines = baselines_with_newcomer(ROWS, link, Contact({"emails": ("Ann@Example.test", "new@example.test")}))

    assert baselines.outlook == baselines.pipeliner == Contact({"emails": ("ann@example.test",)})


def test_an_owner_alone_says_nothing_of_a_unit() -> None:
    """Nobody sees a contact through a unit that is not told."""
    assert Ownership(USER.id).unit_id == ""
