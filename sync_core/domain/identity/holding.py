"""What else each side holds, as far as it counts for two contacts: who shares a handle, and who has their name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sync_core.domain.contact import Side
from sync_core.domain.identity.traits import Traits

MOST_HOLDERS = 20
"""Holders of one handle: with more, it belongs to a whole company and identifies nobody."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A contact that holds a handle; `name` is the token of its name."""

    side: Side
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Held:
    """What else each side holds: nothing, unless told."""

    shared: frozenset[str] = frozenset()
    """Handles that contacts of different names of one side hold."""
    void: frozenset[str] = frozenset()
    """Handles with so many holders that they mean nothing."""
    namesakes: int = 0
    """How many others have the name of one of the two."""


def held_of(
    one: Traits,
    other: Traits,
    ids: frozenset[str],
    holders: Mapping[str, Collection[Holder]],
    token: Callable[[str], str],
) -> Held:
    """Return what else is held of what two contacts have in common. Only tokens are compared: no more is stored."""
    common = one.handles & other.handles
    names = frozenset(token(name) for name in (one.name, other.name) if name)
    blank = frozenset(("", token("")))
    namesakes = {
        holder.id for name in names for holder in holders.get(name, ()) if holder.name in names and holder.id not in ids
    }
    shared, void = set(), set()
    for handle in common:
        if handle in {one.name, other.name}:
            continue
        every = holders.get(token(handle), ())
        others = [holder for holder in every if holder.id not in ids]
        if not others:
            continue
        if len({(holder.side, holder.id) for holder in others}) + len(ids) > MOST_HOLDERS:
            void.add(handle)
        if _is_shared([holder for holder in every if holder.name not in blank], ids, names):
            shared.add(handle)
    return Held(frozenset(shared), frozenset(void), len(namesakes))


def _is_shared(named: list[Holder], ids: frozenset[str], names: frozenset[str]) -> bool:
    others = [holder for holder in named if holder.id not in ids]
    if any(holder.name not in names for holder in others):
        return True
    if len(names) < 2 or not others:  # noqa: PLR2004 - both names are one, so are all holders
        return False
    if not ids <= {holder.id for holder in named}:
        return True  # whose side it is on is not known, so it may be another name on one side
    return any(len({holder.name for holder in named if holder.side is side}) > 1 for side in Side)
