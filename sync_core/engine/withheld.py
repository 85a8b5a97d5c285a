"""Edits in Outlook that are not sent, by the user's rights or by a setting: what is told of them."""

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
    PipelinerContact,
    Reason,
    Right,
    Side,
    read_only_subject,
    right_on,
)

NOT_SENT = "not sent: the user may not edit the contact in Pipeliner"
KEPT = "kept in Outlook as typed: others have the contact in Pipeliner too"


def withheld_entries(
    connection: Connection,
    link: Link,
    before: Link | None,
    fields: Collection[str],
    typed: Contact,
    pipeliner: PipelinerContact,
) -> list[HistoryEntry]:
    """Return what the history tells: what was typed, and what Pipeliner has. It is stored before anything follows.

    Of a contact that the user may not see any more it tells what they saw last, which the link from `before` knows.
    That a field is kept in Outlook is told once, as long as it stays otherwise than in Pipeliner.
    """
    theirs, kept = pipeliner.contact, connection.kept_fields(pipeliner.ownership)
    if before is not None and right_on(connection.user, pipeliner) < Right.SEE:
        theirs = before.baselines.pipeliner
    told: dict[str, list[FieldChange]] = {NOT_SENT: [], KEPT: []}
    for name in sorted(fields):
        change = FieldChange(name, typed[name], theirs[name])
        if name not in kept:
            told[NOT_SENT].append(change)
        elif before is None or before.baselines.outlook[name] == before.baselines.pipeliner[name]:
            told[KEPT].append(change)
    ids = (link.id, link.outlook_id, link.pipeliner_id)
    return [HistoryEntry(Action.CONFLICT, None, *ids, tuple(changes), why) for why, changes in told.items() if changes]


def withheld_notice(
    connection: Connection, link: Link, fields: Collection[str], *, may_send: bool = False
) -> AttentionItem:
    """Say that edits in Outlook were not sent, because the user may not make them in Pipeliner; or may by now."""
    labels = ", ".join(connection.field_map.field(name).label for name in sorted(fields))
    can_take = connection.sync_type.reaches(Side.OUTLOOK)
    offered = {Choice.TAKE_THEIRS: can_take, Choice.SEND: may_send}
    how = (
        "The user may edit it again: answer send to have what the card shows now written in Pipeliner"
        if may_send
        else "Have it assigned or shared to the user to edit it, and edit it again"
    )
    take = ", take_theirs to have Pipeliner's values again" if can_take else ""
    return AttentionItem(
        read_only_subject(link.id),
        Reason.READ_ONLY,
        f"Not sent to Pipeliner, where the user may not edit this contact: {labels}. The edit stays in Outlook.",
        f"{how}; or answer keep_mine to leave it so{take}.",
        outlook_id=link.outlook_id,
        pipeliner_id=link.pipeliner_id,
        link_id=link.id,
        fields=tuple(sorted(fields)),
        choices=tuple(one for one in CHOICES[Reason.READ_ONLY] if offered.get(one, True)),
    )


def amended_notice(connection: Connection, link: Link, pipeliner: PipelinerContact) -> AttentionItem:
    """Return what an item about edits that were not sent offers now: to send them, once the right is back."""
    return withheld_notice(connection, link, (), may_send=right_on(connection.user, pipeliner) >= Right.EDIT)
