from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync_core.domain.contact import Contact, Side
from sync_core.domain.fields import Direction, field_map
from sync_core.domain.lifecycle import Fate, OutlookState, PipelinerState
from sync_core.domain.link import Link, LinkState
from sync_core.domain.merge import Excess
from sync_core.domain.planning import (
    GONE_WHILE_RESTING,
    OUT_OF_SIGHT,
    LinkPlan,
    plan_create_in_outlook,
    plan_create_in_pipeliner,
    plan_link,
    plan_pair,
    reason_against_create,
    see_outlook,
    see_pipeliner,
)
from sync_core.domain.records import Reason
from sync_core.domain.rules import ConflictRule, SyncType
from sync_core.domain.sides import OutlookContact, Ownership, PipelinerContact, Scope
from tests.unit.scenario import ANNA, FOLDER, NOON, STRANGER, USER, a_connection, a_link, anna, in_outlook, in_pipeliner

IN_VIENNA = anna(city="Wien")
IN_LINZ = anna(city="Linz")
OUTLOOKS = {
    OutlookState.UNCHANGED: in_outlook(),
    OutlookState.EDITED: in_outlook(IN_VIENNA),
    OutlookState.DELETED: None,
    OutlookState.MOVED: in_outlook(folder_id="folder-9"),
}
PIPELINERS = {
    PipelinerState.UNCHANGED: in_pipeliner(),
    PipelinerState.EDITED: in_pipeliner(IN_LINZ),
    PipelinerState.DELETED: in_pipeliner(is_deleted=True),
    PipelinerState.LEFT_SCOPE: in_pipeliner(owner_id=STRANGER),
}


def planned(
    outlook: OutlookContact | None,
    pipeliner: PipelinerContact | None,
    sync_type: SyncType = SyncType.TWO_WAY,
    *,
    link: Link | None = None,
    delete_protection: bool = True,
    conflict_rule: ConflictRule = ConflictRule.NEWEST,
) -> LinkPlan:
    """Plan Anna's link."""
    connection = a_connection(sync_type, delete_protection=delete_protection, conflict_rule=conflict_rule)
    return plan_link(connection, FOLDER, link or a_link(), outlook, pipeliner)


def writes(plan: LinkPlan) -> dict[Side, dict[str, object]]:
    """What a plan writes to either side."""
    return {side: dict(plan.merge.to(side)) if plan.merge else {} for side in Side}


@pytest.mark.parametrize("state", OutlookState)
def test_outlook_states_are_told_apart(state: OutlookState) -> None:
    """Gone, elsewhere, edited or as it was: each is seen for what it is."""
    assert see_outlook(a_connection(), FOLDER, a_link(), OUTLOOKS[state]) is state


@pytest.mark.parametrize("state", PipelinerState)
def test_pipeliner_states_are_told_apart(state: PipelinerState) -> None:
    """Deleted, out of scope, edited or as it was: each is seen for what it is."""
    assert see_pipeliner(a_connection(), a_link(), PIPELINERS[state]) is state


def test_archived_contact_stays() -> None:
    """Archiving a contact in Pipeliner changes nothing in Outlook."""
    plan = planned(in_outlook(), in_pipeliner(is_archived=True))

    assert plan.fate is Fate.MERGE
    assert plan.merge is not None
    assert plan.merge.writes_nothing


@pytest.mark.parametrize(
    ("scope", "state"),
    [(Scope.OWNED, PipelinerState.LEFT_SCOPE), (Scope.OWNED_OR_EDITABLE, PipelinerState.UNCHANGED)],
)
def test_the_connections_scope_says_what_has_left(scope: Scope, state: PipelinerState) -> None:
    """A contact that was given away but may still be edited stays only where that is enough."""
    given_away = replace(in_pipeliner(), ownership=Ownership(STRANGER, editor_ids=frozenset({USER.id})))

    assert see_pipeliner(replace(a_connection(), scope=scope), a_link(), given_away) is state


def test_deleted_contact_of_somebody_else_is_deleted() -> None:
    """A delete counts, whoever owns the contact by now."""
    assert (
        see_pipeliner(a_connection(), a_link(), in_pipeliner(is_deleted=True, owner_id=STRANGER))
        is PipelinerState.DELETED
    )


