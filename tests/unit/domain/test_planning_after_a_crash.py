"""Plans for what a pass left half done: a delete that was begun, a write whose outcome nobody was told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain.contact import Contact, Side, UserId
from sync_core.domain.lifecycle import Fate, decide
from sync_core.domain.link import Leaving, Link, LinkState, Pending
from sync_core.domain.merge import Merge
from sync_core.domain.pending import pending_of
from sync_core.domain.planning import (
    LinkPlan,
    plan_create_in_outlook,
    plan_create_in_pipeliner,
    plan_link,
    plan_pair,
    see_outlook,
    see_pipeliner,
)
from sync_core.domain.rules import SyncType
from sync_core.domain.sides import OutlookContact, PipelinerContact
from tests.unit.scenario import FOLDER, STRANGER, USER, a_connection, a_link, anna, in_outlook, in_pipeliner

IN_VIENNA = anna(city="Wien")
IN_LINZ = anna(city="Linz")


def leaving(side: Side) -> Link:
    """Anna's link, which a pass had begun to delete on one side."""
    return replace(a_link(), leaving=Leaving(side, anna()))


def planned(
    link: Link,
    outlook: OutlookContact | None,
    pipeliner: PipelinerContact | None,
    sync_type: SyncType = SyncType.TWO_WAY,
) -> LinkPlan:
    """Plan a link of a connection without delete protection."""
    return plan_link(a_connection(sync_type, delete_protection=False), FOLDER, link, outlook, pipeliner)


@pytest.mark.parametrize(
    ("pipeliner", "sync_type", "fate"),
    [
        (in_pipeliner(), SyncType.TWO_WAY, Fate.RECREATE_IN_OUTLOOK),
        (in_pipeliner(IN_LINZ), SyncType.TO_OUTLOOK, Fate.RECREATE_IN_OUTLOOK),
        (in_pipeliner(), SyncType.TO_PIPELINER, Fate.END),
        (in_pipeliner(is_deleted=True), SyncType.TWO_WAY, Fate.END),
        (in_pipeliner(owner_id=STRANGER), SyncType.TWO_WAY, Fate.END),
    ],
)
def test_what_we_deleted_in_outlook_deletes_nothing_in_pipeliner(
    pipeliner: PipelinerContact, sync_type: SyncType, fate: Fate
) -> None:
    """It comes back when Pipeliner has it again and Outlook is written; else the link ends as it was meant to."""
    plan = planned(leaving(Side.OUTLOOK), None, pipeliner, sync_type)

    assert plan.fate is fate
    assert (plan.create_on is Side.OUTLOOK) == (plan.merge is not None) == (fate is Fate.RECREATE_IN_OUTLOOK)


@pytest.mark.parametrize(
    ("outlook", "sync_type", "fate"),
    [
        (in_outlook(), SyncType.TWO_WAY, Fate.RECREATE_IN_PIPELINER),
        (in_outlook(IN_VIENNA), SyncType.TO_PIPELINER, Fate.RECREATE_IN_PIPELINER),
        (in_outlook(), SyncType.TO_OUTLOOK, Fate.END),
        (in_outlook(folder_id="folder-9"), SyncType.TWO_WAY, Fate.END),
        (None, SyncType.TWO_WAY, Fate.END),
    ],
)
def test_what_we_deleted_in_pipeliner_deletes_nothing_in_outlook(
    outlook: OutlookContact | None, sync_type: SyncType, fate: Fate
) -> None:
    """It comes back when it is in the folder again and Pipeliner is written; else the link ends."""
    plan = planned(leaving(Side.PIPELINER), outlook, in_pipeliner(is_deleted=True), sync_type)

    assert plan.fate is fate
    assert (plan.create_on is Side.PIPELINER) == (plan.merge is not None) == (fate is Fate.RECREATE_IN_PIPELINER)


def test_a_person_who_deletes_the_other_one_is_heard() -> None:
    """Only the contact that we were deleting may be missing without a person's will."""
    gone = in_pipeliner(is_deleted=True)

    assert planned(leaving(Side.OUTLOOK), in_outlook(), gone).fate is Fate.DELETE_IN_OUTLOOK
    assert planned(leaving(Side.PIPELINER), None, in_pipeliner()).fate is Fate.DELETE_IN_PIPELINER
    assert planned(leaving(Side.OUTLOOK), in_outlook(), in_pipeliner()).fate is Fate.MERGE


def test_an_edit_that_the_deleted_contact_shows_too_saves_nothing() -> None:
    """It came from there; an edit that the deleted one never saw brings it back."""
    seen, unseen = in_pipeliner(IN_VIENNA, is_deleted=True), in_pipeliner(is_deleted=True)

    assert planned(a_link(), in_outlook(IN_VIENNA), seen).fate is Fate.DELETE_IN_OUTLOOK
    assert planned(a_link(), in_outlook(IN_VIENNA), unseen).fate is Fate.RECREATE_IN_PIPELINER


def test_an_unsent_edit_in_one_field_is_enough() -> None:
    """Fields that agree, or were never edited in Outlook, neither save a contact nor lose it."""
    link = a_link()
    both_edits = in_outlook(anna(city="Wien", title="Dr."))

    assert planned(link, both_edits, in_pipeliner(IN_VIENNA, is_deleted=True)).fate is Fate.RECREATE_IN_PIPELINER
    edited_there = in_pipeliner(anna(city="Wien", title="Dr."), is_deleted=True)
    assert planned(link, in_outlook(IN_VIENNA), edited_there).fate is Fate.DELETE_IN_OUTLOOK


