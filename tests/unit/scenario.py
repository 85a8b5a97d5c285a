"""Small builders for the tests of the pure core: one user, one folder, invented people."""

from __future__ import annotations

from datetime import UTC, datetime

from sync_core.domain import (
    Absent,
    AbsentBy,
    Baselines,
    ConflictRule,
    Connection,
    Contact,
    FieldMap,
    Link,
    LinkId,
    OutlookContact,
    OutlookId,
    Ownership,
    PipelinerContact,
    PipelinerId,
    PipelinerUser,
    Side,
    SyncType,
    UserId,
    Value,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FOLDER = "folder-1"
USER = PipelinerUser(UserId("user-1"), "rita.rep@example.test", "Rita Rep", "unit-1", frozenset({"unit-1", "unit-2"}))
STRANGER = UserId("user-9")
LINK = LinkId("link-1")
OUTLOOK = OutlookId("outlook-1")
PIPELINER = PipelinerId("pipeliner-1")

ANNA: dict[str, Value] = {"given_name": "Anna", "surname": "Berg", "emails": ("anna@example.test",), "city": "Graz"}


def anna(**changes: Value) -> Contact:
    """Anna Berg, with changes."""
    return Contact(ANNA).with_values(changes)


def a_connection(
    sync_type: SyncType = SyncType.TWO_WAY,
    *,
    delete_protection: bool = True,
    conflict_rule: ConflictRule = ConflictRule.NEWEST,
    field_map: FieldMap | None = None,
) -> Connection:
    """Rita's connection."""
    return Connection(
        "connection-1",
        USER,
        sync_type,
        delete_protection=delete_protection,
        conflict_rule=conflict_rule,
        field_map=field_map or FieldMap(),
    )


def in_outlook(
    contact: Contact | None = None,
    *,
    change_key: str = "key-1",
    folder_id: str = FOLDER,
    modified: datetime | None = NOON,
    stored_id: PipelinerId | None = PIPELINER,
) -> OutlookContact:
    """What Outlook shows, Anna unless told otherwise."""
    return OutlookContact(OUTLOOK, change_key, anna() if contact is None else contact, folder_id, modified, stored_id)


def in_pipeliner(
    contact: Contact | None = None,
    *,
    revision: int = 1,
    modified: datetime = NOON,
    owner_id: UserId = USER.id,
    is_deleted: bool = False,
    is_archived: bool = False,
) -> PipelinerContact:
    """What Pipeliner shows, Anna unless told otherwise."""
    return PipelinerContact(
        PIPELINER,
        revision,
        modified,
        anna() if contact is None else contact,
        Ownership(owner_id),
        is_deleted=is_deleted,
        is_archived=is_archived,
        is_protected=False,
    )


def a_link(outlook: Contact | None = None, pipeliner: Contact | None = None, *, absent: Absent | None = None) -> Link:
    """A link whose baselines are Anna unless told otherwise."""
    baselines = Baselines(anna() if outlook is None else outlook, anna() if pipeliner is None else pipeliner)
    return Link(LINK, OUTLOOK, PIPELINER, baselines, "key-1", 1, absent=absent)


def dormant(kept: str = "delete protection", side: Side = Side.OUTLOOK, by: AbsentBy = AbsentBy.UNKNOWN) -> Absent:
    """The mark of a link that is dormant since noon."""
    return Absent(side, by, NOON, kept)


def ours(side: Side) -> Absent:
    """The mark of a link whose contact on one side, Anna, a run had begun to remove at noon."""
    return Absent(side, AbsentBy.US, NOON, shown=anna())
