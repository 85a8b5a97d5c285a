"""What a run asks who is who: hashes of identifiers, who holds them, and the index of the folder that it keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sync_core.domain.identity import Holder


class Keyed(Protocol):
    """Hashes that only the holder of the space's key can make."""

    def token(self, text: str) -> str:
        """Return the token of a text."""
        ...


@dataclass(frozen=True, slots=True)
class Card:
    """What identifies one contact: its name, and the handles under which it is found, in plain words.

    The state keeps nothing of it but hashes.
    """

    id: str
    name: str = field(repr=False)
    handles: frozenset[str] = field(repr=False)


class IdentityIndex(Protocol):
    """Who holds which handle, in the connection's folder and in the whole space."""

    def token(self, handle: str) -> str:
        """Return the token of a handle, or of a card's name."""
        ...

    async def is_complete(self) -> bool:
        """Whether all contacts of both sides are known; while they are not, nobody may be taken for a newcomer."""
        ...

    async def holders(self, handles: Collection[str]) -> Mapping[str, tuple[Holder, ...]]:
        """Return by token who holds these (plain) handles, on both sides; handles that nobody holds are left out.

        Raises IndexUnknown while a side is not known as a whole.
        """
        ...

    async def polled_at(self) -> datetime | None:
        """Return when the last whole reading of the space's feed began, by the clock of its host; None before any."""
        ...


class SideIndex(Protocol):
    """The index of one side, a folder or a space, as the one who keeps it fills it.

    A run keeps its folder's, whose notes are stored with the run's next commit; the reader of a feed keeps the space's.
    """

    @property
    def is_known(self) -> bool:
        """Whether the whole side is known, by the key in force."""
        ...

    @property
    def is_being_read(self) -> bool:
        """Whether a reading of the whole side is under way, by the key in force."""
        ...

    @property
    def read_up_to(self) -> str:
        """Where the reading of the whole side goes on; "" for the beginning."""
        ...

    @property
    def has_unstored(self) -> bool:
        """Whether something was noted that is not stored yet."""
        ...

    @property
    def differed(self) -> int:
        """By how many contacts the last reading of the whole side differed from what was known before."""
        ...

    async def begin(self) -> None:
        """Begin to read the whole side; what is known stays in force until the end."""
        ...

    async def note(self, cards: Sequence[Card], removed: Collection[str]) -> None:
        """Note cards that the side shows, and contacts that are gone; what is known already costs no row."""
        ...

    async def note_page(self, cards: Sequence[Card], removed: Collection[str] = (), after: str = "") -> None:
        """Note a page of the reading of the whole side, and where it goes on; later pages count before earlier ones."""
        ...

    async def store(self) -> None:
        """Store what was noted, where no commit does."""
        ...

    async def finish(self) -> None:
        """End the reading of the whole side: what it showed is all that there is. Stores what was noted as well."""
        ...
