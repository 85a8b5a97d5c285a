"""Short and familiar forms of given names. A pair is a hint, and two pairs make no third."""

from __future__ import annotations

from sync_core.domain.identity.nickname_pairs import PAIRS

_BOTH_WAYS = [
    pair
    for line in PAIRS.split(";")
    for full in line.partition(":")[0].split()
    for short in line.partition(":")[2].split()
    for pair in ((full, short), (short, full))
]
_FORMS: dict[str, set[str]] = {}
for _name, _form in _BOTH_WAYS:
    _FORMS.setdefault(_name, set()).add(_form)


def are_nicknames(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one word is a familiar form of the other; each is given in the ways in which it is written."""
    for way in one:
        forms = _FORMS.get(way)
        if forms is not None and not forms.isdisjoint(other):
            return True
    return False


def is_given_name(word: str) -> bool:
    """Whether a word is known as a given name."""
    return word in _FORMS
