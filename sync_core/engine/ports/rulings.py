"""What the engine asks of the decisions that people have made about who is who."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from sync_core.domain import LinkId, PairKey, PairRuling


class Rulings(Protocol):
    """The rulings that bind one mailbox: its own, and those that an administrator made for the space."""

    async def on_pairs(self, pairs: Collection[PairKey]) -> Mapping[PairKey, PairRuling]:
        """Return what was decided about pairs; those of which nothing was are left out. The latest decision counts."""

    async def same_as(self, ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return whom a person said to be the same as contacts; those of whom nobody was are left out."""

    async def left_out(self, contacts: Mapping[str, str]) -> frozenset[str]:
        """Return which contacts (id to handle of the name) a person wants to be left out."""

    async def shared(self, handles: Collection[str]) -> frozenset[str]:
        """Return which identifiers were said to be shared by several people."""

    async def erased(self, contacts: Mapping[str, Collection[str]]) -> frozenset[str]:
        """Return which contacts (id to what identifies them) were erased on request, so that nothing is created."""

    async def renamed(self, link_id: LinkId, name: str) -> bool:
        """Whether the card of a link, which has this name now, was said to be the same person still."""

    async def void(self, ids: Collection[str]) -> None:
        """Forget all rulings made of these contacts, because they were merged in the CRM; repeating it is fine."""


class NoRulings:
    """Nobody has decided anything."""

    async def on_pairs(self, _pairs: Collection[PairKey]) -> Mapping[PairKey, PairRuling]:
        """See `Rulings.on_pairs`."""
        return {}

    async def same_as(self, _ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """See `Rulings.same_as`."""
        return {}

    async def left_out(self, _contacts: Mapping[str, str]) -> frozenset[str]:
        """See `Rulings.left_out`."""
        return frozenset()

    async def shared(self, _handles: Collection[str]) -> frozenset[str]:
        """See `Rulings.shared`."""
        return frozenset()

    async def erased(self, _contacts: Mapping[str, Collection[str]]) -> frozenset[str]:
        """See `Rulings.erased`."""
        return frozenset()

    async def renamed(self, _link_id: LinkId, _name: str) -> bool:
        """See `Rulings.renamed`."""
        return False

    async def void(self, _ids: Collection[str]) -> None:
        """See `Rulings.void`."""


NO_RULINGS = NoRulings()
