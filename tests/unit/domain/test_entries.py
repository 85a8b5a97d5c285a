"""List fields: e-mail addresses and phones merge entry by entry between sides of different room."""

from __future__ import annotations

from itertools import product

import pytest

from sync_core.domain import Contact, Direction, Excess, Kind, Merge, MergeRules, Overflow, Side, SyncType
from tests.unit.domain.list_services import NAME, ONE_WAY, services, shown
from tests.unit.domain.two_services import as_is, per_text


@pytest.mark.parametrize("newest", Side)
def test_adding_one_each_loses_nothing(newest: Side) -> None:
    """Two people who add an address at the same time both find both."""
    both = services(("a",), ("a",))
    both.edit(Side.OUTLOOK, NAME, ("a", "o"))
    both.edit(Side.PIPELINER, NAME, ("p", "a"))

    merge = both.sync(MergeRules(newest=newest))

    assert [set(entries) for entries in shown(both)] == [{"a", "o", "p"}] * 2
    assert not merge.conflicts
    assert not merge.overflows
    assert not merge.not_agreed


def test_pipeliners_fourth_and_fifth_address_survive() -> None:
    """Outlook shows three; replacing one of them there touches none that it does not show."""
    both = services(("a", "b", "c"), ("a", "b", "c", "d", "e"))
    both.edit(Side.OUTLOOK, NAME, ("a", "x", "c"))

    merge = both.sync(MergeRules())

    assert shown(both) == (("a", "x", "c"), ("a", "x", "c", "d", "e"))
    assert not merge.overflows


def test_hidden_address_moves_up_when_there_is_room() -> None:
    """Removing an address in Outlook removes it in Pipeliner, and the fourth comes into view."""
    both = services(("a", "b", "c"), ("a", "b", "c", "d"))
    both.edit(Side.OUTLOOK, NAME, ("a", "c"))

    both.sync(MergeRules())

    assert shown(both) == (("a", "c", "d"), ("a", "c", "d"))


@pytest.mark.parametrize("side", Side)
def test_removal_travels(side: Side) -> None:
    """An address removed on either side goes on the other too, while what was added there stays."""
    both = services(("a", "b"), ("a", "b"))
    both.edit(side, NAME, ("b",))
    both.edit(side.other, NAME, ("a", "b", "c"))

    both.sync(MergeRules())

    assert shown(both) == (("b", "c"), ("b", "c"))


@pytest.mark.parametrize("side", Side)
def test_order_travels(side: Side) -> None:
    """The first address is the one that people write to: putting another one first travels."""
    both = services(("a", "b"), ("a", "b"))
    both.edit(side, NAME, ("b", "a"))

    both.sync(MergeRules(newest=side.other))

    assert shown(both) == (("b", "a"), ("b", "a"))


def test_order_of_tags_does_not_travel() -> None:
    """Tags have no order."""
    both = services(("a", "b"), ("a", "b"), (9, 9), Kind.TAGS)
    both.edit(Side.OUTLOOK, NAME, ("b", "a"))

    assert both.sync(MergeRules()).writes_nothing

    both.edit(Side.OUTLOOK, NAME, ("b", "a", "c"))
    both.sync(MergeRules())

    assert set(shown(both)[1]) == {"a", "b", "c"}


def test_entry_removed_on_one_side_and_added_on_the_other_stays() -> None:
    """Whoever adds an address wants it, whatever was taken away elsewhere."""
    both = services(("a", "b", "c"), ("a", "b", "c", "d"))
    both.edit(Side.OUTLOOK, NAME, ("a", "b", "d"))
    both.edit(Side.PIPELINER, NAME, ("a", "b", "c"))

    both.sync(MergeRules())

    assert shown(both) == (("a", "b", "d"), ("a", "b", "d"))


def test_address_without_room_is_reported_and_kept() -> None:
    """What fits nowhere on the roomier side stays where it was typed, and is told with the limit."""
    both = services(("a",), ("a",))
    both.edit(Side.OUTLOOK, NAME, ("a", "x"))
    both.edit(Side.PIPELINER, NAME, ("a", "b", "c", "d", "e"))

    merge = both.sync(MergeRules())

    assert merge.overflows == (Overflow(NAME, Side.PIPELINER, Excess.TOO_MANY, 5),)
    assert merge.not_agreed == {NAME}
    assert shown(both) == (("a", "b", "x"), ("a", "b", "c", "d", "e"))


