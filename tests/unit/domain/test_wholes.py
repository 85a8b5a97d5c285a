"""Values of several parts and notes, as the merge decides about them: which side is written, and what stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain import (
    STANDARD_FIELDS,
    Baselines,
    ConflictRule,
    Contact,
    Direction,
    Excess,
    FieldMap,
    Merge,
    MergeRules,
    Side,
    SyncType,
    merge_contacts,
)
from sync_core.domain.values.addresses import contradict

FIELDS = FieldMap()
ADDRESS = FIELDS.wholes[0]
OURS = MergeRules(conflict_rule=ConflictRule.OUTLOOK)
THEIRS = MergeRules(conflict_rule=ConflictRule.PIPELINER)


def merged(
    had: dict[str, str], outlook: dict[str, str], pipeliner: dict[str, str], rules: MergeRules = OURS
) -> tuple[Merge, Contact, Contact]:
    """Merge, and return what both sides show then."""
    sides = [Contact().with_values(values) for values in (outlook, pipeliner)]
    base = Baselines(Contact().with_values(had), Contact().with_values(had))
    merge = merge_contacts(FIELDS, sides[0], sides[1], base, rules)
    return merge, sides[0].with_values(merge.to_outlook), sides[1].with_values(merge.to_pipeliner)


def test_the_parts_of_an_address_that_travel_the_same_way_are_one_value() -> None:
    """What goes another way is decided by itself, and so is a field that is alone."""
    assert [part.name for part in ADDRESS] == ["street", "city", "state", "postal_code", "country"]
    one_way = tuple(
        replace(field, direction=Direction.TO_OUTLOOK if field.name == "country" else field.direction)
        for field in STANDARD_FIELDS
    )
    assert [[part.name for part in parts] for parts in FieldMap(one_way).wholes] == [
        ["street", "city", "state", "postal_code"]
    ]


@pytest.mark.parametrize("rules", [OURS, THEIRS])
def test_the_winner_s_address_is_written_whole(rules: MergeRules) -> None:
    """Its blanks as well, and nothing where nothing differs."""
    ours, theirs = {"street": "Gasse 2", "city": "Wien"}, {"street": "Ring 1", "city": "Graz", "country": "Austria"}

    merge, outlook, pipeliner = merged({"street": "Ring 1", "city": "Wien"}, ours, theirs, rules)

    won = Contact(ours if rules is OURS else theirs)
    assert (outlook, pipeliner) == (won, won)
    assert {one.field for one in merge.conflicts} == {"street", "city", "country"}
    assert {one.winner for one in merge.conflicts} == {rules.preferred}


def test_an_address_that_only_one_side_edited_travels_without_a_conflict() -> None:
    """Only the parts that differ are written."""
    merge, _, _ = merged({"street": "Ring 1", "city": "Wien"}, {"street": "Ring 2", "city": "Wien"}, {
        "street": "Ring 1", "city": "Wien"})  # fmt: skip

    assert (merge.to_pipeliner, merge.to_outlook, merge.conflicts) == ({"street": "Ring 2"}, {}, ())


def test_what_neither_had_is_completed_from_both_unless_they_contradict() -> None:
    """Whoever wins a conflict."""
    for rules in (OURS, THEIRS):
        _, outlook, pipeliner = merged(
            {}, {"street": "Ring 1", "city": "Wien"}, {"city": "wien", "country": "AT"}, rules
        )
        assert (outlook.text("country"), pipeliner.text("street")) == ("AT", "Ring 1")


def test_a_later_completion_wins_over_the_same_without_it() -> None:
    """Whatever the rule says; in one direction the leading side's stays as it is."""
    had = {"street": "Ring 1", "city": "Wien"}
    ours, theirs = {"street": "Ring 2", "city": "Wien"}, {"street": "Ring 2", "city": "Wien", "country": "AT"}

    _, outlook, pipeliner = merged(had, ours, theirs)
    assert outlook == pipeliner == Contact(theirs)
    one_way = MergeRules(SyncType.TO_PIPELINER, ConflictRule.PIPELINER)
    _, outlook, pipeliner = merged(had, ours, theirs, one_way)
    assert outlook == pipeliner == Contact(ours)


def test_a_part_that_does_not_fit_keeps_all_the_others() -> None:
    """It alone is told."""
    merge, _, _ = merged({}, {}, {"street": "s" * 256, "city": "Wien"})

    assert merge.writes_nothing
    assert [(one.field, one.side, one.excess) for one in merge.overflows] == [("street", Side.OUTLOOK, Excess.TOO_LONG)]
    assert merge.not_agreed == {part.name for part in ADDRESS}


def test_what_contradicts_is_told_by_what_it_means() -> None:
    """A blank contradicts nothing; neither do case, accents, or a country's name in another language."""
    one = {"street": "Rue 9", "city": "Zürich", "country": "Switzerland"}

    assert not contradict(ADDRESS, Contact(one), Contact())
    assert not contradict(ADDRESS, Contact(one), Contact({"city": "zurich", "country": "Schweiz"}))
    assert contradict(ADDRESS, Contact(one), Contact({"city": "Basel"}))
    assert contradict(ADDRESS, Contact(one), Contact({"country": "Nowhere"}))
    assert contradict(ADDRESS, Contact({"country": "Somewhere"}), Contact({"country": "Nowhere"}))
    assert contradict(ADDRESS, Contact({"street": "Austria"}), Contact({"street": "Österreich"}))


def test_a_note_is_written_only_where_it_is_not_yet_what_came_of_both() -> None:
    """And is in no conflict."""
    merge, _, _ = merged({"notes": "a"}, {"notes": "a\nb"}, {"notes": "a\nb\nc"})

    assert (merge.to_outlook, merge.to_pipeliner, merge.conflicts) == ({"notes": "a\nb\nc"}, {}, ())


def test_a_note_whose_baselines_differ_is_kept_twice() -> None:
    """Nothing says what was there before; white space alone makes no difference."""
    sides = Contact({"notes": "b\nours"}), Contact({"notes": "b\ntheirs"})
    for theirs, expected in (("x", "b\nours\n-----\nb\ntheirs"), (" b", "b\nours\ntheirs")):
        base = Baselines(Contact({"notes": "b"}), Contact({"notes": theirs}))
        merge = merge_contacts(FIELDS, *sides, base, OURS)
        assert merge.to_outlook == merge.to_pipeliner == {"notes": expected}


def test_of_a_cut_note_nothing_is_sent_and_one_that_grew_too_long_stays_on_both() -> None:
    """Both wait, and are told."""
    long = "w" * 2_000
    merge, _, _ = merged({"notes": long}, {"notes": long[:1_500]}, {"notes": long})
    assert merge.writes_nothing
    assert [(one.side, one.excess, one.limit) for one in merge.overflows] == [(Side.PIPELINER, Excess.CUT, 1_500)]

    merge, outlook, _ = merged({"notes": long}, {"notes": long[:1_500]}, {"notes": f"{long}\nmore"}, THEIRS)
    assert (outlook.text("notes"), merge.overflows, merge.to_pipeliner) == (f"{long}\nmore", (), {})

    merge, _, _ = merged({}, {"notes": "o" * 20_000}, {"notes": "p" * 20_000})
    assert merge.writes_nothing
    assert [(one.side, one.excess) for one in merge.overflows] == [(Side.PIPELINER, Excess.TOO_LONG)]
    assert merge.not_agreed == {"notes"}
