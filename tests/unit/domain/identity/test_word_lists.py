from __future__ import annotations

from sync_core.domain.identity.birthdays import are_equal, birthday_of
from sync_core.domain.identity.companies import CompanyLikeness, company_of, compare_companies
from sync_core.domain.identity.countries import NAMES
from sync_core.domain.identity.folding import is_one_edit, readings, words
from sync_core.domain.identity.mail_words import FREE_MAILERS, PLACEHOLDERS, ROLES
from sync_core.domain.identity.name_words import COUPLES, PARTICLES, SUFFIXES, TITLES
from sync_core.domain.identity.nickname_pairs import PAIRS
from sync_core.domain.identity.nicknames import are_nicknames, is_given_name
from sync_core.domain.identity.places import are_one_address, are_other_towns, place_of


def test_no_given_name_is_among_the_roles() -> None:
    """An address of a person must not look like that of an office."""
    assert {role for role in ROLES | PLACEHOLDERS if is_given_name(role)} == set()


def test_words_are_in_the_form_that_is_compared() -> None:
    """A word with a capital or an accent would never be found."""
    every = ROLES | TITLES | PARTICLES | set(SUFFIXES) | set(PAIRS.replace(":", " ").replace(";", " ").split())
    assert {word for word in every if [word] != words(readings(word)[0])} == set()
    assert {word for word in FREE_MAILERS if word != word.lower()} == set()


def test_nicknames_are_not_transitive() -> None:
    """Two names that share a familiar form are still two names; a form goes both ways."""
    assert are_nicknames(("bob",), ("robert",))
    assert are_nicknames(("robert",), ("bob",))
    assert not are_nicknames(("alexander",), ("alexandra",))
    assert not are_nicknames(("bob",), ("rob",))
    assert not are_nicknames(("jan",), ("jana",))
    assert not are_nicknames(("christian",), ("christina",))
    assert not are_nicknames(("michael",), ("michaela",))
    assert not are_nicknames(("anna",), ("anna",))


def test_men_and_women_have_no_pair_of_full_names() -> None:
    """A pair of a name and its feminine form would make a couple one person."""
    full = {name for line in PAIRS.split(";") for name in line.partition(":")[0].split()}
    assert {name for name in full if are_nicknames((name,), (f"{name}a", f"{name}e", f"{name}ne"))} <= {"ann"}


def test_no_name_of_a_country_has_two_codes() -> None:
    """A look-up never guesses."""
    names = [name for line in NAMES.strip().splitlines() for name in line[3:].split("|")]
    assert len(names) == len(set(names))


def test_small_words_are_kept_apart() -> None:
    """What joins two people is no title, and what parts two namesakes is neither."""
    assert TITLES.isdisjoint(SUFFIXES)
    assert TITLES.isdisjoint(COUPLES)
    assert PARTICLES.isdisjoint(SUFFIXES)


def test_companies_are_one_without_their_legal_form() -> None:
    """Nothing but the form may differ; initials and parts may mean one company; a blank means nothing."""

    def likeness(one: str, other: str) -> CompanyLikeness:
        found = compare_companies(company_of(one), company_of(other))
        assert compare_companies(company_of(other), company_of(one)) is found
        return found

    for other in ("Bau", "BAU GMBH", "Bau GmbH & Co. KG", "Bau-AG"):
        assert likeness("Bau GmbH", other) is CompanyLikeness.EQUAL
    assert likeness("Müller Söhne AG", "Mueller Soehne") is CompanyLikeness.EQUAL
    assert likeness("Stahl", "Stahl Nord") is CompanyLikeness.COMPATIBLE
    assert likeness("International Business Machines", "IBM Corp.") is CompanyLikeness.COMPATIBLE
    assert likeness("Nord AG", "Süd AG") is CompanyLikeness.DIFFERENT
    assert likeness("AG", "GmbH") is CompanyLikeness.DIFFERENT
    assert likeness("", "Nord AG") is CompanyLikeness.BLANK


def test_birthdays_without_a_year_are_compared_without_it() -> None:
    """A made-up year is none, and a made-up date is blank."""
    assert birthday_of("1980-03-04T11:59:00Z") == (1980, 3, 4)
    assert are_equal(birthday_of("1604-03-04"), birthday_of("1980-03-04")) is True
    assert are_equal(birthday_of("1604-02-29"), birthday_of("1604-02-28")) is False
    assert are_equal(birthday_of("1980-03-04"), birthday_of("1981-03-04")) is False
    for blank in ("", "4501-01-01", "0001-01-01", "4 March", "1900-01-01"):
        assert are_equal(birthday_of(blank), birthday_of("1980-03-04")) is None


def test_towns_are_other_ones_only_when_nothing_says_that_they_are_one() -> None:
    """Another language, a part of the name, one postal code: still one town. Another country is another town."""
    graz = place_of("Hauptstraße 1", "8010", "Graz", "AT")
    assert are_other_towns(graz, place_of("", "", "Linz", ""))
    assert are_other_towns(graz, place_of("", "", "", "DE"))
    assert not are_other_towns(graz, place_of("", "8010", "Gratz", ""))
    assert not are_other_towns(graz, place_of("", "", "", "AT"))
    assert not are_other_towns(place_of("", "", "Wien", ""), place_of("", "", "Vienna", ""))
    assert not are_other_towns(place_of("", "", "München", ""), place_of("", "", "Muenchen", ""))
    assert not are_other_towns(place_of("", "", "Linz", ""), place_of("", "", "Linz an der Donau", ""))


def test_an_address_is_one_by_its_street_and_its_postal_code_or_town() -> None:
    """However they are written; a street alone is in every town."""
    graz = place_of("Hauptstraße 1", "8010", "Graz", "AT")
    assert are_one_address(graz, place_of("HAUPTSTR. 1", "80 10", "", ""))
    assert are_one_address(graz, place_of("Hauptstrasse 1", "", "graz", ""))
    assert not are_one_address(graz, place_of("Hauptstraße 1", "8020", "Graz", "AT"))
    assert not are_one_address(graz, place_of("Hauptstraße 1", "", "Linz", ""))
    assert not are_one_address(graz, place_of("Hauptstraße 1", "8010", "", "DE"))
    assert not are_one_address(graz, place_of("Hauptstraße 1", "", "", ""))
    assert not are_one_address(graz, place_of("Hauptstraße 2", "8010", "Graz", "AT"))
    assert not are_one_address(place_of("", "8010", "Graz", ""), place_of("", "8010", "Graz", ""))


def test_one_edit_is_one_letter() -> None:
    """Left out, added, mistaken, or swapped with its neighbour; no more, and no less."""
    for other in ("hofr", "hoffer", "hofar", "hoefr", "ofer", "hofers"):
        assert is_one_edit("hofer", other)
        assert is_one_edit(other, "hofer")
    for other in ("hofer", "hfr", "hafar", "rofeh", "hofeter", ""):
        assert not is_one_edit("hofer", other)
