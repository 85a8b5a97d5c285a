from __future__ import annotations

import pytest

from sync_core.domain.identity.countries import region_of
from sync_core.domain.identity.phones import MOST_NUMBERS, Phone, PhoneKind, phones_of


def read(text: str, region: str = "", *, is_mobile: bool = False) -> Phone | None:
    """Read one number."""
    found = phones_of(text, (), region) if is_mobile else phones_of("", (text,), region)
    return found[0] if found else None


def handle(text: str, region: str = "") -> str:
    """What is equal for equal numbers; "" without one."""
    found = read(text, region)
    return found.handle if found else ""


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+43 664 1234567", ""),
        ("+43 (0) 664 / 123 45 67", ""),
        ("0043 664 1234567", ""),
        ("0043 664 1234567", "US"),
        ("0664 1234567", "AT"),
        ("\u202a+43 664 1234567\u202c", ""),
        ("+43 664 12\u00ad34567", ""),
        ("+\u0664\u0663 \u0666\u0666\u0664 1234567", ""),
        ("+43-664-1234567", "DE"),
    ],
)
def test_one_number_in_any_notation_has_one_handle(text: str, region: str) -> None:
    """Grouping, prefixes, digits of other scripts and invisible marks are notation."""
    assert handle(text, region) == "tel:+436641234567"


def test_extension_is_a_part_of_the_number() -> None:
    """Two extensions are two places, in every notation of one."""
    found = {
        handle(text) for text in ("+43 1 5550123 ext 12", "+43 1 5550123 x12", "+43 1 5550123;ext=12", "+4315550123#12")
    }
    assert found == {"tel:+4315550123;12"}
    assert handle("+43 1 5550123") == "tel:+4315550123"


@pytest.mark.parametrize(
    "text", ["", "-", "030/123456 App. 12", "call me", "+43 1 5550123 / +43 664 1234567", "+", "1" * 70]
)
def test_what_is_no_number_has_no_handle(text: str) -> None:
    """Letters would be dialled as digits, and two numbers in one field are none."""
    assert read(text) is None


def test_region_is_taken_from_another_number_of_the_card() -> None:
    """Without a country, and only then."""
    with_plus, without = phones_of("+43 664 1234567", ("0316 123456",), "")[::-1]
    assert (with_plus.handle, without.handle) == ("tel:+436641234567", "tel:+43316123456")
    assert {phone.handle for phone in phones_of("+43 664 1234567", ("030 123456",), "DE")} == {
        "tel:+436641234567",
        "tel:+4930123456",
    }


def test_without_a_region_only_the_same_digits_are_the_same_number() -> None:
    """Nobody knows where they are dialled, so they identify nobody."""
    found = read("0664/123 45 67", is_mobile=True)
    assert found == Phone("tel:06641234567", PhoneKind.LINE, is_own_mobile=False)


@pytest.mark.parametrize(
    ("text", "is_mobile", "kind", "is_own"),
    [
        ("+43 664 1234567", False, PhoneKind.MOBILE, True),
        ("+43 316 123456", True, PhoneKind.LINE, False),
        ("+1 212 555 0100", True, PhoneKind.MOBILE, True),
        ("+1 212 555 0100", False, PhoneKind.LINE, False),
        ("+44 7700 900123", True, PhoneKind.MOBILE, True),
        ("+43 800 123456", True, PhoneKind.COMPANY_WIDE, False),
        ("+43 732 123456-0", False, PhoneKind.COMPANY_WIDE, False),
        ("+43 664 0000000", True, PhoneKind.MOBILE, True),
        ("+1 999 999 9999", True, PhoneKind.MOBILE, False),
        ("112", True, PhoneKind.SHORT, False),
    ],
)
def test_a_number_tells_how_far_it_identifies(text: str, *, is_mobile: bool, kind: PhoneKind, is_own: bool) -> None:
    """A mobile is one person's; a line, a switchboard, a free number and a short one are not."""
    found = read(text, is_mobile=is_mobile)
    assert found is not None
    assert (found.kind, found.is_own_mobile) == (kind, is_own)


def test_no_more_numbers_are_read_than_a_card_can_hold() -> None:
    """Whatever stands in a list."""
    assert len(phones_of("", [f"+43 316 {number}" for number in range(100_000, 100_300)], "")) == MOST_NUMBERS


@pytest.mark.parametrize(
    ("country", "region"),
    [
        ("Austria", "AT"), ("Österreich", "AT"), ("osterreich", "AT"), ("AT", "AT"), ("Deutschland", "DE"),
        ("UK", "GB"), ("U.S.A.", "US"), ("New Jersey", ""), ("Moldova", "MD"), ("Romania", "RO"), ("日本", "JP"),
        ("", ""), ("Росси́я", "RU"), ("Atlantis", ""), ("  france ", "FR"),
    ],
)  # fmt: skip
def test_countries_are_looked_up_and_never_guessed(country: str, region: str) -> None:
    """An unknown name is no region."""
    assert region_of(country) == region
