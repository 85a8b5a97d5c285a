"""What came of a plan's writes -> the rows to store, for every way that a write can end."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from sync_core.domain.contact import Contact, LinkId, OutlookId, PipelinerId, Side
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
    plan_pair,
)
from sync_core.domain.records import Deed, FieldChange, Reason
from sync_core.domain.rules import ConflictRule, SyncType
from sync_core.domain.sides import OutlookContact, PipelinerContact
from sync_core.engine.ports import OutcomeUnknown, OutlookOutcome, PipelinerOutcome, Refused, Stale, Unfinished, Written
from sync_core.engine.settling import Outcomes, settle
from sync_core.engine.state_port import OutlookWork, PipelinerWork, RemovalWork, Unit, Work
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

NEW_LINK = LinkId("link-new")
WORK = PipelinerWork(PIPELINER, tries=2)
REFUSED = Refused("invalid", "a field is not valid", ("city",))
PASSING: tuple[Stale | Unfinished | OutcomeUnknown, ...] = (Stale(), Unfinished(30.0), OutcomeUnknown())


def settled(plan: LinkPlan, outlook: OutlookOutcome | None = None, pipeliner: PipelinerOutcome | None = None) -> Unit:
    """Settle a plan whose work row was put twice before."""
    return settle(a_connection(), plan, Outcomes(outlook, pipeliner), NEW_LINK, (WORK,))


def merge_plan(outlook: OutlookContact, pipeliner: PipelinerContact) -> LinkPlan:
    """Plan Anna's link."""
    return plan_link(a_connection(), FOLDER, a_link(), outlook, pipeliner)


def wrote_outlook(contact: Contact, change_key: str = "key-2") -> Written[OutlookContact]:
    """Outlook took a write and shows this."""
    return Written(in_outlook(contact, change_key=change_key))


def wrote_pipeliner(contact: Contact, revision: int = 2) -> Written[PipelinerContact]:
    """Pipeliner took a write and shows this."""
    return Written(in_pipeliner(contact, revision=revision))


def baselines_of(unit: Unit) -> Baselines:
    """Baselines of the link that is stored."""
    assert unit.after is not None
    return unit.after.baselines


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


def test_loser_of_a_conflict_stands_in_the_history() -> None:
    """The value that lost is kept with the one that won and the rule that decided."""
    unit = settled(CONFLICT, wrote_outlook(anna(city="Linz")))

    updated, conflict = unit.history
    assert (updated.deed, updated.side) == (Deed.UPDATED, Side.OUTLOOK)
    assert (conflict.deed, conflict.changes) == (Deed.CONFLICT, (FieldChange("city", "Wien", "Linz"),))
    assert ConflictRule.NEWEST.value in conflict.why


@pytest.mark.parametrize("outcome", [REFUSED, *PASSING])
def test_conflict_that_was_not_carried_out_is_not_told(outcome: OutlookOutcome) -> None:
    """As long as the loser is still there nothing was lost, and the next pass decides anew."""
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
    [(IN_OUTLOOK, PipelinerWork(PIPELINER)), (IN_PIPELINER, OutlookWork(OUTLOOK))],
    ids=["outlook", "pipeliner"],
)
def test_create_that_did_not_come_about_is_looked_at_again(
    plan: LinkPlan, work: Work, outcome: Stale | Unfinished | OutcomeUnknown | None
) -> None:
    """No link is stored, and the contact that wants a twin is work again, which is not done at once."""
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
    assert (passing.put_work, passing.done_work) == ((PipelinerWork(PIPELINER),), ())


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

    unit = settle(connection, plan, Outcomes(None, wrote_pipeliner(anna(city="Wien"))), NEW_LINK, ())

    assert unit.history[-1].changes == (FieldChange("city", "Linz", "Wien"),)
