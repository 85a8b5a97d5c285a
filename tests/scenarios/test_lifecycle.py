"""Deletes, moves, scope and edits against them: each row of the truth table through whole runs."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import Action, RunMode
from tests.scenarios.world import COLLEAGUE, MAILBOX, World, new_world


async def _linked(**settings: Any) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", city="Berlin")
    await world.connect(**settings)
    await world.sync()
    return world


async def _rests(world: World) -> bool:
    return (await world.sync()).run.counts.writes == 0


async def test_an_edit_in_pipeliner_wins_over_a_delete_in_outlook() -> None:
    """The contact is put back into the folder."""
    world = await _linked()
    world.delete_in_outlook("Okafor")
    world.edit_in_crm("Okafor", city="Oslo")

    await world.sync()

    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    assert await _rests(world)


async def test_an_edit_in_outlook_wins_over_a_delete_in_pipeliner() -> None:
    """The contact is created again in Pipeliner, and the history says so."""
    world = await _linked()
    world.edit_in_outlook("Okafor", mobilePhone="555")
    world.delete_in_crm("Okafor")

    await world.sync()

    assert (world.customer("Okafor")["phone2"], world.customer("Okafor")["city"]) == ("555", "Berlin")
    assert len(world.outlook()) == 1
    assert "the edit wins" in (await world.history(Action.CREATED))[0].entry.why
    assert await _rests(world)


async def test_deleted_on_both_sides_ends_the_link() -> None:
    """Nothing comes back on either side."""
    world = await _linked(delete_protection=False)
    world.delete_in_outlook("Okafor")
    world.delete_in_crm("Okafor")

    await world.sync()

    assert (world.outlook(), world.customers()) == ([], [])
    assert [item.entry.action for item in await world.history(Action.ENDED)] == [Action.ENDED]


@pytest.mark.parametrize("protected", [True, False])
async def test_a_contact_moved_to_another_folder_is_not_deleted_and_resumes_when_it_returns(protected: bool) -> None:
    """The link rests meanwhile; what both sides changed then merges on its return."""
    world = await _linked(delete_protection=protected)
    identifier = world.person("Okafor")["id"]
    elsewhere = world.graph.add_folder(MAILBOX, "Private")
    world.graph.move_contact(MAILBOX, identifier, elsewhere)
    await world.sync()
    world.edit_in_crm("Okafor", city="Oslo")
    await world.sync()
    assert (world.outlook(), len(world.customers())) == ([], 1)

    world.graph.move_contact(MAILBOX, identifier, world.folder_id)
    await world.sync()

    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    assert len(world.customers()) == 1
    assert await _rests(world)


async def test_a_move_away_and_back_between_two_reads_deletes_nothing() -> None:
    """Graph tells such a move as a removal only."""
    world = await _linked(delete_protection=False)
    identifier = world.person("Okafor")["id"]
    elsewhere = world.graph.add_folder(MAILBOX, "Private")
    world.graph.move_contact(MAILBOX, identifier, elsewhere)
    world.graph.move_contact(MAILBOX, identifier, world.folder_id)

    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)


async def test_a_contact_restored_in_outlook_is_linked_again() -> None:
    """Deleted under protection, restored from Deleted Items: no second contact."""
    world = await _linked()
    identifier = world.person("Okafor")["id"]
    world.graph.delete_contact(MAILBOX, identifier)
    await world.sync()
    world.graph.restore_contact(MAILBOX, identifier, world.folder_id)
    world.edit_in_crm("Okafor", city="Oslo")

    await world.sync()
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"


async def test_reassigned_to_a_colleague_it_leaves_one_folder_and_enters_the_other() -> None:
    """It travels nowhere as a delete."""
    world = await _linked(delete_protection=False)
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE, delete_protection=False)
    await world.tick()

    world.crm.people.reassign_contact(world.customer("Okafor")["id"], world.colleague_id)
    await world.tick()
    await world.tick()

    assert world.outlook() == []
    theirs = world.graph.contacts(COLLEAGUE, world.records[1].folder_id)
    assert [item["surname"] for item in theirs] == ["Okafor"]
    assert len(world.customers()) == 1
    assert [item.entry.action for item in await world.history(Action.REMOVED)] == [Action.REMOVED]


async def test_an_unsent_edit_is_sent_before_the_contact_leaves_the_folder() -> None:
    """The salesman's last edit is not lost with their contact, as long as it is theirs to edit."""
    world = await _linked()
    contact_id = world.customer("Okafor")["id"]
    world.crm.people.share(contact_id, world.user_id)
    await world.sync()
    world.edit_in_outlook("Okafor", mobilePhone="555")
    world.crm.people.reassign_contact(contact_id, world.colleague_id)

    await world.sync()
    await world.sync()

    assert world.customer("Okafor")["phone2"] == "555"
    assert world.outlook() == []


async def test_an_archived_contact_stays_in_outlook() -> None:
    """Archiving is not deleting."""
    world = await _linked()
    world.crm.people.archive_contact(world.customer("Okafor")["id"])

    await world.sync()

    assert len(world.outlook()) == 1


