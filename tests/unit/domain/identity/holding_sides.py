"""What both sides hold, as the index would tell it: handles and who holds them, by tokens alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from hashlib import blake2b

from sync_core.domain import Side
from sync_core.domain.identity import Holder, Traits


def token(handle: str) -> str:
    """A hash as the state keeps it."""
    return blake2b(handle.encode(), digest_size=8).hexdigest()


def holders_of(outlook: Mapping[str, Traits], pipeliner: Mapping[str, Traits]) -> Mapping[str, Collection[Holder]]:
    """Index all contacts of both sides by the tokens of their handles."""
    found: dict[str, list[Holder]] = defaultdict(list)
    for side, contacts in ((Side.OUTLOOK, outlook), (Side.PIPELINER, pipeliner)):
        for key, own in contacts.items():
            for handle in own.handles:
                found[token(handle)].append(Holder(side, key, token(own.name)))
    return found
