"""Text as it is compared: without case, accents and invisible marks, and never longer than is worth comparing."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 256
"""Characters of a value that are compared: the rest tells nobody apart, and normalising long runs of marks is slow."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
"""Marks without a shape of their own: soft hyphens, joiners, directions, fillers, variation selectors, tags."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t"}
    | {"\u0131": "i"}  # the dotless one of Turkish
)
"""Letters that no normal form takes apart."""
_EXPANDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
"""The other way of writing some letters, as passports and addresses do."""
_WORDS = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("['’ʼ`´ʹʻ]")  # noqa: RUF001 - the marks that people use for an apostrophe


def visible(text: str) -> str:
    """Return a text without invisible marks, bounded, and such that it can be encoded."""
    text = text[:LONGEST]
    return text if text.isascii() else _SURROGATES.sub("\ufffd", _INVISIBLE.sub("", text))


def fold(text: str) -> str:
    """Return the letters of a text without case and accents."""
    text = visible(text)
    if text.isascii():
        return text.lower()
    return _without_marks(_unified(text))


def readings(text: str) -> tuple[str, ...]:
    """Return the ways in which a text is written without accents: Müller is Muller and Mueller."""
    if text.isascii():
        return (text[:LONGEST].lower(),)
    text = visible(text)
    lower = _unified(text)
    plain, expanded = _without_marks(lower), _without_marks(lower.translate(_EXPANDED))
    return (plain,) if plain == expanded else (plain, expanded)


def words(text: str) -> list[str]:
    """Split a folded text into words; an apostrophe is inside a word."""
    if not text.isascii() or "'" in text or "`" in text:
        text = _APOSTROPHES.sub("", text)
    return [text] if text.isalnum() else _WORDS.findall(text)


def listed(text: str) -> frozenset[str]:
    """Return the words of a list that is written down as a text."""
    return frozenset(text.split())


def is_one_edit(one: str, other: str) -> bool:
    """Whether one letter was left out, added, mistaken, or swapped with its neighbour; another number is no slip."""
    if [mark for mark in one if mark.isdigit()] != [mark for mark in other if mark.isdigit()]:
        return False
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    is_swapped = one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
    return is_swapped or one[start + 1 :] == other[start + 1 :]


def _unified(text: str) -> str:
    """Bring the ways of writing a letter together; a few signs stand for a whole sentence, so it is cut off anew."""
    return unicodedata.normalize("NFKC", text)[:LONGEST].casefold()


def _without_marks(lower: str) -> str:
    apart = unicodedata.normalize("NFKD", lower.translate(_LETTERS))
    if apart.isascii():
        return apart
    return "".join(mark for mark in apart if not unicodedata.combining(mark))