def test_address_without_room_travels_once_there_is_room() -> None:
    """A full list has room again once one entry is removed."""
    both = services(("a",), ("a",))
    both.edit(Side.OUTLOOK, NAME, ("a", "x"))
    both.edit(Side.PIPELINER, NAME, ("a", "b", "c", "d", "e"))
    both.sync(MergeRules())
    both.edit(Side.PIPELINER, NAME, ("a", "b", "c", "d"))

    merge = both.sync(MergeRules())

    assert not merge.overflows
    assert set(shown(both)[1]) == {"a", "b", "c", "d", "x"}


@pytest.mark.parametrize("newest", Side)
def test_full_list_is_put_in_order_once(newest: Side) -> None:
    """What both sides show is in one order after the first merge, so that our own write asks for no other."""
    both = services()
    both.edit(Side.OUTLOOK, NAME, ("e", "a", "f"))
    both.edit(Side.PIPELINER, NAME, ("a", "b", "c", "d"))

    both.sync(MergeRules(newest=newest))

    assert both.sync(MergeRules(newest=newest.other)).writes_nothing


@pytest.mark.parametrize("newest", Side)
def test_address_that_is_too_long_names_the_side_that_lacks_it(newest: Side) -> None:
    """The remedy points to the side that has it, also when the other side has something to send."""
    long = "x" * 256
    both = services(("a",), ("a",))
    both.edit(Side.OUTLOOK, NAME, ("a", long))
    both.edit(Side.PIPELINER, NAME, ("a", "b"))

    merge = both.sync(MergeRules(newest=newest))

    assert merge.overflows == (Overflow(NAME, Side.PIPELINER, Excess.TOO_LONG, 255),)
    assert merge.not_agreed == {NAME}
    assert merge.writes_nothing


def test_long_address_that_both_sides_hold_stops_nothing() -> None:
    """Only what a side is newly sent can be too long for it."""
    long = "x" * 256
    both = services()
    both.edit(Side.OUTLOOK, NAME, (long,))
    both.edit(Side.PIPELINER, NAME, (long,))
    both.sync(MergeRules())
    both.edit(Side.OUTLOOK, NAME, (long, "b"))

    both.sync(MergeRules())

    assert shown(both) == ((long, "b"), (long, "b"))


def test_address_in_other_letters_or_with_space_is_not_sent() -> None:
    """What differs in form only is no addition, and stays as each side has it."""
    both = services(("Anna@example.test",), ("Anna@example.test",))
    both.edit(Side.PIPELINER, NAME, ("anna@example.test ",))

    assert both.sync(MergeRules()).writes_nothing

    both.edit(Side.OUTLOOK, NAME, (" Anna@example.test", "b@example.test"))
    both.sync(MergeRules())

    assert shown(both)[1] == ("anna@example.test", "b@example.test")


def test_phone_that_a_service_regrouped_is_still_the_same() -> None:
    """Adding a second number neither doubles the first one nor finds the list full."""
    both = services(room=(2, 2), kind=Kind.PHONES)
    both.stores = {Side.OUTLOOK: as_is, Side.PIPELINER: per_text(lambda text: text.replace(" ", ""))}
    both.edit(Side.OUTLOOK, NAME, ("+43 1 111",))
    both.sync(MergeRules())
    both.edit(Side.OUTLOOK, NAME, ("+43 1 111", "+43 1 222"))

    merge = both.sync(MergeRules())

    assert not merge.overflows
    assert shown(both) == (("+43 1 111", "+43 1 222"), ("+431111", "+431222"))


@pytest.mark.parametrize(("sync_type", "target"), ONE_WAY)
def test_one_way_keeps_the_ignored_sides_edit_for_later(sync_type: SyncType, target: Side) -> None:
    """An addition that may not travel is not taken for agreed."""
    both = services(("a",), ("a",))
    both.edit(target, NAME, ("a", "mine"))

    merge = both.sync(MergeRules(sync_type))

    assert merge.writes_nothing
    assert merge.not_agreed == {NAME}

    both.sync(MergeRules())

    assert shown(both) == (("a", "mine"), ("a", "mine"))


