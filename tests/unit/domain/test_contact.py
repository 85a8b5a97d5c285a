from __future__ import annotations

import unicodedata
from datetime import date
from unicodedata import combining, normalize

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sync_core.domain import Contact, Kind, Side, Value, entry_key, normal, same
from sync_core.domain.contact import MOST_MARKS, composed, pieces

law = settings(max_examples=200)
texts = st.text(max_size=40)
kinds = st.sampled_from(Kind)
text_kinds = st.sampled_from([kind for kind in Kind if not kind.is_list])
list_kinds = st.sampled_from([kind for kind in Kind if kind.is_list])
values: st.SearchStrategy[Value] = st.one_of(texts, st.lists(texts, max_size=5).map(tuple))


@law
@given(kinds, values)
def test_normal_form_of_a_normal_form_is_itself(kind: Kind, value: Value) -> None:
    """Bringing a value into its form twice changes nothing more."""
    once = normal(kind, value)

    assert normal(kind, once) == once


@law
@given(kinds, values)
def test_a_value_is_the_same_as_its_normal_form(kind: Kind, value: Value) -> None:
    """What is stored is never mistaken for an edit of what was read."""
    assert same(kind, value, normal(kind, value))


@law
@given(kinds, texts)
def test_composed_and_decomposed_letters_are_the_same(kind: Kind, text: str) -> None:
    """An umlaut typed on a Mac equals the one typed on a PC, in every kind of field."""
    assert same(kind, text, unicodedata.normalize("NFD", text))
    assert same(kind, text, unicodedata.normalize("NFC", text))


@law
@given(kinds, texts, st.text(" \t\n\u00a0", max_size=3))
def test_space_after_a_value_means_nothing(kind: Kind, text: str, space: str) -> None:
    """A service that trims, or a hand that does not, is no edit."""
    assert same(kind, text, text + space)


@law
@given(st.sampled_from([Kind.LINE, Kind.DATE, Kind.EMAILS, Kind.PHONES, Kind.TAGS]), texts)
def test_white_space_inside_a_line_counts_once(kind: Kind, text: str) -> None:
    """Lines are compared with their white space folded."""
    assert same(kind, text, " " + text.replace(" ", " \t\u00a0 "))


@law
@given(st.text(st.characters(exclude_characters="\r"), max_size=40))
def test_line_ends_of_any_system_are_the_same(text: str) -> None:
    """Texts have plain line ends, wherever they were typed."""
    assert same(Kind.TEXT, text, text.replace("\n", "\r\n"))
    assert same(Kind.TEXT, text, text.replace("\n", "\r"))


def test_lines_of_a_text_stay_apart() -> None:
    """A note keeps its paragraphs and its indents."""
    assert normal(Kind.TEXT, "\r\n  one \r\n\r\ntwo\t\r\n") == "  one\n\ntwo"


@law
@given(st.dates(date(1850, 1, 1), date(2199, 12, 31)).filter(lambda day: day != date(1900, 1, 1)), st.times())
def test_dates_lose_their_time(day: object, time: object) -> None:
    """A birthday that Outlook keeps at 11:59 is the same as the day alone."""
    assert normal(Kind.DATE, f" {day}T{time}Z ") == str(day)


@law
@given(list_kinds, st.lists(texts, max_size=5))
def test_lists_lose_blanks_and_repeats(kind: Kind, entries: list[str]) -> None:
    """What is blank or there already adds nothing to a list."""
    shown = normal(kind, tuple(entries))
    padded = normal(kind, ("", *entries, " \t", *(f" {entry} " for entry in entries)))

    assert padded == shown
    assert all(entry.strip() for entry in shown)
    assert len({entry_key(kind, entry) for entry in shown}) == len(shown)


@law
@given(st.from_regex(r"[A-Za-z0-9.+-]{1,10}@[a-z]{1,5}\.test", fullmatch=True))
def test_email_addresses_ignore_case(address: str) -> None:
    """The same mailbox in other letters is the same address, and is listed once."""
    assert same(Kind.EMAILS, (address,), (address.swapcase(),))
    assert normal(Kind.EMAILS, (address, address.swapcase())) == (address,)


@law
@given(
    st.lists(st.text("0123456789", min_size=1, max_size=4), min_size=1, max_size=4), st.text(" -./()\u2011", max_size=3)
)
def test_phone_numbers_ignore_how_they_are_grouped(groups: list[str], between: str) -> None:
    """A service that regroups the digits of a number has not changed it."""
    assert same(Kind.PHONES, ("+" + "".join(groups),), ("+" + between.join(groups),))


