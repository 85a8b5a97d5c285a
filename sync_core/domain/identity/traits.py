"""Traits: what of a contact identifies its person, read once and in compared forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync_core.domain.contact import Contact
from sync_core.domain.fields import COMPANY, EMAILS, GIVEN_NAME, PHONE_FIELDS, SURNAME
from sync_core.domain.identity.birthdays import Birthday, birthday_of
from sync_core.domain.identity.companies import NO_COMPANY, Company, company_of
from sync_core.domain.identity.countries import region_of
from sync_core.domain.identity.folding import LONGEST, fold, words
from sync_core.domain.identity.mail import Address, address_of
from sync_core.domain.identity.name_words import MEN, WOMEN
from sync_core.domain.identity.names import NO_NAME, CardKind, PersonName, name_of
from sync_core.domain.identity.phones import MOST_NUMBERS, Phone, PhoneKind, phones_of
from sync_core.domain.identity.places import NO_PLACE, Place, place_of

HANDLED = frozenset({GIVEN_NAME, "middle_name", SURNAME, COMPANY, EMAILS, *PHONE_FIELDS, "country"})
"""The fields on which handles and name rest: while they stay, so do these."""
MOST_ADDRESSES = 20
"""Addresses of a contact that are read; more than either service holds."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a contact identifies its person, in compared forms."""

    handles: frozenset[str] = frozenset()
    """Under which candidates are found: addresses, numbers, the name, the name of a company's card."""
    strong: frozenset[str] = frozenset()
    """The handles that identify a person by themselves: a personal address, a mobile number."""
    name: str = ""
    """One handle of the full name, equal for equal names; "" without a name."""
    kind: CardKind = CardKind.NAMELESS
    person: PersonName = NO_NAME
    company: Company = NO_COMPANY
    mails: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    mobiles: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    """The handles behind which a function or a whole company is."""
    place: Place = NO_PLACE
    birthday: Birthday = ()
    is_woman: bool | None = None

    @property
    def named(self) -> frozenset[str]:
        """The name together with each way of writing the company, one of which equal companies share."""
        companies = self.company.keys or {""}
        return frozenset(f"at:{company}\0{self.name}" for company in companies) if self.name else frozenset()


def traits(contact: Contact, *, birthday: str = "", suffix: str = "") -> Traits:
    """Read the traits of a contact, whatever its values are: nothing is refused, and long values are cut off."""
    person = name_of(contact.text(GIVEN_NAME), contact.text("middle_name"), contact.text(SURNAME), suffix)
    company = company_of(contact.text(COMPANY))
    kind = _kind(person, company)
    addresses = _addresses(contact.entries(EMAILS)[:MOST_ADDRESSES])
    region = region_of(contact.text("country")[:LONGEST])
    phones = _phones(contact, region)
    roles = {address.handle for address in addresses if address.is_role}
    personal = {
        address.handle
        for address in addresses
        if address.handle not in roles and not address.is_household(person.surname_keys)
    }
    name = _name(kind, person, company)
    mobiles = frozenset(phone.handle for phone in phones if phone.is_own_mobile)
    found = {address.handle for address in addresses} | {
        phone.handle for phone in phones if phone.kind is not PhoneKind.SHORT
    }
    return Traits(
        handles=frozenset(found | {name} if name else found),
        strong=frozenset(personal | mobiles),
        name=name,
        kind=kind,
        person=person,
        company=company,
        mails=frozenset(address.handle for address in addresses),
        lines=frozenset(phone.handle for phone in phones),
        mobiles=mobiles,
        shared=frozenset(roles | {phone.handle for phone in phones if phone.kind is PhoneKind.COMPANY_WIDE}),
        place=place_of(contact.text("street"), contact.text("postal_code"), contact.text("city"), region),
        birthday=birthday_of(birthday),
        is_woman=_is_woman(contact.text("title")),
    )


def _addresses(texts: Iterable[str]) -> list[Address]:
    return [address for text in texts if (address := address_of(text)) is not None]


def _phones(contact: Contact, region: str) -> list[Phone]:
    mobile = contact.text("mobile_phone")
    others = (*contact.entries("business_phones")[:MOST_NUMBERS], *contact.entries("home_phones")[:MOST_NUMBERS])
    if not mobile and not others:
        return []
    return phones_of(mobile, others, region)


def _kind(person: PersonName, company: Company) -> CardKind:
    if person.is_blank:
        return CardKind.COMPANY if company.keys else CardKind.NAMELESS
    return CardKind.COUPLE if person.is_couple else CardKind.PERSON


def _name(kind: CardKind, person: PersonName, company: Company) -> str:
    if kind is CardKind.COMPANY:
        return f"firm:{min(company.keys, key=lambda key: (len(key), key))}"
    key = person.key
    return f"name:{key}" if key else ""


def _is_woman(title: str) -> bool | None:
    said = set(words(fold(title))) if title else set()
    is_woman, is_man = not said.isdisjoint(WOMEN), not said.isdisjoint(MEN)
    return is_woman if is_woman is not is_man else None
