"""First sights: of a pair, of a contact that is alone, of one that takes a missing half's place, of one typed over."""

from __future__ import annotations

from dataclasses import replace

from sync_core.domain.connection import ConflictRule, Connection, Level, PhoneFormat
from sync_core.domain.contact import Contact, OutlookContact, PipelinerContact, Side
from sync_core.domain.decisions import Create, Pair, Relink
from sync_core.domain.fields import COMPANY, GIVEN_NAME, SURNAME
from sync_core.domain.identity import is_typed_over, traits
from sync_core.domain.link import Link, baselines_with_newcomer, merge_link
from sync_core.domain.merge import Merge, MergeRules, changed_fields, merge_contacts
from sync_core.domain.records import Reason
from sync_core.domain.rights import Right, right_on

_CREATES_NOTHING = frozenset({Level.NONE, Level.UNKNOWN, Level.READ})
NAMING = frozenset({GIVEN_NAME, SURNAME, COMPANY})


def typed_over(connection: Connection, link: Link, outlook: OutlookContact, pipeliner: PipelinerContact) -> Side | None:
    """Return the side whose card was made another person's since the baseline; None while each is who it was.

    Both sides with one new name agree: there is nothing to ask.
    """
    shown = {Side.OUTLOOK: outlook.contact, Side.PIPELINER: pipeliner.contact}
    for side in Side:
        base = link.baselines.of(side)
        changed = changed_fields(connection.field_map, shown[side], base)
        if base.is_empty or changed.isdisjoint(NAMING):
            continue
        if not shown[side].text(GIVEN_NAME) and not shown[side].text(SURNAME):
            continue  # a card that lost its name shows nobody else
        now = traits(shown[side])
        if is_typed_over(traits(base), now) and now.name != traits(shown[side.other]).name:
            return side
    return None


def decide_relink(
    connection: Connection, link: Link, side: Side, outlook: OutlookContact, pipeliner: PipelinerContact
) -> Relink:
    """Decide on a contact that is the half of a link which is missing on `side`."""
    newcomer = outlook.contact if side is Side.OUTLOOK else pipeliner.contact
    moved = replace(
        link,
        outlook_id=outlook.id,
        pipeliner_id=pipeliner.id,
        baselines=baselines_with_newcomer(connection.field_map, link, newcomer),
        change_key="",
        revision=-1,
        created_on=None if link.created_on is side else link.created_on,
        pending=None,
        absent=None,
    )
    merge = merge_link(connection, moved, outlook, pipeliner, connection.sync_type)
    return Relink(link, moved, outlook, pipeliner, merge)


def decide_pair(connection: Connection, outlook: OutlookContact, pipeliner: PipelinerContact) -> Pair:
    """Decide on the first sight of a pair."""
    may_edit = right_on(connection.user, pipeliner) >= Right.EDIT
    kept, rule = connection.kept_fields(pipeliner.ownership), ConflictRule(connection.first_sight.value)
    international = connection.phone_format is PhoneFormat.INTERNATIONAL
    role = connection.user.role
    rules = MergeRules(connection.sync_type, rule, may_edit=may_edit, kept=kept, role=role, with_country=international)
    return Pair(
        outlook, pipeliner, merge_contacts(connection.field_map, outlook.contact, pipeliner.contact, None, rules)
    )


def decide_create(connection: Connection, source: OutlookContact | PipelinerContact) -> Create:
    """Decide on a contact that has no counterpart: all that may travel of it is created on the other side."""
    if isinstance(source, PipelinerContact):
        return Create(Side.OUTLOOK, source, whole_copy(connection, source), "in the user's scope")
    return Create(Side.PIPELINER, source, whole_copy(connection, source), "created in the folder")


def reason_against_create(connection: Connection, outlook: OutlookContact) -> Reason | None:
    """Return why an Outlook contact cannot become a Pipeliner contact, before asking Pipeliner.

    Pipeliner needs a first or last name (its documentation of creating a contact). Which type a new one gets, nobody
    can tell before: a role of some types creates none.
    """
    role = connection.user.role
    if role is not None and (role.level in _CREATES_NOTHING or role.type_ids is not None):
        return Reason.MAY_NOT_CREATE
    synced = connection.field_map.normalised(outlook.contact)
    if synced.is_empty:
        return Reason.EMPTY_CONTACT
    if not synced.text(GIVEN_NAME) and not synced.text(SURNAME):
        return Reason.NAME_MISSING
    return None


def whole_copy(connection: Connection, source: OutlookContact | PipelinerContact) -> Merge:
    """Everything of a contact that may travel, for a counterpart that starts blank."""
    newest = Side.PIPELINER if isinstance(source, PipelinerContact) else Side.OUTLOOK
    international, role = connection.phone_format is PhoneFormat.INTERNATIONAL, connection.user.role
    rules = MergeRules(connection.sync_type, connection.conflict_rule, newest, role=role, with_country=international)
    sides = (Contact(), source.contact) if isinstance(source, PipelinerContact) else (source.contact, Contact())
    return merge_contacts(connection.field_map, *sides, None, rules)