def test_an_edit_of_a_contact_that_left_is_sent_first() -> None:
    """A contact that only left the user's scope still exists: the same edit on both sides is no reason to be silent."""
    plan = planned(a_link(), in_outlook(IN_VIENNA), in_pipeliner(IN_VIENNA, owner_id=STRANGER))

    assert plan.fate is Fate.SEND_THEN_REMOVE


def test_an_edit_back_after_a_lost_answer_is_an_edit() -> None:
    """Wien had reached Pipeliner though nobody was told; Graz, put back in Outlook since, goes there."""
    graz = anna(city="Graz")
    pending = pending_of(Merge({}, {"city": "Wien"}), in_outlook(IN_VIENNA), in_pipeliner(graz))
    link = replace(a_link(graz, graz), pending=pending)

    plan = planned(link, in_outlook(graz, change_key="key-2"), in_pipeliner(IN_VIENNA, revision=9))

    assert plan.merge is not None
    assert (dict(plan.merge.to_outlook), dict(plan.merge.to_pipeliner)) == ({}, {"city": "Graz"})


def test_a_plan_says_why_it_rests() -> None:
    """The history shows these words; a resting link keeps the reason that it had."""
    out_of_sight = planned(a_link(), in_outlook(), None)
    still = planned(a_link(state=LinkState.RESTING), None, in_pipeliner())
    as_before = planned(a_link(state=LinkState.RESTING, why_resting="protected"), None, in_pipeliner())

    assert out_of_sight.why == "Pipeliner does not show it any more; nothing is deleted"
    assert out_of_sight.outlook == in_outlook()
    assert (still.why, as_before.why) == ("still resting", "protected")
    assert (still.link, still.pipeliner) == (a_link(state=LinkState.RESTING), in_pipeliner())


def test_a_first_sight_says_why() -> None:
    """The history shows these words, and a link that is made anew is named."""
    link, connection = a_link(), a_connection()
    pair = plan_pair(connection, in_outlook(), in_pipeliner())
    in_the_folder = plan_create_in_pipeliner(connection, in_outlook(), link)
    in_scope = plan_create_in_outlook(connection, in_pipeliner(), link)

    assert (pair.fate, pair.why) == (Fate.MERGE, "the same person on both sides")
    assert (in_the_folder.fate, in_the_folder.why) == (Fate.RECREATE_IN_PIPELINER, "created in the folder")
    assert (in_scope.fate, in_scope.why) == (Fate.RECREATE_IN_OUTLOOK, "in the user's scope")
    assert [plan.link for plan in (pair, in_the_folder, in_scope)] == [None, link, link]


@pytest.mark.parametrize("outlook", [in_outlook(), in_outlook(IN_VIENNA), in_outlook(folder_id="folder-9"), None])
@pytest.mark.parametrize("is_deleted", [True, False])
@pytest.mark.parametrize("contact", [anna(), IN_LINZ])
@pytest.mark.parametrize("owner_id", [USER.id, STRANGER])
def test_a_plan_keeps_the_reason_of_the_table(
    outlook: OutlookContact | None, contact: Contact, owner_id: UserId, *, is_deleted: bool
) -> None:
    """Whatever is planned beside it, history says why in the words of the row that decided, and of which link."""
    pipeliner = in_pipeliner(contact, owner_id=owner_id, is_deleted=is_deleted)
    link, connection = a_link(), a_connection()
    states = see_outlook(connection, FOLDER, link, outlook), see_pipeliner(connection, link, pipeliner)

    plan = plan_link(connection, FOLDER, link, outlook, pipeliner)

    rule = decide(*states, connection.sync_type, delete_protection=connection.delete_protection)
    assert (plan.fate, plan.why, plan.link) == (rule.fate, rule.why, link)
    assert plan.outlook == (None if plan.create_on is Side.OUTLOOK else outlook)
    assert plan.pipeliner == (None if plan.create_on is Side.PIPELINER else pipeliner)


def test_only_a_write_to_an_existing_contact_is_one() -> None:
    """A plan writes Pipeliner's contact when it has values for it, not when it makes a new one."""
    to_pipeliner = plan_pair(a_connection(), in_outlook(anna(title="Dr.")), in_pipeliner())
    to_outlook = plan_pair(a_connection(), in_outlook(), in_pipeliner(anna(title="Dr.")))
    create = plan_create_in_pipeliner(a_connection(), in_outlook())

    assert [plan.writes_pipeliner for plan in (to_pipeliner, to_outlook, create)] == [True, False, False]


@pytest.mark.parametrize(
    ("merge", "silent"),
    [
        (Merge({}, {}), True),
        (Merge({"city": "Wien"}, {}), False),
        (Merge({}, {"city": "Wien"}), False),
        (Merge({"city": ""}, {"title": ""}), False),
    ],
)
def test_a_merge_writes_nothing_when_neither_side_gets_anything(merge: Merge, *, silent: bool) -> None:
    """One side is enough, and a value that is cleared is a write."""
    assert merge.writes_nothing is silent


def test_a_new_link_owes_nothing() -> None:
    """Nothing is on its way, nothing leaves, neither side was made by us, and no token matches an observation."""
    link = Link(a_link().id, a_link().outlook_id, a_link().pipeliner_id, a_link().baselines)

    assert link.state is LinkState.LINKED
    assert (link.change_key, link.revision) == ("", -1)
    assert (link.pending, link.leaving, link.created_on) == (None, None, None)
    assert (link.why_resting, link.written) == ("", ())


def test_a_write_announced_without_tokens_may_be_done_on_either_side() -> None:
    """No state is known to have been before it, and neither outcome is."""
    nobody = frozenset[str]()
    pending = Pending(a_link().baselines, a_link().baselines, nobody, nobody)

    assert (pending.change_key, pending.revision) == ("", -1)
    assert pending.unknown == set(Side)
