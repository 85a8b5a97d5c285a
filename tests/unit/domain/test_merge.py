"""Scalar fields, exhaustively in a small scope: every state of both sides and baselines under every rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import pytest

from sync_core.domain import (
    Baselines,
    Conflict,
    ConflictRule,
    Contact,
    Direction,
    Excess,
    Field,
    FieldMap,
    Kind,
    Merge,
    MergeRules,
    Side,
    SyncType,
    changed_fields,
    merge_contacts,
)
from tests.unit.domain.two_services import Store, TwoServices, as_is, per_text

VALUES = ("", "abc", "abd")
ROW = Field("city", "City", Kind.LINE, "businessAddress.city", ("city",))
FIELD_MAPS = {way: FieldMap((replace(ROW, direction=way),)) for way in Direction}
BOTH = frozenset(Side)

MAY_WRITE_BY_TYPE = {
    SyncType.TWO_WAY: BOTH,
    SyncType.TO_OUTLOOK: frozenset({Side.OUTLOOK}),
    SyncType.TO_PIPELINER: frozenset({Side.PIPELINER}),
}
MAY_WRITE_BY_DIRECTION = {
    Direction.BOTH: BOTH,
    Direction.TO_OUTLOOK: frozenset({Side.OUTLOOK}),
    Direction.TO_PIPELINER: frozenset({Side.PIPELINER}),
    Direction.NONE: frozenset[Side](),
}
ALL_RULES = [
    MergeRules(sync_type, conflict_rule, newest)
    for sync_type, conflict_rule, newest in product(SyncType, ConflictRule, Side)
]


@dataclass(frozen=True)
class Case:
    """What both sides show, what they had (None on first sight), and the rules."""

    now: dict[Side, str]
    had: dict[Side, str] | None
    rules: MergeRules
    direction: Direction = Direction.BOTH

    @property
    def rows(self) -> FieldMap:
        """The one field in its direction."""
        return FIELD_MAPS[self.direction]

    @property
    def edited(self) -> frozenset[Side]:
        """Sides that differ from their own baseline; on first sight the ones that have a value."""
        return frozenset(side for side in Side if self.now[side] != (self.had[side] if self.had else ""))

    @property
    def may_write(self) -> frozenset[Side]:
        """Sides that both the connection's type and the field's direction allow to write."""
        return MAY_WRITE_BY_TYPE[self.rules.sync_type] & MAY_WRITE_BY_DIRECTION[self.direction]

    @property
    def baselines(self) -> Baselines | None:
        """Baselines as contacts."""
        return Baselines(*(a_city(self.had[side]) for side in Side)) if self.had else None

    def merge(self) -> Merge:
        """Merge by the code under test."""
        outlook, pipeliner = (a_city(self.now[side]) for side in Side)
        return merge_contacts(self.rows, outlook, pipeliner, self.baselines, self.rules)

    def mirrored(self) -> Case:
        """The same case with Outlook and Pipeliner exchanged everywhere."""
        types = {SyncType.TO_OUTLOOK: SyncType.TO_PIPELINER, SyncType.TO_PIPELINER: SyncType.TO_OUTLOOK}
        conflicts = {ConflictRule.OUTLOOK: ConflictRule.PIPELINER, ConflictRule.PIPELINER: ConflictRule.OUTLOOK}
        ways = {Direction.TO_OUTLOOK: Direction.TO_PIPELINER, Direction.TO_PIPELINER: Direction.TO_OUTLOOK}
        rules = MergeRules(
            types.get(self.rules.sync_type, self.rules.sync_type),
            conflicts.get(self.rules.conflict_rule, self.rules.conflict_rule),
            self.rules.newest.other,
        )
        had = {side: self.had[side.other] for side in Side} if self.had else None
        now = {side: self.now[side.other] for side in Side}
        return Case(now, had, rules, ways.get(self.direction, self.direction))


@cache
def a_city(value: str) -> Contact:
    """A contact of which only the city is known."""
    return Contact().with_values({"city": value})


def cases(rules: MergeRules, directions: tuple[Direction, ...] = tuple(Direction)) -> Iterator[Case]:
    """Every state of both sides and baselines, and first sight."""
    for outlook, pipeliner, direction in product(VALUES, VALUES, directions):
        now = {Side.OUTLOOK: outlook, Side.PIPELINER: pipeliner}
        yield Case(now, None, rules, direction)
        for had_outlook, had_pipeliner in product(VALUES, VALUES):
            had = {Side.OUTLOOK: had_outlook, Side.PIPELINER: had_pipeliner}
            yield Case(now, had, rules, direction)


def rule_favours(rules: MergeRules, side: Side) -> bool:
    """Whether the connection's rule names that side the winner."""
    return {
        ConflictRule.NEWEST: rules.newest is side,
        ConflictRule.OUTLOOK: side is Side.OUTLOOK,
        ConflictRule.PIPELINER: side is Side.PIPELINER,
    }[rules.conflict_rule]


