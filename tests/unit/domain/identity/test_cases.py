"""Situations out of people's lives: two people are never made one, and one is never doubled."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from sync_core.domain import Contact
from sync_core.domain.identity import (
    Chosen,
    Finding,
    Nobody,
    Traits,
    Unsure,
    Verdict,
    choose,
    compare,
    counterpart_of,
    traits,
)
from sync_core.domain.identity.traits import MOST_ADDRESSES
from tests.unit.domain.identity.examples import LINE, MOBILE_1, MOBILE_2, Card
from tests.unit.domain.identity.holding_sides import holders_of, token

HOSTILE_LENGTH = 32_000


def found(one: Card, other: Card) -> Finding:
    """What is found on two cards with nothing else on either side."""
    return compare(one.traits, other.traits)


def test_a_couple_with_one_address_stays_two_people() -> None:
    """Other first names and other mobiles; with the address alone a person is asked."""
    john = Card("John", "Doe", mail="doe@family.test", mobile="+1 555 0001")
    jane = Card("Jane", "Doe", mail="doe@family.test", mobile="+1 555 0002")
    assert found(john, jane).verdict is Verdict.DIFFERENT
    assert found(Card("John", "Doe", mail="doe@family.test"), jane).verdict is Verdict.ASK


def test_colleagues_at_one_office_address_are_two_people() -> None:
    """Whether they share the first name or nothing; the company's own card is neither."""
    mueller = Card("Peter", "Mueller", mail="info@acme.test")
    for other in (
        Card("Peter", "Schmidt", mail="info@acme.test"),
        Card("Eva", "Novak", mail="info@acme.test"),
        Card(company="Acme GmbH", mail="info@acme.test"),
    ):
        assert found(mueller, other).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Card("John", "Smith", mobile="+44 999"), Card("John", "Smith", mobile="+1 111", city="Boston")),
        (Card("John", "Smith", mobile="+44 7911 123456"), Card("John", "Smith", mobile="+1 212 555 0100")),
        (Card("John", "Smith", mail="john@leeds.test", mobile="+44 999"), Card("John", "Smith", mobile="+1 111")),
    ],
)
def test_namesakes_about_whom_nothing_is_known_are_asked_about(one: Card, other: Card) -> None:
    """One name and two numbers: nobody can tell."""
    assert found(one, other).verdict is Verdict.ASK


def test_two_cards_that_say_the_same_are_one_without_a_first_name() -> None:
    """Everything is equal, with a number or a company in it."""
    for card in (
        Card("", "Müller", "Acme GmbH", phone="111"),
        Card("", "Müller", "Acme GmbH"),
        Card("", "Müller", phone=LINE),
        Card("J.", "Moser", "Alp AG", phone=LINE),
    ):
        assert found(card, card).verdict is Verdict.SAME
    other = Card("", "Müller", "Acme GmbH", phone="111", city="Graz")
    assert found(Card("", "Müller", "Acme GmbH", phone="111"), other).verdict is Verdict.ASK
    assert found(Card("", "Müller"), Card("", "Müller")).verdict is Verdict.DIFFERENT


def test_two_of_a_name_at_a_company_are_a_question_though_all_is_equal() -> None:
    """Once means that nobody else has the name, on either side."""
    card = Card("", "Müller", "Acme GmbH", phone="111").traits
    theirs = {"p1": card, "p2": Card("", "Müller", "Acme GmbH", phone="222").traits}
    assert isinstance(counterpart_of("o", {"o": card}, theirs, holders_of({"o": card}, theirs), token), Unsure)


def test_invisible_marks_double_nobody() -> None:
    """In an address, in a number, in a name."""
    plain = Card("Ann", "Jones", mail="ann@example.test", phone="+49 30 1234567")
    for marked in (
        Card("Ann", "Jones", mail="ann\u200b@example.test"),
        Card("Ann", "Jones", mail="ann@example.test", phone="\u202a+49 30 1234567\u202c"),
        Card("Ann", "Jo\u00adnes", mail="ann@example.test"),
    ):
        assert found(plain, marked).verdict is Verdict.SAME


def test_a_template_that_was_filled_for_another_person_is_not_believed() -> None:
    """The copied stored id alone pairs nobody."""
    alice = Card("Alice", "Berg", "Nord AG", "alice@nord.example", phone=LINE)
    bob = Card("Bob", "Stone", "Nord AG", "bob@nord.example", phone=LINE)
    assert found(alice, bob).verdict is Verdict.DIFFERENT
    assert compare(alice.traits, bob.traits, has_stored_id=True).verdict is Verdict.ASK


