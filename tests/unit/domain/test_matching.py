from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_core.domain.contact import Contact, OutlookId
from sync_core.domain.matching import NoTwin, Traits, Twin, TwinIndex, Unclear, Verdict, find_twin, traits


def a_person(given_name: str = "", surname: str = "", company: str = "", *emails: str) -> Traits:
    """Traits as they are read from a contact."""
    return traits(Contact({"given_name": given_name, "surname": surname, "company": company, "emails": emails}))


ANNA = a_person("Anna", "Berg", "Acme", "anna@example.test")


def match(own: Traits, **candidates: Traits) -> Verdict[OutlookId]:
    """Look for the twin among candidates named by their ids."""
    return find_twin(own, [(OutlookId(key), candidate) for key, candidate in candidates.items()])


def unclear(*ids: str) -> Unclear[OutlookId]:
    """Several may be the same person."""
    return Unclear(tuple(OutlookId(key) for key in ids))


def test_unique_email_is_the_same_person() -> None:
    """One shared address in any letters makes a pair, whatever the company."""
    other = a_person("Anna", "Berg-Huber", "Other", "b@example.test", "ANNA@example.test")

    assert match(ANNA, it=other, stranger=a_person("Bea", "Best")) == Twin(OutlookId("it"))


def test_values_are_compared_in_their_normal_form() -> None:
    """Space, case and composition of letters keep nobody apart."""
    own = a_person(" Zoe\u0308 ", "BERG", "ACME  Ltd")

    assert match(own, it=a_person("Zoë", "Berg ", "Acme Ltd")) == Twin(OutlookId("it"))
    assert match(a_person("", "", "", " a@example.test"), it=a_person("", "", "", "A@example.test")) == Twin(
        OutlookId("it")
    )


def test_shared_office_address_does_not_make_two_people_one() -> None:
    """Wholly different names with one address are for a person to decide."""
    assert match(ANNA, it=a_person("Bea", "Best", "Acme", "anna@example.test")) == unclear("it")


@pytest.mark.parametrize(
    "names", [("", ""), ("Anna", ""), ("", "Berg"), ("Anna", "Huber"), ("Annie", "Berg")], ids=" ".join
)
def test_names_that_may_be_the_same_agree(names: tuple[str, str]) -> None:
    """A missing name, or one of the two that is equal, does not speak against the address."""
    assert match(ANNA, it=a_person(*names, "", "anna@example.test")) == Twin(OutlookId("it"))
    assert match(a_person(*names, "", "anna@example.test"), it=ANNA) == Twin(OutlookId("it"))


def test_blank_names_are_not_equal_names() -> None:
    """Two people who lack the same name and differ in the other one do not agree."""
    assert match(a_person("Anna", "", "", "x@example.test"), it=a_person("Bea", "", "", "x@example.test")) == unclear(
        "it"
    )
    assert match(a_person("Anna", "", "", "x@example.test"), it=a_person("", "Berg", "", "x@example.test")) == unclear(
        "it"
    )


def test_several_with_the_address_are_narrowed_by_full_name() -> None:
    """Of two who share the address, the one with the same full name is it."""
    office = a_person("Bea", "Best", "Acme", "anna@example.test")

    assert match(ANNA, it=ANNA, office=office) == Twin(OutlookId("it"))


def test_several_that_stay_several_are_unclear() -> None:
    """Two of the same name and address are never guessed between, nor are two of which none has the name."""
    office = a_person("Bea", "Best", "Acme", "anna@example.test")

    assert match(ANNA, two=ANNA, one=ANNA) == unclear("one", "two")
    assert match(ANNA, two=office, one=office) == unclear("one", "two")
    assert match(a_person("Anna", "", "", "anna@example.test"), two=ANNA, one=ANNA) == unclear("one", "two")


def test_unique_full_name_with_company_is_the_same_person() -> None:
    """Without a shared address, first name, last name and company together make a pair."""
    other = a_person("anna", "berg", "acme", "private@example.test")

    assert match(ANNA, it=other, same_firm=a_person("Bea", "Best", "Acme")) == Twin(OutlookId("it"))


@pytest.mark.parametrize(
    "other",
    [
        a_person("Anna", "Berg", "Other"),
        a_person("Anna", "Berg"),
        a_person("Anna", "", "Acme"),
        a_person("", "Berg", "Acme"),
    ],
)
def test_less_than_name_and_company_is_no_twin(other: Traits) -> None:
    """A namesake in another firm, or half a name, is somebody else."""
    assert match(ANNA, it=other) == NoTwin()
    assert match(other, it=ANNA) == NoTwin()


def test_without_a_company_different_addresses_keep_namesakes_apart() -> None:
    """Two of one name without company are the same unless both have addresses, which then differ."""
    bare, one, two = (
        a_person("Anna", "Berg", "", *emails) for emails in ((), ("a@example.test",), ("b@example.test",))
    )

    assert match(bare, it=one) == match(one, it=bare) == match(bare, it=bare) == Twin(OutlookId("it"))
    assert match(one, it=two) == NoTwin()


def test_several_of_one_name_and_company_are_unclear() -> None:
    """Namesakes in one firm are for a person to decide."""
    namesake = a_person("Anna", "Berg", "Acme")

    assert match(ANNA, two=namesake, one=namesake) == unclear("one", "two")


def test_nobody_matches_nobody() -> None:
    """Contacts without any trait are not the same person for having nothing."""
    assert match(a_person(), it=a_person()) == NoTwin()
    assert match(ANNA) == NoTwin()


people = st.builds(
    a_person,
    st.sampled_from(["", "Anna", "Bea"]),
    st.sampled_from(["", "Berg", "Best"]),
    st.sampled_from(["", "Acme"]),
    st.sampled_from(["", "a@example.test", "B@example.test"]),
)


@settings(deadline=None, max_examples=200)
@given(people, st.lists(people, max_size=6))
def test_index_misses_no_candidate(own: Traits, others: list[Traits]) -> None:
    """Looking among the index's candidates gives the same verdict as looking among all."""
    index: TwinIndex[OutlookId] = TwinIndex()
    pool = {OutlookId(f"id-{number}"): other for number, other in enumerate(others)}
    for key, other in pool.items():
        index.add(key, other)

    found = index.candidates(own)

    assert len(set(found)) == len(found)
    assert find_twin(own, [(key, pool[key]) for key in found]) == find_twin(own, pool.items())


@settings(deadline=None, max_examples=200)
@given(people, people)
def test_sameness_of_two_people_is_mutual(one: Traits, other: Traits) -> None:
    """It does not matter from which side the pair is seen."""
    assert type(match(one, it=other)) is type(match(other, it=one))


def test_half_a_name_finds_nobody() -> None:
    """Without both names nobody is known by name, at whatever company."""
    for half in (a_person("Anna", "", "Acme"), a_person("", "Berg", "Acme")):
        assert half.full_name == ""
        assert match(half, it=half) == NoTwin()


def test_several_with_the_address_are_not_narrowed_by_a_missing_name() -> None:
    """That nobody knows the name of either does not make two of one address the same."""
    nameless, office = a_person("", "", "", "x@example.test"), a_person("Bea", "Best", "", "x@example.test")

    assert match(nameless, nameless=nameless, office=office) == unclear("nameless", "office")
