"""The truth table: everything that is decided about a pair of contacts that exists or existed, as data.

Rows are tried from the top; the first one that fits decides. `None` in a row fits anything. Nothing else decides about
a link: what must count is a state, a mark or a column here, so that one look answers what happens and why.

Below the table stands how what both sides show of a link is named, which is the situation that the table looks up, and
how the row that was found becomes a decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final, assert_never

from sync_core.domain.connection import Connection, SyncType, has_left, in_scope
from sync_core.domain.contact import OutlookContact, PipelinerContact, Side
from sync_core.domain.decisions import Ask, Decision, End, KeepDormant, Recreate, Remove, Update
from sync_core.domain.first_sight import NAMING, typed_over, whole_copy
from sync_core.domain.link import AbsentBy, Link, edits_to_send, merge_link, with_pending_resolved
from sync_core.domain.merge import changed_fields
from sync_core.domain.records import Action
from sync_core.domain.rights import Right, right_on


class OutlookState(StrEnum):
    """What a run sees of a link's Outlook contact, against its baseline.

    `EDIT_ARRIVED` is told from `EDITED` where Pipeliner deleted the contact, `EDIT_BLOCKED` where it left the scope.
    """

    UNCHANGED = "unchanged"
    EDITED = "edited"
    EDIT_ARRIVED = "edit_arrived"
    EDIT_BLOCKED = "edit_blocked"
    DELETED = "deleted"
    MOVED = "moved"


class PipelinerState(StrEnum):
    """What a run sees of a link's Pipeliner contact, against its baseline and the connection's scope."""

    UNCHANGED = "unchanged"
    EDITED = "edited"
    DELETED = "deleted"
    LEFT_SCOPE = "left_scope"
    OUT_OF_SIGHT = "out_of_sight"


class Mark(StrEnum):
    """What the link remembers: nothing, that it is dormant, or that we began to remove one side."""

    NONE = "none"
    DORMANT = "dormant"
    OURS_IN_OUTLOOK = "ours_in_outlook"
    OURS_IN_PIPELINER = "ours_in_pipeliner"


class Resolution(StrEnum):
    """What is done with a link."""

    MERGE = "merge"
    DORMANT = "dormant"
    END = "end"
    DELETE_IN_PIPELINER = "delete_in_pipeliner"
    DELETE_IN_OUTLOOK = "delete_in_outlook"
    REMOVE_FROM_OUTLOOK = "remove_from_outlook"
    SEND_THEN_REMOVE = "send_then_remove"
    RECREATE_IN_OUTLOOK = "recreate_in_outlook"
    RECREATE_IN_PIPELINER = "recreate_in_pipeliner"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the table looks at; `right` is how far the connection's user may go with the Pipeliner contact."""

    outlook: OutlookState
    pipeliner: PipelinerState
    mark: Mark
    sync_type: SyncType
    delete_protection: bool
    right: Right = Right.DELETE


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    outlook: frozenset[OutlookState] | None
    pipeliner: frozenset[PipelinerState] | None
    mark: Mark | None
    sync_type: SyncType | None
    delete_protection: bool | None
    resolution: Resolution
    why: str
    right: frozenset[Right] | None = None

    def fits(self, seen: Situation) -> bool:
        """Whether this row is about that situation."""
        return (
            (self.outlook is None or seen.outlook in self.outlook)
            and (self.pipeliner is None or seen.pipeliner in self.pipeliner)
            and self.mark in {None, seen.mark}
            and self.sync_type in {None, seen.sync_type}
            and self.delete_protection in {None, seen.delete_protection}
            and (self.right is None or seen.right in self.right)
        )


