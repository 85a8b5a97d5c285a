"""Companies: one name in many notations, with and without its legal form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sync_core.domain.identity.folding import listed, readings, words

_LEGAL = listed(
    """
    gmbh ag kg kgaa ohg og eu ev ek gbr mbh co cokg ug inc incorporated corp corporation ltd limited llc llp lp plc pty
    sa sas sarl sasu eurl snc spa srl srls sl slu sociedad bv nv vof cv ab oy oyj as asa aps is ks kft zrt bt nyrt sro
    spol zoo spzoo sp z o ooo oao zao ltda lda se kk gk pte sdn bhd company co group gruppe holding
    """
)
"""Words that say in which form a company exists, and no more."""


class CompanyLikeness(StrEnum):
    """How two companies go together."""

    BLANK = "blank"
    EQUAL = "equal"
    COMPATIBLE = "compatible"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Company:
    """A company's name in compared form: each way of writing it, and its words."""

    keys: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    initials: str = ""


NO_COMPANY = Company()


def company_of(text: str) -> Company:
    """Read a company's name; words of the legal form are left out unless there are no others."""
    keys: list[str] = []
    first: list[str] = []
    for reading in readings(text):
        every = words(reading)
        kept = [word for word in every if word not in _LEGAL] or every
        first = first or kept
        if kept:
            keys.append("".join(kept))
    return Company(frozenset(keys), frozenset(first), "".join(word[0] for word in first)) if keys else NO_COMPANY


def compare_companies(one: Company, other: Company) -> CompanyLikeness:
    """Say how two companies go together; a blank one tells nothing."""
    if not one.keys or not other.keys:
        return CompanyLikeness.BLANK
    if not one.keys.isdisjoint(other.keys):
        return CompanyLikeness.EQUAL
    if one.words <= other.words or other.words <= one.words:
        return CompanyLikeness.COMPATIBLE
    is_initials = (len(one.initials) > 2 and one.initials in other.keys) or (  # noqa: PLR2004 - "AB" is too little
        len(other.initials) > 2 and other.initials in one.keys  # noqa: PLR2004 - the same
    )
    return CompanyLikeness.COMPATIBLE if is_initials else CompanyLikeness.DIFFERENT
