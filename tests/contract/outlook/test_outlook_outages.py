"""Writes in the face of throttling, outages and lost replies."""

from __future__ import annotations

import pytest

from emulators.graph.switches import RETRY_AFTER_FORMS
from sync_core.engine.ports import Deleted, OutcomeUnknown, OutlookEdit, Refused, Unfinished, Written
from sync_core.errors import AccessDenied, CredentialsRejected, FolderGone, MailboxGone
from sync_core.outlook.batch import MAX_WAIT_S
from tests.contract.outlook.outlook_scenarios import World, draft, written

CREATE = "POST .*/contacts$"
BATCH = r"POST .*\$batch"
LOST = {"drop": True, "after_effect": True}


async def test_a_lost_reply_to_a_create_is_unknown_and_sent_once(world: World) -> None:
    """The create was done; only a lookup may say so, never a second POST."""
    world.plant(BATCH, **LOST)
    assert await world.folder.create([draft()]) == [OutcomeUnknown()]
    assert world.model.requests["POST $batch"] == 1
    assert len(world.in_folder()) == 1


@pytest.mark.parametrize("status", [500, 503, 504])
async def test_an_outage_in_the_midst_of_creates_is_unknown_for_that_one_only(world: World, status: int) -> None:
    """The part that failed is not repeated, its neighbours are known to be done."""
    world.plant(CREATE, nth=2, status=status, after_effect=True)
    outcomes = await world.folder.create([draft(1), draft(2), draft(3)])
    assert [type(outcome) for outcome in outcomes] == [Written, OutcomeUnknown, Written]
    assert world.model.requests["part POST contact"] == 3


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_an_outage_of_the_whole_batch_leaves_every_create_unknown(near: World, status: int) -> None:
    """A gateway that gives up says nothing of what happened behind it."""
    near.plant(BATCH, status=status, after_effect=True)
    assert await near.folder.create([draft(1), draft(2)]) == [OutcomeUnknown()] * 2
    assert near.model.requests["POST $batch"] == 1


async def test_creates_that_were_throttled_are_sent_again(world: World) -> None:
    """429 says that nothing was done, for a part as for the whole, so a repeat makes no duplicate."""
    world.plant(BATCH, status=429, headers={"Retry-After": "1"})
    world.plant(CREATE, nth=2, status=429, headers={"Retry-After": "3"})
    outcomes = await world.folder.create([draft(number) for number in range(5)])
    assert [written(outcome).contact["surname"] for outcome in outcomes] == [f"Cole {n}" for n in range(5)]
    assert world.time.waits == [1.0, 3.0]
    assert len(world.in_folder()) == 5


@pytest.mark.parametrize("form", RETRY_AFTER_FORMS)
async def test_throttled_parts_are_written_whatever_the_form_of_the_wait(near: World, form: str) -> None:
    """Every form of Retry-After is honoured; a wait beyond the run's means is handed to the caller."""
    near.model.switches.retry_after_form = form
    near.model.switches.retry_after_s = 1.5
    near.model.switches.batch_throttled_share = 0.3
    outcomes = await near.folder.create([draft(number) for number in range(20)])
    done = [outcome for outcome in outcomes if isinstance(outcome, Written)]
    assert len(done) == len(near.in_folder())
    if form == "long":
        assert {outcome.retry_after_s for outcome in outcomes if isinstance(outcome, Unfinished)} == {180.0}
        assert near.time.waits == []
    else:
        assert len(done) == 20
        assert near.time.waits[0] == {"fractional": 1.5, "none": 1.0}.get(form, 2.0)


async def test_waiting_and_trying_have_an_end(near: World) -> None:
    """Throttling without end costs four tries and no more than the allowed wait; nothing is unknown then."""
    near.plant(CREATE, status=429, headers={"Retry-After": "25"}, times=None)
    assert await near.folder.create([draft()]) == [Unfinished(25.0)]
    assert near.time.waits == [25.0, 25.0]
    near.model.faults.clear()
    near.plant(CREATE, status=429, times=None)
    assert await near.folder.create([draft()]) == [Unfinished()]
    assert near.time.waits[2:] == [1.0, 2.0, 4.0]
    assert sum(near.time.waits[:2]) <= MAX_WAIT_S


async def test_answers_in_any_order_find_their_contacts(near: World) -> None:
    """Parts are matched by id; Graph answers in the order that suits it."""
    near.model.switches.batch_shuffled = True
    outcomes = await near.folder.create([draft(number) for number in range(20)])
    assert [written(outcome).stored_id for outcome in outcomes] == [draft(n).stored_id for n in range(20)]