@pytest.mark.parametrize(("sync_type", "target"), ONE_WAY)
def test_one_way_removal_travels_after_an_edit_on_the_ignored_side(sync_type: SyncType, target: Side) -> None:
    """What the leading side added and took away again is gone, though the other side was edited meanwhile."""
    rules = MergeRules(sync_type)
    both = services(("a",), ("a",))
    both.edit(target, NAME, ("a", "mine"))
    both.sync(rules)
    both.edit(target.other, NAME, ("a", "x"))
    both.sync(rules)
    assert "x" in both.shown[target].entries(NAME)
    both.edit(target.other, NAME, ("a",))

    both.sync(rules)

    assert both.shown[target].entries(NAME) == ("a", "mine")


@pytest.mark.parametrize(("sync_type", "target"), ONE_WAY)
def test_one_way_puts_back_what_the_ignored_side_removed(sync_type: SyncType, target: Side) -> None:
    """With the next edit of the leading side its whole list is shown again."""
    rules = MergeRules(sync_type)
    both = services(("a", "b"), ("a", "b"))
    both.edit(target, NAME, ("b",))
    both.sync(rules)
    both.edit(target.other, NAME, ("a", "b", "c"))

    both.sync(rules)

    assert both.shown[target].entries(NAME) == ("a", "b", "c")


@pytest.mark.parametrize(("direction", "sync_type"), list(product(Direction, SyncType)))
def test_field_direction_and_sync_type_both_bind(direction: Direction, sync_type: SyncType) -> None:
    """A list is written only where its own direction and the connection's type agree."""
    both = services(direction=direction)
    both.edit(Side.OUTLOOK, NAME, ("o",))
    both.edit(Side.PIPELINER, NAME, ("p",))

    merge: Merge = both.sync(MergeRules(sync_type))

    for side in Side:
        assert bool(merge.to(side)) == (sync_type.reaches(side) and direction.reaches(side))


def test_first_sight_of_two_lists_keeps_both() -> None:
    """Two people who are one have the addresses of both."""
    both = services(room=(3, 5))
    both.baselines = None
    both.shown = {Side.OUTLOOK: Contact({NAME: ("a", "b")}), Side.PIPELINER: Contact({NAME: ("b", "c")})}

    both.sync(MergeRules())

    assert shown(both) == (("b", "c", "a"), ("b", "c", "a"))


def test_a_phone_number_grouped_otherwise_is_not_added_again() -> None:
    """Each side writes the number its own way, and keeps that while both get what was added."""
    both = services(("+43 316 1",), ("+433161",), (3, 5), Kind.PHONES)
    both.edit(Side.OUTLOOK, NAME, ("+43 316 1", "22"))
    both.edit(Side.PIPELINER, NAME, ("+433161", "33"))

    both.sync(MergeRules())

    outlook, pipeliner = shown(both)
    assert (set(outlook), set(pipeliner)) == ({"+43 316 1", "22", "33"}, {"+433161", "22", "33"})
    assert len(outlook) == len(pipeliner) == 3


def test_an_added_tag_is_written_to_the_other_side_only() -> None:
    """The order in which each side shows its tags is its own."""
    both = services(("b", "a"), ("a", "b"), (9, 9), Kind.TAGS)
    both.edit(Side.PIPELINER, NAME, ("a", "b", "c"))

    merge = both.sync(MergeRules())

    assert not merge.to_pipeliner
    assert set(shown(both)[0]) == {"a", "b", "c"}


def test_tags_in_another_order_wait_for_nothing() -> None:
    """What is no change is not held back where changes may not travel."""
    both = services(("a", "b"), ("a", "b"), (9, 9), Kind.TAGS)
    both.edit(Side.PIPELINER, NAME, ("b", "a"))

    merge = both.sync(MergeRules(SyncType.TO_PIPELINER))

    assert not merge.not_agreed
    assert merge.writes_nothing


def test_order_of_phones_travels_however_they_are_grouped() -> None:
    """The other side puts its own way of writing first, and the side that was edited is left alone."""
    both = services(("+43 316 1", "22"), ("+433161", "22"), (3, 5), Kind.PHONES)
    both.edit(Side.OUTLOOK, NAME, ("22", "+43 316 1"))

    merge = both.sync(MergeRules())

    assert not merge.to_outlook
    assert shown(both) == (("22", "+43 316 1"), ("22", "+433161"))


@pytest.mark.parametrize("side", Side)
def test_a_removed_phone_goes_however_the_other_side_groups_it(side: Side) -> None:
    """The number is the same, so its removal is one of both."""
    both = services(("+43 316 1", "22"), ("+433161", "22"), (3, 5), Kind.PHONES)
    both.edit(side, NAME, ("22",))

    both.sync(MergeRules())

    assert shown(both) == (("22",), ("22",))