def expected(case: Case) -> Merge:
    """Foretell the merge from the design's words.

    An edit travels where type and direction let it; one that may not waits. Of two edits that may travel, a value
    beats a blank, and the rule decides between values; in one direction the other side's edit is the loser.
    """
    if case.direction is Direction.NONE or not case.edited or len(set(case.now.values())) == 1:
        return Merge({}, {})
    bidders = [side for side in case.edited if side.other in case.may_write]
    if not bidders:
        return Merge({}, {}, not_agreed=frozenset({"city"}))
    winner = max(bidders, key=lambda side: (bool(case.now[side]), rule_favours(case.rules, side)))
    write = {"city": case.now[winner]}
    conflict = Conflict("city", winner, case.now[winner], case.now[winner.other])
    return Merge(
        write if winner is Side.PIPELINER else {},
        write if winner is Side.OUTLOOK else {},
        (conflict,) if case.edited == BOTH else (),
    )


@pytest.mark.parametrize("rules", ALL_RULES, ids=str)
def test_every_merge_is_as_the_design_says(rules: MergeRules) -> None:
    """The code agrees with the oracle on every state, direction and rule."""
    wrong = [case for case in cases(rules) if case.merge() != expected(case)]

    assert wrong == []


@pytest.mark.parametrize("rules", ALL_RULES, ids=str)
def test_merge_treats_both_sides_alike(rules: MergeRules) -> None:
    """Exchanging the sides everywhere exchanges the writes and nothing else."""
    for case in cases(rules):
        merge, mirror = case.merge(), case.mirrored().merge()

        assert (mirror.to_outlook, mirror.to_pipeliner) == (merge.to_pipeliner, merge.to_outlook)
        assert [item.winner.other for item in mirror.conflicts] == [item.winner for item in merge.conflicts]
        assert mirror.not_agreed == merge.not_agreed


@pytest.mark.parametrize("rules", ALL_RULES, ids=str)
def test_nothing_that_a_person_typed_is_lost(rules: MergeRules) -> None:
    """Each edited value is on both sides, or the loser of a named conflict, or kept for later."""
    for case in cases(rules, (Direction.BOTH, Direction.TO_OUTLOOK, Direction.TO_PIPELINER)):
        merge = case.merge()
        after = {side: merge.to(side).get("city", case.now[side]) for side in Side}
        for side in case.edited:
            kept = after[side] == after[side.other] == case.now[side]
            lost = any(item.lost == case.now[side] and item.winner is side.other for item in merge.conflicts)
            waits = merge.not_agreed == {"city"} and after[side] == case.now[side]

            assert kept or lost or waits, case


@pytest.mark.parametrize("rules", [rules for rules in ALL_RULES if rules.sync_type is SyncType.TWO_WAY], ids=str)
def test_a_conflict_has_one_winner_whatever_was_there_before(rules: MergeRules) -> None:
    """In both directions the outcome of two edits depends on the rule and the two values alone."""
    winners: dict[tuple[str, ...], set[Side]] = {}
    for case in cases(rules, (Direction.BOTH,)):
        if case.edited != BOTH or len(set(case.now.values())) == 1:
            continue
        merge = case.merge()
        (conflict,) = merge.conflicts
        winners.setdefault(tuple(case.now.values()), set()).add(conflict.winner)

        assert merge.to(conflict.winner) == {}
        assert merge.to(conflict.winner.other) == {"city": conflict.won}

    assert len(winners) == len(VALUES) * (len(VALUES) - 1)
    assert all(len(sides) == 1 for sides in winners.values())


