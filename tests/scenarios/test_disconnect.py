"""A connection ends as asked: its contacts stay, or those go that the sync created; and it can begin again."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from emulators.faults import Fault
from sync_core.domain import Reason, RunMode
from sync_core.errors import InvalidRequest, NotFound
from sync_core.operations import ConnectionChange, change, disconnect, reconcile_all
from sync_core.operations.ending import Disconnected
from sync_core.state import DISCONNECTING, ConnectionRecord, ConnectionStatus
from sync_core.storage import Table
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.world import MAILBOX, World, new_world


def _mail(address: str) -> list[dict[str, str]]:
    return [{"address": address}]


async def _mixed(world: World | None = None, **settings: Any) -> World:
    """Two born in Pipeliner, one born in Outlook, one that was on both sides before."""
    world = world or new_world()
    folder_id = world.graph.add_folder(MAILBOX, "Customers")
    world.write_in_crm("Abel", "Ann")
    world.write_in_crm("Baker", "Bob")
    world.write_in_crm("Both", "Bea", email1="bea@example.test")
    world.graph.create_contact(
        MAILBOX, {"surname": "Both", "givenName": "Bea", "emailAddresses": _mail("bea@example.test")}, folder_id
    )
    world.graph.create_contact(MAILBOX, {"surname": "Novak", "givenName": "Eva"}, folder_id)
    await world.connect(folder=folder_id, **settings)
    await world.sync()
    return world


def _names(world: World) -> tuple[list[str], list[str]]:
    return [item["surname"] for item in world.outlook()], [row["last_name"] for row in world.customers()]


async def _remove(world: World) -> Disconnected:
    return await disconnect(world.deployment, world.record.id, remove_contacts=True)


async def _record(world: World) -> ConnectionRecord:
    return await world.deployment.registry.get(world.record.id)


async def _is_gone(world: World) -> bool:
    """Whether nothing of the connection is left."""
    try:
        await _record(world)
    except NotFound:
        return await world.store.read(Table.SYNC, world.record.id, "", "~") == []
    return False


ALL_IN_CRM = ["Abel", "Baker", "Both", "Novak"]


# What goes and what stays


async def test_exactly_what_the_sync_created_is_removed_from_outlook() -> None:
    """Not what was there before or was born there, and nothing in Pipeliner; the folder stays as well."""
    world = await _mixed()

    ended = await _remove(world)

    assert (ended.is_finished, ended.cleared.removed, ended.cleared.kept) == (True, 2, 0)
    assert _names(world) == (["Both", "Novak"], ALL_IN_CRM)
    assert world.folder_id in world.graph.folder_ids(MAILBOX)
    assert await _is_gone(world)


async def test_without_removal_every_contact_stays() -> None:
    """On both sides."""
    world = await _mixed()

    ended = await disconnect(world.deployment, world.record.id)

    assert (ended.record.id, ended.is_finished, ended.cleared.removed) == (world.record.id, True, 0)
    assert _names(world) == (ALL_IN_CRM, ALL_IN_CRM)
    assert await _is_gone(world)


async def test_an_empty_folder_stays() -> None:
    """Also one that the sync made: a person may have put it to use in a way that contacts do not show."""
    world = new_world()
    world.write_in_crm("Abel", "Ann")
    await world.connect()
    await world.sync()

    await _remove(world)

    assert (world.outlook(), world.folder_id in world.graph.folder_ids(MAILBOX)) == ([], True)


async def test_an_edit_that_pipeliner_has_not_got_is_sent_before_the_contact_goes() -> None:
    """Nothing is lost, although no run ran since."""
    world = await _mixed()
    world.edit_in_outlook("Abel", mobilePhone="555")

    ended = await _remove(world)

    assert (ended.cleared.removed, ended.cleared.sent) == (2, 1)
    assert world.customer("Abel")["phone2"] == "555"
    assert _names(world) == (["Both", "Novak"], ALL_IN_CRM)


async def test_edits_of_both_sides_in_different_fields_leave_pipeliner_with_both() -> None:
    """Pipeliner's own edit is not touched, and Outlook is not written any more."""
    world = await _mixed()
    world.edit_in_outlook("Abel", mobilePhone="555")
    world.edit_in_crm("Abel", city="Oslo")
    patches = world.graph.requests["part PATCH contact"]

    ended = await _remove(world)

    assert (ended.cleared.removed, ended.cleared.kept) == (2, 0)
    assert (world.customer("Abel")["phone2"], world.customer("Abel")["city"]) == ("555", "Oslo")
    assert world.graph.requests["part PATCH contact"] == patches


