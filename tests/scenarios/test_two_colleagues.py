"""Two colleagues write down the same person in the same moment: one contact, whatever breaks on the way."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.faults import Fault
from sync_core.domain import Reason
from sync_core.operations import ConnectionChange, PurgeRequest, change, disconnect, purge, tick
from sync_core.state import ConnectionStatus
from sync_core.storage import SqliteStore
from tests.scenarios.colleagues import (
    CHIDI,
    CREATES,
    MetStore,
    accounts,
    assert_one_eva,
    both_sync,
    later,
    linked_to,
    reserved,
    run_of,
    two_colleagues,
    write,
)
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.world import World

LATE_S = 130.0
"""Later than an intent of unknown outcome, and than a reservation whose owner should have said something."""
LEASE_S = 301.0
HOUR_S = 3700.0


async def test_two_colleagues_who_write_down_one_person_at_once_create_one_contact() -> None:
    """The second one finds the person reserved, waits, and pairs with the contact of the first."""
    world, meddlers = await two_colleagues()
    write(world, 0)
    write(world, 1)
    told: list[Any] = []

    async def colleague_runs() -> None:
        told.append(await run_of(world, 1))

    meddlers.at(CREATES, colleague_runs)
    await run_of(world, 0)

    assert meddlers.met == 1
    assert (told[0].run.counts.created_in_pipeliner, told[0].again) == (0, True)
    assert len(world.customers()) == 1
    await both_sync(world)
    await assert_one_eva(world)


async def test_whoever_waits_holds_nothing_and_is_not_counted() -> None:
    """Neither a reservation nor an intent, nor one of the day's creates."""
    world, meddlers = await two_colleagues(max_create_count=1)
    write(world, 0)
    write(world, 1)

    async def colleague_runs() -> None:
        await run_of(world, 1)
        owners = {one.owner for one in await reserved(world)}
        assert owners == {world.records[0].id}
        opening = await world.deployment.run_ports(world.records[1], "worker-1").state.open("looker")
        assert (opening.intents, opening.creates_today) == ((), 0)

    meddlers.at(CREATES, colleague_runs)
    await run_of(world, 0)
    await later(world, LEASE_S)

    assert meddlers.met == 1
    await assert_one_eva(world)


@pytest.mark.parametrize("key", ["2.journal.", "1.reserved."])
async def test_of_two_who_have_both_seen_nobody_only_one_creates(key: str) -> None:
    """The colleague is faster between look and reservation: the intent is taken back, and counts for nothing."""
    store = MetStore()
    world, _ = await two_colleagues(store=store, max_create_count=1)
    write(world, 0)
    write(world, 1)

    async def colleague_runs() -> None:
        await run_of(world, 1)

    store.before(key, colleague_runs)
    result = await run_of(world, 0)

    assert result is not None
    assert (store.met, len(world.customers())) == (1, 1)
    assert ([one.is_known for one in result.other_creates], result.again) == ([True], True)
    opening = await world.deployment.run_ports(world.records[0], "worker-0").state.open("looker")
    assert (opening.intents, opening.creates_today) == ((), 0)
    await later(world, LEASE_S)
    await assert_one_eva(world)


async def test_a_contact_that_lists_do_not_show_yet_is_found_by_its_reservation() -> None:
    """Pipeliner's lists lag by a minute: the second one reads the contact by its id."""
    world, _ = await two_colleagues(lag_s=60.0)
    write(world, 0)
    write(world, 1)

    await run_of(world, 0)
    (made,) = await reserved(world)
    assert made.id == world.customers()[0]["id"]
    await run_of(world, 1)

    assert len(world.customers()) == 1
    assert await linked_to(world, 1) == [made.id]
    await later(world, LEASE_S)
    await assert_one_eva(world)


