"""Stories that the battery found: each one went wrong once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from emulators.faults import Fault
from emulators.graph import GraphSwitches
from emulators.pipeliner import PipelinerSwitches
from sync_core.domain import Action, OutlookId, Reason, RunMode
from sync_core.operations import AnswerRequest, answer, tick
from sync_core.operations.questions import item_id
from sync_core.storage import SqliteStore
from tests.battery.sweep.catalogue import SCENARIOS
from tests.battery.sweep.kinds import Fault as SweptFault
from tests.battery.sweep.kinds import Kind, Place
from tests.battery.sweep.trial import open_case, run_trial
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.world import MAILBOX, World, new_world

LEASE_S = 301


async def _a_conflict(world: World) -> None:
    world.write_in_crm("Okafor", "Chidi")
    await world.connect(conflict_rule="outlook")
    await world.sync()
    world.edit_in_outlook("Okafor", givenName="Chidiebere")
    world.edit_in_crm("Okafor", first_name="Chidi B.")


async def _losers(world: World) -> list[object]:
    return [change.old for item in await world.history(Action.CONFLICT) for change in item.entry.changes]


async def test_loser_of_a_conflict_is_told_when_the_answer_to_the_write_is_lost() -> None:
    """Pipeliner took the write and nobody was told: what it overwrote must still be in the history."""
    world = new_world()
    await _a_conflict(world)
    world.crm.faults.plant(Fault(r"PATCH .*/Contacts", drop=True, after_effect=True))

    await world.sync()

    assert world.customer("Okafor")["first_name"] == "Chidiebere"
    assert "Chidi B." in await _losers(world)


@pytest.mark.parametrize("nth", range(1, 9))
async def test_loser_of_a_conflict_is_told_wherever_the_process_dies(nth: int) -> None:
    """One of the crashes comes after the write and before the run could store what it had done."""
    store = CrashingStore(SqliteStore(":memory:"))
    world = new_world(store=store)
    await _a_conflict(world)
    store.crash_at(nth)

    with pytest.raises(Crash):
        await world.sync()
    await world.deployment.clock.sleep(LEASE_S)
    await world.sync()

    assert (world.customer("Okafor")["first_name"], world.person("Okafor")["givenName"]) == ("Chidiebere",) * 2
    assert "Chidi B." in await _losers(world)


async def _swept(name: str, place: Place, kind: Kind) -> list[list[str]]:
    """Let one kind of fault happen at each step of one place of a scenario; returns what went wrong."""
    (scenario,) = [one for one in SCENARIOS if one.name == name]
    case = await open_case(scenario)
    steps = [at for at, step in enumerate(case.steps) if step.place is place]
    told = [await run_trial(case, [SweptFault(at, kind)]) for at in steps]
    return [problems for problems in told if problems]


@pytest.mark.parametrize("name", ["born_in_outlook", "first_from_pipeliner"])
async def test_a_run_whose_lease_ended_while_it_wrote_its_journal_creates_nothing(name: str) -> None:
    """The answer to the journal came when another run had taken over and created the contact: it was created twice."""
    assert await _swept(name, Place.TRANSACTION, Kind.REPLY_LATE) == []


@pytest.mark.parametrize("name", ["scope_widened", "scope_narrowed"])
async def test_a_full_round_that_was_asked_for_is_run_although_its_run_was_overtaken(name: str) -> None:
    """The message was taken for answered, and what the changed settings brought or took never came."""
    assert await _swept(name, Place.TRANSACTION, Kind.REPLY_LATE) == []


async def test_an_edit_between_a_batch_of_creates_and_reading_them_back_travels() -> None:
    """Pipeliner answers a batch with ids only; what was read back was taken for what we had written."""
    assert await _swept("three_born_in_outlook", Place.PIPELINER, Kind.PIPELINER_EDIT) == []


@pytest.mark.parametrize("name", ["removals_approved", "mass_change_approved"])
async def test_an_approval_is_settled_although_the_process_dies_after_the_last_approved_write(name: str) -> None:
    """No work was left, so no run ever took the notice down."""
    assert await _swept(name, Place.TRANSACTION, Kind.CRASH_AFTER) == []


async def test_an_intent_is_dated_by_pipeliners_time_now_not_by_its_last_answer() -> None:
    """A process that had not spoken to Pipeliner for long gave a lost create up while it was still hidden."""
    world = new_world(crm=PipelinerSwitches(visible_after_s=60.0))
    await world.deployment.clock.sleep(100)
    await world.connect()
    await world.sync()
    world.write_in_outlook("Okafor")
    await world.deployment.clock.sleep(600)
    world.crm.faults.plant(Fault(r"POST .*/Contacts", drop=True, after_effect=True))

    await world.one_run()
    await world.deployment.clock.sleep(2)
    await world.one_run()
    await world.deployment.clock.sleep(400)
    await world.sync()

    assert [row["last_name"] for row in world.customers()] == ["Okafor"]


async def _whose_answer_is_lost(side: str) -> World:
    """Two agreed contacts, an edit on the other side, and a run whose write is done without an answer."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", city="Graz")
    await world.connect()
    await world.sync()
    if side == "pipeliner":
        world.edit_in_outlook("Okafor", givenName="Chidiebere")
        world.crm.faults.plant(Fault(r"PATCH .*/Contacts", drop=True, after_effect=True))
    else:
        world.edit_in_crm("Okafor", first_name="Chidiebere")
        world.graph.faults.plant(Fault(r"PATCH .*/contacts|POST .*batch", nth=2, drop=True, after_effect=True))
    await world.deployment.clock.sleep(1)
    await tick(world.deployment)
    await world.one_run()
    return world


