"""Verdicts on two contacts, and the evidence for them: which attributes say what, never their values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sync_core.domain.identity.companies import CompanyLikeness
from sync_core.domain.identity.comparing import Facts
from sync_core.domain.identity.likeness import NameLikeness


class Verdict(StrEnum):
    """Whether two contacts are one person."""

    SAME = "same"
    DIFFERENT = "different"
    ASK = "ask"


class Weight(StrEnum):
    """How far a piece of evidence goes, and which way."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"
    LIGHT = "light"
    SOFT = "soft"
    HARD = "hard"
    NEUTRAL = "neutral"

    is_against: bool
    """Whether it speaks against one person."""


for _weight in Weight:
    _weight.is_against = _weight in {Weight.LIGHT, Weight.SOFT, Weight.HARD}


class Sign(StrEnum):
    """What was seen of two contacts."""

    STORED_ID = "stored_id"
    EMAIL = "email"
    MOBILE = "mobile"
    ROLE_ADDRESS = "role_address"
    SHARED_ADDRESS = "shared_address"
    ADDRESS_OF_ANOTHER = "address_of_another"
    PHONE = "phone"
    COMPANY_PHONE = "company_phone"
    POSTAL_ADDRESS = "postal_address"
    NAME = "name"
    SWAPPED_NAME = "swapped_name"
    COMPATIBLE_NAME = "compatible_name"
    ONE_NAME = "one_name"
    PART_OF_NAME = "part_of_name"
    NO_NAME = "no_name"
    OTHER_SURNAME = "other_surname"
    SLIP = "slip"
    OTHER_SCRIPT = "other_script"
    OTHER_GIVEN_NAME = "other_given_name"
    OTHER_NAME = "other_name"
    NAMESAKES = "namesakes"
    COMPANY = "company"
    SIMILAR_COMPANY = "similar_company"
    OTHER_COMPANY = "other_company"
    BIRTHDAY = "birthday"
    OTHER_BIRTHDAY = "other_birthday"
    OTHER_MIDDLE_NAME = "other_middle_name"
    OTHER_TITLE = "other_title"
    OTHER_SUFFIX = "other_suffix"
    OTHER_KIND = "other_kind"
    OTHER_MOBILE = "other_mobile"
    OTHER_TOWN = "other_town"
    OTHER_ADDRESSES = "other_addresses"


WORDS: dict[Sign, str] = {
    Sign.STORED_ID: "the stored id",
    Sign.EMAIL: "the same e-mail address",
    Sign.MOBILE: "the same mobile number",
    Sign.ROLE_ADDRESS: "the same e-mail address of an office",
    Sign.SHARED_ADDRESS: "the same e-mail address, which others use, too",
    Sign.ADDRESS_OF_ANOTHER: "the same e-mail address, but it names another person",
    Sign.PHONE: "the same telephone number",
    Sign.COMPANY_PHONE: "the same number of a whole company",
    Sign.POSTAL_ADDRESS: "the same street and postal code",
    Sign.NAME: "the same name",
    Sign.SWAPPED_NAME: "the same name in another order",
    Sign.COMPATIBLE_NAME: "names that may be one: a nickname, an initial, a part",
    Sign.ONE_NAME: "the same single name",
    Sign.PART_OF_NAME: "one name is a part of the other",
    Sign.NO_NAME: "a name is missing",
    Sign.OTHER_SURNAME: "the same first name, another last name",
    Sign.SLIP: "names with one letter of difference",
    Sign.OTHER_SCRIPT: "names that cannot be compared",
    Sign.OTHER_GIVEN_NAME: "the same last name, another first name",
    Sign.OTHER_NAME: "other names",
    Sign.NAMESAKES: "others of that name",
    Sign.COMPANY: "the same company",
    Sign.SIMILAR_COMPANY: "companies that may be one",
    Sign.OTHER_COMPANY: "other companies",
    Sign.BIRTHDAY: "the same birthday",
    Sign.OTHER_BIRTHDAY: "other birthdays",
    Sign.OTHER_MIDDLE_NAME: "other middle names",
    Sign.OTHER_TITLE: "a man's title and a woman's",
    Sign.OTHER_SUFFIX: "other suffixes, such as Jr and Sr",
    Sign.OTHER_KIND: "a person here, a company or a family there",
    Sign.OTHER_MOBILE: "other mobile numbers",
    Sign.OTHER_TOWN: "other towns",
    Sign.OTHER_ADDRESSES: "other e-mail addresses",
}
"""What people are shown."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for or against two contacts being one person."""

    code: Sign
    weight: Weight

    @property
    def words(self) -> str:
        """What people are shown: the attribute, never its value."""
        return WORDS[self.code]


