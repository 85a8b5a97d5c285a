"""Creates, rest, end and removals -> the rows to store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain.contact import OutlookId, PipelinerId, Side
from sync_core.domain.fields import Direction, field_map
from sync_core.domain.lifecycle import Fate
from sync_core.domain.link import LinkState
from sync_core.domain.merge import Baselines
from sync_core.domain.planning import (
    OUT_OF_SIGHT,
    LinkPlan,
    plan_create_in_outlook,
    plan_create_in_pipeliner,
    plan_link,
)
from sync_core.domain.records import Deed, FieldChange
from sync_core.domain.rules import SyncType
from sync_core.engine.announcing import conflict_entry
from sync_core.engine.ports import OutcomeUnknown, PipelinerOutcome, Stale, Unfinished, Written
from sync_core.engine.settling import Outcomes, settle
from sync_core.engine.state_port import OutlookWork, PipelinerWork, RemovalWork, Unit, Work
from tests.unit.engine.outcomes import (
    NEW_LINK,
    PASSING,
    REFUSED,
    WORK,
    baselines_of,
    settled,
    wrote_outlook,
    wrote_pipeliner,
)
from tests.unit.scenario import (
    FOLDER,
    LINK,
    OUTLOOK,
    PIPELINER,
    STRANGER,
    a_connection,
    a_link,
    anna,
    in_outlook,
    in_pipeliner,
)

# Creates

IN_OUTLOOK = plan_create_in_outlook(a_connection(), in_pipeliner())
IN_PIPELINER = plan_create_in_pipeliner(a_connection(), in_outlook(stored_id=None))


def test_created_outlook_contact_is_linked() -> None:
    """A create in Outlook makes the link, with what Outlook shows as its baseline."""
    unit = settled(IN_OUTLOOK, wrote_outlook(anna(city="GRAZ")))

    assert unit.after is not None
    assert (unit.after.id, unit.after.created_on) == (NEW_LINK, Side.OUTLOOK)
    assert baselines_of(unit) == Baselines(anna(city="GRAZ"), anna())
    assert [(entry.deed, entry.side) for entry in unit.history] == [(Deed.CREATED, Side.OUTLOOK)]
    assert unit.settled == (f"link:{NEW_LINK}", f"pipeliner:{PIPELINER}")


def test_created_pipeliner_contact_is_linked() -> None:
    """A create in Pipeliner makes the link; stamping the Outlook contact gives its newer token."""
    unit = settled(IN_PIPELINER, wrote_outlook(anna()), wrote_pipeliner(anna(), 1))

    assert unit.after is not None
    assert (unit.after.created_on, unit.after.change_key, unit.after.revision) == (Side.PIPELINER, "key-2", 1)
    assert [(entry.deed, entry.side) for entry in unit.history] == [(Deed.CREATED, Side.PIPELINER)]
    assert unit.settled == (f"link:{NEW_LINK}", f"outlook:{OUTLOOK}")


@pytest.mark.parametrize("outcome", [*PASSING, None])
@pytest.mark.parametrize(
    ("plan", "work"),
    [(IN_OUTLOOK, PipelinerWork(PIPELINER, tries=2)), (IN_PIPELINER, OutlookWork(OUTLOOK, tries=2))],
    ids=["outlook", "pipeliner"],
)
def test_create_that_did_not_come_about_is_looked_at_again(
    plan: LinkPlan, work: Work, outcome: Stale | Unfinished | OutcomeUnknown | None
) -> None:
    """No link is stored, and the contact that wants a twin is work again, counted, which is not done at once."""
    done = (OutlookWork(OUTLOOK, tries=1), PipelinerWork(PIPELINER, tries=1))

    unit = settle(a_connection(), plan, Outcomes(outcome, outcome), NEW_LINK, done)

    assert (unit.before, unit.after, unit.history, unit.attention) == (None, None, (), ())
    assert unit.put_work == (work,)
    assert [type(item) for item in unit.done_work] == [type(item) for item in done if not isinstance(item, type(work))]


@pytest.mark.parametrize(
    ("plan", "subject", "ids"),
    [
        (IN_OUTLOOK, f"pipeliner:{PIPELINER}", (None, PIPELINER)),
        (IN_PIPELINER, f"outlook:{OUTLOOK}", (OUTLOOK, None)),
    ],
    ids=["outlook", "pipeliner"],
)
def test_refused_create_waits_for_a_person(
    plan: LinkPlan, subject: str, ids: tuple[OutlookId | None, PipelinerId | None]
) -> None:
    """The contact that gets no twin is told, and its work is done."""
    unit = settled(plan, REFUSED, REFUSED)

    (item,) = unit.attention
    assert (item.subject, item.link_id, (item.outlook_id, item.pipeliner_id)) == (subject, None, ids)
    assert (unit.after, unit.put_work, unit.done_work) == (None, (), (WORK,))


def test_contact_put_back_keeps_its_link() -> None:
    """A contact that is created again in Outlook goes on under the same link with its new id."""
    plan = plan_link(a_connection(), FOLDER, a_link(), None, in_pipeliner(anna(city="Linz")))
    new = replace(in_outlook(anna(city="Linz")), id=OutlookId("outlook-2"))

    unit = settled(plan, Written(new))

    assert unit.before == a_link()
    assert unit.after is not None
    assert (unit.after.id, unit.after.outlook_id, unit.after.created_on) == (LINK, "outlook-2", Side.OUTLOOK)
    assert [(entry.deed, entry.why) for entry in unit.history] == [(Deed.CREATED, plan.why)]


def test_contact_that_could_not_be_put_back_is_told_under_its_link() -> None:
    """A refused create of a linked contact leaves the link as it is; one that passes is tried again."""
    plan = plan_link(a_connection(), FOLDER, a_link(), in_outlook(anna(city="Wien")), in_pipeliner(is_deleted=True))

    refused, passing = settled(plan, None, REFUSED), settled(plan, None, Unfinished())

    assert [(item.subject, item.link_id) for item in refused.attention] == [(f"link:{LINK}", LINK)]
    assert (refused.before, refused.after) == (None, None)
    assert (passing.put_work, passing.done_work) == ((PipelinerWork(PIPELINER, tries=3),), ())


# Without values


@pytest.mark.parametrize("fate", [Fate.DELETE_IN_OUTLOOK, Fate.DELETE_IN_PIPELINER, Fate.REMOVE_FROM_OUTLOOK])
def test_removals_wait_for_the_end_of_the_pass(fate: Fate) -> None:
    """No link ends here: the removal becomes work, once."""
    plan = LinkPlan(a_link(), in_outlook(), in_pipeliner(), fate, "why")
    waiting = RemovalWork(LINK)

    unit = settle(a_connection(), plan, Outcomes(), NEW_LINK, (WORK, waiting))

    assert unit == Unit(put_work=(waiting,), done_work=(WORK,))


def test_end_takes_the_link_and_its_attention_away() -> None:
    """A link that neither side has any more ends, in the history too."""
    unit = settled(LinkPlan(a_link(), None, in_pipeliner(is_deleted=True), Fate.END, "gone"))

    assert (unit.before, unit.after, unit.settled, unit.done_work) == (a_link(), None, (f"link:{LINK}",), (WORK,))
    assert [(entry.deed, entry.why) for entry in unit.history] == [(Deed.ENDED, "gone")]


def test_rest_is_told_once() -> None:
    """A link comes to rest with its reason in the history; resting on for that reason is nothing new."""
    plan = plan_link(a_connection(), FOLDER, a_link(), in_outlook(), None)
    unit = settled(plan)
    assert unit.after is not None
    again = settled(plan_link(a_connection(), FOLDER, unit.after, in_outlook(), None))

    assert unit.after == a_link(state=LinkState.RESTING, why_resting=OUT_OF_SIGHT)
    assert [(entry.deed, entry.why) for entry in unit.history] == [(Deed.RESTED, OUT_OF_SIGHT)]
    assert again == Unit(done_work=(WORK,))


def test_plan_without_a_link_leaves_nothing_behind() -> None:
    """Rest means nothing for contacts that were never linked."""
    assert settled(LinkPlan(None, in_outlook(), None, Fate.REST, "why")) == Unit(done_work=(WORK,))


def test_plan_about_nothing_puts_no_work() -> None:
    """A merge of two contacts that are both gone has nobody to look at again."""
    assert settled(LinkPlan(None, None, None, Fate.MERGE, "why")) == Unit(done_work=(WORK,))


# Leaving the scope

LEAVING = plan_link(a_connection(), FOLDER, a_link(), in_outlook(anna(city="Wien")), in_pipeliner(owner_id=STRANGER))


def test_contact_leaves_once_its_last_edit_is_sent() -> None:
    """When Pipeliner has the edit, the removal becomes work."""
    unit = settled(LEAVING, None, wrote_pipeliner(anna(city="Wien")))

    assert LEAVING.fate is Fate.SEND_THEN_REMOVE
    assert (unit.put_work, unit.done_work) == ((RemovalWork(LINK),), (WORK,))
    assert baselines_of(unit).pipeliner["city"] == "Wien"


@pytest.mark.parametrize("outcome", [REFUSED, *PASSING])
def test_contact_stays_while_its_last_edit_is_not_sent(outcome: PipelinerOutcome) -> None:
    """Neither a refusal nor a hitch removes the only copy of an edit."""
    unit = settled(LEAVING, None, outcome)

    assert not any(isinstance(work, RemovalWork) for work in unit.put_work)
    assert baselines_of(unit).outlook["city"] == "Graz"


def test_one_way_conflict_keeps_the_ignored_sides_value_in_the_history() -> None:
    """Where one side leads, an edit on the other that is overwritten is told as the loser."""
    connection = a_connection(SyncType.TO_PIPELINER)
    plan = plan_link(connection, FOLDER, a_link(), in_outlook(anna(city="Wien")), in_pipeliner(anna(city="Linz")))

    entry = conflict_entry(connection, plan, LINK)

    assert entry is not None
    assert entry.changes == (FieldChange("city", "Linz", "Wien"),)


def test_field_that_could_not_be_put_back_is_not_taken_for_cleared() -> None:
    """What may not travel to a contact created again is no edit there, and clears nothing on the other side."""
    connection = a_connection(field_map=field_map({"city": Direction.TO_PIPELINER}, {}, []))
    edited = in_pipeliner(anna(job_title="Buyer"))
    plan = plan_link(connection, FOLDER, a_link(), None, edited)
    new = replace(in_outlook(anna(job_title="Buyer", city="")), id=OutlookId("outlook-2"))

    unit = settle(connection, plan, Outcomes(Written(new)), LINK, ())

    assert unit.after is not None
    again = plan_link(connection, FOLDER, unit.after, new, edited)
    assert again.merge is not None
    assert dict(again.merge.to_pipeliner) == {}