def test_a_blank_never_beats_a_value() -> None:
    """Clearing a field loses against an edit of it on the other side, whatever the rule."""
    for rules in ALL_RULES:
        for case in cases(rules, (Direction.BOTH,)):
            if rules.sync_type is SyncType.TWO_WAY:
                assert not any(item.won == "" for item in case.merge().conflicts)


def test_first_sight_never_clears_anything() -> None:
    """Two people who meet without baselines only gain."""
    for rules in ALL_RULES:
        for case in cases(rules):
            if case.had is None:
                merge = case.merge()
                assert "" not in {*merge.to_outlook.values(), *merge.to_pipeliner.values()}


@pytest.mark.parametrize(
    "store", [as_is, per_text(str.upper), per_text(lambda text: text[:1])], ids=["as_is", "upper", "cut"]
)
@pytest.mark.parametrize("rules", ALL_RULES, ids=str)
def test_merging_again_after_the_writes_writes_nothing(rules: MergeRules, store: Store) -> None:
    """Whatever a service makes of what it is sent, its own work is not taken for a person's, whoever is newer."""
    for case in cases(rules):
        services = TwoServices(
            case.rows,
            {side: a_city(case.now[side]) for side in Side},
            case.baselines,
            {Side.OUTLOOK: as_is, Side.PIPELINER: store},
        )
        first = services.sync(rules)
        again = [services.sync(replace(rules, newest=side)) for side in Side]

        assert all(merge.writes_nothing for merge in again), case
        assert all(merge.not_agreed == first.not_agreed for merge in again), case


def test_what_differs_in_form_only_is_no_edit() -> None:
    """Trailing space on one side, and other white space on the other, leave a field alone."""
    case_had = Baselines(a_city("Bad Ischl"), a_city("Bad Ischl"))

    merge = merge_contacts(FieldMap((ROW,)), a_city("Bad  Ischl "), a_city("Bad\tIschl"), case_had, MergeRules())

    assert merge == Merge({}, {})


def test_nothing_but_spaces_never_beats_a_value() -> None:
    """A field that was filled with spaces counts as blank, on first sight and in a conflict."""
    outlook_wins = MergeRules(conflict_rule=ConflictRule.OUTLOOK)

    for base in (None, Baselines(a_city("Wien"), a_city("Wien"))):
        merge = merge_contacts(FieldMap((ROW,)), a_city("  "), a_city("Graz"), base, outlook_wins)

        assert (merge.to_outlook, merge.to_pipeliner) == ({"city": "Graz"}, {})


def test_value_too_long_for_the_other_side_waits_uncut() -> None:
    """A value that does not fit is reported with its limit, and neither cut nor taken for agreed."""
    long = "x" * 256

    merge = merge_contacts(
        FieldMap((ROW,)), a_city(long), a_city("Graz"), Baselines(a_city("Graz"), a_city("Graz")), MergeRules()
    )

    assert merge.writes_nothing
    assert merge.not_agreed == {"city"}
    assert [(item.side, item.excess, item.limit) for item in merge.overflows] == [
        (Side.PIPELINER, Excess.TOO_LONG, 255)
    ]


def test_changed_fields_are_named() -> None:
    """A side's edits are told by field, in form-free comparison."""
    rows = FieldMap()
    before = Contact({"city": "Graz", "given_name": "Anna", "emails": ("Anna@example.test",)})
    now = Contact({"city": "Wien", "given_name": " Anna", "emails": ("anna@example.test",)})

    assert changed_fields(rows, now, before) == {"city"}


def test_fields_are_merged_one_by_one() -> None:
    """Two people who edit different fields both find their edit on both sides."""
    base = Contact({"city": "Graz", "given_name": "Anna"})
    outlook, pipeliner = base.with_values({"city": "Wien"}), base.with_values({"given_name": "Anne"})

    merge = merge_contacts(FieldMap(), outlook, pipeliner, Baselines(base, base), MergeRules())

    assert (merge.to_outlook, merge.to_pipeliner) == ({"given_name": "Anne"}, {"city": "Wien"})
    assert not merge.conflicts
    assert not merge.writes_nothing
