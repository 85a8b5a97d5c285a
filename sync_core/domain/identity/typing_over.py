"""Typed over: an edit after which a card is about another person than before."""

from __future__ import annotations

from sync_core.domain.identity.folding import is_one_edit
from sync_core.domain.identity.likeness import NameLikeness, compare_names
from sync_core.domain.identity.names import CardKind, Word
from sync_core.domain.identity.traits import Traits

_LEAST_BEGINNING = 3


def is_typed_over(before: Traits, now: Traits) -> bool:
    """Whether an edit of one contact made another person of it; a correction, a marriage or a blank did not."""
    kinds = {before.kind, now.kind}
    if CardKind.NAMELESS in kinds:
        return False
    if CardKind.COMPANY in kinds:
        return len(kinds) > 1 or _has_nothing_left(before, now)
    name = compare_names(before.person, now.person)
    match name.kind:
        case NameLikeness.DIFFERENT | NameLikeness.OTHER_GIVEN:
            return not (_is_slip(before, now) and not _has_nothing_left(before, now))
        case NameLikeness.CHANGED_SURNAME | NameLikeness.NEAR:
            return name.by_initial or _has_nothing_left(before, now)
        case _:
            suffixes = {before.person.suffix, now.person.suffix} - {""}
            return len(suffixes) > 1 and _has_nothing_left(before, now)


def _is_slip(before: Traits, now: Traits) -> bool:
    one, other = before.person, now.person
    given = _is_corrected(one.given_keys, other.given_keys) or _is_begun(one.given, other.given)
    return given and (_is_corrected(one.surname_keys, other.surname_keys) or _is_begun(one.surname, other.surname))


def _is_corrected(one: frozenset[str], other: frozenset[str]) -> bool:
    return one == other or any(is_one_edit(a, b) for a in one for b in other)


def _is_begun(one: tuple[Word, ...], other: tuple[Word, ...]) -> bool:
    """Whether one is the beginning of the other: an edit that writes out a short name corrects it."""
    pairs = (sorted((a, b), key=len) for a in (one or ((),))[0] for b in (other or ((),))[0])
    return any(len(short) >= _LEAST_BEGINNING and long.startswith(short) for short, long in pairs)


def _has_nothing_left(before: Traits, now: Traits) -> bool:
    """Whether all else differs as well, as far as there was anything: addresses, numbers, company."""
    is_known = bool(before.mails or before.lines or before.company.keys)
    ours, theirs = before.mails | before.lines, now.mails | now.lines
    return is_known and ours.isdisjoint(theirs) and before.company.keys.isdisjoint(now.company.keys)
