"""The table of who is who, as data: the first row that fits two contacts decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync_core.domain.identity.companies import CompanyLikeness
from sync_core.domain.identity.comparing import Facts
from sync_core.domain.identity.evidence import Verdict
from sync_core.domain.identity.likeness import NameLikeness

_YIELDING = (NameLikeness.ONE_SIDED, NameLikeness.MISSING, NameLikeness.ONE_NAME)
_LOOSE = (NameLikeness.COMPATIBLE, *_YIELDING)
_CHANGED = (NameLikeness.CHANGED_SURNAME, NameLikeness.NEAR, NameLikeness.OTHER_SCRIPT)
_GOING_TOGETHER = (NameLikeness.SWAPPED, NameLikeness.COMPATIBLE)
_MAYBE = (NameLikeness.COMPATIBLE, NameLikeness.NEAR)
_OTHER = (NameLikeness.OTHER_GIVEN, NameLikeness.DIFFERENT)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: when it fits, what it says, and the words for it."""

    id: str
    fits: Callable[[Facts], object]
    verdict: Verdict
    words: str


def _is_stored_and_agrees(f: Facts) -> bool:
    return f.has_stored_id and (f.is_equal or f.kind in _LOOSE) and not f.hard and not f.soft and not f.is_company_card


def _is_stored_and_changed(f: Facts) -> bool:
    is_changed = f.has_stored_id and f.kind in _CHANGED and not f.by_initial and not f.hard and not f.soft
    return is_changed and (bool(f.strong) or f.is_one_firm)


def _is_one_and_the_same(f: Facts) -> bool:
    return f.is_equal and not f.namesakes and not f.is_light and not f.is_unmatched and not f.is_other_line


def _is_open_company(f: Facts) -> bool:
    return f.is_equal and (not f.is_other_firm or f.is_corroborated)


