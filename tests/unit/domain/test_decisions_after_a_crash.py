"""Decisions on what a run left half done: a delete that was begun, a write whose outcome nobody was told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain import (
    Contact,
    Create,
    Decision,
    KeepDormant,
    Link,
    Merge,
    OutlookContact,
    Pair,
    Pending,
    PipelinerContact,
    Recreate,
    Resolution,
    Side,
    SyncType,
    UserId,
    decide,
    decide_create,
    decide_pair,
    pending_of,
    rule_for,
    situation_of,
)
from tests.decided import created_on, merge_of, resolution_of
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


def removing(side: Side) -> Link:
    """Anna's link, which a run had begun to delete on one side."""
    return a_link(absent=ours(side))


def decided(
    link: Link,
    outlook: OutlookContact | None,
    pipeliner: PipelinerContact | None,
    sync_type: SyncType = SyncType.TWO_WAY,
    *,
    delete_protection: bool = False,
) -> Decision:
    """Decide about a link of a connection without delete protection, unless told otherwise."""
    connection = a_connection(sync_type, delete_protection=delete_protection)
    return decide(connection, FOLDER, link, outlook, pipeliner)


@pytest.mark.parametrize("delete_protection", [True, False])
@pytest.mark.parametrize(
    ("pipeliner", "sync_type", "resolution"),
    [
        (in_pipeliner(), SyncType.TWO_WAY, Resolution.RECREATE_IN_OUTLOOK),
        (in_pipeliner(IN_LINZ), SyncType.TO_OUTLOOK, Resolution.RECREATE_IN_OUTLOOK),
        (in_pipeliner(), SyncType.TO_PIPELINER, Resolution.END),
        (in_pipeliner(is_deleted=True), SyncType.TWO_WAY, Resolution.END),
        (in_pipeliner(owner_id=STRANGER), SyncType.TWO_WAY, Resolution.END),
    ],
)
def test_what_we_deleted_in_outlook_deletes_nothing_in_pipeliner(
    pipeliner: PipelinerContact, sync_type: SyncType, resolution: Resolution, *, delete_protection: bool
) -> None:
    """It comes back when Pipeliner has it again and Outlook is written; else the link ends as it was meant to."""
    decision = decided(removing(Side.OUTLOOK), None, pipeliner, sync_type, delete_protection=delete_protection)

    assert resolution_of(decision) is resolution
    is_back = resolution is Resolution.RECREATE_IN_OUTLOOK
    assert (created_on(decision) is Side.OUTLOOK) == (merge_of(decision) is not None) == is_back


@pytest.mark.parametrize("delete_protection", [True, False])
@pytest.mark.parametrize(
    ("outlook", "sync_type", "resolution"),
    [
        (in_outlook(), SyncType.TWO_WAY, Resolution.RECREATE_IN_PIPELINER),
        (in_outlook(IN_VIENNA), SyncType.TO_PIPELINER, Resolution.RECREATE_IN_PIPELINER),
        (in_outlook(), SyncType.TO_OUTLOOK, Resolution.END),
        (in_outlook(folder_id="folder-9"), SyncType.TWO_WAY, Resolution.END),
        (None, SyncType.TWO_WAY, Resolution.END),
    ],
)
def test_what_we_deleted_in_pipeliner_deletes_nothing_in_outlook(
    outlook: OutlookContact | None, sync_type: SyncType, resolution: Resolution, *, delete_protection: bool
) -> None:
    """It comes back when it is in the folder again and Pipeliner is written; else the link ends."""
    link, gone = removing(Side.PIPELINER), in_pipeliner(is_deleted=True)
    decision = decided(link, outlook, gone, sync_type, delete_protection=delete_protection)

    assert resolution_of(decision) is resolution
    is_back = resolution is Resolution.RECREATE_IN_PIPELINER
    assert (created_on(decision) is Side.PIPELINER) == (merge_of(decision) is not None) == is_back


def test_a_person_who_deletes_the_other_one_is_heard() -> None:
    """Only the contact that we were deleting may be missing without a person's will."""
    gone = in_pipeliner(is_deleted=True)
    decisions = (
        decided(removing(Side.OUTLOOK), in_outlook(), gone),
        decided(removing(Side.PIPELINER), None, in_pipeliner()),
        decided(removing(Side.OUTLOOK), in_outlook(), in_pipeliner()),
    )

    assert [resolution_of(decision) for decision in decisions] == [
        Resolution.DELETE_IN_OUTLOOK,
        Resolution.DELETE_IN_PIPELINER,
        Resolution.MERGE,
    ]