def test_a_stored_id_is_believed_when_the_card_agrees() -> None:
    """The name may be the same, shorter, corrected or new; a contradiction makes it a question."""
    anna = Card("Anna", "Maier", "Nord AG", "anna@nord.example")
    for agreeing in (
        anna,
        Card("Anna", "Maier"),
        Card("Anna"),
        Card("Anna", "Mayer", "Nord AG"),
        Card("Anna", "Berg", mail="anna@nord.example"),
    ):
        assert compare(anna.traits, agreeing.traits, has_stored_id=True).verdict is Verdict.SAME
    for other in (Card("Anna", "Berg"), Card("Eva", "Maier", "Nord AG"), Card("Anna", "Maier Jr", born="1990-01-05")):
        one = Card("Anna", "Maier Sr", "Nord AG", born="1960-01-05") if other.born else anna
        assert compare(one.traits, other.traits, has_stored_id=True).verdict is Verdict.ASK
    firm = Card(company="Nord AG")
    assert compare(firm.traits, firm.traits, has_stored_id=True).verdict is Verdict.SAME
    assert compare(firm.traits, anna.traits, has_stored_id=True).verdict is Verdict.ASK


def test_a_name_in_parts_yields_only_where_nothing_speaks_against_it() -> None:
    """One address and half a name are not enough against another number, town or company."""
    whole = Card("Hugo", "Berg", "Nord AG", "sonne77@post.example", MOBILE_1, city="Graz")
    for part in (Card("", "Berg", mail=whole.mail), Card("Hugo", mail=whole.mail), Card(mail=whole.mail)):
        assert found(whole, part).verdict is Verdict.SAME
        for other in (
            replace(part, mobile=MOBILE_2),
            replace(part, city="Linz"),
        ):
            assert found(whole, other).verdict is Verdict.ASK
    assert found(whole, Card("", "Berg", "Süd KG", whole.mail)).verdict is Verdict.ASK
    assert found(whole, Card("", "Berg", "Süd KG", whole.mail, MOBILE_1)).verdict is Verdict.SAME


def test_what_changes_in_a_life_does_not_part_equal_names_with_one_address() -> None:
    """Another number, town and company on one side are values that differ, not another person."""
    one = Card("Anna", "Maier", "Nord AG", "anna.maier@post.example", MOBILE_1, city="Graz")
    assert found(one, Card("Anna", "Maier", "Süd KG", one.mail, MOBILE_2, city="Linz")).verdict is Verdict.SAME


def test_a_father_and_a_son_of_one_name_at_one_address_are_never_paired() -> None:
    """One has a mobile and the other has none, and all that both have is the household's."""
    home = Card("Louis", "Lang", mail="sonne77@post.example", phone=LINE)
    mother = Card("Eva", "Lang", mail="sonne77@post.example", phone=LINE)
    mine = {"o1": replace(home, mobile=MOBILE_1).traits, "o2": mother.traits}
    theirs = {"p1": home.traits, "p2": mother.traits}
    holders = holders_of(mine, theirs)
    assert isinstance(counterpart_of("o1", mine, theirs, holders, token), Unsure)
    assert isinstance(counterpart_of("o2", mine, theirs, holders, token), Chosen)


def test_a_better_claim_of_another_is_no_question() -> None:
    """A namesake at the same company is not asked about a contact that certainly is another's."""
    anna = Card("Anna", "Maier", "Bank", "anna.m@bank.example").traits
    namesake = Card("Anna", "Maier", "Bank", "a.maier2@bank.example").traits
    mine, theirs = {"o1": anna, "o2": namesake}, {"p1": anna}
    holders = holders_of(mine, theirs)
    assert isinstance(counterpart_of("o1", mine, theirs, holders, token), Chosen)
    assert counterpart_of("o2", mine, theirs, holders, token) == Nobody()


def test_of_two_cards_of_one_person_the_fuller_one_is_chosen() -> None:
    """The other is listed as twice on its side; two that say the same are left to people."""
    full = Card("Anna", "Maier", "Nord AG", "anna@nord.example", MOBILE_1).traits
    bare = Card("Anna", "Maier", mail="anna@nord.example").traits
    mine, theirs = {"o": full}, {"p1": bare, "p2": full}
    chosen = counterpart_of("o", mine, theirs, holders_of(mine, theirs), token)
    assert isinstance(chosen, Chosen)
    assert chosen.id == "p2"
    lesser = counterpart_of("p1", theirs, mine, holders_of(mine, theirs), token)
    assert isinstance(lesser, Unsure)
    assert lesser.are_duplicates
    equal = {"p1": full, "p2": full}
    chosen = counterpart_of("o", mine, equal, holders_of(mine, equal), token)
    assert isinstance(chosen, Unsure)
    assert (chosen.ids, chosen.are_duplicates) == (("p1", "p2"), True)


def test_two_candidates_with_an_identifier_each_are_no_duplicates() -> None:
    """One has the address, the other the number: a person must say."""
    own = Card("Anna", "Maier", mail="anna@nord.example", mobile=MOBILE_1).traits
    theirs = {
        "p1": Card("Anna", "Maier", mail="anna@nord.example").traits,
        "p2": Card("Anna", "Maier", mobile=MOBILE_1).traits,
    }
    chosen = counterpart_of("o", {"o": own}, theirs, holders_of({"o": own}, theirs), token)
    assert isinstance(chosen, Unsure)
    assert not chosen.are_duplicates