async def test_a_contact_that_pipeliner_hides_is_not_deleted() -> None:
    """A lost permission looks like nothing at all, not like a delete."""
    world = await _linked()
    hidden = world.customer("Okafor")["id"]
    world.crm.people.hide(hidden)
    world.edit_in_outlook("Okafor", mobilePhone="555")
    await world.sync(RunMode.FULL)
    assert len(world.outlook()) == 1

    world.crm.people.hide(hidden, hidden=False)
    await world.sync(RunMode.FULL)

    assert world.customer("Okafor")["phone2"] == "555"


async def test_merged_contacts_leave_the_survivor_in_outlook() -> None:
    """The loser's copy goes, the survivor gets what it took over."""
    world = await _linked()
    other = world.write_in_crm("Okafor-Berg", "Chidi", phone2="777")
    await world.sync()
    world.crm.people.merge_contacts(world.customer("Okafor")["id"], other)

    await world.sync()

    assert [item["surname"] for item in world.outlook()] == ["Okafor"]
    assert world.person("Okafor")["mobilePhone"] == "777"


async def test_deleted_and_created_anew_with_the_same_address_is_a_new_contact() -> None:
    """With protection off the old counterpart goes and a new one comes; nothing is doubled."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.connect(delete_protection=False)
    await world.sync()
    world.delete_in_outlook("Okafor")
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=[{"address": "chidi@example.test"}])

    await world.sync()
    await world.sync()

    assert (len(world.outlook()), len(world.customers())) == (1, 1)


async def test_to_outlook_ignores_what_happens_in_outlook() -> None:
    """Edits, deletes and new contacts there stay there; Pipeliner's edits arrive."""
    world = await _linked(sync_type="to_outlook", delete_protection=False)
    world.edit_in_outlook("Okafor", mobilePhone="555", givenName="Chi")
    world.write_in_outlook("Private", "Mine")
    await world.sync()
    assert [(row["last_name"], row["phone2"]) for row in world.customers()] == [("Okafor", "")]

    world.edit_in_crm("Okafor", first_name="Chidiebere")
    await world.sync()
    world.delete_in_outlook("Okafor")
    await world.sync()

    assert [row["first_name"] for row in world.customers()] == ["Chidiebere"]
    assert [item["surname"] for item in world.outlook()] == ["Private"]


async def test_to_pipeliner_never_writes_outlook() -> None:
    """Pipeliner's edits and deletes stay there; Outlook's arrive."""
    world = new_world()
    await world.connect(sync_type="to_pipeliner")
    world.write_in_crm("Theirs", "Ann")
    world.write_in_outlook("Okafor", "Chidi")
    await world.sync()
    assert [item["surname"] for item in world.outlook()] == ["Okafor"]
    world.edit_in_crm("Okafor", city="Oslo")
    world.edit_in_outlook("Okafor", mobilePhone="555")
    await world.sync()

    assert world.customer("Okafor")["phone2"] == "555"
    assert world.person("Okafor")["businessAddress"].get("city") is None
    world.delete_in_crm("Okafor")
    await world.sync()
    assert len(world.outlook()) == 1


async def test_one_pipeliner_contact_in_two_folders_follows_an_edit_in_either() -> None:
    """An edit in one mailbox reaches Pipeliner and the other mailbox."""
    world = new_world()
    shared = world.write_in_crm("Okafor", "Chidi")
    world.crm.people.share(shared, world.colleague_id)
    await world.connect()
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE, scope="owned_or_editable")
    await world.tick()
    world.edit_in_outlook("Okafor", mobilePhone="555")

    await world.tick()
    await world.tick()

    (theirs,) = world.graph.contacts(COLLEAGUE, world.records[1].folder_id)
    assert (world.customer("Okafor")["phone2"], theirs["mobilePhone"]) == ("555", "555")


async def test_shared_and_unshared_a_contact_comes_and_goes() -> None:
    """The editor's folder follows the sharing, although it does not move the contact's own time."""
    world = new_world()
    theirs = world.write_in_crm("Okafor", "Chidi", owner=world.colleague_id)
    await world.connect(scope="owned_or_editable")
    await world.sync()
    assert world.outlook() == []
    await world.deployment.clock.sleep(3600)

    world.crm.people.share(theirs, world.user_id)
    await world.sync()
    assert len(world.outlook()) == 1
    await world.deployment.clock.sleep(3600)
    world.crm.people.unshare(theirs, world.user_id)
    await world.sync()

    assert (world.outlook(), len(world.customers())) == ([], 1)


async def test_a_renamed_account_changes_the_company_of_its_contacts() -> None:
    """The contact itself was not touched in Pipeliner."""
    world = new_world()
    account = world.crm.people.add_account(world.user_id, name="Acme")
    customer = world.write_in_crm("Okafor", "Chidi")
    world.crm.people.link_account(customer, account)
    await world.connect()
    await world.sync()
    assert world.person("Okafor")["companyName"] == "Acme"

    world.crm.people.rename_account(account, "Acme International")
    await world.sync()

    assert world.person("Okafor")["companyName"] == "Acme International"
