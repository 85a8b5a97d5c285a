"""Stories that the battery found: each one went wrong once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulators.faults import Fault
from emulators.pipeliner import PipelinerSwitches
from sync_core.domain.records import Deed
from sync_core.operations.working import tick
from sync_core.state.embedded import EmbeddedStore
from tests.battery.sweep.catalogue import SCENARIOS
from tests.battery.sweep.kinds import Fault as SweptFault
from tests.battery.sweep.kinds import Kind, Place
from tests.battery.sweep.trial import open_case, run_trial
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.world import World, new_world

LEASE_S = 301


async def _a_conflict(world: World) -> None:
    world.write_in_crm("Okafor", "Chidi")
    await world.connect(conflict_rule="outlook")
    await world.sync()
    world.edit_in_outlook("Okafor", givenName="Chidiebere")
    world.edit_in_crm("Okafor", first_name="Chidi B.")


async def _losers(world: World) -> list[object]:
    return [change.old for item in await world.history(Deed.CONFLICT) for change in item.entry.changes]


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
    """One of the crashes comes after the write and before the pass could store what it had done."""
    store = CrashingStore(EmbeddedStore(":memory:"))
    world = new_world(store=store)
    await _a_conflict(world)
    store.crash_at(nth)

    with pytest.raises(Crash):
        await world.sync()
    await world.operator.clock.sleep(LEASE_S)
    await world.sync()

    assert (world.customer("Okafor")["first_name"], world.person("Okafor")["givenName"]) == ("Chidiebere",) * 2
    assert "Chidi B." in await _losers(world)


async def _swept(name: str, place: Place, kind: Kind) -> list[list[str]]:
    """Let one kind of fault happen at each step of one place of a scenario; gives what went wrong."""
    (scenario,) = [one for one in SCENARIOS if one.name == name]
    case = await open_case(scenario)
    steps = [at for at, step in enumerate(case.steps) if step.place is place]
    told = [await run_trial(case, [SweptFault(at, kind)]) for at in steps]
    case.frozen.close()
    return [problems for problems in told if problems]


@pytest.mark.parametrize("name", ["born_in_outlook", "first_from_pipeliner"])
async def test_a_pass_whose_lease_ended_while_it_wrote_its_journal_creates_nothing(name: str) -> None:
    """The answer to the journal came when another pass had taken over and created the contact: it was created twice."""
    assert await _swept(name, Place.TRANSACTION, Kind.REPLY_LATE) == []


@pytest.mark.parametrize("name", ["scope_widened", "scope_narrowed"])
async def test_a_full_round_that_was_asked_for_is_run_although_its_pass_was_overtaken(name: str) -> None:
    """The message was taken for answered, and what the changed settings brought or took never came."""
    assert await _swept(name, Place.TRANSACTION, Kind.REPLY_LATE) == []


async def test_an_edit_between_a_batch_of_creates_and_reading_them_back_travels() -> None:
    """Pipeliner answers a batch with ids only; what was read back was taken for what we had written."""
    assert await _swept("three_born_in_outlook", Place.PIPELINER, Kind.PIPELINER_EDIT) == []


@pytest.mark.parametrize("name", ["removals_approved", "mass_change_approved"])
async def test_an_approval_is_settled_although_the_process_dies_after_the_last_approved_write(name: str) -> None:
    """No work was left, so no pass ever took the notice down."""
    assert await _swept(name, Place.TRANSACTION, Kind.CRASH_AFTER) == []


async def test_an_intent_is_dated_by_pipeliners_time_now_not_by_its_last_answer() -> None:
    """A process that had not spoken to Pipeliner for long gave a lost create up while it was still hidden."""
    world = new_world(crm=PipelinerSwitches(visible_after_s=60.0))
    await world.operator.clock.sleep(100)
    await world.connect()
    await world.sync()
    world.write_in_outlook("Okafor")
    await world.operator.clock.sleep(600)
    world.crm.faults.plant(Fault(r"POST .*/Contacts", drop=True, after_effect=True))

    await world.one_pass()
    await world.operator.clock.sleep(2)
    await world.one_pass()
    await world.operator.clock.sleep(400)
    await world.sync()

    assert [row["last_name"] for row in world.customers()] == ["Okafor"]


async def _whose_answer_is_lost(side: str) -> World:
    """Two agreed contacts, an edit on the other side, and a pass whose write is done without an answer."""
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
    await world.operator.clock.sleep(1)
    await tick(world.operator)
    await world.one_pass()
    return world


@pytest.mark.parametrize("again", ["Chidi", "", "Chidi B."])
async def test_an_edit_after_a_write_to_pipeliner_whose_answer_was_lost_is_the_last_word(again: str) -> None:
    """What we had written looked like an edit in Pipeliner, and won over the person who took his own back."""
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


@pytest.mark.parametrize("nth", range(1, 6))
async def test_an_edit_after_a_crash_is_the_last_word_wherever_the_process_died(nth: int) -> None:
    """The simulator's seed 925: the process died between the write and its own note of it."""
    store = CrashingStore(EmbeddedStore(":memory:"))
    world = new_world(store=store)
    world.write_in_crm("Okafor", "Chidi")
    await world.connect()
    await world.sync()
    world.edit_in_outlook("Okafor", givenName="Chidiebere")
    store.crash_at(nth)

    with pytest.raises(Crash):
        await world.sync()
    await world.operator.clock.sleep(LEASE_S)
    world.edit_in_outlook("Okafor", givenName="Chidi")
    await world.sync()

    assert (world.customer("Okafor")["first_name"], world.person("Okafor")["givenName"]) == ("Chidi", "Chidi")


async def _die_once(world: World, store: CrashingStore, is_done: Callable[[], bool]) -> None:
    """Run passes that die at one transaction after the other, until one dies after a service has done its part."""
    for nth in range(1, 12):
        store.crash_at(nth)
        with pytest.raises(Crash):
            await world.sync()
        await world.operator.clock.sleep(LEASE_S)
        if is_done():
            return


@pytest.mark.parametrize("comes_back", ["given back", "restored"])
async def test_a_contact_that_a_dying_pass_removed_and_that_comes_back_is_not_deleted(comes_back: str) -> None:
    """The simulator's seed 4060: what our own removal had taken out of the folder looked deleted by a person."""
    store = CrashingStore(EmbeddedStore(":memory:"))
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


async def test_a_contact_that_a_dying_pass_deleted_in_pipeliner_and_somebody_restores_stays() -> None:
    """Our own delete in Pipeliner looked like a person's, and took the restored contact away again."""
    store = CrashingStore(EmbeddedStore(":memory:"))
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
    await world.operator.clock.sleep(60)
    await world.connect()
    await world.sync()
    world.delete_in_crm("Okafor")
    world.edit_in_outlook("Okafor", givenName="Chidiebere")
    world.crm.faults.plant(Fault(r"POST .*/Contacts", drop=True, after_effect=True))
    await world.operator.clock.sleep(60)

    await world.sync()

    assert [row["first_name"] for row in world.customers()] == ["Chidiebere"]
    assert [item["givenName"] for item in world.outlook()] == ["Chidiebere"]
