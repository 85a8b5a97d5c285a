from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain.identity import is_typed_over
from tests.unit.domain.identity.examples import MOBILE_1, MOBILE_2, Card

ANNA = Card("Anna", "Klein", "Nord AG", "anna@nord.example", MOBILE_1)
CORRECTIONS = {
    "nothing": ANNA,
    "married": replace(ANNA, surname="Berg"),
    "married, with a new address": replace(ANNA, surname="Berg", mail="anna.berg@nord.example"),
    "both names": replace(ANNA, surname="Klein-Berg"),
    "a slip": replace(ANNA, surname="Kleni"),
    "a slip in the first name": replace(ANNA, given="Ana"),
    "a nickname": replace(ANNA, given="Annie"),
    "an initial": replace(ANNA, given="A."),
    "a title": replace(ANNA, given="Dr. Anna", title="Dr."),
    "a first name emptied": replace(ANNA, given=""),
    "a last name emptied": replace(ANNA, surname=""),
    "the whole name emptied, and the company": replace(ANNA, given="", surname="", company=""),
    "swapped": replace(ANNA, given="Klein", surname="Anna"),
    "another script": replace(ANNA, given="Анна", surname="Кляйн"),
    "a new job": replace(ANNA, company="Süd KG", mail="anna@sued.example"),
    "new numbers and addresses": replace(ANNA, company="", mail="klein@post.example", mobile=MOBILE_2),
    "case": replace(ANNA, given="ANNA"),
}
OTHERS = {
    "another first name": replace(ANNA, given="Eva"),
    "another person": Card("Otto", "Fink", "Nord AG", "otto@nord.example"),
    "another name with that initial": replace(ANNA, given="A.", surname="Berg"),
    "another name, the rest left": replace(ANNA, given="Otto", surname="Fink"),
    "a company": replace(ANNA, given="", surname=""),
    "a namesake by the first name": Card("Anna", "Berg", "Süd KG", "anna@sued.example", MOBILE_2),
    "nearly the name of another": Card("Anna", "Kleine", "Süd KG", "a.kleine@sued.example", MOBILE_2),
}


@pytest.mark.parametrize("edit", CORRECTIONS)
def test_a_correction_leaves_the_person(edit: str) -> None:
    """Whichever way it goes."""
    assert not is_typed_over(ANNA.traits, CORRECTIONS[edit].traits)
    assert not is_typed_over(CORRECTIONS[edit].traits, ANNA.traits)


@pytest.mark.parametrize("edit", OTHERS)
def test_another_person_on_the_card_is_noticed(edit: str) -> None:
    """Whichever way it goes."""
    assert is_typed_over(ANNA.traits, OTHERS[edit].traits)
    assert is_typed_over(OTHERS[edit].traits, ANNA.traits)


def test_a_company_may_be_renamed() -> None:
    """Its card stays its card, unless nothing else is left."""
    firm = Card(company="Bau GmbH", mail="info@bau.example")
    assert not is_typed_over(firm.traits, replace(firm, company="Neubau GmbH").traits)
    assert not is_typed_over(firm.traits, replace(firm, mail="office@bau.example").traits)
    assert is_typed_over(firm.traits, Card(company="Nord AG", mail="info@nord.example").traits)


def test_a_suffix_that_changes_is_another_person_only_with_all_else() -> None:
    """A father's card may get the suffix that it lacked, or the right one."""
    father = Card("Karl", "Weiss Sr", mail="karl@weiss.example")
    assert not is_typed_over(father.traits, replace(father, surname="Weiss").traits)
    assert not is_typed_over(father.traits, replace(father, surname="Weiss Jr").traits)
    assert is_typed_over(father.traits, Card("Karl", "Weiss Jr", mail="junior@post.example").traits)