_O, _P, _M, _R = OutlookState, PipelinerState, Mark, Resolution
_: Final = None
"""Fits anything."""
_EDITED = frozenset({_O.EDITED, _O.EDIT_ARRIVED, _O.EDIT_BLOCKED})
_UNSENT = frozenset({_O.EDITED, _O.EDIT_BLOCKED})
_TO_SEND = frozenset({_O.EDITED, _O.EDIT_ARRIVED})
_PRESENT = frozenset({_O.UNCHANGED}) | _EDITED
_DELETED, _MOVED = frozenset({_O.DELETED}), frozenset({_O.MOVED})
_P_UNCHANGED, _P_EDITED = frozenset({_P.UNCHANGED}), frozenset({_P.EDITED})
_P_PRESENT = _P_UNCHANGED | _P_EDITED
_P_DELETED, _P_LEFT = frozenset({_P.DELETED}), frozenset({_P.LEFT_SCOPE})
_P_UNSEEN = frozenset({_P.OUT_OF_SIGHT})
_TO_O, _TO_P = SyncType.TO_OUTLOOK, SyncType.TO_PIPELINER
_ON, _OFF = True, False
_THEIRS = frozenset({Right.DELETE})
"""The contact is the user's to delete, or was when it still was there."""
_BACK = "back after the sync removed it"

RULES: tuple[Rule, ...] = (
    Rule(_, _P_UNSEEN, _, _, _, _R.DORMANT, "Pipeliner does not show it any more; nothing is deleted"),
    # what we were removing when a run was cut off
    Rule(_DELETED, _P_PRESENT, _M.OURS_IN_OUTLOOK, _TO_P, _, _R.END, "the sync removed it"),
    Rule(_DELETED, _P_PRESENT, _M.OURS_IN_OUTLOOK, _, _, _R.RECREATE_IN_OUTLOOK, _BACK),
    Rule(_DELETED, _, _M.OURS_IN_OUTLOOK, _, _, _R.END, "the sync removed it"),
    Rule(_PRESENT, _P_DELETED, _M.OURS_IN_PIPELINER, _TO_O, _, _R.END, "the sync removed it"),
    Rule(_PRESENT, _P_DELETED, _M.OURS_IN_PIPELINER, _, _, _R.RECREATE_IN_PIPELINER, _BACK, _THEIRS),
    Rule(_, _P_DELETED, _M.OURS_IN_PIPELINER, _, _, _R.END, "the sync removed it"),
    # both there, or gone on both sides
    Rule(_PRESENT, _P_PRESENT, _, _, _, _R.MERGE, "both exist: changed fields travel"),
    Rule(_DELETED | _MOVED, _P_DELETED | _P_LEFT, _, _, _, _R.END, "neither side has it here any more"),
    # gone in Outlook
    Rule(_MOVED, _P_PRESENT, _, _, _, _R.DORMANT, "moved to another folder: nothing is deleted"),
    Rule(_DELETED, _P_EDITED, _, _TO_P, _, _R.DORMANT, "edited in Pipeliner meanwhile: kept there"),
    Rule(_DELETED, _P_EDITED, _M.DORMANT, _, _, _R.DORMANT, "still dormant"),
    Rule(_DELETED, _P_EDITED, _, _, _, _R.RECREATE_IN_OUTLOOK, "edited in Pipeliner meanwhile: the edit wins"),
    Rule(_DELETED, _P_UNCHANGED, _, _TO_O, _, _R.DORMANT, "Outlook's changes do not travel in this direction"),
    Rule(_DELETED, _P_UNCHANGED, _, _, _ON, _R.DORMANT, "delete protection: kept in Pipeliner, not put back"),
    Rule(_DELETED, _P_UNCHANGED, _M.DORMANT, _, _OFF, _R.DORMANT, "still dormant"),
    Rule(_DELETED, _P_UNCHANGED, _, _, _OFF, _R.DELETE_IN_PIPELINER, "deleted in Outlook", _THEIRS),
    Rule(_DELETED, _P_UNCHANGED, _, _, _OFF, _R.DORMANT, "not the user's to delete: kept in Pipeliner"),
    # gone in Pipeliner
    Rule(_UNSENT, _P_DELETED, _, _TO_O, _, _R.DELETE_IN_OUTLOOK, "deleted in Pipeliner; history has the edit"),
    Rule(_UNSENT, _P_DELETED, _, _, _, _R.RECREATE_IN_PIPELINER, "edited in Outlook meanwhile: the edit wins", _THEIRS),
    Rule(_PRESENT, _P_DELETED, _, _TO_P, _, _R.DORMANT, "Pipeliner's changes do not travel in this direction"),
    Rule(_PRESENT, _P_DELETED, _, _, _, _R.DELETE_IN_OUTLOOK, "deleted in Pipeliner"),
    # out of the connection's scope
    Rule(_PRESENT, _P_LEFT, _, _TO_P, _, _R.DORMANT, "it left the user's scope; Outlook is not written"),
    Rule(_EDITED, _P_LEFT, _, _TO_O, _, _R.REMOVE_FROM_OUTLOOK, "it left the user's scope"),
    Rule(_TO_SEND, _P_LEFT, _, _, _, _R.SEND_THEN_REMOVE, "it left the user's scope; the edit is sent first, or told"),
    Rule(_PRESENT, _P_LEFT, _, _, _, _R.REMOVE_FROM_OUTLOOK, "it left the user's scope"),
)  # fmt: skip