async def test_updates_and_deletes_are_repeated_through_an_outage(world: World) -> None:
    """Doing them twice does no harm, so a lost reply and a 503 are tried again at once."""
    before = await world.read(world.person())
    world.plant(BATCH, **LOST)
    world.plant("PATCH", nth=2, status=503, headers={"Retry-After": "0"})
    after = written(await world.update(before, job_title="CEO"))
    world.plant("DELETE", **LOST)
    assert await world.folder.delete([after]) == [Deleted()]
    assert world.in_folder() == []


async def test_a_conflict_with_our_own_lost_update_is_unknown_not_stale(near: World) -> None:
    """The repeat of an update whose reply was lost meets the version that it made itself."""
    near.model.switches.if_match_enforced = True
    before = await near.read(near.person())
    near.plant("PATCH", **LOST)
    assert await near.update(before, job_title="CEO") == OutcomeUnknown()
    assert near.stored(before.id)["jobTitle"] == "CEO"


async def test_an_update_that_never_gets_an_answer_is_unknown(near: World) -> None:
    """Four tries, then the caller has to look."""
    before = await near.read(near.person())
    near.plant("PATCH", status=504, times=None)
    assert await near.update(before, job_title="CEO") == OutcomeUnknown()
    assert near.model.requests["part PATCH contact"] == 4


async def test_an_unreadable_answer_to_creates_is_unknown(near: World) -> None:
    """What cannot be read may stand for anything."""
    near.plant(BATCH, status=200, body="<html>", after_effect=True)
    assert await near.folder.create([draft()]) == [OutcomeUnknown()]


async def test_a_part_without_an_answer_is_unknown_for_a_create_and_repeated_for_an_update(near: World) -> None:
    """A missing part is no answer, not a refusal."""
    before = await near.read(near.person())
    near.plant(BATCH, status=200, body='{"responses": []}', times=2)
    assert await near.folder.create([draft()]) == [OutcomeUnknown()]
    written(await near.update(before, job_title="CEO"))


async def test_a_denied_mailbox_stops_writes_with_one_error(world: World) -> None:
    """403 in every part is one error for the call."""
    world.model.drop_access(world.user)
    with pytest.raises(AccessDenied):
        await world.folder.create([draft(1), draft(2)])


async def test_contacts_of_a_removed_mailbox_are_neither_stale_nor_deleted(world: World) -> None:
    """404 for the mailbox says nothing of the contacts in it."""
    before = await world.read(world.person())
    world.model.remove_mailbox(world.user)
    for changes in ({"job_title": "CEO"}, {"emails": ("a@x.test",)}):
        with pytest.raises(MailboxGone):
            await world.folder.update([OutlookEdit(before, changes)])
    with pytest.raises(MailboxGone):
        await world.folder.delete([before])


async def test_a_rejected_token_stops_writes_with_one_error(world: World) -> None:
    """401 for the batch means that nothing was done."""
    world.person()
    await world.folder.delta(None)
    world.model.revoke_tokens()
    with pytest.raises(CredentialsRejected, match="AZURE_"):
        await world.folder.create([draft()])


async def test_creating_in_a_deleted_folder_says_that_it_is_gone(world: World) -> None:
    """404 on a create is about the folder."""
    world.model.delete_folder(world.user, world.folder_id)
    with pytest.raises(FolderGone):
        await world.folder.create([draft()])


async def test_what_was_written_before_an_error_reaches_the_caller(near: World) -> None:
    """An error in a later batch leaves its contacts unfinished instead of hiding the creates that are done."""
    near.plant(BATCH, nth=2, times=None, status=403)
    near.plant(r"GET .*/contactFolders/", times=None, status=403)
    outcomes = await near.folder.create([draft(number) for number in range(45)])
    assert [type(outcome) for outcome in outcomes] == [Written] * 20 + [Unfinished] * 25
    assert len(near.in_folder()) == 20
    assert near.model.requests["POST $batch"] == 2


async def test_a_batch_that_graph_calls_wrong_is_not_repeated(near: World) -> None:
    """An unrecognised 4xx carries status and code, and Graph's own words stay out of the error."""
    before = await near.read(near.person())
    body = '{"error": {"code": "BadRequest", "message": "Cannot read Anna Berg"}}'
    near.plant(BATCH, status=400, body=body)
    [outcome] = await near.folder.update([OutlookEdit(before, {"job_title": "CEO"})])
    assert isinstance(outcome, Refused)
    assert (outcome.code, "400 BadRequest" in outcome.message, "Anna" in outcome.message) == ("BadRequest", True, False)
