"""Attention items in words: what is wrong with which contact, and the way out. Never a contact value."""

from __future__ import annotations

from collections.abc import Sequence

from sync_core.domain.contact import LinkId, OutlookId, PipelinerId, Side
from sync_core.domain.fields import FieldMap
from sync_core.domain.link import Link
from sync_core.domain.merge import Excess, Overflow
from sync_core.domain.planning import LinkPlan
from sync_core.domain.records import (
    HELD_CHANGES_SUBJECT,
    HELD_REMOVALS_SUBJECT,
    AttentionItem,
    Reason,
    link_subject,
    outlook_subject,
    pipeliner_subject,
)
from sync_core.engine.ports import Refused

_NAMES = {Side.OUTLOOK: "Outlook", Side.PIPELINER: "Pipeliner"}

_UNCREATED: dict[Reason, tuple[str, str]] = {
    Reason.EMPTY_CONTACT: ("The contact holds nothing that is synced.", "Fill it in, or delete it in Outlook."),
    Reason.NAME_MISSING: (
        "The contact has neither a first nor a last name, and Pipeliner needs one of them.",
        "Give the contact a first or last name in Outlook.",
    ),
    Reason.TWIN_OUT_OF_SCOPE: (
        "The same person exists in Pipeliner, but not among the contacts that this connection covers.",
        "Have the Pipeliner contact assigned or shared to the user, or widen the connection's scope.",
    ),
    Reason.TWIN_DELETED: (
        "The contact once came from Pipeliner and was deleted there while the sync did not watch.",
        "Delete it in Outlook too, or copy it in Outlook to have it created anew in Pipeliner.",
    ),
}


def subject_of(plan: LinkPlan) -> str:
    """Subject of an attention item about a planned contact."""
    if plan.link is not None:
        return link_subject(plan.link.id)
    if plan.outlook is not None:
        return outlook_subject(plan.outlook.id)
    return pipeliner_subject(plan.pipeliner.id) if plan.pipeliner is not None else ""


def overflow_notice(
    rows: FieldMap, subject: str, link_id: LinkId | None, overflows: Sequence[Overflow]
) -> AttentionItem:
    """Say which values do not fit on the other side."""
    parts = [
        f"{rows.row(item.field).label}: {_NAMES[item.side]} holds at most {item.limit} "
        + ("characters" if item.excess is Excess.TOO_LONG else "of them")
        for item in overflows
    ]
    reason = Reason.TOO_LONG if overflows[0].excess is Excess.TOO_LONG else Reason.TOO_MANY
    source = _NAMES[overflows[0].side.other]
    remedy = f"Shorten or remove it in {source}; until then the value stays there, and the other fields are synced."
    fields = tuple(item.field for item in overflows)
    return AttentionItem(subject, reason, "; ".join(parts) + ".", remedy, link_id=link_id, fields=fields)


def refusal_notice(
    rows: FieldMap, subject: str, link_id: LinkId | None, side: Side, refused: Refused, *, creating: bool
) -> AttentionItem:
    """Say which write a service refused, naming its fields."""
    fields = ", ".join(refused.fields)
    mapped = {name for row in rows for name in row.pipeliner}
    outside = [name for name in refused.fields if name not in mapped]
    if creating and side is Side.PIPELINER and outside:
        return AttentionItem(
            subject,
            Reason.REQUIRED_FIELD,
            f"Not created in Pipeliner: it requires {', '.join(outside)}, which the sync does not fill.",
            f"Set a default in the connection's required_defaults ({', '.join(outside)}), or create it in Pipeliner.",
            link_id=link_id,
            fields=tuple(outside),
        )
    deed = "Not created" if creating else "Not updated"
    where = f" (fields: {fields})" if fields else ""
    return AttentionItem(
        subject,
        Reason.REFUSED,
        f"{deed} in {_NAMES[side]}: {refused.message}{where}.",
        f"Correct the contact in {_NAMES[side.other]}; it is tried again when it changes.",
        link_id=link_id,
        fields=refused.fields,
    )


def undeleted_notice(side: Side, refused: Refused, link: Link) -> AttentionItem:
    """Say that a service refused a delete."""
    return AttentionItem(
        link_subject(link.id),
        Reason.REFUSED,
        f"Not deleted in {_NAMES[side]}: {refused.message}.",
        f"Delete it in {_NAMES[side]} by hand, or leave it; the sync does not try again by itself.",
        outlook_id=link.outlook_id,
        pipeliner_id=link.pipeliner_id,
        link_id=link.id,
        fields=refused.fields,
    )


def uncreated_notice(reason: Reason, outlook_id: OutlookId, pipeliner_id: PipelinerId | None = None) -> AttentionItem:
    """Say why an Outlook contact has no twin in Pipeliner."""
    message, remedy = _UNCREATED[reason]
    return AttentionItem(
        outlook_subject(outlook_id), reason, message, remedy, outlook_id=outlook_id, pipeliner_id=pipeliner_id
    )


def unclear_notice(
    subject: str, outlook_ids: Sequence[OutlookId], pipeliner_ids: Sequence[PipelinerId]
) -> AttentionItem:
    """Say that several contacts may be the same person."""
    many = len(outlook_ids) + len(pipeliner_ids)
    return AttentionItem(
        subject,
        Reason.TWIN_UNCLEAR,
        f"{many} contacts may be the same person; the sync does not guess.",
        "Merge or delete the double, or tell them apart by e-mail address or name.",
        outlook_id=outlook_ids[0] if outlook_ids else None,
        pipeliner_id=pipeliner_ids[0] if pipeliner_ids else None,
    )


def changes_held_notice(rows: FieldMap, ways: Sequence[tuple[Side, str]], held: int, links: int) -> AttentionItem:
    """Say that the brake held equal changes back."""
    fields = ", ".join(sorted({f"{rows.row(name).label} in {_NAMES[side]}" for side, name in ways}))
    return AttentionItem(
        HELD_CHANGES_SUBJECT,
        Reason.CHANGES_HELD,
        f"{held} of {links} contacts would change the same way in one pass ({fields}); they were not changed.",
        "Look at what happened on the other side (an import?), then approve the changes or take them back there.",
        fields=tuple(sorted({name for _, name in ways})),
    )


def held_notice(removals: int, links: int) -> AttentionItem:
    """Say that the guard held removals back."""
    return AttentionItem(
        HELD_REMOVALS_SUBJECT,
        Reason.DELETES_HELD,
        f"{removals} of {links} contacts would be removed in one pass; nothing was removed.",
        "Look at what happened on the other side, then approve the removals or put the contacts back.",
    )