async def test_another_person_at_the_same_address_is_not_kept_waiting_for_ever() -> None:
    """A couple: once it is known who was created, the other one is somebody else and created as well."""
    world, meddlers = await two_colleagues()
    write(world, 0, emailAddresses=[{"address": "sunny77@home.test"}])
    write(world, 1, givenName="Karl", surname="Beck", emailAddresses=[{"address": "sunny77@home.test"}])

    async def colleague_runs() -> None:
        await run_of(world, 1)

    meddlers.at(CREATES, colleague_runs)
    await run_of(world, 0)
    assert len(world.customers()) == 1
    await both_sync(world, rounds=3)

    assert sorted(row["last_name"] for row in world.customers()) == ["Beck", "Novak"]
    assert await reserved(world) == []


async def test_two_cards_of_one_person_in_one_folder_do_not_wait_for_each_other() -> None:
    """A connection's own reservations never stand in its way."""
    world, _ = await two_colleagues()
    write(world, 0)
    write(world, 0)

    result = await run_of(world, 0)

    assert result is not None
    assert (result.run.counts.created_in_pipeliner, result.other_creates) == (2, ())


@pytest.mark.parametrize("first", [0, 1], ids=["re-created first", "written down first"])
async def test_who_is_created_again_is_reserved_as_well(first: int) -> None:
    """Deleted in Pipeliner and edited in one folder, while the colleague writes the same person down."""
    world, meddlers = await two_colleagues()
    card = write(world, 0)
    await run_of(world, 0)
    await both_sync(world)
    world.graph.delete_contact(world.records[1].mailbox, world.graph.contacts(*_folder(world, 1))[0]["id"])
    await both_sync(world)
    world.delete_in_crm("Novak")
    world.graph.edit_contact(world.records[0].mailbox, card, {"jobTitle": "Buyer"})
    write(world, 1)
    await tick(world.deployment)
    while world.queue.take() is not None:
        pass

    async def other_runs() -> None:
        await run_of(world, 1 - first)

    meddlers.at(CREATES, other_runs)
    await run_of(world, first)
    assert (meddlers.met, len(world.customers())) == (1, 1)
    for _ in range(3):
        await later(world, LATE_S)

    await assert_one_eva(world)
    # The colleague's contact is not the editor's to edit: there the edit stays in the folder, and is told.
    told = [item.reason for item in await world.attention()]
    assert (world.customer("Novak")["position"], told) == (("", [Reason.READ_ONLY]) if first else ("Buyer", []))


def _folder(world: World, number: int) -> tuple[str, str]:
    return world.records[number].mailbox, world.records[number].folder_id


# What breaks on the way


async def _first_dies(world: World, store: CrashingStore, *, created: bool) -> None:
    """Have the first one's process die with its person reserved, before or after the create arrives."""
    seen = len(world.customers())
    if created:
        store.crash_once(lambda: len(world.customers()) > seen)
    write(world, 0)
    write(world, 1)
    with pytest.raises(Crash):
        await run_of(world, 0)


async def test_a_process_that_dies_before_the_create_holds_nobody_up_for_long() -> None:
    """Its reservation stands; two minutes later it is asked for, nothing is found, and one of them creates."""
    store = CrashingStore(SqliteStore(":memory:"))
    world, meddlers = await two_colleagues(store=store)

    def dies() -> None:
        raise Crash

    meddlers.at(CREATES, dies)
    await _first_dies(world, store, created=False)
    assert [one.owner for one in await reserved(world)] == [world.records[0].id]

    await run_of(world, 1)
    assert world.customers() == []
    await later(world, LEASE_S)
    await later(world, LEASE_S)
    await later(world, LEASE_S)

    await assert_one_eva(world)


async def test_a_process_that_dies_after_the_create_leaves_a_contact_that_both_find() -> None:
    """Nothing of the answer was written down: the owner's recovery finds it, and the colleague pairs with it."""
    store = CrashingStore(SqliteStore(":memory:"))
    world, _ = await two_colleagues(store=store, lag_s=60.0)
    await _first_dies(world, store, created=True)
    assert [one.id for one in await reserved(world)] == [""]

    await run_of(world, 1)
    assert len(world.customers()) == 1
    for _ in range(3):
        await later(world, LEASE_S)

    await assert_one_eva(world)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 9))
