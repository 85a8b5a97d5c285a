"""Choosing the counterpart among candidates: the one that is the same person, best for each other from both sides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from sync_core.domain.identity.evidence import Verdict
from sync_core.domain.identity.holding import Holder, held_of
from sync_core.domain.identity.traits import Traits
from sync_core.domain.identity.verdicts import Finding, compare

Id = TypeVar("Id", bound=str)
_NO_STORED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Chosen(Generic[Id]):
    """One candidate is the same person."""

    id: Id
    finding: Finding


@dataclass(frozen=True, slots=True)
class Unsure(Generic[Id]):
    """A person must say which candidate it is, if any."""

    ids: tuple[Id, ...]
    findings: Mapping[Id, Finding]
    are_duplicates: bool = False
    """Whether the only doubt is which of several cards of one person on one side it is."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """No candidate may be the same person."""


Choice = Chosen[Id] | Unsure[Id] | Nobody


def choose(findings: Mapping[Id, Finding]) -> Choice[Id]:
    """Choose among candidates by what was found on each, in whatever order they come (row 27).

    The only one that is the same person by a strong identifier wins. Of several with one identifier the fullest does:
    the others are its duplicates, since nobody of another name holds it.
    """
    live = {key: found for key, found in findings.items() if found.verdict is not Verdict.DIFFERENT}
    if not live:
        return Nobody()
    best = max(live, key=lambda key: (_rank(live[key]), key))
    found = live[best]
    if len(live) == 1 and found.verdict is Verdict.SAME:
        return Chosen(best, found)
    rivals = [other for key, other in live.items() if key != best and other.strong]
    if found.verdict is not Verdict.SAME or not found.strong:
        return _unsure(live)
    are_duplicates = all(other.verdict is Verdict.SAME and other.strong & found.strong for other in rivals)
    if are_duplicates and all(other.strong <= found.strong and _rank(other) < _rank(found) for other in rivals):
        return Chosen(best, found)
    return _unsure(live, are_duplicates=are_duplicates)


def _rank(found: Finding) -> tuple[bool, int, bool, int]:
    is_same = found.verdict is Verdict.SAME
    return is_same, len(found.strong) if is_same else 0, found.has_equal_name, found.facts.agreeing


def _unsure(live: Mapping[Id, Finding], *, are_duplicates: bool = False) -> Unsure[Id]:
    ids = tuple(sorted(live))
    return Unsure(ids, {key: live[key] for key in ids}, are_duplicates)


def counterpart_of(
    own: str,
    mine: Mapping[str, Traits],
    theirs: Mapping[str, Traits],
    holders: Mapping[str, Collection[Holder]],
    token: Callable[[str], str],
    stored: Mapping[str, str] = _NO_STORED,
) -> Choice[str]:
    """Choose the counterpart of one contact among those of the other side, its rivals on its own side in view.

    A candidate that is certainly a rival's is no question. One that is as good for a rival is: the two are duplicates.
    """
    known: dict[tuple[str, str], Finding] = {}

    def found(key: str, candidate: str) -> Finding:
        if (key, candidate) not in known:
            one, other = mine[key], theirs[candidate]
            held = held_of(one, other, frozenset({key, candidate}), holders, token)
            is_stored = stored.get(key) == candidate or stored.get(candidate) == key
            known[key, candidate] = compare(one, other, held, has_stored_id=is_stored)
        return known[key, candidate]

    chosen = _best(own, mine, theirs, found)
    if not isinstance(chosen, Chosen):
        return chosen
    back = _best(chosen.id, theirs, mine, lambda candidate, key: found(key, candidate))
    if isinstance(back, Chosen) and back.id == own:
        return chosen
    are_duplicates = isinstance(back, Chosen) or (isinstance(back, Unsure) and back.are_duplicates)
    return Unsure((chosen.id,), {chosen.id: chosen.finding}, are_duplicates)


def _best(
    own: str, mine: Collection[str], theirs: Collection[str], found: Callable[[str, str], Finding]
) -> Choice[str]:
    """Choose among the candidates that are not certainly somebody else's, as seen from one side."""
    live = {one: finding for one in theirs if (finding := found(own, one)).verdict is not Verdict.DIFFERENT}
    free: dict[str, Finding] = {}
    for candidate, finding in live.items():
        back = choose({key: found(key, candidate) for key in mine})
        is_of_a_rival = isinstance(back, Chosen) and back.id != own
        if finding.verdict is Verdict.SAME or not is_of_a_rival:
            free[candidate] = finding
    return choose(free)
