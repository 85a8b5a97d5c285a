"""List fields under random histories of edits on both sides, for every room that the sides may have."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.domain import Kind, MergeRules, Side, SyncType
from tests.unit.domain.list_services import NAME, ONE_WAY, Entries, had, services
from tests.unit.domain.two_services import Store, TwoServices, as_is, per_text

CAPACITIES = [(3, 5), (2, 2), (1, 1), (2, 1)]
law = settings(max_examples=150)
Step = tuple[Entries | None, Entries | None, Side]


def lists(room: int) -> st.SearchStrategy[Entries]:
    """Lists that a service with so much room can hold."""
    return st.lists(st.sampled_from("abcdefg"), unique=True, max_size=room).map(tuple)


@st.composite
def histories(draw: st.DrawFn) -> tuple[TwoServices, list[Step]]:
    """Two services of some room, and rounds of edits on either side with the one that was edited last."""
    room = draw(st.sampled_from(CAPACITIES))
    step = st.tuples(st.none() | lists(room[0]), st.none() | lists(room[1]), st.sampled_from(Side))
    return services(room=room), draw(st.lists(step, min_size=1, max_size=4))


def edited(both: TwoServices, outlook: Entries | None, pipeliner: Entries | None) -> None:
    """Let people edit the sides that get a list."""
    for side, entries in ((Side.OUTLOOK, outlook), (Side.PIPELINER, pipeliner)):
        if entries is not None:
            both.edit(side, NAME, entries)


def comes_to_agree(both: TwoServices, rules: MergeRules) -> bool:
    """Whether two more merges write nothing, whoever is the newer."""
    return all(both.sync(replace(rules, newest=side)).writes_nothing for side in (*Side, *Side))


@law
@given(histories())
def test_any_history_of_lists_converges(
    history: tuple[TwoServices, list[Step]],
) -> None:
    """Right after a merge the next one writes nothing, and no side is ever sent more than it holds."""
    both, steps = history
    row = both.rows.field(NAME)
    for outlook, pipeliner, newest in steps:
        edited(both, outlook, pipeliner)
        both.sync(MergeRules(newest=newest))

        assert all(len(both.shown[side].entries(NAME)) <= row.entries(side) for side in Side)
        assert comes_to_agree(both, MergeRules())


@law
@given(histories())
def test_no_entry_is_lost_and_no_removal_undone(
    history: tuple[TwoServices, list[Step]],
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
    history: tuple[TwoServices, list[Step]],
) -> None:
    """Without an overflow the roomier side has everything; with one it is full and lacks something."""
    both, steps = history
    row = both.rows.field(NAME)
    for outlook, pipeliner, newest in steps:
        edited(both, outlook, pipeliner)
        merge = both.sync(MergeRules(newest=newest))
        after = {side: set(both.shown[side].entries(NAME)) for side in Side}
        lacking = {side for side in Side if after[side.other] - after[side]}
        roomier = {side for side in Side if row.entries(side) >= row.entries(side.other)}

        assert all(len(after[side]) == row.entries(side) for side in lacking)
        is_crowded = len(after[Side.OUTLOOK]) > row.entries(Side.PIPELINER)  # of numbers in Outlook that is told always
        told = (lacking & roomier) | ({Side.PIPELINER} if is_crowded else set())
        assert {item.side for item in merge.overflows} <= told
        assert bool(merge.overflows) == bool(told)


@law
@given(histories(), st.sampled_from(ONE_WAY))
def test_one_way_lists_never_write_the_other_side(
    history: tuple[TwoServices, list[Step]], way: tuple[SyncType, Side]
) -> None:
    """One direction is one direction, whatever happens, and it comes to agree too."""
    both, steps = history
    sync_type, target = way
    for outlook, pipeliner, newest in steps:
        edited(both, outlook, pipeliner)
        merge = both.sync(MergeRules(sync_type, newest=newest))

        assert merge.to(target.other) == {}
        assert comes_to_agree(both, MergeRules(sync_type))


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

    assert comes_to_agree(both, MergeRules())