def test_history_says_that_the_sync_had_removed_it() -> None:
    """What comes back, or ends, after a removal that was cut off is told as that, and not as a person's delete."""
    link, gone = removing(Side.OUTLOOK), in_pipeliner(is_deleted=True)
    decisions = (decided(link, None, in_pipeliner()), decided(link, None, in_pipeliner(), SyncType.TO_PIPELINER))
    in_the_crm = (
        decided(removing(Side.PIPELINER), in_outlook(), gone),
        decided(removing(Side.PIPELINER), in_outlook(), gone, SyncType.TO_OUTLOOK),
    )

    for back, end in (decisions, in_the_crm):
        assert not isinstance(back, Pair | Create)
        assert not isinstance(end, Pair | Create)
        assert (back.why, end.why) == ("back after the sync removed it", "the sync removed it")


def test_an_edit_that_the_deleted_contact_shows_too_saves_nothing() -> None:
    """It came from there; an edit that the deleted one never saw brings it back."""
    seen, unseen = in_pipeliner(IN_VIENNA, is_deleted=True), in_pipeliner(is_deleted=True)

    assert resolution_of(decided(a_link(), in_outlook(IN_VIENNA), seen)) is Resolution.DELETE_IN_OUTLOOK
    assert resolution_of(decided(a_link(), in_outlook(IN_VIENNA), unseen)) is Resolution.RECREATE_IN_PIPELINER


def test_an_unsent_edit_in_one_field_is_enough() -> None:
    """Fields that agree, or were never edited in Outlook, neither save a contact nor lose it."""
    link = a_link()
    both_edits = in_outlook(anna(city="Wien", title="Dr."))
    one_sent = in_pipeliner(IN_VIENNA, is_deleted=True)
    edited_there = in_pipeliner(anna(city="Wien", title="Dr."), is_deleted=True)

    assert resolution_of(decided(link, both_edits, one_sent)) is Resolution.RECREATE_IN_PIPELINER
    assert resolution_of(decided(link, in_outlook(IN_VIENNA), edited_there)) is Resolution.DELETE_IN_OUTLOOK


def test_an_edit_of_a_contact_that_left_is_sent_first() -> None:
    """A contact that only left the user's scope still exists: it goes once Pipeliner shows the edit, and not before."""
    unsent = decided(a_link(), in_outlook(IN_VIENNA), in_pipeliner(IN_LINZ, owner_id=STRANGER))
    sent = decided(a_link(), in_outlook(IN_VIENNA), in_pipeliner(IN_VIENNA, owner_id=STRANGER))

    assert resolution_of(unsent) is Resolution.SEND_THEN_REMOVE
    assert resolution_of(sent) is Resolution.REMOVE_FROM_OUTLOOK


def test_an_edit_back_after_a_lost_answer_is_an_edit() -> None:
    """Wien had reached Pipeliner though nobody was told; Graz, put back in Outlook since, goes there."""
    graz = anna(city="Graz")
    pending = pending_of(Merge({}, {"city": "Wien"}), in_outlook(IN_VIENNA), in_pipeliner(graz))
    link = replace(a_link(graz, graz), pending=pending)

    decision = decided(link, in_outlook(graz, change_key="key-2"), in_pipeliner(IN_VIENNA, revision=9))

    merge = merge_of(decision)
    assert merge is not None
    assert (dict(merge.to_outlook), dict(merge.to_pipeliner)) == ({}, {"city": "Graz"})


@pytest.mark.parametrize(("outlook", "pipeliner"), [(in_outlook(), None), (None, in_pipeliner()), (None, None)])
def test_a_pending_write_of_a_contact_that_is_not_seen_stays_open(
    outlook: OutlookContact | None, pipeliner: PipelinerContact | None
) -> None:
    """Nothing is concluded from one side; the link that is decided about is the link as it is stored."""
    pending = pending_of(Merge({}, {"city": "Wien"}), in_outlook(IN_VIENNA), in_pipeliner())
    link = replace(a_link(), pending=pending)

    assert decided(link, outlook, pipeliner, delete_protection=True).link == link


