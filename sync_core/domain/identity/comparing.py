"""The facts of a pair: what two contacts have in common and what keeps them apart, before any verdict."""

from __future__ import annotations

from typing import NamedTuple

from sync_core.domain.identity.birthdays import are_equal
from sync_core.domain.identity.companies import CompanyLikeness, compare_companies
from sync_core.domain.identity.holding import Held
from sync_core.domain.identity.likeness import Likeness, NameLikeness, compare_names, is_first_name_of
from sync_core.domain.identity.mail import words_of
from sync_core.domain.identity.names import CardKind
from sync_core.domain.identity.nicknames import is_given_name
from sync_core.domain.identity.places import are_one_address, are_other_towns
from sync_core.domain.identity.traits import Traits

_LOCAL_DIGITS = 6
"""Last digits of a number that are the same in every notation."""


class Facts(NamedTuple):
    """What the table looks at: true of two contacts, whichever comes first."""

    kind: NameLikeness
    """How the names go together."""
    is_equal: bool
    """The names are equal, in any order."""
    by_initial: bool
    """No more than an initial says so of the given names."""
    has_equal_given: bool
    company: CompanyLikeness
    is_one_firm: bool
    is_other_firm: bool
    is_one_sided_firm: bool
    has_stored_id: bool
    strong: frozenset[str]
    """The handles that identify a person and that nobody of another name holds."""
    has_mail: bool
    has_mobile: bool
    is_named: bool
    """A strong handle is theirs by its look: a number, or an address with a word of the name in it."""
    has_role: bool
    """They have one address of an office."""
    has_company_number: bool
    has_shared_mail: bool
    """They have one address of a household, or one that others hold, too, or that names somebody else."""
    has_line: bool
    """They have one number that does not identify a person."""
    has_place: bool
    """They have one street and postal code."""
    is_one_area: bool
    """They have one postal code."""
    is_of_another: bool
    """A shared address names a person who is not both of them; not asked where the names are equal."""
    is_other_kind: bool
    is_other_suffix: bool
    is_company_card: bool
    birthday: bool | None
    is_other_middle: bool
    is_other_title: bool
    is_other_mobile: bool
    is_other_town: bool
    is_other_mail: bool
    is_other_line: bool
    is_unmatched: bool
    """Both have strong handles that nobody shares, and none of them in common."""
    is_one_bare: bool
    """One of them has none."""
    are_both_bare: bool
    namesakes: int
    is_all_equal: bool
    agreeing: int

    @property
    def hard(self) -> bool:
        """Whether something makes two people of them."""
        return self.is_other_kind or self.is_other_suffix

    @property
    def soft(self) -> bool:
        """Whether something contradicts that may be a slip of the pen."""
        return self.birthday is False or self.is_other_middle or self.is_other_title

    @property
    def is_light(self) -> bool:
        """Whether something differs that changes in a life."""
        return self.is_other_mobile or self.is_other_town

    @property
    def is_corroborated(self) -> bool:
        """Whether something weak agrees: a line or an address of many, or an office together with its company."""
        is_office = self.has_role or self.has_company_number
        return self.has_shared_mail or self.has_line or self.has_place or (is_office and self.is_one_firm)


