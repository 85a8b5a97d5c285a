"""The rules that a connection chooses from."""

from __future__ import annotations

from enum import StrEnum

from sync_core.domain.contact import Side


class SyncType(StrEnum):
    """Which way contacts travel."""

    TWO_WAY = "two_way"
    TO_PIPELINER = "to_pipeliner"
    TO_OUTLOOK = "to_outlook"

    def reaches(self, side: Side) -> bool:
        """Whether this type ever writes to that side."""
        return self is not (SyncType.TO_PIPELINER if side is Side.OUTLOOK else SyncType.TO_OUTLOOK)


class ConflictRule(StrEnum):
    """Who wins when both sides changed a field to different values."""

    NEWEST = "newest"
    PIPELINER = "pipeliner"
    OUTLOOK = "outlook"


class AccountRule(StrEnum):
    """What to do with a company that no account of the space is named after."""

    FREE_TEXT = "free_text"
    CREATE = "create"
