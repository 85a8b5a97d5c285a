"""What people have decided about who is who, and by which handles a decision is found again.

A ruling binds the mailbox in which it was made, or the whole space where an administrator made it so. It is found by
the ids of its contacts. When these are replaced (copied cards, a reconnect), names find it: within the mailbox alone,
elsewhere only together with an identifier that tells a person by itself. Handles are in plain here; the state keeps
nothing of them but keyed hashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from sync_core.domain.records import Choice, Reason

if TYPE_CHECKING:  # its tables of names are large, and who only reads rulings needs none of them
    from sync_core.domain.identity import Traits

CHOICES: Mapping[Reason, tuple[Choice, ...]] = MappingProxyType(
    {
        Reason.COUNTERPART_UNCLEAR: (Choice.SAME, Choice.DIFFERENT, Choice.SHARED_IDENTIFIER, Choice.LATER),
        Reason.COUNTERPART_OUT_OF_SCOPE: (Choice.DIFFERENT, Choice.COPY, Choice.LATER),
        Reason.COUNTERPART_DELETED: (Choice.BRING_BACK, Choice.COPY, Choice.LATER),
        Reason.DOUBLE: (Choice.DIFFERENT, Choice.COPY, Choice.LATER),
        Reason.TYPED_OVER: (Choice.SAME, Choice.DIFFERENT, Choice.LATER),
        Reason.MERGED_ELSEWHERE: (Choice.DIFFERENT, Choice.COPY, Choice.LATER),
        Reason.COPIED_CARD: (Choice.SAME, Choice.DIFFERENT, Choice.COPY, Choice.LATER),
        Reason.LINK_CONTRADICTS: (Choice.SAME, Choice.DIFFERENT, Choice.LATER),
        Reason.VALUES_REPLACED: (Choice.PUT_BACK, Choice.KEEP, Choice.LATER),
        Reason.VALUES_CROSSED: (Choice.PUT_BACK, Choice.KEEP, Choice.LATER),
        Reason.NOTE_CUT: (Choice.KEEP, Choice.ACCEPT, Choice.LATER),
        Reason.READ_ONLY: (Choice.KEEP_MINE, Choice.TAKE_THEIRS, Choice.SEND, Choice.LATER),
    }
)
"""What a person may answer to an item of that reason; to any other they do what its remedy says."""


class PairRuling(StrEnum):
    """What was decided about two contacts."""

    SAME = "same"
    APART = "apart"


class RulingKind(StrEnum):
    """What was decided: of a pair same or apart, of a contact, of an identifier, or of a card that was typed over."""

    SAME = "same"
    APART = "apart"
    ALONE = "alone"
    SHARED = "shared"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class PairKey:
    """Two contacts of which something was or may be decided.

    Names are handles of full names, `strong` those that identify a person by themselves; all in plain.
    """

    outlook_id: str
    pipeliner_id: str
    outlook_name: str = ""
    pipeliner_name: str = ""
    strong: frozenset[str] = frozenset()


def pair_key(outlook_id: str, outlook: Traits, pipeliner_id: str, pipeliner: Traits) -> PairKey:
    """Return the key of two contacts with these traits; `Traits()` for one that nobody can see."""
    return PairKey(outlook_id, pipeliner_id, outlook.name, pipeliner.name, outlook.strong | pipeliner.strong)


@dataclass(frozen=True, slots=True)
class ContactKey:
    """A contact that is left out."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class IdentifierKey:
    """An identifier, as a handle, that several people share."""

    handle: str


@dataclass(frozen=True, slots=True)
class CardKey:
    """A linked pair of which one card has another name now."""

    link_id: str
    name: str


RulingKey = PairKey | ContactKey | IdentifierKey | CardKey