def test_a_stored_id_settles_which_of_two_it_is() -> None:
    """Of two equal contacts it names one."""
    anna = Card("Anna", "Maier", mail="anna@nord.example").traits
    mine, theirs = {"o": anna}, {"p1": anna, "p2": anna}
    holders = holders_of(mine, theirs)
    chosen = counterpart_of("o", mine, theirs, holders, token, {"o": "p1"})
    back = counterpart_of("p1", theirs, mine, holders, token, {"o": "p1"})
    assert isinstance(chosen, Chosen)
    assert isinstance(back, Chosen)
    assert (chosen.id, back.id) == ("p1", "o")


HOSTILE: dict[str, Callable[[int], str]] = {
    "combining marks": lambda count: "a" + "\u0301" * count,
    "spaces": lambda count: "a" + " " * count + "b",
    "digits": lambda count: "+" + "1" * count,
    "extensions": lambda count: "1 " + "ext " * count,
    "brackets": lambda count: "<" * count + "a@b.example",
    "at signs": lambda count: "@" * count + "b.example",
    "labels": lambda count: "a@" + "\u00fc." * count,
    "hyphens": lambda count: "a-" * count,
    "surrogates": lambda count: "\ud800" * count,
    "expanding ligatures": lambda count: "\ufdfa" * count,
}


def _calls(work: Callable[[], Traits]) -> int:
    """Count the calls of functions in a piece of work."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("text", HOSTILE)
def test_reading_is_bounded_whatever_the_values_are(text: str) -> None:
    """Ten times as much of anything takes no more steps, is kept no longer, and can be encoded."""

    def card(count: int) -> Contact:
        value = HOSTILE[text](count)
        lists = dict.fromkeys(("emails", "business_phones", "home_phones"), (value,) * (count // 100))
        lines = (
            "given_name",
            "middle_name",
            "surname",
            "title",
            "company",
            "mobile_phone",
            "street",
            "city",
            "country",
        )
        return Contact({**lists, **dict.fromkeys(lines, value), "postal_code": value})

    small, large = card(HOSTILE_LENGTH // 10), card(HOSTILE_LENGTH)
    traits(small, birthday=HOSTILE[text](HOSTILE_LENGTH), suffix=HOSTILE[text](HOSTILE_LENGTH))

    steps = _calls(lambda: traits(large))
    assert steps <= _calls(lambda: traits(small)) + 200
    assert steps < 30_000
    own = traits(large)
    assert len(own.handles) <= 40
    assert all(len(handle) < 6_000 for handle in own.handles)
    assert all(handle.encode() for handle in own.handles)
    assert compare(own, own).verdict in Verdict


def test_long_lists_are_cut_off() -> None:
    """No more is read than either service holds."""
    many = traits(Contact({"emails": tuple(f"a{at}@x.example" for at in range(5_000))}))
    assert len(many.handles) == MOST_ADDRESSES


def test_strong_handles_are_among_the_handles() -> None:
    """What identifies a person finds the person, too."""
    own = Card("Anna", "Maier", "Nord AG", "anna@nord.example", MOBILE_1, LINE).traits
    assert own.handles == {"mail:anna@nord.example", "tel:+436641234567", "tel:+43316123456", "name:anna maier"}
    assert own.strong == {"mail:anna@nord.example", "tel:+436641234567"}
    assert own.name == "name:anna maier"
    firm = Card(company="Bau GmbH & Co. KG", mail="info@bau.example").traits
    assert (firm.name, firm.strong) == ("firm:bau", frozenset())
    assert firm.handles == {"firm:bau", "mail:info@bau.example"}


def test_evidence_has_words_and_no_values() -> None:
    """People read attributes; nothing of a contact is in them."""
    one = Card("Anna", "Maier", "Nord AG", "anna@nord.example", MOBILE_1, born="1980-03-04")
    other = Card("Anna", "Maier", "Süd KG", "anna@nord.example", MOBILE_2, born="1980-04-03")
    told = {evidence.code.value: evidence for evidence in found(one, other).evidence}
    assert set(told) == {"name", "other_company", "other_birthday", "email", "other_mobile"}
    assert not told["email"].weight.is_against
    assert told["other_birthday"].weight.is_against
    assert told["email"].words == "the same e-mail address"


def test_choice_among_findings() -> None:
    """The only one with an identifier wins over names; without one nobody does; a question alone is a question."""
    own = Card("Anna", "Maier", "Nord AG", "anna@nord.example", born="1980-01-02")
    sure = found(own, Card("Anna", "Maier", mail="anna@nord.example"))
    by_name = found(own, Card("Anna", "Maier", "Nord AG"))
    unclear = found(own, Card("Anna", "Maier", mail="anna@nord.example", born="1981-01-02"))
    other = found(own, Card("Eva", "Berg"))

    assert choose({}) == choose({"x": other}) == Nobody()
    assert choose({"a": by_name, "b": sure, "c": other}) == Chosen("b", sure)
    assert choose({"a": by_name}) == Unsure(("a",), {"a": by_name})
    assert choose({"b": by_name, "a": by_name}) == Unsure(("a", "b"), {"a": by_name, "b": by_name})
    assert choose({"a": sure, "b": unclear}) == Unsure(("a", "b"), {"a": sure, "b": unclear})