@pytest.mark.parametrize("again", ["Chidi", "", "Chidi B."])
async def test_an_edit_after_a_write_to_pipeliner_whose_answer_was_lost_is_the_last_word(again: str) -> None:
    """What we had written looked like an edit in Pipeliner, and won over the person who took their own back."""
    world = await _whose_answer_is_lost("pipeliner")
    assert world.customer("Okafor")["first_name"] == "Chidiebere"

    world.edit_in_outlook("Okafor", givenName=again)
    await world.sync()

    assert world.customer("Okafor")["first_name"] == again
    assert (world.person("Okafor")["givenName"] or "") == again


@pytest.mark.parametrize("again", ["Chidi", "Chidi B."])
async def test_an_edit_after_a_write_to_outlook_whose_answer_was_lost_is_the_last_word(again: str) -> None:
    """The same the other way round."""
    world = await _whose_answer_is_lost("outlook")
    assert world.person("Okafor")["givenName"] == "Chidiebere"

    world.edit_in_crm("Okafor", first_name=again)
    await world.sync()

    assert (world.customer("Okafor")["first_name"], world.person("Okafor")["givenName"]) == (again, again)


@pytest.mark.parametrize("nth", range(1, 8))
async def test_an_edit_after_a_crash_is_the_last_word_wherever_the_process_died(nth: int) -> None:
    """The simulator's seed 925: the process died between the write and its own note of it."""
    store = CrashingStore(SqliteStore(":memory:"))
    world = new_world(store=store)
    world.write_in_crm("Okafor", "Chidi")
    await world.connect()
    await world.sync()
    world.edit_in_outlook("Okafor", givenName="Chidiebere")
    store.crash_at(nth)

    with pytest.raises(Crash):
        await world.sync()
    await world.deployment.clock.sleep(LEASE_S)
    world.edit_in_outlook("Okafor", givenName="Chidi")
    await world.sync()

    assert (world.customer("Okafor")["first_name"], world.person("Okafor")["givenName"]) == ("Chidi", "Chidi")


async def _die_once(world: World, store: CrashingStore, is_done: Callable[[], bool]) -> None:
    """Run a run that dies after a service has done its part, and before that is stored."""
    store.crash_once(is_done)
    with pytest.raises(Crash):
        await world.sync()
    await world.deployment.clock.sleep(LEASE_S)


@pytest.mark.parametrize("comes_back", ["given back", "restored"])
async def test_a_contact_that_a_dying_run_removed_and_that_comes_back_is_not_deleted(comes_back: str) -> None:
    """The simulator's seed 4060: what our own removal had taken out of the folder looked deleted by a person."""
    store = CrashingStore(SqliteStore(":memory:"))
    world = new_world(store=store)
    contact_id = world.write_in_crm("Okafor", "Chidi")
    await world.connect(delete_protection=False)
    await world.sync()
    if comes_back == "restored":
        world.delete_in_crm("Okafor")
    else:
        world.edit_in_crm("Okafor", owner_id=world.colleague_id)
    await _die_once(world, store, lambda: not world.outlook())

    if comes_back == "restored":
        world.crm.people.restore_contact(contact_id)
    else:
        world.edit_in_crm("Okafor", owner_id=world.user_id)
    await world.sync()

    assert world.customer("Okafor")["owner_id"] == world.user_id
    assert world.person("Okafor")["givenName"] == "Chidi"


async def test_a_contact_that_a_dying_run_deleted_in_pipeliner_and_somebody_restores_stays() -> None:
    """Our own delete in Pipeliner looked like a person's, and took the restored contact away again."""
    store = CrashingStore(SqliteStore(":memory:"))
    world = new_world(store=store)
    world.write_in_crm("Okafor", "Chidi")
    await world.connect(delete_protection=False)
    await world.sync()
    outlook_id = world.person("Okafor")["id"]
    world.delete_in_outlook("Okafor")
    await _die_once(world, store, lambda: not world.customers())

    world.graph.restore_contact(world.record.mailbox, outlook_id, world.folder_id)
    await world.sync()

    assert world.person("Okafor")["givenName"] == world.customer("Okafor")["first_name"] == "Chidi"