async def test_an_edit_that_pipeliner_shows_too_keeps_no_contact_that_left_the_scope() -> None:
    """Both sides were edited alike before the contact went to a colleague: nothing of it would be lost."""
    world = await _mixed()
    world.edit_in_outlook("Abel", mobilePhone="555")
    world.edit_in_crm("Abel", phone2="555")
    world.crm.people.reassign_contact(world.customer("Abel")["id"], world.colleague_id)

    ended = await _remove(world)

    assert (ended.cleared.removed, ended.cleared.kept, ended.cleared.sent) == (2, 0, 0)
    assert _names(world) == (["Both", "Novak"], ALL_IN_CRM)


async def test_a_contact_in_conflict_stays_and_is_named() -> None:
    """Both sides changed one field: with the history gone, the contact is the only place of the losing value."""
    world = await _mixed()
    abel = world.person("Abel")["id"]
    world.edit_in_outlook("Abel", mobilePhone="555")
    world.edit_in_crm("Abel", phone2="777")

    ended = await _remove(world)

    assert (ended.is_finished, ended.cleared.removed, ended.cleared.kept_ids) == (True, 1, (abel,))
    assert (world.person("Abel")["mobilePhone"], world.customer("Abel")["phone2"]) == ("555", "777")


@pytest.mark.parametrize(
    "settings",
    [{"sync_type": "to_outlook"}, {"field_directions": {"mobile_phone": "to_outlook"}}],
    ids=["the type", "the field's direction"],
)
async def test_an_edit_that_may_not_travel_keeps_its_contact(settings: dict[str, Any]) -> None:
    """Outlook's edits do not go to Pipeliner there, so the contact stays with them."""
    world = await _mixed(**settings)
    abel = world.person("Abel")["id"]
    world.edit_in_outlook("Abel", mobilePhone="555")

    ended = await _remove(world)

    assert (ended.is_finished, ended.cleared.removed, ended.cleared.kept_ids) == (True, 1, (abel,))
    assert (world.person("Abel")["mobilePhone"], world.customer("Abel")["phone2"]) == ("555", "")
    assert await _is_gone(world)


async def test_an_edit_that_pipeliner_refuses_keeps_its_contact() -> None:
    """It is asked once, and the report names the contact."""
    world = await _mixed()
    world.crm.switches.four_byte_text = "reject"
    abel = world.person("Abel")["id"]
    world.edit_in_outlook("Abel", personalNotes="smile \N{GRINNING FACE}")

    ended = await _remove(world)

    assert (ended.is_finished, ended.cleared.removed, ended.cleared.kept_ids) == (True, 1, (abel,))
    assert ended.cleared.sent == 0


async def test_an_edited_contact_whose_counterpart_was_deleted_stays() -> None:
    """An unedited one goes with its counterpart, as it would have in any run."""
    world = await _mixed()
    world.edit_in_outlook("Abel", mobilePhone="555")
    world.delete_in_crm("Abel")
    world.delete_in_crm("Baker")

    ended = await _remove(world)

    assert (ended.cleared.removed, ended.cleared.kept) == (1, 1)
    assert _names(world) == (["Abel", "Both", "Novak"], ["Both", "Novak"])


async def test_an_unedited_contact_goes_although_its_last_write_was_never_recorded() -> None:
    """What a run that died had written to it is no edit of a person's, whatever became of its counterpart since."""
    store = CrashingStore(new_world().store)
    world = await _mixed(new_world(store=store))
    world.edit_in_crm("Abel", phone2="555")
    for nth in range(1, 12):
        store.crash_at(nth)
        with pytest.raises(Crash):
            await world.sync()
        await world.deployment.clock.sleep(400)
        if world.person("Abel")["mobilePhone"] == "555":
            break
    world.delete_in_crm("Abel")

    ended = await _remove(world)

    assert (ended.cleared.removed, ended.cleared.kept) == (2, 0)


async def test_a_contact_that_left_the_scope_goes_with_an_edit_that_pipeliner_shows_too() -> None:
    """It holds nothing that is not in Pipeliner as well."""
    world = await _mixed()
    world.edit_in_outlook("Abel", mobilePhone="555")
    world.edit_in_crm("Abel", phone2="555", owner_id=world.colleague_id)

    ended = await _remove(world)

    assert (ended.cleared.removed, ended.cleared.kept, ended.cleared.sent) == (2, 0, 0)


