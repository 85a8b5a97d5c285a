"""A person's name, taken apart: what two names have in common, and what keeps them apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sync_core.domain.identity.folding import readings, words
from sync_core.domain.identity.name_words import COUPLES, HOUSEHOLDS, PARTICLES, SUFFIXES, TITLES

Word = tuple[str, ...]
"""A word in the ways in which it is written: Müller is muller and mueller."""
MOST_WORDS = 8
"""Words of a part of a name that are compared."""


class CardKind(StrEnum):
    """Whom a card is about."""

    PERSON = "person"
    COUPLE = "couple"
    COMPANY = "company"
    NAMELESS = "nameless"


class Script(StrEnum):
    """In which letters a name is written."""

    LATIN = "latin"
    CYRILLIC = "cyrillic"
    GREEK = "greek"
    IDEOGRAPHIC = "ideographic"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in compared form."""

    given: tuple[Word, ...] = ()
    middle: tuple[Word, ...] = ()
    surname: tuple[Word, ...] = ()
    core: tuple[Word, ...] = ()
    """The surname without its particles."""
    given_keys: frozenset[str] = frozenset()
    surname_keys: frozenset[str] = frozenset()
    suffix: str = ""
    script: Script = Script.LATIN
    is_couple: bool = False
    is_initial: bool = False
    """Whether no given name is longer than its first letter."""

    @property
    def is_blank(self) -> bool:
        """Whether nobody is named."""
        return not self.given and not self.surname

    @property
    def first_names(self) -> tuple[Word, ...]:
        """Given and middle names."""
        return self.given + self.middle

    @property
    def key(self) -> str:
        """What is equal for equal names, in whatever order and with whatever accents; "" without a name."""
        every = [_PAIRS.sub(lambda found: found.group()[0], word[0]) for word in (*self.core, *self.given)]
        if self.script is Script.IDEOGRAPHIC:  # written without spaces, so any order of its signs
            return "".join(sorted("".join(every)))
        return " ".join(sorted(every))


NO_NAME = PersonName()


def name_of(given: str, middle: str, surname: str, suffix: str = "") -> PersonName:
    """Take a name apart. Titles go; a suffix is known wherever it stands."""
    given_words, given_suffix, is_couple = _parted(given)
    surname_words, surname_suffix, is_household = _parted(surname)
    middle_words, middle_suffix, _ = _parted(middle, may_be_empty=True)
    told = words(readings(suffix)[0])
    own_suffix = next((SUFFIXES.get(word, word) for word in told if word in SUFFIXES or word.isdigit()), "")
    letters = "".join(word[0] for word in (*surname_words, *given_words))
    script = Script.LATIN if letters.isascii() else _script(letters)
    return PersonName(
        given_words,
        middle_words,
        surname_words,
        tuple(word for word in surname_words if word[0] not in PARTICLES) or surname_words,
        _joined(given_words),
        _joined(surname_words),
        own_suffix or surname_suffix or given_suffix or middle_suffix,
        script,
        is_couple or is_household,
        bool(given_words) and script is not Script.IDEOGRAPHIC and all(len(word[0]) == 1 for word in given_words),
    )


def _parted(text: str, *, may_be_empty: bool = False) -> tuple[tuple[Word, ...], str, bool]:
    """Return the words of a part of a name, the suffix in it, and whether it names more than one person."""
    if not text:
        return (), "", False
    ways = readings(text)
    plain = words(ways[0])
    is_couple = _names_several(ways[0], plain)
    every: list[Word] = [(word,) for word in plain[:MOST_WORDS]]
    if len(ways) > 1 and len(expanded := words(ways[1])) == len(plain):
        both = zip(every, expanded, strict=False)
        every = [word if word[0] == other else (*word, other) for word, other in both]
    suffix = ""
    if every and every[-1][0] in SUFFIXES and (len(every) > 1 or may_be_empty):
        suffix = SUFFIXES[every.pop()[0]]
    kept = [word for word in every if word[0] not in TITLES]
    if is_couple:
        kept = [word for word in kept if word[0] not in COUPLES and word[0] not in HOUSEHOLDS]
    return tuple(kept or ([] if may_be_empty or is_couple else every)), suffix, is_couple


def _names_several(text: str, plain: list[str]) -> bool:
    if any(word in HOUSEHOLDS for word in plain[:1]):
        return True
    inner = plain[1:-1]
    return any(mark in text for mark in "&+/") or any(word in COUPLES for word in inner)


def _joined(part: tuple[Word, ...]) -> frozenset[str]:
    if not part:
        return frozenset()
    return frozenset({"".join(word[0] for word in part), "".join(word[-1] for word in part)})


_PAIRS = re.compile("ae|oe|ue|aa")


def _script(letters: str) -> Script:
    for letter in letters:
        if letter.isascii():
            continue
        code = ord(letter)
        if 0x400 <= code < 0x530:  # noqa: PLR2004 - the blocks of Unicode
            return Script.CYRILLIC
        if 0x370 <= code < 0x400:  # noqa: PLR2004
            return Script.GREEK
        if 0x2E80 <= code < 0xA000 or 0xAC00 <= code < 0xD7B0 or code >= 0x20000:  # noqa: PLR2004
            return Script.IDEOGRAPHIC
        if letter.isalpha() and code >= 0x250:  # noqa: PLR2004
            return Script.OTHER
    return Script.LATIN