def test_a_decision_says_why_a_link_is_dormant() -> None:
    """The history shows these words; a dormant link keeps the reason that it had."""
    link, protected = a_link(absent=dormant("still dormant")), a_link(absent=dormant("protected"))
    out_of_sight = decided(a_link(), in_outlook(), None)
    still = decided(link, None, in_pipeliner())
    as_before = decided(protected, None, in_pipeliner())

    assert isinstance(out_of_sight, KeepDormant)
    assert isinstance(still, KeepDormant)
    assert isinstance(as_before, KeepDormant)
    assert out_of_sight.why == "Pipeliner does not show it any more; nothing is deleted"
    assert (still.why, as_before.why) == ("still dormant", "protected")
    assert (still.link, as_before.link) == (link, protected)


def test_a_first_sight_says_why() -> None:
    """The history shows these words, and no link is named: there is none yet."""
    connection = a_connection()
    pair = decide_pair(connection, in_outlook(), in_pipeliner())
    in_the_folder = decide_create(connection, in_outlook())
    in_scope = decide_create(connection, in_pipeliner())

    assert (resolution_of(pair), pair.why) == (Resolution.MERGE, "the same person on both sides")
    assert (in_the_folder.side, in_the_folder.why) == (Side.PIPELINER, "created in the folder")
    assert (in_scope.side, in_scope.why) == (Side.OUTLOOK, "in the user's scope")
    assert [decision.link for decision in (pair, in_the_folder, in_scope)] == [None, None, None]


@pytest.mark.parametrize("outlook", [in_outlook(), in_outlook(IN_VIENNA), in_outlook(folder_id="folder-9"), None])
@pytest.mark.parametrize("is_deleted", [True, False])
@pytest.mark.parametrize("contact", [anna(), IN_LINZ])
@pytest.mark.parametrize("owner_id", [USER.id, STRANGER])
def test_a_decision_keeps_the_reason_of_the_table(
    outlook: OutlookContact | None, contact: Contact, owner_id: UserId, *, is_deleted: bool
) -> None:
    """Whatever is decided beside it, history says why in the words of the row that decided, and of which link."""
    pipeliner = in_pipeliner(contact, owner_id=owner_id, is_deleted=is_deleted)
    link, connection = a_link(), a_connection()

    decision = decide(connection, FOLDER, link, outlook, pipeliner)

    rule = rule_for(situation_of(connection, FOLDER, link, outlook, pipeliner))
    assert not isinstance(decision, Pair | Create)
    assert (resolution_of(decision), decision.why, decision.link) == (rule.resolution, rule.why, link)
    if isinstance(decision, Recreate):
        assert decision.source == (pipeliner if decision.side is Side.OUTLOOK else outlook)


def test_only_a_write_to_an_existing_contact_is_one() -> None:
    """A pair writes Pipeliner's contact when it has values for it; a create makes a new one."""
    to_pipeliner = decide_pair(a_connection(), in_outlook(anna(title="Dr.")), in_pipeliner())
    to_outlook = decide_pair(a_connection(), in_outlook(), in_pipeliner(anna(title="Dr.")))
    create = decide_create(a_connection(), in_outlook())

    assert [bool(pair.merge.to_pipeliner) for pair in (to_pipeliner, to_outlook)] == [True, False]
    assert [created_on(it) for it in (to_pipeliner, to_outlook, create)] == [None, None, Side.PIPELINER]


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
    """Nothing is on its way, nothing is away, neither side was made by us, and no token matches an observation."""
    link = Link(a_link().id, a_link().outlook_id, a_link().pipeliner_id, a_link().baselines)

    assert not link.is_dormant
    assert (link.change_key, link.revision) == ("", -1)
    assert (link.pending, link.absent, link.created_on) == (None, None, None)
    assert link.written == ()


def test_a_write_announced_without_tokens_may_be_done_on_either_side() -> None:
    """No state is known to have been before it, and neither outcome is."""
    nobody = frozenset[str]()
    pending = Pending(a_link().baselines, a_link().baselines, nobody, nobody)

    assert (pending.change_key, pending.revision) == ("", -1)
    assert pending.unknown == set(Side)