async def test_a_contact_that_a_person_moved_elsewhere_stays_there() -> None:
    """It is not in the connected folder any more."""
    world = await _mixed()
    private = world.graph.add_folder(MAILBOX, "Private")
    world.graph.move_contact(MAILBOX, world.person("Abel")["id"], private)

    ended = await _remove(world)

    assert (ended.cleared.removed, ended.cleared.kept) == (1, 1)
    assert [item["surname"] for item in world.graph.contacts(MAILBOX, private)] == ["Abel"]


async def test_many_contacts_are_removed_in_batches() -> None:
    """More than a page of links; requests stay bounded by the batches."""
    world = new_world()
    for number in range(520):
        world.write_in_crm(f"Person{number:03}", "Ann")
    await world.connect()
    await world.sync()
    requests = world.graph.total_requests

    ended = await _remove(world)

    assert (ended.cleared.removed, world.outlook(), len(world.customers())) == (520, [], 520)
    assert world.graph.total_requests - requests < 2 * 520 / 20 + 10


# What goes wrong meanwhile


async def test_a_failure_leaves_the_connection_paused_and_it_can_be_ended_again() -> None:
    """Graph is down in the middle; the reason is told, and the second try finishes."""
    world = await _mixed()
    world.graph.faults.plant(Fault(r"DELETE .*/contacts/", times=None, status=503))

    failed = await _remove(world)

    record = await _record(world)
    assert (failed.is_finished, failed.cleared.removed) == (False, 0)
    assert (record.status, record.reason, record.not_before) == (ConnectionStatus.PAUSED, DISCONNECTING, None)
    assert "2 contacts could not be removed" in failed.cleared.problem
    world.graph.faults.clear()
    while world.queue.take():
        pass
    await world.tick()
    assert (await _record(world)).reason == DISCONNECTING
    again = await _remove(world)
    assert (again.is_finished, again.cleared.removed) == (True, 2)
    assert _names(world) == (["Both", "Novak"], ALL_IN_CRM)


async def test_lost_access_is_told_and_ending_without_removal_still_works() -> None:
    """A person may take the wish back when it cannot be met."""
    world = await _mixed()
    world.graph.drop_access(MAILBOX)

    failed = await _remove(world)
    plain = await disconnect(world.deployment, world.record.id)

    assert (failed.is_finished, "Contacts.ReadWrite" in failed.cleared.problem) == (False, True)
    assert (plain.is_finished, await _is_gone(world)) == (True, True)


@pytest.mark.parametrize("lose", ["folder", "mailbox"])
async def test_what_is_gone_already_needs_no_removal(lose: str) -> None:
    """The folder or the whole mailbox was deleted by somebody."""
    world = await _mixed()
    if lose == "folder":
        world.graph.delete_folder(MAILBOX, world.folder_id)
    else:
        world.graph.remove_mailbox(MAILBOX)

    ended = await _remove(world)

    assert (ended.is_finished, await _is_gone(world)) == (True, True)
    assert [row["last_name"] for row in world.customers()] == ALL_IN_CRM


async def test_a_throttled_removal_goes_on_by_itself() -> None:
    """The service names a pause: a queue message finishes what was begun, as it was asked for."""
    world = await _mixed()
    world.graph.faults.plant(Fault(r"DELETE .*/contacts/", times=None, status=429, headers={"Retry-After": "200"}))

    first = await _remove(world)
    world.graph.faults.clear()
    await world.drain()

    assert (first.is_finished, first.cleared.again_s) == (False, 200)
    assert _names(world) == (["Both", "Novak"], ALL_IN_CRM)
    assert await _is_gone(world)


async def test_a_running_run_is_waited_for() -> None:
    """No new run begins, and the removal follows when the lease is free."""
    world = await _mixed()
    await world.deployment.run_ports(world.record, "slow").state.open("slow-run")

    first = await _remove(world)
    names = _names(world)
    await world.drain()

    assert (first.is_finished, names) == (False, (ALL_IN_CRM, ALL_IN_CRM))
    assert (_names(world)[0], await _is_gone(world)) == (["Both", "Novak"], True)


