"""By which handles a decision about who is who is found again, and what may be answered at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sync_core.domain import (
    CHOICES,
    CardKey,
    Choice,
    Concerned,
    ContactKey,
    IdentifierKey,
    PairKey,
    Reason,
    Ruling,
    RulingKey,
    RulingKind,
    handles_of,
    pair_key,
    ranked_handles,
    supersedes,
    traces_of,
)
from sync_core.domain.identity import Traits

AT = datetime(2026, 11, 28, tzinfo=UTC)
JANE = PairKey("o", "p", "jane", "john", frozenset({"mail:a", "tel:b"}))
KEYS: list[RulingKey] = [JANE, ContactKey("o", "jane"), IdentifierKey("mail:a"), CardKey("l", "jane")]


def test_the_surest_handles_come_first() -> None:
    """Both ids, one id and the other's name, both names, and last what is found in other mailboxes."""
    ranks = list(ranked_handles("ada", JANE))
    assert [len(rank) for rank in ranks] == [1, 2, 1, 2]
    assert len({handle for rank in ranks for handle in rank}) == 6
    assert [len(rank) for rank in ranked_handles("ada", JANE, for_space=False)] == [1, 2, 1]


@pytest.mark.parametrize(
    ("pair", "ranks"),
    [
        (PairKey("o", "p"), [1]),
        (PairKey("o", "p", "jane", "", frozenset({"mail:a"})), [1]),
        (PairKey("o", "p", "", "jane", frozenset({"mail:a"})), [1]),
        (PairKey("o", "p", "jane", "jane"), [1, 2, 0]),
        (PairKey("o", "p", "jane", "jane", frozenset({"mail:a"})), [1, 2, 1]),
    ],
)
def test_names_find_nothing_that_they_do_not_tell_apart(pair: PairKey, ranks: list[int]) -> None:
    """Blank ones, and equal ones without an id or an identifier."""
    assert [len(rank) for rank in ranked_handles("ada", pair)] == ranks


@pytest.mark.parametrize("key", KEYS, ids=lambda key: type(key).__name__)
def test_no_two_keys_share_a_handle(key: RulingKey) -> None:
    """Whatever their parts are, and however these are cut; a mailbox's handles are its own."""
    others: list[RulingKey] = [
        *(other for other in KEYS if other != key),
        PairKey("p", "o", "john", "jane"),
        PairKey("op", "", "janejohn", "x"),
        ContactKey("ojan", "e"),
        IdentifierKey("mail:a1:"),
        CardKey("", "ljane"),
    ]
    mine = set(handles_of("ada", key, for_space=True))
    assert mine
    assert [other for other in others if not mine.isdisjoint(handles_of("ada", other, for_space=True))] == []
    bens = mine & set(handles_of("ben", key, for_space=True))
    assert bens == mine - set(handles_of("ada", key)) if not isinstance(key, CardKey) else bens == mine


def test_traces_are_what_a_person_is_known_by() -> None:
    """Names and identifiers, never ids; nothing where there is nothing."""
    assert [set(traces_of(key)) for key in KEYS] == [
        {"jane", "john", "mail:a", "tel:b"},
        {"jane"},
        {"mail:a"},
        {"jane"},
    ]
    assert [traces_of(key) for key in (PairKey("o", "p"), ContactKey("o"), CardKey("l", ""))] == [(), (), ()]


def test_the_key_of_a_pair_holds_what_identifies_either() -> None:
    """Names side by side; identifiers of both together, for another mailbox may know only one of the cards."""
    mine = Traits(strong=frozenset({"mail:a"}), name="jane")
    theirs = Traits(strong=frozenset({"tel:b"}), name="john")
    assert pair_key("o", mine, "p", theirs) == JANE
    assert pair_key("o", Traits(), "p", Traits()) == PairKey("o", "p")


def test_whom_a_ruling_is_about_adds_up() -> None:
    """Side by side, each once, in order."""
    one, other = Concerned(("o1",), ("p1",)), Concerned(("o2", "o1"), ("p1",), ("l",))
    assert one + other == Concerned(("o1", "o2"), ("p1",), ("l",))
    assert (one + other).ids == {"o1", "o2", "p1", "l"}
    assert Concerned().ids == frozenset()


def test_every_question_can_be_put_off_and_offers_each_choice_once() -> None:
    """*Later* comes last."""
    assert [reason for reason, choices in CHOICES.items() if choices[-1] is not Choice.LATER] == []
    assert [reason for reason, choices in CHOICES.items() if len(set(choices)) < len(choices) or len(choices) < 2] == []
    assert {choice for choices in CHOICES.values() for choice in choices} == set(Choice)


def test_whoever_may_be_the_same_person_can_be_said_to_be() -> None:
    """And whoever is asked about as a double, or as gone, cannot: their counterpart lives, or is not there."""
    same = {reason for reason, choices in CHOICES.items() if Choice.SAME in choices}
    assert same == {Reason.COUNTERPART_UNCLEAR, Reason.TYPED_OVER, Reason.COPIED_CARD, Reason.LINK_CONTRADICTS}


PAIR, OTHER_CARD, OTHER_PAIR = Concerned(("o",), ("p",)), Concerned(("o",), ("p2",)), Concerned(("o3",), ("p3",))
CARD, LINKED = Concerned(("o",)), Concerned(("o",), ("p",), ("l",))


@pytest.mark.parametrize(
    ("later", "earlier", "is_over"),
    [
        (("same", PAIR), ("same", PAIR), True),
        (("same", PAIR), ("apart", PAIR), True),
        (("apart", PAIR), ("same", PAIR), True),
        (("apart", PAIR), ("apart", PAIR), True),
        (("same", PAIR), ("same", OTHER_CARD), True),
        (("same", PAIR), ("apart", OTHER_CARD), False),
        (("apart", PAIR), ("same", OTHER_CARD), False),
        (("apart", PAIR), ("apart", OTHER_CARD), False),
        (("same", PAIR), ("same", OTHER_PAIR), False),
        (("same", PAIR), ("alone", CARD), True),
        (("apart", PAIR), ("alone", CARD), False),
        (("alone", CARD), ("same", PAIR), True),
        (("alone", CARD), ("alone", CARD), True),
        (("alone", CARD), ("apart", PAIR), False),
        (("alone", CARD), ("same", OTHER_PAIR), False),
        (("renamed", LINKED), ("apart", PAIR), True),
        (("apart", PAIR), ("renamed", LINKED), True),
        (("renamed", LINKED), ("renamed", LINKED), True),
        (("apart", OTHER_PAIR), ("renamed", LINKED), False),
        (("same", PAIR), ("renamed", LINKED), False),
        (("shared", PAIR), ("shared", PAIR), False),
        (("shared", PAIR), ("shared", OTHER_CARD), False),
        (("shared", PAIR), ("apart", PAIR), False),
        (("same", PAIR), ("shared", PAIR), False),
    ],
)
def test_a_later_ruling_takes_the_place_of_what_cannot_hold_beside_it(
    later: tuple[str, Concerned], earlier: tuple[str, Concerned], is_over: bool
) -> None:
    """*Same* is one to one, whoever is left out is nobody's counterpart, and the latest word on two contacts counts."""
    one, other = (Ruling(kind, RulingKind(kind), "by", AT, about=about) for kind, about in (later, earlier))
    assert supersedes(one, other) is is_over
