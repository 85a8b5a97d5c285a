"""What came of a merge's writes -> the rows to store, for every way that a write can end."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from sync_core.domain.contact import Side
from sync_core.domain.fields import Direction, field_map
from sync_core.domain.link import LinkState
from sync_core.domain.merge import Baselines
from sync_core.domain.planning import (
    LinkPlan,
    plan_link,
    plan_pair,
)
from sync_core.domain.records import Deed, FieldChange, Reason
from sync_core.domain.rules import ConflictRule
from sync_core.domain.sides import OutlookContact, PipelinerContact
from sync_core.engine.announcing import conflict_entry
from sync_core.engine.ports import OutcomeUnknown, OutlookOutcome, PipelinerOutcome, Stale, Unfinished, Written
from sync_core.engine.settling import Outcomes, settle
from sync_core.engine.state_port import PipelinerWork
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
    NOON,
    OUTLOOK,
    PIPELINER,
    a_connection,
    a_link,
    anna,
    in_outlook,
    in_pipeliner,
)


def merge_plan(outlook: OutlookContact, pipeliner: PipelinerContact) -> LinkPlan:
    """Plan Anna's link."""
    return plan_link(a_connection(), FOLDER, a_link(), outlook, pipeliner)


# A merge that writes both sides: the city goes to Pipeliner, the job title to Outlook

READ_OUTLOOK, READ_PIPELINER = anna(city="Wien"), anna(job_title="Buyer")
BOTH_DONE = anna(city="Wien", job_title="Buyer")
BOTH_WAYS = merge_plan(in_outlook(READ_OUTLOOK), in_pipeliner(READ_PIPELINER))
OUTLOOK_ENDS: tuple[OutlookOutcome, ...] = (wrote_outlook(BOTH_DONE), REFUSED, *PASSING)
PIPELINER_ENDS: tuple[PipelinerOutcome, ...] = (wrote_pipeliner(BOTH_DONE), REFUSED, *PASSING)
ENDS = list(product(OUTLOOK_ENDS, PIPELINER_ENDS))


@pytest.mark.parametrize(("outlook", "pipeliner"), ENDS)
def test_agreement_moves_with_the_writes_that_were_done(outlook: OutlookOutcome, pipeliner: PipelinerOutcome) -> None:
    """A field's baselines move on both sides when its write was done, and on neither when it was not."""
    baselines = baselines_of(settled(BOTH_WAYS, outlook, pipeliner))

    city = "Wien" if isinstance(pipeliner, Written) else "Graz"
    job_title = "Buyer" if isinstance(outlook, Written) else ""
    assert (baselines.outlook["city"], baselines.pipeliner["city"]) == (city, city)
    assert (baselines.outlook["job_title"], baselines.pipeliner["job_title"]) == (job_title, job_title)


@pytest.mark.parametrize(("outlook", "pipeliner"), ENDS)
def test_history_tells_the_writes_that_were_done(outlook: OutlookOutcome, pipeliner: PipelinerOutcome) -> None:
    """One entry per side that was written, with the values before and after, and none for the others."""
    unit = settled(BOTH_WAYS, outlook, pipeliner)

    expected = {}
    if isinstance(outlook, Written):
        expected[Side.OUTLOOK] = (FieldChange("job_title", "", "Buyer"),)
    if isinstance(pipeliner, Written):
        expected[Side.PIPELINER] = (FieldChange("city", "Graz", "Wien"),)
    assert {entry.side: entry.changes for entry in unit.history} == expected
    assert all((entry.deed, entry.link_id) == (Deed.UPDATED, LINK) for entry in unit.history)


@pytest.mark.parametrize(("outlook", "pipeliner"), ENDS)
def test_what_passes_is_tried_again(outlook: OutlookOutcome, pipeliner: PipelinerOutcome) -> None:
    """After a stale, unfinished or unknown write the work is put again, counted, and not also done."""
    unit = settled(BOTH_WAYS, outlook, pipeliner)

    if isinstance(outlook, Stale | Unfinished | OutcomeUnknown) or isinstance(
        pipeliner, Stale | Unfinished | OutcomeUnknown
    ):
        assert unit.put_work == (PipelinerWork(PIPELINER, tries=3),)
        assert unit.done_work == ()
    else:
        assert (unit.put_work, unit.done_work) == ((), (WORK,))