def test_each_side_is_measured_against_its_own_baseline() -> None:
    """A service that stores a value in its own way has not edited it."""
    link = a_link(anna(city="Graz "), anna(city="GRAZ"))

    plan = planned(in_outlook(anna(city="Graz ")), in_pipeliner(anna(city="GRAZ")), link=link)

    assert writes(plan) == {Side.OUTLOOK: {}, Side.PIPELINER: {}}


def test_edits_of_different_fields_go_both_ways() -> None:
    """A merge carries each edit to the other side."""
    plan = planned(in_outlook(IN_VIENNA), in_pipeliner(anna(job_title="Buyer")))

    assert plan.fate is Fate.MERGE
    assert plan.writes_pipeliner
    assert writes(plan) == {Side.OUTLOOK: {"job_title": "Buyer"}, Side.PIPELINER: {"city": "Wien"}}


@pytest.mark.parametrize(
    ("outlook_after_s", "rule", "city"),
    [
        (1, ConflictRule.NEWEST, "Wien"),
        (0, ConflictRule.NEWEST, "Linz"),
        (-1, ConflictRule.NEWEST, "Linz"),
        (None, ConflictRule.NEWEST, "Linz"),
        (None, ConflictRule.OUTLOOK, "Wien"),
        (1, ConflictRule.PIPELINER, "Linz"),
    ],
)
def test_conflict_goes_by_the_connections_rule(outlook_after_s: int | None, rule: ConflictRule, city: str) -> None:
    """The newest edit wins (Pipeliner's on a tie, or when Outlook tells no time), unless a side is preferred."""
    modified = None if outlook_after_s is None else NOON + timedelta(seconds=outlook_after_s)

    plan = planned(in_outlook(IN_VIENNA, modified=modified), in_pipeliner(IN_LINZ), conflict_rule=rule)

    assert plan.merge is not None
    assert [conflict.won for conflict in plan.merge.conflicts] == [city]


@pytest.mark.parametrize(
    ("outlook", "pipeliner", "protection", "fate"),
    [
        (OutlookState.DELETED, PipelinerState.UNCHANGED, True, Fate.REST),
        (OutlookState.DELETED, PipelinerState.UNCHANGED, False, Fate.DELETE_IN_PIPELINER),
        (OutlookState.UNCHANGED, PipelinerState.DELETED, True, Fate.DELETE_IN_OUTLOOK),
        (OutlookState.UNCHANGED, PipelinerState.LEFT_SCOPE, True, Fate.REMOVE_FROM_OUTLOOK),
        (OutlookState.DELETED, PipelinerState.DELETED, True, Fate.END),
        (OutlookState.MOVED, PipelinerState.EDITED, True, Fate.REST),
    ],
)
def test_fates_without_values_plan_no_writes(
    outlook: OutlookState, pipeliner: PipelinerState, fate: Fate, *, protection: bool
) -> None:
    """Rest, end and removal carry no field anywhere, and say why."""
    plan = planned(OUTLOOKS[outlook], PIPELINERS[pipeliner], delete_protection=protection)

    assert (plan.fate, plan.merge, plan.create_on) == (fate, None, None)
    assert plan.why
    assert not plan.writes_pipeliner


def test_edit_in_pipeliner_brings_a_deleted_contact_back() -> None:
    """The contact is created in Outlook again with everything that Pipeliner has."""
    plan = planned(None, in_pipeliner(IN_LINZ))

    assert (plan.fate, plan.create_on, plan.outlook) == (Fate.RECREATE_IN_OUTLOOK, Side.OUTLOOK, None)
    assert plan.link == a_link()
    assert writes(plan) == {Side.OUTLOOK: dict(IN_LINZ.values), Side.PIPELINER: {}}


def test_edit_in_outlook_brings_a_deleted_contact_back() -> None:
    """The contact is created in Pipeliner again with everything that Outlook has; the deleted one is left alone."""
    plan = planned(in_outlook(IN_VIENNA), in_pipeliner(is_deleted=True))

    assert (plan.fate, plan.create_on, plan.pipeliner) == (Fate.RECREATE_IN_PIPELINER, Side.PIPELINER, None)
    assert not plan.writes_pipeliner
    assert writes(plan) == {Side.OUTLOOK: {}, Side.PIPELINER: dict(IN_VIENNA.values)}


