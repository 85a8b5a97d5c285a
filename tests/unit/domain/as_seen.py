"""Contacts, links and connections for every situation of the truth table, and what is decided in it."""

from __future__ import annotations

from dataclasses import replace

from sync_core.domain import (
    Absent,
    ConflictRule,
    Connection,
    Decision,
    Link,
    Mark,
    OutlookContact,
    OutlookState,
    Ownership,
    PipelinerContact,
    PipelinerState,
    Right,
    Scope,
    Side,
    Situation,
    SyncType,
    Value,
    decide,
)
from tests.decided import merge_of
from tests.unit.scenario import (
    FOLDER,
    STRANGER,
    USER,
    a_connection,
    a_link,
    anna,
    dormant,
    in_outlook,
    in_pipeliner,
    ours,
)

IN_VIENNA = anna(city="Wien")
IN_LINZ = anna(city="Linz")
OUTLOOKS = {
    OutlookState.UNCHANGED: in_outlook(),
    OutlookState.EDITED: in_outlook(IN_VIENNA),
    OutlookState.EDIT_ARRIVED: in_outlook(IN_VIENNA),
    OutlookState.EDIT_BLOCKED: in_outlook(IN_VIENNA),
    OutlookState.DELETED: None,
    OutlookState.MOVED: in_outlook(folder_id="folder-9"),
}
PIPELINERS = {
    PipelinerState.UNCHANGED: in_pipeliner(),
    PipelinerState.EDITED: in_pipeliner(IN_LINZ),
    PipelinerState.DELETED: in_pipeliner(is_deleted=True),
    PipelinerState.LEFT_SCOPE: in_pipeliner(owner_id=STRANGER),
    PipelinerState.OUT_OF_SIGHT: None,
}
WITH_NOTHING_TO_SEND = {OutlookState.EDIT_ARRIVED, OutlookState.EDIT_BLOCKED}
ALONE = set(OutlookState) - WITH_NOTHING_TO_SEND
"""States of an Outlook contact that need no look at the other side."""
MARKS: dict[Mark, Absent | None] = {
    Mark.NONE: None,
    Mark.DORMANT: dormant(),
    Mark.OURS_IN_OUTLOOK: ours(Side.OUTLOOK),
    Mark.OURS_IN_PIPELINER: ours(Side.PIPELINER),
}


def decided(
    outlook: OutlookContact | None,
    pipeliner: PipelinerContact | None,
    sync_type: SyncType = SyncType.TWO_WAY,
    *,
    link: Link | None = None,
    delete_protection: bool = True,
    conflict_rule: ConflictRule = ConflictRule.NEWEST,
) -> Decision:
    """Decide about Anna's link."""
    connection = a_connection(sync_type, delete_protection=delete_protection, conflict_rule=conflict_rule)
    return decide(connection, FOLDER, link or a_link(), outlook, pipeliner)


WHOSE: dict[Right, Ownership] = {
    Right.NONE: Ownership(STRANGER, unit_id="unit-9"),
    Right.SEE: Ownership(STRANGER, watcher_ids=frozenset({USER.id})),
    Right.EDIT: Ownership(STRANGER, editor_ids=frozenset({USER.id})),
    Right.DELETE: Ownership(USER.id),
}
"""Whose a contact is with which Rita may go so far."""


def contacts_in(seen: Situation) -> tuple[OutlookContact | None, PipelinerContact | None]:
    """Both contacts as a situation shows them; an edit with nothing to send shows on the other side too."""
    pipeliner = PIPELINERS[seen.pipeliner]
    if seen.outlook in WITH_NOTHING_TO_SEND and pipeliner is not None:
        pipeliner = replace(pipeliner, contact=IN_VIENNA)
    if pipeliner is not None:
        pipeliner = replace(pipeliner, ownership=WHOSE[seen.right])
    return OUTLOOKS[seen.outlook], pipeliner


def decided_in(seen: Situation) -> Decision:
    """Decide about Anna's link in a situation."""
    return decide(connection_in(seen), FOLDER, link_in(seen), *contacts_in(seen))


def connection_in(seen: Situation) -> Connection:
    """Rita's connection with the rules of a situation."""
    connection = a_connection(seen.sync_type, delete_protection=seen.delete_protection)
    covers_all = seen.pipeliner is not PipelinerState.LEFT_SCOPE
    return replace(connection, scope=Scope.VISIBLE if covers_all else Scope.OWNED)


def link_in(seen: Situation) -> Link:
    """Anna's link with the mark of a situation."""
    return a_link(absent=MARKS[seen.mark])


def writes(decision: Decision) -> dict[Side, dict[str, Value]]:
    """What a decision writes to either side."""
    merge = merge_of(decision)
    return {side: dict(merge.to(side)) if merge else {} for side in Side}
