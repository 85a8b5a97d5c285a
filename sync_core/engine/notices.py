"""Attention items in words: what is wrong with which contact, and the remedy. Never a contact value."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sync_core.domain import (
    AWAITING_CHANGES_SUBJECT,
    AWAITING_CREATES_SUBJECT,
    AWAITING_REMOVALS_SUBJECT,
    CHOICES,
    RIGHTS_SUBJECT,
    AttentionItem,
    Excess,
    FieldMap,
    Link,
    LinkId,
    OutlookId,
    Overflow,
    PipelinerId,
    Reason,
    Side,
    link_subject,
    outlook_subject,
    parted_subject,
    pipeliner_subject,
    replaced_subject,
)
from sync_core.engine.ports import Refused, RightsUnknown

MOST_NAMED = 100
"""Contacts that an item names; of more it tells the number."""
_NAMES = {Side.OUTLOOK: "Outlook", Side.PIPELINER: "Pipeliner"}

_UNCREATED: dict[Reason, tuple[str, str]] = {
    Reason.EMPTY_CONTACT: ("The contact holds nothing that is synced.", "Fill it in, or delete it in Outlook."),
    Reason.NAME_MISSING: (
        "The contact has neither a first nor a last name, and Pipeliner needs one of them.",
        "Give the contact a first or last name in Outlook.",
    ),
    Reason.MAY_NOT_CREATE: (
        "The user's role in Pipeliner creates no contacts, or only some types of them; it is not created there.",
        "Have the role changed in Pipeliner, or create the contact there and have it assigned to the user.",
    ),
    Reason.COUNTERPART_OUT_OF_SCOPE: (
        "The same person exists in Pipeliner, but not among the contacts that this connection covers.",
        "Have the Pipeliner contact assigned or shared to the user, or widen the connection's scope.",
    ),
}


_QUESTIONS: dict[Reason, tuple[str, str]] = {
    Reason.COUNTERPART_UNCLEAR: (
        "It is not clear which contact of the other side is the same person; the sync does not guess.",
        "Answer same or different, or shared_identifier where people only share an address or number.",
    ),
    Reason.COUNTERPART_DELETED: (
        "The contact once came from Pipeliner and was deleted there while the sync did not watch.",
        "To have it created anew in Pipeliner, answer bring_back; else delete it in Outlook too, or answer copy.",
    ),
    Reason.DOUBLE: (
        "The contact seems to be a person who is synced already; it is not created a second time.",
        "Merge or delete one of the two. If they are two people, answer different; to leave this one out, answer copy.",
    ),
    Reason.LINK_CONTRADICTS: (
        "The two contacts are linked, but they seem to be two people.",
        "If they are one person, answer same; if not, answer different: both stay, and are synced apart.",
    ),
    Reason.TYPED_OVER: (
        "The contact was typed over and seems to be another person now; nothing of it travels until you say.",
        "If it is the same person with another name, answer same; if it is another person, answer different.",
    ),
    Reason.MERGED_ELSEWHERE: (
        "The contact was merged in Pipeliner with one that is synced with another card; nothing was deleted.",
        "Delete the card that is one too many. If it is another person, answer different; to leave it out: copy.",
    ),
    Reason.COPIED_CARD: (
        "The card carries the mark of a contact that is another person: it seems to be a copy that was typed over.",
        "If it is that contact all the same, answer same; if a person of its own, different; to leave it out, copy.",
    ),
}


def question_notice(
    reason: Reason,
    subject: str,
    *,
    candidates: Sequence[str] = (),
    evidence: Sequence[str] = (),
    outlook_id: OutlookId | None = None,
    pipeliner_id: PipelinerId | None = None,
    link_id: LinkId | None = None,
) -> AttentionItem:
    """Ask who is who: `candidates` are ids of the other side, `evidence` codes of what speaks for and against."""
    message, remedy = _QUESTIONS[reason]
    return AttentionItem(
        subject,
        reason,
        message,
        remedy,
        outlook_id=outlook_id,
        pipeliner_id=pipeliner_id,
        link_id=link_id,
        choices=CHOICES[reason],
        candidates=tuple(sorted(candidates)),
        evidence=tuple(evidence),
    )


def values_replaced_notice(run_id: str, ids: Sequence[PipelinerId], fields: Collection[str]) -> AttentionItem:
    """Say that contacts had other values on their two sides when a run paired them, and that one side's stayed."""
    return AttentionItem(
        replaced_subject(run_id),
        Reason.VALUES_REPLACED,
        f"{len(ids)} contacts had different values on the two sides when they were paired; one side's stayed.",
        "The history shows both. To have the others instead, answer put_back, for one contact or all; else keep.",
        fields=tuple(sorted(fields)),
        choices=CHOICES[Reason.VALUES_REPLACED],
        candidates=tuple(sorted(ids)) if len(ids) <= MOST_NAMED else (),
    )


def values_crossed_notice(link: Link, fields: Collection[str]) -> AttentionItem:
    """Say that two contacts that a person has parted have values of each other, and offer those from before."""
    return AttentionItem(
        parted_subject(link.id),
        Reason.VALUES_CROSSED,
        "The two contacts are parted now; while they were linked, values went from one to the other.",
        "To have the values from before, where they were not edited since, answer put_back; else keep.",
        outlook_id=link.outlook_id,
        pipeliner_id=link.pipeliner_id,
        link_id=link.id,
        fields=tuple(sorted(fields)),
        choices=CHOICES[Reason.VALUES_CROSSED],
    )