def test_last_edit_is_sent_before_a_contact_leaves() -> None:
    """When a contact leaves the scope only Outlook's unsent edit travels; Outlook gets nothing more."""
    plan = planned(in_outlook(IN_VIENNA), in_pipeliner(anna(job_title="Buyer"), owner_id=STRANGER))

    assert plan.fate is Fate.SEND_THEN_REMOVE
    assert writes(plan) == {Side.OUTLOOK: {}, Side.PIPELINER: {"city": "Wien"}}


def test_contact_out_of_sight_rests() -> None:
    """What Pipeliner does not show at all is neither deleted nor written, whatever Outlook shows."""
    for outlook in OUTLOOKS.values():
        plan = planned(outlook, None, delete_protection=False)

        assert (plan.fate, plan.why, plan.merge) == (Fate.REST, OUT_OF_SIGHT, None)


@pytest.mark.parametrize("why", ["delete protection", ""])
def test_resting_link_is_not_put_back_and_deletes_nothing(why: str) -> None:
    """Once at rest, neither an edit in Pipeliner nor taking the protection off brings the deleted contact up again."""
    resting = a_link(state=LinkState.RESTING, why_resting=why)

    for pipeliner in (in_pipeliner(), in_pipeliner(IN_LINZ)):
        plan = planned(None, pipeliner, link=resting, delete_protection=False)

        assert (plan.fate, plan.why, plan.merge) == (Fate.REST, why or GONE_WHILE_RESTING, None)


def test_resting_link_wakes_when_both_are_back() -> None:
    """A contact that is moved back into the folder is merged again, and one deleted on both sides ends."""
    resting = a_link(state=LinkState.RESTING)

    assert planned(in_outlook(IN_VIENNA), in_pipeliner(), link=resting).fate is Fate.MERGE
    assert planned(None, in_pipeliner(is_deleted=True), link=resting).fate is Fate.END


@pytest.mark.parametrize("sync_type", SyncType)
@pytest.mark.parametrize("outlook", OutlookState)
@pytest.mark.parametrize("pipeliner", PipelinerState)
def test_no_plan_writes_against_the_sync_type(
    sync_type: SyncType, outlook: OutlookState, pipeliner: PipelinerState
) -> None:
    """Whatever both sides show, a one-way connection plans no value and no create for the side it only reads."""
    for protected in (True, False):
        plan = planned(OUTLOOKS[outlook], PIPELINERS[pipeliner], sync_type, delete_protection=protected)

        for side in Side:
            assert sync_type.reaches(side) or not writes(plan)[side]
            assert sync_type.reaches(side) or plan.create_on is not side


def test_first_sight_of_a_pair_fills_both_sides_up() -> None:
    """What only one of the two has goes to the other."""
    outlook, pipeliner = anna(job_title="Buyer", city=""), anna(company="Acme")

    plan = plan_pair(a_connection(), in_outlook(outlook), in_pipeliner(pipeliner))

    assert (plan.link, plan.fate, plan.create_on) == (None, Fate.MERGE, None)
    assert writes(plan) == {Side.OUTLOOK: {"company": "Acme", "city": "Graz"}, Side.PIPELINER: {"job_title": "Buyer"}}


def test_new_contact_gets_everything_that_may_travel() -> None:
    """A create carries every value whose field may go that way, and reports what does not fit."""
    rows = field_map({"city": Direction.TO_OUTLOOK}, {}, [])
    contact = anna(job_title="x" * 256)

    plan = plan_create_in_pipeliner(a_connection(field_map=rows), in_outlook(contact))

    assert plan.create_on is Side.PIPELINER
    assert writes(plan)[Side.PIPELINER] == {name: value for name, value in ANNA.items() if name != "city"}
    assert plan.merge is not None
    assert [item.excess for item in plan.merge.overflows] == [Excess.TOO_LONG]
    assert plan.merge.unsettled == {"city", "job_title"}


def test_outlook_gets_as_many_addresses_as_it_holds() -> None:
    """A create in Outlook takes the first three of five addresses without ado."""
    five = tuple(f"{letter}@example.test" for letter in "abcde")

    plan = plan_create_in_outlook(a_connection(), in_pipeliner(anna(emails=five)), a_link())

    assert (plan.create_on, plan.link) == (Side.OUTLOOK, a_link())
    assert writes(plan)[Side.OUTLOOK]["emails"] == five[:3]
    assert plan.merge is not None
    assert not plan.merge.overflows


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