def rule_for(seen: Situation) -> Rule:
    """Find the row that decides."""
    return next(rule for rule in RULES if rule.fits(seen))


def situations() -> Iterator[Situation]:
    """Return every situation that the table must decide."""
    for seen in product(OutlookState, PipelinerState, Mark, SyncType, (True, False), Right):
        yield Situation(*seen)


def situation_of(
    connection: Connection,
    folder_id: str,
    link: Link,
    outlook: OutlookContact | None,
    pipeliner: PipelinerContact | None,
) -> Situation:
    """Name what the table looks at; the link's pending write is already resolved.

    An edit that a deleted contact shows too came from there, written by a run that could not store it. An edit that may
    not travel does not keep a contact in the folder for ever; one that only the user's rights hold back is told first.
    """
    theirs = see_pipeliner(connection, link, pipeliner)
    ours = see_outlook(connection, folder_id, link, outlook)
    if ours is OutlookState.EDITED and outlook is not None and pipeliner is not None:
        if theirs is PipelinerState.DELETED:
            edited = changed_fields(connection.field_map, outlook.contact, link.baselines.outlook)
            unsent = edited & changed_fields(connection.field_map, outlook.contact, pipeliner.contact)
            ours = OutlookState.EDITED if unsent else OutlookState.EDIT_ARRIVED
        elif theirs is PipelinerState.LEFT_SCOPE:
            merge = edits_to_send(connection, link, outlook, pipeliner)
            ours = OutlookState.EDITED if merge.to_pipeliner or merge.withheld else OutlookState.EDIT_BLOCKED
    mark = Mark.NONE
    if link.absent is not None and link.absent.kept:
        mark = Mark.DORMANT
    elif link.absent is not None and link.being_removed is not None:
        mark = Mark.OURS_IN_OUTLOOK if link.absent.side is Side.OUTLOOK else Mark.OURS_IN_PIPELINER
    right = Right.NONE if pipeliner is None else right_on(connection.user, pipeliner)
    return Situation(ours, theirs, mark, connection.sync_type, connection.delete_protection, right)


def see_outlook(connection: Connection, folder_id: str, link: Link, outlook: OutlookContact | None) -> OutlookState:
    """Name what Outlook alone shows of a link."""
    if outlook is None:
        return OutlookState.DELETED
    if outlook.folder_id != folder_id:
        return OutlookState.MOVED
    edited = changed_fields(connection.field_map, outlook.contact, link.baselines.outlook)
    return OutlookState.EDITED if edited else OutlookState.UNCHANGED


def see_pipeliner(connection: Connection, link: Link, pipeliner: PipelinerContact | None) -> PipelinerState:
    """Name what Pipeliner shows of a link. An archived contact stays."""
    if pipeliner is None:
        return PipelinerState.OUT_OF_SIGHT
    if pipeliner.is_deleted:
        return PipelinerState.DELETED
    if not in_scope(pipeliner.ownership, connection.user, connection.scope):
        return _P.LEFT_SCOPE if has_left(pipeliner.ownership, connection.user, connection.scope) else _P.OUT_OF_SIGHT
    edited = changed_fields(connection.field_map, pipeliner.contact, link.baselines.pipeliner)
    return PipelinerState.EDITED if edited else PipelinerState.UNCHANGED


# Deciding


