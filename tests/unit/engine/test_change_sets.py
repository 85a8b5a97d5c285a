"""What came of a merge's writes -> the rows to store, for every way that a write can end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from sync_core.domain import (
    Absent,
    AbsentBy,
    Action,
    Baselines,
    ConflictRule,
    Connection,
    Direction,
    FieldChange,
    Link,
    OutlookContact,
    PipelinerContact,
    Reason,
    Side,
    Update,
    decide,
    decide_pair,
    field_map,
)
from sync_core.engine.applying import conflict_entry
from sync_core.engine.change_sets import Outcomes, to_change_set
from sync_core.engine.ports import (
    OutcomeUnknown,
    OutlookOutcome,
    PipelinerLook,
    PipelinerOutcome,
    Stale,
    Unfinished,
    Written,
)
from tests.unit.engine.outcomes import (
    NEW_LINK,
    PASSING,
    REFUSED,
    WORK,
    baselines_of,
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
    a_connection,
    a_link,
    anna,
    dormant,
    in_outlook,
    in_pipeliner,
    ours,
)


def merged(
    outlook: OutlookContact, pipeliner: PipelinerContact, link: Link | None = None, connection: Connection | None = None
) -> Update:
    """Decide about Anna's link, whose contacts are both there."""
    decision = decide(connection or a_connection(), FOLDER, link or a_link(), outlook, pipeliner)
    assert isinstance(decision, Update)
    return decision


# A merge that writes both sides: the city goes to Pipeliner, the job title to Outlook

READ_OUTLOOK, READ_PIPELINER = anna(city="Wien"), anna(job_title="Buyer")
BOTH_DONE = anna(city="Wien", job_title="Buyer")
BOTH_WAYS = merged(in_outlook(READ_OUTLOOK), in_pipeliner(READ_PIPELINER))
OUTLOOK_ENDS: tuple[OutlookOutcome, ...] = (wrote_outlook(BOTH_DONE), REFUSED, *PASSING)
PIPELINER_ENDS: tuple[PipelinerOutcome, ...] = (wrote_pipeliner(BOTH_DONE), REFUSED, *PASSING)
ENDS = list(product(OUTLOOK_ENDS, PIPELINER_ENDS))


@pytest.mark.parametrize(("outlook", "pipeliner"), ENDS)
def test_agreement_moves_with_the_writes_that_were_done(outlook: OutlookOutcome, pipeliner: PipelinerOutcome) -> None:
    """A field's baselines move on both sides when its write was done, and on neither when it was not."""
    baselines = baselines_of(recorded(BOTH_WAYS, outlook, pipeliner))

    city = "Wien" if isinstance(pipeliner, Written) else "Graz"
    job_title = "Buyer" if isinstance(outlook, Written) else ""
    assert (baselines.outlook["city"], baselines.pipeliner["city"]) == (city, city)
    assert (baselines.outlook["job_title"], baselines.pipeliner["job_title"]) == (job_title, job_title)


@pytest.mark.parametrize(("outlook", "pipeliner"), ENDS)
def test_history_tells_the_writes_that_were_done(outlook: OutlookOutcome, pipeliner: PipelinerOutcome) -> None:
    """One entry per side that was written, with the values before and after, and none for the others."""
    change_set = recorded(BOTH_WAYS, outlook, pipeliner)

    expected = {}
    if isinstance(outlook, Written):
        expected[Side.OUTLOOK] = (FieldChange("job_title", "", "Buyer"),)
    if isinstance(pipeliner, Written):
        expected[Side.PIPELINER] = (FieldChange("city", "Graz", "Wien"),)
    assert {entry.side: entry.changes for entry in change_set.history} == expected
    assert all((entry.action, entry.link_id) == (Action.UPDATED, LINK) for entry in change_set.history)


@pytest.mark.parametrize(("outlook", "pipeliner"), ENDS)
def test_what_may_yet_be_done_is_tried_again(outlook: OutlookOutcome, pipeliner: PipelinerOutcome) -> None:
    """After a stale, unfinished or unknown write the work is put again, and not also done; a mere pause is no try."""
    change_set = recorded(BOTH_WAYS, outlook, pipeliner)

    if isinstance(outlook, Stale | Unfinished | OutcomeUnknown) or isinstance(
        pipeliner, Stale | Unfinished | OutcomeUnknown
    ):
        is_tried = any(isinstance(one, Stale | OutcomeUnknown) for one in (outlook, pipeliner))
        assert change_set.put_work == (PipelinerLook(PIPELINER, tries=3 if is_tried else 2),)
        assert change_set.done_work == ()
    else:
        assert (change_set.put_work, change_set.done_work) == ((), (WORK,))


