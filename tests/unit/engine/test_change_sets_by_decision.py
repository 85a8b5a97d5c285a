"""Creates, ends and removals -> the rows to store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain import (
    Absent,
    AbsentBy,
    Action,
    Baselines,
    Create,
    Direction,
    End,
    FieldChange,
    Merge,
    OutlookId,
    Ownership,
    PipelinerId,
    Recreate,
    Remove,
    Side,
    SyncType,
    Update,
    Wait,
    decide,
    decide_create,
    field_map,
    wait_first,
)
from sync_core.engine.applying import conflict_entry
from sync_core.engine.change_sets import Outcomes, to_change_set
from sync_core.engine.ports import (
    Awaited,
    ChangeSet,
    OutcomeUnknown,
    OutlookLook,
    PipelinerLook,
    PipelinerOutcome,
    Stale,
    Unfinished,
    Work,
    Written,
)
from sync_core.engine.removed import REMOVED_BEFORE
from tests.unit.engine.outcomes import (
    LATER,
    NEW_LINK,
    PASSING,
    REFUSED,
    WORK,
    baselines_of,
    decided,
    recorded,
    wrote_outlook,
    wrote_pipeliner,
)
from tests.unit.scenario import (
    FOLDER,
    LINK,
    NOON,
    OUTLOOK,
    PIPELINER,
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

# Creates

IN_OUTLOOK = decide_create(a_connection(), in_pipeliner())
IN_PIPELINER = decide_create(a_connection(), in_outlook(stored_id=None))


def test_created_outlook_contact_is_linked() -> None:
    """A create in Outlook makes the link, with what Outlook shows as its baseline."""
    change_set = recorded(IN_OUTLOOK, wrote_outlook(anna(city="GRAZ")))

    assert change_set.after is not None
    assert (change_set.after.id, change_set.after.created_on) == (NEW_LINK, Side.OUTLOOK)
    assert baselines_of(change_set) == Baselines(anna(city="GRAZ"), anna())
    assert [(entry.action, entry.side) for entry in change_set.history] == [(Action.CREATED, Side.OUTLOOK)]
    assert change_set.resolved == (f"link:{NEW_LINK}", f"pipeliner:{PIPELINER}")


def test_created_pipeliner_contact_is_linked() -> None:
    """A create in Pipeliner makes the link; stamping the Outlook contact gives its newer token."""
    change_set = recorded(IN_PIPELINER, wrote_outlook(anna()), wrote_pipeliner(anna(), 1))

    assert change_set.after is not None
    assert (change_set.after.created_on, change_set.after.change_key, change_set.after.revision) == (
        Side.PIPELINER,
        "key-2",
        1,
    )
    assert [(entry.action, entry.side) for entry in change_set.history] == [(Action.CREATED, Side.PIPELINER)]
    assert change_set.resolved == (f"link:{NEW_LINK}", f"outlook:{OUTLOOK}")


@pytest.mark.parametrize("outcome", [*PASSING, None])
@pytest.mark.parametrize(
    ("decision", "work"),
    [(IN_OUTLOOK, PipelinerLook(PIPELINER, tries=2)), (IN_PIPELINER, OutlookLook(OUTLOOK, tries=2))],
    ids=["outlook", "pipeliner"],
)
def test_create_that_did_not_come_about_is_looked_at_again(
    decision: Create, work: Work, outcome: Stale | Unfinished | OutcomeUnknown | None
) -> None:
    """No link is stored, and the contact that wants a counterpart is work again, counted when tried, and not done."""
    done = (OutlookLook(OUTLOOK, tries=1), PipelinerLook(PIPELINER, tries=1))

    change_set = to_change_set(a_connection(), decision, Outcomes(outcome, outcome), NEW_LINK, done, NOON)

    assert (change_set.before, change_set.after, change_set.history, change_set.attention) == (None, None, (), ())
    is_tried = isinstance(outcome, Stale | OutcomeUnknown)
    assert change_set.put_work == (work if is_tried else replace(work, tries=1),)
    assert [type(item) for item in change_set.done_work] == [
        type(item) for item in done if not isinstance(item, type(work))
    ]


@pytest.mark.parametrize(
    ("decision", "subject", "ids"),
    [
        (IN_OUTLOOK, f"pipeliner:{PIPELINER}", (None, PIPELINER)),
        (IN_PIPELINER, f"outlook:{OUTLOOK}", (OUTLOOK, None)),
    ],
    ids=["outlook", "pipeliner"],
)
def test_refused_create_waits_for_a_person(
    decision: Create, subject: str, ids: tuple[OutlookId | None, PipelinerId | None]
) -> None:
    """The contact that gets no counterpart is told, and its work is done."""
    change_set = recorded(decision, REFUSED, REFUSED)

    (item,) = change_set.attention
    assert (item.subject, item.link_id, (item.outlook_id, item.pipeliner_id)) == (subject, None, ids)
    assert (change_set.after, change_set.put_work, change_set.done_work) == (None, (), (WORK,))


def test_contact_put_back_keeps_its_link() -> None:
    """A contact that is created again in Outlook goes on under the same link with its new id."""
    decision = decided(None, in_pipeliner(anna(city="Linz")))
    assert isinstance(decision, Recreate)
    new = replace(in_outlook(anna(city="Linz")), id=OutlookId("outlook-2"))

    change_set = recorded(decision, Written(new))

    assert change_set.before == a_link()
    assert change_set.after is not None
    assert (change_set.after.id, change_set.after.outlook_id, change_set.after.created_on) == (
        LINK,
        "outlook-2",
        Side.OUTLOOK,
    )
    assert [(entry.action, entry.why) for entry in change_set.history] == [(Action.CREATED, decision.why)]


def test_contact_that_could_not_be_put_back_is_told_under_its_link() -> None:
    """A refused create of a linked contact leaves the link as it is; one that may yet be done is tried again."""
    decision = decided(in_outlook(anna(city="Wien")), in_pipeliner(is_deleted=True))

    refused, passing = recorded(decision, None, REFUSED), recorded(decision, None, Unfinished(why="it failed"))

    assert [(item.subject, item.link_id) for item in refused.attention] == [(f"link:{LINK}", LINK)]
    assert (refused.before, refused.after) == (None, None)
    assert (passing.put_work, passing.done_work) == ((PipelinerLook(PIPELINER, tries=3),), ())


# Removals and ends


@pytest.mark.parametrize(
    ("side", "action"),
    [(Side.OUTLOOK, Action.DELETED), (Side.PIPELINER, Action.DELETED), (Side.OUTLOOK, Action.REMOVED)],
)
def test_removals_wait_for_the_end_of_the_run(side: Side, action: Action) -> None:
    """No link ends here: the link says what is missing since when, and the removal becomes work, once."""
    contact = in_outlook() if side is Side.OUTLOOK else in_pipeliner()
    by = AbsentBy.SCOPE if action is Action.REMOVED else AbsentBy.UNKNOWN
    decision = wait_first(Remove(a_link(), side, contact, action, "why"))
    waiting, missing = Awaited(LINK, NOON, side.other), a_link(absent=Absent(side.other, by, NOON))

    change_set = to_change_set(a_connection(), decision, Outcomes(), NEW_LINK, (WORK, waiting), NOON)

    assert change_set == ChangeSet(a_link(), missing, put_work=(waiting,), done_work=(WORK,))


def test_a_contact_that_is_missing_still_is_missing_since_it_was_first_seen_so() -> None:
    """Looking again, as every full sync does, never puts the delay off."""
    link = a_link(absent=Absent(Side.OUTLOOK, AbsentBy.UNKNOWN, NOON))
    decision = Wait(link, Side.OUTLOOK, AbsentBy.UNKNOWN, "deleted in Outlook")

    change_set = to_change_set(a_connection(), decision, Outcomes(), NEW_LINK, (WORK,), LATER)

    assert (change_set.after, change_set.put_work) == (link, (Awaited(LINK, NOON, Side.OUTLOOK),))


def test_a_delete_of_ours_that_may_still_arrive_is_not_taken_for_a_persons() -> None:
    """The mark that the sync began to remove the contact stays, whatever waits now."""
    link = a_link(absent=ours(Side.OUTLOOK))
    decision = Wait(link, Side.PIPELINER, AbsentBy.SCOPE, "it left the user's scope")

    change_set = to_change_set(a_connection(), decision, Outcomes(), NEW_LINK, (WORK,), LATER)

    assert change_set.after == link


@pytest.mark.parametrize("side", Side)
def test_a_contact_is_created_again_only_at_the_end_of_a_run(side: Side) -> None:
    """Another contact may take the place of the missing one before that."""
    source = in_pipeliner() if side is Side.OUTLOOK else in_outlook()
    decision = Recreate(a_link(), side, source, Merge({}, {}), "the edit wins")

    assert wait_first(decision) == Wait(a_link(), side, AbsentBy.UNKNOWN, "the edit wins")


@pytest.mark.parametrize("absent", [None, dormant()])
def test_end_takes_the_link_and_its_attention_away(absent: Absent | None) -> None:
    """A link that neither side has any more ends, in the history too."""
    link = a_link(absent=absent)
    change_set = recorded(End(link, "gone"))

    assert (change_set.before, change_set.after, change_set.resolved, change_set.done_work) == (
        link,
        None,
        (f"link:{LINK}",),
        (WORK,),
    )
    assert [(entry.action, entry.why) for entry in change_set.history] == [(Action.ENDED, "gone")]


@pytest.mark.parametrize("side", Side)
def test_end_of_a_removal_that_was_cut_off_tells_the_removal(side: Side) -> None:
    """The run that deleted the contact could not say so; the values that it had are kept for an undo."""
    (entry,) = recorded(End(a_link(absent=ours(side)), "the sync removed it")).history

    assert (entry.action, entry.side, entry.why) == (Action.DELETED, side, REMOVED_BEFORE)
    assert {change.field: (change.old, change.new) for change in entry.changes} == {
        name: (value, "") for name, value in anna().values.items()
    }
    assert (entry.link_id, entry.outlook_id, entry.pipeliner_id) == (LINK, OUTLOOK, PIPELINER)


def test_contact_that_comes_back_after_a_removal_that_was_cut_off_tells_both() -> None:
    """First that it was deleted, then that it was created again; the mark is gone with that."""
    decision = decided(None, in_pipeliner(), a_link(absent=ours(Side.OUTLOOK)))
    new = replace(in_outlook(), id=OutlookId("outlook-2"))

    change_set = recorded(decision, Written(new))

    assert [(entry.action, entry.side, entry.why) for entry in change_set.history] == [
        (Action.DELETED, Side.OUTLOOK, REMOVED_BEFORE),
        (Action.CREATED, Side.OUTLOOK, "back after the sync removed it"),
    ]
    assert change_set.after is not None
    assert (change_set.after.outlook_id, change_set.after.absent) == ("outlook-2", None)


# Leaving the scope

STILL_EDITABLE = Ownership(STRANGER, editor_ids=frozenset({USER.id}))
LEAVING = decided(in_outlook(anna(city="Wien")), replace(in_pipeliner(), ownership=STILL_EDITABLE))


def test_contact_leaves_once_its_last_edit_is_sent() -> None:
    """When Pipeliner has the edit, the removal becomes work."""
    change_set = recorded(LEAVING, None, wrote_pipeliner(anna(city="Wien")))

    assert isinstance(LEAVING, Update)
    assert LEAVING.then_remove
    assert (change_set.put_work, change_set.done_work) == ((Awaited(LINK, LATER, Side.PIPELINER),), (WORK,))
    assert baselines_of(change_set).pipeliner["city"] == "Wien"


@pytest.mark.parametrize("outcome", [REFUSED, *PASSING])
def test_contact_stays_while_its_last_edit_is_not_sent(outcome: PipelinerOutcome) -> None:
    """Neither a refusal nor a hitch removes the only copy of an edit."""
    change_set = recorded(LEAVING, None, outcome)

    assert not any(isinstance(work, Awaited) for work in change_set.put_work)
    assert baselines_of(change_set).outlook["city"] == "Graz"


def test_one_way_conflict_keeps_the_ignored_sides_value_in_the_history() -> None:
    """Where one side leads, an edit on the other that is overwritten is told as the loser."""
    connection = a_connection(SyncType.TO_PIPELINER)
    decision = decide(connection, FOLDER, a_link(), in_outlook(anna(city="Wien")), in_pipeliner(anna(city="Linz")))
    assert isinstance(decision, Update)

    entry = conflict_entry(connection, decision, LINK)

    assert entry is not None
    assert entry.changes == (FieldChange("city", "Linz", "Wien"),)


def test_field_that_could_not_be_put_back_is_not_taken_for_cleared() -> None:
    """What may not travel to a contact created again is no edit there, and clears nothing on the other side."""
    connection = a_connection(field_map=field_map({"city": Direction.TO_PIPELINER}, {}, []))
    edited = in_pipeliner(anna(job_title="Buyer"))
    decision = decide(connection, FOLDER, a_link(), None, edited)
    new = replace(in_outlook(anna(job_title="Buyer", city="")), id=OutlookId("outlook-2"))

    change_set = to_change_set(connection, decision, Outcomes(Written(new)), LINK, (), NOON)

    assert change_set.after is not None
    again = decide(connection, FOLDER, change_set.after, new, edited)
    assert isinstance(again, Update)
    assert dict(again.merge.to_pipeliner) == {}
