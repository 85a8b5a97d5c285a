"""List fields: e-mail addresses and phones merge entry by entry between sides of different room."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.domain.contact import Contact, Kind, Side
from sync_core.domain.fields import Direction, Field, FieldMap
from sync_core.domain.merge import Excess, Merge, MergeRules, Overflow
from sync_core.domain.rules import SyncType
from tests.unit.domain.two_services import Store, TwoServices, as_is, per_text

Entries = tuple[str, ...]
NAME = "emails"
CAPACITIES = [(3, 5), (2, 2), (1, 1), (2, 1)]
law = settings(deadline=None, max_examples=150)


def services(
    outlook: Entries = (),
    pipeliner: Entries = (),
    room: tuple[int, int] = (3, 5),
    kind: Kind = Kind.EMAILS,
    direction: Direction = Direction.BOTH,
) -> TwoServices:
    """Two services that agree on what they show; each has room for so many entries."""
    slots = tuple(f"slot{number}" for number in range(room[1]))
    row = Field(NAME, "E-mail addresses", kind, "emailAddresses", slots, direction, outlook_entries=room[0])
    agreed = TwoServices(FieldMap((row,)))
    for side, entries in ((Side.OUTLOOK, outlook), (Side.PIPELINER, pipeliner)):
        agreed.edit(side, NAME, entries)
    agreed.sync(MergeRules())
    assert shown(agreed) == (outlook, pipeliner), "the start is in agreement"
    return agreed


def shown(both: TwoServices) -> tuple[Entries, Entries]:
    """What Outlook and Pipeliner show."""
    return both.shown[Side.OUTLOOK].entries(NAME), both.shown[Side.PIPELINER].entries(NAME)


def had(both: TwoServices, side: Side) -> Entries:
    """A side's baseline."""
    return both.baselines.of(side).entries(NAME) if both.baselines else ()


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
    assert not merge.unsettled


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
    assert merge.unsettled == {NAME}
    assert shown(both) == (("a", "b", "x"), ("a", "b", "c", "d", "e"))


def test_address_without_room_travels_once_there_is_room() -> None:
    """The way out of a full list is to remove one entry."""
    both = services(("a",), ("a",))
    both.edit(Side.OUTLOOK, NAME, ("a", "x"))
    both.edit(Side.PIPELINER, NAME, ("a", "b", "c", "d", "e"))
    both.sync(MergeRules())
    both.edit(Side.PIPELINER, NAME, ("a", "b", "c", "d"))

    merge = both.sync(MergeRules())

    assert not merge.overflows
    assert set(shown(both)[1]) == {"a", "b", "c", "d", "x"}


@pytest.mark.parametrize("newest", Side)
def test_address_that_is_too_long_names_the_side_that_lacks_it(newest: Side) -> None:
    """The remedy points to the side that has it, also when the other side has something to send."""
    long = "x" * 256
    both = services(("a",), ("a",))
    both.edit(Side.OUTLOOK, NAME, ("a", long))
    both.edit(Side.PIPELINER, NAME, ("a", "b"))

    merge = both.sync(MergeRules(newest=newest))

    assert merge.overflows == (Overflow(NAME, Side.PIPELINER, Excess.TOO_LONG, 255),)
    assert merge.unsettled == {NAME}
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


ONE_WAY = [(SyncType.TO_OUTLOOK, Side.OUTLOOK), (SyncType.TO_PIPELINER, Side.PIPELINER)]


@pytest.mark.parametrize(("sync_type", "target"), ONE_WAY)
def test_one_way_keeps_the_ignored_sides_edit_for_later(sync_type: SyncType, target: Side) -> None:
    """An addition that may not travel is not taken for agreed."""
    both = services(("a",), ("a",))
    both.edit(target, NAME, ("a", "mine"))

    merge = both.sync(MergeRules(sync_type))

    assert merge.writes_nothing
    assert merge.unsettled == {NAME}

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


# Random histories


def lists(room: int) -> st.SearchStrategy[Entries]:
    """Lists that a service with so much room can hold."""
    return st.lists(st.sampled_from("abcdefg"), unique=True, max_size=room).map(tuple)


@st.composite
def histories(draw: st.DrawFn) -> tuple[TwoServices, list[tuple[Entries | None, Entries | None, Side]]]:
    """Two services of some room, and rounds of edits on either side with the one that was edited last."""
    room = draw(st.sampled_from(CAPACITIES))
    step = st.tuples(st.none() | lists(room[0]), st.none() | lists(room[1]), st.sampled_from(Side))
    return services(room=room), draw(st.lists(step, min_size=1, max_size=4))


def edited(both: TwoServices, outlook: Entries | None, pipeliner: Entries | None) -> None:
    """Let people edit the sides that get a list."""
    for side, entries in ((Side.OUTLOOK, outlook), (Side.PIPELINER, pipeliner)):
        if entries is not None:
            both.edit(side, NAME, entries)