async def test_a_run_that_dies_at_any_transaction_leaves_one_person(nth: int, after: bool) -> None:
    """Whatever was reserved, written down or recorded by then."""
    store = CrashingStore(SqliteStore(":memory:"))
    world, _ = await two_colleagues(store=store)
    write(world, 0)
    write(world, 1)
    store.crash_at(nth, after=after)

    with pytest.raises(Crash):
        await run_of(world, 0)
    await run_of(world, 1)
    for _ in range(3):
        await later(world, LEASE_S)

    await assert_one_eva(world)


@pytest.mark.parametrize("after_effect", [False, True], ids=["never arrived", "arrived"])
async def test_a_create_whose_answer_is_lost_keeps_its_reservation_until_it_is_known(after_effect: bool) -> None:
    """Meanwhile the colleague creates nobody."""
    world, _ = await two_colleagues(lag_s=60.0)
    write(world, 0)
    write(world, 1)
    world.crm.faults.plant(Fault(r"POST .*/entities/Contacts", drop=True, after_effect=after_effect))

    await run_of(world, 0)
    assert [one.id for one in await reserved(world)] == [""]
    await run_of(world, 1)
    assert len(world.customers()) == int(after_effect)
    for _ in range(3):
        await later(world, LATE_S)

    await assert_one_eva(world)


async def test_a_create_that_is_refused_frees_the_person_at_once() -> None:
    """The colleague's card is one that Pipeliner takes."""
    world, _ = await two_colleagues()
    write(world, 0)
    write(world, 1)
    world.crm.faults.plant(Fault(r"POST .*/entities/Contacts", status=422, body='{"success": false, "name": "X"}'))

    await run_of(world, 0)
    assert (await reserved(world), world.customers()) == ([], [])
    await run_of(world, 1)

    assert [row["last_name"] for row in world.customers()] == ["Novak"]


async def _pause_the_first(world: World) -> None:
    await change(world.deployment, world.records[0].id, ConnectionChange(status=ConnectionStatus.PAUSED))


# An owner that does not say what came of it


async def _left_open(world: World, *, arrives: bool = True) -> None:
    """Leave a create of the first one whose answer is lost, and the second one waiting for it."""
    write(world, 0)
    write(world, 1)
    world.crm.faults.plant(Fault(r"POST .*/entities/Contacts", drop=True, after_effect=arrives))
    await run_of(world, 0)


@pytest.mark.parametrize("arrives", [False, True], ids=["never arrived", "arrived"])
async def test_a_paused_owner_recovers_and_does_nothing_else(arrives: bool) -> None:
    """It was paused by a person: its create is recovered, and what its folder holds beside waits."""
    world, _ = await two_colleagues()
    await _left_open(world, arrives=arrives)
    await _pause_the_first(world)
    write(world, 0, surname="Later", givenName="Lea", emailAddresses=[{"address": "lea@acme.test"}])

    for _ in range(3):
        await later(world, LATE_S)

    assert [row["last_name"] for row in world.customers()] == ["Novak"]
    assert len(await linked_to(world, 1)) == 1
    assert not (await world.deployment.registry.get(world.records[0].id)).is_active


async def test_what_its_owner_cannot_resolve_within_an_hour_is_told_and_blocks_on() -> None:
    """The owner's recovery fails all the time; administrators see which link it is, and no value."""
    world, _ = await two_colleagues()
    await _left_open(world, arrives=False)
    await _pause_the_first(world)
    world.crm.faults.plant(Fault(r"GET .*created.*owner_id|GET .*owner_id.*created", times=None, status=503))

    await later(world, HOUR_S)
    await later(world, HOUR_S)

    items = await world.deployment.reader(world.records[0].id).attention()
    (told,) = [item for item in items if item.reason is Reason.CREATE_UNRESOLVED]
    (held,) = await reserved(world)
    assert told.link_id == held.link
    assert "Novak" not in f"{told}"
    assert world.customers() == []

    world.crm.faults.clear()
    for _ in range(3):
        await later(world, LATE_S)

    items = await world.deployment.reader(world.records[0].id).attention()
    assert Reason.CREATE_UNRESOLVED not in {item.reason for item in items}
    assert [row["last_name"] for row in world.customers()] == ["Novak"]
    assert len(await linked_to(world, 1)) == 1


