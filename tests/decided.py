"""What a decision comes to: the resolution it stands for, the fields that travel, where a contact is created."""

from __future__ import annotations

from typing import assert_never

from sync_core.domain import (
    Action,
    Ask,
    Create,
    Decision,
    End,
    KeepDormant,
    Merge,
    Pair,
    Recreate,
    Relink,
    Remove,
    Resolution,
    Side,
    Update,
    Wait,
)


def resolution_of(decision: Decision) -> Resolution:  # noqa: PLR0911 - one return for each kind of decision
    """Return the resolution that a decision stands for, as a row of the table names it."""
    match decision:
        case KeepDormant():
            return Resolution.DORMANT
        case End():
            return Resolution.END
        case Update(then_remove=then_remove):
            return Resolution.SEND_THEN_REMOVE if then_remove else Resolution.MERGE
        case Pair():
            return Resolution.MERGE
        case Wait():
            raise ValueError("a decision that waits is not what the table says")
        case Ask() | Relink():
            return Resolution.MERGE
        case Create(side=side) | Recreate(side=side):
            return Resolution.RECREATE_IN_OUTLOOK if side is Side.OUTLOOK else Resolution.RECREATE_IN_PIPELINER
        case Remove(side=side, action=action):
            return _REMOVALS[side, action]
        case _:
            assert_never(decision)


def merge_of(decision: Decision) -> Merge | None:
    """Return which fields travel; None where none can."""
    match decision:
        case (
            Update(merge=merge) | Relink(merge=merge) | Pair(merge=merge) | Create(merge=merge) | Recreate(merge=merge)
        ):
            return merge
        case KeepDormant() | End() | Wait() | Ask() | Remove():
            return None
        case _:
            assert_never(decision)


def created_on(decision: Decision) -> Side | None:
    """Return the side that gets a new contact; None where no contact is created."""
    match decision:
        case Create(side=side) | Recreate(side=side):
            return side
        case KeepDormant() | End() | Wait() | Ask() | Remove() | Update() | Relink() | Pair():
            return None
        case _:
            assert_never(decision)


_REMOVALS = {
    (Side.OUTLOOK, Action.DELETED): Resolution.DELETE_IN_OUTLOOK,
    (Side.OUTLOOK, Action.REMOVED): Resolution.REMOVE_FROM_OUTLOOK,
    (Side.PIPELINER, Action.DELETED): Resolution.DELETE_IN_PIPELINER,
}
"""A contact leaves the scope in Pipeliner only, so nothing is ever removed from there without being deleted."""
