"""Who may: what a connection's user may do with a Pipeliner contact by hand, as data.

The space's key may do all, and lends nobody rights: before a contact is edited or deleted in Pipeliner, this table says
whether the user could do it there, by the record as just read. Rows are tried from the top; the first one that fits
decides. `None` in a row fits anything. What is not known has a value of its own, which never gives more than another.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum, StrEnum
from functools import cache
from itertools import product
from typing import Final, NamedTuple

from sync_core.domain.connection import Level, PipelinerUser, Reach, UserRole
from sync_core.domain.contact import Ownership, PipelinerContact, ShareMode


class Right(IntEnum):
    """How far a user may go with a contact; each holds those before it."""

    NONE = 0
    SEE = 1
    EDIT = 2
    DELETE = 3


class Relation(StrEnum):
    """What a user is to a contact, the closest of what they are; `UNKNOWN` where nobody can tell.

    A share with a unit that they are in counts as one by name. `OUT_OF_REACH` is whatever is not theirs, of a user
    whose role shows only what they own.
    """

    OWNER = "owner"
    EDITOR = "editor"
    WATCHER = "watcher"
    MANAGER = "manager"
    UNIT = "unit"
    OUTSIDER = "outsider"
    OUT_OF_REACH = "out_of_reach"
    UNKNOWN = "unknown"


NO_ROLE = UserRole(Level.NOT_ASKED, may_delete=True, opens_archive=True)
"""Of a user whose role nobody asks for: who owns a contact and with whom it is shared count alone."""


class Claim(NamedTuple):
    """All that the table looks at; None is what is not known.

    `may_delete`, the user's role may delete what they own. `is_shut_away`, the contact lies in the archive, and their
    role does not open it. `is_type_allowed`, their role shows contacts of its type.
    """

    relation: Relation
    share_mode: ShareMode | None
    level: Level
    may_delete: bool | None
    is_protected: bool | None
    is_shut_away: bool | None
    is_type_allowed: bool | None = True


class RightRule(NamedTuple):
    """One row of the table: the columns of a claim, what it gives, and why."""

    relation: frozenset[Relation] | None
    share_mode: frozenset[ShareMode | None] | None
    level: frozenset[Level] | None
    may_delete: frozenset[bool | None] | None
    is_protected: frozenset[bool | None] | None
    is_shut_away: frozenset[bool | None] | None
    is_type_allowed: frozenset[bool | None] | None
    right: Right
    why: str


_: Final = None
"""Fits anything."""
_OWNER, _EDITOR, _WATCHER = (frozenset({one}) for one in (Relation.OWNER, Relation.EDITOR, Relation.WATCHER))
_UNSHARED = frozenset({Relation.MANAGER, Relation.UNIT, Relation.OUTSIDER})
_MANAGER, _OUTSIDER, _BEYOND, _UNKNOWN = (
    frozenset({one}) for one in (Relation.MANAGER, Relation.OUTSIDER, Relation.OUT_OF_REACH, Relation.UNKNOWN)
)
_PRIVATE: frozenset[ShareMode | None] = frozenset({ShareMode.PRIVATE, None})
_STANDARD: frozenset[ShareMode | None] = frozenset({ShareMode.STANDARD})
_ALL_EDIT: frozenset[ShareMode | None] = frozenset({ShareMode.ALL_EDIT})
_SHUT, _LOOKS = frozenset({Level.NONE, Level.UNKNOWN}), frozenset({Level.READ})
_EVERYTHING = frozenset({Level.EVERYTHING_SEEN})
_MANAGED = _EVERYTHING | {Level.AND_MANAGED}
_NOT_SURE_NOT: frozenset[bool | None] = frozenset({True, None})
_NOT_SURE: frozenset[bool | None] = frozenset({False, None})

RIGHTS: tuple[RightRule, ...] = (
    RightRule(_, _, _SHUT, _, _, _, _, Right.NONE, "their role shows them no contacts, or cannot be read"),
    RightRule(_, _, _, _, _, _, _NOT_SURE, Right.NONE, "their role shows no contacts of its type"),
    RightRule(_BEYOND, _, _, _, _, _, _, Right.NONE, "their role shows only what they own"),
    RightRule(_UNKNOWN, _, _, _, _, _, _, Right.NONE, "nobody can tell whether it is theirs or shared with them"),
    RightRule(_UNSHARED, _PRIVATE, _, _, _, _, _, Right.NONE, "it is private, and neither theirs nor shared with them"),
    RightRule(_OUTSIDER, _STANDARD, _, _, _, _, _, Right.NONE, "it is of a unit that they do not see"),
    RightRule(_, _, _LOOKS, _, _, _, _, Right.SEE, "their role only reads"),
    RightRule(_, _, _, _, _, _NOT_SURE_NOT, _, Right.SEE, "it lies in the archive, which their role does not open"),
    RightRule(_OWNER, _, _, _NOT_SURE, _, _, _, Right.EDIT, "they own it, but their role deletes nothing"),
    RightRule(_OWNER, _, _, _, _NOT_SURE_NOT, _, _, Right.EDIT, "they own it, but it is protected from deleting"),
    RightRule(_OWNER, _, _, _, _, _, _, Right.DELETE, "they own it"),
    RightRule(_EDITOR, _, _, _, _, _, _, Right.EDIT, "it is shared with them to edit"),
    RightRule(_WATCHER, _, _, _, _, _, _, Right.SEE, "it is shared with them to watch"),
    RightRule(_, _ALL_EDIT, _, _, _, _, _, Right.EDIT, "everybody may edit it"),
    RightRule(_MANAGER, _, _MANAGED, _, _, _, _, Right.EDIT, "they manage its unit, and their role edits there"),
    RightRule(_, _, _EVERYTHING, _, _, _, _, Right.EDIT, "their role edits everything that they see"),
    RightRule(_, _, _, _, _, _, _, Right.SEE, "they see it through a unit, or because everybody does"),
)


@cache
def right_rule(claim: Claim) -> RightRule:
    """Find the row that decides."""
    return next(
        rule
        for rule in RIGHTS
        if (rule.relation is None or claim.relation in rule.relation)
        and (rule.share_mode is None or claim.share_mode in rule.share_mode)
        and (rule.level is None or claim.level in rule.level)
        and (rule.may_delete is None or claim.may_delete in rule.may_delete)
        and (rule.is_protected is None or claim.is_protected in rule.is_protected)
        and (rule.is_shut_away is None or claim.is_shut_away in rule.is_shut_away)
        and (rule.is_type_allowed is None or claim.is_type_allowed in rule.is_type_allowed)
    )


def right_on(user: PipelinerUser, contact: PipelinerContact) -> Right:
    """Return how far a user may go with a contact as just read. What is deleted already nobody need delete."""
    owned, is_there, role = contact.ownership, not contact.is_deleted, user.role or NO_ROLE
    is_shut_away = contact.is_archived and is_there and not role.opens_archive
    is_protected = contact.is_protected if is_there else False
    is_allowed = role.type_ids is None or ((owned.type_id in role.type_ids) if owned.type_id else None)
    may_delete = role.may_delete or not is_there
    of_role = (role.level, may_delete, is_protected, is_shut_away, is_allowed)
    return right_rule(Claim(relation_of(user, owned), owned.share_mode, *of_role)).right


def relation_of(user: PipelinerUser, ownership: Ownership) -> Relation:
    """Return what a user is to a contact."""
    role, units = user.role or NO_ROLE, user.unit_ids
    is_own = role.reach in {Reach.UNITS, Reach.EVERYTHING} and ownership.unit_id in units
    is_seen = is_own or role.reach is Reach.EVERYTHING or ownership.unit_id in user.further_unit_ids
    what: tuple[tuple[Relation, bool], ...] = (
        (Relation.OWNER, ownership.owner_id == user.id),
        (Relation.OUT_OF_REACH, role.reach is Reach.OWNED and bool(ownership.owner_id)),
        (Relation.EDITOR, user.id in ownership.editor_ids or bool(ownership.editor_unit_ids & units)),
        (Relation.WATCHER, user.id in ownership.watcher_ids or bool(ownership.watcher_unit_ids & units)),
        (Relation.UNKNOWN, ownership.shares_unread or not ownership.owner_id),
        (Relation.MANAGER, ownership.unit_id in user.managed_unit_ids),
        (Relation.UNIT, is_seen),
    )
    return next((relation for relation, holds in what if holds), Relation.OUTSIDER)


def claims() -> Iterator[Claim]:
    """Return every claim that the table must decide."""
    told: tuple[bool | None, ...] = (True, False, None)
    for one in product(Relation, (*ShareMode, None), Level, told, told, told, told):
        yield Claim(*one)
