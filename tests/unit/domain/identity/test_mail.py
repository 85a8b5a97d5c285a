from __future__ import annotations

import pytest

from sync_core.domain.identity.mail import Address, address_of


def read(text: str) -> Address:
    """Read an address that is one."""
    found = address_of(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Anna.Maier@Nord.Example",
        " anna.maier@nord.example ",
        "mailto:anna.maier@nord.example",
        "SMTP:anna.maier@nord.example",
        "Anna Maier <anna.maier@nord.example>",
        "anna.maier@nord.example.",
        "anna\u200b.maier@nord\u200d.example",
        "\u202aanna.maier@nord.example\u202c",
    ],
)
def test_one_address_in_any_notation_has_one_handle(text: str) -> None:
    """Case, brackets, schemes and invisible marks are notation."""
    assert read(text).handle == "mail:anna.maier@nord.example"


def test_domain_has_its_ascii_form() -> None:
    """Both forms of a domain with other letters are one, composed or not."""
    forms = ("post@müller.example", "post@XN--MLLER-KVA.example", "post@mu\u0308ller.example", "post@MÜLLER.example")
    assert {read(text).handle for text in forms} == {"mail:post@xn--mller-kva.example"}
    assert read("a@googlemail.com").handle == read("a@gmail.com").handle


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("\u017fam@x.example", "sam@x.example"),
        ("mar\u212a@x.example", "mark@x.example"),
        ("stra\u00dfe@x.example", "strasse@x.example"),
        ("\ufb01na@x.example", "fina@x.example"),
        ("a@\u212aiel.example", "a@kiel.example"),
        ("a@stra\u00dfe.example", "a@strasse.example"),
        ("a@\u017fam.example", "a@sam.example"),
    ],
)
def test_only_the_letters_of_ascii_lose_their_case(text: str, ascii_text: str) -> None:
    """An address that is another one only by its letters belongs to somebody else."""
    assert read(text).handle != read(ascii_text).handle


@pytest.mark.parametrize(
    "text",
    [
        "", "n/a", "-", "none", "unbekannt", "@", "a@", "@x.example", "anna maier@x.example", "/o=ExchangeLabs/cn=anna",
        "x500:/o=Exchange/cn=anna@x", "IMCEAEX-_o=Exchange@x.example", "a" * 400 + "@x.example", "Anna <>",
    ],
)  # fmt: skip
def test_what_is_no_address_has_no_handle(text: str) -> None:
    """It identifies nobody, and refuses nothing."""
    assert address_of(text) is None


@pytest.mark.parametrize("text", ["a@server", "a@x.local", "a..b@x.example", "a@-x.example", "a@x\u2028y.example"])
def test_unusual_addresses_do_no_harm(text: str) -> None:
    """Exchange has addresses that no rule of the internet allows."""
    assert address_of(text) is None or read(text).handle.isascii()


@pytest.mark.parametrize(
    "local", ["info", "Info2", "office+spam", "no-reply", "noreply", "kontakt", "sales.at", "x", "na", "familie"]
)
def test_functions_and_placeholders_identify_nobody(local: str) -> None:
    """Whoever reads them, it is not one person."""
    address = read(f"{local}@nord.example")
    assert address.is_role or address.is_household(frozenset({"maier"}))


def test_a_persons_address_is_no_role() -> None:
    """Neither a name that begins like one, nor a plain one."""
    for local in ("anna", "infanger", "salesny", "anna.info", "m.post", "paris", "alexa", "gardner"):
        assert not read(f"{local}@nord.example").is_role


def test_a_familys_address_is_their_name_at_home() -> None:
    """At a mailer for all or their own domain; an employee's address at a company is personal."""
    lang = frozenset({"lang"})
    assert read("lang@gmx.at").is_household(lang)
    assert read("lang@lang.example").is_household(lang)
    assert read("eva.und.paul@lang.example").is_household(lang)
    assert not read("lang@nord.example").is_household(lang)
    assert not read("eva.lang@gmx.at").is_household(lang)
    assert not read("lang@gmx.at").is_household(frozenset({"berg"}))