TABLE: tuple[Row, ...] = (
    Row(
        "4",
        lambda f: _is_stored_and_agrees(f) or (f.has_stored_id and f.is_company_card and f.is_equal),
        Verdict.SAME,
        "the stored id, and a name that is equal, compatible or partly blank; nothing contradicts",
    ),
    Row(
        "5",
        _is_stored_and_changed,
        Verdict.SAME,
        "the stored id, and a changed last name, a slip or another script with *S* or one company",
    ),
    Row("6", lambda f: f.has_stored_id, Verdict.ASK, "the stored id otherwise: a copied card?"),
    Row(
        "9",
        lambda f: f.hard or (f.soft and not f.strong),
        Verdict.DIFFERENT,
        "a hard contradiction, or a soft one without *S*",
    ),
    Row(
        "10",
        lambda f: f.soft and (f.is_equal or f.kind in _LOOSE),
        Verdict.ASK,
        "*S* and a name that goes with the other, but a soft contradiction",
    ),
    Row("11", lambda f: f.strong and f.kind is NameLikeness.EQUAL, Verdict.SAME, "*S*, the names are equal"),
    Row(
        "12a",
        lambda f: f.strong and f.by_initial and f.is_light,
        Verdict.ASK,
        "*S*, but only initials agree, and the mobile number or the town differs",
    ),
    Row(
        "12",
        lambda f: f.strong and f.kind in _GOING_TOGETHER,
        Verdict.SAME,
        "*S*, the names are compatible",
    ),
    Row(
        "13a",
        lambda f: f.strong and f.kind is NameLikeness.MISSING and f.is_company_card,
        Verdict.ASK,
        "*S*, a company's card and a card without any name",
    ),
    Row(
        "13b",
        lambda f: len(f.strong) == 1 and f.kind in _YIELDING and (f.is_light or f.is_other_firm),
        Verdict.ASK,
        "one *S* alone, a name is missing or in parts, and the company, the mobile number or the town differs",
    ),
    Row(
        "13",
        lambda f: f.strong and f.kind in _YIELDING,
        Verdict.SAME,
        "*S*, a name is missing or in parts, or one name only, and equal: blanks yield",
    ),
    Row(
        "14a",
        lambda f: (
            f.kind is NameLikeness.CHANGED_SURNAME
            and not f.by_initial
            and not f.soft
            and f.is_named
            and (f.is_one_firm or (f.has_mail and f.has_mobile) or (f.strong and f.birthday is True))
        ),
        Verdict.SAME,
        "*S* that is theirs by its look, another last name, and company, a second *S* or the birthday agree",
    ),
    Row(
        "14b",
        lambda f: f.strong and f.kind is NameLikeness.CHANGED_SURNAME,
        Verdict.ASK,
        "*S*, another last name, otherwise",
    ),
    Row(
        "15a",
        lambda f: (
            f.kind is NameLikeness.NEAR
            and not f.soft
            and ((f.has_mail and f.has_mobile) or (f.is_named and f.has_equal_given and f.is_one_firm))
        ),
        Verdict.SAME,
        "one letter differs, and *S* by e-mail and by mobile; or one letter of the last name, *S* and one company",
    ),
    Row("15b", lambda f: f.strong and f.kind is NameLikeness.NEAR, Verdict.ASK, "*S*, one letter differs"),
    Row(
        "16a",
        lambda f: (
            f.kind is NameLikeness.OTHER_SCRIPT and f.has_mail and f.has_mobile and not f.soft and not f.is_other_firm
        ),
        Verdict.SAME,
        "*S* by e-mail and by mobile, names that cannot be compared, and no other company",
    ),
    Row(
        "16b",
        lambda f: f.strong and f.kind is NameLikeness.OTHER_SCRIPT,
        Verdict.ASK,
        "*S*, names that cannot be compared",
    ),
    Row(
        "16c",
        lambda f: f.strong and f.is_all_equal,
        Verdict.SAME,
        "*S*, and all is equal, though the name is no more than an initial",
    ),
    Row(
        "17",
        lambda f: f.has_mail and f.has_mobile and f.kind in _OTHER and not f.soft,
        Verdict.ASK,
        "*S* by e-mail and by mobile, but other names",
    ),
    Row(
        "17a",
        lambda f: f.strong and f.kind is NameLikeness.OTHER_GIVEN and (f.is_light or f.soft),
        Verdict.DIFFERENT,
        "*S*, one last name, other first names, and something else speaks against, too",
    ),
    Row(
        "17b",
        lambda f: f.strong and f.kind is NameLikeness.OTHER_GIVEN,
        Verdict.ASK,
        "*S*, one last name, other first names",
    ),
    Row(
        "18",
        lambda f: f.strong and f.kind is NameLikeness.DIFFERENT,
        Verdict.DIFFERENT,
        "*S*, other names: two people share an identifier",
    ),
    Row(
        "19",
        lambda f: _is_one_and_the_same(f) and f.is_corroborated and not f.is_other_firm and not f.is_one_bare,
        Verdict.SAME,
        "no *S*, the names are equal and once, nothing differs, both or neither have an e-mail or mobile of their own, "
        "and *W*, or *R* with one company",
    ),
    Row(
        "20",
        lambda f: _is_one_and_the_same(f) and f.is_one_firm and f.are_both_bare,
        Verdict.SAME,
        "no *S*, the names are equal and once, one company, nothing differs, and neither has an e-mail or mobile",
    ),
    Row(
        "20a",
        lambda f: f.is_all_equal and not f.namesakes,
        Verdict.SAME,
        "no *S*, but all is equal, with a number or a company in it, and nobody else has the name",
    ),
    Row(
        "21a",
        lambda f: f.is_equal and f.is_one_firm and f.is_other_mobile and (f.is_other_mail or f.is_other_town),
        Verdict.DIFFERENT,
        "no *S*, the names are equal, one company, but the mobile number and the e-mail address or the town differ",
    ),
    Row(
        "21b",
        lambda f: f.is_equal and (f.is_one_firm or f.company is CompanyLikeness.COMPATIBLE),
        Verdict.ASK,
        "no *S*, the names are equal, one company, otherwise",
    ),
    Row(
        "22a",
        lambda f: (
            _is_open_company(f)
            and (
                f.is_other_town or (f.is_other_mobile and (f.is_other_mail or f.is_corroborated or f.is_one_sided_firm))
            )
        ),
        Verdict.DIFFERENT,
        "no *S*, the names are equal, the companies tell nothing, and the town differs, or the mobile number and more",
    ),
    Row(
        "22b",
        _is_open_company,
        Verdict.ASK,
        "no *S*, the names are equal, the companies tell nothing, otherwise",
    ),
    Row(
        "23a",
        lambda f: (
            f.is_equal
            and not f.namesakes
            and (f.is_one_bare or f.are_both_bare or (f.is_one_area and not f.is_other_mobile))
        ),
        Verdict.ASK,
        "only the name is shared, and is once; the companies differ, and one has neither e-mail nor mobile, "
        "or the postal code is one and no mobile number differs",
    ),
    Row("23b", lambda f: f.is_equal, Verdict.DIFFERENT, "only the name is shared, and the companies differ"),
    Row(
        "24",
        lambda f: f.kind in _MAYBE and f.is_corroborated and not f.is_other_firm and (f.is_one_firm or not f.is_light),
        Verdict.ASK,
        "no *S*, the names are compatible or near, *W* or *R* agree, and no other company",
    ),
    Row(
        "25",
        lambda f: f.kind is NameLikeness.ONE_NAME and (f.is_corroborated or f.is_one_firm),
        Verdict.ASK,
        "no *S*, one name only, and equal, with the company, *W* or *R*",
    ),
    Row("26", lambda _: True, Verdict.DIFFERENT, "anything else"),
)
"""The rows by their numbers; 1 to 3, 7, 8, 27 to 30 look at more than two contacts."""


def row_for(facts: Facts) -> Row:
    """Return the row that decides."""
    return next(row for row in TABLE if row.fits(facts))