@dataclass(frozen=True, slots=True)
class Concerned:
    """The contacts and links that a ruling was made of, by their ids."""

    outlook_ids: tuple[str, ...] = ()
    pipeliner_ids: tuple[str, ...] = ()
    link_ids: tuple[str, ...] = ()

    @property
    def contact_ids(self) -> frozenset[str]:
        """Those of the contacts."""
        return frozenset((*self.outlook_ids, *self.pipeliner_ids))

    @property
    def ids(self) -> frozenset[str]:
        """All of them."""
        return self.contact_ids | frozenset(self.link_ids)

    def __add__(self, other: Concerned) -> Concerned:
        return Concerned(
            tuple(dict.fromkeys((*self.outlook_ids, *other.outlook_ids))),
            tuple(dict.fromkeys((*self.pipeliner_ids, *other.pipeliner_ids))),
            tuple(dict.fromkeys((*self.link_ids, *other.link_ids))),
        )


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision: who made it when, whether it binds the whole space, and whom it was made of."""

    id: str
    kind: RulingKind
    by: str
    at: datetime
    for_space: bool = False
    about: Concerned = Concerned()


def supersedes(later: Ruling, earlier: Ruling) -> bool:
    """Whether a ruling takes the place of an earlier one of the same mailbox, because both cannot hold.

    *Same* is one to one. Whoever is left out is nobody's counterpart, and a card that is the same person under another
    name is no other person.
    """
    mine, theirs = later.about, earlier.about
    is_same_pair = (mine.outlook_ids, mine.pipeliner_ids) == (theirs.outlook_ids, theirs.pipeliner_ids)
    touches = not mine.contact_ids.isdisjoint(theirs.contact_ids)
    match later.kind, earlier.kind:
        case RulingKind.SAME, RulingKind.SAME | RulingKind.ALONE:
            return touches
        case RulingKind.ALONE, RulingKind.SAME | RulingKind.ALONE:
            return touches
        case ((RulingKind.SAME | RulingKind.APART | RulingKind.RENAMED), (RulingKind.SAME | RulingKind.APART)):
            return is_same_pair
        case RulingKind.APART, RulingKind.RENAMED:
            return is_same_pair
        case RulingKind.RENAMED, RulingKind.RENAMED:
            return mine == theirs
        case _:
            return False


def handles_of(mailbox: str, key: RulingKey, *, for_space: bool = False) -> tuple[str, ...]:
    """Return under what a ruling on this key is stored."""
    return tuple(handle for rank in ranked_handles(mailbox, key, for_space=for_space) for handle in rank)


def counterpart_handle(mailbox: str, contact_id: str) -> str:
    """Return under what lies whom a contact is the same as: nothing else finds two who have nothing in common."""
    return _handle("same", mailbox, contact_id)


def ranked_handles(mailbox: str, key: RulingKey, *, for_space: bool = True) -> Iterator[tuple[str, ...]]:
    """Return the handles of a key, those first that say most surely that the same contacts are meant."""
    match key:
        case PairKey():
            yield from _of_pair(mailbox, key)
            if for_space and key.outlook_name and key.pipeliner_name:
                names = (key.outlook_name, key.pipeliner_name)
                yield tuple(_handle("space", *names, one) for one in sorted(key.strong))
        case ContactKey(id=contact_id, name=name):
            yield (_handle("alone", mailbox, contact_id),)
            yield (_handle("alone by name", mailbox, name),) if name else ()
        case IdentifierKey(handle=handle):
            yield (_handle("shared", mailbox, handle),)
            yield (_handle("shared in space", handle),) if for_space else ()
        case CardKey(link_id=link_id, name=name):
            yield (_handle("renamed", link_id, name),)
        case _:
            assert_never(key)


def _of_pair(mailbox: str, pair: PairKey) -> Iterator[tuple[str, ...]]:
    """Return what finds a pair within its mailbox: both ids, one id and the other's name, both names.

    Equal names alone say nothing of who is meant: namesakes are what such a question is about.
    """
    yield (_handle("pair", mailbox, pair.outlook_id, pair.pipeliner_id),)
    if not (pair.outlook_name and pair.pipeliner_name):
        return
    yield (
        _handle("pair by outlook id", mailbox, pair.outlook_id, pair.pipeliner_name),
        _handle("pair by pipeliner id", mailbox, pair.pipeliner_id, pair.outlook_name),
    )
    if pair.outlook_name != pair.pipeliner_name:
        yield (_handle("pair by names", mailbox, pair.outlook_name, pair.pipeliner_name),)


def traces_of(key: RulingKey) -> tuple[str, ...]:
    """Return what of a person a ruling's rows are found by when that person is erased, beside the ids."""
    match key:
        case PairKey():
            return tuple(name for name in (key.outlook_name, key.pipeliner_name) if name) + tuple(sorted(key.strong))
        case ContactKey(name=name) | CardKey(name=name):
            return (name,) if name else ()
        case IdentifierKey(handle=handle):
            return (handle,)
        case _:
            assert_never(key)


def _handle(*parts: str) -> str:
    """Join parts so that no others join to the same."""
    return "".join(f"{len(part)}:{part}" for part in parts)
