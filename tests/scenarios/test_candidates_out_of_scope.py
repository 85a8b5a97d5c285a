"""A candidate need not be the user's: when it changes, whoever asks about it asks anew at the next tick."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulators.pipeliner.people import WATCHER
from sync_core.domain import PipelinerId, Reason
from sync_core.operations import PurgeRequest, disconnect, purge, reconcile_all
from sync_core.state import StoredAskers
from sync_core.storage import Remove, Table
from tests.scenarios.asking import give
from tests.scenarios.world import COLLEAGUE, World, new_world

ADDRESS = "john@smith.test"
DAY_S = 24 * 3600.0


async def _asked() -> tuple[World, str]:
    """John Smith in Outlook may be a colleague's of that name, whom the user sees; the connection covers owned ones."""
    world = new_world()
    john = world.write_in_crm("Smith", "John", owner=world.colleague_id, phone1="+44 20 7946 0001", share_mode=1)
    world.crm.people.share(john, world.user_id, WATCHER)
    await world.connect(scope="owned")
    world.write_in_outlook("Smith", "John", personalNotes="chess")
    await world.sync()
    assert [item.reason for item in await world.attention()] == [Reason.COUNTERPART_UNCLEAR]
    await world.tick()
    return world, john


async def _found() -> tuple[World, str]:
    """John Smith in Outlook is a colleague's contact for certain, which the connection does not cover."""
    world = new_world()
    john = world.write_in_crm("Smith", "John", owner=world.colleague_id, email1=ADDRESS, share_mode=1)
    world.crm.people.share(john, world.user_id, WATCHER)
    await world.connect(scope="owned")
    world.write_in_outlook("Smith", "John", emailAddresses=[{"address": ADDRESS}])
    await world.sync()
    assert [item.reason for item in await world.attention()] == [Reason.COUNTERPART_OUT_OF_SCOPE]
    await world.tick()
    return world, john


async def _askers_of(world: World, contact_id: str) -> frozenset[str]:
    found = await StoredAskers(world.deployment.store, "em_Emulated").of([contact_id])
    return found.get(PipelinerId(contact_id), frozenset())


async def _operations_of_a_tick(world: World) -> int:
    before = world.store.counts
    await world.tick()
    return (world.store.counts - before).operations


def _delete(world: World, key: str) -> None:
    world.crm.people.delete_contact(key)


def _rename(world: World, key: str) -> None:
    world.crm.people.edit_contact(key, first_name="Eva", last_name="Novak", email1="eva@novak.test")


def _merge(world: World, key: str) -> None:
    other = world.write_in_crm("Novak", "Eva", owner=world.colleague_id, share_mode=1)
    world.crm.people.merge_contacts(other, key)


@pytest.mark.parametrize("change", [_delete, _rename, _merge], ids=["deleted", "another person", "merged"])
@pytest.mark.parametrize("asked", [_asked, _found], ids=["perhaps", "for certain"])
async def test_a_candidate_out_of_scope_that_changes_reopens_its_question(
    asked: Callable[[], object], change: Callable[[World, str], None]
) -> None:
    """At the next tick, not at night: nobody is the card's person any more, and it is created."""
    world, john = await (_asked() if asked is _asked else _found())

    change(world, john)
    await world.tick()

    assert await world.attention() == []
    mine = [row for row in world.customers() if row["owner_id"] == world.user_id]
    assert [(row["first_name"], row["last_name"]) for row in mine] == [("John", "Smith")]
    assert await _askers_of(world, john) == frozenset()


async def test_a_candidate_that_was_assigned_to_the_user_is_paired() -> None:
    """And nothing leads from it to a question any more."""
    world, john = await _found()

    world.crm.people.reassign_contact(john, world.user_id)
    await world.tick()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    assert await world.attention() == []
    assert await _askers_of(world, john) == frozenset()


async def test_a_candidate_that_changes_nothing_that_matters_leaves_its_question_as_it_was() -> None:
    """The same item, since the same time; and it is looked at again the next time, too."""
    world, john = await _asked()
    before = await world.attention()

    world.crm.people.edit_contact(john, comments="golf")
    await world.tick()
    assert await world.attention() == before

    world.crm.people.delete_contact(john)
    await world.tick()
    assert await world.attention() == []


