"""What a pass tells whoever watches it: the phase that it is in, and the edits that have arrived."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sync_core.domain.contact import Side


class Phase(StrEnum):
    """The parts of a pass, in their order; a pass that finds nothing leaves most of them out."""

    OPEN = "open"
    RECOVER = "recover"
    READ_OUTLOOK = "read_outlook"
    LIST_PIPELINER = "list_pipeliner"
    LOOK_FOR_MISSING = "look_for_missing"
    PIPELINER_WORK = "pipeliner_work"
    OUTLOOK_WORK = "outlook_work"
    REMOVALS = "removals"
    CLOSE = "close"


class PassWatch(Protocol):
    """Watches one pass; nothing that it does may change what the pass does."""

    def phase(self, phase: Phase) -> None:
        """The pass has come to a phase, which lasts until the next one or the end."""

    def arrived(self, side: Side, since: datetime) -> None:
        """An edit that was made on the other side at `since` (that service's clock) is written on this one now."""

    def ended(self) -> None:
        """The pass is over, well or not."""


class Unwatched:
    """Nobody watches."""

    def phase(self, phase: Phase) -> None:
        """See `PassWatch.phase`."""

    def arrived(self, side: Side, since: datetime) -> None:
        """See `PassWatch.arrived`."""

    def ended(self) -> None:
        """See `PassWatch.ended`."""


UNWATCHED = Unwatched()