def settles(both: TwoServices, rules: MergeRules) -> bool:
    """Whether two more merges write nothing, whoever is the newer."""
    return all(both.sync(replace(rules, newest=side)).writes_nothing for side in (*Side, *Side))


@law
@given(histories())
def test_any_history_of_lists_converges(
    history: tuple[TwoServices, list[tuple[Entries | None, Entries | None, Side]]],
) -> None:
    """Right after a merge the next one writes nothing, and no side is ever sent more than it holds."""
    both, steps = history
    row = both.rows.row(NAME)
    for outlook, pipeliner, newest in steps:
        edited(both, outlook, pipeliner)
        both.sync(MergeRules(newest=newest))

        assert all(len(both.shown[side].entries(NAME)) <= row.entries(side) for side in Side)
        assert settles(both, MergeRules())


@law
@given(histories())
def test_no_entry_is_lost_and_no_removal_undone(
    history: tuple[TwoServices, list[tuple[Entries | None, Entries | None, Side]]],
) -> None:
    """What a side shows goes only if the other side removed it, and what one removed goes unless the other added it."""
    both, steps = history
    for outlook, pipeliner, newest in steps:
        edited(both, outlook, pipeliner)
        now = {side: set(both.shown[side].entries(NAME)) for side in Side}
        before = {side: set(had(both, side)) for side in Side}
        both.sync(MergeRules(newest=newest))
        after = {side: set(both.shown[side].entries(NAME)) for side in Side}
        for side in Side:
            removed = before[side] - now[side]
            added = now[side.other] - before[side.other]

            assert now[side.other] - removed <= after[side.other]
            assert (removed - added).isdisjoint(after[side] | after[side.other])


@law
@given(histories())
def test_overflow_is_told_only_of_a_full_list(
    history: tuple[TwoServices, list[tuple[Entries | None, Entries | None, Side]]],
) -> None:
    """Without an overflow the roomier side has everything; with one it is full and lacks something."""
    both, steps = history
    row = both.rows.row(NAME)
    for outlook, pipeliner, newest in steps:
        edited(both, outlook, pipeliner)
        merge = both.sync(MergeRules(newest=newest))
        after = {side: set(both.shown[side].entries(NAME)) for side in Side}
        lacking = {side for side in Side if after[side.other] - after[side]}
        roomier = {side for side in Side if row.entries(side) >= row.entries(side.other)}

        assert all(len(after[side]) == row.entries(side) for side in lacking)
        assert {item.side for item in merge.overflows} <= lacking & roomier
        assert bool(merge.overflows) == bool(lacking & roomier)


@law
@given(histories(), st.sampled_from(ONE_WAY))
def test_one_way_lists_never_write_the_other_side(
    history: tuple[TwoServices, list[tuple[Entries | None, Entries | None, Side]]], way: tuple[SyncType, Side]
) -> None:
    """One direction is one direction, whatever happens, and it comes to rest too."""
    both, steps = history
    sync_type, target = way
    for outlook, pipeliner, newest in steps:
        edited(both, outlook, pipeliner)
        merge = both.sync(MergeRules(sync_type, newest=newest))

        assert merge.to(target.other) == {}
        assert settles(both, MergeRules(sync_type))


@pytest.mark.parametrize(("direction", "sync_type"), list(product(Direction, SyncType)))
def test_field_direction_and_sync_type_both_bind(direction: Direction, sync_type: SyncType) -> None:
    """A list is written only where its own direction and the connection's type agree."""
    both = services(direction=direction)
    both.edit(Side.OUTLOOK, NAME, ("o",))
    both.edit(Side.PIPELINER, NAME, ("p",))

    merge: Merge = both.sync(MergeRules(sync_type))

    for side in Side:
        assert bool(merge.to(side)) == (sync_type.reaches(side) and direction.reaches(side))


@law
@given(
    st.lists(st.sampled_from(["+43 1 1", "+43/1/2", "0-1 (3)", "4"]), unique=True, max_size=2).map(tuple),
    st.sampled_from([5, 99]),
)
def test_phones_converge_with_a_service_that_regroups_them(numbers: Entries, room: int) -> None:
    """A service that stores other separators, or fewer characters, causes no second write."""
    store: Store = per_text(lambda text: text.replace(" ", "-")[:room])
    both = services(room=(2, 2), kind=Kind.PHONES)
    both.stores = {Side.OUTLOOK: store, Side.PIPELINER: as_is}
    both.edit(Side.PIPELINER, NAME, numbers)

    both.sync(MergeRules())

    assert settles(both, MergeRules())


def test_first_sight_of_two_lists_keeps_both() -> None:
    """Two people who are one have the addresses of both."""
    both = services(room=(3, 5))
    both.baselines = None
    both.shown = {Side.OUTLOOK: Contact({NAME: ("a", "b")}), Side.PIPELINER: Contact({NAME: ("b", "c")})}

    both.sync(MergeRules())

    assert shown(both) == (("b", "c", "a"), ("b", "c", "a"))