def overflow_notice(
    field_map: FieldMap, subject: str, link_id: LinkId | None, overflows: Sequence[Overflow]
) -> AttentionItem:
    """Return which values do not fit on the other side, or ask about a note that lost its end."""
    if any(item.excess is Excess.CUT for item in overflows):
        return AttentionItem(
            subject,
            Reason.NOTE_CUT,
            "The note in Outlook lost its end, as on a phone that holds only its beginning; nothing of it was sent.",
            "To have the whole note in Outlook again, answer keep; if it was shortened on purpose, answer accept.",
            link_id=link_id,
            fields=tuple(item.field for item in overflows if item.excess is Excess.CUT),
            choices=CHOICES[Reason.NOTE_CUT],
        )
    parts = [
        f"{field_map.field(item.field).label}: {_NAMES[item.side]} holds at most {item.limit} "
        + ("characters" if item.excess is Excess.TOO_LONG else "of them")
        for item in overflows
    ]
    reason = Reason.TOO_LONG if overflows[0].excess is Excess.TOO_LONG else Reason.TOO_MANY
    source = _NAMES[overflows[0].side.other]
    remedy = f"Shorten or remove it in {source}; until then the value stays there, and the other fields are synced."
    fields = tuple(item.field for item in overflows)
    return AttentionItem(subject, reason, "; ".join(parts) + ".", remedy, link_id=link_id, fields=fields)


def refusal_notice(
    field_map: FieldMap, subject: str, link_id: LinkId | None, side: Side, refused: Refused, *, creating: bool
) -> AttentionItem:
    """Return which write a service refused, naming its fields."""
    fields, told = ", ".join(refused.fields), frozenset(refused.fields)
    mapped = {name for field in field_map for name in field.pipeliner}
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
    action = "Not created" if creating else "Not updated"
    where = f" (fields: {fields})" if fields else ""
    there = "; ".join(
        f"{field.label} ({', '.join(field.pipeliner) if other is Side.PIPELINER else field.outlook})"
        for field in field_map
        for other in (side.other,)
        if not told.isdisjoint(field.pipeliner if side is Side.PIPELINER else {field.outlook.partition(".")[0]})
    )
    rest = " The other fields were sent." if refused.names else ""
    return AttentionItem(
        subject,
        Reason.REFUSED,
        f"{action} in {_NAMES[side]}: {refused.message}{where}.{rest}",
        f"Correct {there or 'the contact'} in {_NAMES[side.other]}; it is tried again when it changes.",
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
    """Return why an Outlook contact has no counterpart in Pipeliner."""
    message, remedy = _UNCREATED[reason]
    return AttentionItem(
        outlook_subject(outlook_id),
        reason,
        message,
        remedy,
        outlook_id=outlook_id,
        pipeliner_id=pipeliner_id,
        choices=CHOICES.get(reason, ()) if pipeliner_id else (),
    )


def erased_notice(side: Side, contact_id: str) -> AttentionItem:
    """Say that a contact has no counterpart because the person was erased on request."""
    is_card = side is Side.OUTLOOK
    return AttentionItem(
        outlook_subject(OutlookId(contact_id)) if is_card else pipeliner_subject(PipelinerId(contact_id)),
        Reason.ERASED,
        "What was stored of this person was erased on request; nothing is created for them on the other side.",
        "Delete the contact where it still is; or have an administrator lift it, if the person may be synced again.",
        outlook_id=OutlookId(contact_id) if is_card else None,
        pipeliner_id=None if is_card else PipelinerId(contact_id),
    )


def rights_unknown_notice(unknown: RightsUnknown) -> AttentionItem:
    """Say that nothing is decided as long as it is not known what the user may do: one item, whatever waits."""
    return AttentionItem(RIGHTS_SUBJECT, Reason.RIGHTS_UNKNOWN, unknown.why, unknown.remedy)


def changes_held_notice(field_map: FieldMap, ways: Sequence[tuple[Side, str]], held: int, links: int) -> AttentionItem:
    """Say that the safety limits held equal changes back."""
    fields = ", ".join(sorted({f"{field_map.field(name).label} in {_NAMES[side]}" for side, name in ways}))
    return AttentionItem(
        AWAITING_CHANGES_SUBJECT,
        Reason.CHANGES_AWAIT_APPROVAL,
        f"{held} of {links} contacts would change the same way in one run ({fields}); they were not changed.",
        "Look at what happened on the other side (an import?), then approve the changes or take them back there.",
        fields=tuple(sorted({name for _, name in ways})),
    )


def creates_held_notice(waiting: int, limit: int) -> AttentionItem:
    """Say that the safety limits held creates back."""
    return AttentionItem(
        AWAITING_CREATES_SUBJECT,
        Reason.CREATES_AWAIT_APPROVAL,
        f"{waiting} contacts were not created in Pipeliner: more than {limit} within 24 hours need an approval.",
        "Look whether they belong into Pipeliner; approve them, or take them out of the folder.",
    )


def held_notice(removals: int, links: int) -> AttentionItem:
    """Say that the safety limits held removals back."""
    return AttentionItem(
        AWAITING_REMOVALS_SUBJECT,
        Reason.DELETES_AWAIT_APPROVAL,
        f"{removals} of {links} contacts wait to be removed; nothing was removed.",
        "Look at what happened on the other side, then approve the removals or put the contacts back.",
    )
