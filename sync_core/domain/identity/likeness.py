"""How two names go together: equal, compatible, near, or of two people. No score: each way has its own weight."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sync_core.domain.identity.folding import is_one_edit
from sync_core.domain.identity.names import PersonName, Script, Word
from sync_core.domain.identity.nicknames import are_nicknames

SHORTEST_SLIP = 5
"""Letters of a word in which one wrong letter is a slip: of shorter ones, one letter makes another name."""


class NameLikeness(StrEnum):
    """How two names go together."""

    EQUAL = "equal"
    SWAPPED = "swapped"
    COMPATIBLE = "compatible"
    ONE_NAME = "one_name"
    ONE_SIDED = "one_sided"
    MISSING = "missing"
    CHANGED_SURNAME = "changed_surname"
    NEAR = "near"
    OTHER_SCRIPT = "other_script"
    OTHER_GIVEN = "other_given"
    DIFFERENT = "different"


class _Part(StrEnum):
    EQUAL = "equal"
    COMPATIBLE = "compatible"
    INITIAL = "initial"
    NEAR = "near"
    BLANK = "blank"
    ONE_BLANK = "one_blank"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two names go together, whether no more than initials say so, and whether the given names are equal."""

    kind: NameLikeness
    by_initial: bool = False
    has_equal_given: bool = False


_AGREEING = (_Part.EQUAL, _Part.COMPATIBLE, _Part.INITIAL)
_BLANK = (_Part.BLANK, _Part.ONE_BLANK)

_EQUAL_NAMES = Likeness(NameLikeness.EQUAL, has_equal_given=True)
_EQUAL_INITIALS = Likeness(NameLikeness.COMPATIBLE, by_initial=True)


def compare_names(one: PersonName, other: PersonName) -> Likeness:
    """Say how two names go together; the same from both sides."""
    if one.is_blank or other.is_blank:
        return Likeness(NameLikeness.MISSING)
    if one.script is not other.script:
        return Likeness(NameLikeness.OTHER_SCRIPT)
    if one.given_keys == other.given_keys and one.surname_keys == other.surname_keys and one.given and one.surname:
        return _EQUAL_INITIALS if one.is_initial else _EQUAL_NAMES
    given, surname = _given(one, other), _surname(one, other)
    if given is _Part.EQUAL and surname is _Part.EQUAL:
        return _EQUAL_NAMES
    if (given not in _AGREEING or surname not in _AGREEING) and _is_swapped(one, other):
        return Likeness(NameLikeness.SWAPPED)
    return Likeness(_combined(one, other, given, surname), given is _Part.INITIAL, given is _Part.EQUAL)


def _combined(one: PersonName, other: PersonName, given: _Part, surname: _Part) -> NameLikeness:
    if given in _BLANK or surname in _BLANK:
        return _with_blanks(one, other, given, surname)
    if given in _AGREEING and surname in _AGREEING:
        return NameLikeness.COMPATIBLE
    if given in _AGREEING:
        if surname is _Part.NEAR:
            return NameLikeness.NEAR
        return NameLikeness.CHANGED_SURNAME
    if surname in _AGREEING:
        return NameLikeness.NEAR if given is _Part.NEAR else NameLikeness.OTHER_GIVEN
    return NameLikeness.DIFFERENT


def _with_blanks(one: PersonName, other: PersonName, given: _Part, surname: _Part) -> NameLikeness:
    if given is _Part.BLANK or surname is _Part.BLANK:  # each has one name alone, and in the same field
        known = surname if given is _Part.BLANK else given
        if known is _Part.EQUAL or known is _Part.COMPATIBLE:
            return NameLikeness.ONE_NAME
        return NameLikeness.NEAR if known is _Part.NEAR else NameLikeness.DIFFERENT
    mine, yours = _all_words(one), _all_words(other)
    if _is_part(mine, yours) or _is_part(yours, mine):
        return NameLikeness.ONE_NAME if len(mine) == len(yours) else NameLikeness.ONE_SIDED
    if given is _Part.ONE_BLANK and surname is _Part.ONE_BLANK:
        return NameLikeness.OTHER_SCRIPT  # a given name here, a surname there: nothing that could be compared
    known = surname if given is _Part.ONE_BLANK else given
    if known in _AGREEING:
        return NameLikeness.ONE_SIDED
    return NameLikeness.DIFFERENT


