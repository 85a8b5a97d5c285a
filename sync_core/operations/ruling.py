"""What an answer decides: on which pairs, contacts, identifiers or cards, as the services show them now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from sync_core.domain import (
    AttentionItem,
    CardKey,
    Choice,
    Concerned,
    Contact,
    ContactKey,
    IdentifierKey,
    OutlookId,
    PipelinerId,
    Reason,
    RulingKey,
    RulingKind,
    Side,
    pair_key,
)
from sync_core.domain.identity import Traits, traits
from sync_core.operations.questions import Seen, outlook_ids_of, own_side, pairs_of, pipeliner_ids_of


@dataclass(frozen=True, slots=True)
class Decided:
    """One part of a decision: what was decided, on what, and about whom."""

    kind: RulingKind
    key: RulingKey
    about: Concerned


def concerned_by(item: AttentionItem) -> Concerned:
    """Return everybody whom an item is about."""
    return Concerned(outlook_ids_of(item), pipeliner_ids_of(item), (item.link_id,) if item.link_id else ())


def decided_by(item: AttentionItem, choice: Choice, seen: Seen) -> Iterator[Decided]:
    """Return what an answer decides; nothing where whom it is about is no longer there."""
    match choice:
        case Choice.SAME if item.reason is Reason.TYPED_OVER:
            cards = [seen.outlook[one].contact for one in outlook_ids_of(item) if one in seen.outlook]
            contacts = [seen.pipeliner[one].contact for one in pipeliner_ids_of(item) if one in seen.pipeliner]
            names = {traits(contact).name for contact in (*cards, *contacts)} - {""}
            for name in sorted(names) if item.link_id else ():
                yield Decided(RulingKind.RENAMED, CardKey(item.link_id or "", name), concerned_by(item))
        case Choice.SAME:
            for card, contact in pairs_of(item):
                if card in seen.outlook and contact in seen.pipeliner:
                    yield decided_on_pair(RulingKind.SAME, seen, card, contact)
        case Choice.DIFFERENT | Choice.BRING_BACK:
            yield from (decided_on_pair(RulingKind.APART, seen, *pair) for pair in pairs_of(item))
        case Choice.COPY:
            yield from _left_out(item, seen)
        case Choice.SHARED_IDENTIFIER:
            yield from (
                Decided(RulingKind.SHARED, IdentifierKey(handle), concerned_by(item)) for handle in _shared(item, seen)
            )
        case (
            Choice.PUT_BACK
            | Choice.KEEP
            | Choice.ACCEPT
            | Choice.KEEP_MINE
            | Choice.TAKE_THEIRS
            | Choice.SEND
            | Choice.LATER
        ):  # they decide nothing for good
            return
        case _:
            assert_never(choice)


def decided_on_pair(kind: RulingKind, seen: Seen, outlook_id: OutlookId, pipeliner_id: PipelinerId) -> Decided:
    """Return a decision on two contacts; one that is gone is known by its id alone."""
    card, contact = seen.outlook.get(outlook_id), seen.pipeliner.get(pipeliner_id)
    mine, theirs = (traits(one.contact) if one else Traits() for one in (card, contact))
    key = pair_key(outlook_id, mine, pipeliner_id, theirs)
    return Decided(kind, key, Concerned((outlook_id,), (pipeliner_id,)))


def _left_out(item: AttentionItem, seen: Seen) -> Iterator[Decided]:
    """Leave the contact out that an item asks about, which is its Outlook card unless it is Pipeliner's alone."""
    if own_side(item) is Side.PIPELINER:
        for key in (one for one in pipeliner_ids_of(item) if one in seen.pipeliner):
            name = traits(seen.pipeliner[key].contact).name
            yield Decided(RulingKind.ALONE, ContactKey(key, name), Concerned((), (key,)))
    elif item.outlook_id is not None and item.outlook_id in seen.outlook:
        name = traits(seen.outlook[item.outlook_id].contact).name
        yield Decided(RulingKind.ALONE, ContactKey(item.outlook_id, name), Concerned((item.outlook_id,)))


def _shared(item: AttentionItem, seen: Seen) -> Sequence[str]:
    """Return the identifiers that contacts of both sides have in common; their names are none."""
    outlook = [_identifiers(seen.outlook[one].contact) for one in outlook_ids_of(item) if one in seen.outlook]
    theirs = [_identifiers(seen.pipeliner[one].contact) for one in pipeliner_ids_of(item) if one in seen.pipeliner]
    return sorted(frozenset[str]().union(*outlook) & frozenset[str]().union(*theirs))


def _identifiers(contact: Contact) -> frozenset[str]:
    found = traits(contact)
    return found.handles - {found.name}
