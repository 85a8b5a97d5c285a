"""What is decided about a link, a pair and a contact without a counterpart: all that applying it needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync_core.domain import (
    Action,
    ConflictRule,
    Contact,
    Direction,
    End,
    Excess,
    KeepDormant,
    OutlookContact,
    OutlookState,
    Ownership,
    PipelinerContact,
    PipelinerState,
    Reason,
    Recreate,
    Remove,
    Resolution,
    Side,
    Update,
    decide,
    decide_create,
    decide_pair,
    field_map,
    reason_against_create,
)
from tests.decided import created_on, merge_of, resolution_of
from tests.unit.domain.as_seen import (
    IN_LINZ,
    IN_VIENNA,
    OUTLOOKS,
    PIPELINERS,
    decided,
    writes,
)
from tests.unit.scenario import (
    ANNA,
    FOLDER,
    NOON,
    STRANGER,
    USER,
    a_connection,
    a_link,
    anna,
    in_outlook,
    in_pipeliner,
)


def test_archived_contact_stays() -> None:
    """Archiving a contact in Pipeliner changes nothing in Outlook."""
    decision = decided(in_outlook(), in_pipeliner(is_archived=True))

    assert isinstance(decision, Update)
    assert resolution_of(decision) is Resolution.MERGE
    assert decision.merge.writes_nothing


def test_each_side_is_measured_against_its_own_baseline() -> None:
    """A service that stores a value in its own way has not edited it."""
    link = a_link(anna(city="Graz "), anna(city="GRAZ"))

    decision = decided(in_outlook(anna(city="Graz ")), in_pipeliner(anna(city="GRAZ")), link=link)

    assert writes(decision) == {Side.OUTLOOK: {}, Side.PIPELINER: {}}


def test_edits_of_different_fields_go_both_ways() -> None:
    """A merge takes each edit to the other side."""
    decision = decided(in_outlook(IN_VIENNA), in_pipeliner(anna(job_title="Buyer")))

    assert isinstance(decision, Update)
    assert not decision.then_remove
    assert writes(decision) == {Side.OUTLOOK: {"job_title": "Buyer"}, Side.PIPELINER: {"city": "Wien"}}


@pytest.mark.parametrize(
    ("outlook_after_s", "rule", "city"),
    [
        (1, ConflictRule.NEWEST, "Wien"),
        (0, ConflictRule.NEWEST, "Wien"),
        (-1, ConflictRule.NEWEST, "Linz"),
        (None, ConflictRule.NEWEST, "Wien"),
        (None, ConflictRule.OUTLOOK, "Wien"),
        (1, ConflictRule.PIPELINER, "Linz"),
    ],
)
def test_conflict_goes_by_the_connections_rule(outlook_after_s: int | None, rule: ConflictRule, city: str) -> None:
    """The newest edit wins (Outlook's on a tie, or when Outlook tells no time), unless a side is preferred."""
    modified = None if outlook_after_s is None else NOON + timedelta(seconds=outlook_after_s)

    decision = decided(in_outlook(IN_VIENNA, modified=modified), in_pipeliner(IN_LINZ), conflict_rule=rule)

    assert isinstance(decision, Update)
    assert [conflict.won for conflict in decision.merge.conflicts] == [city]


@pytest.mark.parametrize(
    ("outlook", "pipeliner", "protection", "resolution"),
    [
        (OutlookState.DELETED, PipelinerState.UNCHANGED, True, Resolution.DORMANT),
        (OutlookState.DELETED, PipelinerState.UNCHANGED, False, Resolution.DELETE_IN_PIPELINER),
        (OutlookState.UNCHANGED, PipelinerState.DELETED, True, Resolution.DELETE_IN_OUTLOOK),
        (OutlookState.UNCHANGED, PipelinerState.LEFT_SCOPE, True, Resolution.REMOVE_FROM_OUTLOOK),
        (OutlookState.DELETED, PipelinerState.DELETED, True, Resolution.END),
        (OutlookState.MOVED, PipelinerState.EDITED, True, Resolution.DORMANT),
    ],
)
def test_resolutions_without_values_write_no_field(
    outlook: OutlookState, pipeliner: PipelinerState, resolution: Resolution, *, protection: bool
) -> None:
    """A dormant link, an end and a removal take no field anywhere, and say why."""
    decision = decided(OUTLOOKS[outlook], PIPELINERS[pipeliner], delete_protection=protection)

    assert (resolution_of(decision), merge_of(decision), created_on(decision)) == (resolution, None, None)
    assert isinstance(decision, KeepDormant | End | Remove)
    assert decision.why


@pytest.mark.parametrize(
    ("outlook", "pipeliner", "side", "action"),
    [
        (None, in_pipeliner(), Side.PIPELINER, Action.DELETED),
        (in_outlook(), in_pipeliner(is_deleted=True), Side.OUTLOOK, Action.DELETED),
        (in_outlook(), in_pipeliner(owner_id=STRANGER), Side.OUTLOOK, Action.REMOVED),
    ],
)
def test_a_removal_says_whether_it_is_a_delete(
    outlook: OutlookContact | None, pipeliner: PipelinerContact, side: Side, action: Action
) -> None:
    """A contact that only left the scope is removed from Outlook, and the history does not call that a delete."""
    decision = decided(outlook, pipeliner, delete_protection=False)

    assert isinstance(decision, Remove)
    assert (decision.side, decision.action, decision.contact) == (
        side,
        action,
        pipeliner if side is Side.PIPELINER else outlook,
    )


def test_edit_in_pipeliner_brings_a_deleted_contact_back() -> None:
    """The contact is created in Outlook again with everything that Pipeliner has."""
    decision = decided(None, in_pipeliner(IN_LINZ))

    assert isinstance(decision, Recreate)
    assert (decision.link, decision.side, decision.source) == (a_link(), Side.OUTLOOK, in_pipeliner(IN_LINZ))
    assert writes(decision) == {Side.OUTLOOK: dict(IN_LINZ.values), Side.PIPELINER: {}}


def test_edit_in_outlook_brings_a_deleted_contact_back() -> None:
    """The contact is created in Pipeliner again with everything that Outlook has; the deleted one is left alone."""
    decision = decided(in_outlook(IN_VIENNA), in_pipeliner(is_deleted=True))

    assert isinstance(decision, Recreate)
    assert (decision.link, decision.side, decision.source) == (a_link(), Side.PIPELINER, in_outlook(IN_VIENNA))
    assert writes(decision) == {Side.OUTLOOK: {}, Side.PIPELINER: dict(IN_VIENNA.values)}


def test_last_edit_is_sent_before_a_contact_leaves() -> None:
    """When a contact leaves the scope only Outlook's unsent edit travels; Outlook gets nothing more."""
    shared = Ownership(STRANGER, editor_ids=frozenset({USER.id}))
    left = replace(in_pipeliner(anna(job_title="Buyer")), ownership=shared)
    decision = decided(in_outlook(IN_VIENNA), left)

    assert isinstance(decision, Update)
    assert decision.then_remove
    assert resolution_of(decision) is Resolution.SEND_THEN_REMOVE
    assert writes(decision) == {Side.OUTLOOK: {}, Side.PIPELINER: {"city": "Wien"}}


def test_last_edit_of_what_the_user_may_not_edit_any_more_is_told_and_not_sent() -> None:
    """The contact leaves the folder all the same; what was typed is withheld from Pipeliner, and named."""
    decision = decided(in_outlook(IN_VIENNA), in_pipeliner(owner_id=STRANGER))

    assert isinstance(decision, Update)
    assert (decision.then_remove, decision.merge.withheld) == (True, frozenset({"city"}))
    assert writes(decision) == {Side.OUTLOOK: {}, Side.PIPELINER: {}}


def test_first_sight_of_a_pair_fills_both_sides_up() -> None:
    """What only one of the two has goes to the other."""
    outlook, pipeliner = anna(job_title="Buyer", city=""), anna(company="Acme")

    decision = decide_pair(a_connection(), in_outlook(outlook), in_pipeliner(pipeliner))

    assert (decision.link, resolution_of(decision), created_on(decision)) == (None, Resolution.MERGE, None)
    assert writes(decision) == {
        Side.OUTLOOK: {"company": "Acme", "city": "Graz"},
        Side.PIPELINER: {"job_title": "Buyer"},
    }


def test_new_contact_gets_everything_that_may_travel() -> None:
    """A create takes every value whose field may go that way, and reports what does not fit."""
    only_to_outlook = field_map({"city": Direction.TO_OUTLOOK}, {}, [])
    contact = anna(job_title="x" * 256)

    decision = decide_create(a_connection(field_map=only_to_outlook), in_outlook(contact))

    assert (decision.side, decision.source) == (Side.PIPELINER, in_outlook(contact))
    assert writes(decision)[Side.PIPELINER] == {name: value for name, value in ANNA.items() if name != "city"}
    assert [item.excess for item in decision.merge.overflows] == [Excess.TOO_LONG]
    assert decision.merge.not_agreed == {"city", "job_title"}


def test_contact_that_is_put_back_gets_what_a_new_one_gets() -> None:
    """A create under a link differs from a first one in its link and its reason only."""
    connection = a_connection()
    in_linz, in_vienna = in_pipeliner(IN_LINZ), in_outlook(IN_VIENNA)
    to_outlook = decide(connection, FOLDER, a_link(), None, in_linz)
    to_pipeliner = decide(connection, FOLDER, a_link(), in_vienna, in_pipeliner(is_deleted=True))

    assert merge_of(to_outlook) == decide_create(connection, in_linz).merge
    assert merge_of(to_pipeliner) == decide_create(connection, in_vienna).merge


def test_outlook_gets_as_many_addresses_as_it_holds() -> None:
    """A create in Outlook takes the first three of five addresses without ado."""
    five = tuple(f"{letter}@example.test" for letter in "abcde")

    decision = decide_create(a_connection(), in_pipeliner(anna(emails=five)))

    assert (decision.side, decision.source) == (Side.OUTLOOK, in_pipeliner(anna(emails=five)))
    assert writes(decision)[Side.OUTLOOK]["emails"] == five[:3]
    assert not decision.merge.overflows


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        (anna(), None),
        (anna(given_name=""), None),
        (anna(surname=""), None),
        (anna(given_name="", surname=""), Reason.NAME_MISSING),
        (anna(given_name=" ", surname="\t"), Reason.NAME_MISSING),
        (Contact(), Reason.EMPTY_CONTACT),
        (Contact({"notes": " \n", "categories": ("red",)}), Reason.EMPTY_CONTACT),
    ],
)
def test_contact_that_pipeliner_cannot_take_is_known_before(contact: Contact, reason: Reason | None) -> None:
    """Pipeliner needs a name, and an empty contact is none."""
    assert reason_against_create(a_connection(), in_outlook(contact)) is reason
