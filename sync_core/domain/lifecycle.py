"""The truth table: what happens to a link, as data.

Rows are tried from the top; the first one that fits decides. `None` in a row fits anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sync_core.domain.rules import SyncType


class OutlookState(StrEnum):
    """What a pass sees of a link's Outlook contact, against its baseline."""

    UNCHANGED = "unchanged"
    EDITED = "edited"
    DELETED = "deleted"
    MOVED = "moved"


class PipelinerState(StrEnum):
    """What a pass sees of a link's Pipeliner contact, against its baseline and the connection's scope."""

    UNCHANGED = "unchanged"
    EDITED = "edited"
    DELETED = "deleted"
    LEFT_SCOPE = "left_scope"


class Fate(StrEnum):
    """What is done with a link."""

    MERGE = "merge"
    REST = "rest"
    END = "end"
    DELETE_IN_PIPELINER = "delete_in_pipeliner"
    DELETE_IN_OUTLOOK = "delete_in_outlook"
    REMOVE_FROM_OUTLOOK = "remove_from_outlook"
    SEND_THEN_REMOVE = "send_then_remove"
    RECREATE_IN_OUTLOOK = "recreate_in_outlook"
    RECREATE_IN_PIPELINER = "recreate_in_pipeliner"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    outlook: frozenset[OutlookState]
    pipeliner: frozenset[PipelinerState]
    sync_type: SyncType | None
    delete_protection: bool | None
    fate: Fate
    why: str


_UNCHANGED, _EDITED = frozenset({OutlookState.UNCHANGED}), frozenset({OutlookState.EDITED})
_PRESENT = _UNCHANGED | _EDITED
_DELETED, _MOVED = frozenset({OutlookState.DELETED}), frozenset({OutlookState.MOVED})
_P_UNCHANGED, _P_EDITED = frozenset({PipelinerState.UNCHANGED}), frozenset({PipelinerState.EDITED})
_P_PRESENT = _P_UNCHANGED | _P_EDITED
_P_DELETED, _P_LEFT = frozenset({PipelinerState.DELETED}), frozenset({PipelinerState.LEFT_SCOPE})
_P_GONE = _P_DELETED | _P_LEFT
_TO_OUTLOOK, _TO_PIPELINER = SyncType.TO_OUTLOOK, SyncType.TO_PIPELINER
_PROTECTED, _UNPROTECTED = True, False

RULES: tuple[Rule, ...] = (
    Rule(_PRESENT, _P_PRESENT, None, None, Fate.MERGE, "both exist: changed fields travel"),
    # gone on both sides
    Rule(_DELETED | _MOVED, _P_GONE, None, None, Fate.END, "neither side has it here any more"),
    # gone in Outlook
    Rule(_MOVED, _P_PRESENT, None, None, Fate.REST, "moved to another folder: nothing is deleted"),
    Rule(_DELETED, _P_EDITED, _TO_PIPELINER, None, Fate.REST, "edited in Pipeliner meanwhile: kept there"),
    Rule(_DELETED, _P_EDITED, None, None, Fate.RECREATE_IN_OUTLOOK, "edited in Pipeliner meanwhile: the edit wins"),
    Rule(_DELETED, _P_UNCHANGED, _TO_OUTLOOK, None, Fate.REST, "Outlook's changes do not travel in this direction"),
    Rule(_DELETED, _P_UNCHANGED, None, _PROTECTED, Fate.REST, "delete protection: kept in Pipeliner, not put back"),
    Rule(_DELETED, _P_UNCHANGED, None, _UNPROTECTED, Fate.DELETE_IN_PIPELINER, "deleted in Outlook"),
    # gone in Pipeliner
    Rule(_EDITED, _P_DELETED, _TO_OUTLOOK, None, Fate.DELETE_IN_OUTLOOK, "deleted in Pipeliner; history has the edit"),
    Rule(_EDITED, _P_DELETED, None, None, Fate.RECREATE_IN_PIPELINER, "edited in Outlook meanwhile: the edit wins"),
    Rule(_UNCHANGED, _P_DELETED, _TO_PIPELINER, None, Fate.REST, "Pipeliner's changes do not travel in this direction"),
    Rule(_UNCHANGED, _P_DELETED, None, None, Fate.DELETE_IN_OUTLOOK, "deleted in Pipeliner"),
    # out of the connection's scope
    Rule(_PRESENT, _P_LEFT, _TO_PIPELINER, None, Fate.REST, "it left the user's scope; Outlook is not written"),
    Rule(_EDITED, _P_LEFT, _TO_OUTLOOK, None, Fate.REMOVE_FROM_OUTLOOK, "it left the user's scope"),
    Rule(_EDITED, _P_LEFT, None, None, Fate.SEND_THEN_REMOVE, "it left the user's scope; the unsent edit goes first"),
    Rule(_UNCHANGED, _P_LEFT, None, None, Fate.REMOVE_FROM_OUTLOOK, "it left the user's scope"),
)  # fmt: skip


def decide(outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, *, delete_protection: bool) -> Rule:
    """Find the row that decides."""
    return next(rule for rule in RULES if _fits(rule, outlook, pipeliner, sync_type, delete_protection))


def _fits(
    rule: Rule, outlook: OutlookState, pipeliner: PipelinerState, sync_type: SyncType, delete_protection: bool
) -> bool:
    return (
        outlook in rule.outlook
        and pipeliner in rule.pipeliner
        and rule.sync_type in {None, sync_type}
        and rule.delete_protection in {None, delete_protection}
    )


def situations() -> Iterator[tuple[OutlookState, PipelinerState, SyncType, bool]]:
    """Give every situation that the table must decide."""
    for outlook in OutlookState:
        for pipeliner in PipelinerState:
            for sync_type in SyncType:
                yield outlook, pipeliner, sync_type, True
                yield outlook, pipeliner, sync_type, False