@pytest.mark.parametrize(("outlook", "pipeliner"), ENDS)
def test_refusal_waits_for_a_person(outlook: OutlookOutcome, pipeliner: PipelinerOutcome) -> None:
    """A refused write becomes one attention item with all ids; without one, what stood before is settled."""
    unit = settled(BOTH_WAYS, outlook, pipeliner)

    if REFUSED in (outlook, pipeliner):
        (item,) = unit.attention
        assert (item.subject, item.reason) == (f"link:{LINK}", Reason.REFUSED)
        assert (item.link_id, item.outlook_id, item.pipeliner_id) == (LINK, OUTLOOK, PIPELINER)
        assert unit.settled == ()
    else:
        assert (unit.attention, unit.settled) == ((), (f"link:{LINK}",))


def test_link_remembers_the_state_that_it_merged() -> None:
    """The tokens of both answers are kept, so that our own echo is known."""
    unit = settled(BOTH_WAYS, wrote_outlook(BOTH_DONE), wrote_pipeliner(BOTH_DONE))

    assert unit.before == a_link()
    assert unit.after is not None
    assert (unit.after.id, unit.after.change_key, unit.after.revision) == (LINK, "key-2", 2)


def test_link_remembers_when_it_was_written() -> None:
    """The times by which a circle is known outlive a merge."""
    link = replace(a_link(), written=(NOON,))

    unit = settled(plan_link(a_connection(), FOLDER, link, in_outlook(), in_pipeliner()))

    assert unit.after is not None
    assert unit.after.written == (NOON,)


def test_unwritten_side_is_remembered_as_it_was_read() -> None:
    """Where nothing was written the tokens are those of the read."""
    plan = merge_plan(in_outlook(READ_OUTLOOK, change_key="key-7"), in_pipeliner(revision=7))
    unit = settled(plan, None, wrote_pipeliner(READ_OUTLOOK, 8))

    assert unit.after is not None
    assert (unit.after.change_key, unit.after.revision) == ("key-7", 8)


def test_baseline_is_what_the_service_made_of_a_value() -> None:
    """A side's baseline holds the form in which it shows what it was sent."""
    unit = settled(BOTH_WAYS, wrote_outlook(BOTH_DONE), wrote_pipeliner(BOTH_DONE.with_values({"city": "WIEN"})))

    assert (baselines_of(unit).outlook["city"], baselines_of(unit).pipeliner["city"]) == ("Wien", "WIEN")


def test_edit_between_our_read_and_our_write_is_looked_at_again() -> None:
    """An answer that shows a change which is not ours neither enters the baseline nor counts as our echo."""
    meanwhile = BOTH_DONE.with_values({"state": "Styria"})

    unit = settled(BOTH_WAYS, wrote_outlook(meanwhile), wrote_pipeliner(meanwhile))

    assert unit.after is not None
    assert (unit.after.change_key, unit.after.revision) == ("", -1)
    assert baselines_of(unit).outlook["state"] == baselines_of(unit).pipeliner["state"] == ""


def test_nothing_to_write_settles_what_was_read() -> None:
    """Both sides made the same edit: the baselines follow, and there is nothing to tell."""
    unit = settled(merge_plan(in_outlook(READ_OUTLOOK), in_pipeliner(READ_OUTLOOK)))

    assert baselines_of(unit) == Baselines(READ_OUTLOOK, READ_OUTLOOK)
    assert (unit.history, unit.attention, unit.done_work) == ((), (), (WORK,))


def test_merge_wakes_a_resting_link() -> None:
    """A contact that is back in the folder is linked again."""
    resting = a_link(state=LinkState.RESTING, why_resting="moved")
    plan = plan_link(a_connection(), FOLDER, resting, in_outlook(), in_pipeliner())

    unit = settled(plan)

    assert unit.before == resting
    assert unit.after is not None
    assert (unit.after.state, unit.after.why_resting) == (LinkState.LINKED, "")


