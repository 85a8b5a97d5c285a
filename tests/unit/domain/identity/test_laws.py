"""What holds for any two contacts: no verdict depends on an order, a side, a notation or a blank."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.domain import Contact, Side, Value
from sync_core.domain.identity import (
    Chosen,
    Held,
    Holder,
    Traits,
    Unsure,
    Verdict,
    compare,
    counterpart_of,
    held_of,
    traits,
)
from sync_core.domain.identity.comparing import Facts
from sync_core.domain.identity.likeness import NameLikeness
from sync_core.domain.identity.table import TABLE, row_for
from sync_core.domain.identity.verdicts import NO_FACTS
from tests.unit.domain.identity.examples import LINE, MOBILE_1, MOBILE_2, Card
from tests.unit.domain.identity.holding_sides import holders_of, token

CARDS = st.builds(
    Card,
    given=st.sampled_from(
        ["", "Anna", "Anna Maria", "A.", "Eva", "Zoé", "Bob", "Robert", "Anna & Bob", "太郎", "Юлия"]
    ),
    surname=st.sampled_from(["", "Maier", "Maier Jr", "Mair", "Berg", "Berg-Maier", "Núñez", "山田", "Anna"]),
    company=st.sampled_from(["", "", "Nord AG", "Nord", "Süd KG"]),
    mail=st.sampled_from(["", "anna@nord.example", "sonne77@post.example", "info@nord.example", "maier@gmx.at"]),
    mobile=st.sampled_from(["", MOBILE_1, MOBILE_2]),
    phone=st.sampled_from(["", LINE]),
    city=st.sampled_from(["", "Graz", "Linz"]),
    born=st.sampled_from(["", "", "1980-03-04", "1980-04-03"]),
    title=st.sampled_from(["", "Dr.", "Mr", "Ms"]),
)
"""Cards out of few values, so that two of them often have something in common."""
SIDES = st.lists(CARDS, min_size=1, max_size=4)


def both(outlook: list[Card], pipeliner: list[Card]) -> tuple[dict[str, Traits], dict[str, Traits]]:
    """All cards by their ids."""
    return {f"o{at}": card.traits for at, card in enumerate(outlook)}, {
        f"p{at}": card.traits for at, card in enumerate(pipeliner)
    }


@given(CARDS, CARDS, st.booleans())
@settings(max_examples=400)
def test_the_same_is_found_from_both_sides(one: Card, other: Card, has_stored_id: bool) -> None:
    """Which of two contacts comes first tells nothing."""
    found = compare(one.traits, other.traits, has_stored_id=has_stored_id)
    assert compare(other.traits, one.traits, has_stored_id=has_stored_id) == found


@given(SIDES, SIDES)
@settings(max_examples=150)
def test_choice_depends_on_no_order(outlook: list[Card], pipeliner: list[Card]) -> None:
    """Neither that of the candidates, nor that of the rivals, nor that of the index."""
    mine, theirs = both(outlook, pipeliner)
    holders = holders_of(mine, theirs)
    turned = {key: list(found)[::-1] for key, found in reversed(list(holders.items()))}
    for own in mine:
        assert counterpart_of(own, mine, theirs, holders, token) == counterpart_of(
            own, dict(reversed(mine.items())), dict(reversed(theirs.items())), turned, token
        )


@given(SIDES, SIDES)
@settings(max_examples=150)
def test_whoever_is_chosen_chooses_back(outlook: list[Card], pipeliner: list[Card]) -> None:
    """A pair is a pair from both sides, and nobody is in two."""
    mine, theirs = both(outlook, pipeliner)
    holders = holders_of(mine, theirs)
    pairs = set()
    for own in mine:
        chosen = counterpart_of(own, mine, theirs, holders, token)
        if isinstance(chosen, Chosen):
            back = counterpart_of(chosen.id, theirs, mine, holders, token)
            assert isinstance(back, Chosen)
            assert back.id == own
            assert chosen.finding.verdict is Verdict.SAME
            pairs.add(chosen.id)
    backwards = [counterpart_of(own, theirs, mine, holders, token) for own in theirs]
    assert len(pairs) == sum(isinstance(back, Chosen) for back in backwards)


BLANKS: dict[str, Value] = {
    "given_name": " ", "middle_name": "\u200b", "surname": "", "company": "  ", "emails": ("n/a", "", " - "),
    "mobile_phone": "-", "business_phones": ("", "none"), "home_phones": (), "city": "\t", "title": "", "country": " ",
}  # fmt: skip


@given(CARDS)
@settings(max_examples=100)
def test_a_blank_is_never_evidence(card: Card) -> None:
    """Whatever people write for nothing, it is as if the field were not there."""
    values = card.contact.values
    assert traits(Contact({**BLANKS, **values}), birthday=card.born) == replace(
        card.traits, person=traits(Contact({**BLANKS, **values})).person
    )
    assert compare(Card().traits, traits(Contact(BLANKS))).verdict is Verdict.DIFFERENT
    assert traits(Contact(BLANKS)).handles == frozenset()


def _everywhere(card: Card, change: Callable[[str], str]) -> Card:
    return replace(
        card,
        given=change(card.given),
        surname=change(card.surname),
        company=change(card.company),
        city=change(card.city),
        mail=card.mail.upper().join("<>") if card.mail else "",
        mobile=change(card.mobile),
    )


NOTATIONS: dict[str, Callable[[str], str]] = {
    "case": str.upper,
    "accents": lambda text: "".join(
        mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark)
    ),
    "composition": lambda text: unicodedata.normalize("NFD", text),
    "spaces": lambda text: f"  {text.replace(' ', '   ')} ",
    "invisible marks": lambda text: "\u200b".join(text) + "\u00ad",
}


@pytest.mark.parametrize("notation", NOTATIONS)
@given(one=CARDS, other=CARDS)
@settings(max_examples=100)
def test_notation_changes_no_verdict(notation: str, one: Card, other: Card) -> None:
    """Case, accents, spaces and invisible marks of one side are not seen."""
    written = _everywhere(one, NOTATIONS[notation])
    assert compare(written.traits, other.traits).verdict == compare(one.traits, other.traits).verdict
    assert written.traits.name == one.traits.name


AGAINST = (
    "is_other_kind", "is_other_suffix", "is_other_middle", "is_other_title", "is_other_mobile", "is_other_town",
    "is_other_mail", "is_other_line", "is_of_another",
)  # fmt: skip
FOR = (
    "has_mail",
    "has_mobile",
    "has_role",
    "has_shared_mail",
    "has_line",
    "has_place",
    "is_one_firm",
    "is_named",
    "is_one_area",
)


def facts(kind: NameLikeness, told: dict[str, bool]) -> Facts:
    """Facts in which so much is true."""
    strong = frozenset(f"{name}:x" for name in ("has_mail", "has_mobile") if told.get(name))
    is_equal = kind in {NameLikeness.EQUAL, NameLikeness.SWAPPED}
    known = NO_FACTS._replace(kind=kind, is_equal=is_equal, strong=strong)
    return Facts(**{**known._asdict(), "are_both_bare": False, **told})


@given(
    st.sampled_from(NameLikeness),
    st.fixed_dictionaries({name: st.booleans() for name in (*FOR, *AGAINST, "has_stored_id", "are_both_bare")}),
    st.sampled_from(AGAINST),
)
@settings(max_examples=600)
def test_more_evidence_against_never_makes_one_person_of_two(
    kind: NameLikeness, told: dict[str, bool], against: str
) -> None:
    """Where two were different or a question, one more contradiction pairs nobody."""
    before = row_for(facts(kind, told)).verdict
    after = row_for(facts(kind, {**told, against: True})).verdict
    assert before is Verdict.SAME or after is not Verdict.SAME


@given(CARDS, CARDS, st.lists(st.tuples(st.sampled_from(Side), CARDS), max_size=3), st.sampled_from(Side), CARDS)
@settings(max_examples=400)
def test_one_more_holder_never_answers_a_question(
    one: Card, other: Card, known: list[tuple[Side, Card]], side: Side, another: Card
) -> None:
    """A further contact with the same address, number or name makes two contacts no more the same."""

    def verdict(cards: list[tuple[Side, Card]]) -> Verdict:
        outlook = [one, *(card for where, card in cards if where is Side.OUTLOOK)]
        pipeliner = [other, *(card for where, card in cards if where is Side.PIPELINER)]
        mine, theirs = both(outlook, pipeliner)
        held = held_of(mine["o0"], theirs["p0"], frozenset({"o0", "p0"}), holders_of(mine, theirs), token)
        return compare(mine["o0"], theirs["p0"], held).verdict

    assert verdict(known) is Verdict.SAME or verdict([*known, (side, another)]) is not Verdict.SAME


@given(CARDS, CARDS)
@settings(max_examples=100)
def test_whether_the_two_are_in_the_index_tells_nothing_for_them(one: Card, other: Card) -> None:
    """They do not hold anything against each other."""
    mine, theirs = {"o": one.traits}, {"p": other.traits}
    ids = frozenset({"o", "p"})
    assert held_of(one.traits, other.traits, ids, holders_of(mine, theirs), token) == Held()
    assert held_of(one.traits, other.traits, ids, {}, token) == Held()


def test_every_row_decides_something() -> None:
    """No row is hidden behind those above it."""
    kinds = list(NameLikeness)
    names = (*FOR, "has_stored_id", "is_other_suffix", "is_other_middle", "is_other_mobile", "is_other_town")
    more: tuple[dict[str, bool], ...] = (
        {},
        {"is_company_card": True},
        {"are_both_bare": True},
        {"by_initial": True},
        {"is_all_equal": True},
        {"namesakes": True},
        {"is_one_bare": True},
        {"is_one_bare": True, "is_all_equal": True, "has_line": True},
        {"is_other_firm": True},
        {"is_other_firm": True, "are_both_bare": True},
    )
    found = set()
    for kind, extra in product(kinds, more):
        for bits in range(1 << len(names)):
            if bits.bit_count() <= 3:
                told = {name: bool(bits >> at & 1) for at, name in enumerate(names)}
                found.add(row_for(facts(kind, {**told, **extra})).id)
    assert found == {row.id for row in TABLE}


def test_what_more_than_twenty_hold_finds_nobody() -> None:
    """A number of a whole company means nothing, however it looks."""
    one, other = Card("Anna", "Maier", mobile=MOBILE_1), Card("Anna", "Maier", mobile=MOBILE_1)
    crowd = {f"p{at}": Card("Anna", "Maier", mobile=MOBILE_1).traits for at in range(20)}
    few = holders_of({"o": one.traits}, {"p": other.traits, **dict(list(crowd.items())[:18])})
    many = holders_of({"o": one.traits}, {"p": other.traits, **crowd})
    ids = frozenset({"o", "p"})
    assert compare(one.traits, other.traits, held_of(one.traits, other.traits, ids, few, token)).rule == "11"
    assert compare(one.traits, other.traits, held_of(one.traits, other.traits, ids, many, token)).rule == "22b"


def test_a_contact_of_any_name_that_has_the_address_makes_it_shared() -> None:
    """Linked or not, in scope or not, on either side; a nameless one and duplicates do not."""
    one, other = (
        Card("Eva", "Lang", mail="sonne@post.example").traits,
        Card("Eva", "Lang", mail="sonne@post.example").traits,
    )
    handle = token("mail:sonne@post.example")
    ids = frozenset({"o", "p"})

    def held(side: Side, name: str) -> Held:
        return held_of(one, other, ids, {handle: [Holder(side, "x", token(name))]}, token)

    for side in Side:
        assert held(side, "name:lang paul").shared == {"mail:sonne@post.example"}
        assert held(side, one.name).shared == frozenset()
        assert held(side, "").shared == frozenset()


def test_unsure_shows_each_candidate() -> None:
    """In the order of their ids, each with what was found."""
    own = Card("Anna", "Maier").traits
    theirs = {key: Card("Anna", "Maier", "Nord AG").traits for key in ("p2", "p1")}
    chosen = counterpart_of("o", {"o": own}, theirs, holders_of({"o": own}, theirs), token)
    assert isinstance(chosen, Unsure)
    assert (chosen.ids, list(chosen.findings)) == (("p1", "p2"), ["p1", "p2"])
    assert not chosen.are_duplicates