def _given(one: PersonName, other: PersonName) -> _Part:
    if not one.given or not other.given:
        return _Part.ONE_BLANK if one.given or other.given else _Part.BLANK
    has_initial = one.is_initial or other.is_initial
    if not one.given_keys.isdisjoint(other.given_keys):
        return _Part.INITIAL if has_initial else _Part.EQUAL
    mine, yours = one.first_names, other.first_names
    if len(mine) == len(yours) == 1:  # as most are
        if are_nicknames(mine[0], yours[0]) or is_initial_of(mine[0], yours[0]):
            return _Part.INITIAL if has_initial else _Part.COMPATIBLE
        return _Part.NEAR if _is_near(one.given_keys, other.given_keys) else _Part.DIFFERENT
    matched = (_matched(mine, yours), _matched(yours, mine))
    for part in (_Part.COMPATIBLE, _Part.INITIAL):
        if part in matched:
            return part
    is_slip = not has_initial and _is_near(one.given_keys, other.given_keys)
    return _Part.NEAR if is_slip else _Part.DIFFERENT


def _matched(short: tuple[Word, ...], whole: tuple[Word, ...]) -> _Part | None:
    """Match each first name of a list with one of another; None when one is left over."""
    if len(short) > len(whole):
        return None
    left = list(whole)
    is_initial_only = True
    for word in short:
        at = next((at for at, theirs in enumerate(left) if _meet(word, theirs) or are_nicknames(word, theirs)), None)
        if at is not None:
            is_initial_only = is_initial_only and len(word[0]) == 1
        else:
            at = next((at for at, theirs in enumerate(left) if is_initial_of(word, theirs)), None)
        if at is None:
            return None
        del left[at]
    return _Part.INITIAL if is_initial_only else _Part.COMPATIBLE


def _surname(one: PersonName, other: PersonName) -> _Part:
    if not one.surname or not other.surname:
        return _Part.ONE_BLANK if one.surname or other.surname else _Part.BLANK
    if not one.surname_keys.isdisjoint(other.surname_keys):
        return _Part.EQUAL
    if len(one.core) == len(other.core) == 1:
        if _meet(one.core[0], other.core[0]):
            return _Part.COMPATIBLE
        if is_initial_of(one.core[0], other.core[0]):
            return _Part.INITIAL
    elif _is_part(one.core, other.core) or _is_part(other.core, one.core):
        return _Part.COMPATIBLE
    return _Part.NEAR if _is_near(one.surname_keys, other.surname_keys) else _Part.DIFFERENT


def _is_swapped(one: PersonName, other: PersonName) -> bool:
    if one.script is Script.IDEOGRAPHIC:
        return not _orders(one).isdisjoint(_orders(other))
    if len(one.given) == len(one.core) == len(other.given) == len(other.core) == 1:  # as most are
        return _meet(one.given[0], other.core[0]) and _meet(one.core[0], other.given[0]) and not one.is_initial
    mine, yours = _all_words(one), _all_words(other)
    is_whole = len(mine) == len(yours) > 1 and all(len(word[0]) > 1 for word in mine)
    return is_whole and (_is_part(mine, yours) or _is_part(yours, mine))


def _orders(name: PersonName) -> set[str]:
    """Return a name that is written without spaces, in both orders."""
    surname, given = ("".join(word[0] for word in part) for part in (name.surname, name.given))
    return {surname + given, given + surname}


def _all_words(name: PersonName) -> tuple[Word, ...]:
    return name.given + name.core


def _is_part(short: tuple[Word, ...], whole: tuple[Word, ...]) -> bool:
    if len(short) > len(whole):
        return False
    left = list(whole)
    for word in short:
        at = next((at for at, theirs in enumerate(left) if _meet(word, theirs)), None)
        if at is None:
            return False
        del left[at]
    return bool(short)


def _meet(one: Word, other: Word) -> bool:
    return one == other or any(way in other for way in one)


def is_initial_of(one: Word, other: Word) -> bool:
    """Whether one of two words is no more than the first letter of the other."""
    if len(one[0]) != 1 and len(other[0]) != 1:
        return False
    return one[0][0] == other[0][0]


def is_first_name_of(word: Word, name: PersonName) -> bool:
    """Whether a word is one of a person's first names, in a familiar form, cut down to its letter, or with a slip."""
    return any(
        _meet(word, own)
        or are_nicknames(word, own)
        or is_initial_of(word, own)
        or _is_near(frozenset(word), frozenset(own))
        for own in name.first_names
    )


def _is_near(one: frozenset[str], other: frozenset[str]) -> bool:
    for a in one:
        for b in other:
            if a[0] == b[0] and (len(a) >= SHORTEST_SLIP or len(b) >= SHORTEST_SLIP) and is_one_edit(a, b):
                return True
    return False