@pytest.mark.parametrize("remove_contacts", [True, False])
@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("nth", range(1, 13))
async def test_a_disconnecting_that_was_killed_is_finished_by_the_reconciliation(
    nth: int, *, after: bool, remove_contacts: bool
) -> None:
    """Wherever it broke off; a run in between deletes nothing in Pipeliner, with delete protection off as well."""
    store = CrashingStore(new_world().store)
    world = await _mixed(new_world(store=store), delete_protection=False)
    store.crash_at(nth, after=after)
    try:
        await disconnect(world.deployment, world.record.id, remove_contacts=remove_contacts)
    except Crash:
        await world.deployment.clock.sleep(400)
        await world.tick()
        await reconcile_all(world.deployment)
        await world.drain()

    outlook, crm = _names(world)
    assert crm == ALL_IN_CRM
    if await _is_gone(world):
        assert outlook == (["Both", "Novak"] if remove_contacts else ALL_IN_CRM)
    else:
        assert (outlook, (await _record(world)).status) == (ALL_IN_CRM, ConnectionStatus.ACTIVE)


async def test_a_connection_that_is_being_ended_is_not_resumed() -> None:
    """Our own deletes would look like a person's."""
    world = await _mixed(delete_protection=False)
    world.graph.faults.plant(Fault(r"DELETE .*/contacts/", times=1, status=503, after_effect=True))
    world.crm.faults.plant(Fault("", times=None, status=503))
    await _remove(world)

    for status in ConnectionStatus:
        with pytest.raises(InvalidRequest, match="disconnect it again"):
            await change(world.deployment, world.record.id, ConnectionChange(status=status))


@pytest.mark.parametrize("nth", range(3, 11))
async def test_a_run_that_comes_in_between_takes_no_delete_of_ours_for_a_persons(nth: int) -> None:
    """The process died, before or after the deletes, and somebody set the record back by force."""
    store = CrashingStore(new_world().store)
    world = await _mixed(new_world(store=store), delete_protection=False)
    store.crash_at(nth)
    with suppress(Crash):
        await _remove(world)
    if await _is_gone(world):
        return

    await world.deployment.registry.change(
        world.record.id, lambda stored: stored.model_copy(update={"status": ConnectionStatus.ACTIVE, "reason": ""})
    )
    await world.deployment.clock.sleep(400)
    await world.sync()
    await world.sync(RunMode.FULL)

    assert _names(world)[1] == ALL_IN_CRM


async def test_a_wish_to_remove_that_was_taken_back_stays_taken_back() -> None:
    """The plain disconnecting that followed broke off: the reconciliation finishes that one, not the removal."""
    store = CrashingStore(new_world().store)
    world = await _mixed(new_world(store=store))
    world.graph.faults.plant(Fault(r"DELETE .*/contacts/", times=None, status=503))
    await _remove(world)
    world.graph.faults.clear()
    store.crash_at(3)  # the first row is the audit's, the second the wish
    with pytest.raises(Crash):
        await disconnect(world.deployment, world.record.id)

    await reconcile_all(world.deployment)
    await world.drain()

    assert (_names(world)[0], await _is_gone(world)) == (ALL_IN_CRM, True)


async def test_a_probe_never_wakes_a_connection_that_is_being_ended() -> None:
    """It was paused by a fault before, whose next probe was due."""
    world = await _mixed()
    world.graph.drop_access(MAILBOX)
    await world.tick()
    await _remove(world)
    world.graph.grant_access(MAILBOX)

    await world.deployment.clock.sleep(7 * 3600)
    await world.tick()

    assert (await _record(world)).reason == DISCONNECTING


# Beginning again


@pytest.mark.parametrize("remove_contacts", [True, False])
async def test_connecting_again_doubles_nobody(*, remove_contacts: bool) -> None:
    """What was removed is created again, what stayed is linked without a write."""
    world = await _mixed()
    folder_id = world.folder_id
    await disconnect(world.deployment, world.record.id, remove_contacts=remove_contacts)

    world.records.clear()
    await world.connect(folder=folder_id)
    first = await world.sync()
    second = await world.sync()

    assert _names(world) == (ALL_IN_CRM, ALL_IN_CRM)
    counts = first.run.counts
    assert (counts.writes, counts.created_in_outlook, counts.linked) == ((2, 2, 2) if remove_contacts else (0, 0, 4))
    assert second.run.counts.writes == 0


async def test_what_was_there_when_connecting_again_is_not_the_syncs_to_remove() -> None:
    """The new connection found the contacts: it removes only what it creates itself."""
    world = await _mixed()
    folder_id = world.folder_id
    await disconnect(world.deployment, world.record.id)
    world.records.clear()
    await world.connect(folder=folder_id)
    await world.sync()
    world.write_in_crm("Later", "Lea")
    await world.sync()

    ended = await _remove(world)

    assert ended.cleared.removed == 1
    assert _names(world)[0] == ALL_IN_CRM


