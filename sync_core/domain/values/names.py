"""Names for show and for filing: made of a person's parts, they follow the pattern that they have when one changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Parts = Mapping[str, str]
"""T title, G given, M middle, S surname, X suffix, C company, E the first e-mail address."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a text is made of parts: groups of them in an order, what stands between, and where the company stands."""

    groups: tuple[str, ...]
    between: str = " "
    frame: str = "{person}"


_EAST_ASIAN = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_ORDERS = "TGMSX GMSX TGMS GMS TGSX GSX TGS GS TSGMX SGMX SGM SG"
_WESTERN = tuple(Pattern((group,)) for group in _ORDERS.split())
_EASTERN = (Pattern(("S", "GM"), ""), Pattern(("S", "G"), ""))
_SUFFIXED = (Pattern(("TGMS", "X"), ", "), Pattern(("GMS", "X"), ", "), Pattern(("GS", "X"), ", "))
_FILED = tuple(
    Pattern(groups, ", ")
    for groups in (
        *(("S", "GM"), ("S", "G"), ("SX", "GM"), ("SX", "G"), ("S", "GMX"), ("S", "GX"), ("S", "TGM"), ("S", "TGMX")),
        *(("S", "GM", "X"), ("S", "G", "X"), ("SX", "TGM")),
    )
)
_FRAMES = ("{person} ({company})", "{company} ({person})", "{person}\n{company}", "{company}\n{person}")
_ASIAN_ORDER = Pattern(("SGM",))


def shown_name(parts: Parts) -> str:
    """Compose the name for show: the person's, else the company's, else the first e-mail address."""
    return _composed(_first(parts, _WESTERN[0]), parts) or parts["C"] or parts["E"]


def filed_name(parts: Parts) -> str:
    """Compose the name to file under: "Surname, Given Middle"."""
    return _composed(_first(parts, _FILED[0]), parts) if parts["S"] and parts["G"] + parts["M"] else shown_name(parts)


def following(text: str, before: Parts, after: Parts, default: str) -> str:
    """Return what becomes of a name that is made of parts when these change; one that is typed by hand stays.

    `default` is what a blank one becomes, and one that showed the company or an address for want of a person's name.
    """
    if not text:
        return default
    person = before["G"] + before["M"] + before["S"]
    for pattern in _known(before) if person else ():
        if _composed(pattern, before) == text:
            return _composed(pattern, after) or default
    return default if text in {before["C"], before["E"]} and not person else text


def _known(parts: Parts) -> Iterator[Pattern]:
    first = (_ASIAN_ORDER,) if _is_east_asian(parts) else ()
    person: Sequence[Pattern] = (*first, *_WESTERN, *_FILED, *_SUFFIXED, *_EASTERN)
    yield from person
    for frame in _FRAMES if parts["C"] else ():
        yield from (Pattern(one.groups, one.between, frame) for one in person)


def _first(parts: Parts, western: Pattern) -> Pattern:
    return _ASIAN_ORDER if _is_east_asian(parts) else western


def _is_east_asian(parts: Parts) -> bool:
    """Whether the surname comes first, without a comma."""
    return bool(_EAST_ASIAN.search(parts["S"]) and _EAST_ASIAN.search(parts["G"]))


def _composed(pattern: Pattern, parts: Parts) -> str:
    groups = (" ".join(parts[part] for part in group if parts[part]) for group in pattern.groups)
    person = pattern.between.join(group for group in groups if group)
    if pattern.frame == "{person}" or not (person and parts["C"]):
        return person or (parts["C"] if pattern.frame != "{person}" else "")
    return pattern.frame.replace("{company}", parts["C"]).replace("{person}", person)