@pytest.mark.parametrize(("outlook", "pipeliner"), ENDS)
def test_refusal_waits_for_a_person(outlook: OutlookOutcome, pipeliner: PipelinerOutcome) -> None:
    """A refused write becomes one attention item with all ids; without one, what stood before is resolved."""
    change_set = recorded(BOTH_WAYS, outlook, pipeliner)

    if REFUSED in (outlook, pipeliner):
        (item,) = change_set.attention
        assert (item.subject, item.reason) == (f"link:{LINK}", Reason.REFUSED)
        assert (item.link_id, item.outlook_id, item.pipeliner_id) == (LINK, OUTLOOK, PIPELINER)
        assert change_set.resolved == ()
    else:
        assert change_set.attention == ()
        agree = all(isinstance(outcome, Written) for outcome in (outlook, pipeliner))
        assert change_set.resolved == (f"link:{LINK}", *((f"read_only:{LINK}",) if agree else ()))


def test_link_remembers_the_state_that_it_merged() -> None:
    """The tokens of both answers are kept, so that our own echo is known."""
    change_set = recorded(BOTH_WAYS, wrote_outlook(BOTH_DONE), wrote_pipeliner(BOTH_DONE))

    assert change_set.before == a_link()
    assert change_set.after is not None
    assert (change_set.after.id, change_set.after.change_key, change_set.after.revision) == (LINK, "key-2", 2)


def test_link_remembers_when_it_was_written() -> None:
    """The times by which a circle is known outlive a merge."""
    link = replace(a_link(), written=(NOON,))

    change_set = recorded(merged(in_outlook(), in_pipeliner(), link))

    assert change_set.after is not None
    assert change_set.after.written == (NOON,)


def test_unwritten_side_is_remembered_as_it_was_read() -> None:
    """Where nothing was written the tokens are those of the read."""
    decision = merged(in_outlook(READ_OUTLOOK, change_key="key-7"), in_pipeliner(revision=7))
    change_set = recorded(decision, None, wrote_pipeliner(READ_OUTLOOK, 8))

    assert change_set.after is not None
    assert (change_set.after.change_key, change_set.after.revision) == ("key-7", 8)


def test_baseline_is_what_the_service_made_of_a_value() -> None:
    """A side's baseline holds the form in which it shows what it was sent."""
    change_set = recorded(BOTH_WAYS, wrote_outlook(BOTH_DONE), wrote_pipeliner(BOTH_DONE.with_values({"city": "WIEN"})))

    assert (baselines_of(change_set).outlook["city"], baselines_of(change_set).pipeliner["city"]) == ("Wien", "WIEN")


def test_edit_between_our_read_and_our_write_is_looked_at_again() -> None:
    """An answer that shows a change which is not ours neither enters the baseline nor counts as our echo."""
    meanwhile = BOTH_DONE.with_values({"state": "Styria"})

    change_set = recorded(BOTH_WAYS, wrote_outlook(meanwhile), wrote_pipeliner(meanwhile))

    assert change_set.after is not None
    assert (change_set.after.change_key, change_set.after.revision) == ("", -1)
    assert baselines_of(change_set).outlook["state"] == baselines_of(change_set).pipeliner["state"] == ""


def test_nothing_to_write_agrees_on_what_was_read() -> None:
    """Both sides made the same edit: the baselines follow, and there is nothing to tell."""
    change_set = recorded(merged(in_outlook(READ_OUTLOOK), in_pipeliner(READ_OUTLOOK)))

    assert baselines_of(change_set) == Baselines(READ_OUTLOOK, READ_OUTLOOK)
    assert (change_set.history, change_set.attention, change_set.done_work) == ((), (), (WORK,))


@pytest.mark.parametrize(
    "mark", [dormant("moved"), dormant("out of sight", Side.PIPELINER, AbsentBy.SIGHT), *map(ours, Side)]
)
def test_a_return_clears_the_mark(mark: Absent) -> None:
    """A contact that is back, or that we began to remove and which is still there, has its link go on as before."""
    marked = a_link(absent=mark)

    change_set = recorded(merged(in_outlook(), in_pipeliner(), marked))

    assert change_set.before == marked
    assert change_set.after == a_link()