_NAMES: dict[NameLikeness, Evidence] = {
    NameLikeness.EQUAL: Evidence(Sign.NAME, Weight.MEDIUM),
    NameLikeness.SWAPPED: Evidence(Sign.SWAPPED_NAME, Weight.MEDIUM),
    NameLikeness.COMPATIBLE: Evidence(Sign.COMPATIBLE_NAME, Weight.WEAK),
    NameLikeness.ONE_NAME: Evidence(Sign.ONE_NAME, Weight.WEAK),
    NameLikeness.ONE_SIDED: Evidence(Sign.PART_OF_NAME, Weight.WEAK),
    NameLikeness.MISSING: Evidence(Sign.NO_NAME, Weight.NEUTRAL),
    NameLikeness.CHANGED_SURNAME: Evidence(Sign.OTHER_SURNAME, Weight.SOFT),
    NameLikeness.NEAR: Evidence(Sign.SLIP, Weight.SOFT),
    NameLikeness.OTHER_SCRIPT: Evidence(Sign.OTHER_SCRIPT, Weight.NEUTRAL),
    NameLikeness.OTHER_GIVEN: Evidence(Sign.OTHER_GIVEN_NAME, Weight.SOFT),
    NameLikeness.DIFFERENT: Evidence(Sign.OTHER_NAME, Weight.HARD),
}
_COMPANIES: dict[CompanyLikeness, Evidence] = {
    CompanyLikeness.EQUAL: Evidence(Sign.COMPANY, Weight.MEDIUM),
    CompanyLikeness.COMPATIBLE: Evidence(Sign.SIMILAR_COMPANY, Weight.WEAK),
    CompanyLikeness.DIFFERENT: Evidence(Sign.OTHER_COMPANY, Weight.LIGHT),
}
_FLAGS: tuple[tuple[str, Evidence], ...] = (
    ("has_stored_id", Evidence(Sign.STORED_ID, Weight.STRONG)),
    ("has_mail", Evidence(Sign.EMAIL, Weight.STRONG)),
    ("has_mobile", Evidence(Sign.MOBILE, Weight.STRONG)),
    ("has_role", Evidence(Sign.ROLE_ADDRESS, Weight.WEAK)),
    ("has_company_number", Evidence(Sign.COMPANY_PHONE, Weight.WEAK)),
    ("has_shared_mail", Evidence(Sign.SHARED_ADDRESS, Weight.WEAK)),
    ("has_line", Evidence(Sign.PHONE, Weight.WEAK)),
    ("has_place", Evidence(Sign.POSTAL_ADDRESS, Weight.WEAK)),
    ("is_of_another", Evidence(Sign.ADDRESS_OF_ANOTHER, Weight.SOFT)),
    ("is_other_kind", Evidence(Sign.OTHER_KIND, Weight.HARD)),
    ("is_other_suffix", Evidence(Sign.OTHER_SUFFIX, Weight.HARD)),
    ("is_other_middle", Evidence(Sign.OTHER_MIDDLE_NAME, Weight.SOFT)),
    ("is_other_title", Evidence(Sign.OTHER_TITLE, Weight.SOFT)),
    ("is_other_mobile", Evidence(Sign.OTHER_MOBILE, Weight.LIGHT)),
    ("is_other_town", Evidence(Sign.OTHER_TOWN, Weight.LIGHT)),
    ("is_other_mail", Evidence(Sign.OTHER_ADDRESSES, Weight.LIGHT)),
    ("namesakes", Evidence(Sign.NAMESAKES, Weight.LIGHT)),
)


def evidence_of(facts: Facts) -> Iterator[Evidence]:
    """Read the facts of a pair as evidence, the names first."""
    yield _NAMES[facts.kind]
    if facts.company is not CompanyLikeness.BLANK:
        yield _COMPANIES[facts.company]
    if facts.birthday is not None:
        sign, weight = (Sign.BIRTHDAY, Weight.MEDIUM) if facts.birthday else (Sign.OTHER_BIRTHDAY, Weight.SOFT)
        yield Evidence(sign, weight)
    for flag, evidence in _FLAGS:
        if getattr(facts, flag):
            yield evidence