async def _fifty() -> World:
    """Fifty contacts of all kinds: matching, born on either side, resting, waiting for a person."""
    world = new_world()
    folder_id = world.graph.add_folder(MAILBOX, "Customers")
    for number in range(12):
        world.write_in_crm(f"Plain{number:02}", "Ann", city="Oslo", phone1=f"+47 22 33 44 {number:02}")
    for number in range(10):
        address = f"match{number}@example.test"
        world.write_in_crm(f"Match{number:02}", "Bob", email1=address)
        body = {"surname": f"Match{number:02}", "givenName": "Bob", "emailAddresses": _mail(address.upper())}
        world.graph.create_contact(MAILBOX, body, folder_id)
    for _ in range(4):
        world.write_in_crm("Counterpart", "Same")
    for number in range(10):
        body = {"surname": f"Born{number:02}", "givenName": "Eva", "personalNotes": "  met\r\nat a fair  "}
        world.graph.create_contact(MAILBOX, body, folder_id)
    world.write_in_crm("Namesake", "Ann")
    for address in ("ann@one.test", "ann@two.test"):
        namesake = {"surname": "Namesake", "givenName": "Ann", "emailAddresses": _mail(address)}
        world.graph.create_contact(MAILBOX, namesake, folder_id)
    for number in range(3):
        world.graph.create_contact(MAILBOX, {"companyName": f"Nameless {number}"}, folder_id)
    world.graph.create_contact(MAILBOX, {}, folder_id)
    for number in range(3):
        address = f"theirs{number}@example.test"
        world.write_in_crm(f"Theirs{number}", "Tim", owner=world.colleague_id, email1=address)
        body = {"surname": f"Theirs{number}", "givenName": "Tim", "emailAddresses": _mail(address)}
        world.graph.create_contact(MAILBOX, body, folder_id)
    for number in range(4):
        world.write_in_crm(f"Rest{number}", "Roy")
    await world.connect(folder=folder_id)
    await world.sync()
    await world.sync()
    return world


def _both_sides(world: World) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return world.outlook(), world.customers()


@pytest.mark.parametrize("is_new_store", [True, False], ids=["a new store", "the same store"])
async def test_connecting_fifty_contacts_of_all_kinds_again_writes_nothing(*, is_new_store: bool) -> None:
    """Rebuildable: stored ids and matching find every pair, and what waited for a person waits again."""
    world = await _fifty()
    reasons = sorted((item.reason, item.subject) for item in await world.attention())
    before, folder_id = _both_sides(world), world.folder_id
    assert len(before[0]) == 12 + 10 + 4 + 10 + 2 + 3 + 1 + 3 + 4

    if is_new_store:
        again = new_world(old=world)
    else:
        again = world
        await disconnect(world.deployment, world.record.id)
        world.records.clear()
    await again.connect(folder=folder_id)
    first = await again.sync()
    second = await again.sync()

    assert _both_sides(again) == before
    assert (first.run.counts.writes, second.run.counts.writes) == (0, 0)
    assert first.run.counts.linked == 40
    assert sorted((item.reason, item.subject) for item in await again.attention()) == reasons
    assert {reason for reason, _ in reasons} == {
        Reason.COUNTERPART_UNCLEAR,
        Reason.NAME_MISSING,
        Reason.EMPTY_CONTACT,
        Reason.COUNTERPART_OUT_OF_SCOPE,
    }


async def test_resting_contacts_after_a_new_beginning() -> None:
    """One that left the scope keeps resting; one deleted in Outlook comes back, as nothing remembers its delete."""
    world = await _fifty()
    world.delete_in_outlook("Rest0")
    await world.sync()
    await change(world.deployment, world.record.id, ConnectionChange(settings={"sync_type": "to_pipeliner"}))
    await world.drain()
    for number in (1, 2):
        world.crm.people.reassign_contact(world.customer(f"Rest{number}")["id"], world.colleague_id)
    await world.sync()
    before, customers = world.outlook(), world.customers()

    again = new_world(old=world)
    await again.connect(folder=world.folder_id, sync_type="to_pipeliner")
    await again.sync()

    assert (again.outlook(), again.customers()) == (before, customers)
    waiting = [item for item in await again.attention() if item.reason is Reason.COUNTERPART_OUT_OF_SCOPE]
    assert len(waiting) == 3 + 2
    await change(again.deployment, again.record.id, ConnectionChange(settings={"sync_type": "two_way"}))
    await again.drain()
    assert [item["surname"] for item in again.outlook() if item not in before] == ["Rest0"]
    assert again.customers() == customers