def test_phone_numbers_that_differ_stay_apart() -> None:
    """Neither a digit, nor a plus, nor a word about the extension may be lost in comparing."""
    numbers = ("+43 1 111", "+43 1 112", "43 1 111", "+43 1 111 ext 2", "ext", "(-)")

    assert normal(Kind.PHONES, numbers) == numbers


@law
@given(kinds, values, values)
def test_sameness_is_symmetric(kind: Kind, one: Value, other: Value) -> None:
    """It does not matter which side is asked."""
    assert same(kind, one, other) == same(kind, other, one)


@pytest.mark.parametrize(("kind", "expected"), [(Kind.TAGS, True), (Kind.EMAILS, False), (Kind.PHONES, False)])
def test_order_counts_in_addresses_and_phones_only(kind: Kind, *, expected: bool) -> None:
    """The first address is the one that people use; tags have no first."""
    assert same(kind, ("a@x.test", "b@x.test"), ("b@x.test", "a@x.test")) is expected


@law
@given(text_kinds, st.text(" \t\r\n", max_size=5))
def test_nothing_but_white_space_is_blank(kind: Kind, text: str) -> None:
    """A field with spaces in it is as empty as one without."""
    assert normal(kind, text) == ""


def test_lists_and_texts_are_read_as_each_other() -> None:
    """A value of the other shape is read by its first entry, or as a list of one."""
    assert normal(Kind.LINE, ("first", "second")) == "first"
    assert normal(Kind.LINE, ()) == ""
    assert normal(Kind.EMAILS, "a@example.test") == ("a@example.test",)


def test_absent_field_is_blank() -> None:
    """Asking a contact for what it does not have is no error."""
    contact = Contact({"city": "Graz", "notes": "", "emails": ("a@example.test", "b@example.test")})

    assert (contact["street"], contact.text("street"), contact.entries("street")) == ("", "", ())
    assert (contact.text("emails"), contact.entries("city")) == ("a@example.test", ("Graz",))
    assert list(contact) == ["city", "emails"]


def test_blank_values_leave_a_contact() -> None:
    """Clearing a field and never having had it are the same contact."""
    contact = Contact({"city": "Graz"}).with_values({"city": "", "emails": (), "state": "Styria"})

    assert contact == Contact({"state": "Styria"})
    assert not contact.is_empty
    assert contact.with_values({"state": ""}).is_empty


def test_sides_are_each_others_other() -> None:
    """There are two sides."""
    assert [side.other.other for side in Side] == list(Side)
    assert Side.OUTLOOK.other is Side.PIPELINER


MARKS = "".join(map(chr, [0x0315] * 16_000 + [0x0323] * 16_000))
"""Marks in the order that is the dearest to put right."""
WORST = {
    "marks": "a" + MARKS,
    "mixed marks": "a" + "\u0315\u0300\u05ae\u0323" * 8_000,
    "jamo": "\u1100\u1161\u11a8" * 10_000,
    "a sentence in a sign": "\ufdfa" * 32_000,
    "blanks": " \u2003" * 16_000,
    "line ends": "x \r\n" * 8_000,
    "invisible": "\u200b" * 32_000,
}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", WORST)
def test_no_text_is_dear_to_normalise(kind: Kind, name: str) -> None:
    """What is ordered at once is short, whatever the text: the steps grow with its length, not with its square."""
    text = WORST[name]
    cut = pieces(text)
    assert "".join(piece for piece, _ in cut) == text
    ordered = [piece for piece, is_orderly in cut if is_orderly]
    runs = [run for piece in ordered for run in "".join("1" if combining(mark) else " " for mark in piece).split()]
    assert sum(len(run) ** 2 for run in runs) <= MOST_MARKS * len(text)
    assert normal(kind, normal(kind, text)) == normal(kind, text)


@law
@given(st.text(max_size=60))
def test_texts_that_people_write_are_brought_into_normal_form_c(text: str) -> None:
    """Only more marks on one letter than any script needs are left as they are."""
    runs = "".join("1" if combining(mark) else " " for mark in text).split()
    assume(all(len(run) <= MOST_MARKS for run in runs))
    assert composed(text) == normalize("NFC", text)