async def test_the_answer_ends_the_row_that_led_to_whoever_asked() -> None:
    """A change of the other one is no reason for a run any more."""
    world, john = await _asked()
    assert await _askers_of(world, john) == {world.record.id}

    await give(world, (await world.attention())[0], "different")
    await world.drain()

    assert await _askers_of(world, john) == frozenset()
    assert await world.attention() == []


async def test_two_colleagues_who_ask_about_one_contact_are_both_told() -> None:
    """One of them answers; the other one is still told."""
    world, john = await _asked()
    world.crm.people.share(john, world.user_id, WATCHER)
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE, scope="owned")
    world.crm.people.reassign_contact(john, world.crm.people.add_user("carl@example.test"))
    world.crm.people.share(john, world.colleague_id, WATCHER)
    body = {"surname": "Smith", "givenName": "John", "personalNotes": "rowing"}
    world.graph.create_contact(COLLEAGUE, body, world.records[1].folder_id)
    await world.tick()
    await world.tick()
    assert await _askers_of(world, john) == {record.id for record in world.records}

    await disconnect(world.deployment, world.records[0].id)
    assert await _askers_of(world, john) == {world.records[1].id}
    world.crm.people.delete_contact(john)
    await world.tick()

    assert await world.deployment.reader(world.records[1].id).attention() == []


async def test_nothing_of_it_outlives_the_purge_of_the_candidate() -> None:
    """The row is found by the contact's id."""
    world, john = await _asked()

    purged = await purge(world.deployment, PurgeRequest(person=john))

    assert purged.is_proved
    assert await _askers_of(world, john) == frozenset()


async def test_nothing_of_it_outlives_the_purge_of_the_connection() -> None:
    """Not even where its own rows are gone already."""
    world, john = await _asked()
    await world.deployment.registry.remove(world.record.id)

    purged = await purge(world.deployment, PurgeRequest(connection=world.record.id))

    assert purged.is_proved
    assert await _askers_of(world, john) == frozenset()


async def test_the_night_mends_what_leads_from_candidates_to_questions() -> None:
    """A question of an earlier version gets its row; one that a killed run left behind goes after a day."""
    world, john = await _asked()
    rows = StoredAskers(world.deployment.store, "em_Emulated")
    await rows.drop(world.record.id, [john])
    await rows.note(world.record.id, ["left-behind"], world.deployment.clock.now())
    await rows.note("gone", [john, "of-a-connection-that-is-gone"], world.deployment.clock.now())

    await reconcile_all(world.deployment)
    assert await _askers_of(world, john) == {world.record.id}
    assert await _askers_of(world, "of-a-connection-that-is-gone") == frozenset()
    assert await _askers_of(world, "left-behind") == {world.record.id}

    await world.deployment.clock.sleep(DAY_S + 60)
    await reconcile_all(world.deployment)
    assert await _askers_of(world, "left-behind") == frozenset()
    assert await _askers_of(world, john) == {world.record.id}


async def test_a_row_that_leads_nowhere_costs_one_look_in_vain() -> None:
    """Its question is gone: nothing is written, and nobody is asked."""
    world, john = await _asked()
    (item,) = await world.attention()
    await world.deployment.store.transact(Table.SYNC, world.record.id, [Remove(f"6.attention.{item.subject}")])

    world.crm.people.delete_contact(john)
    await world.tick()

    assert await world.attention() == []
    assert world.results[-1].run.counts.writes == 0


async def test_a_page_of_changes_costs_one_look_up_more_and_a_quiet_tick_none() -> None:
    """However many contacts have changed, and however many connections there are."""
    world, _ = await _asked()
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE, scope="owned")
    await world.tick()
    rows = StoredAskers(world.store, "em_Emulated")

    for count in (1, 5, 40):
        ids = [f"contact-{number}" for number in range(count)]
        before = world.store.counts
        assert await rows.of(ids) == {}
        assert (world.store.counts - before).operations == 1

    await world.tick()
    quiet = await _operations_of_a_tick(world)
    await rows.forget(world.record.id)
    assert await _operations_of_a_tick(world) == quiet