def facts_of(one: Traits, other: Traits, held: Held, *, has_stored_id: bool) -> Facts:
    """Compare two contacts; the same from both sides."""
    name = _likeness(one, other)
    kind = name.kind
    company = compare_companies(one.company, other.company)
    common = one.handles & other.handles
    if held.void:
        common -= held.void
    personal = one.strong & other.strong & common
    is_equal = kind is NameLikeness.EQUAL or kind is NameLikeness.SWAPPED
    foreign = (
        frozenset(handle for handle in personal if _is_of_another(handle, one, other))
        if personal and not is_equal
        else frozenset()
    )
    strong = personal - held.shared - foreign
    roles = common & (one.shared | other.shared)
    weak = common - strong - roles
    has_place = are_one_address(one.place, other.place)
    is_bare, is_other_bare = one.strong <= held.shared, other.strong <= held.shared
    is_one_firm = company is CompanyLikeness.EQUAL
    return Facts(
        kind=kind,
        is_equal=is_equal,
        by_initial=name.by_initial,
        has_equal_given=name.has_equal_given,
        company=company,
        is_one_firm=is_one_firm,
        is_other_firm=company is CompanyLikeness.DIFFERENT,
        is_one_sided_firm=bool(one.company.keys) is not bool(other.company.keys),
        has_stored_id=has_stored_id,
        strong=strong,
        has_mail=any(handle[0] == "m" for handle in strong),
        has_mobile=any(handle[0] == "t" for handle in strong),
        is_named=not is_equal and any(_is_named(handle, one, other) for handle in strong),
        has_role=any(handle[0] == "m" for handle in roles),
        has_company_number=any(handle[0] == "t" for handle in roles),
        has_shared_mail=any(handle[0] == "m" for handle in weak),
        has_line=any(handle[0] == "t" for handle in weak),
        has_place=has_place,
        is_one_area=one.place.postal_code == other.place.postal_code != "",
        is_of_another=bool(foreign),
        is_other_kind=one.kind is not other.kind and CardKind.NAMELESS not in {one.kind, other.kind},
        is_other_suffix=one.person.suffix != other.person.suffix and "" not in (one.person.suffix, other.person.suffix),
        is_company_card=one.kind is CardKind.COMPANY or other.kind is CardKind.COMPANY,
        birthday=are_equal(one.birthday, other.birthday),
        is_other_middle=_are_other_middles(one, other),
        is_other_title=one.is_woman is not None and other.is_woman is not None and one.is_woman != other.is_woman,
        is_other_mobile=_are_other_numbers(one.mobiles, other.mobiles),
        is_other_town=are_other_towns(one.place, other.place),
        is_other_mail=_are_apart(one.mails & one.strong, other.mails & other.strong),
        is_other_line=_are_other_numbers(one.lines, other.lines),
        is_unmatched=not is_bare and not is_other_bare and personal <= held.shared,
        is_one_bare=is_bare is not is_other_bare,
        are_both_bare=is_bare and is_other_bare,
        namesakes=held.namesakes,
        is_all_equal=one.name == other.name != "" and _are_all_equal(one, other, company),
        agreeing=len(common) + is_one_firm + has_place,
    )


def _likeness(one: Traits, other: Traits) -> Likeness:
    if one.kind is CardKind.COMPANY and other.kind is CardKind.COMPANY:
        match compare_companies(one.company, other.company):
            case CompanyLikeness.EQUAL:
                return Likeness(NameLikeness.EQUAL)
            case CompanyLikeness.COMPATIBLE:
                return Likeness(NameLikeness.COMPATIBLE)
            case _:
                return Likeness(NameLikeness.DIFFERENT)
    return compare_names(one.person, other.person)


def _are_other_middles(one: Traits, other: Traits) -> bool:
    mine, yours = one.person.middle, other.person.middle
    if not mine or not yours or len(mine[0][0]) == 1 or len(yours[0][0]) == 1:
        return False
    return not any(is_first_name_of(word, other.person) for word in mine) and not any(
        is_first_name_of(word, one.person) for word in yours
    )


def _are_apart(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and bool(other) and one.isdisjoint(other)


def _are_other_numbers(one: frozenset[str], other: frozenset[str]) -> bool:
    if not _are_apart(one, other):
        return False
    return {number[-_LOCAL_DIGITS:] for number in one}.isdisjoint({number[-_LOCAL_DIGITS:] for number in other})


def _is_of_another(handle: str, one: Traits, other: Traits) -> bool:
    """Whether an address names a person who is only one of the two, or neither: an assistant's, a spouse's."""
    if handle[0] != "m":
        return False
    parts = words_of(handle)
    if any(part in one.person.given_keys and part in other.person.given_keys for part in parts):
        return False
    return _names_another(parts, one, other) or _names_another(parts, other, one)


def _names_another(parts: tuple[str, ...], own: Traits, their: Traits) -> bool:
    person = own.person
    if not person.given or person.script is not their.person.script:
        return False
    if any(is_first_name_of((part,), person) for part in parts if len(part) > 1):
        return False
    surnames = {way for word in person.surname for way in word} | person.surname_keys
    named = [part for part in parts if part not in surnames and len(part) > 1]
    return any(is_given_name(part) or any(part in word for word in their.person.given) for part in named)


def _is_named(handle: str, one: Traits, other: Traits) -> bool:
    if handle[0] != "m":
        return True
    people = (one.person, other.person)
    return any(
        part in person.surname_keys or part in person.given_keys or is_first_name_of((part,), person)
        for part in words_of(handle)
        for person in people
    )


def _are_all_equal(one: Traits, other: Traits, company: CompanyLikeness) -> bool:
    """Whether two cards say the same throughout, with a telephone number or a company in it."""
    if not one.lines and company is not CompanyLikeness.EQUAL:
        return False
    return (
        one.mails == other.mails
        and one.lines == other.lines
        and (company is CompanyLikeness.EQUAL or not (one.company.keys or other.company.keys))
        and one.place == other.place
        and one.birthday == other.birthday
        and one.person == other.person
    )