def decide(  # noqa: PLR0911 - one return for each resolution
    connection: Connection,
    folder_id: str,
    link: Link,
    outlook: OutlookContact | None,
    pipeliner: PipelinerContact | None,
    *,
    is_renamed: bool = False,
) -> Decision:
    """Decide by the truth table on what both sides show right now; None is what a side does not show at all.

    With `is_renamed` a person has said that a card with another name is still the same person.
    """
    if link.pending is not None:
        link = with_pending_resolved(connection.field_map, link, outlook, pipeliner)
    seen = situation_of(connection, folder_id, link, outlook, pipeliner)
    rule = rule_for(seen)
    if pipeliner is None:
        return KeepDormant(link, Side.PIPELINER, AbsentBy.SIGHT, rule.why, both_seen=False)
    if outlook is None:
        return _without_outlook(connection, link, pipeliner, seen, rule)
    match rule.resolution:
        case Resolution.MERGE | Resolution.SEND_THEN_REMOVE:
            is_named_otherwise = any(
                shown[name] != link.baselines.of(side)[name]
                for side, shown in zip(Side, (outlook.contact, pipeliner.contact), strict=True)
                for name in NAMING
            )
            if is_named_otherwise and not is_renamed and (side := typed_over(connection, link, outlook, pipeliner)):
                return Ask(link, side, outlook, pipeliner)
            then_remove = rule.resolution is Resolution.SEND_THEN_REMOVE
            merge = (
                edits_to_send(connection, link, outlook, pipeliner)
                if then_remove
                else merge_link(connection, link, outlook, pipeliner, connection.sync_type)
            )
            return Update(link, outlook, pipeliner, merge, rule.why, then_remove)
        case Resolution.DORMANT:
            return _dormant(link, seen, rule, both_seen=True)
        case Resolution.END:
            return End(link, rule.why)
        case Resolution.DELETE_IN_OUTLOOK:
            return Remove(link, Side.OUTLOOK, outlook, Action.DELETED, rule.why)
        case Resolution.REMOVE_FROM_OUTLOOK:
            return Remove(link, Side.OUTLOOK, outlook, Action.REMOVED, rule.why)
        case Resolution.RECREATE_IN_PIPELINER:
            return Recreate(link, Side.PIPELINER, outlook, whole_copy(connection, outlook), rule.why)
        case Resolution.DELETE_IN_PIPELINER | Resolution.RECREATE_IN_OUTLOOK:
            raise ValueError(f"the table says {rule.resolution} of a contact that Outlook has")
        case _:
            assert_never(rule.resolution)


def _without_outlook(
    connection: Connection, link: Link, pipeliner: PipelinerContact, seen: Situation, rule: Rule
) -> Decision:
    match rule.resolution:
        case Resolution.DORMANT:
            return _dormant(link, seen, rule, both_seen=False)
        case Resolution.END:
            return End(link, rule.why)
        case Resolution.RECREATE_IN_OUTLOOK:
            return Recreate(link, Side.OUTLOOK, pipeliner, whole_copy(connection, pipeliner), rule.why)
        case Resolution.DELETE_IN_PIPELINER:
            return Remove(link, Side.PIPELINER, pipeliner, Action.DELETED, rule.why)
        case (
            Resolution.MERGE
            | Resolution.DELETE_IN_OUTLOOK
            | Resolution.REMOVE_FROM_OUTLOOK
            | Resolution.SEND_THEN_REMOVE
            | Resolution.RECREATE_IN_PIPELINER
        ):
            raise ValueError(f"the table says {rule.resolution} of a contact that Outlook does not have")
        case _:
            assert_never(rule.resolution)


def _dormant(link: Link, seen: Situation, rule: Rule, *, both_seen: bool) -> KeepDormant:
    """A dormant link keeps the reason that it has while the table says no more than that."""
    side, by, why = Side.PIPELINER, AbsentBy.UNKNOWN, rule.why
    if rule.mark is Mark.DORMANT and link.absent is not None:
        side, by, why = link.absent.side, link.absent.by, link.absent.kept
    elif seen.outlook is OutlookState.MOVED:
        side, by = Side.OUTLOOK, AbsentBy.MOVE
    elif seen.outlook is OutlookState.DELETED:
        side = Side.OUTLOOK
    elif seen.pipeliner is PipelinerState.LEFT_SCOPE:
        by = AbsentBy.SCOPE
    return KeepDormant(link, side, by, why, both_seen)