async def test_a_contact_whose_second_create_got_no_answer_is_not_created_a_third_time() -> None:
    """The simulator's seed 4124: deleted in Pipeliner and edited in Outlook, created again unanswered, and again."""
    world = new_world(crm=PipelinerSwitches(visible_after_s=2.0))
    world.write_in_crm("Okafor", "Chidi")
    await world.deployment.clock.sleep(60)
    await world.connect()
    await world.sync()
    world.delete_in_crm("Okafor")
    world.edit_in_outlook("Okafor", givenName="Chidiebere")
    world.crm.faults.plant(Fault(r"POST .*/Contacts", drop=True, after_effect=True))
    await world.deployment.clock.sleep(60)

    await world.sync()

    assert [row["first_name"] for row in world.customers()] == ["Chidiebere"]
    assert [item["givenName"] for item in world.outlook()] == ["Chidiebere"]


@pytest.mark.parametrize("nth", range(1, 9))
async def test_a_removal_that_a_service_refused_after_a_crash_leaves_no_mark(nth: int) -> None:
    """A person's delete that follows counts as theirs: the contact is kept in Pipeliner only, not put back."""
    store = CrashingStore(SqliteStore(":memory:"))
    world = new_world(store=store)
    contact_id = world.write_in_crm("Okafor", "Chidi")
    await world.connect(delete_protection=True)
    await world.sync()
    world.delete_in_crm("Okafor")
    world.graph.faults.plant(Fault(r"DELETE .*/contacts/", times=None, status=400))
    store.crash_at(nth)
    with suppress(Crash):
        await world.sync()
    await world.deployment.clock.sleep(LEASE_S)
    await world.sync()

    world.graph.faults.clear()
    world.crm.people.restore_contact(contact_id)
    world.delete_in_outlook("Okafor")
    await world.sync()

    assert ([row["last_name"] for row in world.customers()], world.outlook()) == (["Okafor"], [])


async def test_a_question_about_a_copy_does_not_hold_the_delete_of_its_original() -> None:
    """The contact that the copy names is gone: what follows for its own card does not wait for an answer."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.connect()
    await world.sync()
    original = world.person("Okafor")["id"]
    copy = world.graph.copy_contact(MAILBOX, original, world.folder_id)
    await world.sync()

    world.delete_in_crm("Okafor")
    await world.sync()
    await world.sync()

    assert [card["id"] for card in world.outlook()] == [copy]
    assert [item.reason for item in await world.attention()] == [Reason.COUNTERPART_DELETED]


async def test_a_half_that_is_back_with_another_name_is_not_missing() -> None:
    """Somebody is asked about its name, and the link is not kept as if nobody were there."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.connect()
    await world.sync()
    customer = world.customer("Okafor")["id"]
    world.crm.people.hide(customer)
    await world.sync(RunMode.FULL)
    alice = {"surname": "Novak", "givenName": "Alice", "emailAddresses": [{"address": "alice@example.test"}]}
    world.graph.edit_contact(MAILBOX, world.person("Okafor")["id"], alice)
    world.crm.people.hide(customer, hidden=False)

    await world.sync(RunMode.FULL)

    link = await world.deployment.reader(world.record.id).link_of(OutlookId(world.person("Novak")["id"]))
    assert link is not None
    assert not link.is_dormant
    assert [item.reason for item in await world.attention()] == [Reason.TYPED_OVER]


@pytest.mark.parametrize("chosen", [0, 1])
async def test_same_said_of_one_of_two_who_look_alike_is_said_of_that_one(chosen: int) -> None:
    """The other one has the same name and address: nobody is created beside the two."""
    world = new_world()
    await world.connect(sync_type="to_outlook")
    await world.sync()
    mail = [{"address": "chidi@example.test"}]
    cards = [world.write_in_outlook("Okafor", "Chidi", emailAddresses=mail) for _ in range(2)]
    customer = world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.sync()
    item = next(one for one in await world.attention() if len(one.candidates) == 2)
    request = AnswerRequest(item=item_id(item), choice="same", candidate=cards[chosen])

    await answer(world.deployment, world.record.id, request, by="ada")
    await world.drain()
    await world.sync(RunMode.FULL)

    links = {key: await world.deployment.reader(world.record.id).link_of(OutlookId(key)) for key in cards}
    assert {key: link.pipeliner_id for key, link in links.items() if link} == {cards[chosen]: customer}
    assert (len(world.outlook()), len(world.customers())) == (2, 1)


async def test_of_two_copies_the_one_that_takes_the_link_is_asked_about_no_more() -> None:
    """The other one is a double; which of the two it is, is no question any more."""
    world = new_world(graph=GraphSwitches(delta_visibility_delay_s=5.0))
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.connect()
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=[{"address": "chidi@example.test"}])
    await world.sync()
    for card in world.outlook():  # both are a person's, so neither takes the other's place
        world.graph.edit_contact(MAILBOX, card["id"], {"categories": ["Friends"]})
    await world.deployment.clock.sleep(10)
    await world.sync()
    for card in world.outlook():
        world.graph.copy_contact(MAILBOX, card["id"], world.folder_id)
        world.graph.delete_contact(MAILBOX, card["id"])
    await world.deployment.clock.sleep(10)

    await world.sync()
    await world.sync()

    assert [item.reason for item in await world.attention()] == [Reason.DOUBLE]
    assert (len(world.outlook()), len(world.customers())) == (2, 1)
