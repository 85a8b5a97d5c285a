"""Edits in Outlook that are not sent, because the user may not make them in Pipeliner: what is told of them."""

from __future__ import annotations

from collections.abc import Collection

from sync_core.domain import (
    CHOICES,
    Action,
    AttentionItem,
    Choice,
    Connection,
    Contact,
    FieldChange,
    HistoryEntry,
    Link,
    Reason,
    Side,
    read_only_subject,
)

NOT_SENT = "not sent: the user may not edit the contact in Pipeliner"


def withheld_entry(link: Link, fields: Collection[str], typed: Contact, theirs: Contact) -> HistoryEntry:
    """Return what the history tells: what was typed, and what Pipeliner has. It is stored before anything follows."""
    changes = tuple(FieldChange(name, typed[name], theirs[name]) for name in sorted(fields))
    ids = (link.id, link.outlook_id, link.pipeliner_id)
    return HistoryEntry(Action.CONFLICT, None, *ids, changes=changes, why=NOT_SENT)


def withheld_notice(connection: Connection, link: Link, fields: Collection[str]) -> AttentionItem:
    """Say that edits in Outlook were not sent, because the user may not make them in Pipeliner."""
    labels = ", ".join(connection.field_map.field(name).label for name in sorted(fields))
    can_take = connection.sync_type.reaches(Side.OUTLOOK)
    remedy = "Have it assigned or shared to the user to edit it, and edit it again; or answer keep_mine to leave it so"
    choices = tuple(one for one in CHOICES[Reason.READ_ONLY] if can_take or one is not Choice.TAKE_THEIRS)
    return AttentionItem(
        read_only_subject(link.id),
        Reason.READ_ONLY,
        f"Not sent to Pipeliner, where the user may not edit this contact: {labels}. The edit stays in Outlook.",
        f"{remedy}, take_theirs to have Pipeliner's values again." if can_take else f"{remedy}.",
        outlook_id=link.outlook_id,
        pipeliner_id=link.pipeliner_id,
        link_id=link.id,
        fields=tuple(sorted(fields)),
        choices=choices,
    )