@pytest.mark.parametrize("ends_by", ["disconnect", "purge"])
async def test_a_connection_that_ends_recovers_first(ends_by: str) -> None:
    """What it had created is found, its reservations go, and the colleague pairs with the contact."""
    world, _ = await two_colleagues()
    await _left_open(world)
    await world.deployment.clock.sleep(1)
    if ends_by == "disconnect":
        await disconnect(world.deployment, world.records[0].id)
    else:
        assert (await purge(world.deployment, PurgeRequest(connection=world.records[0].id))).is_proved

    for _ in range(3):
        await later(world, LATE_S)

    assert len(world.customers()) == 1
    assert len(await linked_to(world, 1)) == 1
    assert await reserved(world) == []


async def test_a_person_who_is_erased_stays_in_no_reservation() -> None:
    """Found by what identifies them, though nobody knows yet whether they were created."""
    world, _ = await two_colleagues(lag_s=100_000.0)
    await _left_open(world)
    await world.deployment.clock.sleep(LEASE_S)

    purged = await purge(world.deployment, PurgeRequest(person="eva@acme.test", even_if_linked=True))

    assert purged.is_proved
    assert await reserved(world) == []


# Accounts


async def _two_of_one_company(lag_s: float = 0.0) -> tuple[World, Any]:
    world, meddlers = await two_colleagues(lag_s=lag_s, account_rule="create")
    write(world, 0)
    write(world, 1, **CHIDI)
    return world, meddlers


async def test_two_colleagues_who_need_one_account_at_once_make_one() -> None:
    """Two people of one company that Pipeliner does not know yet."""
    world, meddlers = await _two_of_one_company()

    async def colleague_runs() -> None:
        await run_of(world, 1)

    meddlers.at(r"^POST \S*/entities/Accounts", colleague_runs)
    await run_of(world, 0)
    await both_sync(world)

    assert meddlers.met == 1
    assert accounts(world) == ["Acme GmbH"]
    assert sorted(row["last_name"] for row in world.customers()) == ["Novak", "Okafor"]
    assert await reserved(world) == []


async def test_an_account_that_lists_do_not_show_yet_is_not_made_again() -> None:
    """It is read by the id that stands in its reservation."""
    world, _ = await _two_of_one_company(60.0)

    await run_of(world, 0)
    await run_of(world, 1)

    assert accounts(world) == ["Acme GmbH"]
    assert len(world.customers()) == 2


async def test_an_account_of_which_no_answer_came_is_looked_for_before_it_is_made_again() -> None:
    """By its name, once it would be listed; then by whoever needs it first."""
    world, _ = await _two_of_one_company(60.0)
    world.crm.faults.plant(Fault(r"POST .*/entities/Accounts", drop=True, after_effect=True))

    await run_of(world, 0)
    await run_of(world, 1)
    for _ in range(3):
        await later(world, LATE_S)

    assert accounts(world) == ["Acme GmbH"]
    assert sorted(row["last_name"] for row in world.customers()) == ["Novak", "Okafor"]


async def test_an_account_that_is_refused_holds_no_name() -> None:
    """The company stays as text, and the next one may ask again."""
    world, _ = await _two_of_one_company()
    world.crm.faults.plant(Fault(r"POST .*/entities/Accounts", status=422, body='{"success": false, "name": "X"}'))

    await run_of(world, 0)

    assert [one for one in await reserved(world) if not one.id] == []
    await run_of(world, 1)
    assert accounts(world) == ["Acme GmbH"]