# Conflicts

CONFLICT = merged(in_outlook(anna(city="Wien"), modified=NOON - timedelta(hours=1)), in_pipeliner(anna(city="Linz")))


def test_loser_of_a_conflict_is_named_before_it_is_overwritten() -> None:
    """The entry keeps the value that loses, with the one that wins and the rule that decided."""
    entry = conflict_entry(a_connection(), CONFLICT, LINK)

    assert entry is not None
    assert (entry.action, entry.changes) == (Action.CONFLICT, (FieldChange("city", "Wien", "Linz"),))
    assert (entry.link_id, entry.outlook_id, entry.pipeliner_id) == (LINK, OUTLOOK, PIPELINER)
    assert ConflictRule.NEWEST.value in entry.why


def test_agreement_has_no_loser() -> None:
    """Edits of different fields overwrite nobody."""
    assert conflict_entry(a_connection(), BOTH_WAYS, LINK) is None


@pytest.mark.parametrize("outcome", [REFUSED, *PASSING])
def test_conflict_that_was_not_applied_is_decided_anew(outcome: OutlookOutcome) -> None:
    """Both sides' values stay edits in the eyes of the next run."""
    change_set = recorded(CONFLICT, outcome)

    assert change_set.history == ()
    assert baselines_of(change_set).outlook["city"] == baselines_of(change_set).pipeliner["city"] == "Graz"


# Fields that are not in agreement


def test_value_that_does_not_fit_waits_without_stopping_the_others() -> None:
    """The long value keeps its baselines and is told; the other field is merged."""
    outlook = anna(city="Wien", job_title="x" * 256)
    decision = merged(in_outlook(outlook), in_pipeliner())

    change_set = recorded(decision, None, wrote_pipeliner(anna(city="Wien")))

    assert [item.reason for item in change_set.attention] == [Reason.TOO_LONG]
    assert change_set.resolved == ()
    assert baselines_of(change_set) == Baselines(anna(city="Wien"), anna(city="Wien"))


def test_edit_against_a_fields_direction_waits() -> None:
    """What may not travel keeps its baselines, so that it travels should the direction change."""
    only_to_outlook = field_map({"city": Direction.TO_OUTLOOK}, {}, [])
    connection = a_connection(field_map=only_to_outlook)
    decision = merged(in_outlook(anna(city="Wien")), in_pipeliner(), connection=connection)

    change_set = to_change_set(connection, decision, Outcomes(), NEW_LINK, (), NOON)

    assert baselines_of(change_set) == Baselines(anna(), anna())
    assert change_set.attention == ()


# First sight


def test_pair_on_first_sight_is_linked() -> None:
    """The new link has both sides' own values as baselines, and the history says that they were linked."""
    outlook, pipeliner = anna(job_title="Buyer"), anna()
    decision = decide_pair(a_connection(), in_outlook(outlook, stored_id=None), in_pipeliner(pipeliner))

    change_set = recorded(decision, wrote_outlook(outlook), wrote_pipeliner(outlook))

    assert change_set.before is None
    assert change_set.after is not None
    assert (change_set.after.id, change_set.after.outlook_id, change_set.after.pipeliner_id) == (
        NEW_LINK,
        OUTLOOK,
        PIPELINER,
    )
    assert change_set.after.created_on is None
    assert [(entry.action, entry.side) for entry in change_set.history] == [
        (Action.LINKED, None),
        (Action.UPDATED, Side.PIPELINER),
    ]
    assert change_set.resolved == (f"link:{NEW_LINK}", f"outlook:{OUTLOOK}", f"pipeliner:{PIPELINER}")


@pytest.mark.parametrize("outcome", PASSING)
def test_pair_whose_write_failed_is_linked_and_tried_again(outcome: PipelinerOutcome) -> None:
    """The link is stored at once, so that nothing is created meanwhile; the unsent field counts as new."""
    outlook = anna(job_title="Buyer")
    decision = decide_pair(a_connection(), in_outlook(outlook), in_pipeliner())

    change_set = recorded(decision, None, outcome)

    assert baselines_of(change_set) == Baselines(anna(), anna())
    assert change_set.put_work == (PipelinerLook(PIPELINER, tries=2 if isinstance(outcome, Unfinished) else 3),)
