"""Situations of the truth table that can really be seen: two states tell edits apart beside one state only."""

from __future__ import annotations

from collections.abc import Iterator

from sync_core.domain import OutlookState, PipelinerState, Right, Situation, situations

_BESIDE = {OutlookState.EDIT_ARRIVED: PipelinerState.DELETED, OutlookState.EDIT_BLOCKED: PipelinerState.LEFT_SCOPE}


def can_be_seen(outlook: OutlookState, pipeliner: PipelinerState) -> bool:
    """Whether a run can see a link's contacts like this."""
    return _BESIDE.get(outlook, pipeliner) is pipeliner


def rights_beside(pipeliner: PipelinerState) -> frozenset[Right]:
    """How far a user may go with a contact that looks like this.

    What is their own never left their scope, and what is in it they see. Of what nobody sees nothing is known.
    """
    match pipeliner:
        case PipelinerState.OUT_OF_SIGHT:
            return frozenset({Right.NONE})
        case PipelinerState.LEFT_SCOPE:
            return frozenset(Right) - {Right.DELETE}
        case PipelinerState.DELETED:
            return frozenset(Right)
        case PipelinerState.UNCHANGED | PipelinerState.EDITED:
            return frozenset(Right) - {Right.NONE}


def seen_situations() -> Iterator[Situation]:
    """Return every situation that a run can see."""
    return (
        seen
        for seen in situations()
        if can_be_seen(seen.outlook, seen.pipeliner) and seen.right in rights_beside(seen.pipeliner)
    )