# Conflicts

CONFLICT = merge_plan(in_outlook(anna(city="Wien")), in_pipeliner(anna(city="Linz")))


def test_loser_of_a_conflict_is_named_before_it_is_overwritten() -> None:
    """The entry keeps the value that loses, with the one that wins and the rule that decided."""
    entry = conflict_entry(a_connection(), CONFLICT, LINK)

    assert entry is not None
    assert (entry.deed, entry.changes) == (Deed.CONFLICT, (FieldChange("city", "Wien", "Linz"),))
    assert (entry.link_id, entry.outlook_id, entry.pipeliner_id) == (LINK, OUTLOOK, PIPELINER)
    assert ConflictRule.NEWEST.value in entry.why


def test_agreement_has_no_loser() -> None:
    """Edits of different fields overwrite nobody."""
    assert conflict_entry(a_connection(), BOTH_WAYS, LINK) is None


@pytest.mark.parametrize("outcome", [REFUSED, *PASSING])
def test_conflict_that_was_not_carried_out_is_decided_anew(outcome: OutlookOutcome) -> None:
    """Both sides' values stay edits in the eyes of the next pass."""
    unit = settled(CONFLICT, outcome)

    assert unit.history == ()
    assert baselines_of(unit).outlook["city"] == baselines_of(unit).pipeliner["city"] == "Graz"


# Fields that are not in agreement


def test_value_that_does_not_fit_waits_without_stopping_the_others() -> None:
    """The long value keeps its baselines and is told; the other field is merged."""
    outlook = anna(city="Wien", job_title="x" * 256)
    plan = merge_plan(in_outlook(outlook), in_pipeliner())

    unit = settled(plan, None, wrote_pipeliner(anna(city="Wien")))

    assert [item.reason for item in unit.attention] == [Reason.TOO_LONG]
    assert unit.settled == ()
    assert baselines_of(unit) == Baselines(anna(city="Wien"), anna(city="Wien"))


def test_edit_against_a_fields_direction_waits() -> None:
    """What may not travel keeps its baselines, so that it travels should the direction change."""
    rows = field_map({"city": Direction.TO_OUTLOOK}, {}, [])
    connection = a_connection(field_map=rows)
    plan = plan_link(connection, FOLDER, a_link(), in_outlook(anna(city="Wien")), in_pipeliner())

    unit = settle(connection, plan, Outcomes(), NEW_LINK, ())

    assert baselines_of(unit) == Baselines(anna(), anna())
    assert unit.attention == ()


# First sight


def test_pair_on_first_sight_is_linked() -> None:
    """The new link has both sides' own values as baselines, and the history says that they were linked."""
    outlook, pipeliner = anna(job_title="Buyer"), anna()
    plan = plan_pair(a_connection(), in_outlook(outlook, stored_id=None), in_pipeliner(pipeliner))

    unit = settled(plan, wrote_outlook(outlook), wrote_pipeliner(outlook))

    assert unit.before is None
    assert unit.after is not None
    assert (unit.after.id, unit.after.outlook_id, unit.after.pipeliner_id) == (NEW_LINK, OUTLOOK, PIPELINER)
    assert unit.after.created_on is None
    assert [(entry.deed, entry.side) for entry in unit.history] == [(Deed.LINKED, None), (Deed.UPDATED, Side.PIPELINER)]
    assert unit.settled == (f"link:{NEW_LINK}", f"outlook:{OUTLOOK}", f"pipeliner:{PIPELINER}")


@pytest.mark.parametrize("outcome", PASSING)
def test_pair_whose_write_failed_is_linked_and_tried_again(outcome: PipelinerOutcome) -> None:
    """The link is stored at once, so that nothing is created meanwhile; the unsent field counts as new."""
    outlook = anna(job_title="Buyer")
    plan = plan_pair(a_connection(), in_outlook(outlook), in_pipeliner())

    unit = settled(plan, None, outcome)

    assert baselines_of(unit) == Baselines(anna(), anna())
    assert unit.put_work == (PipelinerWork(PIPELINER, tries=3),)
