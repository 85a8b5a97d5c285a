"""Companies as values: whether a name was only written otherwise, or another company was meant."""

from __future__ import annotations

from sync_core.domain.identity.companies import CompanyLikeness, company_of, compare_companies
from sync_core.domain.identity.folding import fold, is_one_edit, words

SHORTEST = 6
"""Of a shorter name one letter may be all that tells two companies apart."""
SHORTEST_WORD = 4


def is_small_change(before: str, after: str) -> bool:
    """Whether the name of a company was only corrected: its form, punctuation, or one letter of a long enough word."""
    if not before or not after:
        return False
    if compare_companies(company_of(before), company_of(after)) is CompanyLikeness.EQUAL:
        return True
    old, new = words(fold(before)), words(fold(after))
    one, other = "".join(old), "".join(new)
    if min(len(one), len(other)) < SHORTEST or not is_one_edit(one, other):
        return False
    if len(one) != len(other) or len(old) != len(new):
        return True
    return all(was == now or len(was) >= SHORTEST_WORD for was, now in zip(old, new, strict=True))
