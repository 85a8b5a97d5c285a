"""What both sides show of a contact, its link and the connection's rules -> what to do, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync_core.domain.connection import Connection
from sync_core.domain.contact import Contact, Side
from sync_core.domain.fields import GIVEN_NAME, SURNAME
from sync_core.domain.lifecycle import Fate, OutlookState, PipelinerState, decide
from sync_core.domain.link import Link, LinkState
from sync_core.domain.merge import Merge, MergeRules, changed_fields, merge_contacts
from sync_core.domain.pending import believed
from sync_core.domain.records import Reason
from sync_core.domain.rules import SyncType
from sync_core.domain.sides import OutlookContact, PipelinerContact, in_scope

GONE_WHILE_RESTING = "still resting"
OUT_OF_SIGHT = "Pipeliner does not show it any more; nothing is deleted"


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """What to do with one pair. `link` is None on first sight; `create_on` names the side that gets a new contact."""

    link: Link | None
    outlook: OutlookContact | None
    pipeliner: PipelinerContact | None
    fate: Fate
    why: str
    merge: Merge | None = None
    create_on: Side | None = None

    @property
    def writes_pipeliner(self) -> bool:
        """Whether an existing Pipeliner contact would be written."""
        return self.merge is not None and self.create_on is not Side.PIPELINER and bool(self.merge.to_pipeliner)


def plan_link(
    connection: Connection,
    folder_id: str,
    link: Link,
    outlook: OutlookContact | None,
    pipeliner: PipelinerContact | None,
) -> LinkPlan:
    """Decide by the truth table on what both sides show right now."""
    if pipeliner is None:
        return LinkPlan(link, outlook, None, Fate.REST, OUT_OF_SIGHT)
    link = believed(connection.field_map, link, outlook, pipeliner)
    outlook_state = see_outlook(connection, folder_id, link, outlook)
    pipeliner_state = see_pipeliner(connection, link, pipeliner)
    if pipeliner_state is PipelinerState.DELETED and outlook_state is OutlookState.EDITED:
        outlook_state = _against_deleted(connection, link, outlook, pipeliner)
    rule = decide(outlook_state, pipeliner_state, connection.sync_type, delete_protection=connection.delete_protection)
    plan = LinkPlan(link, outlook, pipeliner, rule.fate, rule.why)
    if _was_removed_by_us(link, outlook_state, pipeliner_state):
        return _with_merge(connection, replace(plan, fate=_fate_of_removed(connection, outlook_state, pipeliner_state)))
    if link.state is LinkState.RESTING and rule.fate in {Fate.RECREATE_IN_OUTLOOK, Fate.DELETE_IN_PIPELINER}:
        return LinkPlan(link, outlook, pipeliner, Fate.REST, link.why_resting or GONE_WHILE_RESTING)
    return _with_merge(connection, plan)


def _was_removed_by_us(link: Link, outlook: OutlookState, pipeliner: PipelinerState) -> bool:
    """Whether the contact that is missing is the one that a pass was deleting when it was cut off."""
    gone = {
        Side.OUTLOOK: outlook is OutlookState.DELETED,
        Side.PIPELINER: pipeliner is PipelinerState.DELETED,
    }
    return link.leaving is not None and gone[link.leaving.side]


def _fate_of_removed(connection: Connection, outlook: OutlookState, pipeliner: PipelinerState) -> Fate:
    """What has come back on the other side is as good as new; else the link has ended as it was meant to."""
    if outlook is OutlookState.DELETED:
        is_back = pipeliner in {PipelinerState.UNCHANGED, PipelinerState.EDITED}
        return Fate.RECREATE_IN_OUTLOOK if is_back and connection.sync_type.reaches(Side.OUTLOOK) else Fate.END
    is_back = outlook in {OutlookState.UNCHANGED, OutlookState.EDITED}
    return Fate.RECREATE_IN_PIPELINER if is_back and connection.sync_type.reaches(Side.PIPELINER) else Fate.END


def see_outlook(connection: Connection, folder_id: str, link: Link, outlook: OutlookContact | None) -> OutlookState:
    """Name what Outlook shows of a link."""
    if outlook is None:
        return OutlookState.DELETED
    if outlook.folder_id != folder_id:
        return OutlookState.MOVED
    edited = changed_fields(connection.field_map, outlook.contact, link.baselines.outlook)
    return OutlookState.EDITED if edited else OutlookState.UNCHANGED


def _against_deleted(
    connection: Connection, link: Link, outlook: OutlookContact | None, pipeliner: PipelinerContact
) -> OutlookState:
    """An edit that the deleted contact shows too came from there, written by a pass that could not store it."""
    now = outlook.contact if outlook is not None else Contact()
    edited = changed_fields(connection.field_map, now, link.baselines.outlook)
    unsent = edited & changed_fields(connection.field_map, now, pipeliner.contact)
    return OutlookState.EDITED if unsent else OutlookState.UNCHANGED


def see_pipeliner(connection: Connection, link: Link, pipeliner: PipelinerContact) -> PipelinerState:
    """Name what Pipeliner shows of a link. An archived contact stays."""
    if pipeliner.is_deleted:
        return PipelinerState.DELETED
    if not in_scope(pipeliner.ownership, connection.user, connection.scope):
        return PipelinerState.LEFT_SCOPE
    edited = changed_fields(connection.field_map, pipeliner.contact, link.baselines.pipeliner)
    return PipelinerState.EDITED if edited else PipelinerState.UNCHANGED


def plan_pair(connection: Connection, outlook: OutlookContact, pipeliner: PipelinerContact) -> LinkPlan:
    """Plan the first sight of a pair: everything that only one side has goes to the other."""
    rules = _rules(connection, outlook, pipeliner)
    merge = merge_contacts(connection.field_map, outlook.contact, pipeliner.contact, None, rules)
    return LinkPlan(None, outlook, pipeliner, Fate.MERGE, "the same person on both sides", merge)


def plan_create_in_outlook(connection: Connection, pipeliner: PipelinerContact, link: Link | None = None) -> LinkPlan:
    """Plan a new Outlook contact for a Pipeliner contact."""
    rules = MergeRules(connection.sync_type, connection.conflict_rule, Side.PIPELINER)
    merge = merge_contacts(connection.field_map, Contact(), pipeliner.contact, None, rules)
    return LinkPlan(
        link, None, pipeliner, Fate.RECREATE_IN_OUTLOOK, "in the user's scope", merge, create_on=Side.OUTLOOK
    )


def plan_create_in_pipeliner(connection: Connection, outlook: OutlookContact, link: Link | None = None) -> LinkPlan:
    """Plan a new Pipeliner contact for an Outlook contact."""
    rules = MergeRules(connection.sync_type, connection.conflict_rule, Side.OUTLOOK)
    merge = merge_contacts(connection.field_map, outlook.contact, Contact(), None, rules)
    return LinkPlan(
        link, outlook, None, Fate.RECREATE_IN_PIPELINER, "created in the folder", merge, create_on=Side.PIPELINER
    )


def reason_against_create(connection: Connection, outlook: OutlookContact) -> Reason | None:
    """Say why an Outlook contact cannot become a Pipeliner contact, before asking Pipeliner.

    Pipeliner needs a first or last name (its documentation of creating a contact).
    """
    synced = connection.field_map.normalised(outlook.contact)
    if synced.is_empty:
        return Reason.EMPTY_CONTACT
    if not synced.text(GIVEN_NAME) and not synced.text(SURNAME):
        return Reason.NAME_MISSING
    return None


def _rules(connection: Connection, outlook: OutlookContact, pipeliner: PipelinerContact) -> MergeRules:
    outlook_is_newer = outlook.modified is not None and outlook.modified > pipeliner.modified
    newest = Side.OUTLOOK if outlook_is_newer else Side.PIPELINER
    return MergeRules(connection.sync_type, connection.conflict_rule, newest)


def _with_merge(connection: Connection, plan: LinkPlan) -> LinkPlan:
    link, outlook, pipeliner = plan.link, plan.outlook, plan.pipeliner
    if plan.fate is Fate.RECREATE_IN_OUTLOOK and pipeliner is not None:
        merge = plan_create_in_outlook(connection, pipeliner).merge
        return LinkPlan(link, None, pipeliner, plan.fate, plan.why, merge, create_on=Side.OUTLOOK)
    if plan.fate is Fate.RECREATE_IN_PIPELINER and outlook is not None:
        merge = plan_create_in_pipeliner(connection, outlook).merge
        return LinkPlan(link, outlook, None, plan.fate, plan.why, merge, create_on=Side.PIPELINER)
    if plan.fate not in {Fate.MERGE, Fate.SEND_THEN_REMOVE} or link is None or outlook is None or pipeliner is None:
        return plan
    rules = _rules(connection, outlook, pipeliner)
    if plan.fate is Fate.SEND_THEN_REMOVE:
        rules = MergeRules(SyncType.TO_PIPELINER, rules.conflict_rule, rules.newest)
    merge = merge_contacts(connection.field_map, outlook.contact, pipeliner.contact, link.baselines, rules)
    return LinkPlan(link, outlook, pipeliner, plan.fate, plan.why, merge)
